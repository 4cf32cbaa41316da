"""Who may be a purchaser, from which funds, and when it may begin."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.rulebook import term
from app.values import Opens, Workdays


class PurchaserAct(StrEnum):
    """The acts of joining as a purchaser."""

    REGISTER = "purchaser.register"
    CHECK = "purchaser.check"
    RETURN = "purchaser.return"


class Fund(StrEnum):
    """The fund classes of rules.md §2: the stricter class decides."""

    FISCAL = "fiscal"
    STATE = "state"
    SOCIAL = "social"


class PurchaserKind(StrEnum):
    """Who may need something (rules.md owner.types)."""

    ORGAN = "organ"
    INSTITUTION = "institution"
    ENTERPRISE = "enterprise"
    VILLAGE = "village_committee"
    SOCIAL_ORGANISATION = "social_organisation"
    PERSON = "natural_person"


class Phase(StrEnum):
    """Derived from the instants."""

    CHECKING = "checking"
    ACTIVE = "active"
    RETURNED = "returned"


MAY = {
    PurchaserAct.REGISTER: {Role.PURCHASER},
    PurchaserAct.CHECK: {Role.OPERATOR},
    PurchaserAct.RETURN: {Role.OPERATOR},
}
OPENS = {
    PurchaserAct.REGISTER: Opens.NEVER,
    PurchaserAct.CHECK: Opens.AT_ONCE,
    PurchaserAct.RETURN: Opens.NEVER,
}
FLOW = Flow(
    {
        (Phase.CHECKING, PurchaserAct.REGISTER): Phase.CHECKING,
        (Phase.CHECKING, PurchaserAct.CHECK): Phase.ACTIVE,
        (Phase.CHECKING, PurchaserAct.RETURN): Phase.RETURNED,
        (Phase.RETURNED, PurchaserAct.REGISTER): Phase.CHECKING,
        (Phase.ACTIVE, PurchaserAct.REGISTER): Phase.CHECKING,
    }
)
"""A revision that needs no check (`wants_check`) leads to ACTIVE instead. Source: rules.md owner.registration."""


@dataclass(frozen=True, slots=True)
class PurchaserTerms:
    """What a region may set."""

    SECTION: ClassVar[str] = "owner"

    check_deadline: Workdays = term("workday")


@dataclass(frozen=True, slots=True)
class Filing:
    """What a purchaser says of itself; the identity itself is the organisation's (M53)."""

    kind: PurchaserKind
    funds: tuple[Fund, ...]
    contact: str
    phone: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The version of the filing that the operator looked at: nobody confirms what he has not seen."""

    version: int


@dataclass(frozen=True, slots=True)
class Return:
    """Why a filing goes back, and which version of it."""

    version: int
    reason: str


PUBLIC_FUNDS = frozenset({Fund.FISCAL, Fund.STATE})


def refusals_to_register(filing: Filing) -> Iterator[Refusal]:
    """Every reason against a filing at once.

    Source: rules.md owner.registration; that a natural person has neither fiscal nor state funds is (inferred).
    """
    if not filing.funds:
        yield Refusal("purchaser_fund_missing", field="funds")
    if filing.kind is PurchaserKind.PERSON and PUBLIC_FUNDS & set(filing.funds):
        yield Refusal("purchaser_person_social_only", field="funds")
    if not filing.contact.strip():
        yield Refusal("purchaser_contact_missing", field="contact")
    if not filing.phone.strip():
        yield Refusal("purchaser_phone_missing", field="phone")


def wants_check(
    filing: Filing, *, checked: bool, kind: PurchaserKind | None = None, funds: Collection[str] = ()
) -> bool:
    """Whether the operator must look: public funds, unless the same kind with these public funds was checked before.

    `checked`, `kind` and `funds` are those of the filing before. A new telephone number takes nobody out of the market
    for a day. Source: rules.md owner.registration (no approval for SOCIAL); the second part is (inferred).
    """
    public = PUBLIC_FUNDS & set(filing.funds)
    return bool(public) and not (checked and filing.kind is kind and public <= set(funds))


def phase_of(*, check_due_at: datetime | None, checked_at: datetime | None, returned_at: datetime | None) -> Phase:
    """The phase of a filing; without a due check there is nothing to wait for."""
    if returned_at is not None:
        return Phase.RETURNED
    if check_due_at is not None and checked_at is None:
        return Phase.CHECKING
    return Phase.ACTIVE


def refusals_to_return(reason: str) -> Iterator[Refusal]:
    """Nothing goes back without saying why."""
    if not reason.strip():
        yield Refusal("purchaser_reason_missing", field="reason")


def refusals_to_use(fund: Fund, *, phase: Phase | None, funds: Collection[str]) -> Iterator[Refusal]:
    """Why an organisation may not use a fund now; `phase` None = never registered.

    Social funds need no approval, so they may be used while the check of the public ones is awaited.
    Source: rules.md owner.registration.
    """
    if phase is None:
        yield Refusal("purchaser_not_registered")
        return
    if phase is Phase.RETURNED:
        yield Refusal("purchaser_returned")
    if phase is Phase.CHECKING and fund in PUBLIC_FUNDS:
        yield Refusal("purchaser_checking", clause="owner.check_deadline")
    if fund not in funds:
        yield Refusal("purchaser_fund_not_filed", field="fund", params={"fund": f"fund.{fund.value}"})
