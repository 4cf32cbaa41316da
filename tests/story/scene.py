"""A market of the tests' own in which much has happened, and the ways to look at all of it: pages, rows, files."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from flask import Flask
from sqlalchemy import MetaData, func, select
from sqlalchemy.orm import Session

from app.audit.models import Entry
from app.clock import FixedClock
from app.database import Base, db, is_sqlite
from app.sweep import beat, keep_log
from tests.conftest import START, Client, build, fresh_database
from tests.story.conftest import Market

DATABASES = ("sqlite", "postgresql")


@contextmanager
def a_market(kind: str, folder: Path) -> Iterator[Market]:
    """A market on its own database with real commits, its clock standing at Monday 2 March 2026, 09:00."""
    with fresh_database(kind, folder) as url:
        app = build(url, folder, clock=FixedClock(START))
        # As when it serves: what breaks is answered by a page and logged, not raised into the test.
        app.config["PROPAGATE_EXCEPTIONS"] = False
        yield Market(app)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def numbered(market: Market) -> None:
    """The log numbered and a head signed, as the ticker does it between two acts."""
    with market.app.app_context():
        keep_log()
        beat()
        db.session.remove()


# What people see


class Browser:
    """Somebody's browser, signed in once; nobody's without a login."""

    def __init__(self, market: Market, login: str | None) -> None:
        self.login = login
        self._app = market.app
        self._client: Client = market.app.test_client()
        if login is not None:
            with self._app.app_context():
                self._client.sign_in(login)

    def get(self, address: str, **options: Any) -> Any:
        with self._app.app_context():
            return self._client.get(address, **options)

    def post(self, address: str, **options: Any) -> Any:
        with self._app.app_context():
            return self._client.post(address, **options)

    def cookies(self) -> str:
        """What the browser holds, as it holds it."""
        return " ".join(cookie.value for cookie in self._client._cookies.values())


def addresses(app: Flask, known: Mapping[str, Sequence[str]]) -> list[str]:
    """Every address that answers to GET, for every known number: `known` says what stands behind `/<first part>/`."""
    adapter = app.url_map.bind("localhost")
    found = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.endswith("static"):
            continue
        names = sorted(rule.arguments)
        first = rule.rule.split("/")[1]
        values = [known.get(f"{first}/{name}", known.get(first, ()) if len(names) == 1 else ()) for name in names]
        found.update(adapter.build(rule.endpoint, dict(zip(names, chosen, strict=True))) for chosen in product(*values))
    return sorted(found - {"/logout"})


NOT_FOLLOWED = ("/static", "/bootstrap", "/log/", "/catalogue/")
WHOLE_LOG = ("/log/entries?start=0&end=1000", "/opendata/changes?after=0", "/log/")


@dataclass(frozen=True)
class Shown:
    """One answer as it came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


def look(browser: Browser, address: str) -> Shown:
    """One page."""
    return answer_of(browser.get(address))


def answer_of(response: Any) -> Shown:
    """An answer read to its end."""
    with response:
        return Shown(response.status_code, tuple(response.headers), response.get_data())


def crawl(browser: Browser, start: Iterable[str]) -> dict[str, Shown]:
    """Every start address and whatever the pages link to from there, but for each item's own page: address → answer.

    The log is read whole by three of its addresses instead of entry by entry. Every filter of a list is followed by
    itself; of filters that are combined one address for each set of them, for each narrows the rows by itself, and
    combinations would be half of all pages. A page to sign in on is one, wherever it leads back to.
    """
    seen: dict[str, Shown] = {}
    combined: set[tuple[str, ...]] = set()
    waiting = dict.fromkeys((*start, *WHOLE_LOG))
    while waiting:
        linked: dict[str, None] = {}
        for address in waiting:
            shown = seen[address] = look(browser, address)
            if dict(shown.headers).get("Content-Type", "").startswith("text/html"):
                links = re.findall(r'href="(/[^"#]*)', shown.text)
                linked |= dict.fromkeys(link.replace("&amp;", "&") for link in links)
        waiting = {address: None for address in linked if address not in seen and not address.startswith(NOT_FOLLOWED)}
        # Sorted: which one of a set is followed does not depend on where it was linked from first.
        for address in sorted(waiting):
            path, _, query = address.partition("?")
            names = sorted(parse_qs(query, keep_blank_values=True))
            if (len(names) > 1 or names == ["next"]) and "after" not in names:
                if (path, *names) in combined:
                    del waiting[address]
                combined.add((path, *names))
    return seen


