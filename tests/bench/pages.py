"""P1–P4: the public pages and the machine API beside a hello, under one server, by one client, in turns."""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, select, text

from app.web.paging import token
from marketplace.announcement.models import Announcement
from tests.bench import client
from tests.conftest import fresh_database

ROOT = Path(__file__).parents[2]
FEW, MANY = 10_000, 100_000
ROUNDS = 7
SECONDS = 2.0
START_SECONDS = 60.0
# As ./market run serves.
SERVER = ("--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket")


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
            ports = {"hello": stack.enter_context(_served("tests.bench.hello", dict(os.environ)))}
            for name, folder in folders.items():
                ports[name] = stack.enter_context(_served("wsgi", _surroundings(urls[name], folder)))
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
        found = f"{_spread(shares)} of hello; {_middle(rates[row])} of {_middle(rates[hello])} a second"
        yield row.identifier, f"{row.what}, {MANY:,} announcements, {kind}", goal, found
    costs = [its / mine for mine, its in zip(rates[first], rates[few], strict=True)]
    yield few.identifier, f"cost of the list at {MANY:,} to that at {FEW:,}, {kind}", "≤ 1.2", _spread(costs)


def _spread(figures: Sequence[float]) -> str:
    return f"{statistics.median(figures):.3f} ({min(figures):.3f} to {max(figures):.3f})"


def _middle(rates: Sequence[float]) -> str:
    return f"{statistics.median(rates):.0f}"


def _surroundings(url: str, folder: Path, **more: str) -> dict[str, str]:
    own = {"MARKET_DATABASE_URL": url, "MARKET_INSTANCE": str(folder), "FLASK_APP": "wsgi.py", **more}
    return {**{name: value for name, value in os.environ.items() if not name.startswith("MARKET_")}, **own}


def _filled(url: str, folder: Path, count: int) -> str:
    """Fill the database; the token of the page in the middle."""
    # Synthetic rows go into a demonstration only; what is measured is served as everywhere else.
    surroundings = _surroundings(url, folder, MARKET_DEMONSTRATION="1")
    for command in (["prepare"], ["bulk", "--announcements", str(count)]):
        arguments = [sys.executable, "-m", "flask", *command]
        subprocess.run(arguments, cwd=ROOT, env=surroundings, check=True, stdout=subprocess.DEVNULL)
    engine = create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
        middle = select(Announcement.published_at, Announcement.id).order_by(Announcement.published_at)
        at, identifier = connection.execute(middle.offset(count // 2).limit(1)).one()
    engine.dispose()
    return token(at.isoformat(), identifier)


@contextmanager
def _served(module: str, surroundings: Mapping[str, str]) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", *SERVER, "--log-level", "error", "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen([*command, f"{module}:application"], cwd=ROOT, env=surroundings)
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                client.body(port, "/")
                break
            except (OSError, client.Unanswered):
                if server.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait()
