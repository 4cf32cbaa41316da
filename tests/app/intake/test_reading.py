"""Bytes to rows of text: every encoding, every fault, nothing guessed (quality.md R8)."""

import io
import zipfile
from datetime import date, datetime

import pytest

from app.intake import reading, rules
from app.intake.rules import CellFault
from app.refusal import Refused
from tests.builders.intake import a_workbook

HEADINGS = {"name": "名称", "code": "代码", "money": "金额（元）"}
TEXT = "名称,代码,金额（元）\n甲,0001,12000.50\n"


def read(content: bytes):
    return reading.table(content, headings=HEADINGS, required=frozenset({"name"}), exact=frozenset({"code"}))


def refused(content: bytes) -> dict[str, dict[str, object]]:
    with pytest.raises(Refused) as caught:
        read(content)
    return {reason.code: dict(reason.params) for reason in caught.value.reasons}


def cells(row):
    return {field: (cell.text, cell.fault) for field, cell in row.cells.items()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_of_any_office_reads_the_same(encoding, end):
    found = read(TEXT.replace("\n", end).encode(encoding))
    assert [row.number for row in found.rows] == [2]
    assert cells(found.rows[0]) == {"name": ("甲", None), "code": ("0001", None), "money": ("12000.50", None)}


def test_blank_rows_are_left_out_and_numbers_stay_those_of_the_file():
    assert [row.number for row in read((TEXT + "\n,,\n乙,0002,1\n").encode()).rows] == [2, 5]


def test_a_cell_of_several_lines_is_one_row():
    found = read('名称,代码\n"甲\n乙",0001\n丙,0002\n'.encode())
    assert [(row.number, row.cells["name"].text) for row in found.rows] == [(2, "甲\n乙"), (3, "丙")]


def test_columns_stand_in_any_order_and_others_are_named():
    found = read("备注, 金额（元） *,名称\nx,1,甲\n".encode())
    assert cells(found.rows[0]) == {"name": ("甲", None), "money": ("1", None)}
    assert (found.ignored, found.fields) == (("备注",), ("name", "money"))


@pytest.mark.parametrize("text", ["=1+1", "=HYPERLINK(1)", "@SUM(A1)", '"  =1"'])
def test_a_formula_in_text_is_a_fault_of_its_cell(text):
    assert read(f"名称,代码\n甲,{text}\n".encode()).rows[0].cells["code"].fault is CellFault.FORMULA


@pytest.mark.parametrize("text", ["-1", "+86 775 1234567", "a=b"])
def test_what_only_looks_like_one_is_text(text):
    assert read(f"名称,代码\n甲,{text}\n".encode()).rows[0].cells["code"].fault is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "table_type"),
        (b"\x00\x01\x02", "table_type"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "table_type"),
        (TEXT.encode("utf-16"), "table_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "table_type"),
        (b"\n", "table_empty"),
        ("名称,代码\n".encode(), "table_empty"),
        ("代码\n1\n".encode(), "heading_missing"),
        ("名称,名称\n1,2\n".encode(), "heading_twice"),
        ("名称,代码\n1,2,3\n".encode(), "heading_blank"),
        ('名称,代码\n甲,"0001\n'.encode(), "table_unreadable"),
        (("名称" + ",x" * 80 + "\n甲" + ",y" * 80).encode(), "table_wide"),
        (("名称\n" + "甲\n" * (rules.ROWS + 1)).encode(), "table_long"),
        (("名称\n" + "\n" * (3 * rules.ROWS) + "甲\n").encode(), "table_long"),
    ],
)
def test_what_is_no_table_of_this_kind_is_refused_by_name(content, code):
    assert code in refused(content)


def test_a_refusal_says_which_heading():
    assert refused("代码\n1\n".encode()) == {"heading_missing": {"heading": "名称"}}


def test_the_largest_table_is_taken():
    assert len(read(("名称\n" + "甲\n" * rules.ROWS).encode()).rows) == rules.ROWS


@pytest.mark.parametrize(("size", "code"), [(0, "file_empty"), (rules.LARGEST + 1, "file_too_large")])
def test_an_upload_is_measured_before_it_is_read(size, code):
    with pytest.raises(Refused) as caught:
        reading.measured(io.BytesIO(b"x" * size))
    assert [reason.code for reason in caught.value.reasons] == [code]
    assert len(reading.measured(io.BytesIO(b"x" * rules.LARGEST))) == rules.LARGEST


