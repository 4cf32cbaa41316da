"""What the public sees of announcements, what their purchaser and the operator see besides, and what falls due."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    cast,
    false,
    func,
    inspect,
    literal_column,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import aliased, lazyload
from sqlalchemy.orm.attributes import set_committed_value

from app.actor import Actor, Role
from app.audit.services import Happened, timeline
from app.calendar.services import calendar
from app.database import Instant, at_hand, db
from app.identity.models import Organisation
from app.refusal import NotFound, Refusal
from app.region import branches
from app.region import queries as regions
from app.region.models import Region
from app.rulebook import Rulebook
from app.rules_in_force import rulebook
from app.standing import able_for
from app.values import SHANGHAI, Fen, Period
from app.watch.models import Outage
from app.watch.queries import Running, limits
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import WorkCalendar
from marketplace.agency.models import Agency
from marketplace.announcement import rules
from marketplace.announcement.models import Amendment, Announcement, Attempt, EligibleCount, Extension, Hold, KeyHalf
from marketplace.announcement.rules import (
    AnnouncementKind,
    AttemptTerms,
    Counted,
    Decision,
    HoldKind,
    HoursTerms,
    Instants,
    Phase,
    PublishTerms,
    ThinTerms,
    Window,
)
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import ItemVersion
from marketplace.need import queries as needs
from marketplace.need.models import Need, NeedItem
from marketplace.need.rules import LIVE, SEALED, SECOND, Method, NeedInput, Particulars
from marketplace.purchaser.models import Purchaser
from marketplace.purchaser.rules import Fund

_PRESENT = and_(Attempt.announcement_id == Announcement.id, Attempt.number == Announcement.attempt_number)


def row(no: str) -> Select[Announcement]:
    """The row of a published announcement, to be locked: its own alone, an outer join cannot be."""
    return select(Announcement).where(Announcement.no == no).options(lazyload(Announcement.need))


def need_row(need_no: str) -> Select[Announcement]:
    """The row that belongs to a need, published or not, to be locked after the need's."""
    of_need = select(Need.id).where(Need.no == need_no).scalar_subquery()
    return select(Announcement).where(Announcement.need_id == of_need).options(lazyload(Announcement.need))


def by_no(no: str) -> Announcement | None:
    """A published announcement by its public number."""
    held = at_hand(Announcement, no=no)
    if held is not None:
        return held
    return db.session.execute(select(Announcement).where(Announcement.no == no)).scalar_one_or_none()


def by_need(need_no: str) -> Announcement | None:
    """What became of a need: published, in review or returned; None where it was never handed in."""
    return db.session.execute(select(Announcement).join(Need).where(Need.no == need_no)).scalar_one_or_none()


def by_need_id(need_id: int) -> Announcement | None:
    """The same, by the need's key."""
    return db.session.execute(select(Announcement).where(Announcement.need_id == need_id)).scalar_one_or_none()


def announced(announcement: Announcement) -> NeedInput:
    """What was asked for in the end: the need with what amendments made of it."""
    return replace(
        needs.input_of(announcement.need), content=announcement.content, expected_days=announcement.expected_days
    )


def failures(announcement_id: int) -> int:
    """How many attempts ended without a result, for want of registrants, offers or takers; void ones are none."""
    failed = Attempt.decision == Decision.UNSUCCESSFUL
    return db.session.execute(
        select(func.count()).select_from(Attempt).where(Attempt.announcement_id == announcement_id, failed)
    ).scalar_one()


def able_for_need(need: Need, *, book: Rulebook, now: datetime) -> list[tuple[str, str]]:
    """The codes and names of those who could register for a need now, ascending by code (rules.md min_valid.thin)."""
    keys = able_for(needs.scope_of(need, book.id), now=now, owner=need.purchaser.organisation_id)
    query = select(Organisation.code, Organisation.name).join(Agency, Agency.organisation_id == Organisation.id)
    rows = db.session.execute(query.where(Agency.id.in_(keys)).order_by(Organisation.code))
    return [(code, name) for code, name in rows]


def count_of(need_id: int) -> EligibleCount | None:
    """The latest published count for a need."""
    query = select(EligibleCount).where(EligibleCount.need_id == need_id).order_by(EligibleCount.id.desc()).limit(1)
    return db.session.execute(query).scalar_one_or_none()


def public_until(count: EligibleCount, *, days: WorkCalendar | None = None) -> datetime:
    """Until when a count stands before anything may follow from it; `days`: the calendar, where many are asked."""
    wanted = rulebook(count.rulebook).terms(ThinTerms).thin_publicity_days
    return (days or calendar()).due(count.at, wanted, path=regions.path(count.region)).at


def counted(need: Need, *, book: Rulebook, now: datetime) -> Counted | None:
    """The latest count for a need as of now; None where nobody counted."""
    found = count_of(need.id)
    if found is None:
        return None
    return Counted(
        agencies=found.agencies,
        until_at=public_until(found),
        same=(found.items, found.region, found.fund) == (need.codes, need.region, need.fund),
        able=len(able_for_need(need, book=book, now=now)),
    )


class CountLine(NamedTuple):
    """One published count: of what, for whom, when and until when, how many it takes, and who they are."""

    title: str
    item: str
    region: str
    purchaser: str
    at: datetime
    until_at: datetime
    minimum: int
    agencies: tuple[tuple[str, str], ...]


