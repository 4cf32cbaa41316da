"""What can be seen of awards: rows to lock, the page of one, public lists, what falls due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, String, and_, case, cast, func, or_, select
from sqlalchemy.orm import lazyload

from app.actor import Actor, Role
from app.audit import services as records
from app.audit.canonical import instant
from app.calendar.services import calendar
from app.database import db
from app.identity.models import Organisation
from app.refusal import NotFound, NotYours
from app.region import branches
from app.region import queries as regions
from app.rules_in_force import rulebook
from app.watch.queries import Running, limits
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import Deadline, WorkCalendar
from bidding.award import rules
from bidding.award.models import Award
from bidding.award.rules import AwardAct, AwardTerms, Phase, SigningTerms
from bidding.offer import queries as offers
from bidding.offer.queries import PricedItem
from bidding.registration import queries as registrations
from bidding.registration.queries import Member
from bidding.selection.models import Candidate, Selection
from marketplace.agency.models import Agency
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import AnnouncementKind
from marketplace.catalogue.models import ItemVersion
from marketplace.need.models import Need

IN_FORCE = (Award.declined_at.is_(None), Award.lapsed_at.is_(None), Award.fallen_at.is_(None))
NOTICE_AT = case((Award.held_until > Award.publicity_ends_at, Award.held_until), else_=Award.publicity_ends_at)
"""When the notice follows by itself."""


WAITING = 50
"""Tasks of one kind on a desk; what waits longest comes first."""


def row(no: str) -> Select[Award]:
    """The row of an award, to be locked; it alone."""
    return select(Award).where(Award.no == no).options(lazyload("*"))


def attempt_of(no: str) -> Select[int]:
    """The attempt of an award, locked until the commit."""
    of = select(Award.attempt_id).where(Award.no == no).scalar_subquery()
    return select(Attempt.id).where(Attempt.id == of).with_for_update()


def attempt_locked(attempt_id: int) -> Select[int]:
    """The same by its key; locked once more it costs nothing."""
    return select(Attempt.id).where(Attempt.id == attempt_id).with_for_update()


def by_no(no: str) -> Award:
    """An award by its public number; raises `NotFound`."""
    found = db.session.execute(select(Award).where(Award.no == no)).scalar_one_or_none()
    if found is None:
        raise NotFound(no)
    return found


def phase_of(award: Award) -> Phase:
    """The phase of a row."""
    return rules.phase_of(
        noticed_at=award.noticed_at,
        accepted_at=award.accepted_at,
        declined_at=award.declined_at,
        lapsed_at=award.lapsed_at,
        fallen_at=award.fallen_at,
    )


def party(award: Award) -> int:
    """The organisation that won."""
    return award.agency.organisation_id


def purchaser_party(award: Award) -> int:
    """The organisation whose need it is."""
    return award.announcement.need.purchaser.organisation_id


def region_path(award: Award) -> tuple[str, ...]:
    """The region path whose working days count: the need's."""
    return regions.path(award.announcement.need.region)


def sign_by(award: Award) -> Deadline | None:
    """By when the contract is to be signed; None before the notice. Source: rules.md §2.7 contract.sign_days."""
    if award.noticed_at is None:
        return None
    terms = rulebook(award.announcement.rulebook or "").terms(SigningTerms)
    return calendar().due(award.noticed_at, terms.sign_days, path=region_path(award))


def terms(award: Award) -> AwardTerms:
    """What the rulebook that the announcement froze says of awards."""
    return rulebook(award.announcement.rulebook or "").terms(AwardTerms)


def in_force(attempt_id: int, *, lock: bool = False) -> list[Award]:
    """The awards of an attempt that stand, by place; locked until the commit where asked."""
    query = select(Award).where(Award.attempt_id == attempt_id, *IN_FORCE).order_by(Award.seat)
    if lock:
        query = query.with_for_update(of=Award)
    return list(db.session.execute(query.execution_options(populate_existing=True)).scalars())


