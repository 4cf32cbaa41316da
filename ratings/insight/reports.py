"""The tables that offices and citizens want, all counted from the same announcements, so that each adds up."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any

from app.audit.canonical import instant
from app.calendar.services import calendar
from app.refusal import Refusal
from app.region import queries as regions
from app.standing import Grade
from app.values import SHANGHAI, Ppm
from app.web.chart import Bar, bars, columns
from app.web.filters import percent, say, wan
from app.web.money import typed
from app.web.paging import Listing, listing, parsed
from marketplace.need.rules import Method
from ratings.insight import queries, rules
from ratings.insight.queries import Kept, Registrants, Share
from ratings.insight.rules import Asked, Outcome, Table, Tally
from ratings.sanction.rules import SanctionKind

ONE_DAY = timedelta(days=1)
REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, as it is called."""

    code: str
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one branch and one stretch of months, as of one version of the record."""

    asked: Asked
    as_of: datetime
    grades_as_of: datetime
    total: Tally
    tables: Mapping[Table, tuple[Row, ...]]
    outcomes: Mapping[Outcome, int]
    direct: Tally
    median_days: Fraction | None
    registrants: Registrants
    kept: Kept
    shares: tuple[Share, ...]
    library: int
    grades: Mapping[Grade, int]
    sanctions: Mapping[SanctionKind, int]
    region_names: Mapping[str, str]
    item_names: Mapping[str, str]

    @property
    def region_name(self) -> str:
        """The branch's name."""
        return self.region_names.get(self.asked.region, self.asked.region)

    @property
    def direct_ppm(self) -> Ppm | None:
        """The share of direct commissions in the completed selections."""
        return rules.share(self.direct.completed, self.total.completed)

    @property
    def in_time_ppm(self) -> Ppm | None:
        """The share of deliveries without a day late."""
        return rules.share(self.kept.in_time, self.kept.delivered)

    @property
    def evaluated_ppm(self) -> Ppm | None:
        """The share of evaluations made, of those that fell due."""
        return rules.share(self.kept.evaluated, self.kept.due)

    @property
    def registrants_text(self) -> str | None:
        """Valid registrations per decided attempt with two decimals, half up."""
        attempts = self.registrants.attempts
        if attempts == 0:
            return None
        hundredths = (200 * self.registrants.valid + attempts) // (2 * attempts)
        return f"{hundredths // 100}.{hundredths % 100:02d}"

    @property
    def median_text(self) -> str | None:
        """The median of working days: whole, or a half between two."""
        if self.median_days is None:
            return None
        halves = int(2 * self.median_days)
        return f"{halves // 2}{'.5' if halves % 2 else ''}"

    def outcome_ppm(self, outcome: Outcome) -> Ppm | None:
        """The share of one outcome in all announcements."""
        return rules.share(self.outcomes[outcome], self.total.announcements)


def asked(given: Mapping[str, str]) -> tuple[Asked, list[Refusal]]:
    """What an address asks for by `region`, `from` and `until`; and why that cannot be shown."""
    region = given.get("region", "").strip() or rules.PROVINCE
    since, until = given.get("from", "").strip(), given.get("until", "").strip()
    refused = list(rules.refusals_to_show(since=since, until=until, known=queries.knows_region(region)))
    return (Asked() if refused else Asked(region, since or None, until or None)), refused


def figures(asked: Asked, *, now: datetime) -> Figures:
    """Every figure at `now`; an answer is kept for as long as the record says nothing new, a minute at most."""
    return _figures(queries.version(), asked, now.replace(second=0, microsecond=0))


def year(*, now: datetime) -> Tally:
    """The whole market's announcements of this year so far, kept like `figures`."""
    return _year(queries.version(), now.replace(second=0, microsecond=0))


