"""A year's arrangement out of a table, in the encodings offices live in."""

from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook

from app.calendar import intake

TABLE = "日期,类型,名称\n2027-01-01,放假,元旦\n2027/2/6至2027/2/8,放假,春节\n2027年2月20日,上班,春节\n"
OFF = (date(2027, 1, 1), date(2027, 2, 6), date(2027, 2, 7), date(2027, 2, 8))
MADE_UP = (date(2027, 2, 20),)


def read(text: str, encoding: str = "utf-8") -> intake.Sheet:
    return intake.read(BytesIO(text.encode(encoding)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_is_read(app, encoding):
    sheet = read(TABLE, encoding)
    assert (sheet.faults, sheet.refusals) == ((), ())
    assert (sheet.year.year, sheet.year.days_off, sheet.year.make_up_days) == (2027, OFF, MADE_UP)
    assert sheet.year.names["2027-02-08"] == "春节"


def test_foreign_headings_are_read_too(app):
    assert read("date,kind,name\n2027-01-01,off,New Year\n2027-02-20,work,\n").year.make_up_days == MADE_UP


def test_a_workbook_is_read(app):
    book = Workbook()
    book.active.append(["日期", "类型", "名称"])
    book.active.append([datetime(2027, 1, 1), "放假", "元旦"])  # noqa: DTZ001 - as a spreadsheet holds a day
    book.active.append(["2027-02-20", "上班", None])
    content = BytesIO()
    book.save(content)
    content.seek(0)
    sheet = intake.read(content)
    assert (sheet.year.days_off, sheet.year.make_up_days, sheet.faults) == (OFF[:1], MADE_UP, ())


def test_each_bad_line_is_named_and_the_others_stay(app):
    sheet = read(TABLE + "元旦,放假,\n2027-05-01,半天,\n2027-01-01,上班,\n")
    assert [(fault.number, fault.reason.code) for fault in sheet.faults] == [
        (5, "calendar_line_day"),
        (6, "calendar_line_kind"),
        (7, "calendar_line_twice"),
    ]
    assert sheet.year.days_off == OFF


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        ("日期,名称\n2027-01-01,元旦\n".encode(), "heading_missing"),
        (b"%PDF-1.4\n%%EOF\n", "table_type"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(app, content, code):
    sheet = intake.read(BytesIO(content))
    assert sheet.year is None
    assert [reason.code for reason in sheet.refusals] == [code]
