"""Two hands on one contract over two real connections: whoever holds it first is first, the other sees what he did."""

from collections.abc import Callable

import pytest
from flask import Flask

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
from tests.races.test_award import interleaved

SETTLEMENT = Fen(1_000_000)


@pytest.fixture
def contract(live: Flask) -> tuple[str, dict[str, Callable[[], object]]]:
    """A contract with a request for more time and a proposal to end it, and what the two sides may answer."""
    with live.app_context():
        no = a_contract()
        purchaser, agency = parties(queries.by_no(no))
        more, end = extension_asked(no), end_proposed(no, SETTLEMENT)
        db.session.remove()
    return no, {
        "grant": lambda: services.grant(purchaser, no, Agreed(more), key="grant"),
        "terminate": lambda: services.terminate(agency, no, AgreedPrice(end, SETTLEMENT), key="terminate"),
        "confirm": lambda: keeping.confirm(purchaser, no, Nothing(), key="confirm"),
        "deliver": lambda: handed_in(no),
    }


def acts(no: str) -> list[str]:
    return [line.act for line in timeline(f"contract:{no}")]


def test_more_time_first_then_the_end(live, contract):
    no, do = contract
    assert interleaved(live, do["grant"], do["terminate"]) == ("done", "done")
    with live.app_context():
        known = queries.by_no(no)
        assert (queries.phase_of(known), queries.versions(known)[-1].days) == (Phase.TERMINATED, 15)
        assert acts(no)[-2:] == ["contract.grant", "contract.terminate"]
        keep_log()
        assert first_difference(rows=True) is None


def test_no_more_time_after_the_end(live, contract):
    no, do = contract
    assert interleaved(live, do["terminate"], do["grant"]) == ("done", "OutOfTurn")
    with live.app_context():
        known = queries.by_no(no)
        assert (queries.phase_of(known), len(queries.versions(known))) == (Phase.TERMINATED, 1)
        assert performances.by_contract_no(no).days == 10
        keep_log()
        assert first_difference(rows=True) is None


def test_what_was_recognised_first_is_not_ended(live, contract):
    no, do = contract
    with live.app_context():
        do["deliver"]()
        db.session.remove()
    assert interleaved(live, do["confirm"], do["terminate"]) == ("done", "performance_done")
    with live.app_context():
        assert performances.phase_of(performances.by_contract_no(no)) is ServicePhase.DONE


def test_what_was_ended_first_is_not_recognised(live, contract):
    no, do = contract
    with live.app_context():
        do["deliver"]()
        db.session.remove()
    assert interleaved(live, do["terminate"], do["confirm"]) == ("done", "OutOfTurn")
    with live.app_context():
        assert performances.phase_of(performances.by_contract_no(no)) is ServicePhase.STOPPED
        keep_log()
        assert first_difference(rows=True) is None


def test_nothing_is_delivered_after_the_end(live, contract):
    no, do = contract
    assert interleaved(live, do["terminate"], do["deliver"]) == ("done", "OutOfTurn")
    with live.app_context():
        assert not performances.by_contract_no(no).deliverables