def last_rank(attempt_id: int) -> int:
    """The last rank of an attempt that was reached; 0 before the first award."""
    return db.session.execute(select(func.max(Award.rank)).where(Award.attempt_id == attempt_id)).scalar() or 0


def judges(award: Award, actor: Actor) -> bool:
    """Whether the actor's office judges an excuse: the competent one of one of the item's trades."""
    need = award.announcement.need
    return branches.decides(actor, need.region, authorities=need.item.authorities)


def offices(award: Award) -> list[int]:
    """The offices to be told that an excuse waits."""
    need = award.announcement.need
    return branches.deciding(need.region, authorities=need.item.authorities)


def counts(award: Award) -> bool:
    """Whether an award counts as refused without valid reason."""
    return rules.counts_as_refusal(
        declined=award.declined_at is not None,
        lapsed=award.lapsed_at is not None,
        excuse=award.excuse,
        excused=award.excused,
    )


def refusals_counted(agency_id: int, *, until: datetime) -> int:
    """How many refusals of an agency count in the twelve months to an instant, that instant included.

    The SQL twin of `rules.counts_as_refusal`; a refusal whose excuse failed counts from its judgement on.
    Source: rules.md §2.7 award.refusal.
    """
    since = rules.a_year_before(until)
    refused = and_(Award.declined_at > since, Award.declined_at <= until, Award.excuse.is_(None))
    silent = and_(Award.lapsed_at > since, Award.lapsed_at <= until)
    unexcused = and_(Award.judged_at > since, Award.judged_at <= until, Award.excused.is_(False))
    return db.session.execute(
        select(func.count()).select_from(Award).where(Award.agency_id == agency_id, or_(refused, silent, unexcused))
    ).scalar_one()


def regions_of(party_id: int) -> frozenset[str]:
    """Where the needs lie for which an organisation won an award: the branches it has worked in."""
    query = (
        select(Need.region)
        .join(Announcement, Announcement.need_id == Need.id)
        .join(Award, Award.announcement_id == Announcement.id)
        .join(Agency, Agency.id == Award.agency_id)
        .where(Agency.organisation_id == party_id)
        .distinct()
    )
    return frozenset(db.session.execute(query).scalars())


def exist(attempt_id: int) -> bool:
    """Whether an attempt has had any award."""
    return db.session.execute(select(Award.id).where(Award.attempt_id == attempt_id).limit(1)).first() is not None


def count_of(announcement_id: int) -> int:
    """How many awards an announcement has had, over all attempts: the next one's place in its number."""
    return db.session.execute(
        select(func.count()).select_from(Award).where(Award.announcement_id == announcement_id)
    ).scalar_one()


def result_of(attempt_id: int) -> Selection | None:
    """The selection of an attempt once it has its result; candidates by rank."""
    return db.session.execute(
        select(Selection).where(Selection.attempt_id == attempt_id, Selection.resulted_at.is_not(None))
    ).scalar_one_or_none()


def candidate(attempt_id: int, *, rank: int) -> Candidate | None:
    """The candidate of a rank; None where the list ends, or where nothing was selected (a direct commission)."""
    result = result_of(attempt_id)
    return None if result is None else next((one for one in result.candidates if one.rank == rank), None)


# What falls due


