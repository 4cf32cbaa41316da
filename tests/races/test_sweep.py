"""P12 and R2, small size: many closings in one second, two sweeps, one of them stopped and continued; each act once."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from app.actor import Actor
from app.audit.canonical import instant
from app.audit.check import first_difference
from app.audit.models import Entry
from app.database import db
from app.sweep import keep_log, run_due
from app.values import Nothing
from app.watch import services as watching
from app.watch.models import Alarm
from bidding.selection.models import Selection
from marketplace.announcement import queries as announcements
from marketplace.announcement import services as announcing
from marketplace.announcement.models import Attempt
from marketplace.announcement.rules import Decision
from tests.builders.announcement import a_timetable, an_announcement
from tests.builders.need import a_need, purchaser_for
from tests.builders.people import a_supervisor, an_operator
from tests.counting import questions
from tests.races.conftest import THREADS, at_once

ROOT = Path(__file__).parents[2]
CLOSINGS = 20
"""500 are an entry of `./market bench P12`."""

STOPPED_AFTER = 7
QUESTIONS = 44
"""Of the three acts that follow from a closing, together."""
ACTS = ("selection.freeze", "announcement.close_unsuccessful", "selection.draw")
"""What follows from a closing to which nobody came: the freeze, the failure, the record with the secret."""


@dataclass
class Closings:
    """Announcements that close in one instant; nobody registered."""

    numbers: list[str]
    at: datetime


def closings(count: int) -> Closings:
    """So many announcements of social funds, published in one instant and closing in one."""
    owner = purchaser_for("social")
    numbers = [an_announcement(owner, fund="social", closes="2026-03-05 10:00") for _ in range(count)]
    found = {announcements.attempt(announcements.by_no(no).id, 1).closes_at for no in numbers}
    (at,) = found
    return Closings(numbers, at)


@contextmanager
def another_sweep(app, at: datetime, *, acts: int) -> Iterator[subprocess.Popen[str]]:
    """A sweep in a process of its own, stopped in front of the act after so many; killed if it is still there."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    folder = app.extensions["market.settings"].instance
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.races.sweeper", url, str(folder), at.isoformat(), str(acts)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), f"the other sweep ended by itself: {status}"
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()


def went_on(child: subprocess.Popen[str]) -> int:
    """Let a stopped sweep go on to its end; how many acts it did in all."""
    child.send_signal(signal.SIGCONT)
    told, _ = child.communicate(timeout=120)
    assert child.returncode == 0
    return int(told)


def done_once(closed: Closings) -> None:
    """Each act of each closing stands once in the record, and the record fits the tables."""
    db.session.rollback()
    subjects = {f"announcement:{no}" for no in closed.numbers}
    entries = db.session.execute(select(Entry.act, Entry.payload).where(Entry.act.in_(ACTS))).all()
    counted = Counter((act, about) for act, payload in entries for about in subjects if f'"{about}"' in payload)
    assert counted == {(act, about): 1 for act in ACTS for about in subjects}
    attempts = db.session.execute(select(Attempt.frozen_at, Attempt.closes_at, Attempt.decision)).all()
    assert {(frozen == closes, decision) for frozen, closes, decision in attempts} == {(True, Decision.UNSUCCESSFUL)}
    assert db.session.execute(select(Selection.id).where(Selection.drawn_at.is_(None))).first() is None
    assert first_difference(rows=True) is None


def arrive(app, at: datetime) -> None:
    """The clock stands at the instant; nothing was done there yet."""
    app.extensions["market.clock"].instant = at


@pytest.mark.parametrize("acts", [0, STOPPED_AFTER])
def test_a_stopped_sweep_goes_on_with_its_old_list_and_does_nothing_twice(live, acts):
    """R2: it had read what is due, another sweep did it all meanwhile; continued, it finds everything done."""
    with live.app_context():
        closed = closings(CLOSINGS)
        arrive(live, closed.at)
        with another_sweep(live, closed.at, acts=acts) as stopped:
            with questions() as asked:
                here = run_due()
            assert here == CLOSINGS * len(ACTS) - acts
            # Beside those of each closing stand those of the sweep itself.
            assert len(asked) <= CLOSINGS * QUESTIONS + 250
            assert went_on(stopped) == acts
        done_once(closed)
        assert run_due() == 0


def test_two_sweeps_at_once_share_the_work(live):
    """R2: both go on together from the seventh act on; between them each act is done once."""
    with live.app_context():
        closed = closings(CLOSINGS)
        arrive(live, closed.at)
        with another_sweep(live, closed.at, acts=STOPPED_AFTER) as other:
            other.send_signal(signal.SIGCONT)
            here = run_due()
            told, _ = other.communicate(timeout=120)
            assert here + int(told) == CLOSINGS * len(ACTS)
        done_once(closed)


def test_sixteen_sweeps_raise_one_alarm(live):
    """Whichever key they come with: the database keeps one alarm for a limit, the others are told so."""
    with live.app_context():
        an_operator(), a_supervisor()
        owner = purchaser_for("fiscal")
        need_no = a_need(owner, fund="fiscal")
        announcing.submit(owner, need_no, a_timetable(), key="submit")
        due = needs_due(need_no)
        live.extensions["market.clock"].instant = due
    subject = f"announcement_review/{instant(due)}/{need_no}"
    outcomes = at_once(
        live, THREADS, lambda n: watching.raise_unseen(Actor.sweeper(), subject, Nothing(), key=f"key-{n}")
    )
    assert outcomes.pop("done") == 1
    assert all(told == "alarm_known" or told.startswith("NotFound") for told in outcomes)
    with live.app_context():
        assert len(db.session.execute(select(Alarm.id)).all()) == 1
        keep_log()
        assert first_difference(rows=True) is None


def needs_due(need_no: str) -> datetime:
    """Until when the operator reviews."""
    found = announcements.by_need(need_no)
    assert found is not None
    assert found.review_due_at is not None
    return found.review_due_at
