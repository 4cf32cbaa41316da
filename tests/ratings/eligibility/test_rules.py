"""What stands in a party's way, each with its clause, all at once."""

import pytest

from app.standing import Grade
from bidding.registration.rules import RegistrationAct
from marketplace.announcement.rules import AnnouncementAct
from ratings.eligibility import rules
from ratings.eligibility.rules import AgencyFacts, Limits, OwnerTerms, PurchaserFacts, ServiceTerms, SuspendTerms

TERMS = Limits(ServiceTerms(10), OwnerTerms(3, 2), SuspendTerms(("registration", "direct_award")))
SOUND = AgencyFacts(score=75_000, grade=Grade.NEW, fund="fiscal")


def codes(facts: AgencyFacts) -> list[tuple[str, str | None]]:
    return [
        (found.code, found.clause) for found in rules.refusals_to_agency(facts, RegistrationAct.SUBMIT, terms=TERMS)
    ]


def test_a_sound_agency_meets_nothing():
    assert codes(SOUND) == []


@pytest.mark.parametrize(
    ("grade", "fund", "refused"),
    [
        (Grade.D, "fiscal", True),
        (Grade.D, "state", True),
        (Grade.D, "social", False),
        (Grade.D, None, False),
        (Grade.C, "fiscal", False),
        (Grade.NEW, "fiscal", False),
    ],
)
def test_only_d_and_only_public_money(grade, fund, refused):
    """rules.md §2.9: D may not register for FISCAL/STATE."""
    found = codes(AgencyFacts(score=58_125, grade=grade, fund=fund))
    assert (found == [("grade_too_low", "credit.grade_c")]) is refused
    assert bool(found) is refused


def test_every_reason_is_named():
    facts = AgencyFacts(
        score=58_125,
        grade=Grade.D,
        blacklisted=(("450000-2026-S000001", "2027-01-01T00:00:00+00:00"),),
        late_contracts=("450800-2026-000001-C01",),
        fund="state",
        missing=(("测绘资质", "0401"),),
        unpriced=("0402", "0403"),
    )
    found = {refusal.code: refusal for refusal in rules.refusals_to_agency(facts, RegistrationAct.SUBMIT, terms=TERMS)}
    assert set(found) == {
        "sanction_in_force",
        "late_delivery_open",
        "grade_too_low",
        "qualification_missing",
        "price_entry_missing",
    }
    assert found["late_delivery_open"].params["contract"] == "450800-2026-000001-C01"
    assert found["grade_too_low"].params["score"] == "58.125"
    assert found["qualification_missing"].params == {"qualification": "测绘资质", "item": "0401"}
    assert found["price_entry_missing"].params == {"item": "0402、0403"}


@pytest.mark.parametrize(("owed", "refused"), [(0, False), (2, False), (3, True), (4, True)])
def test_a_purchaser_with_three_overdue_evaluations_may_not_publish(owed, refused):
    """rules.md owner.limits."""
    facts = PurchaserFacts(overdue_evaluations=tuple(f"C{no}" for no in range(owed)))
    standing = rules.compose(None, facts, terms=TERMS)
    assert bool(standing.to(AnnouncementAct.PUBLISH)) is refused
    assert standing.to(RegistrationAct.SUBMIT) == ()


def test_a_narrower_licence_satisfies_the_wider_one():
    wider = {"architectural_design": "engineering_design"}
    assert rules.missing({"engineering_design"}, {"architectural_design"}, wider) == ()
    assert rules.missing({"architectural_design"}, {"engineering_design"}, wider) == ("architectural_design",)


@pytest.mark.parametrize(("blocks", "refused"), [(("registration",), True), (("direct_award",), False)])
def test_a_suspension_bars_what_the_rulebook_says_and_a_black_list_everything(blocks, refused):
    """rules.md suspend.effect, black.scope."""
    terms = Limits(ServiceTerms(10), OwnerTerms(3, 2), SuspendTerms(blocks))
    listed = (("450800-2026-S000001", "2027-01-01T00:00:00+00:00"),)
    suspended = rules.refusals_to_agency(
        AgencyFacts(score=75_000, grade=Grade.C, suspended=listed), RegistrationAct.SUBMIT, terms=terms
    )
    blacklisted = rules.refusals_to_agency(
        AgencyFacts(score=75_000, grade=Grade.C, blacklisted=listed), RegistrationAct.SUBMIT, terms=terms
    )
    assert bool(list(suspended)) is refused
    assert [found.code for found in blacklisted] == ["sanction_in_force"]


@pytest.mark.parametrize(("unsigned", "said"), [(1, []), (2, ["contracts_unsigned"])])
def test_a_purchaser_who_does_not_sign_may_not_publish(unsigned, said):
    """rules.md owner.limits: two contracts unsigned by its own fault, with their numbers."""
    facts = PurchaserFacts(unsigned_contracts=tuple(f"C{n}" for n in range(unsigned)))
    found = rules.compose(None, facts, terms=TERMS).to(AnnouncementAct.PUBLISH)
    assert [reason.code for reason in found] == said
    assert all(reason.params["contracts"] == "C0、C1" for reason in found)
