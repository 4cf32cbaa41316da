"""A year's arrangement out of a table: what its lines say, and what is wrong with each."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from app.calendar import wording
from app.calendar.forms import days_of
from app.calendar.rules import Year
from app.intake import reading
from app.intake.reading import Row, Table
from app.refusal import Refusal, Refused


@dataclass(frozen=True, slots=True)
class Fault:
    """One line that was left out: its number in the file, and why."""

    number: int
    reason: Refusal


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file says: a year, None where nothing can be read; the lines left out; the reasons against the whole."""

    year: Year | None = None
    faults: tuple[Fault, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass
class _Lines:
    """The lines read so far: each day with the line it stands on."""

    off: dict[date, int] = field(default_factory=dict)
    make_up: dict[date, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def read(stream: BinaryIO) -> Sheet:
    """The arrangement in a workbook or CSV file (UTF-8 or GB18030), of the year that most of its days belong to."""
    try:
        table = _table(reading.measured(stream))
    except Refused as refused:
        return Sheet(refusals=refused.reasons)
    lines, faults = _Lines(), []
    for row in table.rows:
        faults += [Fault(row.number, reason) for reason in _take(lines, row)]
    days = (*lines.off, *lines.make_up)
    year = Counter(day.year for day in days).most_common(1)[0][0] if days else 0
    return Sheet(Year(year, tuple(sorted(lines.off)), tuple(sorted(lines.make_up)), "", lines.names), tuple(faults))


def _table(content: bytes) -> Table:
    own, foreign = wording.HEADINGS
    try:
        return _with(content, own)
    except Refused:
        try:
            return _with(content, foreign)
        except Refused:
            # What is wrong is said in the words of the market's own headings.
            return _with(content, own)


def _with(content: bytes, headings: Mapping[str, str]) -> Table:
    return reading.table(content, headings=headings, required=frozenset({"day", "kind"}), exact=frozenset())


def _take(lines: _Lines, row: Row) -> Iterator[Refusal]:
    text, kind = row.cells["day"].text, row.cells["kind"].text
    try:
        days = days_of(text)
    except ValueError:
        yield Refusal("calendar_line_day", params={"text": text})
        return
    if kind.lower() not in (*wording.OFF, *wording.MAKE_UP):
        yield Refusal("calendar_line_kind", params={"text": kind})
        return
    wanted = lines.off if kind.lower() in wording.OFF else lines.make_up
    for day in days:
        known = lines.off.get(day) or lines.make_up.get(day)
        if known is not None:
            yield Refusal("calendar_line_twice", params={"day": day.isoformat(), "number": known})
            continue
        wanted[day] = row.number
        if "name" in row.cells and row.cells["name"].text:
            lines.names[day.isoformat()] = row.cells["name"].text
