"""What the public sees of announcements, what their purchaser and the operator see besides, and what falls due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import contains_eager, lazyload

from app.audit.services import Happened, timeline
from app.calendar.services import calendar
from app.database import db
from app.refusal import NotFound
from app.region import queries as regions
from app.rulebook import Rulebook
from app.rules_in_force import rulebook
from app.values import SHANGHAI
from app.web.paging import SIZE, Listing, listing, parsed
from marketplace.announcement import rules
from marketplace.announcement.models import Amendment, Announcement, Attempt
from marketplace.announcement.rules import (
    AnnouncementKind,
    AttemptTerms,
    Decision,
    HoursTerms,
    Instants,
    Phase,
    PublishTerms,
    Window,
)
from marketplace.need.models import Need
from marketplace.need.rules import Method
from marketplace.purchaser.models import Purchaser
from marketplace.purchaser.rules import Fund


def row(no: str) -> Select[Announcement]:
    """The row of a published announcement, to be locked: its own alone, an outer join cannot be."""
    return select(Announcement).where(Announcement.no == no).options(lazyload(Announcement.need))


def need_row(need_no: str) -> Select[Announcement]:
    """The row that belongs to a need, published or not, to be locked after the need's."""
    of_need = select(Need.id).where(Need.no == need_no).scalar_subquery()
    return select(Announcement).where(Announcement.need_id == of_need).options(lazyload(Announcement.need))


def by_no(no: str) -> Announcement | None:
    """A published announcement by its public number."""
    return db.session.execute(select(Announcement).where(Announcement.no == no)).scalar_one_or_none()


def by_need(need_no: str) -> Announcement | None:
    """What became of a need: published, in review or returned; None where it was never handed in."""
    return db.session.execute(select(Announcement).join(Need).where(Need.no == need_no)).scalar_one_or_none()


