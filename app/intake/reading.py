"""From the bytes of a workbook or a CSV file to rows of text: nothing is guessed, nothing calculated, nothing executed.

A number is the text of its exact value, a date is `2026-03-05`; a formula, an error, or a number where zeros count is a
fault of its cell. pandas and openpyxl are loaded by whoever hands in a table, not by every web worker.
"""

import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, BinaryIO

from app import files
from app.files import FileRefused
from app.intake import rules
from app.intake.rules import CellFault
from app.refusal import Refusal, demand

if TYPE_CHECKING:
    from pandas import DataFrame

FORMULA = re.compile(r"^[=@]")
"""What a spreadsheet would calculate: it is refused in text too, so that no later export carries it on."""

ZEROS = re.compile(r"^0+$")
NOTE = re.compile(r"[*＊\s]")
"""What people add to a heading."""

LINES = 3 * rules.ROWS
"""Lines of a file with the blank ones."""

DOCUMENT_TYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell, stripped, and what is wrong with it."""

    text: str = ""
    fault: CellFault | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its number in the file, from 1 as a spreadsheet counts, and its cells by field."""

    number: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows below the headings, without blank ones; `ignored` are headings that mean nothing here."""

    rows: tuple[Row, ...]
    fields: tuple[str, ...]
    ignored: tuple[str, ...]


def measured(stream: BinaryIO) -> bytes:
    """The bytes of an upload, at most `rules.LARGEST`. Raises `FileRefused`."""
    content = stream.read(rules.LARGEST + 1)
    if not content:
        raise FileRefused([Refusal("file_empty", field="file")])
    if len(content) > rules.LARGEST:
        raise FileRefused(
            [Refusal("file_too_large", field="file", params={"megabytes": rules.LARGEST // 1024**2})],
        )
    return content


def table(content: bytes, *, headings: Mapping[str, str], required: frozenset[str], exact: frozenset[str]) -> Table:
    """The table in the bytes of a file, which kind is seen from the content. Raises `Refused` where it is none.

    `headings` are field → heading; the first row that is not blank must hold them, in any order.
    """
    kind = files.kind(BytesIO(content))
    if kind == files.XLSX:
        frame, faults = _workbook(content)
    elif kind == files.CSV:
        frame, faults = _text(content)
    else:
        raise FileRefused([Refusal("table_type", field="file")])
    filled = frame[(frame != "").any(axis="columns")]
    demand(rules.refusals_to_size(max(len(filled) - 1, 0)))
    found = tuple(NOTE.sub("", str(word)) for word in filled.iloc[0])
    plain = {field: NOTE.sub("", heading) for field, heading in headings.items()}
    demand(rules.refusals_to_headings(found, headings=plain, required=required))
    _demand_no_loose_cells(filled, found)
    places = {field: found.index(heading) for field, heading in plain.items() if heading in found}
    return Table(
        rows=tuple(
            Row(
                number=int(str(index)) + 1,
                cells={
                    field: _cell(str(texts[place]), faults.get((int(str(index)), place)), exact=field in exact)
                    for field, place in places.items()
                },
            )
            for index, texts in zip(filled.index[1:], filled.iloc[1:].to_numpy().tolist(), strict=True)
        ),
        fields=tuple(places),
        ignored=tuple(word for word in found if word and word not in plain.values()),
    )


def _demand_no_loose_cells(filled: "DataFrame", found: tuple[str, ...]) -> None:
    for place in (place for place, word in enumerate(found) if not word):
        if (filled.iloc[1:, place] != "").any():
            raise FileRefused([Refusal("heading_blank", field="file", params={"place": place + 1})])


def _cell(text: str, fault: CellFault | None, *, exact: bool) -> Cell:
    if fault is CellFault.NUMBER and not exact:
        fault = None
    if fault is None and len(text) > rules.CELL_LONGEST:
        return Cell(text[:100], CellFault.LONG)
    return Cell(text, fault)


Faults = dict[tuple[int, int], CellFault]


def _text(content: bytes) -> tuple["DataFrame", Faults]:
    """A CSV file as a frame of text, one column more than may be filled; faults by (row, column) from 0."""
    from pandas import read_csv
    from pandas.errors import EmptyDataError, ParserError, ParserWarning

    text = files.decoded(content)
    if text is None:
        raise FileRefused([Refusal("table_type", field="file")])
    widest = max((line.count(",") for line in text.splitlines()), default=0) + 1
    try:
        with warnings.catch_warnings():
            # It would cut off what is too wide and only warn of it.
            warnings.simplefilter("error", ParserWarning)
            frame = read_csv(
                StringIO(text),
                header=None,
                names=list(range(min(widest, rules.WIDEST + 1))),
                index_col=False,
                dtype=str,
                keep_default_na=False,
                na_filter=False,
                skip_blank_lines=False,
                nrows=LINES,
                on_bad_lines="error",
            )
    except ParserWarning as error:
        raise FileRefused([Refusal("table_wide", field="file", params={"columns": rules.WIDEST})]) from error
    except (EmptyDataError, ParserError) as error:
        raise FileRefused([Refusal("table_unreadable", field="file")]) from error
    _demand_length(len(frame))
    frame = frame.fillna("").map(lambda text: text.strip())
    _demand_width(frame)
    faults: Faults = {}
    for column in frame.columns:
        for index in frame.index[frame[column].str.match(FORMULA)]:
            faults[(int(index), int(column))] = CellFault.FORMULA
    return frame, faults


def _workbook(content: bytes) -> tuple["DataFrame", Faults]:
    """The first sheet of a workbook in the same way."""
    from pandas import DataFrame

    _demand_harmless(content)
    rows: dict[int, list[str]] = {}
    faults: Faults = {}
    lines = 0
    try:
        for lines, cells in enumerate(_cells(content), 1):
            texts = [_said(cell, (lines - 1, place), faults) for place, cell in enumerate(cells)]
            if any(texts):
                rows[lines - 1] = texts
            if len(rows) > rules.ROWS + 1 or lines == LINES:
                break
    except Exception as error:
        # A file from outside may break its reader in any way; every one of them means the same to whoever sent it.
        raise FileRefused([Refusal("table_unreadable", field="file")]) from error
    _demand_length(lines)
    frame = DataFrame.from_dict(rows, orient="index", columns=range(rules.WIDEST + 1), dtype=str).fillna("")
    _demand_width(frame)
    return frame, faults


def _demand_length(lines: int) -> None:
    if lines >= LINES:
        raise FileRefused([Refusal("table_long", field="file", params={"rows": rules.ROWS})])


def _demand_width(frame: "DataFrame") -> None:
    if len(frame.columns) > rules.WIDEST and (frame[rules.WIDEST] != "").any():
        raise FileRefused([Refusal("table_wide", field="file", params={"columns": rules.WIDEST})])


def _demand_harmless(content: bytes) -> None:
    """No part unfolds beyond bounds or brings entities of its own. Raises `FileRefused`."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            parts = packed.infolist()
            if sum(part.file_size for part in parts) > rules.UNPACKED_LARGEST:
                raise FileRefused([Refusal("table_bomb", field="file")])
            for part in parts:
                if not part.filename.lower().endswith((".xml", ".rels")):
                    continue
                with packed.open(part) as opened:
                    if DOCUMENT_TYPE.search(opened.read(4096)):
                        raise FileRefused([Refusal("table_unreadable", field="file")])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise FileRefused([Refusal("table_unreadable", field="file")]) from error


