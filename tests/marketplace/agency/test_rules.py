"""The arithmetic of joining, from plain values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.refusal import OutOfTurn
from marketplace.agency import rules
from marketplace.agency.rules import AgencyAct, Application, Asking, EntryTerms, Phase, Rejection

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
CODE = "914508030000000000"
TERMS = EntryTerms(
    mode="check_then_publicity",
    check_deadline=2,
    supplement_rounds=2,
    supplement_days=10,
    publicity_days=3,
    commitments=("time_limit", "fee", "quality"),
)
COMPLETE = Application("李四", "王五", "0775-1234567", "建设路1号", "", ("time_limit", "fee", "quality"))


@pytest.mark.parametrize(
    ("instants", "phase"),
    [
        ({}, Phase.SUBMITTED),
        ({"supplement_due_at": NOW + TICK}, Phase.SUPPLEMENT),
        ({"supplement_due_at": NOW}, Phase.LAPSED),
        ({"rejected_at": NOW}, Phase.REJECTED),
        ({"passed_at": NOW}, Phase.PUBLICITY),
        ({"passed_at": NOW, "admitted_at": NOW}, Phase.ACTIVE),
    ],
)
def test_the_phase_follows_from_the_instants(instants, phase):
    """rules.md §3.2; the due instant is half-open."""
    known = dict.fromkeys(("supplement_due_at", "passed_at", "rejected_at", "admitted_at")) | instants
    assert rules.phase_of(**known, now=NOW) is phase


@given(st.sets(st.sampled_from(TERMS.commitments)))
def test_every_missing_commitment_is_named(accepted):
    """entry.commitments (S1): each one that is not accepted, by its own name, with the clause."""
    found = list(rules.refusals_to_apply(replace(COMPLETE, commitments=tuple(accepted)), code=CODE, terms=TERMS))
    named = {refusal.params["commitment"] for refusal in found}
    assert named == {f"commitment.{code}" for code in TERMS.commitments if code not in accepted}
    assert all((refusal.clause, refusal.field) == ("entry.commitments", "commitments") for refusal in found)


def test_everything_that_is_missing_is_said_at_once():
    """M07: one-time notification."""
    empty = Application(" ", "", "", "", "", ("promise",))
    codes = [refusal.code for refusal in rules.refusals_to_apply(empty, code="U-abcdefghijkl", terms=TERMS)]
    assert codes == [
        "agency_code_needed",
        *["agency_field_missing"] * 4,
        *["commitment_missing"] * 3,
        "commitment_unknown",
    ]


def test_a_complete_application_is_not_refused():
    """Zero threshold: nothing else is asked, not even an introduction."""
    assert not list(rules.refusals_to_apply(COMPLETE, code=CODE, terms=TERMS))


@pytest.mark.parametrize(("rounds", "refused"), [(0, False), (1, False), (2, True), (3, True)])
def test_it_is_asked_twice_at_most(rounds, refused):
    """entry.supplement_rounds."""
    found = [refusal.clause for refusal in rules.refusals_to_ask(Asking("licence"), rounds=rounds, terms=TERMS)]
    assert found == (["entry.supplement_rounds"] if refused else [])


def test_asking_and_rejecting_say_something():
    """Neither an empty list nor an empty reason."""
    assert [refusal.code for refusal in rules.refusals_to_ask(Asking(" "), rounds=0, terms=TERMS)] == ["asking_empty"]
    assert [refusal.code for refusal in rules.refusals_to_reject(Rejection("\n"))] == ["rejection_without_reason"]


@pytest.mark.parametrize(("at", "refused"), [(NOW - TICK, True), (NOW, False), (NOW + TICK, False)])
def test_nobody_is_admitted_during_the_publicity(at, refused):
    """entry.publicity_days, half-open."""
    assert bool(list(rules.refusals_to_admit(publicity_ends_at=NOW, now=at))) is refused


@pytest.mark.parametrize(
    ("phase", "act"),
    [
        (Phase.ACTIVE, AgencyAct.APPLY),
        (Phase.SUBMITTED, AgencyAct.APPLY),
        (Phase.SUPPLEMENT, AgencyAct.PASS),
        (Phase.LAPSED, AgencyAct.SUPPLEMENT),
        (Phase.PUBLICITY, AgencyAct.REJECT),
    ],
)
def test_what_is_absent_is_out_of_turn(phase, act):
    """rules.md §3.2."""
    with pytest.raises(OutOfTurn):
        rules.FLOW.after(phase, act)


def test_one_mode_has_no_publicity():
    """entry.mode: 湖南 admits at once."""
    assert rules.has_publicity(TERMS)
    assert not rules.has_publicity(replace(TERMS, mode="check_then_active"))
