"""One application per database, one outer transaction per test, a clock that stands still until a test moves it."""

import atexit
import copy
import gc
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import psycopg
import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import event, make_url
from sqlalchemy.engine import Engine

from app.chance import Chance, FixedChance
from app.clock import Clock, FixedClock
from app.clockwork import services as clockwork
from app.database import db
from app.deployment import settle_market_id
from app.factory import TESTS, create_app
from app.region import services as regions
from app.settings import Settings
from app.sweep import keep_log, run_due
from app.values import SHANGHAI
from story import STORY
from tests.grounds import grounds_of

T = TypeVar("T")

PASSWORD = "demo-2026-market"
LATE = tuple(Path(__file__).parent / name for name in ("bidding", "ratings"))
"""The folders whose tests begin with long stories: there a story is told once (`tests.grounds`)."""

settings.register_profile("market", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("market")
# How fast an example is says something of the machine alone.

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday 2 March 2026, 09:00 in Asia/Shanghai: a plain working week, every date inside a known calendar."""


def instant(text: str) -> datetime:
    """`2026-03-05 17:30` as people say it, Asia/Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def settings_for(url: str, folder: Path) -> Settings:
    """A demonstration's settings on a database of the tests' own."""
    return Settings(
        database_url=url,
        instance=folder,
        market_id="DEMO-450800",
        secret_key="a secret key for tests",
        opening_key_file=folder / "opening.key",
        demonstration=True,
        rulebooks=(),
        workdays=(),
        testing=True,
    )


class Compiled(BytecodeCache):
    """Every template compiled once per process, however many applications it builds."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key, bucket.checksum] = bucket.code


COMPILED = Compiled()


def _hasty(connection: Any, _: object) -> None:
    # What the test process writes need not outlive a power cut; the servers that tests kill are processes of their own.
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF").close()


event.listen(Engine, "connect", _hasty)


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@dataclass(frozen=True)
class Prepared:
    """A database with tables and reference data that nobody is connected to, and its chance as it stood then."""

    url: str
    folder: Path
    chance: FixedChance


_prepared: dict[tuple[str, datetime], Prepared] = {}
_rooms = ExitStack()
"""Of the prepared databases, until the process ends."""
atexit.register(_rooms.close)


def build(url: str, folder: Path, *, clock: Clock | None = None, chance: Chance | None = None) -> Flask:
    """An application with tables and reference data in a `fresh_database`, its clock standing at START.

    A clock that stands still and a fixed chance always make the same: it is made once per process and then copied.
    """
    clock = clock or FixedClock(START)
    if type(clock) is not FixedClock:
        return _built(url, folder, clock, chance or FixedChance())
    known = make_url(url).get_backend_name(), clock.instant
    if known not in _prepared:
        _prepared[known] = _prepare(*known)
    prepared = _prepared[known]
    _copy(prepared, url, folder)
    return _application(url, folder, clock, chance or copy.copy(prepared.chance))


def _prepare(kind: str, instant: datetime) -> Prepared:
    folder = Path(_rooms.enter_context(tempfile.TemporaryDirectory(prefix="market-prepared-")))
    url = _rooms.enter_context(fresh_database(kind, folder))
    chance = FixedChance()
    app = _built(url, folder, FixedClock(instant), chance)
    with app.app_context():
        # SQLite then has everything in its one file; PostgreSQL copies only what nobody is connected to.
        db.engine.dispose()
    return Prepared(url, folder, chance)


def _copy(prepared: Prepared, url: str, folder: Path) -> None:
    """Database and key files."""
    shutil.copytree(prepared.folder, folder, dirs_exist_ok=True)
    if url.startswith("sqlite"):
        return
    name, source = make_url(url).database, make_url(prepared.url).database
    with psycopg.connect(os.environ["MARKET_TEST_PG_URL"], autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}"')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')


def _application(url: str, folder: Path, clock: Clock, chance: Chance) -> Flask:
    app = create_app(settings_for(url, folder), story=STORY, clock=clock, chance=chance, token=TESTS)
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Client
    app.jinja_env.bytecode_cache = COMPILED
    return app


def _built(url: str, folder: Path, clock: Clock, chance: Chance) -> Flask:
    app = _application(url, folder, clock, chance)
    with app.app_context():
        prepare(app)
    return app


def prepare(app: Flask) -> None:
    """Tables by the migrations, then the reference data."""
    from flask_migrate import upgrade

    upgrade(directory=str(Path(__file__).parents[1] / "migrations"))
    settle_market_id()
    regions.load()
    for stage in STORY:
        if stage.reference is not None:
            stage.reference()
    keep_log()
    db.session.remove()


class Client(FlaskClient):
    """Ends what the test itself was reading first: under one outer transaction the savepoints must not interleave."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        db.session.rollback()
        # The test's own application context stays pushed, and with it one `g` for all requests.
        for name in tuple(g):
            g.pop(name)
        return super().open(*args, **kwargs)

    def sign_in(self, login: str, password: str = PASSWORD) -> Any:
        """Sign in as a person would."""
        self.post("/logout")
        answer = self.post("/login", data={"login": login, "password": password})
        assert answer.status_code == 303, answer.text
        return answer


@contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database; dropped afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'market.sqlite3'}"
        return
    server = os.environ.get("MARKET_TEST_PG_URL")
    if not server:
        pytest.skip("for want of PostgreSQL: ./market test brings one")
    name = f"market_{os.getpid()}_{abs(hash(folder)) % 10**8}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield make_url(server).set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application of a test session, once per database."""
    folder = tmp_path_factory.mktemp(request.param)
    with fresh_database(request.param, folder) as url:
        app = build(url, folder)
        yield app
        grounds_of(app).close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def rolled_back(app: Flask, at: datetime, *, ready: bool = False) -> Iterator[Flask]:
    """The application in context at an instant, inside one outer transaction: services commit for real.

    `ready`: what others have begun with too need not be built again (`tests.grounds`).
    """
    grounds = grounds_of(app)
    with app.app_context(), grounds.stand(at, ready=ready):
        yield app


