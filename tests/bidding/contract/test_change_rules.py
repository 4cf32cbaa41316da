"""Who may change or end a contract, and within which limits: the boundaries, each with its clause."""

from datetime import UTC, datetime, timedelta

import pytest

from app.flow import OutOfTurn
from app.values import Fen, Workdays
from bidding.contract import rules
from bidding.contract.rules import (
    AgreedPrice,
    Amendment,
    Asked,
    Breach,
    Cause,
    ChangeTerms,
    ContractAct,
    Denied,
    Extension,
    Finding,
    Kind,
    Parting,
    Phase,
    Side,
)

T = datetime(2026, 3, 5, tzinfo=UTC)
TICK = timedelta.resolution
TERMS = ChangeTerms(extension=True, change_share=100_000, answer_days=Workdays(3), decide_days=Workdays(10))
WON = 3_333_333


@pytest.mark.parametrize(
    ("amount_fen", "above"),
    [
        (WON, False),
        (3_666_666, False),  # 333,333 more: 99,999.99 ppm
        (3_666_667, True),  # 333,334 more: 100,000.2 ppm
        (3_000_000, False),
        (2_999_999, True),
        (1, True),
    ],
)
def test_the_share_is_exact_to_the_fen_up_and_down(amount_fen, above):
    """rules.md §2.7 contract.change: at most 10 % of what was won."""
    assert rules.above_share(amount_fen, won_fen=WON, share=TERMS.change_share) is above


@pytest.mark.parametrize(
    ("asked_fen", "agreed_fen", "adopt", "exceed"),
    [
        (3_666_666, 3_666_666, [], ["contract_change_small"]),
        (3_666_667, 3_666_667, ["contract_change_large"], []),
        (3_666_666, 3_666_665, ["contract_request_gone"], ["contract_request_gone", "contract_change_small"]),
        (3_666_667, 3_666_666, ["contract_request_gone", "contract_change_large"], ["contract_request_gone"]),
    ],
)
def test_each_price_has_one_way(asked_fen, agreed_fen, adopt, exceed):
    agreed = AgreedPrice(1, Fen(agreed_fen))
    facts = {"asked_fen": asked_fen, "won_fen": WON, "share": TERMS.change_share}
    assert [one.code for one in rules.refusals_to_adopt(agreed, **facts)] == adopt
    assert [one.code for one in rules.refusals_to_exceed(agreed, **facts)] == exceed


@pytest.mark.parametrize(("kind", "days"), [(Kind.EXTENSION, 3), (Kind.TERMINATION, 3), (Kind.BREACH, 10)])
def test_the_other_side_answers_sooner_than_an_office_decides(kind, days):
    """rules.md §3.1 rows 27 and 29."""
    assert TERMS.days_for(kind) == days


@pytest.mark.parametrize(("now", "open_"), [(T - TICK, True), (T, False)])
def test_deadlines_are_half_open(now, open_):
    assert bool(list(rules.refusals_to_unanswered(answer_due_at=T, now=now))) is open_
    assert bool(list(rules.refusals_to_protest(sign_due_at=T, now=now))) is open_


def test_a_region_may_allow_no_extension():
    never = ChangeTerms(extension=False, change_share=100_000, answer_days=Workdays(3), decide_days=Workdays(10))
    asked = Extension(0, Cause.OTHER, "r", None)
    assert [one.code for one in rules.refusals_to_extend(asked, terms=never)] == [
        "contract_no_extension",
        "contract_extension_days",
    ]


def test_a_change_says_what_changes_and_brings_its_paper():
    nothing = Amendment(Fen(0), " ", "r", "")
    assert [one.code for one in rules.refusals_to_amend(nothing)] == [
        "contract_amount_missing",
        "contract_content_missing",
        "contract_file_unknown",
    ]


@pytest.mark.parametrize(("fen", "refused"), [(-1, True), (0, False), (100, False), (101, True)])
def test_a_settlement_lies_between_nothing_and_the_price(fen, refused):
    assert bool(list(rules.refusals_to_part(Parting(Fen(fen), "r", None), amount_fen=100))) is refused


MINE, THEIRS = Asked(2, Side.AGENCY, Kind.TERMINATION), Asked(2, Side.PURCHASER, Kind.TERMINATION)


@pytest.mark.parametrize(
    ("asked", "number", "answer", "recall"),
    [
        (None, 2, ["contract_request_gone"], ["contract_request_gone"]),
        (MINE, 2, ["contract_own_request"], []),
        (THEIRS, 2, [], ["contract_request_gone"]),
        (THEIRS, 1, ["contract_request_gone"], ["contract_request_gone"]),
    ],
)
def test_the_other_side_answers_and_only_the_asker_recalls(asked, number, answer, recall):
    assert [one.code for one in rules.refusals_to_answer_request(asked, number, side=Side.AGENCY)] == answer
    assert [one.code for one in rules.refusals_to_recall(asked, side=Side.AGENCY)] == recall


@pytest.mark.parametrize(
    ("kind", "breach", "said"),
    [
        (Kind.BREACH, Breach.FEE, []),
        (Kind.BREACH, None, ["contract_breach_missing"]),
        (Kind.UNSIGNED, None, []),
        (Kind.UNSIGNED, Breach.FEE, ["contract_breach_missing"]),
    ],
)
def test_a_breach_has_a_name_and_nothing_else_has(kind, breach, said):
    found = Finding(1, "r", breach)
    assert [one.code for one in rules.refusals_to_find(found, asked=Asked(1, Side.AGENCY, kind))] == said


def test_a_no_needs_its_reason():
    assert [one.code for one in rules.refusals_to_deny(Denied(1, " \n"))] == ["contract_reason_missing"]


@pytest.mark.parametrize(("ended", "phase"), list(rules.ENDS.items()))
def test_an_end_outweighs_every_other_instant(ended, phase):
    assert rules.phase_of(uploaded_at=T, confirmed_at=T, lapsed_at=None, ended=ended) is phase


@pytest.mark.parametrize("over", [Phase.LAPSED, Phase.TERMINATED])
@pytest.mark.parametrize("act", ContractAct)
def test_nothing_follows_the_end(over, act):
    with pytest.raises(OutOfTurn):
        rules.FLOW.after(over, act)


def test_every_request_has_its_yes_and_every_end_its_phase():
    asked = set(rules.ASKS.values())
    assert asked == set(Kind)
    assert asked - rules.FILED == set(rules.AGREES.values())
    assert set(rules.ENDS) > rules.FILED


@pytest.mark.parametrize(("days", "refused"), [(0, True), (1, False), (365, False), (366, True)])
def test_one_request_asks_for_a_year_at_most(days, refused):
    """Whoever comes by the machine API meets the same limit as the form."""
    assert bool(list(rules.refusals_to_extend(Extension(days, Cause.OTHER, "r", None), terms=TERMS))) is refused