@lru_cache(maxsize=REMEMBERED)
def _figures(version: str, asked: Asked, now: datetime) -> Figures:
    counted = queries.counted(asked, *Table)
    midnight = datetime.combine(now.astimezone(SHANGHAI).date(), time(), SHANGHAI)
    names, categories = queries.region_names(), queries.category_names()
    return Figures(
        asked=asked,
        as_of=now,
        grades_as_of=midnight,
        total=_sum(counted[Table.OUTCOME]),
        tables={
            Table.MONTH: _months(counted[Table.MONTH]),
            Table.REGION: _rows(counted[Table.REGION], lambda code: _place(code, asked, names)),
            Table.CATEGORY: _rows(counted[Table.CATEGORY], lambda code: categories.get(code, code)),
            Table.METHOD: _rows(counted[Table.METHOD], lambda code: say(code, "method")),
            Table.FUND: _rows(counted[Table.FUND], lambda code: say(code, "fund")),
        },
        outcomes={outcome: counted[Table.OUTCOME].get(outcome, Tally()).announcements for outcome in Outcome},
        direct=counted[Table.METHOD].get(Method.DIRECT, Tally()),
        median_days=rules.median(_workdays(queries.days(asked), region=asked.region)),
        registrants=queries.registrants(asked),
        kept=queries.kept(asked, now=now),
        shares=tuple(queries.shares(asked)),
        library=queries.library(asked.region, as_of=now),
        grades=_grades(
            queries.newest_event(midnight), queries.library(asked.region, as_of=midnight), asked.region, midnight
        ),
        sanctions=queries.sanctions(asked.region, now=now),
        region_names=names,
        item_names=queries.item_names(),
    )


@lru_cache(maxsize=REMEMBERED)
def _year(version: str, now: datetime) -> Tally:
    return _sum(queries.counted(rules.of_year(now), Table.FUND)[Table.FUND])


@lru_cache(maxsize=REMEMBERED)
def _grades(newest_event: str, library: int, region: str, as_of: datetime) -> Mapping[Grade, int]:
    scored = queries.grades(region, as_of=as_of)
    return {**scored, Grade.NEW: scored[Grade.NEW] + library - sum(scored.values())}


def _sum(counted: Mapping[str, Tally]) -> Tally:
    return sum(counted.values(), Tally())


def _rows(counted: Mapping[str, Tally], name: Callable[[str], str]) -> tuple[Row, ...]:
    """A table's rows in the order of their codes."""
    return tuple(Row(code, name(code), counted[code]) for code in sorted(counted))


def _place(code: str, asked: Asked, names: Mapping[str, str]) -> str:
    """A part of the branch, or what is the branch's own and of none of its parts."""
    name = names.get(code, code)
    return say("insight.own", name=name) if code == asked.region and code.endswith("00") else name


def _months(counted: Mapping[str, Tally]) -> tuple[Row, ...]:
    """Every month from the first announcement to the last one, the empty ones between them too."""
    if not counted:
        return ()
    return tuple(Row(month, month, counted.get(month, Tally())) for month in rules.months(min(counted), max(counted)))


def _workdays(days: Mapping[tuple[date, date], int], *, region: str) -> Mapping[int, int]:
    """How often a completed selection took so many working days: those after the day of publication, to the award's."""
    if not days:
        return {}
    known, path = calendar(), regions.path(region)
    day, last = min(begun for begun, _ in days), max(ended for _, ended in days)
    passed, counted = {day: 0}, 0
    while day < last:
        day += ONE_DAY
        counted += known.is_workday(day, path=path).working
        passed[day] = counted
    found = Counter[int]()
    for (begun, ended), count in days.items():
        found[passed[ended] - passed[begun]] += count
    return found


# Pictures


def drawn(found: Figures, table: Table) -> str:
    """One table as SVG: months as columns, everything else as bars that show where the budgets went."""
    title = say(f"insight.chart.{table.value}")
    if table is Table.MONTH:
        series = (say("insight.series.announcements"), say("insight.series.completed"))
        shown = found.tables[table][-rules.CHARTED :]
        return columns([_column(row, first=row is shown[0]) for row in shown], title=title, series=series)
    series = (say("insight.series.award"), say("insight.series.saving"))
    return bars([_bar(row) for row in found.tables[table]], title=title, series=series)


def _column(row: Row, *, first: bool) -> Bar:
    year, number = row.code.split("-")
    parts = (row.tally.announcements, row.tally.completed)
    return Bar(str(int(number)), parts, year if first or number == "01" else "")


def _bar(row: Row) -> Bar:
    tally = row.tally
    value = say("insight.bar", award=wan(tally.award_fen), rate=percent(tally.saving_ppm or 0))
    return Bar(row.name, (tally.award_fen, tally.saving_fen), value)


