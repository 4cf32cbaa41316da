"""One sweep as a process of its own, which stops itself in front of an act, as SIGSTOP would stop it anywhere.

    python -m tests.races.sweeper DATABASE FOLDER INSTANT ACTS

It does what is due at the instant and stops by SIGSTOP in front of its next act after so many; whoever sends SIGCONT
lets it go on with the list that it had read before. It prints how many acts it did.
"""

import dataclasses
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.actor import Actor
from app.chance import SystemChance
from app.clock import FixedClock
from app.factory import create_app
from app.sweep import Sweep, run_due
from story import STORY
from tests.conftest import settings_for


def gated(sweep: Sweep, pause: Callable[[], None]) -> Sweep:
    """The same sweep, asking before each act whether to stop."""

    def do(actor: Actor, subject: str) -> object:
        pause()
        return sweep.do(actor, subject)

    return dataclasses.replace(sweep, do=do)


def main(url: str, folder: str, instant: str, acts: str) -> int:
    app = create_app(
        settings_for(url, Path(folder)),
        story=STORY,
        clock=FixedClock(datetime.fromisoformat(instant)),
        chance=SystemChance(),
    )
    left = int(acts)

    def pause() -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
        left -= 1

    app.extensions["market.sweeps"] = tuple(gated(one, pause) for one in app.extensions["market.sweeps"])
    with app.app_context():
        print(run_due())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
