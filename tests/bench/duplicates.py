"""P6: 10,000 pairs of simultaneous submissions of the same registration, on both databases."""

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from app.actor import Actor
from app.chance import SystemChance
from app.database import db
from bidding.registration import services as registrations
from bidding.registration.models import Registration
from bidding.registration.rules import Made, Promise
from tests.builders.announcement import an_announcement
from tests.builders.registration import agencies
from tests.conftest import build, fresh_database
from tests.races.conftest import outcome_of

AGENCIES, ANNOUNCEMENTS = 100, 100
PAIRS = AGENCIES * ANNOUNCEMENTS
COUPLES = 8
"""So many pairs are under way at a time, each of two threads that start together."""


def measure() -> Iterator[tuple[str, str, str, str]]:
    """(id, what, goal, found) for each database; raises where one is there twice."""
    for kind in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as name, fresh_database(kind, Path(name)) as url:
            app = build(url, Path(name), chance=SystemChance())
            with app.app_context():
                who = agencies(AGENCIES)
                numbers = [an_announcement(days=25) for _ in range(ANNOUNCEMENTS)]
                db.session.remove()
            before = time.perf_counter()
            outcomes = in_pairs(app, [(agency, no) for no in numbers for agency in who])
            seconds = time.perf_counter() - before
            with app.app_context():
                stored = db.session.execute(select(func.count()).select_from(Registration)).scalar_one()
                db.session.remove()
                db.engine.dispose()
        if stored != PAIRS:
            raise AssertionError(f"{stored} registrations of {PAIRS} pairs")
        accepted, refused = outcomes.pop("done", 0), outcomes.pop("already_registered", 0)
        other = f", {dict(outcomes)} otherwise" if outcomes else ""
        found = f"{accepted:,} accepted, {refused:,} cleanly refused{other}, in {seconds:.0f} s"
        yield "P6", f"{PAIRS:,} pairs of simultaneous registrations, {kind}", "one of each pair, no other error", found


def in_pairs(app: Flask, wanted: Sequence[tuple[Actor, str]]) -> Counter[str]:
    """Each registration handed in twice at the same time, under two keys; what came of all of them, by name."""
    outcomes: Counter[str] = Counter()
    guard = threading.Lock()

    def hand_in(couple: int, half: int, together: threading.Barrier) -> None:
        for place in range(couple, len(wanted), COUPLES):
            agency, no = wanted[place]
            promise = Promise(10, f"{2 * place + half:064x}", Made.BROWSER)
            together.wait()
            came = outcome_of(app, partial(registrations.submit, agency, no, promise, key=f"{place}-{half}"))
            with guard:
                outcomes[came] += 1

    threads = []
    for couple in range(COUPLES):
        together = threading.Barrier(2)
        threads += [threading.Thread(target=hand_in, args=(couple, half, together)) for half in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
