"""Who may be a purchaser, from which funds, and when the operator must look (rules.md owner.registration)."""

from datetime import UTC, datetime

import pytest

from app.actor import Role
from app.refusal import OutOfTurn
from marketplace.purchaser import rules
from marketplace.purchaser.rules import Filing, Fund, Phase, PurchaserAct, PurchaserKind

EARLIER = datetime(2026, 3, 2, 1, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 16, tzinfo=UTC)


def filing(*funds: Fund, kind: PurchaserKind = PurchaserKind.ORGAN, contact: str = "who", phone: str = "123") -> Filing:
    return Filing(kind, funds, contact, phone)


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (filing(Fund.FISCAL, Fund.STATE, Fund.SOCIAL), []),
        (filing(Fund.SOCIAL, kind=PurchaserKind.PERSON), []),
        (filing(Fund.STATE, kind=PurchaserKind.VILLAGE), []),
        (filing(), ["purchaser_fund_missing"]),
        (filing(Fund.FISCAL, kind=PurchaserKind.PERSON), ["purchaser_person_social_only"]),
        (filing(Fund.STATE, Fund.SOCIAL, kind=PurchaserKind.PERSON), ["purchaser_person_social_only"]),
        (
            filing(contact=" ", phone=""),
            ["purchaser_fund_missing", "purchaser_contact_missing", "purchaser_phone_missing"],
        ),
    ],
)
def test_every_reason_against_a_filing_is_said_at_once(said: Filing, codes: list[str]) -> None:
    assert [refusal.code for refusal in rules.refusals_to_register(said)] == codes


@pytest.mark.parametrize(
    ("said", "before", "wanted"),
    [
        (filing(Fund.SOCIAL), {"checked": False}, False),
        (filing(Fund.STATE), {"checked": False}, True),
        (filing(Fund.SOCIAL, Fund.FISCAL), {"checked": False}, True),
        (filing(Fund.STATE), {"checked": True, "kind": PurchaserKind.ORGAN, "funds": ("state",)}, False),
        (filing(Fund.STATE, Fund.SOCIAL), {"checked": True, "kind": PurchaserKind.ORGAN, "funds": ("state",)}, False),
        (filing(Fund.STATE), {"checked": True, "kind": PurchaserKind.ORGAN, "funds": ("state", "fiscal")}, False),
        (filing(Fund.FISCAL), {"checked": True, "kind": PurchaserKind.ORGAN, "funds": ("state",)}, True),
        (filing(Fund.STATE), {"checked": True, "kind": PurchaserKind.ENTERPRISE, "funds": ("state",)}, True),
        (filing(Fund.STATE), {"checked": False, "kind": PurchaserKind.ORGAN, "funds": ("state",)}, True),
    ],
)
def test_public_funds_are_checked_once(said: Filing, before: dict[str, object], wanted: bool) -> None:
    assert rules.wants_check(said, **before) is wanted  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("due", "checked", "returned", "phase"),
    [
        (None, None, None, Phase.ACTIVE),
        (LATER, None, None, Phase.CHECKING),
        (LATER, EARLIER, None, Phase.ACTIVE),
        (LATER, None, EARLIER, Phase.RETURNED),
    ],
)
def test_the_phase_follows_from_the_instants(
    due: datetime | None, checked: datetime | None, returned: datetime | None, phase: Phase
) -> None:
    assert rules.phase_of(check_due_at=due, checked_at=checked, returned_at=returned) is phase


@pytest.mark.parametrize(
    ("fund", "phase", "codes"),
    [
        (Fund.SOCIAL, None, ["purchaser_not_registered"]),
        (Fund.SOCIAL, Phase.ACTIVE, []),
        (Fund.STATE, Phase.ACTIVE, []),
        (Fund.FISCAL, Phase.ACTIVE, ["purchaser_fund_not_filed"]),
        (Fund.SOCIAL, Phase.CHECKING, []),
        (Fund.STATE, Phase.CHECKING, ["purchaser_checking"]),
        (Fund.FISCAL, Phase.CHECKING, ["purchaser_checking", "purchaser_fund_not_filed"]),
        (Fund.SOCIAL, Phase.RETURNED, ["purchaser_returned"]),
        (Fund.FISCAL, Phase.RETURNED, ["purchaser_returned", "purchaser_fund_not_filed"]),
    ],
)
def test_a_fund_may_be_used_or_every_reason_is_said(fund: Fund, phase: Phase | None, codes: list[str]) -> None:
    refusals = list(rules.refusals_to_use(fund, phase=phase, funds=("state", "social")))
    assert [refusal.code for refusal in refusals] == codes
    assert all(refusal.clause == "owner.check_deadline" for refusal in refusals if refusal.code == "purchaser_checking")


@pytest.mark.parametrize("phase", [Phase.ACTIVE, Phase.RETURNED])
@pytest.mark.parametrize("act", [PurchaserAct.CHECK, PurchaserAct.RETURN])
def test_only_what_waits_is_answered(phase: Phase, act: PurchaserAct) -> None:
    with pytest.raises(OutOfTurn):
        rules.FLOW.after(phase, act)


def test_a_return_says_why() -> None:
    assert [refusal.code for refusal in rules.refusals_to_return("  ")] == ["purchaser_reason_missing"]
    assert not list(rules.refusals_to_return("why"))


def test_the_operator_alone_answers() -> None:
    assert rules.MAY[PurchaserAct.CHECK] == rules.MAY[PurchaserAct.RETURN] == {Role.OPERATOR}
