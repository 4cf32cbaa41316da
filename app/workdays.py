"""Which days are working days in each region, and which deadlines follow; an unpublished year is said to be one.

The few lines that read the files stand here too, so that no calendar exists that was not checked.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from chinese_calendar import constants

SHIPPED = Path(__file__).parent / "data" / "workdays"
"""The folder of the regional days that come with the market; the first argument of `WorkCalendar.load`."""

LOCAL = ZoneInfo("Asia/Shanghai")

NATION = "000000"
"""The region of a file that corrects the national base; regional days stand above it."""

FIXED_STATUTORY = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Month and day of the statutory days off that need no lunar calendar; recalled."""

BASE_YEARS = range(min(constants.holidays).year, max(constants.holidays).year + 1)
"""The years whose make-up days the base package knows."""

ONE_DAY = timedelta(days=1)

NEW_YEAR_FROM = (12, 25)
"""From this day of December on, the notice of the following year may still move days (30 and 31 December 2018 did)."""


class CalendarError(ValueError):
    """A calendar file or a published year is not usable; the message names file and day."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a day is a working day.

    `provisional`: the notice that settles the day is published nowhere: that of its year, so that weekends and the
    fixed statutory days alone were asked, or in the last days of December that of the year after.
    `unverified`: a regional file lists the day and its notice was not seen (shown as 未核实).
    """

    working: bool
    provisional: bool
    unverified: bool


@dataclass(frozen=True, slots=True)
class Deadline:
    """The first instant, in UTC, that is too late (of `earliest`: the first that is allowed), and how sure it is.

    `unknown_year`: the first year on the way whose notice is published nowhere; None = not provisional.
    """

    at: datetime
    provisional: bool
    unverified: bool = False
    unknown_year: int | None = None


@dataclass(frozen=True, slots=True)
class PublishedYear:
    """One year's national arrangement, from the notice named `notice`.

    A notice may also name days of the December before: they count as said. Raises CalendarError for any other year, or
    for a day that is both off and made up.
    """

    year: int
    days_off: frozenset[date]
    make_up_days: frozenset[date]
    notice: str

    def __post_init__(self) -> None:
        for day in self.days_off | self.make_up_days:
            if day.year != self.year and (day.year, day.month) != (self.year - 1, 12):
                raise CalendarError(f"{self.notice}: {day} does not belong to the arrangement of {self.year}")
        for day in self.days_off & self.make_up_days:
            raise CalendarError(f"{self.notice}: {day} is both a day off and a make-up day")


@dataclass(frozen=True, slots=True)
class RegionalDay:
    """One day as a region keeps it; `confirm` = practice has differed, that year's notice must be looked up."""

    day: date
    working: bool
    verified: bool
    confirm: bool
    name: str
    basis: str