def counts(after: str | None, *, size: int = SIZE) -> Listing[CountLine]:
    """Every published count, the newest first."""
    query = select(EligibleCount).order_by(EligibleCount.id.desc()).limit(size + 1)
    key = parsed(after, (int,))
    if key is not None:
        query = query.where(EligibleCount.id < key[0])
    page = listing(db.session.execute(query).scalars().all(), size=size, key=lambda count: (count.id,))
    days, wanted = calendar(), {code for count in page.rows for code in count.agencies}
    named = select(Organisation.code, Organisation.name).where(Organisation.code.in_(wanted))
    names = dict(db.session.execute(named).all())
    items = {version.item_code: version.name for version in catalogue.latest_versions()}
    return Listing(
        tuple(
            CountLine(
                title=count.need.title,
                item="、".join(f"{items.get(code, '')} {code}".strip() for code in count.items),
                region=regions.name(count.region),
                purchaser=count.need.purchaser.organisation.name,
                at=count.at,
                until_at=public_until(count, days=days),
                minimum=count.minimum,
                agencies=tuple((code, names.get(code, code)) for code in count.agencies),
            )
            for count in page.rows
        ),
        page.after,
    )


def phases_of_needs(need_nos: Sequence[str], *, now: datetime) -> dict[str, tuple[str | None, Phase]]:
    """What became of needs, by their numbers: the announcement's number, None before it has one, and its phase."""
    query = (
        select(
            Need.no.label("need_no"),
            Announcement.no,
            Announcement.kind,
            Announcement.approved_at,
            Announcement.returned_at,
            Announcement.published_at,
            Announcement.repeat_at,
            Announcement.withdrawn_at,
            Announcement.held_at,
            Attempt.closes_at,
            Attempt.decision,
        )
        .join(Need, Announcement.need_id == Need.id)
        .outerjoin(Attempt, _PRESENT)
        .where(Need.no.in_(need_nos))
    )
    return {row.need_no: (row.no, _phase(row, now)) for row in db.session.execute(query)}


def attempt(announcement_id: int, number: int) -> Attempt:
    """One attempt; raises `NotFound`."""
    held = at_hand(Attempt, announcement_id=announcement_id, number=number)
    if held is not None:
        return held
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
    return with_need(announcement, announcement.attempt_number)


def with_need(announcement: Announcement, number: int) -> Attempt:
    """One attempt, and in the same question the need, where only the announcement's own row was locked and read."""
    if "need" not in inspect(announcement).unloaded:
        return attempt(announcement.id, number)
    found = db.session.execute(_with_need(), {"announcement": announcement.id, "number": number}).one_or_none()
    if found is None:
        raise NotFound("attempt")
    set_committed_value(announcement, "need", found.Need)
    of_one: Attempt = found.Attempt
    return of_one


@lru_cache(maxsize=1)
def _with_need() -> Select[Attempt, Need]:
    return (
        select(Attempt, Need)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .where(
            Attempt.announcement_id == bindparam("announcement", type_=BigInteger()),
            Attempt.number == bindparam("number", type_=Integer()),
        )
        .options(lazyload(Attempt.announcement))
    )


def attempt_of(no: str, number: int | None = None) -> Attempt:
    """An attempt of a published announcement, the present one where none is named; raises `NotFound`.

    In one narrow question: an act has locked the announcement, and with it read it, before.
    """
    announcement = at_hand(Announcement, no=no)
    if announcement is not None:
        return with_need(announcement, announcement.attempt_number if number is None else number)
    wanted = Announcement.attempt_number if number is None else number
    query = (
        select(Attempt)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .where(Announcement.no == no, Attempt.number == wanted)
        .options(lazyload(Attempt.announcement))
    )
    found = db.session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(no)
    return found


def attempts(announcement_id: int) -> list[Attempt]:
    """Every attempt, the first one first; all stay on the page for ever (protocol.md §0)."""
    return list(db.session.execute(_attempts(), {"announcement": announcement_id}).scalars())


@lru_cache(maxsize=1)
def _attempts() -> Select[Attempt]:
    of_one = Attempt.announcement_id == bindparam("announcement", type_=BigInteger())
    return select(Attempt).where(of_one).options(lazyload(Attempt.announcement)).order_by(Attempt.number)


@lru_cache(maxsize=1)
def _tries() -> Select[*tuple[Any, ...]]:
    """What the public page tells of each attempt, without the entity."""
    shown = (
        Attempt.number,
        Attempt.published_at,
        Attempt.closes_at,
        Attempt.commitment,
        Attempt.beacon_rule,
        Attempt.winners,
        Attempt.auction_at,
        Attempt.auction_provisional,
        Attempt.frozen_at,
        Attempt.decision,
        Attempt.offers_close_at,
    )
    of_one = Attempt.announcement_id == bindparam("announcement", type_=BigInteger())
    return select(*shown).where(of_one).order_by(Attempt.number)


def key_halves(attempt_id: int) -> list[KeyHalf]:
    """The halves of an attempt's offer key by pair, emptied ones too; none where one key file opens."""
    query = select(KeyHalf).where(KeyHalf.attempt_id == attempt_id).order_by(KeyHalf.pair, KeyHalf.id)
    return list(db.session.execute(query).scalars())


def half_binding(offer_key: bytes, pair: str) -> bytes:
    """What a half's box is bound to: the attempt's public offer key and the pair (docs/protocol.md §2.3)."""
    return hashlib.sha256(offer_key + pair.encode()).digest()


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
            held_at=announcement.held_at,
        ),
        now=now,
    )