# What a thief sees


def spellings(fen: int) -> dict[str, bytes]:
    """How an amount could stand somewhere: in digits, in 元, encoded, or as the integer itself."""
    yuan = f"{fen // 100}.{fen % 100:02d}"
    plain = {
        "fen": str(fen),
        "fen with commas": f"{fen:,}",
        "yuan": yuan,
        "yuan with commas": f"{fen // 100:,}.{fen % 100:02d}",
    }
    found = {name: text.encode() for name, text in plain.items()}
    for name, text in plain.items():
        raw = text.encode()
        found[f"{name}, hex"] = raw.hex().encode()
        found[f"{name}, UTF-16"] = text.encode("utf-16-le")
        for shift in range(3):
            # Only the characters that lie wholly inside do not depend on what stands before and after.
            whole = base64.b64encode(b"\0" * shift + raw)
            inside = whole[(8 * shift + 5) // 6 : 8 * (shift + len(raw)) // 6]
            found[f"{name}, Base64 at {shift}"] = inside
    found["integer of 8 bytes"] = fen.to_bytes(8, "big")
    found["integer of 8 bytes, little end first"] = fen.to_bytes(8, "little")
    found["integer of 8 bytes, hex"] = fen.to_bytes(8, "big").hex().encode()
    return found


@dataclass(frozen=True)
class Haystack:
    """A place that was searched: its name, and its bytes."""

    name: str
    content: bytes


def found_in(haystacks: Iterable[Haystack], amounts: Iterable[int]) -> list[str]:
    """Where an amount stands in any spelling: `place: amount as spelling`; empty when nowhere."""
    needles = [(f"{fen} as {name}", needle) for fen in amounts for name, needle in spellings(fen).items()]
    return [f"{hay.name}: {name}" for hay in haystacks for name, needle in needles if _stands(needle, hay.content)]


def _stands(needle: bytes, content: bytes) -> bool:
    if needle not in content:
        return False
    # A digest in hex, long as it is, may hold any eight digits by accident; nothing else that long is hex.
    return not needle.isdigit() or bool(re.search(rb"(?<![0-9a-f]{12})%b(?![0-9a-f]{12})" % needle, content))


def database_files(market: Market) -> list[Haystack]:
    """The bytes on disk: SQLite's file and write-ahead log; PostgreSQL's tables, indexes and write-ahead log."""
    with market.app.app_context():
        if is_sqlite():
            file = Path(str(db.engine.url.database))
            return [Haystack(part.name, part.read_bytes()) for part in sorted(file.parent.glob(file.name + "*"))]
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("CHECKPOINT")
            paths = connection.exec_driver_sql(
                "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                " AND relkind IN ('r', 'i', 't') UNION SELECT pg_relation_filepath(reltoastrelid) FROM pg_class"
                " WHERE relnamespace = 'public'::regnamespace AND reltoastrelid <> 0"
                " UNION SELECT 'pg_wal/' || name FROM pg_ls_waldir()"
            ).scalars()
            return [
                Haystack(path, bytes(connection.exec_driver_sql("SELECT pg_read_binary_file(%s)", (path,)).scalar()))
                for path in list(paths)
            ]


def tables(market: Market) -> list[Haystack]:
    """Every row of every table as text, bytes as they are."""
    with market.app.app_context(), db.engine.connect() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        return [
            Haystack(
                f"table {table.name}",
                b"\n".join(
                    value if isinstance(value, bytes) else str(value).encode()
                    for row in connection.execute(select(table))
                    for value in row
                ),
            )
            for table in metadata.sorted_tables
        ]


Fingerprint = Mapping[str, int]


def fingerprint(market: Market, *, besides: Iterable[str] = ()) -> Fingerprint:
    """Rows per table and the number of the last entry; `besides` are tables that may move (sign-ins)."""
    left_out = frozenset(besides)
    with market.app.app_context(), Session(db.engine) as session:
        counts = {
            name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in Base.metadata.tables.items()
            if name not in left_out
        }
        last = session.execute(select(func.max(Entry.id))).scalar()
    return {**counts, "last entry": last or 0}
