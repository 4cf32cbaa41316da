"""When something may happen to an announcement: where it may close, where its auction begins."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.calendar.rules import HoursTerms
from app.calendar.services import calendar
from app.refusal import NotFound
from app.region import queries as regions
from app.rulebook import Rulebook
from app.rules_in_force import rulebook
from app.values import SHANGHAI, Fen
from app.workdays import WorkCalendar
from marketplace.announcement import queries, rules
from marketplace.announcement.models import Attempt
from marketplace.announcement.rules import PublishTerms, Window
from marketplace.need.models import Need
from marketplace.need.rules import LIVE


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


def concluding_due(decided_at: datetime, region: str, *, days: WorkCalendar | None = None) -> datetime:
    """Until when the purchaser says what becomes of a failed purchase; `days`: the calendar, where many are asked.

    Source: rules.md §3.1 rows 36 and 37.
    """
    return (days or calendar()).due(decided_at, rules.CONCLUDE_DAYS, path=regions.path(region)).at


def earliest_of(no: str, now: datetime) -> Earliest:
    """Where a published announcement may close if it is amended or repeated at `now`; raises `NotFound`."""
    found = queries.by_no(no)
    if found is None or found.rulebook is None:
        raise NotFound("announcement")
    return earliest(found.need, rulebook(found.rulebook), now)


def lawful_from(instant: datetime, need: Need, hours: HoursTerms) -> datetime:
    """The first instant, this one or later, at which an announcement may close: a working day, within its hours."""
    local = instant.astimezone(SHANGHAI)
    if day_of(instant, need).working and local.time() <= hours.closes:
        return instant if local.time() >= hours.opens else _at(local.date(), hours.opens)
    day, _ = calendar().add(local.date(), 1, path=regions.path(need.region))
    return _at(day, hours.opens)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, SHANGHAI).astimezone(UTC)