def in_phase(phase: Phase, now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """The SQL twin of `rules.phase_of` over published announcements and their present attempt."""
    withdrawn = or_(Announcement.withdrawn_at.is_not(None), Attempt.decision == Decision.WITHDRAWN)
    scheduled = and_(Announcement.withdrawn_at.is_(None), Announcement.repeat_at.is_not(None))
    direct = Announcement.kind == AnnouncementKind.DIRECT
    running = and_(Announcement.withdrawn_at.is_(None), Announcement.repeat_at.is_(None), ~direct)
    going = and_(running, Announcement.held_at.is_(None))
    undecided = and_(going, Attempt.decision.is_(None))
    may_be_held = or_(Attempt.decision.is_(None), Attempt.decision == Decision.DRAWN)
    conditions: Mapping[Phase, ColumnElement[bool]] = {
        Phase.WITHDRAWN: and_(withdrawn, or_(Announcement.withdrawn_at.is_not(None), running)),
        Phase.SCHEDULED: scheduled,
        Phase.DIRECT: and_(Announcement.withdrawn_at.is_(None), Announcement.repeat_at.is_(None), direct),
        Phase.HELD: and_(running, Announcement.held_at.is_not(None), may_be_held),
        Phase.DECIDED: and_(going, Attempt.decision == Decision.DRAWN),
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


def taking_offers(attempt: Attempt) -> Period | None:
    """When those whom the draw invited may offer; None where nobody was invited."""
    if attempt.offers_from is None or attempt.offers_close_at is None:
        return None
    return Period(attempt.offers_from, attempt.offers_close_at)


def offering() -> Select[int]:
    """The keys of the attempts in which those invited by the draw offer, or have offered and nothing is decided."""
    return select(Attempt.id).where(Attempt.offers_close_at.is_not(None), Attempt.decision.is_(None))


def next_offers_closing(now: datetime) -> datetime | None:
    """The first closing after `now` for those whom a draw invited to offer."""
    query = select(func.min(Attempt.offers_close_at))
    return db.session.execute(query.where(Attempt.decision.is_(None), Attempt.offers_close_at > now)).scalar()


def provisional_offers(days: WorkCalendar) -> Select[str, str]:
    """Announcements whose second closing was computed without its year, which this calendar knows."""
    return (
        select(type_coerce(Announcement.no, String), func.replace(cast(Attempt.offers_close_at, String), ":", ""))
        .join(Attempt, _PRESENT)
        .where(Attempt.offers_provisional, Attempt.offers_close_at <= days.certain_until)
    )


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
        or_(Announcement.held_at.is_(None), Announcement.held_at >= Attempt.closes_at),
    )


def clock_stands(announcement: Announcement, attempt: Attempt) -> bool:
    """Whether a hold keeps the closing of an attempt from coming."""
    return rules.stops_clock(held_at=announcement.held_at, closes_at=attempt.closes_at)


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
    """Where a closing may lie, and after how many full working days at the least."""

    window: Window
    days: int


def earliest(need: Need, book: Rulebook, now: datetime) -> Earliest:
    """The earliest closing of an announcement that is published, or amended, at `now` (rules.md period.minimum)."""
    return earliest_for(book, region=need.region, budget_fen=need.budget_fen, now=now)


def earliest_for(book: Rulebook, *, region: str, budget_fen: Fen, now: datetime) -> Earliest:
    """The same for a need that is still being written."""
    hours = book.terms(HoursTerms)
    days, clause = book.terms(PublishTerms).minimum(budget_fen)
    found = calendar().earliest(now, days, path=regions.path(region), opening=hours.opens)
    return Earliest(Window(found.at, clause, hours), days)


@dataclass(frozen=True, slots=True)
class Day:
    """Whether the local day of an instant is a working day where the need is, and how sure that is."""

    working: bool
    provisional: bool


def day_of(instant: datetime, need: Need) -> Day:
    """The local day of a closing."""
    answer = calendar().is_workday(instant.astimezone(SHANGHAI).date(), path=regions.path(need.region))
    return Day(answer.working, answer.provisional)


def next_day_at(instant: datetime, need: Need) -> datetime:
    """The same time of day on the first working day after an instant's local day."""
    local = instant.astimezone(SHANGHAI)
    day, _ = calendar().add(local.date(), 1, path=regions.path(need.region))
    return datetime.combine(day, local.timetz()).astimezone(UTC)


def auction_at(closes_at: datetime, need: Need, hours: HoursTerms) -> datetime | None:
    """When the auction that follows a closing begins: the first working day in whose hours it wholly fits."""
    if need.method not in LIVE:
        return None
    length = timedelta(minutes=need.asked.auction_minutes)
    if day_of(closes_at, need).working:
        today = rules.auction_today(closes_at, length=length, hours=hours)
        if today is not None:
            return today
    local = closes_at.astimezone(SHANGHAI)
    day, _ = calendar().add(local.date(), 1, path=regions.path(need.region))
    return rules.whole_seconds_after(closes_at, _at(day, hours.opens))


def is_provisional(instant: datetime | None, need: Need) -> bool:
    """Whether an instant was computed without its year."""
    return instant is not None and day_of(instant, need).provisional


def goes_on_at(attempt: Attempt, need: Need, *, left: timedelta, now: datetime) -> datetime:
    """When an auction that stopped goes on: as one that follows a closing now, with what was left of its time."""
    hours = rulebook(attempt.announcement.rulebook or "").terms(HoursTerms)
    if day_of(now, need).working:
        today = rules.auction_today(now, length=left, hours=hours)
        if today is not None:
            return rules.whole_seconds_after(attempt.closes_at, today)
    day, _ = calendar().add(now.astimezone(SHANGHAI).date(), 1, path=regions.path(need.region))
    return rules.whole_seconds_after(attempt.closes_at, _at(day, hours.opens))


def whole_seconds_after(closing: datetime, wish: datetime) -> datetime:
    """The first instant, `wish` or later, that lies a whole number of seconds after the closing."""
    return rules.whole_seconds_after(closing, wish)


def provisional_closings(days: WorkCalendar) -> Select[str, str]:
    """Announcements whose closing was computed without its year, which this calendar knows."""
    return select(type_coerce(Announcement.no, String), cast(Announcement.version, String)).where(
        Announcement.closing_provisional, Announcement.closes_at <= days.certain_until, Announcement.no.is_not(None)
    )


def provisional_auctions(days: WorkCalendar) -> Select[str, str]:
    """Announcements whose closing is certain, with an auction in a year that this calendar knows now.

    Where the closing is provisional too, the auction moves with it.
    """
    return (
        select(type_coerce(Announcement.no, String), cast(Announcement.version, String))
        .join(Attempt, _PRESENT)
        .where(
            Attempt.auction_provisional,
            Attempt.auction_at <= days.certain_until,
            Announcement.closing_provisional.is_(False),
            Announcement.no.is_not(None),
        )
    )


def provisional_reviews(days: WorkCalendar) -> Select[str, str]:
    """Needs in review whose operator's time was computed without its year, which this calendar knows."""
    return (
        select(Need.no, cast(Announcement.version, String))
        .join(Announcement, Announcement.need_id == Need.id)
        .where(Announcement.review_provisional, Announcement.review_due_at <= days.certain_until)
    )


SEARCH_LONGEST = 100
"""Characters of a search that count: each of its terms is a condition, and a database takes only so many."""


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
                q=given.get("q", "")[:SEARCH_LONGEST] or None,
                region=given.get("region"),
                category=given.get("category"),
                item=given.get("item"),
                method=Method(given["method"]) if "method" in given else None,
                phase=Phase(given["phase"]) if "phase" in given else None,
                fund=Fund(given["fund"]) if "fund" in given else None,
            )
        except ValueError as error:
            raise NotFound("filter") from error


