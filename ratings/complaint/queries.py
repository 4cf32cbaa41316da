"""What can be seen of objections: by their parties, the office that decides, and the public; what falls due."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, or_, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, lazyload

from app.actor import Actor, Role
from app.calendar.services import calendar
from app.database import Instant, db
from app.refusal import NotFound, NotYours
from app.region import branches
from app.region import queries as regions
from app.rules_in_force import rulebook
from app.values import SHANGHAI
from app.watch.queries import Running, limits
from app.workdays import WorkCalendar
from bidding.award import queries as awards
from bidding.award.rules import Phase as AwardPhase
from bidding.registration import queries as registrations
from bidding.registration.models import Registration
from bidding.selection import queries as selections
from marketplace.agency import queries as agencies
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import AnnouncementKind, Decision
from marketplace.catalogue.models import ItemVersion
from marketplace.need.models import Need
from marketplace.purchaser.models import Purchaser
from ratings.complaint import rules
from ratings.complaint.models import Objection
from ratings.complaint.rules import DecisionTerms, Effect, Ground, Kind, ObjectionAct, ObjectionTerms, Outcome, Phase

OPEN = Objection.closed_at.is_(None)
WAITING = 50
"""Tasks of one kind on a desk; the most urgent come first."""

SHOWN = 50
"""Objections on the page of one announcement; the newest first."""


# Rows


def row(no: str) -> Select[Objection]:
    """The row of an objection, to be locked; it alone."""
    return select(Objection).where(Objection.no == no).options(lazyload("*"))


def by_no(no: str) -> Objection:
    """An objection by its public number; raises `NotFound`."""
    found = db.session.execute(select(Objection).where(Objection.no == no)).scalar_one_or_none()
    if found is None:
        raise NotFound(no)
    return found


def announcement_of(no: str) -> Select[Announcement]:
    """The announcement of an objection, to be locked before the objection itself."""
    of = select(Objection.announcement_id).where(Objection.no == no).scalar_subquery()
    return select(Announcement).where(Announcement.id == of).options(lazyload("*"))


def count_of(announcement_id: int) -> int:
    """How many objections an announcement has had: the next one's place in its number."""
    query = select(func.count()).select_from(Objection).where(Objection.announcement_id == announcement_id)
    return db.session.execute(query).scalar_one()


def pausing(attempt_id: int) -> list[Objection]:
    """The objections for whose end an attempt's awards wait."""
    query = select(Objection).where(Objection.attempt_id == attempt_id, OPEN, Objection.pauses)
    return list(db.session.execute(query).scalars())


def phase_of(objection: Objection, now: datetime) -> Phase:
    """The phase of a row at `now`."""
    return rules.phase_of(
        outcome=objection.outcome,
        appealed_at=objection.appealed_at,
        answered_at=objection.answered_at,
        answer_due_at=objection.answer_due_at,
        now=now,
    )


def terms(announcement: Announcement) -> ObjectionTerms:
    """What the rulebook that the announcement froze says of objections."""
    return rulebook(announcement.rulebook or "").terms(ObjectionTerms)


def decision_terms(announcement: Announcement) -> DecisionTerms:
    """The same of decisions."""
    return rulebook(announcement.rulebook or "").terms(DecisionTerms)


def region_path(announcement: Announcement) -> tuple[str, ...]:
    """The region path whose working days count: the need's."""
    return regions.path(announcement.need.region)


def is_drawn(attempt: Attempt) -> bool:
    """Whether the record of a frozen attempt is published."""
    selection = selections.of(attempt.id)
    return selection is not None and selection.drawn_at is not None


# Who may object to what, until when


def until(kind: Kind, announcement: Announcement, attempt: Attempt, *, against: str | None = None) -> datetime | None:
    """The half-open end of the time to object to an attempt in this way; None where there is nothing of the kind.

    Source: rules.md §2.11 objection.notice, objection.exclusion, objection.result.
    """
    if announcement.kind is AnnouncementKind.DIRECT:
        return None
    found, path = terms(announcement), region_path(announcement)
    if kind is Kind.NOTICE:
        waits = attempt.frozen_at is None and attempt.decision is None
        return _before(attempt.closes_at, found.notice_before_close, path) if waits else None
    if kind is Kind.EXCLUSION:
        return None if attempt.frozen_at is None else _next_day(attempt.frozen_at, found, path)
    ends = [
        rules.result_until(
            made_at=award.made_at,
            publicity_ends_at=award.publicity_ends_at,
            without_publicity=calendar().due(award.made_at, found.result_days, path=path).at,
        )
        for award in awards.in_force(attempt.id)
        if against is None or award.agency.organisation.code == against
    ]
    return max(ends, default=None)


