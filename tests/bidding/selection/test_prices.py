"""Who wins by price: boundaries by hand, and what holds for all prices."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.selection import prices

ids = st.text("ABCDEFGH", min_size=1, max_size=3)
offers = st.dictionaries(ids, st.integers(1, 9), max_size=9)
wide = st.dictionaries(ids, st.integers(1, 10**12), max_size=9)


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
