"""What may be asked for here: every refusal at its boundary, each with its clause."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.refusal import Refusal
from app.web.money import fen, typed
from marketplace.need.rules import (
    OFFERED,
    CompareTerms,
    DirectTerms,
    Fund,
    Known,
    Method,
    MinimumTerms,
    Money,
    NeedInput,
    Particulars,
    Payer,
    Phase,
    ScopeTerms,
    Terms,
    allowed,
    matrix,
    phase_of,
    refusals_to_method,
    refusals_to_need,
    refusals_to_particulars,
)
from tests.conftest import START

TERMS = Terms(
    scope=ScopeTerms(upper_limit=50_000_000, small_limit=10_000_000),
    direct=DirectTerms(above_small_fiscal_state=False),
    enough=MinimumTerms(
        fiscal_state=3,
        social=1,
        credit_merit=2,
        scheme_merit_fiscal_state=2,
        scheme_merit_social=1,
        beyond_winners=1,
    ),
    compare=CompareTerms(judges=3),
)
KNOWN = Known(unusable=(), item=True, authority_pays=False, region=True, authority=True)
NEED = NeedInput(
    item="0401",
    title="a survey",
    content="four hectares",
    region="450803",
    fund=Fund.SOCIAL,
    payer=Payer.PURCHASER,
    budget_fen=5_000_000,
    expected_days=10,
    method=Method.RANDOM,
    contact="somebody",
    phone="0775-1234567",
    above_limit=False,
    excluded=False,
    price_fen=5_000_000,
)
PROJECT = "2603-450803-04-01-123456"


def refused(known=KNOWN, terms=TERMS, **changes):
    return {
        (reason.code, reason.clause) for reason in refusals_to_need(replace(NEED, **changes), known=known, terms=terms)
    }


WEIGHED = {"weight_service": 40, "weight_team": 30, "weight_price": 30}


@pytest.mark.parametrize(
    ("method", "given", "reasons"),
    [
        (Method.RANDOM, {}, []),
        (Method.RANDOM, {"rounds": 3}, ["need_particular_not_asked"]),
        (Method.BID_RATE, {"min_ppm": 0, "max_ppm": 300_000}, []),
        (Method.BID_RATE, {"min_ppm": 300_000, "max_ppm": 300_000}, []),
        (Method.BID_RATE, {"min_ppm": 300_001, "max_ppm": 300_000}, ["need_particulars_crossed"]),
        (Method.BID_RATE, {"min_ppm": 0, "max_ppm": 1_000_000}, ["need_particular_out_of_range"]),
        (Method.BID_RATE, {"min_ppm": 0}, ["need_particular_missing"]),
        (Method.BID_LIVE, {"minutes": 240}, []),
        (Method.BID_LIVE, {"minutes": 241}, ["need_particular_out_of_range"]),
        (Method.BID_ROUNDS, {"minutes": 3, "rounds": 0}, ["need_particular_out_of_range"]),
        (Method.CREDIT_MERIT, {"long_list": 3, "short_list": 3}, []),
        (Method.CREDIT_MERIT, {"long_list": 3, "short_list": 4}, ["need_particulars_crossed"]),
        (Method.SCHEME_MERIT, WEIGHED, []),
        (Method.SCHEME_MERIT, {**WEIGHED, "weight_price": 31}, ["need_weights_not_full"]),
        (Method.SCHEME_MERIT, {"weight_service": 0, "weight_team": 0, "weight_price": 100}, ["need_weights_not_full"]),
        (Method.COMPARE, {**WEIGHED, "judges": 2}, ["need_particular_out_of_range"]),
    ],
)
def test_each_method_asks_for_its_own_numbers(method, given, reasons):
    assert [reason.code for reason in refusals_to_particulars(method, Particulars(**given))] == reasons


@pytest.mark.parametrize(
    ("method", "winners", "fits"), [("RANDOM", 20, True), ("RANDOM", 21, False), ("DIRECT", 2, False)]
)
def test_how_many_are_chosen(method, winners, fits):
    price = NEED.price_fen if method == "RANDOM" else None
    found = refused(method=Method(method), winners=winners, price_fen=price)
    assert (("need_winners_out_of_range", None) in found) is not fits


@pytest.mark.parametrize(
    ("method", "given", "fund", "winners", "fits"),
    [
        (Method.CREDIT_MERIT, {"long_list": 10, "short_list": 2}, Fund.SOCIAL, 1, True),
        (Method.CREDIT_MERIT, {"long_list": 10, "short_list": 2}, Fund.SOCIAL, 2, False),
        (Method.SHORTLIST_THEN_BID, {"shortlist": 1}, Fund.SOCIAL, 1, True),
        (Method.SHORTLIST_THEN_BID, {"shortlist": 1}, Fund.SOCIAL, 2, False),
        (Method.SHORTLIST_THEN_BID, {"shortlist": 2}, Fund.STATE, 1, False),
        (Method.SHORTLIST_THEN_BID, {"shortlist": 3}, Fund.STATE, 2, True),
        (Method.SHORTLIST_THEN_BID, {"shortlist": 3}, Fund.FISCAL, 3, False),
    ],
)
def test_a_list_is_long_enough_for_somebody_to_compete_on_it(method, given, fund, winners, fits):
    price = NEED.price_fen if method is Method.CREDIT_MERIT else None
    changes = {"method": method, "particulars": Particulars(**given), "fund": fund, "winners": winners}
    found = refused(**changes, price_fen=price)
    assert (("need_list_too_short", None) in found) is not fits


@pytest.mark.parametrize(("judges", "least", "fits"), [(3, 3, True), (3, 5, False), (5, 5, True)])
def test_a_region_may_want_more_judges(judges, least, fits):
    found = refusals_to_need(
        replace(NEED, method=Method.COMPARE, price_fen=None, particulars=Particulars(judges=judges, **WEIGHED)),
        known=KNOWN,
        terms=replace(TERMS, compare=CompareTerms(judges=least)),
    )
    assert ("need_judges_too_few" in {reason.code for reason in found}) is not fits


def test_an_ordinary_need_is_in_order():
    assert refused() == set()


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"above_limit": True}, {("need_above_limit", "scope.upper_limit")}),
        ({"excluded": True}, {("need_excluded", None)}),
        ({"title": " "}, {("need_incomplete", None)}),
        ({"title": "x" * 101}, {("need_too_long", None)}),
        ({"expected_days": 0}, {("need_days_out_of_range", None)}),
        ({"expected_days": 3_651}, {("need_days_out_of_range", None)}),
        ({"budget_fen": 50_000_000}, set()),
        ({"budget_fen": 50_000_001}, {("need_budget_above_limit", "scope.upper_limit")}),
        ({"budget_fen": 4_999_999}, {("need_price_above_budget", None)}),
        ({"price_fen": 5_000_000}, set()),
        ({"price_fen": 0}, {("need_price_not_positive", None)}),
        ({"price_fen": None}, {("need_price_missing", None)}),
        ({"method": Method.BID_LOW}, {("need_price_without_draw", None)}),
        ({"method": Method.BID_LOW, "price_fen": None}, set()),
        ({"project_code": PROJECT}, set()),
        ({"project_code": PROJECT[:-1]}, {("need_project_code_malformed", None)}),
        ({"project_code": PROJECT + "\n"}, {("need_project_code_malformed", None)}),
        ({"fund": Fund.FISCAL}, {("need_project_code_missing", None)}),
        ({"fund": Fund.FISCAL, "project_code": PROJECT}, set()),
        ({"fund": Fund.STATE}, set()),
        ({"fund": Fund.STATE, "budget_fen": 10_000_000}, set()),
        ({"fund": Fund.STATE, "budget_fen": 10_000_001}, set()),
        ({"fund": Fund.SOCIAL, "budget_fen": 10_000_001}, set()),
        ({"payer": Payer.AUTHORITY}, {("need_budget_line_missing", None)}),
        ({"payer": Payer.AUTHORITY, "budget_line": "2120801"}, set()),
        ({"method": Method.DIRECT, "price_fen": None, "budget_fen": 50_000_000}, set()),
        ({"method": Method.DIRECT, "price_fen": None, "fund": Fund.STATE, "budget_fen": 10_000_000}, set()),
        (
            {"method": Method.DIRECT, "price_fen": None, "fund": Fund.STATE, "budget_fen": 10_000_001},
            {("need_direct_above_small", "scope.small_limit")},
        ),
        (
            {"method": Method.DIRECT, "price_fen": None, "payer": Payer.AUTHORITY, "budget_line": "2120801"},
            {("need_authority_pays_competes", None)},
        ),
    ],
)
def test_every_reason_at_its_boundary(changes, reasons):
    assert refused(**changes) == reasons


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (replace(KNOWN, unusable=(Refusal("purchaser_not_registered"),)), "purchaser_not_registered"),
        (replace(KNOWN, item=False), "need_item_unknown"),
        (replace(KNOWN, region=False), "need_region_unknown"),
        (replace(KNOWN, authority=False), "need_authority_unknown"),
        (replace(KNOWN, authority_pays=True), "need_authority_pays"),
    ],
)
def test_what_the_market_knows_counts(known, code):
    assert refused(known=known) == {(code, None)}


@pytest.mark.parametrize(
    ("changes", "known", "reasons"),
    [
        ({}, {}, set()),
        ({"method": Method.BID_LOW, "price_fen": None}, {}, set()),
        ({"further": ("0403", "0401")}, {}, {"need_item_twice"}),
        ({"further": ("0403", "0403")}, {}, {"need_item_twice"}),
        ({"further": tuple(f"05{n:02}" for n in range(11))}, {}, set()),
        ({"further": tuple(f"05{n:02}" for n in range(12))}, {}, {"need_items_too_many"}),
        ({}, {"further": False}, {"need_item_unknown"}),
        ({}, {"two_payers": True}, {"need_two_payers"}),
        ({"method": Method.DIRECT, "price_fen": None}, {}, {"need_method_for_one_item"}),
        ({"method": Method.DIRECT, "price_fen": None, "further": ()}, {"two_payers": True}, set()),
    ],
)
def test_several_items_are_each_once_of_one_payer_and_competed_for(changes, known, reasons):
    found = refused(replace(KNOWN, **known), **{"further": ("0403", "0404"), **changes})
    assert {code for code, _ in found} == reasons


def test_every_reason_is_said_at_once():
    reasons = refused(title="", content="", budget_fen=0, expected_days=0, above_limit=True)
    assert len(reasons) >= 4


def test_the_phase_follows_from_the_instants():
    assert phase_of(abandoned_at=None, taken_at=None) is Phase.OPEN
    assert phase_of(abandoned_at=None, taken_at=START) is Phase.ANNOUNCED
    assert phase_of(abandoned_at=START, taken_at=None) is Phase.ABANDONED


@given(st.integers(min_value=1, max_value=10**11))
def test_money_becomes_fen_exactly_and_back(amount):
    assert fen(typed(amount)) == amount


@pytest.mark.parametrize(("text", "amount"), [("0.29", 29), ("1,234.5", 123_450), (" 50000 ", 5_000_000), ("", None)])
def test_money_as_people_type_it(text, amount):
    assert fen(text) == amount


TERMS_BY_REGION = [replace(TERMS, direct=DirectTerms(above)) for above in (False, True)]


@pytest.mark.parametrize("terms", TERMS_BY_REGION)
@given(
    fund=st.sampled_from(Fund),
    payer=st.sampled_from(Payer),
    budget_fen=st.integers(1, 60_000_000),
)
def test_the_matrix_says_what_the_rule_says(terms, fund, payer, budget_fen):
    money = Money(fund, payer, budget_fen)
    rows = [row for row in matrix(terms) if row.holds(money)]
    known = budget_fen <= terms.scope.upper_limit and not (fund is Fund.SOCIAL and payer is Payer.AUTHORITY)
    assert len(rows) == (1 if known else 0)
    for row in rows:
        for each in row.methods:
            assert bool(each.refusals) == any(refusals_to_method(each.method, money, terms=terms))


@pytest.mark.parametrize(
    ("budget_fen", "methods"),
    [(10_000_000, set(OFFERED)), (10_000_001, set(OFFERED) - {Method.DIRECT})],
)
def test_public_money_goes_direct_up_to_the_small_limit(budget_fen, methods):
    money = Money(Fund.STATE, Payer.PURCHASER, budget_fen)
    assert {each.method for each in allowed(money, terms=TERMS_BY_REGION[0]) if not each.refusals} == methods
