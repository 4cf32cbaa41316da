"""Durations as people type them at a command line."""

import re
from datetime import timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse(text: str) -> timedelta:
    """`90m`, `3h`, `2d`, `1w2d`; raises ValueError for anything else."""
    if not re.fullmatch(r"(\d+[smhdw])+", text):
        raise ValueError(f"not a duration: {text}; write for example 90m, 3h, 2d or 1w")
    return sum(
        (timedelta(**{UNITS[unit]: int(count)}) for count, unit in re.findall(r"(\d+)([smhdw])", text)), timedelta()
    )
