"""Publishing a year, the calendar in force, and the stored deadlines that a newly known year settles."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, String, cast, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app import built
from app.act import Deed, act
from app.actor import Actor
from app.calendar import rules
from app.calendar.models import CalendarDay, CalendarYear
from app.calendar.rules import CalendarAct, Year
from app.database import db
from app.refusal import NotFound, demand
from app.stage import Recipient, Timed
from app.values import Done
from app.workdays import Deadline, PublishedYear, WorkCalendar


def publish(actor: Actor, subject: str | None, year: Year, /, *, key: str) -> Done:
    """Take a year's arrangement into force at once; the sweep that follows settles every provisional deadline."""
    with act(CalendarAct.PUBLISH, actor=actor, key=key, subject=subject, input=year) as deed:
        deed.lock_none()
        demand(rules.refusals_to_publish(year, known=deed.session.get(CalendarYear, year.year) is not None))
        deed.add(CalendarYear(year=year.year, notice=year.notice.strip(), published_at=deed.now))
        for days, working in ((year.days_off, False), (year.make_up_days, True)):
            for day in days:
                name = year.names.get(day.isoformat(), "").strip()
                deed.add(CalendarDay(day=day, year=year.year, working=working, name=name))
        deed.subject = str(year.year)
        deed.on("calendar", str(year.year))
        deed.tell(
            year=year.year,
            notice=year.notice.strip(),
            days_off=[day.isoformat() for day in year.days_off],
            make_up_days=[day.isoformat() for day in year.make_up_days],
            names=dict(year.names),
        )
    return deed.answer()


def years() -> list[CalendarYear]:
    """The years published here, newest first."""
    return list(db.session.execute(select(CalendarYear).order_by(CalendarYear.year.desc())).scalars())


def calendar() -> WorkCalendar:
    """The calendar in force: a year published here counts from its commit on, in every process."""
    base: WorkCalendar = built.part("calendar")
    # Asked many times an act, and mostly there is none: plain SQL says so sooner than the session.
    if db.session.connection().exec_driver_sql("SELECT 1 FROM calendar_year LIMIT 1").first() is None:
        return base
    return base.published(
        PublishedYear(
            year=row.year,
            days_off=frozenset(day.day for day in row.days if not day.working),
            make_up_days=frozenset(day.day for day in row.days if day.working),
            notice=row.notice,
        )
        for row in years()
    )


# Provisional deadlines


def kinds() -> Mapping[str, Timed]:
    """Every kind of thing with stored deadlines, in story order."""
    found: Mapping[str, Timed] = built.part("timed")
    return found


def unsettled() -> Iterator[str]:
    """`<kind>:<number>:<stamp>` of everything whose provisional deadlines the calendar in force can tell better.

    Derived from the marks, so that it does not matter whether the year became known by `calendar.publish` or by a newer
    base package, and nothing is lost where the market stood still meanwhile.
    """
    asked = _asked(tuple(kinds().items()), calendar())
    if asked is not None:
        # One query for all kinds: this is asked in every round of the sweep, and nearly always finds nothing.
        for no, stamp, kind, _ in sorted(db.session.execute(asked), key=lambda row: (row[3], row[0])):
            yield f"{kind}:{no}:{stamp}"


@lru_cache(maxsize=4)
def _asked(timed: tuple[tuple[str, Timed], ...], days: WorkCalendar) -> CompoundSelect[Any] | None:
    """The question of `unsettled`, written once for as long as the calendar stays the same."""
    selects = [one.due(days).add_columns(literal(kind), literal(place)) for place, (kind, one) in enumerate(timed)]
    return union_all(*selects) if selects else None


def stamp(instant: ColumnElement[datetime] | InstrumentedAttribute[datetime]) -> ColumnElement[str]:
    """A deadline as the stamp of a row that counts no versions."""
    return func.replace(cast(instant, String), ":", "")


def settle(actor: Actor, subject: str | None, /, *, key: str) -> Done:
    """Compute one thing's provisional deadlines anew, record what moved, tell whom it binds (rules.md §2.1).

    Each thing is an act of its own right after the year was published, not a part of publishing it: hundreds of rows
    need not be locked at once, and each has its own line in the record. `subject` is `<kind>:<number>`.
    """
    with act(CalendarAct.SETTLE, actor=actor, key=key, subject=subject) as deed:
        _settle(deed, public=True)
    return deed.answer()


def settle_unseen(actor: Actor, subject: str | None, /, *, key: str) -> Done:
    """The same for what the public does not know of: applications, reviews, negotiations."""
    with act(CalendarAct.SETTLE_UNSEEN, actor=actor, key=key, subject=subject) as deed:
        _settle(deed, public=False)
    return deed.answer()


def is_public(kind: str) -> bool:
    """Whether the open log may tell of things of this kind."""
    return kinds()[kind].public


def _settle(deed: Deed, *, public: bool) -> None:
    subject = deed.subject or ""
    kind, _, no = subject.partition(":")
    timed = kinds().get(kind)
    if timed is None or timed.public is not public:
        raise NotFound(subject)
    found = timed.settle(deed, no)
    moved = [one for one in found.moved if one.before != one.after]
    if deed.subject == subject:
        deed.subject = no
    latest = next(iter(years()), None)
    deed.tell(
        known_until=calendar().first_unknown - 1,
        notice="" if latest is None else latest.notice,
        moved=[{"deadline": one.name, "before": one.before, "after": one.after} for one in moved],
    )
    deed.keep(told=list(found.parties) if moved else [], title=found.title)


def told(deed: Deed) -> Iterable[Recipient]:
    """Whom a moved deadline binds; nobody where all stay."""
    for party_id in deed.private["told"]:
        yield Recipient(party_id, {"title": deed.private["title"]})


def anew(before: datetime, found: Deadline, *, path: Sequence[str], now: datetime) -> datetime:
    """`rules.anew` with the calendar in force: `found` is what the rule says now."""
    floor = calendar().due(now, 1, path=path).at
    return rules.anew(before, exact=found.at, floor=floor, now=now)
