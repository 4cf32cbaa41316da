"""A small chapter of the tests' own, so that the machine's doors are tried without knowing the trade."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import pytest
from flask import Flask, g

from app.act import act, chance
from app.actor import Actor, Role
from app.chance import letters
from app.clock import FixedClock
from app.database import db
from app.deployment import settle_market_id
from app.exchange import services as machines
from app.factory import create_app
from app.identity import queries as identities
from app.identity import services as identity
from app.identity.rules import Grant
from app.refusal import NotFound, OutOfTurn, Refusal, Stale, demand
from app.region import services as regions
from app.stage import Command, Resource, Stage
from app.sweep import keep_log
from app.values import Done, Fen, Nothing, Opens
from app.web.paging import Listing, listing, parsed
from story import STORY
from tests.conftest import START, Client, fresh_database, settings_for
from tests.grounds import grounds_of


class PlayAct(StrEnum):
    """One act of each kind that the doors must tell apart."""

    PUT = "play.put"
    WHISPER = "play.whisper"
    REVEAL = "play.reveal"
    CHECK = "play.check"


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Part:
    name: str


@dataclass(frozen=True, slots=True)
class Move:
    amount: Fen
    on: date
    until: datetime
    side: Side
    parts: tuple[Part, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Whisper:
    amount: Fen


@dataclass(frozen=True, slots=True)
class Whispered(Done):
    """Its body is stored nowhere: it is in this answer only."""

    body: str = ""


def put(actor: Actor, subject: str | None, move: Move, /, *, key: str) -> Done:
    with act(PlayAct.PUT, actor=actor, key=key, subject=subject, input=move) as deed:
        deed.lock_none()
        demand([Refusal("play_dear", clause="play.most", params={"most": 100})] if move.amount > 100 else [])
        if move.note == "late":
            raise OutOfTurn("closed", str(PlayAct.PUT))
        if move.note == "stale":
            raise Stale("play")
        deed.subject = letters(chance().secret(), 8)
        deed.on("play", deed.subject)
        deed.tell(amount=move.amount)
        deed.keep(person="张三")
    return deed.answer()


def whisper(actor: Actor, subject: str | None, input: Whisper, /, *, key: str) -> Done:
    with act(PlayAct.WHISPER, actor=actor, key=key, subject=subject, input=input) as deed:
        deed.lock_none()
        deed.on("play", subject or "")
        deed.commit_to("ab" * 32)
    done = deed.answer()
    return Whispered(done.act, done.subject, done.at, done.receipt, body=f"amount {input.amount}")


def reveal(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    with act(PlayAct.REVEAL, actor=actor, key=key, subject=subject, input=nothing) as deed:
        deed.lock_none()
        deed.on("play", subject or "")
        deed.disclose("play", subject or "")
    return deed.answer()


def check(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    with act(PlayAct.CHECK, actor=actor, key=key, subject=subject, input=nothing) as deed:
        deed.lock_none()
        deed.on("play", subject or "")
    return deed.answer()


PLAYS = tuple({"no": f"P{n:03d}", "at": START, "side": Side.LEFT} for n in range(7))


def plays(after: str | None, limit: int, *, side: str | None = None) -> Listing[dict[str, object]]:
    key = parsed(after, (str,))
    rows = [row for row in PLAYS if (key is None or row["no"] > key[0]) and side in (None, row["side"])]
    return listing(rows[: limit + 1], size=limit, key=lambda row: (row["no"],))


def play(no: str) -> dict[str, object] | None:
    if no == "WEIRD":
        raise NotFound(no)
    return next((row for row in PLAYS if row["no"] == no), None)


PLAY = Stage(
    name="play",
    title="试办",
    acts=PlayAct,
    may={
        PlayAct.PUT: {Role.AGENCY},
        PlayAct.WHISPER: {Role.AGENCY},
        PlayAct.REVEAL: {Role.OPERATOR},
        PlayAct.CHECK: {Role.AGENCY},
    },
    second=(PlayAct.CHECK,),
    opens={
        PlayAct.PUT: Opens.LATER,
        PlayAct.WHISPER: Opens.NEVER,
        PlayAct.REVEAL: Opens.AT_ONCE,
        PlayAct.CHECK: Opens.AT_ONCE,
    },
    discloses={PlayAct.REVEAL: (PlayAct.PUT,)},
    sealed=(PlayAct.WHISPER,),
    commands={
        PlayAct.PUT: Command(Move, put, None),
        PlayAct.WHISPER: Command(Whisper, whisper, "play"),
        PlayAct.REVEAL: Command(Nothing, reveal, "play"),
        PlayAct.CHECK: Command(Nothing, check, "play"),
    },
    resources={"plays": Resource(page=plays, one=play, params={"side": "哪一边"})},
    words={
        "play.put": "放下",
        "refusal.play_dear": "金额超过{most}。",
        "cure.play_dear": "请减少金额。",
    },
)

GOOD = {
    "amount": 5,
    "on": "2026-03-02",
    "until": "2026-03-02T18:00:00+08:00",
    "side": "left",
    "parts": [{"name": "甲"}],
    "note": None,
}


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The whole story with the small chapter behind it; tables by the models."""
    folder = tmp_path_factory.mktemp(f"exchange-{request.param}")
    with fresh_database(request.param, folder) as url:
        app = create_app(settings_for(url, folder), story=(*STORY, PLAY), clock=FixedClock(START))
        app.test_client_class = Afresh
        with app.app_context():
            db.create_all()
            settle_market_id()
            regions.load()
            for login, organisation, role in (
                ("agency1", "甲公司", Role.AGENCY),
                ("agency2", "乙公司", Role.AGENCY),
                ("operator1", "运营", Role.OPERATOR),
            ):
                grant = Grant(login, login, organisation, None, "450800", (role,), (), "demo-2026-market")
                identity.grant(Actor.sweeper(), None, grant, key=f"grant:{login}")
            keep_log()
            db.session.remove()
        yield app
        grounds_of(app).close()


class Afresh(Client):
    """Forgets who asked last: under the fixture's own application context, all requests share one `g`."""

    def open(self, *args, **kwargs):
        for name in tuple(g):
            g.pop(name)
        return super().open(*args, **kwargs)


@dataclass(frozen=True)
class Machine:
    """A program with a token."""

    client: Client
    token: str | None

    def post(self, act: str, *, key: str | None = "k", subject: str | None = None, input: object = GOOD, **more):
        headers = {}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        body = {"subject": subject, "input": input, **more}
        return self.client.post(f"/api/v1/acts/{act}", json=body, headers=headers)

    def get(self, address: str, **headers):
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.client.get(address, headers=headers)


@pytest.fixture
def machine(app: Flask, client: Client):
    """A machine of an account by its login, or of nobody; optionally with a token for some acts only."""

    def make(login: str | None, *, acts: tuple[str, ...] = (), days: int = 1) -> Machine:
        if login is None:
            return Machine(client, None)
        actor = identities.actor_by_login(login)
        return Machine(client, machines.make_token(actor.account_id, acts=acts, days=days))

    return make