def due_for_notice(now: datetime) -> list[str]:
    """Awards whose publicity has ended, that nobody objects to or holds any more, and whose notice is not issued."""
    query = select(Award.no).join(Announcement, Announcement.id == Award.announcement_id)
    query = query.where(Award.noticed_at.is_(None), now >= NOTICE_AT, Announcement.held_at.is_(None), *IN_FORCE)
    return list(db.session.execute(query.order_by(Award.id)).scalars())


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Awards whose publicity or time to answer was computed without its year, which this calendar knows."""
    running = func.coalesce(Award.accept_due_at, Award.publicity_ends_at)
    return select(Award.no, cast(Award.version, String)).where(Award.provisional, running <= days.certain_until)


def due_for_lapse(now: datetime) -> list[str]:
    """Awards that nobody accepted in time."""
    query = select(Award.no).where(Award.accepted_at.is_(None), Award.accept_due_at <= now, *IN_FORCE)
    return list(db.session.execute(query.order_by(Award.id)).scalars())


def next_notice(now: datetime) -> datetime | None:
    """The first instant after `now` at which a publicity ends, or an award has waited its longest."""
    return db.session.execute(
        select(func.min(NOTICE_AT)).where(Award.noticed_at.is_(None), now < NOTICE_AT, *IN_FORCE)
    ).scalar()


def next_lapse(now: datetime) -> datetime | None:
    """The first instant after `now` at which an answer is too late."""
    return db.session.execute(
        select(func.min(Award.accept_due_at)).where(Award.accepted_at.is_(None), Award.accept_due_at > now, *IN_FORCE)
    ).scalar()


def to_answer(agency_party: int) -> list[Award]:
    """Awards that wait for the answer of an organisation."""
    found = db.session.execute(
        select(Award).where(
            Award.agency.has(organisation_id=agency_party),
            Award.noticed_at.is_not(None),
            Award.accepted_at.is_(None),
            *IN_FORCE,
        )
    )
    return list(found.scalars())


def to_judge(actor: Actor) -> list[Award]:
    """Awards whose excuse waits for this office."""
    found = db.session.execute(
        select(Award)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(ItemVersion, ItemVersion.id == Need.item_version_id)
        .where(
            Award.excuse.is_not(None),
            Award.judged_at.is_(None),
            branches.decided(Need.region, ItemVersion.authorities, actor),
        )
        .order_by(Award.declined_at)
        .limit(WAITING)
    )
    return list(found.scalars())


# Lists


@dataclass(frozen=True, slots=True)
class AwardLine:
    """One award as lists show it; everything in it is public from the result on."""

    id: int
    no: str
    announcement_no: str
    attempt: int
    selected: bool
    title: str
    purchaser: str
    agency: str
    agency_code: str
    amount_fen: int
    rate_ppm: int | None
    promised_days: int
    phase: Phase
    made_at: datetime
    accept_due_at: datetime | None


def _line(award: Award) -> AwardLine:
    return AwardLine(
        id=award.id,
        no=award.no,
        announcement_no=award.announcement.no or "",
        attempt=award.attempt.number,
        selected=award.announcement.kind is AnnouncementKind.OPEN,
        title=award.announcement.need.title,
        purchaser=award.announcement.need.purchaser.organisation.name,
        agency=award.agency.organisation.name,
        agency_code=award.agency.organisation.code,
        amount_fen=award.amount_fen,
        rate_ppm=award.rate_ppm,
        promised_days=award.promised_days,
        phase=phase_of(award),
        made_at=award.made_at,
        accept_due_at=award.accept_due_at,
    )


def public_list(
    after: str | None = None,
    *,
    size: int = SIZE,
    agency: str | None = None,
    region: str | None = None,
    item: str | None = None,
) -> Listing[AwardLine]:
    """All awards, newest first; of one agency (its code), one branch of the regions, one item where that is asked."""
    key = parsed(after, (int,))
    query = select(Award).order_by(Award.id.desc()).limit(size + 1)
    if key is not None:
        query = query.where(Award.id < key[0])
    if agency is not None:
        query = query.where(Award.agency.has(Agency.organisation.has(Organisation.code == agency)))
    if region is not None or item is not None:
        query = query.join(Announcement, Announcement.id == Award.announcement_id).join(
            Need, Need.id == Announcement.need_id
        )
    if item is not None:
        query = query.where(Need.item_code == item)
    if region is not None:
        query = query.where(Need.region.startswith(regions.under(region), autoescape=True))
    rows = [_line(award) for award in db.session.execute(query).scalars()]
    return listing(rows, size=size, key=lambda line: (line.id,))


def of_agency(agency_party: int, after: str | None = None, *, size: int = SIZE) -> Listing[AwardLine]:
    """An organisation's own awards, newest first."""
    key = parsed(after, (int,))
    query = select(Award).where(Award.agency.has(organisation_id=agency_party)).order_by(Award.id.desc())
    if key is not None:
        query = query.where(Award.id < key[0])
    rows = [_line(award) for award in db.session.execute(query.limit(size + 1)).scalars()]
    return listing(rows, size=size, key=lambda line: (line.id,))


