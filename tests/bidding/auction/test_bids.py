"""Which offers of an auction count: boundaries by hand, and what holds for all auctions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.auction import bids

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)
LIVE = bids.AuctionTerms(
    start=START,
    length=timedelta(minutes=10),
    step=500,
    ceiling=100_000,
    floor=0,
    window=timedelta(minutes=1),
    extensions=2,
)
ROUNDS = bids.AuctionTerms(
    start=START,
    length=timedelta(minutes=3),
    step=500,
    ceiling=100_000,
    floor=60_000,
    window=timedelta(minutes=1),
    extensions=1,
    rounds=3,
    own=True,
)


def bid(who, amount, at):
    return bids.Bid(who, amount, START + (timedelta(seconds=at) if isinstance(at, int) else at))


@pytest.mark.parametrize(("ceiling", "step"), [(10_000_000, 50_000), (100, 1), (299, 1), (300, 2), (1, 1)])
def test_a_step_is_half_a_per_cent_half_up_and_at_least_a_fen(ceiling, step):
    assert bids.step_of(ceiling, share=5_000) == step


@pytest.mark.parametrize(
    ("heard", "next_bid", "fault"),
    [
        ([], bid("A", 100_000, 0), None),  # the ceiling itself may begin
        ([], bid("A", 100_001, 0), "above_ceiling"),
        ([], bid("A", 0, 0), "below_floor"),
        ([], bid("A", 100_000, -TICK), "auction_not_begun"),
        ([], bid("A", 100_000, timedelta(minutes=10) - TICK), None),
        ([], bid("A", 100_000, timedelta(minutes=10)), "auction_over"),
        ([bid("A", 90_000, 1)], bid("B", 89_500, 2), None),  # exactly one step
        ([bid("A", 90_000, 1)], bid("B", 89_501, 2), "step_too_small"),
        ([bid("A", 90_000, 1)], bid("A", 89_500, 1), None),  # oneself, in the same instant
        ([bid("A", 90_000, 1), bid("B", 80_000, 2)], bid("A", 89_000, 3), "step_too_small"),
    ],
)
def test_what_counts_live(heard, next_bid, fault):
    assert bids.replay(heard, terms=LIVE).fault(next_bid) == fault


def test_the_end_moves_at_most_so_often_and_never_back():
    auction = bids.announced(LIVE)
    ends = []
    for who, amount, at in (
        ("A", 90_000, 9 * 60),  # its window ends exactly with the auction: nothing moves
        ("B", 89_000, 9 * 60 + 30),
        ("A", 88_000, 9 * 60 + 45),
        ("B", 87_000, 10 * 60 + 44),  # the third would move it again
    ):
        auction = auction.after(bid(who, amount, at))
        ends.append((auction.end - START).total_seconds())
    assert ends == [600, 630, 645, 645]
    assert auction.fault(bid("A", 80_000, 645)) == "auction_over"
    assert auction.amounts == {"A": 88_000, "B": 87_000}
    with pytest.raises(ValueError, match="auction_over"):
        auction.after(bid("A", 80_000, 645))


@pytest.mark.parametrize(
    ("heard", "next_bid", "fault"),
    [
        ([bid("A", 90_000, 1)], bid("B", 90_000, 2), None),  # only the own last one binds
        ([bid("A", 90_000, 1)], bid("A", 80_000, 179), "round_used"),
        ([bid("A", 90_000, 1)], bid("A", 89_500, 180), None),  # the second round
        ([bid("A", 90_000, 1)], bid("A", 89_501, 180), "step_too_small"),
        ([bid("A", 90_000, 1)], bid("A", 59_999, 180), "below_floor"),
        ([bid("A", 90_000, 1)], bid("A", 60_000, 539), None),  # a round may be left out
        ([bid("A", 90_000, 1)], bid("A", 60_000, 540), "auction_over"),
        # moved by B's, the last round goes on, and is still the same round
        ([bid("A", 90_000, 400), bid("B", 90_000, 500)], bid("A", 80_000, 545), "round_used"),
        ([bid("B", 90_000, 500)], bid("A", 80_000, 545), None),
    ],
)
def test_what_counts_in_rounds(heard, next_bid, fault):
    assert bids.replay(heard, terms=ROUNDS).fault(next_bid) == fault


heard_bids = st.lists(
    st.builds(bid, st.sampled_from("ABC"), st.integers(1, 110_000), st.integers(-5, 800)), max_size=40
).map(lambda found: sorted(found, key=lambda one: one.at))


@given(heard_bids, st.sampled_from([LIVE, ROUNDS]))
def test_what_holds_for_every_auction(found, terms):
    auction, counted = bids.announced(terms), []
    for one in found:
        if auction.fault(one) is None:
            assert one.at < auction.end
            assert one.amount <= auction.most(one.id)
            after = auction.after(one)
            assert after.end >= auction.end
            auction = after
            counted.append(one)
    assert auction.extended <= terms.extensions
    assert auction.end <= bids.announced(terms).end + terms.extensions * terms.window
    assert auction == bids.replay(found, terms=terms) == bids.replay(counted, terms=terms)
    for who, amount in auction.amounts.items():
        assert amount == min(one.amount for one in counted if one.id == who)
    if not terms.own:
        assert [one.amount for one in counted] == sorted({one.amount for one in counted}, reverse=True)
        assert len(set(auction.amounts.values())) == len(auction.amounts)


def stopped(*spans):
    """(since, until, lost) of each, seconds after the start."""
    second = timedelta(seconds=1)
    return tuple(
        bids.Pause(START + since * second, START + until * second, lost * second) for since, until, lost in spans
    )


def test_what_a_pause_takes_is_given_back():
    paused = replace(LIVE, pauses=stopped((300, 7_500, 7_260)))
    auction = bids.replay([bid("A", 90_000, 299)], terms=paused)
    assert auction.end == START + timedelta(seconds=600 + 7_260)
    before = bids.replay([bid("A", 90_000, 299)], terms=LIVE)
    assert bids.is_possible(before, paused.pauses[0])
    going = bids.announced(paused).after(bid("A", 90_000, 299))
    assert [going.fault(bid("B", 80_000, at)) for at in (300, 7_499, 7_500, 7_859, 7_860)] == [
        "auction_paused",
        "auction_paused",
        None,
        None,
        "auction_over",
    ]
    moved = going.after(bid("B", 80_000, 7_859))
    assert (moved.end, moved.extended) == (START + timedelta(seconds=7_919), 1)
    assert moved.after(bid("A", 70_000, 7_918)).end == START + timedelta(seconds=7_978)


def test_rounds_go_on_where_they_stopped():
    paused = replace(ROUNDS, pauses=stopped((200, 1_000, 800), (1_100, 2_000, 900)))
    auction = bids.announced(paused)
    assert [auction.round_at(START + timedelta(seconds=at)) for at in (199, 1_000, 1_099, 2_000, 2_059, 2_060)] == [
        2, 2, 2, 2, 2, 3,
    ]  # fmt: skip
    assert bids.replay([], terms=paused).end == START + timedelta(seconds=540 + 1_700)


@pytest.mark.parametrize(
    ("span", "possible"),
    [
        ((0, 700, 700), True),
        ((599, 700, 101), True),
        ((600, 700, 100), False),
        ((10, 700, 701), False),
        ((300, 700, 401), True),
        ((299, 700, 400), False),
        ((700, 700, 700), False),
    ],
)
def test_a_pause_gives_back_no_more_than_was_left(span, possible):
    assert bids.is_possible(bids.announced(LIVE), stopped(span)[0]) is possible