# Files


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table for a spreadsheet: the codes of its columns, and its rows; amounts in 元, shares in per cent."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]


TALLIED = ("announcements", "completed", "completed_ppm", "budget", "award", "saving", "saving_ppm")


def sheet(found: Figures, name: str) -> Sheet | None:
    """The table of that name; None where there is none."""
    if name == Table.OUTCOME:
        return Sheet((name, "count"), [(say(code, name), count) for code, count in found.outcomes.items()])
    if name == "concentration":
        columns = ("code", "name", "item", "agency_code", "agency", "held", "total", "held_yuan", "total_yuan", "share")
        return Sheet(columns, [_shared(found, lead) for lead in found.shares])
    if name not in set(rules.DRAWN):
        return None
    return Sheet(("code", "name", *TALLIED), [_tallied(row) for row in found.tables[Table(name)]])


def _tallied(row: Row) -> Sequence[object]:
    tally = row.tally
    return (
        row.code,
        row.name,
        tally.announcements,
        tally.completed,
        percent(tally.completed_ppm).rstrip("%"),
        typed(tally.budget_fen),
        typed(tally.award_fen),
        typed(tally.saving_fen),
        percent(tally.saving_ppm).rstrip("%"),
    )


def _shared(found: Figures, lead: Share) -> Sequence[object]:
    return (
        lead.region,
        found.region_names.get(lead.region, lead.region),
        found.item_names.get(lead.item, lead.item),
        lead.agency_code,
        lead.agency_name,
        lead.held,
        lead.total,
        typed(lead.held_fen),
        typed(lead.total_fen),
        percent(lead.ppm).rstrip("%"),
    )


# What machines read


def rows(found: Figures, after: str | None, limit: int) -> Listing[Mapping[str, Any]]:
    """The rows of all tables, by table and code, from the one after `after` on."""
    key = parsed(after, (str, str)) or ("", "")
    every = [(table.value, row) for table in sorted(rules.DRAWN) for row in found.tables[table]]
    left = [(table, row) for table, row in every if (table, row.code) > key]
    page = listing(left[: limit + 1], size=limit, key=lambda pair: (pair[0], pair[1].code))
    return Listing(tuple(_members(table, row) for table, row in page.rows), page.after)


def members(found: Figures, name: str) -> Mapping[str, Any] | None:
    """One table with its rows, or `summary`: the whole and the further figures; None for any other name."""
    if name == "summary":
        return {
            "table": name,
            **_counted(found.total),
            "outcomes": {outcome.value: count for outcome, count in found.outcomes.items()},
            "direct_ppm": found.direct_ppm,
            "median_days_halves": None if found.median_days is None else int(2 * found.median_days),
            "decided_attempts": found.registrants.attempts,
            "valid_registrations": found.registrants.valid,
            "in_time_ppm": found.in_time_ppm,
            "evaluated_ppm": found.evaluated_ppm,
            "agencies": found.library,
            "grades": {grade.value: count for grade, count in found.grades.items()},
            "grades_as_of": instant(found.grades_as_of),
            "sanctions": {kind.value: count for kind, count in found.sanctions.items()},
        }
    if name not in set(rules.DRAWN):
        return None
    return {"table": name, "rows": [_members(name, row) for row in found.tables[Table(name)]]}


def _members(table: str, row: Row) -> Mapping[str, Any]:
    return {"table": table, "code": row.code, "name": row.name, **_counted(row.tally)}


def _counted(tally: Tally) -> Mapping[str, Any]:
    return {
        "announcements": tally.announcements,
        "completed": tally.completed,
        "budget_fen": tally.budget_fen,
        "award_fen": tally.award_fen,
        "saving_fen": tally.saving_fen,
        "saving_ppm": tally.saving_ppm,
    }


COUNT = {"type": "integer", "minimum": 0}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "table": {"type": "string", "enum": [*(table.value for table in rules.DRAWN), "summary"]},
        "code": {"type": "string"},
        "name": {"type": "string"},
        "announcements": COUNT,
        "completed": COUNT,
        "budget_fen": COUNT,
        "award_fen": COUNT,
        "saving_fen": {"type": "integer"},
        "saving_ppm": {"type": ["integer", "null"]},
    },
    "required": ["table"],
}
