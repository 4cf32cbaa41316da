"""Workbooks that go out: the template of a kind of file, and the rows of one that have faults. Text stays text."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.intake import rules
from app.intake.judging import Described, Judged

TEXT_BLUE = "#14507a"
GROUND = "#e6f0f7"
PALE_RED = "#fdeceb"
UNDATED = datetime(1980, 1, 1, tzinfo=UTC)
"""The day with which a zip archive's own calendar begins."""
LIST_LONGEST = 255
"""Characters that a list inside a cell's validation may have; longer ones stand on the sheet of codes."""


class _Book:
    """A workbook in memory whose strings are never formulas, numbers or links."""

    def __init__(self) -> None:
        self.bytes = BytesIO()
        self.book = xlsxwriter.Workbook(
            self.bytes,
            {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False},
        )
        # A workbook is the same to the byte whenever it is made, so that nothing can be read from it but what is in it.
        self.book.set_properties({"created": UNDATED})
        self.text = self.book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        self.head = self.book.add_format({"bold": True, "bg_color": GROUND, "font_color": TEXT_BLUE, "border": 1})
        self.fault = self.book.add_format({"num_format": "@", "text_wrap": True, "valign": "top", "bg_color": PALE_RED})

    def sheet(self, name: str, heads: Sequence[str], widths: Sequence[int]) -> Worksheet:
        made = self.book.add_worksheet(name)
        for place, (head, width) in enumerate(zip(heads, widths, strict=True)):
            made.set_column(place, place, width, self.text)
            made.write_string(0, place, head, self.head)
        made.freeze_panes(1, 1)
        return made

    def line(self, sheet: Worksheet, row: int, texts: Iterable[str], look: Format | None = None) -> None:
        for place, text in enumerate(texts):
            sheet.write_string(row, place, text, look or self.text)

    def closed(self) -> bytes:
        self.book.close()
        return self.bytes.getvalue()


def template(columns: Sequence[Described], words: Mapping[str, Any]) -> bytes:
    """The empty table, a sheet that explains each column, and one with everything that may be chosen.

    `words`: `sheets` = names of the three sheets, `heads` = headings of the second, `required`, `optional`, `pick`,
    `examples` by field.
    """
    book = _Book()
    filled, told, codes = words["sheets"]
    sheet = book.sheet(filled, [column.heading for column in columns], [column.width for column in columns])
    explained = book.sheet(told, words["heads"], (24, 8, 60, 40))
    lists = book.sheet(codes, [column.heading for column in columns if column.words], [32] * _choosing(columns))
    place_of_list = 0
    for place, column in enumerate(columns):
        wanted = words["required"] if column.required else words["optional"]
        book.line(explained, place + 1, (column.heading, wanted, column.hint, words["examples"].get(column.field, "")))
        validation: dict[str, Any] = {
            "validate": "any",
            "ignore_blank": True,
            "input_title": column.heading[:32],
            "input_message": f"{wanted} {column.hint}"[:LIST_LONGEST],
        }
        if column.words:
            for row, word in enumerate(column.words):
                lists.write_string(row + 1, place_of_list, word, book.text)
            letter = _letter(place_of_list)
            source = f"='{codes}'!${letter}$2:${letter}${len(column.words) + 1}"
            # A code may be typed as well: whoever knows better is told by the preview, not by a window.
            validation |= {
                "validate": "list",
                "source": source,
                "error_type": "warning",
                "error_message": words["pick"],
            }
            place_of_list += 1
        sheet.data_validation(1, place, rules.ROWS, place, validation)
    return book.closed()


def faulty(columns: Sequence[Described], rows: Collection[Judged], *, heading: str, sheet: str) -> bytes:
    """The rows with faults as they stood in the file, and in the last column what is wrong: to be put right."""
    book = _Book()
    made = book.sheet(
        sheet, [*(column.heading for column in columns), heading], [*(column.width for column in columns), 60]
    )
    for number, row in enumerate(rows, 1):
        for place, column in enumerate(columns):
            look = book.fault if row.beside(column.field) else book.text
            made.write_string(number, place, row.shown.get(column.field, ""), look)
        made.write_string(number, len(columns), "\n".join(fault.text + fault.cure for fault in row.faults), book.fault)
    return book.closed()


def _choosing(columns: Sequence[Described]) -> int:
    return sum(bool(column.words) for column in columns)


def _letter(place: int) -> str:
    return chr(ord("A") + place)
