"""A year as its page shows it: each day, what it is and for what, and where that is known from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from chinese_calendar import constants

from app.calendar.models import CalendarYear
from app.calendar.rules import Year
from app.region import queries as regions
from app.region.divisions import divisions
from app.workdays import BASE_YEARS, FIXED_STATUTORY, PublishedYear, WorkCalendar

FIXED_NAMES = {1: "New Year's Day", 5: "Labour Day", 10: "National Day"}
"""The statutory days that need no lunar calendar, by their month, as the base package calls them."""

ONE_DAY = timedelta(days=1)


class DayKind(StrEnum):
    """What a day is where the market is."""

    WORK = "work"
    REST = "rest"
    OFF = "off"
    MAKE_UP = "make_up"
    LOCAL = "local"


class Source(StrEnum):
    """Where a year's arrangement is known from."""

    PUBLISHED = "published"
    BASE = "base"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cell:
    """One day; `name` is what it is for, as published here or as a word `holiday.<name>` of the base package."""

    day: date
    kind: DayKind
    name: str
    unverified: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class Month:
    """One month in weeks from Monday to Sunday; None outside the month."""

    number: int
    weeks: tuple[tuple[Cell | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Days of one kind and name that follow one another; weekends between them count."""

    first: date
    last: date
    days: int
    kind: DayKind
    name: str
    unverified: bool


@dataclass(frozen=True, slots=True)
class YearPage:
    """One year: its months, what differs from the week, how many days of each kind, and the source."""

    year: int
    source: Source
    notice: str
    published_at: datetime | None
    region: str
    months: tuple[Month, ...]
    spans: tuple[Span, ...]
    counts: Mapping[DayKind, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """A day that the arrangement makes another than weekends and the fixed statutory days alone would."""

    day: date
    working: bool
    name: str


def shown(days: WorkCalendar) -> range:
    """The years that have a page: those of the base package from the market's first one on, to the first unknown."""
    return range(2017, days.first_unknown + 1)


def page(year: int, *, days: WorkCalendar, published: Mapping[int, CalendarYear], national: bool = False) -> YearPage:
    """One year in the calendar `days`; `national`: without the days of the region, as a notice arranges it."""
    row = published.get(year)
    names = {day.day: day.name for each in sorted(published) for day in published[each].days}
    source = Source.PUBLISHED if row else Source.BASE if year in BASE_YEARS else Source.UNKNOWN
    return _page(
        year,
        days,
        names=names,
        source=source,
        notice="" if row is None else row.notice,
        published_at=None if row is None else row.published_at,
        national=national,
    )


def previewed(year: Year, *, days: WorkCalendar) -> YearPage:
    """The same for an arrangement that is not published; days that cannot belong to it are left out."""
    names = {day: year.names.get(day.isoformat(), "") for day in (*year.days_off, *year.make_up_days)}
    return _page(year.year, _with(year, days), names=names, source=Source.PUBLISHED, notice=year.notice)


def differences(year: Year, *, days: WorkCalendar) -> tuple[Difference, ...]:
    """What the arrangement changes against the assumption that provisional deadlines were computed with."""
    new, found = _with(year, days), []
    for day in _days(date(year.year - 1, 12, 1), date(year.year, 12, 31)):
        if day.year < year.year and day not in (*year.days_off, *year.make_up_days):
            continue
        assumed = day.weekday() < 5 and (day.month, day.day) not in FIXED_STATUTORY
        before = assumed if day.year == year.year else days.is_workday(day, path=()).working
        now = new.is_workday(day, path=()).working
        if now is not before:
            found.append(Difference(day, now, year.names.get(day.isoformat(), "")))
    return tuple(found)


def overlooked(year: Year) -> tuple[date, ...]:
    """Fixed statutory days of the year that fall on a weekday and are not among the days off: probably forgotten."""
    fixed = (date(year.year, month, day) for month, day in sorted(FIXED_STATUTORY))
    return tuple(day for day in fixed if day.weekday() < 5 and day not in year.days_off)


def members(shown: YearPage) -> Iterator[tuple[date, bool, str]]:
    """(day, working, name) of each day that a national page shows as another than its weekday."""
    for month in shown.months:
        for cell in (cell for week in month.weeks for cell in week if cell is not None):
            if cell.kind in (DayKind.OFF, DayKind.MAKE_UP):
                yield cell.day, cell.kind is DayKind.MAKE_UP, cell.name


def _with(year: Year, days: WorkCalendar) -> WorkCalendar:
    off = frozenset(day for day in year.days_off if day in year)
    make_up = frozenset(day for day in year.make_up_days if day in year) - off
    return days.published([PublishedYear(year.year, off, make_up, year.notice)])


def _page(
    year: int,
    days: WorkCalendar,
    *,
    names: Mapping[date, str],
    source: Source,
    notice: str,
    published_at: datetime | None = None,
    national: bool = False,
) -> YearPage:
    region = divisions()[0].code
    path = () if national else (region,)
    cells = [_cell(day, days, path, names) for day in _days(date(year, 1, 1), date(year, 12, 31))]
    return YearPage(
        year=year,
        source=source,
        notice=notice,
        published_at=published_at,
        region=regions.name(region),
        months=tuple(_month(number, cells) for number in range(1, 13)),
        spans=tuple(_spans(cells)),
        counts={kind: sum(cell.kind is kind for cell in cells) for kind in DayKind},
    )


def _cell(day: date, days: WorkCalendar, path: Sequence[str], names: Mapping[date, str]) -> Cell:
    answer = days.is_workday(day, path=path)
    local = days.regional_day(day, path=path)
    weekday = day.weekday() < 5
    name = names[day] if day in names else "" if day.year in days.years else _base_name(day)
    if local is not None:
        kind, name = (DayKind.MAKE_UP if local.working else DayKind.LOCAL), local.name
    elif answer.working:
        kind = DayKind.WORK if weekday else DayKind.MAKE_UP
    else:
        kind = DayKind.OFF if weekday or name or day in names else DayKind.REST
    return Cell(day, kind, name, answer.unverified, answer.provisional)


def _base_name(day: date) -> str:
    if day.year not in BASE_YEARS:
        return FIXED_NAMES[day.month] if (day.month, day.day) in FIXED_STATUTORY else ""
    return str(constants.holidays.get(day) or constants.workdays.get(day) or "")


def _month(number: int, cells: list[Cell]) -> Month:
    own = [cell for cell in cells if cell.day.month == number]
    padded: list[Cell | None] = [None] * own[0].day.weekday() + list(own)
    padded += [None] * (-len(padded) % 7)
    return Month(number, tuple(tuple(padded[at : at + 7]) for at in range(0, len(padded), 7)))


def _spans(cells: list[Cell]) -> Iterator[Span]:
    told = [cell for cell in cells if cell.kind not in (DayKind.WORK, DayKind.REST)]
    while told:
        first = last = told.pop(0)
        count = 1
        while told and (told[0].kind, told[0].name) == (first.kind, first.name) and _joined(last.day, told[0].day):
            last, count = told.pop(0), count + 1
        yield Span(first.day, last.day, (last.day - first.day).days + 1, first.kind, first.name, first.unverified)


def _joined(last: date, following: date) -> bool:
    """Whether nothing but a weekend lies between two days."""
    return all(day.weekday() >= 5 for day in _days(last + ONE_DAY, following - ONE_DAY))


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += ONE_DAY
