"""Which act follows from a frozen attempt, what falls due by itself, and what is watched until then."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, String, and_, cast, func, or_, select, union_all
from sqlalchemy.orm import lazyload, load_only

from app.audit.canonical import instant
from app.audit.models import Entry, Head
from app.calendar.services import calendar
from app.database import db
from app.region import queries as regions
from app.rules_in_force import rulebook_for
from app.values import SHANGHAI
from app.watch.queries import Column, Running, limits
from app.workdays import WorkCalendar
from bidding.auction import queries as auctions
from bidding.auction.models import Auction
from bidding.offer import queries as offers
from bidding.opening import queries as keys
from bidding.selection import queries, rules
from bidding.selection.models import Beacon, Selection, SettledThrow
from bidding.selection.rules import LOTTERY, WITNESS, Facts
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import Decision
from marketplace.holder.rules import OpeningTerms
from marketplace.need.models import Need
from marketplace.need.rules import SEALED, SECOND, Method
from marketplace.purchaser.models import Purchaser

FOLLOWED = (
    Selection.frozen_at,
    Selection.valid,
    Selection.minimum,
    Selection.drawn_at,
    Selection.beacon_rule,
    Selection.opened_at,
    Selection.drawn_at,
    Selection.key_destroyed_at,
    Selection.attempt_id,
    Selection.stopped_at,
)
"""What of a frozen attempt tells which act follows."""


def facts_of(
    selection: Selection,
    *,
    method: Method,
    decision: Decision | None,
    auctioning: bool,
    head_at: datetime | None,
    beacon_known: bool,
    holders_awaited: bool,
    offers_closed: bool,
) -> Facts:
    """How far the attempt has come; what is asked for here a list of many has read already, for all at once."""
    return Facts(
        sealed=method in SEALED,
        keyed=method in SEALED | SECOND,
        auctioning=auctioning,
        valid=selection.valid,
        minimum=selection.minimum,
        opened=selection.opened_at is not None,
        destroyed=selection.key_destroyed_at is not None,
        decided=decision is not None,
        bodies_awaited=_awaited(selection),
        holders_awaited=holders_awaited,
        drawn=selection.drawn_at is not None,
        head_at=head_at,
        beacon_after=queries.beacon_after(selection),
        beacon_known=beacon_known,
        second=method in SECOND,
        offers_closed=offers_closed,
        envelopes=len(offers.counting(selection.attempt_id)) if offers_closed else 0,
    )


def _is_over(closes_at: datetime | None, now: datetime) -> bool:
    return closes_at is not None and now >= closes_at


def next_act(selection: Selection, *, head: Head | None, now: datetime) -> StrEnum | None:
    """The one act that follows from a frozen attempt at an instant; `head` as `head_over` says."""
    asked = queries.method(selection.attempt)
    return rules.next_act(
        facts_of(
            selection,
            method=asked,
            decision=selection.attempt.decision,
            auctioning=selection.attempt.auction_at is not None and auctions.is_open(selection.attempt_id),
            head_at=None if head is None else head.timestamp,
            beacon_known=queries.beacon_of(selection) is not None,
            holders_awaited=asked in SEALED | SECOND and bool(keys.waited_for([selection.attempt_id], now=now)),
            offers_closed=_is_over(selection.attempt.offers_close_at, now),
        )
    )


def _awaited(selection: Selection) -> bool:
    """Whether an opening that had to stop still waits for bodies."""
    return selection.stopped_at is not None and bool(offers.awaited_of(selection.attempt_id))


def turn(subject: str) -> str:
    """Which opening of this attempt, called as sweeps call it, comes next: "" for the first.

    After a stop it is told by its instant and by how much has come since: an opening may have to stop again.
    """
    no, _, number = subject.rpartition("/")
    found = queries.of(queries.attempt_of(no, int(number)).id)
    if found is None or found.stopped_at is None:
        return ""
    return f":{instant(found.stopped_at)}:{offers.came(found.attempt_id)}"


@lru_cache(maxsize=1)
def _going_on() -> CompoundSelect[int]:
    """Whose record is not published, and who waits after it for offers of those whom the draw invited."""
    invited = Selection.attempt_id.in_(announcements.offering())
    return union_all(
        select(Selection.id).where(*queries.UNDRAWN),
        select(Selection.id).where(invited, Selection.drawn_at.is_not(None)),
    )


@lru_cache(maxsize=1)
def _any_going_on() -> CompoundSelect[int]:
    return _going_on().limit(1)


@lru_cache(maxsize=1)
def _followed() -> Select[*tuple[Any, ...]]:
    """What tells which act follows, of every attempt that goes on; kept, each round asks it often."""
    return (
        select(
            Selection,
            Announcement.no,
            Attempt.number,
            Attempt.decision,
            Need.method,
            and_(Auction.id.is_not(None), Auction.closed_at.is_(None)),
            Attempt.offers_close_at,
            queries.first_head().label("head_at"),
            SettledThrow.selection_id.is_not(None),
        )
        .options(load_only(*FOLLOWED), lazyload("*"))
        .join(Attempt, Attempt.id == Selection.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Entry, Entry.ref == Selection.freeze_ref)
        .outerjoin(Auction, Auction.attempt_id == Selection.attempt_id)
        .outerjoin(SettledThrow, SettledThrow.selection_id == Selection.id)
        .where(Selection.id.in_(_going_on()))
        .order_by(Selection.frozen_at, Selection.id)
    )


def due_for(act: StrEnum, *, now: datetime) -> list[str]:
    """The attempts from which this act follows now, oldest first; one question, and one for each day of a beacon.

    Asked of columns: a draw may wait for days, and every round of the sweep asks again.
    """
    if db.session.execute(_any_going_on()).first() is None:
        return []
    waiting = db.session.execute(_followed()).all()
    known: dict[date, bool] = {}
    waited_for = keys.waited_for([selection.attempt_id for selection, *_ in waiting], now=now)
    found = []
    for selection, no, number, decision, method, auctioning, offers_close_at, head_at, thrown in waiting:
        after = queries.beacon_after(selection)
        by_day = after is not None and selection.beacon_rule == LOTTERY
        beacon_known = thrown or (after is not None and by_day and _beacon_since(rules.first_day(after), known))
        follows = rules.next_act(
            facts_of(
                selection,
                method=method,
                decision=decision,
                auctioning=auctioning,
                head_at=head_at,
                beacon_known=beacon_known,
                holders_awaited=selection.attempt_id in waited_for,
                offers_closed=_is_over(offers_close_at, now),
            )
        )
        if follows is act:
            found.append(queries.subject(no, number))
    return found


def _beacon_since(day: date, known: dict[date, bool]) -> bool:
    if day not in known:
        query = select(Beacon.on).where(Beacon.on >= day).limit(1)
        known[day] = db.session.execute(query).scalar() is not None
    return known[day]


_SUBJECT: ColumnElement[str] = func.coalesce(Announcement.no, "") + "/" + cast(Attempt.number, String)


def due_for_lapse(now: datetime) -> list[str]:
    """The attempts for which nobody decided in time, oldest limit first."""
    query = (
        select(_SUBJECT)
        .select_from(Selection)
        .join(Attempt, Attempt.id == Selection.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .where(*queries.AWAITED, Selection.decide_by <= now)
        .order_by(Selection.decide_by, Selection.id)
    )
    return list(db.session.execute(query).scalars())


def next_lapse(now: datetime) -> datetime | None:
    """The first limit after `now` for a choice or sheets."""
    query = select(func.min(Selection.decide_by)).where(*queries.AWAITED, Selection.decide_by > now)
    return db.session.execute(query).scalar_one_or_none()


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Subject and stamp of every choice or sheets whose provisional limit this calendar can tell better."""
    return (
        select(_SUBJECT, func.replace(cast(Selection.decide_by, String), ":", ""))
        .select_from(Selection)
        .join(Attempt, Attempt.id == Selection.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .where(Selection.provisional, Selection.decide_by <= days.certain_until)
    )


SLACK = timedelta(minutes=30)
"""What a beacon line adds to the freeze at the most (protocol.md §1.3)."""


def _attempts(at: Column, party: Column | None = None) -> Running:
    no = Announcement.no + "/" + cast(Attempt.number, String)
    return (
        limits(no=no, at=at, region=Need.region, title=Need.title, party=party)
        .select_from(Selection)
        .join(Attempt, Attempt.id == Selection.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
    )


def unrevealed() -> Running:
    """Frozen attempts whose secret and record are not public, stopped ones too, with their freeze.

    An auction that follows the freeze comes first: they count from its end, as it stands.
    """
    since = func.coalesce(Auction.ends_at, Selection.frozen_at)
    return (
        _attempts(since)
        .outerjoin(Auction, Auction.attempt_id == Selection.attempt_id)
        .where(Selection.drawn_at.is_(None))
    )


def beaconless() -> Running:
    """Those of them that wait for the beacon of a day, with their freeze."""
    going = or_(Selection.stopped_at.is_(None), Selection.opened_at.is_not(None))
    undrawn = _attempts(Selection.frozen_at).where(Selection.drawn_at.is_(None))
    return undrawn.where(Selection.beacon_rule == LOTTERY, going)


def throwless() -> Running:
    """Those of them that wait for a throw in the hall, with their freeze."""
    going = or_(Selection.stopped_at.is_(None), Selection.opened_at.is_not(None))
    undrawn = _attempts(Selection.frozen_at).where(Selection.drawn_at.is_(None))
    settled = select(SettledThrow.selection_id)
    return undrawn.where(Selection.beacon_rule == WITNESS, going, Selection.id.not_in(settled))


def unopened() -> Running:
    """Frozen attempts with enough envelopes that nobody has opened, with their freeze, or with their second closing."""
    before = and_(Need.method.in_(SEALED), Selection.valid >= Selection.minimum, *queries.UNDRAWN)
    after = and_(Attempt.offers_close_at.is_not(None), Attempt.decision.is_(None))
    return _attempts(func.coalesce(Attempt.offers_close_at, Selection.frozen_at)).where(
        or_(before, after), Selection.opened_at.is_(None)
    )


def broken() -> Running:
    """Attempts that an envelope has stopped, with the instant at which it did not open (protocol.md §2.5)."""
    return _attempts(Selection.stopped_at).where(
        Selection.stopped_at.is_not(None), Selection.opened_at.is_(None), Selection.drawn_at.is_(None)
    )


def voided() -> Running:
    """Attempts that are void for want of a timely head, with the instant of the draw (protocol.md §1.3)."""
    return _attempts(Selection.voided_at).where(Selection.voided_at.is_not(None), Selection.decide_by.is_(None))


def undecided() -> Running:
    """Attempts for which a choice or sheets are awaited, with their limit."""
    return _of_owners(Selection.decide_by)


def unchosen() -> Running:
    """The same with the instant since when."""
    return _of_owners(Selection.decided_from).where(Selection.decided_from.is_not(None))


def _of_owners(at: Column) -> Running:
    return (
        _attempts(at, Purchaser.organisation_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(*queries.AWAITED)
    )


def remind_due(since: datetime, region: str) -> datetime:
    """When choosing or scoring takes longer than it should. Source: rules.md §3.1 row 17 (2 wd else reminder)."""
    days = rulebook_for(region, since).terms(rules.MeritTerms).remind_days
    return calendar().due(since, days, path=regions.path(region)).at


def beacon_due(frozen_at: datetime, region: str) -> datetime:
    """By when the beacon should be typed: noon of the day after the first whose drawings count (inferred)."""
    day = rules.first_day(frozen_at + SLACK) + timedelta(days=1)
    return datetime.combine(day, time(12), SHANGHAI).astimezone(UTC)


def reveal_due(frozen_at: datetime, region: str) -> datetime:
    """By when secret and record are public at the latest: the end of the next working day (inferred).

    Counted from the first day whose beacon can serve, also where none is waited for. Source: protocol.md §1 (an open
    attempt past its deadline raises an alarm that no operator can close).
    """
    return calendar().due(rules.entry_opens(rules.first_day(frozen_at + SLACK)), 1, path=regions.path(region)).at


def opening_due(frozen_at: datetime, region: str) -> datetime:
    """By when the envelopes are opened. Source: rules.md opening.max_wait."""
    days = rulebook_for(region, frozen_at).terms(OpeningTerms).max_wait
    return calendar().due(frozen_at, days, path=regions.path(region)).at
