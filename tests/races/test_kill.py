"""R1, small size: kill -9 of web and sweep at random moments; every receipt's registration is there and in the log."""

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.audit import texts
from app.audit.check import first_difference
from app.audit.models import Entry
from app.clock import DemonstrationClock
from app.database import db
from app.exchange.services import make_token
from app.keyring import keyring
from app.sweep import keep_log
from bidding.registration.models import Registration
from tests.builders.announcement import an_announcement
from tests.builders.registration import agencies
from tests.conftest import build, fresh_database

ROOT = Path(__file__).parents[2]
AGENCIES, ANNOUNCEMENTS = 6, 40
"""240 registrations; 10,000 offers are an entry of `./market bench R1`."""

CLIENTS = 4
PATIENCE_SECONDS = 240
"""For all of them together: a market that does not come back is told once, not once for each client."""

KILLS = 5


@dataclass(frozen=True)
class Posted:
    """One act as a client hands it in, again and again under the same key until it is answered."""

    act: str
    token: str
    no: str
    key: str
    members: Mapping[str, object]


class Server:
    """Web and sweep as `./market run` starts them, killed without warning and started again."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        commands = {
            "web": [
                *(sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "1", "--threads", "4"),
                *("--no-control-socket", "--log-level", "critical", "--bind", f"127.0.0.1:{self.port}"),
                "wsgi:application",
            ],
            "sweep": [sys.executable, "-m", "flask", "sweep"],
        }
        self._running[name] = subprocess.Popen(
            commands[name],
            cwd=ROOT,
            env=self._environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, name: str) -> None:
        """SIGKILL to the whole process group: nobody gets to say goodbye."""
        os.killpg(self._running[name].pid, signal.SIGKILL)
        self._running[name].wait()

    def again(self, *names: str) -> None:
        """Kill, and start at once."""
        for name in names:
            self.kill(name)
            self.start(name)

    def stop(self) -> None:
        while self._running:
            name = next(iter(self._running))
            self.kill(name)
            del self._running[name]


def post(port: int, posted: Posted) -> dict[str, Any] | None:
    """Act over HTTP; None where no answer came, or one that promises nothing."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/acts/{posted.act}",
        data=json.dumps({"subject": posted.no, "input": posted.members}).encode(),
        headers={
            "Authorization": f"Bearer {posted.token}",
            "Idempotency-Key": posted.key,
            "Content-Type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        if error.code < 500:
            raise
        return None
    except (OSError, http.client.HTTPException):  # the second where the server died in the middle of its answer
        return None


def surroundings(url: str, folder: Path) -> dict[str, str]:
    """The environment of a demonstration's servers on a database of the tests."""
    return {
        **os.environ,
        "MARKET_DATABASE_URL": url,
        "MARKET_INSTANCE": str(folder),
        "MARKET_SECRET_KEY": "a secret key for tests",
        "MARKET_OPENING_KEY_FILE": str(folder / "opening.key"),
        "MARKET_DEMONSTRATION": "1",
        "MARKET_ID": "DEMO-450800",
    }


def acknowledged(
    port: int, wanted: Sequence[Posted], turns: Sequence[Callable[[], None]], *, patience: float = PATIENCE_SECONDS
) -> dict[str, dict[str, Any]]:
    """The receipts by key: everything is handed in until it is answered, while one turn after another kills something.

    Not at fixed moments: after so many acknowledged acts, at whatever the servers were then doing.
    """
    receipts: dict[str, dict[str, Any]] = {}
    done = threading.Event()

    def hand_in(first: int) -> None:
        for posted in wanted[first::CLIENTS]:
            # A person whose page did not answer tries again with the same form, until it does.
            while posted.key not in receipts and not done.is_set():
                answer = post(port, posted)
                if answer is None:
                    done.wait(0.05)
                else:
                    receipts[posted.key] = answer["receipt"]

    clients = [threading.Thread(target=hand_in, args=(first,)) for first in range(CLIENTS)]
    for thread in clients:
        thread.start()
    until = time.monotonic() + patience
    for place, turn in enumerate(turns, 1):
        while len(receipts) < place * len(wanted) // (len(turns) + 1) and time.monotonic() < until:
            done.wait(0.002)
        turn()
    for thread in clients:
        thread.join(timeout=max(0.0, until - time.monotonic()))
    done.set()
    return receipts


def leaves_known(receipts: Iterable[Mapping[str, Any]]) -> bool:
    """Whether every receipt's signature is the market's own and its leaf has its place in the log."""
    leaves = dict(db.session.execute(select(Entry.leaf, Entry.position)).all())
    public = keyring().signing_public
    return all(
        texts.verify_signature(public, receipt["text"], receipt["signature"])
        and leaves[texts.parse_receipt_text(receipt["text"]).leaf] is not None
        for receipt in receipts
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Any, Server, list[str], list[str]]]:
    """A market on a clock that runs, agencies with tokens, announcements open for days."""
    with fresh_database(request.param, tmp_path) as url:
        app = build(url, tmp_path, clock=DemonstrationClock())
        with app.app_context():
            actors = agencies(AGENCIES)
            numbers = [an_announcement(days=25, closes=None) for _ in range(ANNOUNCEMENTS)]
            tokens = [make_token(actor.account_id, acts=(), days=1) for actor in actors]
            db.session.remove()
        server = Server(surroundings(url, tmp_path))
        yield app, server, numbers, tokens
        server.stop()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_every_receipt_is_kept(scene):
    app, server, numbers, tokens = scene
    server.start("web")
    server.start("sweep")
    wanted = [
        Posted("registration.submit", token, no, key, {"days": 10, "contribution": key, "made": "browser"})
        for no in numbers
        for token in tokens
        for key in [hashlib.sha256(f"{token}{no}".encode()).hexdigest()]
    ]
    turns = [
        partial(server.again, "web") if turn % 2 else partial(server.again, "web", "sweep") for turn in range(KILLS)
    ]
    receipts = acknowledged(server.port, wanted, turns)
    server.stop()

    assert len(receipts) == len(wanted)
    with app.app_context():
        keep_log()
        kept = {row.contribution for row in db.session.execute(select(Registration)).scalars()}
        assert kept == set(receipts)
        assert leaves_known(receipts.values())
        assert first_difference(rows=True) is None
