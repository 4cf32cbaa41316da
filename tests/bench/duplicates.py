"""P6: 10,000 simultaneous duplicate registrations of one agency, on both databases."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.chance import SystemChance
from app.database import db
from bidding.registration import services as registrations
from bidding.registration.rules import Made, Promise
from tests.builders.announcement import an_announcement
from tests.builders.registration import an_agency
from tests.conftest import build, fresh_database
from tests.races.conftest import at_once

DUPLICATES = 10_000


def measure() -> Iterator[tuple[str, str, str, str]]:
    """(id, what, goal, found) for each database."""
    for kind in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as name, fresh_database(kind, Path(name)) as url:
            app = build(url, Path(name), chance=SystemChance())
            with app.app_context():
                agency, no = an_agency(), an_announcement(days=25)
            before = time.perf_counter()
            outcomes = at_once(
                app,
                DUPLICATES,
                lambda n, agency=agency, no=no: registrations.submit(
                    agency, no, Promise(10, f"{n:064x}", Made.SERVER), key=f"key-{n}"
                ),
            )
            seconds = time.perf_counter() - before
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
        accepted, refused = outcomes.pop("done", 0), outcomes.pop("already_registered", 0)
        other = f", {dict(outcomes)} otherwise" if outcomes else ""
        found = f"{accepted} accepted, {refused} cleanly refused{other}, in {seconds:.0f} s"
        yield "P6", f"10,000 duplicate registrations, {kind}", "1 accepted, no other error", found
