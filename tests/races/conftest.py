"""Real connections, real commits, many threads: a database of its own for each test."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from app.chance import SystemChance
from app.database import db
from app.refusal import AlreadyDone, NotYours, OutOfTurn, Refused
from tests.conftest import build, fresh_database

THREADS = 16


@pytest.fixture(params=["sqlite", "postgresql"])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application whose every session is a connection of its own."""
    with fresh_database(request.param, tmp_path) as url:
        app = build(url, tmp_path, chance=SystemChance())
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def at_once(app: Flask, times: int, deed: Callable[[int], object]) -> Counter[str]:
    """`deed(n)` for n below `times` from 16 threads that start together; what came of each, by name."""
    outcomes: Counter[str] = Counter()
    guard, start = threading.Lock(), threading.Barrier(THREADS)

    def work(first: int) -> None:
        start.wait()
        for number in range(first, times, THREADS):
            came = outcome_of(app, partial(deed, number))
            with guard:
                outcomes[came] += 1

    workers = [threading.Thread(target=work, args=(first,)) for first in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return outcomes


def outcome_of(app: Flask, deed: Callable[[], object]) -> str:
    """What came of one deed, by name."""
    with app.app_context():
        try:
            deed()
        except Refused as refused:
            return ",".join(reason.code for reason in refused.reasons)
        except (AlreadyDone, NotYours, OutOfTurn) as known:
            return type(known).__name__
        except Exception as error:  # the test's own verdict: anything else is a fault, and is named
            return f"{type(error).__name__}: {error}"
        return "done"
