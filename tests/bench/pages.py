"""P1–P4: the public pages and the machine API beside a hello, under one server, by one client, in turns."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, select, text

from app.web.paging import token
from marketplace.announcement.models import Announcement
from tests.bench import client
from tests.bench.serving import ROOT, ROUNDS, SECONDS, middle, served, spread, surroundings
from tests.conftest import fresh_database

FEW, MANY = 10_000, 100_000


@dataclass(frozen=True)
class Row:
    """One line of the table: what is asked of which server, and the share of hello that it should reach."""

    identifier: str
    what: str
    server: str
    path: str
    goal: float | None = None


def measure() -> Iterator[tuple[str, str, str, str]]:
    """(id, what, goal, found) for each database."""
    for kind in ("postgresql", "sqlite"):
        with ExitStack() as stack:
            folders = {name: Path(stack.enter_context(tempfile.TemporaryDirectory())) for name in ("few", "many")}
            urls = {name: stack.enter_context(fresh_database(kind, folder)) for name, folder in folders.items()}
            deep = ""
            for name, count in (("few", FEW), ("many", MANY)):
                deep = _filled(urls[name], folders[name], count)
            ports = {"hello": stack.enter_context(served("tests.bench.hello", dict(os.environ)))}
            for name, folder in folders.items():
                ports[name] = stack.enter_context(served("wsgi", surroundings(urls[name], folder)))
            newest = json.loads(client.body(ports["many"], "/api/v1/announcements?limit=1"))["rows"][0]["no"]
            yield from _table(kind, ports, _rows(newest, deep))


def _rows(newest: str, deep: str) -> Sequence[Row]:
    return (
        Row("hello", "hello", "hello", "/"),
        Row("P1", "list, HTML, 20 rows", "many", "/announcements/", 0.15),
        Row("P1", "the same, a page in the middle", "many", f"/announcements/?after={deep}", 0.15),
        Row("P1", "the same, those that take registrations", "many", "/announcements/?phase=registering"),
        Row("P2", "list, JSON, 100 rows", "many", "/api/v1/announcements?limit=100", 0.10),
        Row("P3", "one announcement", "many", f"/announcements/{newest}", 0.20),
        Row("P4", "list, HTML, of 10,000", "few", "/announcements/"),
    )


def _table(kind: str, ports: Mapping[str, int], rows: Sequence[Row]) -> Iterator[tuple[str, str, str, str]]:
    for row in rows:
        client.rate(ports[row.server], row.path, seconds=SECONDS)
    rates: dict[Row, list[float]] = {row: [] for row in rows}
    for _ in range(ROUNDS):
        for row in rows:
            rates[row].append(client.rate(ports[row.server], row.path, seconds=SECONDS))
    hello, first, few = rows[0], rows[1], rows[-1]
    for row in rows[1:-1]:
        shares = [mine / its for mine, its in zip(rates[row], rates[hello], strict=True)]
        goal = "for information" if row.goal is None else f"≥ {row.goal:.2f} of hello"
        found = f"{spread(shares)} of hello; {middle(rates[row])} of {middle(rates[hello])} a second"
        yield row.identifier, f"{row.what}, {MANY:,} announcements, {kind}", goal, found
    costs = [its / mine for mine, its in zip(rates[first], rates[few], strict=True)]
    yield few.identifier, f"cost of the list at {MANY:,} to that at {FEW:,}, {kind}", "≤ 1.2", spread(costs)


def _filled(url: str, folder: Path, count: int) -> str:
    """Fill the database; the token of the page in the middle."""
    # Synthetic rows go into a demonstration only; what is measured is served as everywhere else.
    around = surroundings(url, folder, MARKET_DEMONSTRATION="1")
    for command in (["prepare"], ["bulk", "--announcements", str(count)]):
        arguments = [sys.executable, "-m", "flask", *command]
        subprocess.run(arguments, cwd=ROOT, env=around, check=True, stdout=subprocess.DEVNULL)
    engine = create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
        middle = select(Announcement.published_at, Announcement.id).order_by(Announcement.published_at)
        at, identifier = connection.execute(middle.offset(count // 2).limit(1)).one()
    engine.dispose()
    return token(at.isoformat(), identifier)
