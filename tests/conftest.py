"""One application per database, one outer transaction per test, a clock that stands still until a test moves it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import make_url

from app.chance import FixedChance
from app.clock import FixedClock
from app.clockwork import services as clockwork
from app.database import db
from app.deployment import settle_market_id
from app.factory import TESTS, create_app
from app.region import services as regions
from app.settings import Settings
from app.sweep import keep_log, run_due
from app.values import SHANGHAI
from story import STORY

PASSWORD = "demo-2026-market"
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


def build(url: str, folder: Path, **options: Any) -> Flask:
    """An application with tables and reference data, its clock standing at START."""
    clock = options.pop("clock", None) or FixedClock(START)
    app = create_app(
        settings_for(url, folder), story=STORY, clock=clock, chance=options.pop("chance", FixedChance()), token=TESTS
    )
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Client
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
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def app(built: Flask) -> Iterator[Flask]:
    """The application in context, inside one outer transaction that is rolled back: services commit for real."""
    clock: FixedClock = built.extensions["market.clock"]
    clock.instant = START
    with built.app_context():
        engine = db.engine
        connection = engine.connect()
        outer = connection.begin()
        db.engines[None] = connection
        try:
            yield built
        finally:
            db.session.remove()
            outer.rollback()
            connection.close()
            db.engines[None] = engine


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
