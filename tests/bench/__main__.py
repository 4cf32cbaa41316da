"""`python -m tests.bench [ids]`: measure what is asked for, print it, write it into docs/bench.md."""

import os
import platform
import sqlite3
import sys
from importlib.metadata import version
from pathlib import Path

import psycopg

from tests.bench import auctions, deadlines, draw, duplicates, handins, killings, pages, serving

ENTRIES = {
    "P1": pages.measure,
    "P2": pages.measure,
    "P3": pages.measure,
    "P4": pages.measure,
    "P5": handins.measure,
    "P6": duplicates.measure,
    "P8": draw.measure,
    "P9": auctions.measure,
    "P12": deadlines.measure,
    "R1": killings.measure,
}
"""What measures each; P1 to P4 are measured together."""
PAGE = Path(__file__).parents[2] / "docs" / "bench.md"


def main(wanted: list[str]) -> int:
    """Measure; 2 for an id that is not known."""
    unknown = set(wanted) - set(ENTRIES)
    if unknown:
        print(f"no such entry: {', '.join(sorted(unknown))}; there are {', '.join(ENTRIES)}")
        return 2
    table = _known()
    for measured in dict.fromkeys(ENTRIES[identifier] for identifier in wanted or ENTRIES):
        fresh: dict[str, list[str]] = {}
        for identifier, what, goal, found in measured():
            fresh.setdefault(identifier, []).append(f"| {identifier} | {what} | {goal} | {found} |")
            print(fresh[identifier][-1], flush=True)
            # At once: what was found stays, whatever ends the run.
            write(table | fresh)
        table.update(fresh)
    return 0


def write(table: dict[str, list[str]]) -> None:
    """The page of what is known."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("Flask", "SQLAlchemy", "psycopg", "gunicorn"))
    lines = [
        "# Measurements",
        "",
        "Written by `./market bench`, or row by row by `./market bench P1 P8`; the goals are those of the project's",
        "own table of numbers. Speeds mean nothing alone: each is told as a share of what a JSON *hello* of Flask",
        "reaches under the same server (gunicorn, gthread, 2 workers of 8 threads), by the same client (8 open",
        f"connections), in turns in one run: median and range of {serving.ROUNDS} rounds of {serving.SECONDS:.0f} s.",
        "Nothing is served from a cache of pages. The machine had two cores, shared by server, database and client.",
        "",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {postgresql()}{versions}.",
        "",
        "| id | what | goal | found |",
        "|---|---|---|---|",
        *(line for identifier in sorted(table) for line in table[identifier]),
    ]
    PAGE.write_text("\n".join(lines) + "\n" + _remarks(), encoding="utf-8")


def _remarks() -> str:
    """What people wrote below the table: what stands in the way of a goal, and how that was found."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    _, _, below = page.rpartition("\n| ")
    _, separator, remarks = below.partition("\n\n")
    return f"\n{remarks}" if separator else ""


def postgresql() -> str:
    """The version of the PostgreSQL that the tests were given."""
    address = os.environ.get("MARKET_TEST_PG_URL")
    if not address:
        return ""
    with psycopg.connect(address) as connection:
        return f"PostgreSQL {connection.info.server_version // 10_000}.{connection.info.server_version % 10_000}, "


def _known() -> dict[str, list[str]]:
    """The rows that an earlier run found, by id."""
    table: dict[str, list[str]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else ():
        identifier = line[2:].partition(" ")[0]
        if identifier in ENTRIES and line.startswith("| "):
            table.setdefault(identifier, []).append(line)
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