@dataclass(frozen=True, slots=True)
class Winner:
    """One award as the announcement's page tells of it."""

    no: str
    party_id: int
    agency: str
    agency_code: str
    amount_fen: int
    rate_ppm: int | None
    promised_days: int
    phase: Phase
    publicity_ends_at: datetime


def of_announcement(no: str) -> list[Winner]:
    """All awards of an announcement in the order they were made."""
    query = (
        select(
            Award.no,
            Agency.organisation_id,
            Organisation.name,
            Organisation.code,
            Award.amount_fen,
            Award.rate_ppm,
            Award.promised_days,
            Award.publicity_ends_at,
            Award.noticed_at,
            Award.accepted_at,
            Award.declined_at,
            Award.lapsed_at,
            Award.fallen_at,
        )
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Agency, Agency.id == Award.agency_id)
        .join(Organisation, Organisation.id == Agency.organisation_id)
        .where(Announcement.no == no)
        .order_by(Award.id)
    )
    return [
        Winner(
            no=row.no,
            party_id=row.organisation_id,
            agency=row.name,
            agency_code=row.code,
            amount_fen=row.amount_fen,
            rate_ppm=row.rate_ppm,
            promised_days=row.promised_days,
            phase=rules.phase_of(
                noticed_at=row.noticed_at,
                accepted_at=row.accepted_at,
                declined_at=row.declined_at,
                lapsed_at=row.lapsed_at,
                fallen_at=row.fallen_at,
            ),
            publicity_ends_at=row.publicity_ends_at,
        )
        for row in db.session.execute(query)
    ]


# Pages


@dataclass(frozen=True, slots=True)
class AwardPage:
    """One award: the facts of its notice, and what this reader may do."""

    line: AwardLine
    attempt: int
    agency_address: str
    purchaser_code: str
    item: str
    items: tuple[PricedItem, ...]
    members: tuple[Member, ...]
    method: StrEnum
    fund: StrEnum
    rank: int
    publicity_ends_at: datetime
    held_until: datetime | None
    noticed_at: datetime | None
    accept_due_at: datetime | None
    accepted_at: datetime | None
    sign_by: Deadline | None
    rulebook: str
    refusals_before_suspension: int
    contact: str | None
    phone: str | None
    refusals_counted: int
    decline_reason: str | None
    proves: bool
    excuse: str | None
    excused: bool | None
    judged_at: datetime | None
    judge_reason: str | None
    excuses: tuple[str, ...]
    announcement_no: str
    places: int
    seat: int
    notice_sha256: str | None
    notice_size: int | None
    seal: str | None
    reads_notice: bool
    next_no: str | None
    next_agency: str | None
    acts: tuple[StrEnum, ...]


def page(no: str, *, actor: Actor, now: datetime) -> AwardPage:
    """The page of an award; the purchaser's contact for the winner, the reason of a refusal for both sides only.

    Raises `NotFound`.
    """
    award = by_no(no)
    need = award.announcement.need
    book = rulebook(award.announcement.rulebook or "")
    mine = actor.party_id == party(award)
    sides = concerns(award, actor)
    known = award.noticed_at is not None and (mine or actor.party_id == purchaser_party(award))
    after = _following(award)
    return AwardPage(
        line=_line(award),
        attempt=award.attempt.number,
        agency_address=award.agency.address,
        purchaser_code=need.purchaser.organisation.code,
        item="、".join(item.name for item in need.items),
        items=offers.priced_items_of(award.attempt, award.agency_id),
        members=registrations.joined_of(award.attempt, award.agency_id),
        method=need.method,
        fund=need.fund,
        rank=award.rank,
        publicity_ends_at=award.publicity_ends_at,
        held_until=award.held_until,
        noticed_at=award.noticed_at,
        accept_due_at=award.accept_due_at,
        accepted_at=award.accepted_at,
        sign_by=sign_by(award),
        rulebook=book.id,
        refusals_before_suspension=book.terms(AwardTerms).refusals_before_suspension,
        contact=need.contact if known else None,
        phone=need.phone if known else None,
        refusals_counted=refusals_counted(award.agency_id, until=now) if mine else 0,
        decline_reason=award.decline_reason if sides else None,
        proves=sides and award.decline_file is not None,
        excuse=award.excuse,
        excused=award.excused,
        judged_at=award.judged_at,
        judge_reason=award.judge_reason if sides else None,
        excuses=book.terms(AwardTerms).excused,
        announcement_no=award.announcement.no or "",
        places=award.attempt.winners,
        seat=award.seat,
        notice_sha256=award.notice_sha256,
        notice_size=award.notice_size,
        seal=award.seal,
        reads_notice=award.noticed_at is not None and sides,
        next_no=None if after is None else after.no,
        next_agency=None if after is None else after.agency.organisation.name,
        acts=_acts(award, actor),
    )


