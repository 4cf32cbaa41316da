"""The windows, who may, what an upheld objection does: tables."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from app.refusal import OutOfTurn
from app.values import Workdays
from ratings.complaint import rules
from ratings.complaint.rules import (
    Because,
    DecisionTerms,
    Effect,
    Filing,
    Ground,
    Kind,
    ObjectionAct,
    ObjectionTerms,
    Outcome,
    Phase,
)

NOW = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
GROUND = Ground(
    code="RIVAL",
    own_need=False,
    active=True,
    direct=False,
    until=NOW + timedelta(days=1),
    excluded=False,
    registered=True,
    winners=frozenset({"WINNER", "OTHER"}),
    open_already=False,
)
RESULT = Filing(Kind.RESULT, "the winner's certificate had expired", against="WINNER")
NOTICE = Filing(Kind.NOTICE, "the brand is prescribed", interest="we offer this service")
EXCLUSION = Filing(Kind.EXCLUSION, "our certificate was in force")


def codes(filing: Filing, ground: Ground = GROUND, *, now: datetime = NOW) -> set[str]:
    return {refusal.code for refusal in rules.refusals_to_file(filing, ground, now=now)}


@pytest.mark.parametrize(
    ("filing", "change", "code"),
    [
        (RESULT, {"own_need": True}, "objection_own"),
        (RESULT, {"active": False}, "objection_agency_not_active"),
        (RESULT, {"direct": True}, "objection_direct"),
        (RESULT, {"open_already": True}, "objection_open_already"),
        (RESULT, {"until": None}, "objection_nothing"),
        (RESULT, {"until": NOW}, "objection_window_closed"),
        (RESULT, {"registered": False}, "objection_interest_missing"),
        (RESULT, {"winners": frozenset({"OTHER"})}, "objection_against_unknown"),
        (RESULT, {"code": "WINNER"}, "objection_against_self"),
        (replace(RESULT, reason="  "), {}, "objection_reason_missing"),
        (EXCLUSION, {}, "objection_not_excluded"),
        (replace(EXCLUSION, against="WINNER"), {"excluded": True}, "objection_against_unknown"),
        (replace(NOTICE, interest=" "), {}, "objection_interest_missing"),
        (replace(NOTICE, against="WINNER"), {}, "objection_against_unknown"),
    ],
)
def test_each_reason_against_objecting_alone(filing: Filing, change: dict[str, object], code: str) -> None:
    assert codes(filing, replace(GROUND, **change)) == {code}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("filing", "change"),
    [
        (RESULT, {}),
        (replace(RESULT, against=None), {}),
        (replace(RESULT, interest="we offered in the first attempt"), {"registered": False}),
        (NOTICE, {"registered": False}),
        (EXCLUSION, {"excluded": True}),
    ],
)
def test_who_may_object(filing: Filing, change: dict[str, object]) -> None:
    assert codes(filing, replace(GROUND, **change)) == set()  # type: ignore[arg-type]


def test_the_window_is_half_open() -> None:
    until = GROUND.until
    assert until is not None
    assert codes(RESULT, now=until - TICK) == set()
    assert codes(RESULT, now=until) == {"objection_window_closed"}


def test_before_the_freeze_it_tells_nothing_of_who_registered() -> None:
    """Sealed: the reasons against an objection to the notice are the same for registrants and others."""
    for filing in (NOTICE, replace(NOTICE, interest="", reason="")):
        assert codes(filing) == codes(filing, replace(GROUND, registered=False))


@pytest.mark.parametrize(
    ("outcome", "appealed", "answered", "now", "phase"),
    [
        (None, None, None, NOW - TICK, Phase.FILED),
        (None, None, None, NOW, Phase.UNANSWERED),
        (None, None, NOW, NOW, Phase.ANSWERED),
        (None, NOW, NOW, NOW, Phase.APPEALED),
        (None, NOW, None, NOW, Phase.APPEALED),
        *((outcome, NOW, NOW, NOW, Phase(outcome.value)) for outcome in Outcome),
    ],
)
def test_phases(
    outcome: Outcome | None, appealed: datetime | None, answered: datetime | None, now: datetime, phase: Phase
) -> None:
    found = rules.phase_of(outcome=outcome, appealed_at=appealed, answered_at=answered, answer_due_at=NOW, now=now)
    assert found is phase


@pytest.mark.parametrize(
    ("phase", "acts"),
    [
        (Phase.FILED, {ObjectionAct.REJECT, ObjectionAct.CONCEDE, ObjectionAct.RECALL}),
        (
            Phase.UNANSWERED,
            {
                ObjectionAct.REJECT,
                ObjectionAct.CONCEDE,
                ObjectionAct.APPEAL,
                ObjectionAct.LAPSE,
                ObjectionAct.RECALL,
            },
        ),
        (Phase.ANSWERED, {ObjectionAct.APPEAL, ObjectionAct.LAPSE, ObjectionAct.RECALL}),
        (Phase.APPEALED, {ObjectionAct.UPHOLD, ObjectionAct.DISMISS, ObjectionAct.RECALL}),
        (Phase.UPHELD, set()),
        (Phase.DISMISSED, set()),
        (Phase.RECALLED, set()),
        (Phase.LAPSED, set()),
    ],
)
def test_what_follows_from_each_phase(phase: Phase, acts: set[ObjectionAct]) -> None:
    assert set(rules.FLOW.acts_in(phase)) == acts
    for act in set(ObjectionAct) - acts:
        with pytest.raises(OutOfTurn):
            rules.FLOW.after(phase, act)


def test_what_the_purchaser_concedes_the_office_decides() -> None:
    assert rules.FLOW.after(Phase.FILED, ObjectionAct.CONCEDE) is Phase.APPEALED


@pytest.mark.parametrize(
    ("kind", "against", "ended", "target_open", "accepted", "effect"),
    [
        (Kind.RESULT, True, False, True, False, Effect.SKIPPED),
        # Of several winners another one has accepted: his award is not touched.
        (Kind.RESULT, True, False, True, True, Effect.SKIPPED),
        (Kind.RESULT, True, False, False, True, Effect.RECORDED),
        (Kind.RESULT, True, True, True, False, Effect.RECORDED),
        (Kind.RESULT, False, False, False, False, Effect.VOID),
        (Kind.RESULT, False, False, False, True, Effect.RECORDED),
        (Kind.EXCLUSION, False, False, False, False, Effect.VOID),
        (Kind.EXCLUSION, False, False, False, True, Effect.RECORDED),
        (Kind.EXCLUSION, False, True, False, False, Effect.RECORDED),
        (Kind.NOTICE, False, False, False, False, Effect.VOID),
        (Kind.NOTICE, False, True, False, False, Effect.RECORDED),
    ],
)
def test_effects(kind: Kind, against: bool, ended: bool, target_open: bool, accepted: bool, effect: Effect) -> None:
    found = rules.effect_of(kind, against=against, ended=ended, target_open=target_open, accepted=accepted)
    assert found is effect


@pytest.mark.parametrize(
    ("frozen", "drawn", "reason", "expected"),
    [
        (False, False, "because", set()),
        (True, True, "because", set()),
        (True, False, "because", {"objection_draw_pending"}),
        (False, False, " ", {"objection_decision_missing"}),
    ],
)
def test_the_computation_goes_before_any_decision(frozen: bool, drawn: bool, reason: str, expected: set[str]) -> None:
    found = rules.refusals_to_decide(Because(reason), frozen=frozen, drawn=drawn)
    assert {refusal.code for refusal in found} == expected


def test_asking_for_a_decision_and_lapsing_meet_without_a_gap() -> None:
    due = NOW
    for now in (due - TICK, due):
        late = list(rules.refusals_to_appeal(appeal_due_at=due, now=now))
        early = list(rules.refusals_to_lapse(appeal_due_at=due, now=now))
        assert bool(late) is not bool(early)
    assert not list(rules.refusals_to_appeal(appeal_due_at=due, now=due - TICK))


def test_an_answer_says_why() -> None:
    assert [refusal.code for refusal in rules.refusals_to_answer(Because(" "))] == ["objection_answer_missing"]
    assert not list(rules.refusals_to_answer(Because("the brand is an example")))


def test_inside_the_publicity_or_the_days_of_the_clause() -> None:
    later, days = NOW + timedelta(days=1), NOW + timedelta(days=3)
    assert rules.result_until(made_at=NOW, publicity_ends_at=later, without_publicity=days) == later
    assert rules.result_until(made_at=NOW, publicity_ends_at=NOW, without_publicity=days) == days


@pytest.mark.parametrize(
    ("decided", "frozen", "ended", "named"),
    [(True, True, False, True), (True, False, True, True), (True, False, False, False), (False, True, True, False)],
)
def test_who_objected_is_told_after_the_decision_alone(decided: bool, frozen: bool, ended: bool, named: bool) -> None:
    assert rules.is_named(decided=decided, frozen=frozen, ended=ended) is named


def test_times() -> None:
    one, two, three = (Workdays(days) for days in (1, 2, 3))
    terms = ObjectionTerms(
        notice_before_close=one,
        notice_answer_days=one,
        exclusion_until=time(12),
        result_days=three,
        result_answer_days=two,
        result_pauses=True,
    )
    assert [terms.answer_days(kind) for kind in Kind] == [1, 2, 2]
    decision = DecisionTerms(window_days=one, decide_days=three, hold_days=30)
    assert rules.held_until(filed_at=NOW, terms=decision) == NOW + timedelta(days=30)