class Line(NamedTuple):
    """One published announcement in a list; a tuple, because a page makes up to a hundred of them."""

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
    further: str | None
    fund: Fund
    method: Method
    budget_fen: int
    price_fen: int | None
    expected_days: int
    attempt: int
    published_at: datetime
    closes_at: datetime


def public_list(filters: Filters, after: str | None, *, now: datetime, size: int = SIZE) -> Listing[Line]:
    """Published announcements, the newest first: one query, whatever is looked for."""
    key = parsed(after, (str, int))
    given: dict[str, Any] = {"now": now}
    if key is not None:
        given.update(after_at=_instant(key[0]), after_id=key[1])
    rows = db.session.connection().execute(_listed(filters, key is not None, size + 1), given).all()
    found = listing(rows, size=size, key=lambda row: (row.published_at.isoformat(), row.id))
    return Listing(tuple(_line(row, now) for row in found.rows), found.after)


@lru_cache(maxsize=256)
def _listed(filters: Filters, later: bool, rows: int) -> Select[*tuple[Any, ...]]:
    """A page's question with `now`, on later pages `after_at` and `after_id`, left open.

    Kept: to put it together takes longer than the database needs to answer. How many rows are wanted stands in the
    words: with a number left open PostgreSQL plans these seven joins anew each time, which takes longer still.
    """
    picked = search(filters, now=bindparam("now", type_=Instant()))
    if later:
        reached = tuple_(bindparam("after_at", type_=Instant()), bindparam("after_id", type_=BigInteger()))
        picked = picked.where(tuple_(Announcement.published_at, Announcement.id) < reached)
    picked = picked.order_by(Announcement.published_at.desc(), Announcement.id.desc())
    chosen = picked.limit(literal_column(str(rows), Integer())).subquery("chosen")
    lines = _lines().join(chosen, chosen.c.id == Announcement.id)
    return lines.order_by(chosen.c.published_at.desc(), chosen.c.id.desc())


def search(filters: Filters, *, now: ColumnElement[datetime]) -> Select[int, datetime | None]:
    """Id and instant of the published announcements that fit; joins only what a filter asks about.

    A term in Latin letters or digits is looked for in number, pinyin and initials, any other in the words themselves;
    both columns stand in an index in the list's order, so that a search for what is common ends at the first page.
    """
    query = select(Announcement.id, Announcement.published_at).where(Announcement.published_at.is_not(None))
    for term in rules.terms_of(filters.q or ""):
        column = Announcement.spelling if term.isascii() else Announcement.words
        query = query.where(column.contains(term, autoescape=True))
    about = _about_need(filters)
    if about:
        query = query.join(Need, Announcement.need_id == Need.id).where(*about)
    if filters.phase is not None:
        query = query.join(Attempt, _PRESENT).where(in_phase(filters.phase, now))
    if filters.phase is Phase.REGISTERING:
        # Few are open at a time: found first, or without statistics the list's own index is walked to its end.
        open_now = aliased(Announcement)
        query = query.where(Announcement.id.in_(select(open_now.id).where(open_now.closes_at > now)))
    return query


def _about_need(filters: Filters) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.region is not None:
        found.append(Need.region.startswith(regions.under(filters.region), autoescape=True))
    if filters.category is not None:
        found.append(Need.item_code.startswith(filters.category, autoescape=True))
    if filters.item is not None:
        beside = select(NeedItem.need_id).where(NeedItem.item_code == filters.item)
        found.append(or_(Need.item_code == filters.item, Need.id.in_(beside)))
    if filters.method is not None:
        found.append(Need.method == filters.method)
    if filters.fund is not None:
        found.append(Need.fund == filters.fund)
    return found