def _following(award: Award) -> Award | None:
    """Whose award took the place of one that stands no more; None where it stands, or nobody followed."""
    if phase_of(award) not in (Phase.DECLINED, Phase.LAPSED, Phase.FALLEN):
        return None
    query = select(Award).where(Award.attempt_id == award.attempt_id, Award.seat == award.seat, Award.id > award.id)
    return db.session.execute(query.order_by(Award.id).limit(1)).scalar_one_or_none()


def own_page(no: str, *, actor: Actor, now: datetime) -> AwardPage:
    """The same for the winner alone; raises `NotYours` for everybody else."""
    if actor.party_id != party(by_no(no)):
        raise NotYours(no)
    return page(no, actor=actor, now=now)


def office_page(no: str, *, actor: Actor, now: datetime) -> AwardPage:
    """The same for the office that judges an excuse; raises `NotYours` for everybody else."""
    if not judges(by_no(no), actor):
        raise NotYours(no)
    return page(no, actor=actor, now=now)


def decline_file_for(no: str, *, actor: Actor) -> str:
    """The SHA-256 of what proves a refusal; raises `NotFound`, or `NotYours` for who may not read its reason."""
    award = by_no(no)
    if not concerns(award, actor):
        raise NotYours(no)
    if award.decline_file is None:
        raise NotFound(no)
    return award.decline_file


def guard_notice(no: str, *, actor: Actor) -> None:
    """Raises `NotFound`, or `NotYours` for whom the notice's file does not concern: it names the contact."""
    if not concerns(by_no(no), actor):
        raise NotYours(no)


def limits_of(award: Award) -> tuple[datetime | None, datetime | None]:
    """The two limits that a notice states: of the answer, and of the signing."""
    signing = sign_by(award)
    return award.accept_due_at, None if signing is None else signing.at


def editions(no: str) -> tuple[Mapping[str, Any], ...]:
    """What the log says of each file of a notice that was made, the first one first."""
    return tuple(one.public for one in records.timeline(f"award:{no}", kinds=("award",)) if one.act == AwardAct.ISSUE)


def is_outdated(award: Award) -> bool:
    """Whether a limit that the last file of the notice states has moved since; an older market's file states none."""
    made = editions(award.no)
    if not made or "sign_due_at" not in made[-1]:
        return False
    told = tuple(made[-1].get(name) for name in ("accept_due_at", "sign_due_at"))
    return told != tuple(None if one is None else instant(one) for one in limits_of(award))


@dataclass(frozen=True, slots=True)
class Proof:
    """What the public can hold a notice against: nothing that its page would hide."""

    line: AwardLine
    purchaser_code: str
    item: str
    places: int
    rank: int
    noticed_at: datetime | None
    accept_due_at: datetime | None
    position: int | None
    notice_sha256: str | None
    replaced: tuple[str, ...]
    seal: str | None

    @property
    def stands(self) -> bool:
        """Whether the notice is in force."""
        return self.line.phase in (Phase.NOTICED, Phase.ACCEPTED)


