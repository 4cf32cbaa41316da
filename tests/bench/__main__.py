"""`python -m tests.bench [ids]`: measure what is asked for, print the table, write docs/bench.md."""

import platform
import sqlite3
import sys
from importlib.metadata import version
from pathlib import Path

from tests.bench import draw, duplicates

ENTRIES = {"P6": duplicates.measure, "P8": draw.measure}
PAGE = Path(__file__).parents[2] / "docs" / "bench.md"


def main(wanted: list[str]) -> int:
    """Measure; 2 for an id that is not known."""
    unknown = set(wanted) - set(ENTRIES)
    if unknown:
        print(f"no such entry: {', '.join(sorted(unknown))}; there are {', '.join(ENTRIES)}")
        return 2
    versions = ", ".join(f"{name} {version(name)}" for name in ("Flask", "SQLAlchemy", "psycopg", "gunicorn"))
    lines = [
        "# Measurements",
        "",
        "Written by `./market bench`; the goals are those of the project's own table of numbers.",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}.",
        "",
        "| id | what | goal | found |",
        "|---|---|---|---|",
    ]
    for identifier in wanted or ENTRIES:
        for what, goal, found in ENTRIES[identifier]():
            lines.append(f"| {identifier} | {what} | {goal} | {found} |")
            print(lines[-1], flush=True)
    if not wanted:
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
