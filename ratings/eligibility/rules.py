"""How grade, sanctions, qualifications and open duties become one standing (M28, M30)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from app.refusal import Refusal
from app.rulebook import term
from app.standing import Grade, Standing
from bidding.direct.rules import DirectAct
from bidding.registration.rules import RegistrationAct
from marketplace.announcement.rules import AnnouncementAct
from marketplace.purchaser.rules import Fund

PUBLIC_MONEY = frozenset({Fund.FISCAL.value, Fund.STATE.value})
"""D may not register where public money is spent (rules.md §2.9)."""


@dataclass(frozen=True)
class ServiceTerms:
    """Section [service]."""

    SECTION: ClassVar[str] = "service"

    late_blocks_after: int = term("workday")


@dataclass(frozen=True)
class OwnerTerms:
    """The part of section [owner] that limits a purchaser who owes something."""

    SECTION: ClassVar[str] = "owner"

    overdue_evaluations: int = term("count")
    unsigned_contracts: int = term("count")


UNSIGNED_FOR = 12
"""Months for which a contract that a purchaser was found not to have signed is held against it. (inferred)"""


@dataclass(frozen=True)
class SuspendTerms:
    """Section [suspend]: the acts that a suspension or a black list bars."""

    SECTION: ClassVar[str] = "suspend"

    blocks: tuple[str, ...] = term("code")


@dataclass(frozen=True, slots=True)
class Limits:
    """The terms that standing is composed under."""

    service: ServiceTerms
    owner: OwnerTerms
    suspend: SuspendTerms


@dataclass(frozen=True, slots=True)
class AgencyFacts:
    """What is true of an agency at an instant, for one scope or in general (fund and item facts empty).

    `missing`: each licence it lacks, with the items that ask for it; `unpriced`: the items its prices do not hold.
    """

    score: int
    grade: Grade
    blacklisted: tuple[tuple[str, str], ...] = ()
    suspended: tuple[tuple[str, str], ...] = ()
    late_contracts: tuple[str, ...] = ()
    fund: str | None = None
    missing: tuple[tuple[str, str], ...] = ()
    unpriced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PurchaserFacts:
    """What a purchaser owes at an instant."""

    blacklisted: tuple[tuple[str, str], ...] = ()
    overdue_evaluations: tuple[str, ...] = ()
    unsigned_contracts: tuple[str, ...] = ()


BLOCKED: Mapping[str, str] = MappingProxyType(
    {"registration": RegistrationAct.SUBMIT.value, "direct_award": DirectAct.ACCEPT.value}
)
"""The words of suspend.blocks, and the acts they mean."""


def refusals_to_agency(facts: AgencyFacts, act: str, *, terms: Limits) -> Iterator[Refusal]:
    """Every reason at once with its clause; names the contract, sanction or qualification that stands in the way."""
    blocked = {BLOCKED[word] for word in terms.suspend.blocks}
    for no, until in (*facts.blacklisted, *(facts.suspended if act in blocked else ())):
        yield Refusal("sanction_in_force", clause="suspend.blocks", params={"no": no, "until_at": until})
    for contract in facts.late_contracts:
        yield Refusal(
            "late_delivery_open",
            clause="service.late_blocks_after",
            params={"contract": contract, "days": terms.service.late_blocks_after},
        )
    if facts.fund in PUBLIC_MONEY and facts.grade is Grade.D:
        yield Refusal("grade_too_low", clause="credit.grade_c", params={"score": _spoken(facts.score)})
    for qualification, items in facts.missing:
        yield Refusal(
            "qualification_missing",
            clause="entry.qualification_verify",
            params={"qualification": qualification, "item": items},
        )
    if facts.unpriced:
        items = "、".join(facts.unpriced)
        yield Refusal("price_entry_missing", clause="entry.price_table_required", params={"item": items})


def refusals_to_purchaser(facts: PurchaserFacts, *, terms: Limits) -> Iterator[Refusal]:
    """Why a purchaser may not publish: a sanction, evaluations it owes, contracts it did not sign (owner.limits)."""
    for no, until in facts.blacklisted:
        yield Refusal("sanction_in_force", clause="suspend.blocks", params={"no": no, "until_at": until})
    if len(facts.overdue_evaluations) >= terms.owner.overdue_evaluations:
        yield Refusal(
            "evaluations_overdue",
            clause="owner.overdue_evaluations",
            params={"count": len(facts.overdue_evaluations), "contracts": "、".join(facts.overdue_evaluations)},
        )
    if len(facts.unsigned_contracts) >= terms.owner.unsigned_contracts:
        yield Refusal(
            "contracts_unsigned",
            clause="owner.unsigned_contracts",
            params={"count": len(facts.unsigned_contracts), "contracts": "、".join(facts.unsigned_contracts)},
        )


def compose(agency: AgencyFacts | None, purchaser: PurchaserFacts | None, *, terms: Limits) -> Standing:
    """One frozen value for every act that somebody may be refused."""
    refusals: dict[str, tuple[Refusal, ...]] = {}
    if agency is not None:
        for act in BLOCKED.values():
            refusals[act] = tuple(refusals_to_agency(agency, act, terms=terms))
    if purchaser is not None:
        owed = tuple(refusals_to_purchaser(purchaser, terms=terms))
        refusals |= dict.fromkeys((AnnouncementAct.SUBMIT, AnnouncementAct.PUBLISH, AnnouncementAct.REPEAT), owed)
        refusals[DirectAct.PROPOSE] = owed
    return Standing(
        score=None if agency is None else agency.score,
        grade=Grade.NEW if agency is None else agency.grade,
        refusals=MappingProxyType(refusals),
    )


def missing(required: Collection[str], held: Collection[str], wider: Mapping[str, str]) -> tuple[str, ...]:
    """Required qualifications that are not held, also not through a narrower licence (`wider`: narrower → wider)."""
    satisfied = set(held) | {wider[code] for code in held if code in wider}
    return tuple(sorted(set(required) - satisfied))


def _spoken(thousandths: int) -> str:
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"
