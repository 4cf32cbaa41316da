"""Who wins by price: boundaries by hand, and what holds for all prices."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.selection import prices

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)
LIVE = prices.AuctionTerms(
    start=START,
    length=timedelta(minutes=10),
    step=500,
    ceiling=100_000,
    floor=0,
    window=timedelta(minutes=1),
    extensions=2,
)
ROUNDS = prices.AuctionTerms(
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

ids = st.text("ABCDEFGH", min_size=1, max_size=3)
offers = st.dictionaries(ids, st.integers(1, 9), max_size=9)
wide = st.dictionaries(ids, st.integers(1, 10**12), max_size=9)


def bid(who, amount, at):
    return prices.Bid(who, amount, START + (timedelta(seconds=at) if isinstance(at, int) else at))


@st.composite
def with_order(draw, found=offers):
    """Prices, an order of all and two shuffled copies of the same prices."""
    one = draw(found)
    order = draw(st.permutations(sorted(one)))
    return one, order, dict(draw(st.permutations(list(one.items()))))


@pytest.mark.parametrize(
    ("given", "order", "ranks"),
    [
        ({"A": 3, "B": 1, "C": 2}, None, ("B", "C", "A")),
        ({"A": 3, "B": 1, "C": 2, "D": 4, "E": 4}, None, ("B", "C", "A")),  # the tie lies behind the ranks wanted
        ({"A": 3, "B": 1, "C": 2, "D": 3}, None, None),  # it reaches the last one wanted
        ({"A": 1, "B": 1}, None, None),
        ({"A": 1, "B": 1, "C": 1}, ["C", "A", "B"], ("C", "A", "B")),
        ({"A": 1, "B": 2}, ["C", "B", "A"], ("A", "B")),  # C registered and made no offer
        ({"A": 7}, None, ("A",)),
        ({}, None, ()),
    ],
)
def test_the_lowest_price_wins(given, order, ranks):
    assert prices.lowest(given, wanted=3, order=order) == ranks


@pytest.mark.parametrize(
    ("given", "order", "ranks"),
    [
        ({"A": 50_000, "B": 120_000, "C": 70_000}, None, ("B", "C")),
        ({"A": 120_000, "B": 120_000, "C": 70_000}, None, None),
        ({"A": 120_000, "B": 120_000, "C": 70_000}, ["C", "B", "A"], ("B", "A")),
    ],
)
def test_the_highest_rate_wins(given, order, ranks):
    assert prices.highest(given, wanted=2, order=order) == ranks


RANKINGS = [
    prices.lowest,
    prices.highest,
    lambda found, **known: prices.nearest_to_mean(found, percent=97, **known),
]


@pytest.mark.parametrize("ranking", RANKINGS)
@given(with_order(), st.integers(0, 9))
def test_the_order_in_which_offers_arrive_does_not_matter(ranking, made, wanted):
    found, order, shuffled = made
    ranks = ranking(found, wanted=wanted, order=order)
    assert ranking(shuffled, wanted=wanted, order=order) == ranks
    early = ranking(found, wanted=wanted, order=None)
    assert early is None or early == ranks


@given(with_order(), st.integers(1, 9))
def test_nobody_offered_less_than_the_winner(made, wanted):
    found, order, _ = made
    ranks = prices.lowest(found, wanted=wanted, order=order)
    assert [found[who] for who in ranks] == sorted(found.values())[:wanted]
    for one, next_one in pairwise(ranks):
        assert found[one] < found[next_one] or order.index(one) < order.index(next_one)


@given(st.sets(ids, max_size=9), st.data())
def test_among_equal_offers_the_order_alone_decides(who, data):
    order = data.draw(st.permutations(sorted(who)))
    same = dict.fromkeys(who, 7)
    for ranking in RANKINGS[:2]:
        assert ranking(same, wanted=9, order=order) == tuple(order)
    # Of six or more equals the two latest in order are trimmed.
    left = order if len(order) < 6 else order[:-2]
    assert prices.nearest_to_mean(same, percent=95, wanted=9, order=order) == tuple(left)


@given(with_order(), st.text("XYZ", min_size=1, max_size=2), st.integers(0, 9))
def test_whoever_is_excluded_changes_nothing_among_the_others(made, excluded, place):
    found, order, _ = made
    longer = [*order[:place], excluded, *order[place:]]
    for ranking in RANKINGS:
        assert ranking(found, wanted=9, order=longer) == ranking(found, wanted=9, order=order)


# The mean


@given(wide.filter(bool), st.integers(95, 98))
def test_the_reference_is_the_share_of_the_mean_half_up(found, percent):
    exact = Fraction(percent * sum(found.values()), 100 * len(found))
    assert prices.reference(found.values(), percent=percent) == (2 * exact + 1) // 2


@pytest.mark.parametrize(
    ("amounts", "percent", "expected"),
    [
        ([100], 95, 95),
        ([101], 95, 96),  # 95.95
        ([10], 95, 10),  # 9.5 goes up
        ([70], 95, 67),  # 66.5 goes up
        ([1, 2], 97, 1),  # 1.455
        ([100, 200, 300], 98, 196),
    ],
)
def test_reference(amounts, percent, expected):
    assert prices.reference(amounts, percent=percent) == expected


def test_five_are_not_trimmed_and_six_are():
    five = {"A": 100, "B": 200, "C": 300, "D": 400, "E": 500}
    assert prices.trimmed(five, order=None) == five
    assert prices.trimmed({**five, "F": 600}, order=None) == {"B": 200, "C": 300, "D": 400, "E": 500}


@pytest.mark.parametrize(
    ("order", "left"),
    [
        (["A", "B", "C", "D", "E", "F"], {"A", "C", "D", "E"}),
        (["F", "E", "D", "C", "B", "A"], {"B", "C", "D", "F"}),
        (["C", "E", "A", "F", "D", "B"], {"A", "C", "D", "E"}),
    ],
)
def test_of_equals_the_later_in_order_is_left_out(order, left):
    found = {"A": 100, "B": 100, "C": 300, "D": 400, "E": 500, "F": 500}
    assert prices.trimmed(found, order=order).keys() == left
    assert prices.trimmed(found, order=None) is None


@given(with_order(st.one_of(offers, wide).filter(bool)), st.sampled_from([95, 96, 97, 98]))
def test_the_mean_as_an_outsider_reckons_it(made, percent):
    """From the sentence of the page alone, in fractions: sort, drop both ends, nearest, lower, earlier."""
    found, order, _ = made
    standing = sorted(order, key=lambda who: found[who])  # stable: of equals the earlier in order comes first
    if len(standing) >= 6:
        highest = [who for who in standing if found[who] == found[standing[-1]]][-1]
        standing.remove(highest)
        lowest = [who for who in standing if found[who] == found[standing[0]]][-1]
        standing.remove(lowest)
    mean = Fraction(percent, 100) * sum(found[who] for who in standing) / len(standing)
    middle = int(mean + Fraction(1, 2))
    expected = sorted(standing, key=lambda who: (abs(found[who] - middle), found[who], order.index(who)))
    assert prices.nearest_to_mean(found, percent=percent, wanted=9, order=order) == tuple(expected)


def test_who_was_trimmed_stands_at_no_rank():
    found = {"A": 9_600, "B": 9_700, "C": 10_000, "D": 10_000, "E": 10_000, "F": 10_300}
    order = list("ABCDEF")
    # B to E are left: Σ = 39,700, at 97 % the reference is 9,627.25 → 9,627; A with 9,600 would have been nearest.
    assert prices.nearest_to_mean(found, percent=97, wanted=9, order=order) == ("B", "C", "D", "E")


@pytest.mark.parametrize(
    ("found", "order", "ranks"),
    [
        # Σ = 300, at 98 % the reference is 98: A and C are 4 away, A is lower; B is 6 away.
        ({"A": 94, "B": 104, "C": 102}, None, ("A", "C", "B")),
        ({"A": 100, "B": 100, "C": 100}, ["B", "C", "A"], ("B", "C", "A")),
        ({"A": 100, "B": 100, "C": 100}, None, None),
        ({"A": 100, "B": 90, "C": 113}, None, ("A", "B", "C")),  # 101 × 98 % = 98.98 → 99
        ({"A": 98}, None, ("A",)),
        ({}, None, ()),
    ],
)
def test_nearest_wins_then_the_lower_price_then_the_order(found, order, ranks):
    assert prices.nearest_to_mean(found, percent=98, wanted=3, order=order) == ranks


def test_without_the_factor_nothing_is_said():
    assert prices.nearest_to_mean({"A": 1}, percent=None, wanted=1, order=None) is None
    assert prices.nearest_to_mean({}, percent=None, wanted=1, order=None) == ()


# Low prices


@pytest.mark.parametrize(
    ("found", "low"),
    [
        ({"A": 70_000, "B": 80_000, "C": 90_000}, set()),  # exactly 70 % of the ceiling
        ({"A": 69_999, "B": 80_000, "C": 90_000}, {"A"}),
        ({"A": 80_000, "B": 100_000, "C": 100_000}, set()),  # exactly 80 % of the others' mean
        ({"A": 79_999, "B": 100_000, "C": 100_000}, {"A"}),
        ({"A": 70_000}, set()),
        ({"A": 69_999}, {"A"}),
        ({}, set()),
    ],
)
def test_below_the_shares_a_price_must_be_explained(found, low):
    assert prices.abnormally_low(found, ceiling=100_000, of_ceiling=700_000, of_mean=800_000) == low


@given(wide, st.integers(1, 10**12), st.integers(0, 10**6), st.integers(0, 10**6))
def test_low_prices_are_compared_exactly(found, ceiling, of_ceiling, of_mean):
    def low(who):
        others = [price for other, price in found.items() if other != who]
        mean = bool(others) and found[who] < Fraction(of_mean * sum(others), 10**6 * len(others))
        return found[who] < Fraction(of_ceiling * ceiling, 10**6) or mean

    expected = {who for who in found if low(who)}
    assert prices.abnormally_low(found, ceiling=ceiling, of_ceiling=of_ceiling, of_mean=of_mean) == expected


@pytest.mark.parametrize(("ceiling", "step"), [(10_000_000, 50_000), (100, 1), (299, 1), (300, 2), (1, 1)])
def test_a_step_is_half_a_per_cent_half_up_and_at_least_a_fen(ceiling, step):
    assert prices.step_of(ceiling, share=5_000) == step


# Auctions


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
    assert prices.replay(heard, terms=LIVE).fault(next_bid) == fault


def test_the_end_moves_at_most_so_often_and_never_back():
    auction = prices.announced(LIVE)
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
    assert prices.replay(heard, terms=ROUNDS).fault(next_bid) == fault


bids = st.lists(st.builds(bid, st.sampled_from("ABC"), st.integers(1, 110_000), st.integers(-5, 800)), max_size=40).map(
    lambda found: sorted(found, key=lambda one: one.at)
)


@given(bids, st.sampled_from([LIVE, ROUNDS]))
def test_what_holds_for_every_auction(found, terms):
    auction, counted = prices.announced(terms), []
    for one in found:
        if auction.fault(one) is None:
            assert one.at < auction.end
            assert one.amount <= auction.most(one.id)
            after = auction.after(one)
            assert after.end >= auction.end
            auction = after
            counted.append(one)
    assert auction.extended <= terms.extensions
    assert auction.end <= prices.announced(terms).end + terms.extensions * terms.window
    assert auction == prices.replay(found, terms=terms) == prices.replay(counted, terms=terms)
    for who, amount in auction.amounts.items():
        assert amount == min(one.amount for one in counted if one.id == who)
    if not terms.own:
        assert [one.amount for one in counted] == sorted({one.amount for one in counted}, reverse=True)
        assert prices.lowest(auction.amounts, wanted=9, order=None) is not None