def a_sheet(write):
    def all_of_it(book, sheet):
        for place, heading in enumerate(HEADINGS.values()):
            sheet.write_string(0, place, heading)
        write(book, sheet)

    return a_workbook(all_of_it)


def test_a_workbook_reads_exactly_what_it_shows():
    """Numbers exact, per cent as people see it, dates as forms write them, zeros where the look has them."""

    def write(book, sheet):
        sheet.write_string(1, 0, " 甲 ")
        sheet.write_number(1, 1, 1, book.add_format({"num_format": "0000"}))
        sheet.write_number(1, 2, 12000.5)
        sheet.write_datetime(2, 0, date(2026, 3, 5), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_string(2, 1, "0001")
        sheet.write_number(2, 2, 0.015, book.add_format({"num_format": "0.00%"}))
        look = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_datetime(3, 0, datetime.fromisoformat("2026-03-05 09:30"), look)
        sheet.write_number(3, 2, 123456789012)

    first, second, third = read(a_sheet(write)).rows
    assert cells(first) == {"name": ("甲", None), "code": ("0001", None), "money": ("12000.5", None)}
    assert cells(second) == {"name": ("2026-03-05", None), "code": ("0001", None), "money": ("1.5", None)}
    assert cells(third) == {"name": ("2026-03-05 09:30:00", None), "code": ("", None), "money": ("123456789012", None)}


def test_a_number_where_zeros_count_is_a_fault_and_elsewhere_none():
    def write(book, sheet):
        sheet.write_number(1, 0, 1)
        sheet.write_number(1, 1, 1)

    row = read(a_sheet(write)).rows[0]
    assert (row.cells["name"].fault, row.cells["code"].fault) == (None, CellFault.NUMBER)


def test_a_workbooks_formulas_and_errors_are_faults_even_with_a_value():
    def write(book, sheet):
        sheet.write_formula(1, 0, "=1+1", None, 2)
        sheet.write_array_formula(1, 1, 1, 1, "{=SUM(1)}", None, 1)
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
        sheet.write_string(2, 0, "=cmd()")

    first, second = read(a_sheet(write)).rows
    assert {cell.fault for cell in first.cells.values()} == {CellFault.FORMULA}
    assert second.cells["name"].fault is CellFault.FORMULA


def test_a_row_far_down_or_a_table_too_long_is_refused():
    assert "table_long" in refused(a_sheet(lambda book, sheet: sheet.write_string(1048575, 0, "甲")))

    def write(book, sheet):
        for row in range(rules.ROWS + 1):
            sheet.write_string(row + 1, 0, "甲")

    assert refused(a_sheet(write)) == {"table_long": {"rows": rules.ROWS}}


def with_part(name: str, content: bytes) -> bytes:
    packed = io.BytesIO(a_sheet(lambda book, sheet: sheet.write_string(1, 0, "甲")))
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def test_what_unfolds_too_far_is_refused_before_it_unfolds():
    content = with_part("xl/big.xml", b"0" * (rules.UNPACKED_LARGEST + 1))
    assert len(content) < 100_000
    assert "table_bomb" in refused(content)


@pytest.mark.parametrize("said", [b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', b'<?xml version="1.0"?>\n<! ENTITY x "y">'])
def test_entities_of_its_own_are_refused(said):
    assert "table_unreadable" in refused(with_part("xl/other.xml", said))


@pytest.mark.parametrize("name", ["xl/vbaProject.bin"])
def test_macros_are_refused(name):
    assert "table_type" in refused(with_part(name, b"x"))


@pytest.mark.parametrize("keep", [600, 2000, -40])
def test_half_a_workbook_is_refused(keep):
    whole = a_sheet(lambda book, sheet: sheet.write_string(1, 0, "甲"))
    assert refused(whole[:keep]).keys() <= {"table_type", "table_unreadable"}


def test_a_broken_sheet_is_refused_and_not_an_error():
    packed = io.BytesIO(a_sheet(lambda book, sheet: sheet.write_string(1, 0, "甲")))
    broken = io.BytesIO()
    with zipfile.ZipFile(packed) as whole, zipfile.ZipFile(broken, "w") as archive:
        for part in whole.infolist():
            content = whole.read(part)
            archive.writestr(part, content[:300] if part.filename.endswith("sheet1.xml") else content)
    assert "table_unreadable" in refused(broken.getvalue())
