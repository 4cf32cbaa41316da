"""The story through HTTP only: a market of its own, its people, and a clock that is walked forward."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.actor import Actor, Role
from app.clock import FixedClock
from app.clockwork import services as clockwork
from app.database import db
from app.identity import services as identities
from app.identity.rules import Grant
from story import STORY
from tests.conftest import PASSWORD, SHANGHAI, Client, build, fresh_database, instant

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
BEGIN = datetime(2024, 3, 4, 1, 0, tzinfo=UTC)
"""Monday 4 March 2024, 09:00 in Asia/Shanghai: two and a half known calendar years lie ahead."""


class Person:
    """Somebody with a browser."""

    def __init__(self, market: "Market", login: str) -> None:
        self.market, self.login = market, login
        self._client: Client = market.app.test_client()
        self._signed_in_until: datetime | None = None

    def _awake(self) -> Client:
        # The clock of a story walks days between two clicks: people sign in again.
        with self.market.app.app_context():
            if self._client.get("/desk").status_code != 200:
                self._client.sign_in(self.login, PASSWORD)
        return self._client

    def get(self, path: str) -> Any:
        """Read a page."""
        client = self._awake()
        with self.market.app.app_context():
            return client.get(path)

    def post(self, path: str, **form: Any) -> Any:
        """Hand in a form, whatever comes of it."""
        client = self._awake()
        with self.market.app.app_context():
            return client.post(path, data=form, content_type="multipart/form-data")

    def does(self, path: str, **form: Any) -> str:
        """Hand in a form that is accepted; where it led."""
        answer = self.post(path, **form)
        assert answer.status_code == 303, said(answer.text)
        return str(answer.headers["Location"])

    def is_refused(self, path: str, **form: Any) -> str:
        """Hand in a form that the rules refuse; the page's text."""
        answer = self.post(path, **form)
        assert answer.status_code == 409, (answer.status_code, said(answer.text))
        return said(answer.text)


class Market:
    """One market from its first day."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.clock: FixedClock = app.extensions["market.clock"]

    def walk(self, to: datetime | str) -> None:
        """Walk the clock, doing on the way whatever falls due."""
        with self.app.app_context():
            clockwork.go_to(instant(to) if isinstance(to, str) else to)

    def public(self, path: str) -> Any:
        """What everybody sees."""
        with self.app.app_context():
            return self.app.test_client().get(path)

    def office(self, login: str, role: Role, *, code: str | None = None, authorities: tuple[str, ...] = ()) -> Person:
        """An office's account, opened by the administration."""
        with self.app.app_context():
            done = identities.grant(
                Actor.sweeper(),
                None,
                Grant(login, login, f"office {login}", code, "450800", (role,), authorities, PASSWORD),
                key=login,
            )
            self.code = done.subject
            db.session.remove()
        return Person(self, login)

    def joins(self, login: str, name: str, *, role: str, code: str | None = None) -> Person:
        """A newcomer opens an account at /join."""
        with self.app.app_context():
            answer = self.app.test_client().post(
                "/join",
                data={
                    "joins": role,
                    "organisation": name,
                    "code": code or "",
                    "region": "450803",
                    "name": "经办人",
                    "login": login,
                    "password": PASSWORD,
                    "key": f"join-{login}",
                },
            )
        assert answer.status_code == 303, said(answer.text)
        return Person(self, login)

    @property
    def now(self) -> datetime:
        """Market time."""
        return self.clock.instant


def said(html: str) -> str:
    """A page's words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<head>.*?</head>", "", html))).strip()


def scan() -> tuple[io.BytesIO, str]:
    """A small PDF to hand in."""
    return io.BytesIO(PDF), "scan.pdf"


def local(at: datetime) -> str:
    """As a form's date field wants it."""
    return at.astimezone(SHANGHAI).date().isoformat()


@pytest.fixture(params=["sqlite", "postgresql"])
def market(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Market]:
    """A market that has just opened, on its own database, with real commits."""
    with fresh_database(request.param, tmp_path) as url:
        app = build(url, tmp_path, clock=FixedClock(BEGIN))
        yield Market(app)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The chapters' tests run in the order of the story; the circle comes last."""
    order = {f"test_{stage.name}": place for place, stage in enumerate(STORY)}
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    places = [place for place, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    here.sort(key=lambda item: order.get(item.path.stem, len(order)))
    for place, item in zip(places, here, strict=True):
        items[place] = item