@pytest.fixture
def app(built: Flask, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application in context, inside one outer transaction that is rolled back."""
    # Under changed code a builder may lead elsewhere.
    ready = any(map(request.path.is_relative_to, LATE)) and "monkeypatch" not in request.fixturenames
    with rolled_back(built, START, ready=ready) as app:
        yield app


@dataclass(frozen=True)
class Made(Generic[T]):
    """A market of a module's own, when it was made, and what its maker found worth keeping."""

    app: Flask
    at: datetime
    kept: T


@contextmanager
def made_once(kind: str, folder: Path, make: Callable[[], T]) -> Iterator[Made[T]]:
    """A market on its own database in which `make` really happens; each test then looks at it `rolled_back`."""
    with fresh_database(kind, folder) as url:
        app = build(url, folder)
        with app.app_context():
            kept = make()
            db.session.remove()
        yield Made(app, app.extensions["market.clock"].instant, kept)
        grounds_of(app).close()


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser without JavaScript."""
    return app.test_client()


@pytest.fixture
def at(app: Flask) -> Callable[[str], datetime]:
    """Walk the market to an instant in Asia/Shanghai, doing on the way whatever falls due; never backwards."""

    def go(text: str) -> datetime:
        target = instant(text)
        clockwork.go_to(target)
        db.session.rollback()
        return target

    return go


@pytest.fixture
def tick(app: Flask) -> Callable[[], int]:
    """One round of the sweep at the present instant."""

    def go() -> int:
        done = run_due()
        db.session.rollback()
        return done

    return go


@pytest.fixture
def clock(app: Flask) -> FixedClock:
    """The market's clock, standing still."""
    found: FixedClock = app.extensions["market.clock"]
    return found