@dataclass(frozen=True)
class WorkCalendar:
    """The base package, the files over it, and the years published here over both; never changed, only replaced.

    Order for one day: the regions of the path, most specific first; the years published here; national corrections;
    the base; and for a year that none of them knows, weekends and fixed statutory days, marked provisional.
    Source: layout.md §8.
    """

    regional: Mapping[tuple[str, date], RegionalDay] = field(hash=False)
    years: Mapping[int, PublishedYear] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @classmethod
    def load(cls, folders: Sequence[Path] = (SHIPPED,)) -> "WorkCalendar":
        """Read `<region>.toml` of every folder; a later folder's day replaces the same region's day of an earlier one.

        Raises CalendarError naming the file.
        """
        for folder in folders:
            if not folder.is_dir():
                raise CalendarError(f"{folder} is not a folder of calendars")
        days: dict[tuple[str, date], RegionalDay] = {}
        for file in chain.from_iterable(sorted(folder.glob("*.toml")) for folder in folders):
            region, listed = _read(file)
            days.update({(region, each.day): each for each in listed})
        return cls(MappingProxyType(days))

    def published(self, years: Iterable[PublishedYear]) -> "WorkCalendar":
        """The same calendar with these years in force; of two arrangements of one year, the later in order counts."""
        return replace(self, years=MappingProxyType({**self.years, **{each.year: each for each in years}}))

    @property
    def first_unknown(self) -> int:
        """The first year whose arrangement is published nowhere."""
        year = BASE_YEARS.stop
        while year in self.years:
            year += 1
        return year

    @property
    def certain_until(self) -> datetime:
        """The first instant, in UTC, of the days that are still provisional: what was due by then is settled."""
        return _instant(date(self.first_unknown - 1, *NEW_YEAR_FROM), time())

    def regional_day(self, day: date, *, path: Sequence[str]) -> RegionalDay | None:
        """What the most specific region of `path` that lists this day says of it."""
        return next((self.regional[region, day] for region in path if (region, day) in self.regional), None)

    def is_workday(self, day: date, *, path: Sequence[str]) -> Answer:
        """Whether `day` is a working day in the region whose codes, most specific first, are `path`."""
        listed = self.regional_day(day, path=[region for region in path if region != NATION])
        if listed is None and (national := self._published(day)) is not None:
            return Answer(working=national, provisional=self._pending(day), unverified=False)
        if listed is None:
            listed = self.regional.get((NATION, day))
        if listed is not None:
            return Answer(working=listed.working, provisional=False, unverified=listed.confirm or not listed.verified)
        if day.year in BASE_YEARS:
            working = day in constants.workdays or (day.weekday() < 5 and day not in constants.holidays)
            return Answer(working=working, provisional=self._pending(day), unverified=False)
        working = day.weekday() < 5 and (day.month, day.day) not in FIXED_STATUTORY
        return Answer(working=working, provisional=True, unverified=False)

    def add(self, day: date, n: int, *, path: Sequence[str]) -> tuple[date, bool]:
        """The n-th working day after `day` (n = 0: `day` itself), and whether the way there is provisional."""
        found, unknown, _ = self._walk(day, n, path)
        return found, unknown is not None

    def due(self, start: datetime, days: int, *, path: Sequence[str]) -> Deadline:
        """By when somebody must act: the end of the days-th working day after the local day of `start`; days ≥ 1.

        Stored half-open, as the first instant of the next day. Source: rules.md §2.1 period.due (inferred).
        """
        last, unknown, unverified = self._walk(_local(start), _at_least_one(days), path)
        return Deadline(_instant(last + ONE_DAY, time()), unknown is not None, unverified, unknown)

    def earliest(self, start: datetime, days: int, *, path: Sequence[str], opening: time) -> Deadline:
        """The earliest closing of a period that protects somebody: `days` ≥ 1 full working days are left.

        The local day of `start` never counts; the closing is at `opening` on the working day after the days-th.
        Source: rules.md §2.1 period.minimum (inferred).
        """
        closing, unknown, unverified = self._walk(_local(start), _at_least_one(days) + 1, path)
        return Deadline(_instant(closing, opening), unknown is not None, unverified, unknown)

    def late(
        self,
        due: datetime,
        until: datetime,
        *,
        path: Sequence[str],
        paused: Sequence[tuple[datetime, datetime | None]] = (),
    ) -> int:
        """How many working days late: the working days d with due date < d ≤ local date of `until`; never negative.

        The due date is the last local day on which `due` (half-open) still allowed something. A day that lies wholly or
        partly in a pause [from, to), or [from, now on) where `to` is None, is left out, in favour of who is timed.
        Source: rules.md §2.8 eval.timeliness_auto (inferred; leaving out partly paused days is our reading of it).
        """
        due_on = _local(due - timedelta(microseconds=1))
        days = (due_on + timedelta(days=ahead) for ahead in range(1, (_local(until) - due_on).days + 1))
        return sum(self.is_workday(day, path=path).working and not _touched(day, paused) for day in days)

    def _published(self, day: date) -> bool | None:
        for year in (day.year + 1, day.year):
            if (arrangement := self.years.get(year)) is not None:
                if day in arrangement.make_up_days:
                    return True
                if day in arrangement.days_off:
                    return False
        return day.weekday() < 5 if day.year in self.years else None

    def _pending(self, day: date) -> bool:
        return (day.month, day.day) >= NEW_YEAR_FROM and not self._known(day.year + 1)

    def _known(self, year: int) -> bool:
        return year in self.years or year in BASE_YEARS

    def _walk(self, day: date, n: int, path: Sequence[str]) -> tuple[date, int | None, bool]:
        if n < 0:
            raise ValueError("working days are counted forwards only")
        unknown, unverified = None, False
        while n:
            day += ONE_DAY
            answer = self.is_workday(day, path=path)
            if answer.provisional and unknown is None:
                unknown = day.year + self._known(day.year)
            unverified |= answer.unverified
            n -= answer.working
        return day, unknown, unverified


def _local(instant: datetime) -> date:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return instant.astimezone(LOCAL).date()


def _instant(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, LOCAL).astimezone(UTC)


def _at_least_one(days: int) -> int:
    if days < 1:
        raise ValueError("a period has at least one working day")
    return days


def _touched(day: date, paused: Sequence[tuple[datetime, datetime | None]]) -> bool:
    begins, ends = _instant(day, time()), _instant(day + ONE_DAY, time())
    return any(since < ends and (to is None or (to > begins and to > since)) for since, to in paused)


def _read(file: Path) -> tuple[str, list[RegionalDay]]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        meta = content["meta"]
        region, verified = meta["region"], meta["evidence"] == "read"
        if file.name != f"{region}.toml":
            raise CalendarError(f"{file}: must be named {region}.toml")
        name, basis = meta["name"], meta["basis"]
        days = [_day(each, verified=verified, name=name, basis=basis) for each in content.get("day", [])]
    except CalendarError:
        raise
    except (ValueError, KeyError, TypeError) as fault:
        raise CalendarError(f"{file}: {fault!r}") from None
    if len({each.day for each in days}) < len(days):
        raise CalendarError(f"{file}: a day is listed twice")
    return region, days


def _day(entry: Mapping[str, Any], *, verified: bool, name: str, basis: str) -> RegionalDay:
    day, working = entry["date"], entry["working"]
    if type(day) is not date or type(working) is not bool:
        raise ValueError(f"{entry} needs date and working")
    if "evidence" in entry:
        verified = entry["evidence"] == "read"
    return RegionalDay(
        day=day,
        working=working,
        verified=verified,
        confirm=bool(entry.get("confirm", False)),
        name=entry.get("name", name),
        basis=entry.get("basis", basis),
    )