def _before(instant: datetime, days: int, path: tuple[str, ...]) -> datetime:
    """The same local time `days` working days earlier."""
    local = instant.astimezone(SHANGHAI)
    day = local.date()
    while days:
        day -= timedelta(days=1)
        days -= calendar().is_workday(day, path=path).working
    return datetime.combine(day, local.timetz()).astimezone(UTC)


def _next_day(frozen_at: datetime, found: ObjectionTerms, path: tuple[str, ...]) -> datetime:
    day, _ = calendar().add(frozen_at.astimezone(SHANGHAI).date(), 1, path=path)
    return datetime.combine(day, found.exclusion_until, SHANGHAI).astimezone(UTC)


def ground(kind: Kind, announcement: Announcement, actor: Actor, *, against: str | None, now: datetime) -> Ground:
    """How the actor's agency stands to the present attempt; of a running registration nothing is asked."""
    attempt, agency = announcements.present_attempt(announcement), agencies.by_party(actor.party)
    judged = None if agency is None else _judged(attempt, agency.id)
    open_already = select(Objection.id).where(
        Objection.attempt_id == attempt.id, Objection.kind == kind, Objection.party_id == actor.party, OPEN
    )
    return Ground(
        code=actor.code or "",
        own_need=announcement.need.purchaser.organisation_id == actor.party,
        active=agency is not None and agencies.is_active(agency, now),
        direct=announcement.kind is AnnouncementKind.DIRECT,
        until=until(kind, announcement, attempt, against=against),
        excluded=judged is not None and bool(judged.reasons),
        registered=judged is not None,
        winners=frozenset(award.agency.organisation.code for award in awards.in_force(attempt.id)),
        open_already=db.session.execute(open_already).first() is not None,
    )


def _judged(attempt: Attempt, agency_id: int) -> Registration | None:
    """How the freeze judged an agency's registration; None before it, and where there is none."""
    found = registrations.judged(attempt.id) if attempt.frozen_at is not None else []
    return next((one for one in found if one.agency_id == agency_id), None)


@dataclass(frozen=True, slots=True)
class Opening:
    """What an agency may object to now, until when; and the winners that it may name."""

    kinds: tuple[tuple[Kind, datetime], ...]
    winners: tuple[tuple[str, str], ...]


def opening(no: str, *, actor: Actor, now: datetime) -> Opening:
    """What the form offers this agency. Raises `NotFound`.

    A kind whose time is over is left out, as is an exclusion that did not happen.
    """
    announcement = announcements.by_no(no)
    if announcement is None:
        raise NotFound(no)
    attempt = announcements.present_attempt(announcement)
    ends = {kind: until(kind, announcement, attempt) for kind in Kind}
    found = tuple((kind, end) for kind, end in ends.items() if end is not None and now < end)
    if Kind.EXCLUSION in dict(found) and not _is_excluded(attempt, actor):
        found = tuple((kind, end) for kind, end in found if kind is not Kind.EXCLUSION)
    winners = [
        (award.agency.organisation.code, award.agency.organisation.name)
        for award in (awards.in_force(attempt.id) if Kind.RESULT in dict(found) else ())
        if awards.party(award) != actor.party_id
    ]
    return Opening(found, tuple(winners))


def _is_excluded(attempt: Attempt, actor: Actor) -> bool:
    agency = agencies.by_party(actor.party)
    judged = None if agency is None else _judged(attempt, agency.id)
    return judged is not None and bool(judged.reasons)


# Who answers, who decides


def purchaser_party(announcement: Announcement) -> int:
    """The organisation that answers."""
    return announcement.need.purchaser.organisation_id


def decides(announcement: Announcement, actor: Actor) -> bool:
    """Whether the actor's office is the competent one of one of the item's trades."""
    need = announcement.need
    return branches.decides(actor, need.region, authorities=need.item.authorities)


def offices(announcement: Announcement) -> list[int]:
    """The offices that may decide."""
    need = announcement.need
    return branches.deciding(need.region, authorities=need.item.authorities)


def offices_of(no: str) -> tuple[int, ...]:
    """The same by the number of an objection."""
    return tuple(offices(by_no(no).announcement))


def effect(objection: Objection) -> Effect:
    """What upholding it would bring about now."""
    attempt, announcement = objection.attempt, objection.announcement
    phases = [awards.phase_of(award) for award in awards.in_force(attempt.id)]
    target = objection.award
    return rules.effect_of(
        objection.kind,
        against=target is not None,
        ended=attempt.number != announcement.attempt_number or attempt.decision not in (None, Decision.DRAWN),
        target_open=target is not None and awards.phase_of(target) in (AwardPhase.PUBLICITY, AwardPhase.NOTICED),
        accepted=AwardPhase.ACCEPTED in phases,
    )


# Pages