def attempt(announcement_id: int, number: int) -> Attempt:
    """One attempt; raises `NotFound`."""
    found = db.session.execute(
        select(Attempt)
        .where(Attempt.announcement_id == announcement_id, Attempt.number == number)
        .options(lazyload(Attempt.announcement))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("attempt")
    return found


def present_attempt(announcement: Announcement) -> Attempt:
    """The attempt that counts now; raises `NotFound` before the publication."""
    return attempt(announcement.id, announcement.attempt_number)


def attempts(announcement_id: int) -> list[Attempt]:
    """Every attempt, the first one first; all stay on the page for ever (protocol.md §0)."""
    query = select(Attempt).where(Attempt.announcement_id == announcement_id).options(lazyload(Attempt.announcement))
    return list(db.session.execute(query.order_by(Attempt.number)).scalars())


def amendments(announcement_id: int) -> list[Amendment]:
    """Every amendment, the first one first."""
    query = select(Amendment).where(Amendment.announcement_id == announcement_id).order_by(Amendment.revision)
    return list(db.session.execute(query).scalars())


def phase_of(announcement: Announcement, attempt: Attempt | None, now: datetime) -> Phase:
    """The phase at an instant; `attempt` is the present one, None before the publication."""
    return rules.phase_of(
        Instants(
            kind=announcement.kind,
            approved_at=announcement.approved_at,
            returned_at=announcement.returned_at,
            published_at=announcement.published_at,
            repeat_at=announcement.repeat_at,
            withdrawn_at=announcement.withdrawn_at,
            closes_at=None if attempt is None else attempt.closes_at,
            decision=None if attempt is None else attempt.decision,
        ),
        now=now,
    )


def in_phase(phase: Phase, now: datetime) -> ColumnElement[bool]:
    """The SQL twin of `rules.phase_of` over published announcements and their present attempt."""
    withdrawn = or_(Announcement.withdrawn_at.is_not(None), Attempt.decision == Decision.WITHDRAWN)
    scheduled = and_(Announcement.withdrawn_at.is_(None), Announcement.repeat_at.is_not(None))
    direct = Announcement.kind == AnnouncementKind.DIRECT
    running = and_(Announcement.withdrawn_at.is_(None), Announcement.repeat_at.is_(None), ~direct)
    undecided = and_(running, Attempt.decision.is_(None))
    conditions: Mapping[Phase, ColumnElement[bool]] = {
        Phase.WITHDRAWN: and_(withdrawn, or_(Announcement.withdrawn_at.is_not(None), running)),
        Phase.SCHEDULED: scheduled,
        Phase.DIRECT: and_(Announcement.withdrawn_at.is_(None), Announcement.repeat_at.is_(None), direct),
        Phase.DECIDED: and_(running, Attempt.decision == Decision.DRAWN),
        Phase.UNSUCCESSFUL: and_(running, Attempt.decision == Decision.UNSUCCESSFUL),
        Phase.VOID: and_(running, Attempt.decision == Decision.VOID),
        Phase.REGISTERING: and_(undecided, Attempt.closes_at > now),
        Phase.SELECTING: and_(undecided, Attempt.closes_at <= now),
    }
    return conditions.get(phase, false())


def attempts_due_for_freeze(now: datetime) -> list[tuple[str, int]]:
    """(number, attempt) of every attempt whose registration has closed and that nothing has frozen or ended yet."""
    query = (
        select(Announcement.no, Attempt.number)
        .join(Attempt, Attempt.announcement_id == Announcement.id)
        .where(*_running(), Attempt.closes_at <= now)
        .order_by(Attempt.closes_at, Attempt.id)
    )
    return [(no, number) for no, number in db.session.execute(query) if no is not None]


def next_closing(now: datetime) -> datetime | None:
    """The first closing after `now` of an attempt that is still running."""
    query = (
        select(func.min(Attempt.closes_at))
        .join(Announcement, Attempt.announcement_id == Announcement.id)
        .where(*_running(), Attempt.closes_at > now)
    )
    return db.session.execute(query).scalar()


def _running() -> tuple[ColumnElement[bool], ...]:
    return (
        Announcement.kind == AnnouncementKind.OPEN,
        Attempt.frozen_at.is_(None),
        Attempt.decision.is_(None),
    )


def due_for_publication() -> list[tuple[str, int]]:
    """(need number, attempt to come) of what was approved, or asked for again, and is not public yet."""
    query = (
        select(Need.no, Announcement.attempt_number)
        .join(Need, Announcement.need_id == Need.id)
        .where(
            or_(
                and_(
                    Announcement.approved_at.is_not(None),
                    Announcement.returned_at.is_(None),
                    Announcement.published_at.is_(None),
                ),
                Announcement.repeat_at.is_not(None),
            )
        )
        .order_by(Announcement.id)
    )
    return [(need_no, number + 1) for need_no, number in db.session.execute(query)]


@dataclass(frozen=True, slots=True)
class Earliest:
    """Where a closing may lie, and whether the calendar of that time is published."""

    window: Window
    days: int
    provisional: bool


def earliest(need: Need, book: Rulebook, now: datetime) -> Earliest:
    """The earliest closing of an announcement that is published, or amended, at `now` (rules.md period.minimum)."""
    hours = book.terms(HoursTerms)
    days, clause = book.terms(PublishTerms).minimum(need.budget_fen)
    found = calendar().earliest(now, days, path=regions.path(need.region), opening=hours.opens)
    return Earliest(Window(found.at, clause, hours), days, found.provisional)


@dataclass(frozen=True, slots=True)
class Day:
    """Whether the local day of an instant is a working day where the need is, and how sure that is."""

    working: bool
    provisional: bool


def day_of(instant: datetime, need: Need) -> Day:
    """The local day of a closing."""
    answer = calendar().is_workday(instant.astimezone(SHANGHAI).date(), path=regions.path(need.region))
    return Day(answer.working, answer.provisional)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader looks for; None = everything. `region` finds its whole branch."""

    q: str | None = None
    region: str | None = None
    category: str | None = None
    item: str | None = None
    method: Method | None = None
    phase: Phase | None = None
    fund: Fund | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "Filters":
        """From an address; a word that is none of ours is `NotFound`, not silently everything."""
        given = {name: args[name].strip() for name in cls.__dataclass_fields__ if args.get(name, "").strip()}
        try:
            return cls(
                q=given.get("q"),
                region=given.get("region"),
                category=given.get("category"),
                item=given.get("item"),
                method=Method(given["method"]) if "method" in given else None,
                phase=Phase(given["phase"]) if "phase" in given else None,
                fund=Fund(given["fund"]) if "fund" in given else None,
            )
        except ValueError as error:
            raise NotFound("filter") from error


@dataclass(frozen=True, slots=True)
class Line:
    """One published announcement in a list."""

    no: str
    title: str
    kind: AnnouncementKind
    phase: Phase
    purchaser: str
    purchaser_code: str
    region: str
    region_name: str
    item: str
    item_name: str
    fund: Fund
    method: Method
    budget_fen: int
    price_fen: int | None
    expected_days: int
    attempt: int
    published_at: datetime
    closes_at: datetime


def public_list(filters: Filters, after: str | None, *, now: datetime, size: int = SIZE) -> Listing[Line]:
    """Published announcements, the newest first."""
    query = _public().where(*_conditions(filters, now))
    key = parsed(after, (str, int))
    if key is not None:
        published_at = _instant(key[0])
        query = query.where(
            or_(
                Announcement.published_at < published_at,
                and_(Announcement.published_at == published_at, Announcement.id < key[1]),
            )
        )
    rows = db.session.execute(
        query.order_by(Announcement.published_at.desc(), Announcement.id.desc()).limit(size + 1)
    ).all()
    names = dict(regions.choices())
    found = listing(rows, size=size, key=lambda pair: (pair[0].published_at.isoformat(), pair[0].id))
    return Listing(tuple(_line(pair[0], pair[1], names, now) for pair in found.rows), found.after)


def _public() -> Select[Announcement, Attempt]:
    return (
        select(Announcement, Attempt)
        .join(
            Attempt,
            and_(Attempt.announcement_id == Announcement.id, Attempt.number == Announcement.attempt_number),
        )
        .join(Need, Announcement.need_id == Need.id)
        .options(contains_eager(Announcement.need), lazyload(Attempt.announcement))
        .where(Announcement.published_at.is_not(None))
    )


def _conditions(filters: Filters, now: datetime) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.q is not None:
        found.append(
            or_(
                Need.title.contains(filters.q, autoescape=True),
                Announcement.no.contains(filters.q.upper(), autoescape=True),
            )
        )
    if filters.region is not None:
        found.append(Need.region.startswith(regions.under(filters.region), autoescape=True))
    if filters.category is not None:
        found.append(Need.item_code.startswith(filters.category, autoescape=True))
    if filters.item is not None:
        found.append(Need.item_code == filters.item)
    if filters.method is not None:
        found.append(Need.method == filters.method)
    if filters.fund is not None:
        found.append(Need.fund == filters.fund)
    if filters.phase is not None:
        found.append(in_phase(filters.phase, now))
    return found


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotFound("after") from error
    if found.tzinfo is None:
        raise NotFound("after")
    return found


def _line(announcement: Announcement, attempt: Attempt, names: Mapping[str, str], now: datetime) -> Line:
    need, no, published_at = announcement.need, announcement.no, announcement.published_at
    if no is None or published_at is None:
        raise NotFound("announcement")
    return Line(
        no=no,
        title=need.title,
        kind=announcement.kind,
        phase=phase_of(announcement, attempt, now),
        purchaser=need.purchaser.organisation.name,
        purchaser_code=need.purchaser.organisation.code,
        region=need.region,
        region_name=names.get(need.region, need.region),
        item=need.item_code,
        item_name=need.item.name,
        fund=need.fund,
        method=need.method,
        budget_fen=need.budget_fen,
        price_fen=need.price_fen,
        expected_days=announcement.expected_days,
        attempt=announcement.attempt_number,
        published_at=published_at,
        closes_at=attempt.closes_at,
    )


@dataclass(frozen=True, slots=True)
class AnnouncementPage:
    """One announcement as everybody sees it; nothing here knows of registrants."""

    line: Line
    content: str
    payer: str
    budget_line: str | None
    project_code: str | None
    approval: str | None
    authority: str | None
    phone: str
    qualification: str
    requires: tuple[str, ...]
    rulebook: str
    provisional: bool
    revision: int
    winners: int
    withdraw_reason: str | None
    withdraw_explanation: str | None
    attempts: tuple[Attempt, ...]
    amendments: tuple[Amendment, ...]
    attempts_left: bool
    party_id: int
    need_no: str
    events: tuple[Happened, ...]


def page(no: str, *, now: datetime) -> AnnouncementPage:
    """A published announcement; raises `NotFound` for any other."""
    announcement = by_no(no)
    if announcement is None or announcement.rulebook is None:
        raise NotFound("announcement")
    need = announcement.need
    tries = attempts(announcement.id)
    present = next(each for each in tries if each.number == announcement.attempt_number)
    most = rulebook(announcement.rulebook).terms(AttemptTerms).max
    return AnnouncementPage(
        line=_line(announcement, present, {need.region: regions.name(need.region)}, now),
        content=announcement.content,
        payer=need.payer.value,
        budget_line=need.budget_line,
        project_code=need.project_code,
        approval=need.approval,
        authority=regions.authorities().get(need.authority) if need.authority else None,
        phone=need.phone,
        qualification=need.item.qualification,
        requires=need.item.requires,
        rulebook=announcement.rulebook,
        provisional=announcement.closing_provisional,
        revision=announcement.revision,
        winners=present.winners,
        withdraw_reason=announcement.withdraw_reason,
        withdraw_explanation=announcement.withdraw_explanation,
        attempts=tuple(tries),
        amendments=tuple(amendments(announcement.id)),
        attempts_left=announcement.attempt_number < most,
        party_id=need.purchaser.organisation_id,
        need_no=need.no,
        events=timeline(f"announcement:{no}"),
    )


def own(party_id: int, no: str) -> Announcement:
    """The party's own published announcement; raises `NotFound` for anybody else's: its forms are not theirs."""
    found = by_no(no)
    if found is None or found.need.purchaser.organisation_id != party_id:
        raise NotFound("announcement")
    return found


def earliest_of(no: str, now: datetime) -> Earliest:
    """Where a published announcement may close if it is amended or repeated at `now`; raises `NotFound`."""
    found = by_no(no)
    if found is None or found.rulebook is None:
        raise NotFound("announcement")
    return earliest(found.need, rulebook(found.rulebook), now)


def in_review() -> list[Announcement]:
    """What waits for the operator, the most urgent first."""
    query = select(Announcement).where(
        Announcement.submitted_at.is_not(None),
        Announcement.approved_at.is_(None),
        Announcement.returned_at.is_(None),
        Announcement.published_at.is_(None),
    )
    return list(db.session.execute(query.order_by(Announcement.review_due_at, Announcement.id)).scalars())


def reviewed(need_no: str) -> Announcement:
    """One that waits for the operator; raises `NotFound` for any other, so that drafts stay their purchaser's."""
    found = by_need(need_no)
    if found is None or phase_of(found, None, found.submitted_at or found.need.created_at) is not Phase.IN_REVIEW:
        raise NotFound("announcement")
    return found


def waiting_for(party_id: int) -> tuple[list[Announcement], list[Announcement]]:
    """A purchaser's returned announcements, and those whose present attempt failed and may be repeated."""
    own = (
        select(Announcement)
        .join(Need, Announcement.need_id == Need.id)
        .join(Purchaser, Need.purchaser_id == Purchaser.id)
        .where(Purchaser.organisation_id == party_id)
    )
    returned = own.where(Announcement.returned_at.is_not(None), Announcement.published_at.is_(None))
    failed = own.join(
        Attempt, and_(Attempt.announcement_id == Announcement.id, Attempt.number == Announcement.attempt_number)
    ).where(
        Announcement.kind == AnnouncementKind.OPEN,
        Announcement.repeat_at.is_(None),
        Announcement.withdrawn_at.is_(None),
        Attempt.decision.in_((Decision.UNSUCCESSFUL, Decision.VOID)),
    )
    return (
        list(db.session.execute(returned.order_by(Announcement.id)).scalars()),
        list(db.session.execute(failed.order_by(Announcement.id)).scalars()),
    )


def resource_page(after: str | None, limit: int = SIZE, *, now: datetime, **params: str) -> Listing[Mapping[str, Any]]:
    """One page of the machine API: the same list, the same filters."""
    found = public_list(Filters.of(params), after, now=now, size=limit)
    return Listing(tuple(members(line) for line in found.rows), found.after)


def resource_one(no: str, *, now: datetime) -> Mapping[str, Any] | None:
    """One published announcement for the machine API, None where there is none."""
    found = db.session.execute(_public().where(Announcement.no == no)).one_or_none()
    if found is None:
        return None
    announcement, present = found
    line = _line(announcement, present, {announcement.need.region: regions.name(announcement.need.region)}, now)
    return {
        **members(line),
        "content": announcement.content,
        "rulebook": announcement.rulebook,
        "revision": announcement.revision,
        "attempts": [
            {
                "number": each.number,
                "published_at": each.published_at.isoformat(),
                "closes_at": each.closes_at.isoformat(),
                "commitment": each.commitment,
                "beacon_rule": each.beacon_rule,
                "offer_key": None if each.offer_key is None else each.offer_key.hex(),
                "frozen_at": None if each.frozen_at is None else each.frozen_at.isoformat(),
                "decision": each.decision,
            }
            for each in attempts(announcement.id)
        ],
    }


def members(line: Line) -> Mapping[str, Any]:
    """A line as JSON values."""
    return {
        "no": line.no,
        "title": line.title,
        "kind": line.kind.value,
        "phase": line.phase.value,
        "purchaser": {"name": line.purchaser, "code": line.purchaser_code},
        "region": line.region,
        "item": line.item,
        "item_name": line.item_name,
        "fund": line.fund.value,
        "method": line.method.value,
        "budget_fen": line.budget_fen,
        "price_fen": line.price_fen,
        "expected_days": line.expected_days,
        "attempt": line.attempt,
        "published_at": line.published_at.isoformat(),
        "closes_at": line.closes_at.isoformat(),
    }
