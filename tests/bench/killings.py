"""R1: kill -9 of web, sweep and database at random moments during 10,000 offers; what was acknowledged is there."""

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from flask import Flask
from sqlalchemy import make_url, select

from app.audit.check import first_difference
from app.clock import DemonstrationClock
from app.database import db
from app.exchange.services import make_token
from app.sweep import keep_log
from bidding.offer.models import Offer
from tests import postgres
from tests.builders.announcement import an_announcement
from tests.builders.registration import a_registration, agencies
from tests.conftest import build
from tests.races.test_kill import Posted, Server, acknowledged, leaves_known, surroundings

AGENCIES, ANNOUNCEMENTS, ROUNDS = 20, 50, 10
OFFERS = AGENCIES * ANNOUNCEMENTS * ROUNDS
"""Each registration is offered for so many times; the last envelope is the one that counts."""

KILLS = 20
PATIENCE_SECONDS = 1_800.0


def measure() -> Iterator[tuple[str, str, str, str]]:
    """(id, what, goal, found) for each database; raises where anything acknowledged is not there."""
    for kind in ("sqlite", "postgresql"):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            cluster = stack.enter_context(postgres.durable()) if kind == "postgresql" else None
            url = f"sqlite:///{folder / 'market.sqlite3'}"
            if cluster is not None:
                address = make_url(cluster.address).set(drivername="postgresql+psycopg")
                url = address.render_as_string(hide_password=False)
            app = build(url, folder, clock=DemonstrationClock())
            wanted = _wanted(app)
            server = Server(surroundings(url, folder))
            stack.callback(server.stop)
            server.start("web")
            server.start("sweep")
            before = time.perf_counter()
            receipts = acknowledged(server.port, wanted, _turns(server, cluster), patience=PATIENCE_SECONDS)
            seconds = time.perf_counter() - before
            server.stop()
            _kept(app, {posted.key for posted in wanted}, receipts)
        killed = "web, sweep and database" if cluster is not None else "web and sweep"
        found = f"{len(receipts):,} acknowledged and kept, every receipt verifies; {seconds:.0f} s"
        yield "R1", f"{OFFERS:,} offers, {KILLS} times kill -9 of {killed}, {kind}", "none lost", found


def _turns(server: Server, cluster: postgres.Server | None) -> list[Callable[[], None]]:
    turns: list[Callable[[], None]] = [partial(server.again, "web"), partial(server.again, "web", "sweep")]
    if cluster is not None:

        def crash() -> None:
            cluster.kill()
            cluster.start()

        turns.append(crash)
    return [turns[turn % len(turns)] for turn in range(KILLS)]


def _wanted(app: Flask) -> list[Posted]:
    """Every offer, those of one agency for one announcement far apart."""
    with app.app_context():
        actors = agencies(AGENCIES)
        numbers = [an_announcement(days=25, method="BID_LOW") for _ in range(ANNOUNCEMENTS)]
        for actor in actors:
            for no in numbers:
                a_registration(actor, no, days=10)
        tokens = [make_token(actor.account_id, acts=(), days=1) for actor in actors]
        db.session.remove()
        db.engine.dispose()
    return [
        Posted("offer.submit", token, no, key, {"amount_fen": 4_000_000 + turn, "days": 10, "files": []})
        for turn in range(ROUNDS)
        for no in numbers
        for token in tokens
        for key in [hashlib.sha256(f"{token}{no}{turn}".encode()).hexdigest()]
    ]


def _kept(app: Flask, keys: set[str], receipts: dict[str, dict[str, str]]) -> None:
    if set(receipts) != keys:
        raise AssertionError(f"{len(receipts)} of {len(keys)} were acknowledged")
    with app.app_context():
        keep_log()
        commitments = {receipt["text"].split("\n")[6] for receipt in receipts.values()}
        stored = list(db.session.execute(select(Offer.commitment)).scalars())
        if len(stored) != len(keys) or set(stored) != commitments:
            raise AssertionError(f"{len(stored)} offers are stored, {len(commitments)} were acknowledged")
        if not leaves_known(receipts.values()):
            raise AssertionError("a receipt does not verify")
        difference = first_difference(rows=True)
        if difference is not None:
            raise AssertionError(difference)
        db.session.remove()
        db.engine.dispose()
