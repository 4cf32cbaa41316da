"""Credit, as worked in rules.md §2.9 and at its boundaries."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.standing import Grade
from ratings.credit import rules
from ratings.credit.rules import CreditTerms, EventKind, Line
from ratings.evaluation.rules import points

TERMS = CreditTerms(
    window_months=12,
    prior=5,
    prior_mean_default=50,
    bonus_cap=10,
    grade_a=92,
    grade_b=80,
    grade_c=60,
    grade_a_contracts=5,
    grade_a_max_single=10,
    minimum_contracts=3,
)
WEIGHTS = {"quality": 40, "timeliness": 20, "fees": 15, "attitude": 10, "conduct": 15}
NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)


def service(no: str, mark: int, *, at: datetime = NOW, category: str = "04", weight: int = 60) -> Line:
    marks = dict.fromkeys(WEIGHTS, mark)
    return Line(EventKind.SERVICE, "service", points(marks, WEIGHTS), at, category, no, weight)


def deduction(points: int, *, at: datetime = NOW) -> Line:
    return Line(EventKind.DEDUCTION, "V06_11", points, at)


def scored(*lines: Line, as_of: datetime = NOW, others: dict[str, Fraction] | None = None) -> rules.Score:
    return rules.score(lines, as_of=as_of, others=others or {}, terms=TERMS)


def test_the_circle_of_the_rules():
    """Three contracts, each 11 working days late and marked 1 throughout: 85, 31.250, 58.125 = D (rules.md §2.9)."""
    lines = [service(no, 1) for no in "ABC"] + [deduction(5)] * 3
    found = scored(*lines)
    assert (found.conduct, found.service, found.composite, found.grade) == (85_000, 31_250, 58_125, Grade.D)


def test_with_five_points_instead_of_fifteen():
    found = scored(*[service(no, 1) for no in "ABC"], deduction(5))
    assert (found.composite, found.grade) == (63_125, Grade.C)


def test_a_year_later_nothing_counts_any_more():
    lines = [service(no, 1) for no in "ABC"] + [deduction(5)] * 3
    found = scored(*lines, as_of=NOW.replace(year=2027))
    assert (found.conduct, found.service, found.composite, found.grade) == (100_000, 50_000, 75_000, Grade.NEW)


@pytest.mark.parametrize(("mark", "composite", "grade"), [(4, 87_500, Grade.B), (3, 75_000, Grade.C)])
def test_all_fours_and_all_threes_among_equals(mark, composite, grade):
    """All fours → 87.5 = B, all threes → 75 = C, where the others of the category have the same mean."""
    same = Fraction((mark - 1) * 25)
    found = scored(*[service(str(no), mark) for no in range(3)], others={"04": same})
    assert (found.composite, found.grade) == (composite, grade)


@pytest.mark.parametrize(
    ("days", "counts"), [(timedelta(0), True), (timedelta(microseconds=1), False), (timedelta(days=-1), True)]
)
def test_the_window_is_open_at_its_old_end(days, counts):
    """(as_of − 12 months, as_of]: an event exactly twelve months old no longer counts."""
    event = NOW.replace(year=2025) + timedelta(microseconds=1) - days
    assert rules.in_window(event, as_of=NOW, months=12) is counts


def test_an_event_at_the_instant_counts():
    assert rules.in_window(NOW, as_of=NOW, months=12)
    assert not rules.in_window(NOW + timedelta(microseconds=1), as_of=NOW, months=12)


def test_the_window_from_a_leap_day():
    """A year before 29 February is all of 28 February: what ceased to count on the 28th does not come back."""
    leap = datetime(2028, 2, 29, 4, tzinfo=UTC)
    ended = datetime(2027, 2, 28, 16, tzinfo=UTC)
    assert rules.window_start(leap, 12) == ended - timedelta(microseconds=1)
    assert not rules.in_window(datetime(2027, 2, 28, 6, tzinfo=UTC), as_of=leap, months=12)
    assert rules.in_window(ended, as_of=leap, months=12)
    assert not rules.in_window(ended, as_of=leap + timedelta(hours=12), months=12)


@pytest.mark.parametrize(
    ("composite", "contracts", "worst", "grade"),
    [
        (92, 5, 9, Grade.A),
        (92, 4, 0, Grade.B),
        (92, 5, 10, Grade.B),
        (Fraction(91_999, 1000), 9, 0, Grade.B),
        (80, 3, 0, Grade.B),
        (Fraction(79_999, 1000), 3, 0, Grade.C),
        (60, 3, 0, Grade.C),
        (Fraction(59_999, 1000), 3, 0, Grade.D),
        (100, 2, 0, Grade.NEW),
    ],
)
def test_grades_at_their_boundaries(composite, contracts, worst, grade):
    assert rules.grade(Fraction(composite), contracts=contracts, worst=worst, terms=TERMS) is grade


def test_classes_are_renormalised_over_those_present():
    alone = rules.contract_points([service("A", 5, weight=60)])
    both = rules.contract_points([service("A", 5, weight=60), service("A", 1, weight=40)])
    assert (alone, both) == (100, 60)


def test_bonus_is_capped_and_conduct_never_leaves_its_bounds():
    bonus = Line(EventKind.BONUS, "B01", 2, NOW)
    assert scored(*[bonus] * 9).conduct == 110_000
    assert scored(*[deduction(60)] * 3).conduct == 0


@given(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.integers(0, 60))
def test_a_score_stays_within_its_bounds_and_order_does_not_matter(marks, points):
    lines = [service(str(no), mark) for no, mark in enumerate(marks)] + [deduction(points)]
    found = scored(*lines)
    assert 0 <= found.service <= 100_000
    assert 0 <= found.composite <= 105_000
    assert scored(*reversed(lines)) == found


@given(st.lists(st.integers(1, 5), min_size=3, max_size=9), st.integers(0, 8))
def test_a_better_mark_never_lowers_the_score(marks, place):
    place %= len(marks)
    better = [min(5, mark + 1) if no == place else mark for no, mark in enumerate(marks)]
    before = scored(*[service(str(no), mark) for no, mark in enumerate(marks)])
    after = scored(*[service(str(no), mark) for no, mark in enumerate(better)])
    assert after.composite >= before.composite


def test_the_mean_of_all_others_leaves_out_ones_own():
    whole = {"04": (Fraction(175), 3), "05": (Fraction(75), 1)}
    own = [service("A", 4), service("B", 5, category="05")]
    assert rules.others(whole, rules.sums(own)) == {"04": Fraction(50)}


LATER = st.timedeltas(timedelta(), timedelta(days=9 * 366))


@given(LATER, LATER, st.integers(1, 24))
@example(datetime(2028, 2, 29, 3, tzinfo=UTC) - NOW, timedelta(days=366), 12)
@example(datetime(2027, 2, 28, 3, tzinfo=UTC) - NOW, timedelta(days=366) - timedelta(hours=2), 12)
@example(datetime(2027, 2, 28, 16, tzinfo=UTC) - NOW, timedelta(days=365) - timedelta(hours=2), 12)
@example(datetime(2027, 1, 31, 3, tzinfo=UTC) - NOW, timedelta(days=28), 1)
def test_a_line_counts_until_it_expires(later, passed, months):
    """The last instant before and the first one after, and at no later one again: leap days too."""
    at = NOW + later
    ends = rules.expires_at(at, months)
    assert rules.in_window(at, as_of=ends - timedelta(microseconds=1), months=months)
    assert not rules.in_window(at, as_of=ends, months=months)
    as_of = at + passed
    assert rules.in_window(at, as_of=as_of, months=months) is (as_of < ends)


@given(
    st.lists(st.integers(1, 5), max_size=8),
    st.lists(st.integers(1, 60), max_size=4),
    st.integers(0, 100),
)
def test_the_conditions_decide_as_the_grade_does(marks, deductions, mean):
    """From the best grade down, the first whose conditions all hold; the twin of `grade` for people."""
    lines = [service(f"K{number}", mark) for number, mark in enumerate(marks)] + [deduction(one) for one in deductions]
    found = scored(*lines, others={"04": Fraction(mean)})
    held = rules.conditions(found, worst=max(deductions, default=0), terms=TERMS)
    by_grade = {
        grade: all(one.holds for one in held if one.grade is grade) for grade in (Grade.A, Grade.B, Grade.C, Grade.NEW)
    }
    if not by_grade[Grade.NEW]:
        assert found.grade is Grade.NEW
    else:
        assert found.grade is next((grade for grade in (Grade.A, Grade.B, Grade.C) if by_grade[grade]), Grade.D)
    better = rules.better(found.grade)
    assert better is None or not by_grade[better]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(139), "139"),
        (Fraction(1, 2), "0.5"),
        (Fraction(727, 8), "90.875"),
        (Fraction(1, 100_000), "0.00001"),
        (Fraction(230, 3), "76.666… (230/3)"),
        (Fraction(1, 1_000_000), "0.000… (1/1000000)"),
    ],
)
def test_a_figure_without_rounding(value, text):
    assert rules.exact(value) == text


def test_the_categories_are_weighted_by_their_contracts():
    """Two categories: (2·S + 1·S') / 3, and 50 where there is none."""
    found = scored(service("A", 5), service("B", 5), service("C", 1, category="05"))
    assert (
        rules.service(found.categories, terms=TERMS)
        == sum((one.contracts * one.score for one in found.categories), Fraction(0)) / 3
    )
    assert rules.service((), terms=TERMS) == 50


@given(
    st.lists(st.tuples(st.integers(0, 100_000), st.sampled_from(["04", "05"])), max_size=9),
    st.lists(st.integers(1, 60), max_size=3),
    st.dictionaries(st.sampled_from(["04", "05"]), st.integers(0, 100), min_size=2),
)
def test_an_estimate_says_what_is_reckoned_or_nothing(points, deductions, means):
    """Cut-down integers decide only what is far from every limit; the others have one contract in each category."""
    lines = [
        Line(EventKind.SERVICE, "service", value, NOW, category, f"K{number}", 60)
        for number, (value, category) in enumerate(points)
    ] + [deduction(one) for one in deductions]
    own = rules.sums(lines)
    nothing = (Fraction(0), 0)
    mine = {category: own.services.get(category, nothing) for category in means}
    whole = {
        category: (rules.scaled(mine[category][0]) + rules.scaled(Fraction(mean)), mine[category][1] + 1)
        for category, mean in means.items()
    }
    exact = rules.reckon(own, others={category: Fraction(mean) for category, mean in means.items()}, terms=TERMS)
    estimate = rules.estimated(own, whole=whole, terms=TERMS)
    if estimate is None:
        assert min(abs(exact.composite - limit * 1000) for limit in (92, 80, 60)) <= 2
    else:
        assert estimate is exact.grade


@pytest.mark.parametrize(
    ("points", "estimate"), [(Fraction(60), None), (Fraction(61), Grade.C), (Fraction(58), Grade.D)]
)
def test_at_a_limit_an_estimate_decides_nothing(points, estimate):
    """Conduct 60 and service 60: composite exactly 60."""
    own = rules.Sums(deducted=40, worst=5, services={"04": (points * 3, 3)})
    whole = {"04": (rules.scaled(points * 6), 6)}
    assert rules.estimated(own, whole=whole, terms=TERMS) is estimate