@dataclass(frozen=True, slots=True)
class ObjectionLine:
    """One objection as everybody may see it; who objected, to whom and why only where this reader may know."""

    no: str
    kind: StrEnum
    attempt: int
    phase: Phase
    filed_at: datetime
    pauses: bool
    due_at: datetime | None
    answered_at: datetime | None
    conceded: bool | None
    answer: str | None
    closed_at: datetime | None
    effect: Effect | None
    decision: str | None
    mine: bool
    party: str | None
    against: str | None
    reason: str | None
    interest: str | None
    has_file: bool


@dataclass(frozen=True, slots=True)
class ObjectionPage:
    """One objection, its announcement, and what this reader may do."""

    line: ObjectionLine
    announcement_no: str
    title: str
    purchaser: str
    rulebook: str
    appeal_due_at: datetime
    acts: tuple[StrEnum, ...]
    would: Effect | None


def reads(objection: Objection, actor: Actor) -> bool:
    """Whether the actor knows whose objection it is, and why: the agency itself, and who decides or supervises.

    The purchaser reads the reasons as soon as it must answer, but not who, before the freeze: see `_line`.
    """
    if actor.party_id == objection.party_id:
        return True
    watching = Role.SUPERVISOR in actor.roles and branches.sees(actor, objection.announcement.need.region)
    return watching or decides(objection.announcement, actor)


def _line(objection: Objection, actor: Actor, *, now: datetime) -> ObjectionLine:
    phase, attempt = phase_of(objection, now), objection.attempt
    decided = objection.outcome in (Outcome.UPHELD, Outcome.DISMISSED)
    frozen, ended = attempt.frozen_at is not None, attempt.decision is not None
    whole = reads(objection, actor) or rules.is_named(decided=decided, frozen=frozen, ended=ended)
    answers = actor.party_id == purchaser_party(objection.announcement)
    told = whole or answers
    due = {
        Phase.FILED: objection.answer_due_at,
        Phase.UNANSWERED: objection.appeal_due_at,
        Phase.ANSWERED: objection.appeal_due_at,
        Phase.APPEALED: objection.decide_due_at,
    }.get(phase)
    against = objection.award
    return ObjectionLine(
        no=objection.no,
        kind=objection.kind,
        attempt=attempt.number,
        phase=phase,
        filed_at=objection.filed_at,
        pauses=objection.pauses,
        due_at=due,
        answered_at=objection.answered_at,
        conceded=objection.conceded,
        answer=objection.answer,
        closed_at=objection.closed_at,
        effect=objection.effect,
        decision=objection.decision,
        mine=actor.party_id == objection.party_id,
        party=objection.party.name if whole or (answers and (frozen or ended)) else None,
        against=against.agency.organisation.name if against is not None and told else None,
        reason=objection.reason if told else None,
        # What makes an agency interested may say who it is.
        interest=objection.interest if whole or (answers and frozen) else None,
        has_file=objection.file is not None and (reads(objection, actor) or (answers and frozen)),
    )


def of_announcement(no: str, *, actor: Actor, now: datetime) -> list[ObjectionLine]:
    """The objections of an announcement, the newest first.

    Almost every announcement has none, and its page is read by everybody: asked of one column first.
    """
    query = (
        select(Objection.id)
        .join(Announcement, Announcement.id == Objection.announcement_id)
        .where(Announcement.no == no)
        .order_by(Objection.id.desc())
        .limit(SHOWN)
    )
    found = list(db.session.execute(query).scalars())
    if not found:
        return []
    rows = db.session.execute(select(Objection).where(Objection.id.in_(found)).order_by(Objection.id.desc()))
    return [_line(objection, actor, now=now) for objection in rows.scalars()]


def page(no: str, *, actor: Actor, now: datetime) -> ObjectionPage:
    """One objection as this reader may see it. Raises `NotFound`."""
    objection = by_no(no)
    announcement, acts = objection.announcement, _acts(objection, actor, now=now)
    return ObjectionPage(
        line=_line(objection, actor, now=now),
        announcement_no=announcement.no or "",
        title=announcement.need.title,
        purchaser=announcement.need.purchaser.organisation.name,
        rulebook=announcement.rulebook or "",
        appeal_due_at=objection.appeal_due_at,
        acts=acts,
        would=effect(objection) if ObjectionAct.UPHOLD in acts else None,
    )


def page_for(act: ObjectionAct, no: str, *, actor: Actor, now: datetime) -> ObjectionPage:
    """The same for whoever may do this now; raises `NotYours` for everybody else, `NotFound`.

    Also where it is out of turn by now: the act itself says so, nothing typed is lost.
    """
    found, objection = page(no, actor=actor, now=now), by_no(no)
    if act not in _roles(objection, actor):
        raise NotYours(no)
    return found


