"""Files with many rows, as offices make them: CSV in some encoding, workbooks with real cells."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xlsxwriter

from app.actor import Actor
from app.clock import clock
from app.intake import queries

NEED = {
    "title": "某学校地形图测绘",
    "item": "0401",
    "content": "1:500 地形图 4 公顷",
    "region": "港南区",
    "expected_days": "10",
    "fund": "社会资金",
    "payer": "采购人支付",
    "budget_fen": "12000.50",
    "method": "随机抽取",
    "price_fen": "12000",
    "contact": "张三",
    "phone": "0775-1234567",
    "above_limit": "否",
    "excluded": "否",
}
PRICE = {
    "item": "0401",
    "unit": "平方千米",
    "price": "1234.56",
    "content": "1:500 地形图",
    "basis": "市场调节价",
    "complaint_phone": "0775-12345",
    "committed_days": "8",
    "effective_from": "2026-03-02",
}


def headings(kind: str, actor: Actor) -> dict[str, str]:
    """Field → heading of a kind of file."""
    return {column.field: column.heading for column in queries.columns(kind, actor, now=clock().market())}


def needs(count: int, **only: str) -> list[dict[str, str]]:
    """So many needs that differ by their title."""
    return [NEED | {"title": f"第{number}所学校地形图测绘"} | only for number in range(1, count + 1)]


def prices(count: int, **only: str) -> list[dict[str, str]]:
    """So many prices that differ by their day."""
    return [PRICE | {"effective_from": f"2026-04-{number:02d}"} | only for number in range(1, count + 1)]


def a_csv(
    kind: str, actor: Actor, rows: Sequence[Mapping[str, str]], *, encoding: str = "utf-8", extra: str | None = None
) -> bytes:
    """A CSV file with every column of the kind, and one more where `extra` names it."""
    words = headings(kind, actor)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*words.values(), *([extra] if extra else [])])
    for row in rows:
        writer.writerow([*(row.get(field, "") for field in words), *(["x"] if extra else [])])
    return text.getvalue().encode(encoding)


def a_workbook(write: Callable[[Any, Any], None]) -> bytes:
    """A workbook with one sheet; `write(book, sheet)` fills it."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    write(book, book.add_worksheet())
    book.close()
    return content.getvalue()


def an_xlsx(kind: str, actor: Actor, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The same as a workbook, every cell a text."""

    def write(book: Any, sheet: Any) -> None:
        words = headings(kind, actor)
        for place, (field, heading) in enumerate(words.items()):
            sheet.write_string(0, place, heading)
            for number, row in enumerate(rows, 1):
                sheet.write_string(number, place, str(row.get(field, "")))

    return a_workbook(write)
