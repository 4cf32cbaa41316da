"""Whatever happens in an auction, the database tells what its rules tell: each offer, the clock, and the end."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.actor import Actor
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.refusal import OutOfTurn, Refused
from app.values import Nothing
from bidding.auction import bids, queries, services
from tests.builders.bidding import CEILING, STEP, a_bid, an_auction, auction_of, begun
from tests.conftest import Made, made_once, rolled_back


def _make(method: str) -> tuple[str, list[Actor]]:
    no, rivals = an_auction(method)
    begun(no)
    return no, rivals


@pytest.fixture(scope="module", params=[("sqlite", "BID_LIVE"), ("sqlite", "BID_ROUNDS"), ("postgresql", "BID_LIVE")])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """An auction at its beginning, which every example fights out anew."""
    kind, method = request.param
    with made_once(kind, tmp_path_factory.mktemp("machine"), lambda: _make(method)) as found:
        yield found


moves = st.lists(
    st.tuples(
        st.sampled_from((0, 1, 30, 59, 150, 300)),  # seconds that go by
        st.integers(0, 2),  # who offers, or asks for the end
        st.one_of(st.none(), st.integers(-1, 3), st.integers(0, CEILING + 1)),  # None: the end; steps below; an amount
    ),
    max_size=14,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_the_database_is_the_replay_of_what_counted(made, script):
    no, rivals = made.kept
    with rolled_back(made.app, made.at):
        clock = made.app.extensions["market.clock"]
        terms = queries.terms_of(auction_of(no))
        known, closed, counted = bids.announced(terms), False, []
        for seconds, who, amount in script:
            clock.instant += timedelta(seconds=seconds)
            code = rivals[who].code
            if amount is None:
                assert ended(no) == (not closed and clock.instant >= known.end)
                closed = closed or clock.instant >= known.end
                continue
            fen = known.most(code) - amount * STEP if amount <= 3 else amount
            heard = bids.Bid(code, fen, clock.instant)
            fault = "auction_over" if closed else known.fault(heard)
            if fault in ("below_floor", "above_ceiling", "step_too_small") and known.most(code) < 1:
                fault = "auction_at_bottom"
            assert offered(rivals[who], no, fen) == fault
            if fault is None:
                known = known.after(heard)
                counted.append(heard)
            row = auction_of(no)
            assert (row.seq, row.best_fen, row.ends_at, row.extended) == (
                len(counted),
                known.best,
                known.end,
                known.extended,
            )
        assert queries.counted(auction_of(no).attempt_id) == counted
        assert [one.extended_to is not None for one in queries.heard(auction_of(no).attempt_id)].count(True) == (
            known.extended
        )


def offered(agency, no, fen):
    try:
        a_bid(agency, no, fen)
    except Refused as refused:
        return refused.reasons[0].code
    return None


def ended(no):
    try:
        services.close(Actor.sweeper(), f"{no}/1", Nothing(), key=fresh_key())
    except OutOfTurn:
        return False
    return True


def test_the_page_asks_as_often_for_many_offers_as_for_one(made):
    """And the one who watches is asked about in two questions."""
    from tests.counting import questions

    no, rivals = made.kept
    with rolled_back(made.app, made.at):
        counts = []
        for turn, rival in enumerate(rivals):
            a_bid(rival, no, CEILING - turn * STEP)
            with questions() as asked:
                queries.page(no, actor=rival, now=clockwork.clock().market())
            counts.append(len(asked))
            with questions() as told:
                queries.mark(no, 1)
            assert len(told) == 1
        assert len(set(counts)) == 1
