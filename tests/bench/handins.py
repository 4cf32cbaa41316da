"""P5: registrations and sealed offers over HTTP, on one announcement and on twenty; PostgreSQL with fsync on."""

import http.client
import os
import re
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import func, make_url, select

from app.act import IdempotencyKey
from app.chance import SystemChance
from app.clock import FixedClock, SystemClock
from app.database import db
from bidding.offer.models import Offer
from bidding.registration.models import Registration
from tests import postgres
from tests.bench import client
from tests.bench.serving import ROUNDS, SECONDS, middle, served, spread, surroundings
from tests.builders.announcement import an_announcement
from tests.builders.people import PASSWORD
from tests.builders.registration import agencies
from tests.conftest import build

AGENCIES = 160
"""In each round every one of them registers once and offers once."""

TWENTY = 20
BACK = timedelta(days=40)
"""The agencies joined so long ago: their publicity is over, and the market's clock is the server's own."""

CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class OwnClock(FixedClock):
    """Stands still too; what it is given is made on its own server, not copied from the tests' one."""


@dataclass(frozen=True)
class Person:
    """A signed-in agency's browser."""

    cookie: str
    csrf: str


@dataclass(frozen=True)
class Scene:
    """A market on a durable database: a hot announcement for each round (and for a warming one), and twenty for all."""

    app: Flask
    around: Mapping[str, str]
    hot: Sequence[str]
    twenty: Sequence[str]


def measure() -> Iterator[tuple[str, str, str, str]]:
    """(id, what, goal, found); raises where something handed in was not acknowledged, or is not there afterwards."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres.durable())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = make_url(server.address).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        scene = _scene(url, folder)
        hello = stack.enter_context(served("tests.bench.hello", dict(os.environ)))
        market = stack.enter_context(served("wsgi", scene.around))
        people = [sign_in(market, f"agency{n}") for n in range(1, AGENCIES + 1)]
        hellos: list[float] = []
        hot: list[client.Answered] = []
        twenty: list[client.Answered] = []
        client.rate(hello, "/", seconds=SECONDS)
        client.answered(market, hand_ins(market, people, [scene.hot[ROUNDS]]))
        for turn in range(ROUNDS):
            hellos.append(client.rate(hello, "/", seconds=SECONDS))
            hot.append(client.answered(market, hand_ins(market, people, [scene.hot[turn]])))
            moved = scene.twenty[turn:] + scene.twenty[:turn]
            twenty.append(client.answered(market, hand_ins(market, people, moved)))
        _kept(scene.app, AGENCIES * (2 * ROUNDS + 1))
    for where, found in (("one announcement", hot), ("twenty announcements", twenty)):
        yield "P5", f"registrations and sealed offers in turn, on {where}, postgresql", GOAL, _told(found, hellos)


GOAL = "≥ 0.06 of hello, p99 ≤ 100 ms"


def _told(found: Sequence[client.Answered], hellos: Sequence[float]) -> str:
    shares = [one.rate / hello for one, hello in zip(found, hellos, strict=True)]
    waits = [wait for one in found for wait in one.waits]
    slowest = statistics.quantiles(waits, n=100)[98] * 1000
    rates = f"{middle([one.rate for one in found])} of {middle(hellos)} a second"
    return f"{spread(shares)} of hello; {rates}; p99 {slowest:.0f} ms"


def _scene(url: str, folder: Path) -> Scene:
    now = SystemClock().real()
    clock = OwnClock(now - BACK)
    app = build(url, folder, clock=clock, chance=SystemChance())
    with app.app_context():
        agencies(AGENCIES)
        clock.instant = now
        hot = [an_announcement(days=25, method="BID_LOW") for _ in range(ROUNDS + 1)]
        twenty = [an_announcement(days=25, method="BID_LOW") for _ in range(TWENTY)]
        db.session.remove()
        db.engine.dispose()
    around = surroundings(
        url,
        folder,
        MARKET_SECRET_KEY="a secret key for tests",
        MARKET_OPENING_KEY_FILE=str(folder / "opening.key"),
        MARKET_ID="DEMO-450800",
    )
    return Scene(app, around, hot, twenty)


def sign_in(port: int, login: str) -> Person:
    """As a browser does it: the form, name and password, and the token of the session for all forms after it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=client.ANSWER_SECONDS)
    connection.request("GET", "/login")
    cookie, csrf = _cookie_and_csrf(connection.getresponse())
    body = urlencode({"login": login, "password": PASSWORD, "csrf_token": csrf})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", body, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 303:
        raise client.Unanswered(f"{login} cannot sign in: {answer.status}")
    cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
    connection.request("GET", "/login", headers={"Cookie": cookie})
    return Person(*_cookie_and_csrf(connection.getresponse()))


def _cookie_and_csrf(answer: http.client.HTTPResponse) -> tuple[str, str]:
    page = answer.read().decode()
    found = CSRF.search(page)
    cookie = answer.headers["Set-Cookie"]
    if found is None or cookie is None:
        raise client.Unanswered(f"no form: {answer.status}")
    return cookie.partition(";")[0], found[1]


def hand_ins(port: int, people: Sequence[Person], numbers: Sequence[str]) -> list[tuple[client.Asked, ...]]:
    """What each person hands in, on one of the announcements in turn: a registration, and after its answer a price."""
    found = []
    for place, person in enumerate(people):
        no = numbers[place % len(numbers)]
        register = posted(port, person, f"/announcements/{no}/register", days="10", key=f"r-{no}-{place}")
        offer = posted(
            port, person, f"/announcements/{no}/offer", days="10", amount_fen=f"{40_000 + place}", key=f"o-{no}-{place}"
        )
        # The registration's answer sends the browser on; the offer's own page holds the body and the receipt.
        found.append((client.Asked(register, 303), client.Asked(offer, 200, b"zjcs-receipt-1")))
    return found


def posted(port: int, person: Person, path: str, **fields: str) -> bytes:
    """A form as the browser of this person posts it."""
    body = urlencode({**fields, "csrf_token": person.csrf})
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: keep-alive\r\nCookie: {person.cookie}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _kept(app: Flask, pairs: int) -> None:
    """Everything acknowledged is there, each with its signed receipt."""
    with app.app_context():
        for model in (Registration, Offer):
            stored = db.session.execute(select(func.count()).select_from(model)).scalar_one()
            if stored != pairs:
                raise AssertionError(f"{model.__tablename__}: {stored} of {pairs}")
        signed = select(func.count()).where(
            IdempotencyKey.receipt_signature.is_not(None),
            IdempotencyKey.key.like("o-%") | IdempotencyKey.key.like("r-%"),
        )
        if db.session.execute(signed).scalar_one() != 2 * pairs:
            raise AssertionError("receipts are missing")
        db.session.remove()
        db.engine.dispose()
