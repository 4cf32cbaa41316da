"""Offers of one auction at the same instant, and an offer against the end: one stands behind the other (R1, R4)."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

from flask import Flask

from app.actor import Actor
from app.audit.check import first_difference
from app.chance import fresh_key
from app.clock import FixedClock
from app.database import db
from app.sweep import keep_log
from app.values import Nothing
from bidding.auction import bids, queries, services
from tests.builders.bidding import CEILING, STEP, a_bid, an_auction, auction_of, begun
from tests.races.conftest import at_once
from tests.races.test_award import interleaved


def test_of_all_at_once_each_that_counts_beats_the_one_before(live: Flask) -> None:
    with live.app_context():
        no, rivals = an_auction()
        begun(no)
        db.session.remove()
    # Sixteen ask for the same four amounts: of each amount one counts at the most.
    outcomes = at_once(live, 48, lambda turn: a_bid(rivals[turn % 3], no, CEILING - (turn // 12) * STEP))
    assert set(outcomes) == {"done", "step_too_small"}, outcomes
    with live.app_context():
        auction = auction_of(no)
        heard = queries.counted(auction.attempt_id)
        assert outcomes["done"] == len(heard) == auction.seq <= 4
        assert all(before.amount - after.amount >= STEP and before.at <= after.at for before, after in pairwise(heard))
        assert heard[-1].amount == auction.best_fen == CEILING - 3 * STEP
        assert bids.replay(heard, terms=queries.terms_of(auction)).end == auction.ends_at
        keep_log()
        assert first_difference(rows=True) is None


def test_an_offer_that_moves_the_end_keeps_the_end_from_coming(live: Flask) -> None:
    with live.app_context():
        no, (first, *_) = an_auction()
        begun(no, seconds=599)
        ends_at = auction_of(no).ends_at
        db.session.remove()
    clock = ByThread(live.extensions["market.clock"].instant)
    live.extensions["market.clock"] = clock

    def bidding(amount: int, at: datetime) -> Callable[[], object]:
        return lambda: clock.says(at) or a_bid(first, no, amount)

    def closing(at: datetime) -> Callable[[], object]:
        return lambda: clock.says(at) or services.close(Actor.sweeper(), f"{no}/1", Nothing(), key=fresh_key())

    in_time = ends_at - timedelta(microseconds=1)
    assert interleaved(live, bidding(CEILING, in_time), closing(ends_at)) == ("done", "OutOfTurn")
    with live.app_context():
        moved = auction_of(no).ends_at
        db.session.remove()
    assert moved == in_time + timedelta(minutes=1)
    # Whoever waits for the close is judged by what stands once it is done, though his own clock was in time.
    late = bidding(CEILING - STEP, moved - timedelta(microseconds=1))
    assert interleaved(live, closing(moved), late) == ("done", "auction_over")


class ByThread(FixedClock):
    """Each thread has its own time: which of two comes first is the lock's to say, not the clock's."""

    def __init__(self, instant: datetime) -> None:
        super().__init__(instant)
        self._here = threading.local()

    def says(self, instant: datetime) -> None:
        """What this thread's clock says from here on."""
        self._here.instant = instant

    def market(self) -> datetime:
        found: datetime = getattr(self._here, "instant", self.instant)
        return found
