"""How long a machine's token lives, and how much one answer holds."""

from datetime import datetime, timedelta

TOKEN_DAYS = 90
"""The longest life of a token; the market's own limit."""

TOKEN_DAYS_BY_PASSWORD = 1
"""The life of a token that a demonstration gives for a name and a password, where nothing else was asked."""

ENTRIES = 1_000
"""The most entries in one answer (protocol.md §3.6)."""

ROWS = 500
"""The most rows of a resource in one answer (interface.md, Machine API)."""

ROWS_UNASKED = 100
KEY_LONGEST = 100
BODY_LARGEST = 1024 * 1024
TEXT_LONGEST = 20_000
"""Characters in one text of an input; no page takes more."""

SWEEP_LATE = timedelta(seconds=60)
"""From this age of the last sweep on, the deployment is not ready."""


def token_ends(*, now: datetime, days: int) -> datetime:
    """The first instant (real time) at which a token made `now` is worth nothing. Raises ValueError outside 1 … 90."""
    if not 1 <= days <= TOKEN_DAYS:
        raise ValueError(days)
    return now + timedelta(days=days)