def _cells(content: bytes) -> Any:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # It warns of look and validation that it does not read; we read neither.
        warnings.simplefilter("ignore")
        book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            yield from sheet.iter_rows(max_col=rules.WIDEST + 1)
        finally:
            book.close()


def _said(cell: Any, at: tuple[int, int], faults: Faults) -> str:
    """What a workbook's cell says, exactly; what is wrong with it goes into `faults`."""
    value, kind = cell.value, cell.data_type
    if value is None:
        return ""
    if kind == "f":
        faults[at] = CellFault.FORMULA
        return str(getattr(value, "text", value))
    if kind == "e":
        faults[at] = CellFault.ERROR
        return str(value)
    if isinstance(value, datetime | date):
        return _day(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _figure(value, str(cell.number_format), at, faults)
    text = str(value).strip()
    if FORMULA.match(text):
        faults[at] = CellFault.FORMULA
    return text


def _day(value: datetime | date) -> str:
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()


def _figure(value: int | float, look: str, at: tuple[int, int], faults: Faults) -> str:
    """A number as its exact text; one shown as per cent as people see it; one shown with leading zeros with them."""
    exact = Decimal(repr(value)) * (100 if "%" in look else 1)
    text = str(int(exact)) if exact == exact.to_integral_value() and abs(exact) < 10**15 else format(exact.normalize())
    if ZEROS.match(look) and text.isdigit() and len(look) > 1:
        return text.zfill(len(look))
    faults[at] = CellFault.NUMBER
    return text
