"""Every method by the examples of docs/methods.md, which are run here, and what holds for every case."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.auction import bids
from bidding.selection import merit, methods, prices
from bidding.selection.methods import METHODS, Family, Outcome
from marketplace.need import rules as need_rules

PAGE = (Path(methods.__file__).parents[2] / "docs" / "methods.md").read_text(encoding="utf-8")
BLOCKS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
EXAMPLES = [block for block in BLOCKS if "method" in block]
FROZEN_AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SAID = {"method", "result", "reference", "thousandths", "counts", "end", "invited", "short_list"}
"""What an example says beside the members of a case."""


def case_of(example):
    given = {name: value for name, value in example.items() if name not in SAID}
    start = FROZEN_AT + timedelta(seconds=example["parameters"].get("start_s", 0))
    given["live"] = [bids.Bid(who, amount, start + timedelta(seconds=at)) for who, amount, at in given.get("live", ())]
    if "marks" in given:
        given["marks"] = [merit.Mark(*mark) for mark in given["marks"]]
    return methods.Case(frozen_at=FROZEN_AT, **given)


def table(heading):
    """The rows of the first table under a heading, without its head."""
    section = PAGE.partition(f"## {heading}")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|.*\|$", section, re.MULTILINE)
    ]
    return rows[2:]


def test_every_method_with_a_result_has_an_example():
    assert {example["method"] for example in EXAMPLES} == METHODS.keys() - {"DIRECT"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["method"])
def test_the_examples_hold(example):
    case = case_of(example)
    assert methods.misfits(example["method"], case.parameters) == []
    found = methods.result(example["method"], case)
    assert (None if found is None else [[rank.id, rank.value] for rank in found]) == example["result"]
    if "reference" in example:
        rest = prices.trimmed(case.offers, order=case.order)
        assert prices.reference(rest.values(), percent=case.factor) == example["reference"]
    if "thousandths" in example:
        weights = methods.weights(case.parameters)
        totals = merit.totals(case.marks, offers=case.offers, weights=weights, judges=case.judges)
        shown = {who: merit.in_thousandths(total, judges=len(case.judges)) for who, total in totals.items()}
        assert shown == example["thousandths"]
    if "counts" in example:
        terms = methods.auction_terms(case)
        auction, counts = bids.announced(terms), []
        for bid in case.live:
            counts.append(auction.fault(bid) is None)
            auction = auction.after(bid) if counts[-1] else auction
        assert counts == example["counts"]
        assert auction.end == terms.start + timedelta(seconds=example["end"])
    if "invited" in example:
        assert list(methods.invited(case)) == example["invited"]
    if "short_list" in example:
        assert list(methods.short_list(case)) == example["short_list"]


def test_the_example_of_low_prices_holds():
    (example,) = [block for block in BLOCKS if "low" in block]
    found = prices.abnormally_low(
        example["offers"],
        ceiling=example["ceiling"],
        of_ceiling=example["of_ceiling"],
        of_mean=example["of_mean"],
    )
    assert sorted(found) == example["low"]


def test_the_table_of_needs_is_the_code():
    rows = table("What each method needs")
    assert [row[0] for row in rows] == list(METHODS)
    for code, _, offers, drawn, parameters in rows:
        row = METHODS[code]
        handed_in = "sealed" if row.sealed else "live" if row.live else None
        assert offers == ("-" if handed_in is None else f"{handed_in} {row.kind}")
        assert [name in drawn for name in ("factor", "judges", "lots")] == [row.factor, row.judges, row.lots]
        told = [name for name in parameters.split() if name not in ("-", "weight_…")]
        assert sorted(told) == sorted(set(row.parameters) - {"minimum"})
        assert ("weight_…" in parameters) == row.weights


def test_the_table_of_outcomes_is_the_code():
    rows = table("How many are enough")
    for method, fund, *outcomes in rows:
        for one in ("fiscal", "state") if fund == "public" else (fund,):
            assert [methods.outcome(method, one, valid=count) for count in range(4)] == outcomes
    assert {METHODS[row[0]].family for row in rows} == set(Family)
    assert methods.outcome("BID_AVG", "state", valid=40) is Outcome.BY_PRICE


@pytest.mark.parametrize(
    ("method", "fund", "valid", "minimum", "expected"),
    [
        ("RANDOM", "fiscal", 2, 2, Outcome.DRAW),
        ("RANDOM", "fiscal", 1, 1, Outcome.WINS),
        ("RANDOM", "fiscal", 0, 0, Outcome.UNSUCCESSFUL),
        ("RANDOM", "fiscal", 1, 2, Outcome.UNSUCCESSFUL),
        ("BID_RATE", "state", 2, 2, Outcome.BY_PRICE),
        ("CREDIT_MERIT", "social", 1, 1, Outcome.OWNER_DECIDES),
        ("COMPARE", "fiscal", 1, 1, Outcome.OWNER_DECIDES),
    ],
)
def test_a_published_smaller_minimum_takes_the_place(method, fund, valid, minimum, expected):
    assert methods.outcome(method, fund, valid=valid, minimum=minimum) is expected


@pytest.mark.parametrize(
    ("method", "change", "wrong"),
    [
        ("RANDOM", {"price_fen": 0}, ["price_fen"]),
        ("RANDOM", {"minimum": 0}, ["minimum"]),
        ("RANDOM", {"ceiling_fen": 5}, ["ceiling_fen"]),
        ("BID_LOW", {"minimum": None}, ["minimum"]),
        ("BID_LOW", {"floor_fen": 10_000_001}, ["ceiling_fen"]),
        ("BID_LOW", {"low_of_mean_ppm": 1_000_001}, ["low_of_mean_ppm"]),
        ("BID_LOW", {"weight_price": 100}, ["weight_price"]),
        ("BID_RATE", {"max_ppm": 19_999}, ["max_ppm"]),
        ("BID_RATE", {"max_ppm": 1_000_001}, ["max_ppm"]),
        ("BID_LIVE", {"duration_s": 0}, ["duration_s"]),
        ("BID_LIVE", {"start_s": 10**15}, ["start_s"]),
        ("BID_LIVE", {"window_s": 0, "extensions": 0}, []),
        ("BID_ROUNDS", {"rounds": 1001}, ["rounds"]),
        ("COMPARE", {"judges": 2}, ["judges"]),
        ("SCHEME_MERIT", {"weight_price": 31}, ["weight_"]),
        ("SCHEME_MERIT", {"weight_price": 100, "weight_service": 0, "weight_team": 0}, ["weight_"]),
        ("SCHEME_MERIT", {"weight_Price": 0}, ["weight_Price"]),
    ],
)
def test_parameters_fit_the_method_or_are_named(method, change, wrong):
    example = next(example for example in EXAMPLES if example["method"] == method)
    parameters = {name: value for name, value in (example["parameters"] | change).items() if value is not None}
    assert methods.misfits(method, parameters) == wrong


def test_direct_commission_has_no_result():
    with pytest.raises(KeyError):
        methods.result("DIRECT", case_of(EXAMPLES[0]))


def test_a_choice_of_somebody_else_is_no_result():
    example = next(example for example in EXAMPLES if example["method"] == "CREDIT_MERIT")
    with pytest.raises(merit.Unscored):
        methods.result("CREDIT_MERIT", case_of({**example, "choices": ["E"]}))


def test_without_offers_nobody_takes_a_rank():
    for example in EXAMPLES:
        if METHODS[example["method"]].sealed or METHODS[example["method"]].live:
            empty = {"offers": {}, "live": [], "marks": [], "choices": None, "order": ["A"]}
            assert methods.result(example["method"], case_of({**example, **empty})) == ()


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one["result"]], ids=lambda example: example["method"])
@given(data=st.data())
def test_what_holds_for_every_method(example, data):
    """The sequence of offers, lots and sheets decides nothing, nor does somebody who takes no part."""
    found = methods.result(example["method"], case_of(example))
    for name in ("offers", "lots"):
        if name in example:
            example = {**example, name: dict(data.draw(st.permutations(list(example[name].items()))))}
    if "marks" in example:
        example = {**example, "marks": data.draw(st.permutations(example["marks"]))}
    assert methods.result(example["method"], case_of(example)) == found
    if example["order"] is not None and not METHODS[example["method"]].second and example["method"] != "RANDOM":
        place = data.draw(st.integers(0, len(example["order"])))
        longer = [*example["order"][:place], "EXCLUDED", *example["order"][place:]]
        assert methods.result(example["method"], case_of({**example, "order": longer})) == found


@given(st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(1, 5), min_size=1), st.integers(1, 3), st.data())
def test_what_is_said_before_the_draw_stands_after_it(offers, winners, data):
    order = data.draw(st.permutations(sorted(offers)))
    for method in ("BID_LOW", "BID_RATE"):
        known = {"winners": winners, "alternates": 2, "parameters": {}, "frozen_at": FROZEN_AT, "offers": offers}
        early = methods.result(method, methods.Case(**known))
        late = methods.result(method, methods.Case(**known, order=order))
        assert early in (None, late)


def test_the_need_knows_the_same_of_each_method():
    """The need speaks of methods before any selection is; both must say the same."""
    assert METHODS.keys() == set(need_rules.Method)
    assert {code for code, row in METHODS.items() if row.sealed and not row.second} == need_rules.SEALED
    assert {code for code, row in METHODS.items() if row.second} == need_rules.SECOND
    assert {code for code, row in METHODS.items() if row.live} == need_rules.LIVE
    assert {code for code, row in METHODS.items() if "price_fen" in row.parameters} == need_rules.FIXED_PRICE
