"""How large a table may be, what may be wrong with a cell, and how a row can end."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum

from app.refusal import Refusal

LARGEST = 5 * 1024 * 1024
"""Bytes of a table; the market's own limit, like those that follow."""

UNPACKED_LARGEST = 32 * 1024 * 1024
"""Bytes to which a workbook may unfold: twenty times what the longest table of needs comes to."""

ROWS = 5_000
"""Rows of one table without its headings."""

WIDEST = 60
"""Columns that are looked at; a table with something in the one after them is too wide."""

CELL_LONGEST = 32_767
"""Characters of one cell, as in a spreadsheet."""

PORTION = 50
"""Rows that one round of the sweep performs for one run, so that deadlines of others never wait for a long table."""

PAUSE = timedelta(seconds=1)
"""Real time between two portions of one run: the sweep comes round to everything else in between."""


class Outcome(StrEnum):
    """How a row ended; `known` = the same row of the same file had been done before, by this account."""

    DONE = "done"
    KNOWN = "known"
    WAITING = "waiting"
    REFUSED = "refused"
    STOPPED = "stopped"


DOING = frozenset({Outcome.DONE, Outcome.KNOWN, Outcome.WAITING})
"""Outcomes after which the row is handed in and must not be done again."""


class CellFault(StrEnum):
    """What may be wrong with a cell before anybody asks what it says; a refusal's code."""

    FORMULA = "cell_formula"
    ERROR = "cell_error"
    NUMBER = "cell_number"
    LONG = "cell_long"


def refusals_to_headings(
    found: Sequence[str], *, headings: Mapping[str, str], required: Collection[str]
) -> Iterator[Refusal]:
    """Why a first row is no heading of this table: `headings` are field → word, `required` the fields that must stand.

    A column with another heading is left alone, and the page says so; two columns of one name would be a guess.
    """
    for field, heading in headings.items():
        times = sum(heading == word for word in found)
        if times > 1:
            yield Refusal("heading_twice", field="file", params={"heading": heading})
        elif times == 0 and field in required:
            yield Refusal("heading_missing", field="file", params={"heading": heading})


def refusals_to_size(rows: int) -> Iterator[Refusal]:
    """Why a table of so many rows is not taken."""
    if rows == 0:
        yield Refusal("table_empty", field="file")
    if rows > ROWS:
        yield Refusal("table_long", field="file", params={"rows": ROWS})


def refusals_to_confirm(*, seen: int, ready: int) -> Iterator[Refusal]:
    """Why what was seen cannot be confirmed: `seen` rows stood on the page, `ready` can be done now."""
    if ready == 0:
        yield Refusal("nothing_ready")
    elif seen != ready:
        yield Refusal("preview_changed", params={"seen": seen, "ready": ready})