class Pairs(tuple[tuple[str, str], ...]):
    """(code, word) pairs, one object as long as they stay the same: told apart as one, not pair by pair."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Offered:
    """What the list can be narrowed by: (code, word) pairs of divisions, categories and items in force."""

    regions: Pairs
    categories: Pairs
    items: Pairs

    def word(self, name: str, code: str) -> str:
        """The word of a choice, its code where it is none of them."""
        pairs = {"region": self.regions, "category": self.categories, "item": self.items}[name]
        return next((word for known, word in pairs if known == code), code)


def offered(now: datetime) -> Offered:
    """What the list can be narrowed by now; read anew only when the catalogue or the divisions have changed."""
    state = db.session.connection().execute(_CHOICES).first()
    return _offered(now.astimezone(SHANGHAI).date(), None if state is None else tuple(state))


_CHOICES = (
    select(
        ItemVersion.id,
        ItemVersion.name,
        ItemVersion.effective_from,
        select(func.count()).select_from(Region).scalar_subquery(),
    )
    .order_by(ItemVersion.id.desc())
    .limit(1)
)


@lru_cache(maxsize=4)
def _offered(on: date, state: tuple[Any, ...] | None) -> Offered:
    return Offered(
        regions=Pairs(regions.choices()),
        categories=Pairs((category.code, category.name) for category in catalogue.categories()),
        items=Pairs((item.item_code, f"{item.item_code} {item.name}") for item in catalogue.items_in_force(on)),
    )


@cache
def _lines() -> Select[*tuple[Any, ...]]:
    """The columns of lines, without a single entity: lists are read more often than anything else."""
    return (
        select(
            Announcement.id,
            Announcement.no,
            Announcement.kind,
            Announcement.published_at,
            Announcement.repeat_at,
            Announcement.withdrawn_at,
            Announcement.held_at,
            Announcement.expected_days,
            Announcement.attempt_number,
            Attempt.closes_at,
            Attempt.decision,
            Need.title,
            Need.region,
            Need.item_code,
            Need.further,
            Need.fund,
            Need.method,
            Need.budget_fen,
            Need.price_fen,
            Organisation.name.label("purchaser"),
            Organisation.code.label("purchaser_code"),
            ItemVersion.name.label("item_name"),
            Region.name.label("region_name"),
        )
        .join(Attempt, _PRESENT)
        .join(Need, Announcement.need_id == Need.id)
        .join(Purchaser, Need.purchaser_id == Purchaser.id)
        .join(Organisation, Purchaser.organisation_id == Organisation.id)
        .join(ItemVersion, Need.item_version_id == ItemVersion.id)
        .join(Region, Need.region == Region.code)
        .where(Announcement.published_at.is_not(None))
    )


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotFound("after") from error
    if found.tzinfo is None:
        raise NotFound("after")
    return found


def _phase(row: Row[*tuple[Any, ...]], now: datetime) -> Phase:
    instants = Instants(
        kind=row.kind,
        approved_at=row.approved_at,
        returned_at=row.returned_at,
        published_at=row.published_at,
        repeat_at=row.repeat_at,
        withdrawn_at=row.withdrawn_at,
        closes_at=row.closes_at,
        decision=row.decision,
        held_at=row.held_at,
    )
    return rules.phase_of(instants, now=now)


def _line(row: Sequence[Any], now: datetime) -> Line:
    """A row of `_lines`, whatever columns come after; taken apart by place, names would cost more than the query."""
    (
        _,
        no,
        kind,
        published_at,
        repeat_at,
        withdrawn_at,
        held_at,
        expected_days,
        attempt_number,
        closes_at,
        decision,
        title,
        region,
        item,
        further,
        fund,
        method,
        budget_fen,
        price_fen,
        purchaser,
        purchaser_code,
        item_name,
        region_name,
        *_,
    ) = row
    instants = Instants(kind, None, None, published_at, repeat_at, withdrawn_at, closes_at, decision, held_at)
    return Line(
        no,
        title,
        kind,
        rules.phase_of(instants, now=now),
        purchaser,
        purchaser_code,
        region,
        region_name,
        item,
        item_name,
        further,
        fund,
        method,
        budget_fen,
        price_fen,
        expected_days,
        attempt_number,
        published_at,
        closes_at,
    )


def line(no: str, *, now: datetime) -> Line:
    """One published announcement as lists show it; raises `NotFound`."""
    found = db.session.connection().execute(_numbered(), {"no": no}).one_or_none()
    if found is None:
        raise NotFound("announcement")
    return _line(found, now)


@lru_cache(maxsize=1)
def _numbered() -> Select[*tuple[Any, ...]]:
    return _lines().where(Announcement.no == bindparam("no", type_=String()))


def closing(*, now: datetime, until: datetime, limit: int) -> list[Line]:
    """What still takes registrations and closes in [now, until), the first one first."""
    query = _lines().where(
        Announcement.kind == AnnouncementKind.OPEN,
        Announcement.closes_at >= now,
        Announcement.closes_at < until,
        in_phase(Phase.REGISTERING, now),
    )
    rows = db.session.execute(query.order_by(Announcement.closes_at, Announcement.id).limit(limit)).all()
    return [_line(row, now) for row in rows]


class ItemShown(NamedTuple):
    """One item of an announcement; `days`: its unified working days, None = for as long as the works last."""

    code: str
    name: str
    days: int | None
    qualification: str


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One hold as everybody sees it; `until_at`: when it has lasted as long as it may; `ended_at` None while it runs.

    `stops`: it began before the closing, which moved to `closes_at` when it ended.
    """

    kind: HoldKind
    by: str
    since_at: datetime
    reason: str
    until_at: datetime
    stops: bool
    ended_at: datetime | None
    ended_because: str | None
    evidence: str | None
    closes_at_before: datetime | None
    closes_at: datetime | None


def hold_rows(announcement_id: int) -> list[Hold]:
    """Every hold of an announcement, the first one first."""
    query = select(Hold).where(Hold.announcement_id == announcement_id).order_by(Hold.since_at, Hold.id)
    return list(db.session.execute(query).scalars())


def open_hold(announcement_id: int) -> Hold | None:
    """The hold that runs, None where none does."""
    query = select(Hold).where(Hold.announcement_id == announcement_id, Hold.ended_at.is_(None))
    return db.session.execute(query).scalar_one_or_none()


def holds(announcement_id: int) -> list[HoldLine]:
    """The same for everybody."""
    closings = {each.number: each.closes_at for each in attempts(announcement_id)}
    return [_hold_line(hold, closings[hold.attempt_number]) for hold in hold_rows(announcement_id)]


def _hold_line(hold: Hold, closes_at: datetime) -> HoldLine:
    return HoldLine(
        kind=hold.kind,
        by=hold.organisation.name,
        since_at=hold.since_at,
        reason=hold.reason,
        until_at=hold.since_at + rules.LONGEST_HOLD,
        stops=hold.closes_at is not None or (hold.ended_at is None and hold.since_at < closes_at),
        ended_at=hold.ended_at,
        ended_because=hold.ended_because,
        evidence=hold.evidence,
        closes_at_before=hold.closes_at_before,
        closes_at=hold.closes_at,
    )


