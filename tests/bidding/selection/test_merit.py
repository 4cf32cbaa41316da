"""Who wins by merit: credit lists, the owner's choice, and totals against exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.selection import merit

LOTS = {"A": 95, "B": 80, "C": 80, "D": 80, "E": 100}
WEIGHTS = {"service": 40, "team": 30, "price": 30}
ids = st.text("ABCDEFGH", min_size=1, max_size=3)


@pytest.mark.parametrize(("points", "lots"), [(-3, 1), (0, 1), (1, 1), (2, 2), (100, 100), (1000, 1000), (1001, 1000)])
def test_lots(points, lots):
    assert merit.lots_of(points) == lots


@pytest.mark.parametrize(
    ("size", "order", "listed"),
    [
        (3, "ABCDE", {"A", "B", "E"}),
        (3, "DCBAE", {"A", "D", "E"}),  # of the three with 80, the first in order
        (2, "DCBAE", {"A", "E"}),
        (9, "ABCDE", set("ABCDE")),
    ],
)
def test_the_long_list(size, order, listed):
    assert set(merit.long_list(LOTS, size=size, order=order)) == listed


def test_the_short_list_stands_in_order():
    assert merit.short_list(LOTS, long=3, short=2, order="DCBAE") == ("D", "A")
    assert merit.short_list(LOTS, long=3, short=9, order="DCBAE") == ("D", "A", "E")
    assert merit.short_list({}, long=3, short=2, order="") == ()


@given(st.dictionaries(ids, st.integers(1, 5), max_size=9), st.integers(1, 5), st.integers(1, 5), st.data())
def test_the_lists(lots, long, short, data):
    order = data.draw(st.permutations(sorted(lots)))
    found = merit.short_list(lots, long=long, short=short, order=order)
    listed = merit.long_list(lots, size=long, order=order)
    assert len(listed) == min(long, len(lots))
    assert len(found) == min(short, len(listed))
    assert list(found) == [who for who in order if who in found]
    assert min((lots[who] for who in listed), default=9) >= max((lots[who] for who in lots.keys() - listed), default=0)
    assert merit.short_list(dict(reversed(lots.items())), long=long, short=short, order=order) == found
    assert merit.short_list(lots, long=long, short=short, order=[*order, "X"]) == found


def test_the_choice_stands_before_the_others():
    assert merit.chosen("ABC", ["C"]) == ("C", "A", "B")
    assert merit.chosen("ABC", ["C", "B"]) == ("C", "B", "A")
    assert merit.chosen("ABC", []) == ("A", "B", "C")
    for wrong in (["D"], ["A", "A"]):
        with pytest.raises(merit.Unscored):
            merit.chosen("ABC", wrong)


@pytest.mark.parametrize(
    ("price", "least", "points"), [(100, 100, 1_000_000), (300, 100, 333_333), (300, 200, 666_667), (128, 1, 7_813)]
)
def test_price_points(price, least, points):
    assert merit.price_points(price, least=least) == points


def sheets(points, judges=("J1", "J2")):
    return [
        merit.Mark(judge, who, criterion, points[judge][who][place])
        for judge in judges
        for who in points[judge]
        for place, criterion in enumerate(("service", "team"))
    ]


MARKS = sheets({"J1": {"A": (90, 80), "B": (80, 85)}, "J2": {"A": (85, 80), "B": (80, 90)}})
OFFERS = {"A": 100_000, "B": 80_000}


def test_totals_by_hand():
    found = merit.totals(MARKS, offers=OFFERS, weights=WEIGHTS, judges=["J1", "J2"])
    # A: 40·175 + 30·160 = 11,800 → ×10^4; price 2·30·800,000.  B: 40·160 + 30·175 = 11,650; price 2·30·1,000,000.
    assert found == {"A": 118_000_000 + 48_000_000, "B": 116_500_000 + 60_000_000}
    assert {who: merit.in_thousandths(total, judges=2) for who, total in found.items()} == {"A": 83_000, "B": 88_250}
    assert merit.by_total(found, wanted=1, order=None) == ("B",)


def test_equal_totals_stand_in_order():
    assert merit.by_total({"A": 5, "B": 5, "C": 4}, wanted=1, order=None) is None
    assert merit.by_total({"A": 5, "B": 5, "C": 4}, wanted=3, order="CBA") == ("B", "A", "C")


@pytest.mark.parametrize(
    "marks",
    [
        MARKS[:-1],
        [*MARKS, MARKS[0]],
        [*MARKS, merit.Mark("J3", "A", "team", 1)],
        [*MARKS, merit.Mark("J1", "C", "team", 1)],
        [*MARKS, merit.Mark("J1", "A", "price", 1)],
        [merit.Mark("J1", "A", "service", 101), *MARKS[1:]],
        [merit.Mark("J1", "A", "service", -1), *MARKS[1:]],
        [],
    ],
)
def test_sheets_are_complete_or_nothing(marks):
    with pytest.raises(merit.Unscored):
        merit.totals(marks, offers=OFFERS, weights=WEIGHTS, judges=["J1", "J2"])


@given(
    st.dictionaries(ids, st.integers(1, 10**12), min_size=1, max_size=5),
    st.integers(1, 4),
    st.integers(0, 99),
    st.data(),
)
def test_totals_are_the_weighted_means(offers, count, share, data):
    judges = [f"J{n}" for n in range(count)]
    weights = {"service": 100 - share, "price": share}
    marks = [merit.Mark(judge, who, "service", data.draw(st.integers(0, 100))) for judge in judges for who in offers]
    found = merit.totals(marks, offers=offers, weights=weights, judges=judges)
    assert merit.totals(marks[::-1], offers=offers, weights=weights, judges=judges[::-1]) == found
    for who, price in offers.items():
        mean = Fraction(sum(mark.points for mark in marks if mark.id == who), count)
        cheap = Fraction(100 * min(offers.values()), price)
        exact = ((100 - share) * mean + share * cheap) / 100
        # The price points are millionths: half of one, weighted, is all that can be lost.
        assert abs(Fraction(found[who], count * 10**6) - exact) <= Fraction(share, 100) * Fraction(1, 20_000)
        assert abs(merit.in_thousandths(found[who], judges=count) - Fraction(found[who], count * 1000)) <= Fraction(
            1, 2
        )