def _roles(objection: Objection, actor: Actor) -> set[ObjectionAct]:
    """What the actor's side of an objection may ever do."""
    sides = {
        Role.AGENCY: actor.party_id is not None and actor.party_id == objection.party_id,
        Role.PURCHASER: actor.party_id is not None and actor.party_id == purchaser_party(objection.announcement),
        Role.REGULATOR: decides(objection.announcement, actor),
    }
    mine = {role for role, stands in sides.items() if stands and role in actor.roles}
    return {act for act in ObjectionAct if rules.MAY[act] & mine}


def _acts(objection: Objection, actor: Actor, *, now: datetime) -> tuple[StrEnum, ...]:
    mine = _roles(objection, actor)
    if now >= objection.appeal_due_at:
        mine.discard(ObjectionAct.APPEAL)
    return tuple(act for act in rules.FLOW.acts_in(phase_of(objection, now)) if act in mine)


def file_for(no: str, *, actor: Actor, now: datetime) -> str:
    """The SHA-256 of what proves an objection; raises `NotFound`, or `NotYours` for whom it does not concern."""
    objection = by_no(no)
    if not _line(objection, actor, now=now).has_file:
        raise NotYours(no)
    return objection.file or ""


# What waits for whom


@dataclass(frozen=True, slots=True)
class Waits:
    """One objection on somebody's desk."""

    no: str
    title: str
    due_at: datetime


def to_answer(party_id: int) -> Iterator[Waits]:
    """What waits for a purchaser's answer, until the office has it."""
    query = _waiting(Objection.answer_due_at).where(
        Purchaser.organisation_id == party_id, Objection.answered_at.is_(None), Objection.appealed_at.is_(None)
    )
    return _waits(query)


def to_appeal(party_id: int, *, now: datetime) -> Iterator[Waits]:
    """Where an agency may ask for a decision: rejected, or not answered in time."""
    query = _waiting(Objection.appeal_due_at).where(
        Objection.party_id == party_id,
        Objection.appealed_at.is_(None),
        Objection.appeal_due_at > now,
        or_(Objection.answered_at.is_not(None), Objection.answer_due_at <= now),
    )
    return _waits(query)


def to_decide(actor: Actor) -> Iterator[Waits]:
    """What waits for this office's decision."""
    query = _waiting(Objection.decide_due_at).join(ItemVersion, ItemVersion.id == Need.item_version_id)
    mine = branches.decided(Need.region, ItemVersion.authorities, actor)
    return _waits(query.where(Objection.appealed_at.is_not(None), mine))


def _waiting(
    due: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
) -> Select[str, str, datetime]:
    return (
        select(Objection.no, Need.title, type_coerce(due, Instant))
        .select_from(Objection)
        .join(Announcement, Announcement.id == Objection.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(OPEN)
        .order_by(due, Objection.id)
        .limit(WAITING)
    )


def _waits(query: Select[str, str, datetime]) -> Iterator[Waits]:
    return (Waits(*found) for found in db.session.execute(query))


# What falls due


OVER: ColumnElement[bool] = and_(OPEN, Objection.appealed_at.is_(None))


def due_for_lapse(now: datetime) -> list[str]:
    """Objections for which nobody asked for a decision in time."""
    query = select(Objection.no).where(OVER, Objection.appeal_due_at <= now).order_by(Objection.id)
    return list(db.session.execute(query).scalars())


def next_lapse(now: datetime) -> datetime | None:
    """The first instant after `now` at which an objection is over."""
    query = select(func.min(Objection.appeal_due_at)).where(OVER, Objection.appeal_due_at > now)
    return db.session.execute(query).scalar()


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Objections with a running deadline that was computed without its year, which this calendar knows."""
    running = case(
        (Objection.decide_due_at.is_not(None), Objection.decide_due_at),
        else_=Objection.appeal_due_at,
    )
    return select(Objection.no, cast(Objection.version, String)).where(
        Objection.provisional, OPEN, running <= days.certain_until
    )


def unanswered() -> Running:
    """Objections that wait for the purchaser, with the end of its time."""
    return _watched(Objection.answer_due_at, Purchaser.organisation_id).where(
        Objection.answered_at.is_(None), Objection.appealed_at.is_(None)
    )


def undecided() -> Running:
    """Objections that wait for the office of the trade, with the end of its time."""
    return _watched(Objection.decide_due_at, None).where(Objection.appealed_at.is_not(None))


def _watched(
    at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    party: InstrumentedAttribute[int] | None,
) -> Running:
    return (
        limits(no=Objection.no, at=at, region=Need.region, title=Need.title, party=party)
        .select_from(Objection)
        .join(Announcement, Announcement.id == Objection.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(OPEN)
    )
