"""P12: 500 closings due in one second, one sweep stopped by SIGSTOP on the way and continued after the other's end."""

import dataclasses
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.actor import Actor
from app.chance import SystemChance
from app.database import db
from app.sweep import Sweep, run_due
from tests.conftest import build, fresh_database
from tests.races.test_sweep import ACTS, another_sweep, arrive, closings, done_once, went_on

CLOSINGS = 500
STOPPED_AFTER = 50
"""So many acts the first sweep does before it stands still; the second one finds the others."""


def noting(sweep: Sweep, done_at: dict[str, float]) -> Sweep:
    """The same sweep, noting when it last did something."""

    def do(actor: Actor, subject: str) -> object:
        done = sweep.do(actor, subject)
        done_at[sweep.name] = time.perf_counter()
        return done

    return dataclasses.replace(sweep, do=do)


def measure() -> Iterator[tuple[str, str, str, str]]:
    """(id, what, goal, found) for each database; raises where an act was done twice or not at all."""
    for kind in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as name, fresh_database(kind, Path(name)) as url:
            app = build(url, Path(name), chance=SystemChance())
            with app.app_context():
                closed = closings(CLOSINGS)
                arrive(app, closed.at)
                done_at: dict[str, float] = {}
                app.extensions["market.sweeps"] = tuple(noting(one, done_at) for one in app.extensions["market.sweeps"])
                with another_sweep(app, closed.at, acts=STOPPED_AFTER) as stopped:
                    before = time.perf_counter()
                    acts = run_due()
                    seconds = time.perf_counter() - before
                    acts += went_on(stopped)
                done_once(closed)
                db.session.remove()
                db.engine.dispose()
        what = f"{CLOSINGS} closings due in one second, {kind}"
        frozen = done_at[ACTS[0]] - before
        found = (
            f"frozen in {frozen:.1f} s, recorded and published in {seconds:.1f} s; {acts:,} acts, each once, "
            "beside a sweep stopped and continued"
        )
        yield "P12", what, "≤ 10 s, each exactly once", found
