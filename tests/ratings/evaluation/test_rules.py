"""Marks, points and turns of an evaluation, at their boundaries (rules.md §2.8, §2.9, §3.4)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.refusal import OutOfTurn
from app.rulebook import Rulebooks
from ratings.evaluation import rules
from ratings.evaluation.rules import FLOW, Dimension, EvaluationAct, EvaluationTerms, Evaluator, Marks, Phase, Turn

TERMS = Rulebooks.load().get("450000@2017-11-23").terms(EvaluationTerms)
DUE = datetime(2026, 3, 24, 16, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
GOOD = Marks(quality=4, fees=4, attitude=5, conduct=3)
OWNER = Turn(Evaluator.OWNER, due_at=DUE, lock_due_at=None, edited=False, mine=True)
HANDED_IN = replace(OWNER, lock_due_at=DUE + timedelta(days=5))


def codes(refusals) -> list[str]:
    return [refusal.code for refusal in refusals]


@pytest.mark.parametrize(
    ("late", "mark"), [(0, 5), (1, 4), (2, 4), (3, 3), (5, 3), (6, 2), (10, 2), (11, 1), (31, 1), (500, 1)]
)
def test_timeliness_follows_from_the_days_late(late: int, mark: int) -> None:
    """rules.md eval.timeliness_auto: late 0 → 5, 1–2 → 4, 3–5 → 3, 6–10 → 2, more → 1."""
    assert rules.timeliness_mark(late, marks=TERMS.timeliness_marks, beyond=TERMS.timeliness_mark_beyond) == mark


@pytest.mark.parametrize(("mark", "expected"), [(1, 0), (2, 25_000), (3, 50_000), (4, 75_000), (5, 100_000)])
def test_equal_marks_give_quarters(mark: int, expected: int) -> None:
    """rules.md §2.9: Σ weight·(mark − 1)·25, so all fours are 75 points in thousandths."""
    assert rules.points({dimension.value: mark for dimension in Dimension}, TERMS.dimensions) == expected


MARK = st.integers(1, 5)


@given(st.fixed_dictionaries({dimension.value: MARK for dimension in Dimension}))
def test_points_lie_between_nothing_and_all_and_rise_with_each_mark(marks: dict[str, int]) -> None:
    found = rules.points(marks, TERMS.dimensions)
    assert 0 <= found <= 100_000
    for dimension, mark in marks.items():
        if mark < 5:
            assert rules.points(marks | {dimension: mark + 1}, TERMS.dimensions) - found == (
                TERMS.dimensions[dimension] * 250
            )


def test_the_weights_of_the_shipped_rulebooks_are_whole() -> None:
    for book in Rulebooks.load().all():
        terms = book.terms(EvaluationTerms)
        assert sum(terms.dimensions.values()) == 100
        assert set(terms.dimensions) == {dimension.value for dimension in Dimension}
        assert sum(terms.weights.values()) == 100
        assert {evaluator.value for evaluator in Evaluator} <= set(terms.weights)


@pytest.mark.parametrize("mark", [-1, 0, 6])
@pytest.mark.parametrize("dimension", [dimension.value for dimension in rules.GIVEN])
def test_marks_are_one_to_five(dimension: str, mark: int) -> None:
    """rules.md eval.dimensions: 1–5 each."""
    found = list(rules.refusals_to_marks(replace(GOOD, comment="reasons", **{dimension: mark})))
    assert [(refusal.code, refusal.field, refusal.clause) for refusal in found] == [
        ("mark_out_of_range", dimension, "eval.dimensions")
    ]


@pytest.mark.parametrize("mark", [1, 2])
@pytest.mark.parametrize("dimension", [dimension.value for dimension in rules.GIVEN])
def test_a_low_mark_needs_its_reason(mark: int, dimension: str) -> None:
    """rules.md eval.dimensions: text required for 1–2."""
    low = replace(GOOD, **{dimension: mark})
    assert codes(rules.refusals_to_marks(low)) == ["mark_unexplained"]
    assert codes(rules.refusals_to_marks(replace(low, comment="   "))) == ["mark_unexplained"]
    assert codes(rules.refusals_to_marks(replace(low, comment="the survey had to be done again"))) == []


def test_every_reason_at_once() -> None:
    late = DUE + timedelta(days=180)
    bad = Marks(quality=0, fees=9, attitude=3, conduct=2)
    assert codes(rules.refusals_to_submit(bad, turn=OWNER, now=late)) == [
        "evaluation_too_late",
        "mark_out_of_range",
        "mark_out_of_range",
        "mark_unexplained",
    ]


@pytest.mark.parametrize(
    ("evaluator", "now", "expected"),
    [
        (Evaluator.OWNER, DUE - MOMENT, []),
        (Evaluator.OWNER, DUE, []),
        (Evaluator.OWNER, DUE + timedelta(days=180) - MOMENT, []),
        (Evaluator.OWNER, DUE + timedelta(days=180), ["evaluation_too_late"]),
        (Evaluator.AUTHORITY, DUE - MOMENT, []),
        (Evaluator.AUTHORITY, DUE, ["evaluation_over"]),
    ],
)
def test_who_may_still_mark(evaluator: Evaluator, now: datetime, expected: list[str]) -> None:
    """rules.md §3.4: EXPIRED | late evaluation | OW | 180 days."""
    turn = replace(OWNER, evaluator=evaluator)
    assert codes(rules.refusals_to_submit(GOOD, turn=turn, now=now)) == expected


@pytest.mark.parametrize(
    ("turn", "now", "expected"),
    [
        (HANDED_IN, DUE, []),
        (HANDED_IN, HANDED_IN.lock_due_at - MOMENT, []),
        (HANDED_IN, HANDED_IN.lock_due_at, ["evaluation_window_over"]),
        (replace(HANDED_IN, edited=True), DUE, ["evaluation_edited_once"]),
        (replace(HANDED_IN, mine=False), DUE, ["evaluation_of_another"]),
        (
            replace(HANDED_IN, mine=False, edited=True),
            HANDED_IN.lock_due_at,
            ["evaluation_of_another", "evaluation_edited_once", "evaluation_window_over"],
        ),
    ],
)
def test_marks_change_once_inside_the_window(turn: Turn, now: datetime, expected: list[str]) -> None:
    """rules.md §3.4: SUBMITTED | edit once | same | 3 wd."""
    assert codes(rules.refusals_to_edit(GOOD, turn=turn, now=now)) == expected


@pytest.mark.parametrize(
    ("submitted", "locked", "expired", "phase"),
    [
        (None, None, None, Phase.OPEN),
        (None, None, DUE, Phase.EXPIRED),
        (DUE, None, None, Phase.SUBMITTED),
        (DUE + MOMENT, None, DUE, Phase.SUBMITTED),
        (DUE, DUE, None, Phase.LOCKED),
        (DUE + MOMENT, DUE + MOMENT, DUE, Phase.LOCKED),
    ],
)
def test_the_phase_follows_from_the_instants(submitted, locked, expired, phase) -> None:
    assert rules.phase_of(submitted_at=submitted, locked_at=locked, expired_at=expired) is phase


def test_late_begins_with_the_deadline_itself() -> None:
    assert not rules.is_late(DUE - MOMENT, due_at=DUE)
    assert rules.is_late(DUE, due_at=DUE)


def test_nothing_follows_a_lock() -> None:
    for act in EvaluationAct:
        with pytest.raises(OutOfTurn):
            FLOW.after(Phase.LOCKED, act)
