"""Two hands on one contract over two real connections: whoever holds it first is first, the other sees what he did."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.audit.check import first_difference
from app.audit.services import timeline
from app.database import db
from app.sweep import keep_log
from app.values import Fen, Nothing
from bidding.contract import queries, services
from bidding.contract.rules import Agreed, AgreedPrice, Phase
from ratings.performance import queries as performances
from ratings.performance import services as keeping
from ratings.performance.rules import Phase as ServicePhase
from tests.builders.contract import a_contract, end_proposed, extension_asked, parties
from tests.builders.performance import handed_in
from tests.races.conftest import outcome_of

SETTLEMENT = Fen(1_000_000)


@contextmanager
def held(name: str) -> Iterator[tuple[threading.Event, threading.Event]]:
    """The first transaction of an act stops before its commit, with all its locks, until it is let go."""
    reached, go = threading.Event(), threading.Event()

    def stop(session: Session) -> None:
        deed = session.info.get("deed")
        if deed is not None and deed.act == name and not reached.is_set():
            reached.set()
            assert go.wait(30)

    event.listen(db.session, "before_commit", stop)
    try:
        yield reached, go
    finally:
        go.set()
        event.remove(db.session, "before_commit", stop)


def one_after_another(app: Flask, first: tuple[str, Callable[[], object]], second: Callable[[], object]) -> list[str]:
    """What came of two acts of which the second begins while the first holds its locks and has not committed."""
    found = ["", ""]
    begun = threading.Event()

    def later() -> object:
        begun.set()
        return second()

    def work(place: int, deed: Callable[[], object]) -> None:
        found[place] = outcome_of(app, deed)

    with app.app_context(), held(first[0]) as (reached, go):
        one = threading.Thread(target=work, args=(0, first[1]))
        one.start()
        assert reached.wait(30)
        other = threading.Thread(target=work, args=(1, later))
        other.start()
        assert begun.wait(30)
        go.set()
        one.join(60)
        other.join(60)
    return found


@pytest.fixture
def contract(live: Flask) -> tuple[str, dict[str, tuple[str, Callable[[], object]]]]:
    """A contract with a request for more time and a proposal to end it, and what the two sides may answer."""
    with live.app_context():
        no = a_contract()
        purchaser, agency = parties(queries.by_no(no))
        more, end = extension_asked(no), end_proposed(no, SETTLEMENT)
        db.session.remove()
    return no, {
        "grant": ("contract.grant", lambda: services.grant(purchaser, no, Agreed(more), key="grant")),
        "terminate": (
            "contract.terminate",
            lambda: services.terminate(agency, no, AgreedPrice(end, SETTLEMENT), key="terminate"),
        ),
        "confirm": ("deliverable.confirm", lambda: keeping.confirm(purchaser, no, Nothing(), key="confirm")),
        "deliver": ("deliverable.submit", lambda: handed_in(no)),
    }


def acts(no: str) -> list[str]:
    return [line.act for line in timeline(f"contract:{no}")]


def test_more_time_first_then_the_end(live, contract):
    no, do = contract
    assert one_after_another(live, do["grant"], do["terminate"][1]) == ["done", "done"]
    with live.app_context():
        known = queries.by_no(no)
        assert (queries.phase_of(known), queries.versions(known)[-1].days) == (Phase.TERMINATED, 15)
        assert acts(no)[-2:] == ["contract.grant", "contract.terminate"]
        keep_log()
        assert first_difference(rows=True) is None


def test_no_more_time_after_the_end(live, contract):
    no, do = contract
    assert one_after_another(live, do["terminate"], do["grant"][1]) == ["done", "OutOfTurn"]
    with live.app_context():
        known = queries.by_no(no)
        assert (queries.phase_of(known), len(queries.versions(known))) == (Phase.TERMINATED, 1)
        assert performances.by_contract_no(no).days == 10
        keep_log()
        assert first_difference(rows=True) is None


def test_what_was_recognised_first_is_not_ended(live, contract):
    no, do = contract
    with live.app_context():
        do["deliver"][1]()
        db.session.remove()
    assert one_after_another(live, do["confirm"], do["terminate"][1]) == ["done", "performance_done"]
    with live.app_context():
        assert performances.phase_of(performances.by_contract_no(no)) is ServicePhase.DONE


def test_what_was_ended_first_is_not_recognised(live, contract):
    no, do = contract
    with live.app_context():
        do["deliver"][1]()
        db.session.remove()
    assert one_after_another(live, do["terminate"], do["confirm"][1]) == ["done", "OutOfTurn"]
    with live.app_context():
        assert performances.phase_of(performances.by_contract_no(no)) is ServicePhase.STOPPED
        keep_log()
        assert first_difference(rows=True) is None


def test_nothing_is_delivered_after_the_end(live, contract):
    no, do = contract
    assert one_after_another(live, do["terminate"], do["deliver"][1]) == ["done", "OutOfTurn"]
    with live.app_context():
        assert not performances.by_contract_no(no).deliverables
