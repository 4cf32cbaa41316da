"""The throws in the hall: which attempts wait for one, what two offices typed, what settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlalchemy import select

from app.actor import Actor, Role
from app.audit.models import Entry
from app.calendar.services import calendar
from app.database import db
from app.refusal import NotFound
from app.region import branches
from app.region import queries as regions
from app.rules_in_force import rulebook
from app.values import SHANGHAI
from app.workdays import WorkCalendar
from bidding.selection import queries
from bidding.selection.models import Selection, SettledThrow, ThrowEntry
from bidding.selection.rules import WITNESS, Throw, Witness
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import DrawTerms


@dataclass(frozen=True, slots=True)
class Thrown:
    """A settled throw as everybody may see it; `witness` is None while it would tell that somebody registered."""

    value: str
    thrown_at: datetime
    place: str
    witness: Witness | None
    settled_at: datetime


def settled_throw(selection: Selection, *, shown: bool) -> Thrown | None:
    """The throw of an attempt once it settled; its witness where names may be shown."""
    row = queries.throw_of(selection.id) if selection.beacon_rule == WITNESS else None
    if row is None:
        return None
    return Thrown(row.value, row.thrown_at, row.place, row.witness if shown else None, row.settled_at)


@dataclass(frozen=True, slots=True)
class TypedThrow:
    """One account's entry as an office may see it, with the witnesses' names."""

    role: Role
    value: str
    thrown_at: datetime
    place: str
    witness: Witness
    names: str
    at: datetime
    set_aside_at: datetime | None


@dataclass(frozen=True, slots=True)
class ThrowPage:
    """An attempt's throw as one office sees it: never the other's entry before both are there.

    `after`: the earliest instant of the throw; `place`: where it was announced to be made; `due_at`: by when it should
    be typed.
    """

    no: str
    attempt: int
    title: str
    rulebook: str
    after: datetime
    due_at: datetime
    place: str
    open: bool
    signed: bool
    mine: TypedThrow | None
    settled: Thrown | None
    typed: tuple[TypedThrow, ...]
    set_aside: tuple[tuple[TypedThrow, ...], ...]


@dataclass(frozen=True, slots=True)
class PublicThrow:
    """A settled throw with the attempt that it served."""

    no: str
    attempt: int
    value: str
    thrown_at: datetime
    place: str


def throw_key(no: str | None, number: int) -> str:
    """How the act calls the throw of an attempt."""
    return f"{no}-{number}"


def of_throw(key: str) -> Selection:
    """The frozen attempt that a throw of this key decides. Raises `NotFound` for every other."""
    no, _, number = key.rpartition("-")
    if not no or not number.isdecimal() or len(number) > 9:
        raise NotFound(key)
    found = queries.of(queries.attempt_of(no, int(number)).id)
    if found is None or found.beacon_rule != WITNESS:
        raise NotFound(key)
    return found


def standing_throws(selection_id: int) -> list[ThrowEntry]:
    """The entries of an attempt that were not set aside: at most one for each office."""
    query = select(ThrowEntry).where(ThrowEntry.selection_id == selection_id, ThrowEntry.set_aside_at.is_(None))
    return list(db.session.execute(query.order_by(ThrowEntry.id)).scalars())


def typed(entry: ThrowEntry) -> Throw:
    """What an entry says."""
    return Throw(entry.value, entry.thrown_at, entry.place, entry.witness, entry.names)


def waiting_throws(actor: Actor, *, now: datetime) -> list[ThrowPage]:
    """The attempts of this office's branch that wait for a throw, oldest freeze first; three questions for all."""
    query = (
        select(Selection, queries.first_head())
        .join(Entry, Entry.ref == Selection.freeze_ref)
        .where(Selection.drawn_at.is_(None), Selection.beacon_rule == WITNESS)
        .where(Selection.id.not_in(select(SettledThrow.selection_id)))
        .order_by(Selection.frozen_at, Selection.id)
    )
    waiting = [(one, head_at) for one, head_at in db.session.execute(query) if _serves(one, actor)]
    entries: dict[int, list[ThrowEntry]] = {}
    asked = (
        select(ThrowEntry).where(ThrowEntry.selection_id.in_([one.id for one, _ in waiting])).order_by(ThrowEntry.id)
    )
    for entry in db.session.execute(asked).scalars() if waiting else ():
        entries.setdefault(entry.selection_id, []).append(entry)
    days = calendar()
    return [
        _throw_page(one, actor, now=now, entries=entries.get(one.id, []), settled=None, head_at=head_at, days=days)
        for one, head_at in waiting
    ]