def held(actor: Actor, *, now: datetime) -> list[tuple[Line, HoldLine]]:
    """What is held in an office's branch, the longest first; two questions, however many there are."""
    rows = db.session.execute(
        _lines()
        .where(Announcement.held_at.is_not(None), branches.seen(Need.region, actor))
        .order_by(Announcement.held_at, Announcement.id)
    ).all()
    query = select(Hold).where(Hold.announcement_id.in_([row.id for row in rows]), Hold.ended_at.is_(None))
    running = {hold.announcement_id: hold for hold in db.session.execute(query).scalars()}
    return [(_line(row, now), _hold_line(running[row.id], row.closes_at)) for row in rows]


def serves(actor: Actor, no: str, *, roles: Sequence[Role]) -> bool:
    """Whether the actor's office has one of these roles where an announcement's need lies."""
    found = by_no(no)
    return found is not None and any(
        role in actor.roles and branches.serves(actor, found.need.region, role=role) for role in roles
    )


def failing() -> Running:
    """Announcements whose present attempt failed and of which nobody said what comes next, with that instant."""
    query = limits(
        no=Announcement.no,
        at=Attempt.decided_at,
        region=Need.region,
        title=Need.title,
        party=Purchaser.organisation_id,
    )
    return (
        query.select_from(Announcement)
        .join(Attempt, _PRESENT)
        .join(Need, Announcement.need_id == Need.id)
        .join(Purchaser, Need.purchaser_id == Purchaser.id)
        .where(
            Announcement.kind == AnnouncementKind.OPEN,
            Announcement.repeat_at.is_(None),
            Announcement.withdrawn_at.is_(None),
            Announcement.concluded_at.is_(None),
            Attempt.decision == Decision.UNSUCCESSFUL,
        )
    )


def concluding_due(decided_at: datetime, region: str) -> datetime:
    """Until when the purchaser says what becomes of a failed purchase (rules.md §3.1 rows 36 and 37)."""
    return _concluding_due(decided_at, region, calendar())


def _concluding_due(decided_at: datetime, region: str, days: WorkCalendar) -> datetime:
    return days.due(decided_at, rules.CONCLUDE_DAYS, path=regions.path(region)).at


