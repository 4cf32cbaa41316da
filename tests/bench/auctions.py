"""P9: 2,000 people watch an auction: how soon each new best offer is seen, and what others may still hand in."""

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url

from app.clock import DemonstrationClock
from app.database import db
from bidding.auction import queries
from marketplace.need.rules import Particulars
from tests import postgres
from tests.bench import client
from tests.bench.handins import Person, hand_ins, posted, sign_in
from tests.bench.serving import ROOT, served, surroundings
from tests.builders.announcement import an_announcement
from tests.builders.bidding import STEP, begun
from tests.builders.registration import a_registration, agencies
from tests.conftest import build

WATCHERS = 2_000
OFFERS = 20
EVERY = 2.0
"""Seconds between two best offers while nothing else happens."""

ROUNDS = 3
AGENCIES = 120
"""In each round every one of them hands in a registration and a price elsewhere, without watchers and with them."""

PATIENCE = 120.0
CEILING = 5_000_000
LONG = 30
"""Minutes."""


@dataclass(frozen=True)
class Scene:
    """A market with an auction that has begun, and announcements that take offers: one for each round of each kind."""

    around: Mapping[str, str]
    auction: str
    mark: int
    others: Sequence[str]


@dataclass
class Crowd:
    """The watchers' process, and what it told of each mark: (instants of the events, instants of the states)."""

    process: subprocess.Popen[str]
    told: dict[int, tuple[list[float], list[float]]] = field(default_factory=dict)

    def listen(self) -> None:
        """What it says, until it ends."""
        for line in self.process.stdout or ():
            mark, events, states = json.loads(line)
            self.told[mark] = events, states


def measure() -> Iterator[tuple[str, str, str, str]]:
    """(id, what, goal, found), on a durable PostgreSQL."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres.durable())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = make_url(server.address).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        scene = _scene(url, folder)
        port = stack.enter_context(served("wsgi", scene.around))
        people = [sign_in(port, f"agency{n}") for n in range(1, AGENCIES + 1)]
        client.answered(port, hand_ins(port, people, [scene.others[-1]]))
        alone = [client.answered(port, hand_ins(port, people, [scene.others[n]])).rate for n in range(ROUNDS)]
        with watched(port, scene) as crowd:
            given = _offers(port, people, scene, crowd)
            bidding = threading.Event()
            steady = threading.Thread(target=_steadily, args=(port, people, scene, bidding))
            steady.start()
            beside = [
                client.answered(port, hand_ins(port, people, [scene.others[ROUNDS + n]])).rate for n in range(ROUNDS)
            ]
            bidding.set()
            steady.join()
    for what, place in (("told that there is a new best offer", 0), ("has its state", 1)):
        waits = sorted(max(0.0, at - since) for mark, since in given.items() for at in crowd.told[mark][place])
        yield (
            "P9",
            f"{WATCHERS:,} watch an auction: each {what}, of {OFFERS} offers, postgresql",
            "99 % within 1 s",
            f"{statistics.median(waits) * 1000:.0f} ms, 99 % within {waits[int(len(waits) * 0.99)] * 1000:.0f} ms",
        )
    share = statistics.median(beside) / statistics.median(alone)
    found = f"{share:.2f}; {statistics.median(beside):.0f} of {statistics.median(alone):.0f} a second"
    yield "P9", "hand-ins as in P5 meanwhile, a new best offer each second, to those without watchers", "≥ 0.5", found


def _scene(url: str, folder: Path) -> Scene:
    app = build(url, folder, clock=DemonstrationClock())
    with app.app_context():
        found = agencies(AGENCIES)
        auction = an_announcement(method="BID_LIVE", budget_fen=CEILING, particulars=Particulars(minutes=LONG))
        for agency in found[:3]:
            a_registration(agency, auction)
        begun(auction, seconds=1)
        others = [an_announcement(days=25, method="BID_LOW") for _ in range(2 * ROUNDS + 1)]
        mark = queries.mark(auction, 1)
        db.session.remove()
        db.engine.dispose()
    around = surroundings(
        url,
        folder,
        MARKET_SECRET_KEY="a secret key for tests",
        MARKET_OPENING_KEY_FILE=str(folder / "opening.key"),
        MARKET_ID="DEMO-450800",
        MARKET_DEMONSTRATION="1",
        MARKET_STREAMS_EACH=str(WATCHERS),
    )
    return Scene(around, auction, mark, others)


@contextmanager
def watched(port: int, scene: Scene) -> Iterator[Crowd]:
    """The watchers, all of them connected."""
    page = f"/announcements/{scene.auction}/auction/1"
    command = [sys.executable, "-m", "tests.bench.watchers", str(port)]
    process = subprocess.Popen(
        [*command, f"{page}/events?after={scene.mark}", f"{page}/state.json", str(WATCHERS)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    crowd = Crowd(process)
    try:
        if process.stdout is None or process.stdout.readline() != "watching\n":
            raise client.Unanswered("nobody watches")
        threading.Thread(target=crowd.listen, daemon=True).start()
        yield crowd
    finally:
        process.kill()
        process.wait()


def _offers(port: int, people: Sequence[Person], scene: Scene, crowd: Crowd) -> dict[int, float]:
    """One new best offer after another; by its mark, when it was handed in."""
    given = {}
    for turn in range(OFFERS):
        known = set(crowd.told)
        since = time.monotonic()
        client.answered(port, [[_offer(port, people, scene, turn)]])
        until = since + PATIENCE
        while not (new := set(crowd.told) - known):
            if time.monotonic() > until or crowd.process.poll() is not None:
                raise client.Unanswered(f"offer {turn}: not everybody has seen it")
            time.sleep(0.01)
        given[new.pop()] = since
        time.sleep(max(0.0, since + EVERY - time.monotonic()))
    return given


def _steadily(port: int, people: Sequence[Person], scene: Scene, enough: threading.Event) -> None:
    turn = OFFERS
    while not enough.wait(1.0):
        client.answered(port, [[_offer(port, people, scene, turn)]])
        turn += 1


def _offer(port: int, people: Sequence[Person], scene: Scene, turn: int) -> client.Asked:
    amount = (CEILING - STEP * turn) // 100
    path = f"/announcements/{scene.auction}/auction/offer"
    return client.Asked(posted(port, people[turn % 3], path, amount_fen=str(amount), key=f"bid-{turn}"), 303)
