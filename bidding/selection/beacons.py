"""The beacons of the days: what waits for them, what two offices typed, what settled."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.actor import Actor
from app.database import db, is_sqlite
from app.refusal import NotFound
from app.region import branches
from bidding.selection import queries, rules
from bidding.selection.models import Beacon, BeaconEntry
from bidding.selection.rules import LOTTERY

BEACONS = 7_301_116
"""The advisory lock under which a day's two entries are compared on PostgreSQL; on SQLite the write lock does."""


TYPISTS = rules.MAY[rules.SelectionAct.ENTER_BEACON]
"""The two offices that type a day's beacon."""


@dataclass(frozen=True, slots=True)
class TypedPair:
    """Two unequal entries of a day, set aside and shown."""

    values: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class BeaconDay:
    """One day's beacon as one office sees it: never the other's entry before both are there."""

    on: date
    opens_at: datetime
    open: bool
    waiting: tuple[str, ...]
    mine: str | None
    mine_at: datetime | None
    value: str | None
    settled_at: datetime | None
    set_aside: tuple[TypedPair, ...]


def hold_beacons(session: Session) -> None:
    """Two entries of a day must see one another: whoever types waits for whoever is typing."""
    if not is_sqlite():
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": BEACONS})


def day_of(text: str) -> date:
    """The day of an address; raises `NotFound` for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFound(text) from error


def beacon(on: date) -> Beacon | None:
    """The settled value of a day."""
    return db.session.get(Beacon, on)


def standing_entries(on: date) -> list[BeaconEntry]:
    """The entries of a day that were not set aside: at most one for each office."""
    return list(
        db.session.execute(
            select(BeaconEntry).where(BeaconEntry.on == on, BeaconEntry.set_aside_at.is_(None)).order_by(BeaconEntry.id)
        ).scalars()
    )


def waiting_draws() -> dict[date, tuple[str, ...]]:
    """Announcements whose draw waits for a beacon, by the first day that can serve them."""
    found: dict[date, list[str]] = {}
    for selection in queries.undrawn():
        after = queries.beacon_after(selection) if selection.beacon_rule == LOTTERY else None
        if after is not None and queries.beacon_of(selection) is None:
            found.setdefault(rules.first_day(after), []).append(selection.attempt.announcement.no or "")
    return {on: tuple(nos) for on, nos in sorted(found.items())}


def waiting_regions(on: date) -> frozenset[str]:
    """Where the needs lie whose draws wait for a beacon that this day can serve."""
    return frozenset(
        selection.attempt.announcement.need.region
        for selection in queries.undrawn()
        if selection.beacon_rule == LOTTERY
        and (after := queries.beacon_after(selection)) is not None
        and rules.first_day(after) <= on
        and queries.beacon_of(selection) is None
    )


def types_for(regions: Collection[str], actor: Actor) -> bool:
    """Whether an office types the beacon for draws in these regions: at least one is in its branch, or none waits."""
    return not regions or any(branches.sees(actor, region) for region in regions)


def beacon_days(actor: Actor, *, now: datetime) -> list[BeaconDay]:
    """The days that draws of this office's branch wait for, each draw under its first one.

    A later day counts only where the first had no drawing; it has its own page, and is not offered beside it: a slip
    would settle the wrong day.
    """
    waiting = waiting_draws()
    return [_day(on, waiting, actor, now=now) for on in sorted(waiting) if types_for(waiting_regions(on), actor)]


def beacon_day(on: date, actor: Actor, *, now: datetime) -> BeaconDay:
    """One day, for its page."""
    return _day(on, waiting_draws(), actor, now=now)


def _day(on: date, waiting: Mapping[date, tuple[str, ...]], actor: Actor, *, now: datetime) -> BeaconDay:
    settled = beacon(on)
    mine = next((entry for entry in standing_entries(on) if entry.role in actor.roles), None)
    return BeaconDay(
        on=on,
        opens_at=rules.entry_opens(on),
        open=now >= rules.entry_opens(on) and settled is None and mine is None,
        waiting=tuple(no for day, nos in waiting.items() if day <= on for no in nos),
        mine=None if mine is None else mine.value,
        mine_at=None if mine is None else mine.at,
        value=None if settled is None else settled.value,
        settled_at=None if settled is None else settled.settled_at,
        set_aside=_set_aside(on),
    )


def _set_aside(on: date) -> tuple[TypedPair, ...]:
    rows = db.session.execute(
        select(BeaconEntry)
        .where(BeaconEntry.on == on, BeaconEntry.set_aside_at.is_not(None))
        .order_by(BeaconEntry.set_aside_at, BeaconEntry.id)
    ).scalars()
    pairs: dict[datetime, list[str]] = {}
    for entry in rows:
        if entry.set_aside_at is not None:
            pairs.setdefault(entry.set_aside_at, []).append(entry.value)
    return tuple(TypedPair(tuple(values), at) for at, values in pairs.items())


def settled_days(*, limit: int = queries.DAYS_SHOWN) -> list[Beacon]:
    """The latest settled beacons, newest first: public, so that anybody can compare them with their publisher."""
    return list(db.session.execute(select(Beacon).order_by(Beacon.on.desc()).limit(limit)).scalars())
