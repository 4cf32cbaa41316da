"""Who may be commissioned directly, at which price, and whose turn it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.refusal import OutOfTurn, Refusal
from bidding.direct import rules
from bidding.direct.rules import (
    Cap,
    Chosen,
    DirectAct,
    DirectTerms,
    Failures,
    Need,
    Past,
    Phase,
    Price,
    Proposal,
    Reason,
    Side,
)
from marketplace.need.rules import Exceptional, Method, Payer
from marketplace.purchaser.rules import Fund

TERMS = DirectTerms(
    reasons=("small_amount", "continuity", "urgent"),
    exception_reasons=("two_failures", "sole_qualified"),
    accept_days=2,
    above_small_fiscal_state=False,
    minutes_fiscal_state=True,
    annual_awards=3,
    annual_share=300_000,
)
NEED = Need(Method.DIRECT, Payer.PURCHASER, Fund.SOCIAL, budget_fen=1_000_000, expected_days=10)
CHOSEN = Chosen(active=True, own_price_fen=900_000, standing=(), same_organisation=False)
PROPOSAL = Proposal("91450800MA5K000013", 900_000, 10, Reason.SMALL_AMOUNT, "once more")
DUE = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)
SMALL = 10_000_000


@pytest.mark.parametrize(
    ("proposal", "need", "chosen", "expected"),
    [
        ({}, {}, {}, []),
        ({}, {"method": Method.RANDOM}, {}, ["direct_other_method"]),
        # M16: what an approving authority commissions is always competed for
        ({}, {"payer": Payer.AUTHORITY}, {}, ["direct_authority_pays"]),
        # direct.above_small_fiscal_state, at the limit and one fen above
        ({"minutes": "a" * 64}, {"fund": Fund.FISCAL, "budget_fen": SMALL}, {}, []),
        ({"minutes": "a" * 64}, {"fund": Fund.STATE, "budget_fen": SMALL + 1}, {}, ["direct_above_small_amount"]),
        ({}, {"budget_fen": SMALL + 1}, {}, []),
        # direct.minutes_fiscal_state
        ({}, {"fund": Fund.FISCAL}, {}, ["direct_minutes_missing"]),
        ({}, {"fund": Fund.STATE}, {}, ["direct_minutes_missing"]),
        # direct.conditions: never above the agency's own public price, nor above the budget
        ({"amount_fen": 900_001}, {}, {}, ["direct_above_public_price"]),
        ({"amount_fen": 1_000_001}, {}, {"own_price_fen": 2_000_000}, ["direct_above_budget"]),
        ({"amount_fen": 0}, {}, {}, ["direct_price_missing"]),
        ({}, {}, {"own_price_fen": None}, ["direct_no_public_price"]),
        ({"days": 11}, {}, {}, ["direct_too_long"]),
        ({"days": 0}, {}, {}, ["direct_days_missing"]),
        ({}, {}, {"active": False}, ["direct_agency_not_active"]),
        ({}, {}, {"same_organisation": True}, ["direct_same_organisation"]),
        ({}, {}, {"standing": (Refusal("suspended"),)}, ["suspended"]),
        # all at once (M15)
        (
            {"amount_fen": 1_000_001, "days": 11},
            {"fund": Fund.FISCAL, "payer": Payer.AUTHORITY},
            {"active": False},
            [
                "direct_authority_pays",
                "direct_minutes_missing",
                "direct_agency_not_active",
                "direct_above_budget",
                "direct_above_public_price",
                "direct_too_long",
            ],
        ),
    ],
)
def test_refusals_to_propose(proposal, need, chosen, expected):
    found = rules.refusals_to_propose(
        replace(PROPOSAL, **proposal),
        need=replace(NEED, **need),
        chosen=replace(CHOSEN, **chosen),
        small_limit=SMALL,
        open_already=False,
        terms=TERMS,
    )
    assert [refusal.code for refusal in found] == expected


@pytest.mark.parametrize(
    ("exceptional", "fund", "budget_fen", "expected"),
    [
        (None, Fund.SOCIAL, SMALL + 1, TERMS.reasons),
        (None, Fund.STATE, SMALL, TERMS.reasons),
        (None, Fund.STATE, SMALL + 1, ()),
        (Exceptional.SOLE_QUALIFIED, Fund.FISCAL, SMALL, (*TERMS.reasons, "sole_qualified")),
        (Exceptional.SOLE_QUALIFIED, Fund.FISCAL, SMALL + 1, ("sole_qualified",)),
        (Exceptional.TWO_FAILURES, Fund.SOCIAL, 1, ("two_failures",)),
        (Exceptional.TWO_FAILURES, Fund.FISCAL, SMALL + 1, ("two_failures",)),
    ],
)
def test_public_money_above_the_small_limit_goes_direct_for_the_two_exceptions_alone(
    exceptional, fund, budget_fen, expected
):
    need = replace(NEED, fund=fund, budget_fen=budget_fen, exceptional=exceptional)
    assert rules.reasons_for(need, small_limit=SMALL, terms=TERMS) == expected
    refused = [one.code for one in rules.refusals_to_go_direct(need=need, small_limit=SMALL, terms=TERMS)]
    assert refused == ([] if expected else ["direct_above_small_amount"])


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"attempts": 1}, ["direct_not_failed"]),
        ({"same_terms": False}, ["direct_terms_changed"]),
        ({"registrants": frozenset({"another"})}, ["direct_not_registrant"]),
    ],
)
def test_failures_count_with_the_same_terms_and_for_those_who_registered(changed, expected):
    failures = replace(Failures(2, 2, frozenset({PROPOSAL.agency}), same_terms=True), **changed)
    assert [one.code for one in rules.refusals_after_failures(PROPOSAL.agency, failures)] == expected


@pytest.mark.parametrize(
    ("agencies", "against", "expected"),
    [
        ((PROPOSAL.agency,), (), []),
        (("another",), (), ["direct_not_sole"]),
        ((PROPOSAL.agency, "another"), (), ["direct_not_sole"]),
        ((), (Refusal("count_missing"),), ["count_missing"]),
    ],
)
def test_the_sole_one_is_the_one_that_the_count_named(agencies, against, expected):
    found = rules.refusals_to_sole(PROPOSAL.agency, rules.Sole(against, agencies))
    assert [one.code for one in found] == expected


@pytest.mark.parametrize(
    ("past", "amount_fen", "expected"),
    [
        (Past(), 100, None),
        # the third is usual, the fourth is one too many
        (Past(2, 200, 2, 200), 100, None),
        (Past(3, 1, 30, 1_000_000), 1, Cap.AWARDS),
        # 30 per cent exactly, and a fen more; among three awards in all no share is too much
        (Past(1, 200, 3, 900), 100, None),
        (Past(1, 201, 3, 900), 100, Cap.SHARE),
        (Past(1, 900, 2, 900), 100, None),
    ],
)
def test_what_one_agency_is_given_in_a_year_is_an_alarm(past, amount_fen, expected):
    assert rules.cap_exceeded(past, amount_fen=amount_fen, terms=TERMS) is expected


def test_one_open_commission_and_known_reasons_only():
    found = rules.refusals_to_propose(
        PROPOSAL,
        need=NEED,
        chosen=CHOSEN,
        small_limit=SMALL,
        open_already=True,
        terms=replace(TERMS, reasons=("urgent",)),
    )
    assert [refusal.code for refusal in found] == ["direct_open_already", "direct_reason_unknown"]


@given(amount=st.integers(-5, 2_000_000), days=st.integers(-5, 30), own=st.integers(1, 2_000_000) | st.none())
def test_a_price_is_never_worse_than_what_was_published(amount, days, own):
    found = list(rules.refusals_to_price(Price(amount, days), need=NEED, chosen=replace(CHOSEN, own_price_fen=own)))
    fits = own is not None and 0 < amount <= min(own, NEED.budget_fen) and 0 < days <= NEED.expected_days
    assert fits == (not found)


@pytest.mark.parametrize(
    ("state", "phase", "turn"),
    [
        ({}, Phase.WITH_AGENCY, Side.AGENCY),
        ({"last": Side.AGENCY}, Phase.WITH_PURCHASER, Side.PURCHASER),
        ({"now": DUE - timedelta(microseconds=1)}, Phase.WITH_AGENCY, Side.AGENCY),
        ({"now": DUE}, Phase.LAPSED, None),
        ({"ended_at": DUE}, Phase.LAPSED, None),
        ({"ended_at": DUE, "declined_at": DUE, "now": DUE}, Phase.DECLINED, None),
        ({"ended_at": DUE, "accepted_at": DUE, "now": DUE}, Phase.ACCEPTED, None),
    ],
)
def test_phase_and_turn(state, phase, turn):
    plain = {"last": Side.PURCHASER, "accepted_at": None, "declined_at": None, "ended_at": None, "due_at": DUE}
    found = rules.phase_of(**{**plain, "now": DUE - timedelta(days=1), **state})
    assert (found, rules.turn(found)) == (phase, turn)


@pytest.mark.parametrize("phase", [Phase.ACCEPTED, Phase.DECLINED, Phase.LAPSED])
@pytest.mark.parametrize("act", [DirectAct.ACCEPT, DirectAct.COUNTER, DirectAct.DECLINE])
def test_what_is_over_stays_over(phase, act):
    with pytest.raises(OutOfTurn):
        rules.FLOW.after(phase, act)


def test_the_agency_never_accepts_its_own_price():
    with pytest.raises(OutOfTurn):
        rules.FLOW.after(Phase.WITH_PURCHASER, DirectAct.ACCEPT)