def holding() -> Running:
    """The holds that run, with the instant since when: what is watched."""
    return (
        limits(no=Announcement.no, at=Announcement.held_at, region=Need.region, title=Need.title)
        .select_from(Announcement)
        .join(Need, Announcement.need_id == Need.id)
        .where(Announcement.held_at.is_not(None))
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
    items: tuple[ItemShown, ...]
    rulebook: str
    provisional: bool
    revision: int
    winners: int
    particulars: Particulars
    sealed: bool
    offers_close_at: datetime | None
    auction_at: datetime | None
    withdraw_reason: str | None
    withdraw_explanation: str | None
    concluded_at: datetime | None
    concluded_way: rules.Ending | None
    concluded_because: str | None
    follows_no: str | None
    followed_by: str | None
    minimum: int | None
    attempts: tuple[Row[*tuple[Any, ...]], ...]
    amendments: tuple[Amendment, ...]
    attempts_left: bool
    party_id: int
    need_no: str
    selected: bool
    events: tuple[Happened, ...]
    holds: tuple[HoldLine, ...]


def page(no: str, *, now: datetime) -> AnnouncementPage:
    """A published announcement; raises `NotFound` for any other."""
    row = db.session.connection().execute(_whole(), {"no": no}).one_or_none()
    if row is None:
        raise NotFound("announcement")
    tries = db.session.connection().execute(_tries(), {"announcement": row.id}).all()
    present = next(each for each in tries if each.number == row.attempt_number)
    most = rulebook(row.rulebook).terms(AttemptTerms).max
    events = timeline(f"announcement:{no}", together=True)
    return AnnouncementPage(
        line=_line(row, now),
        content=row.content,
        payer=row.payer.value,
        budget_line=row.budget_line,
        project_code=row.project_code,
        approval=row.approval,
        authority=regions.authorities().get(row.authority) if row.authority else None,
        phone=row.phone,
        items=_items(row),
        rulebook=row.rulebook,
        provisional=row.closing_provisional or present.auction_provisional,
        revision=row.revision,
        winners=present.winners,
        particulars=Particulars.kept(row.particulars),
        sealed=row.method in SEALED | SECOND,
        offers_close_at=present.offers_close_at,
        auction_at=present.auction_at,
        withdraw_reason=row.withdraw_reason,
        withdraw_explanation=row.withdraw_explanation,
        concluded_at=row.concluded_at,
        concluded_way=row.concluded_way,
        concluded_because=row.concluded_because,
        follows_no=None if row.follows_id is None else _no_of(Announcement.need_id == row.follows_id),
        followed_by=None if row.concluded_at is None else _no_of(Need.follows_id == row.need_id),
        minimum=row.minimum,
        attempts=tuple(tries),
        amendments=tuple(amendments(row.id)) if row.revision > 1 else (),
        attempts_left=row.attempt_number < most and row.concluded_at is None,
        party_id=row.organisation_id,
        need_no=row.need_no,
        selected=present.decision is Decision.DRAWN,
        events=events,
        holds=tuple(holds(row.id)) if any(event.act in rules.HOLDS for event in events) else (),
    )


SHOWN = (
    Announcement.rulebook,
    Announcement.content,
    Announcement.closing_provisional,
    Announcement.revision,
    Announcement.withdraw_reason,
    Announcement.withdraw_explanation,
    Announcement.concluded_at,
    Announcement.concluded_way,
    Announcement.concluded_because,
    Announcement.minimum,
    Need.no.label("need_no"),
    Need.follows_id,
    Need.payer,
    Need.budget_line,
    Need.project_code,
    Need.approval,
    Need.authority,
    Need.phone,
    Need.particulars,
    Need.id.label("need_id"),
    Purchaser.organisation_id,
    ItemVersion.days,
    ItemVersion.qualification,
)
"""What the page of an announcement shows beyond its line."""


@lru_cache(maxsize=1)
def _whole() -> Select[*tuple[Any, ...]]:
    return _numbered().add_columns(*SHOWN)


def _no_of(condition: ColumnElement[bool]) -> str | None:
    """The number of the announcement that went before, or came after; None where it is not public."""
    query = select(Announcement.no).join(Need, Announcement.need_id == Need.id).where(condition)
    return db.session.execute(query).scalar_one_or_none()


def _items(row: Row[*tuple[Any, ...]]) -> tuple[ItemShown, ...]:
    """All items of a need, the main one first, of the versions in force when it was written."""
    main = ItemShown(row.item_code, row.item_name, row.days, row.qualification)
    if row.further is None:
        return (main,)
    query = (
        select(NeedItem.item_code, ItemVersion.name, ItemVersion.days, ItemVersion.qualification)
        .join(ItemVersion, NeedItem.item_version_id == ItemVersion.id)
        .where(NeedItem.need_id == row.need_id)
        .order_by(NeedItem.position)
    )
    return (main, *(ItemShown(*each) for each in db.session.execute(query)))


@dataclass(frozen=True, slots=True)
class Afterwards:
    """A purchase that failed, for its purchaser: how often, until when it decides, and what stands against each way."""

    line: Line
    rulebook: str
    most: int
    failures: int
    attempts_left: bool
    concluded_at: datetime | None
    due_at: datetime | None
    late: bool
    against: Mapping[str, tuple[Refusal, ...]]


def afterwards(no: str, *, now: datetime) -> Afterwards:
    """What may become of a published announcement that failed; raises `NotFound`."""
    found = by_no(no)
    if found is None or found.rulebook is None:
        raise NotFound("announcement")
    terms, present = rulebook(found.rulebook).terms(AttemptTerms), present_attempt(found)
    failed = failures(found.id)
    asked = {
        way.value: rules.refusals_to_conclude(
            rules.Conclusion(way, "-"),
            failed=failed,
            void=present.decision is Decision.VOID,
            concluded=False,
            payer=found.need.payer,
            terms=terms,
        )
        for way in rules.Ending
    }
    since = present.decided_at if present.decision is Decision.UNSUCCESSFUL else None
    due = None if since is None else concluding_due(since, found.need.region)
    return Afterwards(
        line=line(no, now=now),
        rulebook=found.rulebook,
        most=terms.max,
        failures=failed,
        attempts_left=present.number < terms.max,
        concluded_at=found.concluded_at,
        due_at=due,
        late=due is not None and now >= due,
        against={way: tuple(reasons) for way, reasons in asked.items()},
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


def in_review(actor: Actor) -> list[Announcement]:
    """What waits for this operator's branch, the most urgent first."""
    query = select(Announcement).join(Need, Announcement.need_id == Need.id)
    query = query.where(
        branches.served(Need.region, actor, role=Role.OPERATOR),
        Announcement.submitted_at.is_not(None),
        Announcement.approved_at.is_(None),
        Announcement.returned_at.is_(None),
        Announcement.published_at.is_(None),
    )
    return list(db.session.execute(query.order_by(Announcement.review_due_at, Announcement.id)).scalars())


def reviewed(need_no: str, *, actor: Actor) -> Announcement:
    """One that waits for the operator of its branch; raises `NotYours` for another branch.

    Raises `NotFound` for what does not wait, so that drafts stay their purchaser's.
    """
    found = by_need(need_no)
    if found is None or phase_of(found, None, found.submitted_at or found.need.created_at) is not Phase.IN_REVIEW:
        raise NotFound("announcement")
    if not branches.serves(actor, found.need.region, role=Role.OPERATOR):
        raise branches.outside("announcement", actor, found.need.region)
    return found


Failed = tuple[Announcement, datetime | None, bool]
"""One whose present attempt failed: until when its purchaser decides, and whether it may be announced again."""


def waiting_for(party_id: int) -> tuple[list[Announcement], list[Failed]]:
    """A purchaser's returned announcements, and those that failed and of which it did not say what comes next."""
    own = (
        select(Announcement)
        .join(Need, Announcement.need_id == Need.id)
        .join(Purchaser, Need.purchaser_id == Purchaser.id)
        .where(Purchaser.organisation_id == party_id)
    )
    days = calendar()
    returned = own.where(Announcement.returned_at.is_not(None), Announcement.published_at.is_(None))
    failed = own.join(Attempt, _PRESENT).add_columns(Attempt.decision, Attempt.decided_at)
    failed = failed.where(
        Announcement.kind == AnnouncementKind.OPEN,
        Announcement.repeat_at.is_(None),
        Announcement.withdrawn_at.is_(None),
        Announcement.concluded_at.is_(None),
        Attempt.decision.in_((Decision.UNSUCCESSFUL, Decision.VOID)),
    )
    days = calendar()
    return (
        list(db.session.execute(returned.order_by(Announcement.id)).scalars()),
        [_failed(one, what, at, days) for one, what, at in db.session.execute(failed.order_by(Announcement.id))],
    )


def _failed(announcement: Announcement, decision: Decision, decided_at: datetime, days: WorkCalendar) -> Failed:
    most = rulebook(announcement.rulebook or "").terms(AttemptTerms).max
    due = _concluding_due(decided_at, announcement.need.region, days) if decision is Decision.UNSUCCESSFUL else None
    return announcement, due, announcement.attempt_number < most


def resource_page(after: str | None, limit: int = SIZE, *, now: datetime, **params: str) -> Listing[Mapping[str, Any]]:
    """One page of the machine API: the same list, the same filters."""
    found = public_list(Filters.of(params), after, now=now, size=limit)
    return Listing(tuple(members(line) for line in found.rows), found.after)


def resource_one(no: str, *, now: datetime) -> Mapping[str, Any] | None:
    """One published announcement for the machine API, None where there is none."""
    announcement = by_no(no)
    if announcement is None:
        return None
    return {
        **members(line(no, now=now)),
        "content": announcement.content,
        "rulebook": announcement.rulebook,
        "revision": announcement.revision,
        "attempts": [
            {
                "number": each.number,
                "published_at": each.published_at.isoformat(),
                "closes_at": each.closes_at.isoformat(),
                "auction_at": None if each.auction_at is None else each.auction_at.isoformat(),
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
        "kind": line.kind,
        "phase": line.phase,
        "purchaser": {"name": line.purchaser, "code": line.purchaser_code},
        "region": line.region,
        "item": line.item,
        "item_name": line.item_name,
        "items": [line.item, *(line.further or "").split()],
        "fund": line.fund,
        "method": line.method,
        "budget_fen": line.budget_fen,
        "price_fen": line.price_fen,
        "expected_days": line.expected_days,
        "attempt": line.attempt,
        "published_at": line.published_at.isoformat(),
        "closes_at": line.closes_at.isoformat(),
    }


def unreviewed() -> Running:
    """Needs that wait for the operator's review, with its end: what is watched."""
    return (
        limits(no=Need.no, at=Announcement.review_due_at, region=Need.region, title=Need.title)
        .join(Announcement, Announcement.need_id == Need.id)
        .where(
            Announcement.review_due_at.is_not(None),
            Announcement.approved_at.is_(None),
            Announcement.returned_at.is_(None),
            Announcement.published_at.is_(None),
        )
    )


def unfrozen() -> Running:
    """Attempts that nothing has frozen or ended, as `<number>/<attempt>`, with their closing: what is watched."""
    return (
        limits(
            no=Announcement.no + "/" + cast(Attempt.number, String),
            at=Attempt.closes_at,
            region=Need.region,
            title=Need.title,
        )
        .select_from(Attempt)
        .join(Announcement, Attempt.announcement_id == Announcement.id)
        .join(Need, Announcement.need_id == Need.id)
        .where(*_running())
    )


# Outages


def to_extend(now: datetime) -> list[tuple[str, str]]:
    """(number, outage) of every announcement that registers at `now`, lost time to an outage and was not given it back.

    Those alone whose need lies in the branch of the outage.
    """
    recent = Outage.until_at > now - OUTAGES_LOOKED_AT
    if db.session.execute(select(Outage.id).where(recent).limit(1)).first() is None:
        return []
    county = Need.region
    in_branch = Outage.region.in_((county, func.substr(county, 1, 4) + "00", func.substr(county, 1, 2) + "0000"))
    extended = select(Extension.id).where(
        Extension.announcement_id == Announcement.id, Extension.outage_id == Outage.id
    )
    registering = and_(Attempt.published_at < Outage.until_at, Attempt.closes_at > Outage.since_at)
    invited = and_(Attempt.offers_from < Outage.until_at, Attempt.offers_close_at > Outage.since_at)
    offering = and_(Attempt.offers_close_at > now, Attempt.decision.is_(None))
    found = []
    for meets, running in ((registering, in_phase(Phase.REGISTERING, now)), (invited, offering)):
        query = (
            select(Announcement, Attempt, Outage)
            .select_from(Announcement)
            .join(Attempt, _PRESENT)
            .join(Need, Announcement.need_id == Need.id)
            .join(Outage, meets)
            .where(recent, running, in_branch, ~extended.exists())
            .order_by(Outage.id, Announcement.id)
        )
        found += [
            (announcement.no, outage.no)
            for announcement, attempt, outage in db.session.execute(query)
            if announcement.no is not None and lost_to(announcement, attempt, outage) > timedelta(0)
        ]
    return found


def lost_to(announcement: Announcement, attempt: Attempt, outage: Outage) -> timedelta:
    """How much of the time to register an outage took; what a hold had stopped already, it could not take.

    Of those whom a draw invited, the time to offer: no hold stops that.
    """
    failed, second = Period(outage.since_at, outage.until_at), taking_offers(attempt)
    if second is not None:
        return rules.lost_time(registering=second, outage=failed)
    registering = Period(attempt.published_at, attempt.closes_at)
    stopped = (
        rules.lost_time(registering=Period(hold.since_at, hold.ended_at), outage=failed)
        for hold in hold_rows(announcement.id)
        if hold.closes_at is not None and hold.ended_at is not None
    )
    return rules.lost_time(registering=registering, outage=failed) - sum(stopped, timedelta(0))


OUTAGES_LOOKED_AT = timedelta(days=90)
"""An announcement that was open in an older outage has long closed."""


def is_extended(announcement_id: int, outage_id: int) -> bool:
    """Whether an announcement was given back what it lost to an outage."""
    query = select(Extension.id).where(Extension.announcement_id == announcement_id, Extension.outage_id == outage_id)
    return db.session.execute(query).first() is not None


def lawful_from(instant: datetime, need: Need, hours: HoursTerms) -> datetime:
    """The first instant, this one or later, at which an announcement may close: a working day, within its hours."""
    local = instant.astimezone(SHANGHAI)
    if day_of(instant, need).working and local.time() <= hours.closes:
        return instant if local.time() >= hours.opens else _at(local.date(), hours.opens)
    day, _ = calendar().add(local.date(), 1, path=regions.path(need.region))
    return _at(day, hours.opens)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, SHANGHAI).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Extended:
    """One closing that an outage moved."""

    no: str
    title: str
    closes_at_before: datetime
    closes_at: datetime


def extended_by(outage_no: str, *, limit: int = 200) -> list[Extended]:
    """The announcements that an outage extended, by number; at most `limit`."""
    query = (
        select(Announcement.no, Need.title, Extension.closes_at_before, Extension.closes_at)
        .join(Extension, Extension.announcement_id == Announcement.id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Outage, Outage.id == Extension.outage_id)
        .where(Outage.no == outage_no)
        .order_by(Announcement.no)
        .limit(limit)
    )
    return [Extended(no or "", title, before, after) for no, title, before, after in db.session.execute(query)]
