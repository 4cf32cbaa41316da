"""Two at once, with real connections: the same agency twice, and a registration against the closing."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.act import act
from app.actor import Actor
from app.audit.check import first_difference
from app.chance import SystemChance, fresh_key
from app.clock import FixedClock
from app.database import db
from app.refusal import Refused
from app.sweep import keep_log
from bidding.registration import queries, services
from bidding.registration.models import Registration
from bidding.registration.rules import Membership, Promise
from bidding.selection.rules import SelectionAct
from marketplace.announcement import queries as announcements
from marketplace.announcement import steps as announcing
from tests.builders.announcement import an_announcement
from tests.builders.registration import agencies
from tests.conftest import START, build, fresh_database

SECONDS = 20
"""Longer than anything here takes: a deadlock fails instead of hanging."""


class GatedClock(FixedClock):
    """Calls the thread's own gate with the number of each of its readings, once the instant was read."""

    def __init__(self) -> None:
        super().__init__(START)
        self.gates = threading.local()

    def market(self):
        read, gate = self.instant, getattr(self.gates, "gate", None)
        if gate is not None:
            self.gates.read += 1
            gate(self.gates.read)
        return read


class World:
    """An application with admitted agencies; each thread has its own context and connection."""

    def __init__(self, app, clock, actors):
        self.app, self.clock, self.actors = app, clock, actors

    def run(self, *tasks: Callable[[], object]) -> list[object]:
        """All tasks at once, each in its thread; what each returned, or the refusal it met."""
        with ThreadPoolExecutor(len(tasks)) as pool:
            return [future.result(SECONDS) for future in [pool.submit(self._one, task) for task in tasks]]

    def _one(self, task):
        with self.app.app_context():
            try:
                return task()
            except Refused as refused:
                return refused
            finally:
                self.clock.gates.gate = None
                db.session.remove()

    def gate(self, gate):
        self.clock.gates.gate, self.clock.gates.read = gate, 0


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request, tmp_path_factory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp(f"races-{request.param}")
    with fresh_database(request.param, folder) as url:
        clock = GatedClock()
        app = build(url, folder, clock=clock, chance=SystemChance())
        with app.app_context():
            actors = agencies(3, items=("0401", "0403"))
            db.session.remove()
        try:
            yield World(app, clock, actors)
        finally:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


@pytest.fixture
def no(world) -> Iterator[str]:
    with world.app.app_context():
        number = an_announcement()
        db.session.remove()
        yield number
        db.session.remove()
        keep_log()
        assert first_difference(rows=True) is None
        db.session.remove()


def closing(no):
    return announcements.present_attempt(queries.announced(no)).closes_at


def freeze(no):
    """The closing as far as registrations go: exclusive lock, list, verdicts; the codes of the frozen list."""
    with act(SelectionAct.FREEZE, actor=Actor.sweeper(), key=fresh_key()) as deed:
        announcement = deed.lock(announcements.row(no))
        attempt = announcements.present_attempt(announcement)
        listed = queries.in_force_at_closing(attempt)
        for registration in listed:
            services.judge(deed, registration, ())
        announcing.freeze(deed, attempt, attempt.closes_at)
        deed.on("announcement", no)
        return [registration.agency.organisation.code for registration in listed]


def test_the_same_agency_twice_at_once_is_registered_once(world, no):
    together = threading.Barrier(2)

    def register():
        together.wait(SECONDS)
        return services.submit(world.actors[0], no, Promise(5), key=fresh_key())

    found = world.run(register, register)
    refused = [one for one in found if isinstance(one, Refused)]
    assert [[reason.code for reason in one.reasons] for one in refused] == [["already_registered"]]
    attempt = announcements.present_attempt(queries.announced(no))
    assert len(db.session.execute(select(Registration).where(Registration.attempt_id == attempt.id)).all()) == 1


@pytest.fixture
def of_two_items(world) -> str:
    with world.app.app_context():
        number = an_announcement(item="0401", further=("0403",), method="BID_LOW")
        for lead in world.actors[:2]:
            services.submit(lead, number, Promise(5, members=(world.actors[2].code,)), key=fresh_key())
        db.session.remove()
        return number


def test_the_same_agency_in_two_consortia_at_once_is_in_one(world, of_two_items):
    """The database decides, not what either consortium saw."""
    together = threading.Barrier(2)

    def joins(lead):
        together.wait(SECONDS)
        return services.join(world.actors[2], of_two_items, Membership(lead.code), key=fresh_key())

    found = world.run(*(lambda lead=lead: joins(lead) for lead in world.actors[:2]))
    refused = [one for one in found if isinstance(one, Refused)]
    assert [[reason.code for reason in one.reasons] for one in refused] == [["already_registered"]]
    with world.app.app_context():
        attempt = announcements.present_attempt(queries.announced(of_two_items))
        answers = [one.answer for members in queries.consortia(attempt.id).values() for one in members]
        assert sorted(answers) == ["joined", "waiting"]
        db.session.remove()


def test_whoever_still_waits_when_it_closes_is_refused(world, no):
    """The late one began in time, then waited for the closing's lock: the instant after the lock decides."""
    world.clock.instant = closing(no) - timedelta(microseconds=1)
    closes = closing(no)
    db.session.remove()
    held, begun = threading.Event(), threading.Event()
    row_locks = world.app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql")

    def close():
        def gate(reading):
            # The second reading follows the lock: hold it until the other has begun. On SQLite nobody begins meanwhile.
            if reading == 2:
                held.set()
                if row_locks:
                    assert begun.wait(SECONDS)
                world.clock.instant = closes

        world.gate(gate)
        return freeze(no)

    def register():
        assert held.wait(SECONDS)
        world.gate(lambda reading: begun.set())
        return services.submit(world.actors[0], no, Promise(5), key=fresh_key())

    listed, refused = world.run(close, register)
    assert listed == []
    assert isinstance(refused, Refused)
    assert [reason.code for reason in refused.reasons] == ["not_open"]
    assert queries.in_force_at_closing(announcements.present_attempt(queries.announced(no))) == []


def test_whoever_holds_the_lock_before_it_closes_is_in_the_frozen_list(world, no):
    """The closing waits for him: an acknowledged registration is always in the list."""
    world.clock.instant = closing(no) - timedelta(microseconds=1)
    closes = closing(no)
    db.session.remove()
    locked, closing_begun = threading.Event(), threading.Event()

    def register():
        def gate(reading):
            # Began, then decides behind the lock.
            if reading == 2:
                locked.set()
                assert closing_begun.wait(SECONDS)

        world.gate(gate)
        return services.submit(world.actors[1], no, Promise(5), key=fresh_key())

    def close():
        assert locked.wait(SECONDS)
        closing_begun.set()
        listed = freeze(no)
        world.clock.instant = closes
        return listed

    done, listed = world.run(register, close)
    assert not isinstance(done, Refused)
    assert listed == [world.actors[1].code]