def throw_page(key: str, actor: Actor, *, now: datetime) -> ThrowPage:
    """One attempt's throw, for its page. Raises `NotFound` outside the office's branch too."""
    selection = of_throw(key)
    if not _serves(selection, actor):
        raise NotFound(key)
    query = select(ThrowEntry).where(ThrowEntry.selection_id == selection.id).order_by(ThrowEntry.id)
    entries = list(db.session.execute(query).scalars())
    settled, head = settled_throw(selection, shown=True), queries.head_over(selection)
    head_at = None if head is None else head.timestamp
    return _throw_page(selection, actor, now=now, entries=entries, settled=settled, head_at=head_at, days=calendar())


def _serves(selection: Selection, actor: Actor) -> bool:
    return branches.sees(actor, selection.attempt.announcement.need.region)


def _throw_page(
    selection: Selection,
    actor: Actor,
    *,
    now: datetime,
    entries: Sequence[ThrowEntry],
    settled: Thrown | None,
    head_at: datetime | None,
    days: WorkCalendar,
) -> ThrowPage:
    announcement, after = selection.attempt.announcement, queries.beacon_after(selection) or selection.frozen_at
    seen = [_typed_throw(entry) for entry in entries]
    standing = [one for one in seen if one.set_aside_at is None]
    mine = next((one for one in standing if one.role in actor.roles), None)
    pairs: dict[datetime, list[TypedThrow]] = {}
    for one in seen:
        if one.set_aside_at is not None:
            pairs.setdefault(one.set_aside_at, []).append(one)
    signed = head_at is not None and head_at < after
    return ThrowPage(
        no=announcement.no or "",
        attempt=selection.attempt.number,
        title=announcement.need.title,
        rulebook=announcement.rulebook or "",
        after=after,
        due_at=throw_due(selection.frozen_at, announcement.need.region, days=days),
        place=witness_place(announcement.rulebook or ""),
        open=signed and now >= after and settled is None and selection.drawn_at is None and mine is None,
        signed=signed,
        mine=mine,
        settled=settled,
        typed=tuple(standing) if settled is not None else (),
        set_aside=tuple(tuple(pair) for pair in pairs.values()),
    )


def _typed_throw(entry: ThrowEntry) -> TypedThrow:
    return TypedThrow(
        entry.role,
        entry.value,
        entry.thrown_at,
        entry.place,
        entry.witness,
        entry.names,
        entry.at,
        entry.set_aside_at,
    )


def witness_place(book: str) -> str:
    """Where a rulebook has its throws made."""
    return rulebook(book).terms(DrawTerms).witness_place


def settled_throws(*, limit: int = queries.DAYS_SHOWN) -> list[PublicThrow]:
    """The latest settled throws, newest first, without their witnesses: public with their acts."""
    query = (
        select(Announcement.no, Attempt.number, SettledThrow.value, SettledThrow.thrown_at, SettledThrow.place)
        .join(Selection, Selection.id == SettledThrow.selection_id)
        .join(Attempt, Attempt.id == Selection.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .order_by(SettledThrow.settled_at.desc(), SettledThrow.selection_id.desc())
        .limit(limit)
    )
    return [
        PublicThrow(no or "", number, value, thrown_at, place)
        for no, number, value, thrown_at, place in db.session.execute(query)
    ]


def throw_due(frozen_at: datetime, region: str, *, days: WorkCalendar | None = None) -> datetime:
    """By when a throw should be typed: noon of the working day after the closing (inferred)."""
    day = (days or calendar()).add(frozen_at.astimezone(SHANGHAI).date(), 1, path=regions.path(region))[0]
    return datetime.combine(day, time(12), SHANGHAI).astimezone(UTC)