def proof(no: str) -> Proof | None:
    """The proof of a notice by its number; None where this market knows no such number."""
    award = db.session.execute(select(Award).where(Award.no == no)).scalar_one_or_none()
    if award is None:
        return None
    need, entry = award.announcement.need, records.entry_of(AwardAct.NOTICE, f"award:{no}")
    return Proof(
        line=_line(award),
        purchaser_code=need.purchaser.organisation.code,
        item="、".join(item.name for item in need.items),
        places=award.attempt.winners,
        rank=award.rank,
        noticed_at=award.noticed_at,
        accept_due_at=award.accept_due_at,
        position=None if entry is None else entry.position,
        notice_sha256=award.notice_sha256,
        replaced=tuple(one["sha256"] for one in editions(no) if one["sha256"] != award.notice_sha256),
        seal=award.seal,
    )


def concerns(award: Award, actor: Actor) -> bool:
    """Who may read what is not public: both parties, the branch's regulators and supervisor."""
    watching = bool(actor.roles & {Role.REGULATOR, Role.SUPERVISOR})
    if actor.party_id is not None and actor.party_id in (party(award), purchaser_party(award)):
        return True
    return watching and branches.sees(actor, award.announcement.need.region)


def _acts(award: Award, actor: Actor) -> tuple[StrEnum, ...]:
    """What this reader may do now: the winner answers, the office of the trade judges an excuse that waits."""
    mine = actor.party_id == party(award) and Role.AGENCY in actor.roles
    waits = award.excuse is not None and award.judged_at is None and judges(award, actor)
    roles = ({Role.AGENCY} if mine else set()) | ({Role.REGULATOR} if waits else set())
    return tuple(act for act in rules.FLOW.acts_in(phase_of(award)) if roles & rules.MAY[AwardAct(act)])


def members(award: Award) -> Mapping[str, Any]:
    """An award as machines read it: public members only, instants as text, money in fen."""
    need = award.announcement.need
    return {
        "no": award.no,
        "announcement": award.announcement.no,
        "attempt": award.attempt.number,
        "title": need.title,
        "item": need.item_code,
        "items": list(need.codes),
        "region": need.region,
        "fund": need.fund.value,
        "method": need.method.value,
        "budget_fen": need.budget_fen,
        "purchaser": {"code": need.purchaser.organisation.code, "name": need.purchaser.organisation.name},
        "agency": {"code": award.agency.organisation.code, "name": award.agency.organisation.name},
        "rank": award.rank,
        "amount_fen": award.amount_fen,
        "rate_ppm": award.rate_ppm,
        "promised_days": award.promised_days,
        "phase": phase_of(award).value,
        "made_at": award.made_at.isoformat(),
        "publicity_ends_at": award.publicity_ends_at.isoformat(),
        "noticed_at": None if award.noticed_at is None else award.noticed_at.isoformat(),
    }


def resource(
    after: str | None = None, limit: int = SIZE, *, agency: str | None = None, region: str | None = None
) -> Listing[Mapping[str, Any]]:
    """One page of the machine API's awards."""
    page = public_list(after, size=limit, agency=agency, region=region)
    found = {
        award.id: members(award)
        for award in db.session.execute(select(Award).where(Award.id.in_([line.id for line in page.rows]))).scalars()
    }
    return Listing(tuple(found[line.id] for line in page.rows), page.after)


def resource_one(no: str) -> Mapping[str, Any] | None:
    """One award of the machine API."""
    found = db.session.execute(select(Award).where(Award.no == no)).scalar_one_or_none()
    return None if found is None else members(found)


def unanswered() -> Running:
    """Awards that wait for the winner's answer, with its end: what is watched."""
    return (
        limits(no=Award.no, at=Award.accept_due_at, region=Need.region, title=Need.title, party=Agency.organisation_id)
        .select_from(Award)
        .join(Agency, Agency.id == Award.agency_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .where(Award.accept_due_at.is_not(None), Award.accepted_at.is_(None), *IN_FORCE)
    )
