"""A table as a CSV file for offices: UTF-8 with BOM, and no cell that a spreadsheet would take for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

from werkzeug.wrappers import Response

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet reads as the beginning of a formula, the Chinese keyboard's too. Source: quality.md R8."""


def harmless(cell: object) -> str:
    """A cell as text; an apostrophe before what would otherwise be computed. Numbers are ours and stay numbers."""
    text = "" if cell is None else str(cell)
    computed = text.startswith(FORMULA) or text.lstrip().startswith(FORMULA)
    return f"'{text}" if isinstance(cell, str) and computed else text


def download(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The file `<name>.csv`; lines end as RFC 4180 has them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(harmless(cell) for cell in head)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    response = Response(text.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
