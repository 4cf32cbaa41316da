"""A contract equals what was won; one side uploads, the other confirms."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.rulebook import term
from app.values import Fen, Opens, Workdays


class ContractAct(StrEnum):
    """The acts on contracts."""

    UPLOAD = "contract.upload"
    CONFIRM = "contract.confirm"
    REJECT = "contract.reject"
    DEEM = "contract.deem"
    LAPSE = "contract.lapse"


class Side(StrEnum):
    """Who uploaded."""

    PURCHASER = "purchaser"
    AGENCY = "agency"


class Phase(StrEnum):
    """Derived from the instants (rules.md §3.3)."""

    TO_SIGN = "to_sign"
    TO_CONFIRM = "to_confirm"
    EFFECTIVE = "effective"
    LAPSED = "lapsed"


MAY = {
    ContractAct.UPLOAD: {Role.PURCHASER, Role.AGENCY},
    ContractAct.CONFIRM: {Role.PURCHASER, Role.AGENCY},
    ContractAct.REJECT: {Role.PURCHASER, Role.AGENCY},
    ContractAct.DEEM: {Role.SYSTEM},
    ContractAct.LAPSE: {Role.PURCHASER},
}
OPENS = {
    ContractAct.UPLOAD: Opens.AT_ONCE,
    ContractAct.CONFIRM: Opens.AT_ONCE,
    ContractAct.REJECT: Opens.NEVER,
    ContractAct.DEEM: Opens.AT_ONCE,
    ContractAct.LAPSE: Opens.AT_ONCE,
}
FLOW = Flow(
    {
        (Phase.TO_SIGN, ContractAct.UPLOAD): Phase.TO_CONFIRM,
        (Phase.TO_SIGN, ContractAct.LAPSE): Phase.LAPSED,
        (Phase.TO_CONFIRM, ContractAct.CONFIRM): Phase.EFFECTIVE,
        (Phase.TO_CONFIRM, ContractAct.REJECT): Phase.TO_SIGN,
        (Phase.TO_CONFIRM, ContractAct.DEEM): Phase.EFFECTIVE,
    }
)


@dataclass(frozen=True)
class ContractTerms:
    """Section [contract], but for the days to sign, which the award's notice already says."""

    SECTION: ClassVar[str] = "contract"

    price_equals_award: bool = term("bool")
    upload_days: Workdays = term("workday")
    confirm_days: Workdays = term("workday")


@dataclass(frozen=True, slots=True)
class SignedContract:
    """What was signed: price in fen, service time in working days, the day of signing, the scan's SHA-256."""

    amount_fen: Fen
    days: int
    signed_on: date
    file: str


@dataclass(frozen=True, slots=True)
class Because:
    """Why an uploaded contract is rejected, or why the award's contract was not signed."""

    reason: str


def phase_of(*, uploaded_at: datetime | None, confirmed_at: datetime | None, lapsed_at: datetime | None) -> Phase:
    """The phase that the instants tell; a rejected upload leaves none. Source: rules.md §3.3."""
    if lapsed_at is not None:
        return Phase.LAPSED
    if confirmed_at is not None:
        return Phase.EFFECTIVE
    return Phase.TO_SIGN if uploaded_at is None else Phase.TO_CONFIRM


def refusals_to_upload(
    signed: SignedContract,
    *,
    award_fen: int,
    promised_days: int,
    awarded_on: date,
    today: date,
    file_known: bool,
    terms: ContractTerms,
) -> Iterator[Refusal]:
    """Why this is not the contract that was won; dates are local days.

    The price must be the award's to the fen, the time at most the promised one.
    Source: M23, rules.md §2.7 contract.price_equals_award.
    """
    if terms.price_equals_award and signed.amount_fen != award_fen:
        yield Refusal(
            "contract_price_differs",
            "contract.price_equals_award",
            "amount",
            {"award_fen": award_fen, "contract_fen": signed.amount_fen},
        )
    if signed.days < 1:
        yield Refusal("contract_days_missing", field="days")
    if terms.price_equals_award and signed.days > promised_days:
        yield Refusal(
            "contract_days_longer",
            "contract.price_equals_award",
            "days",
            {"promised": promised_days, "days": signed.days},
        )
    if signed.signed_on > today:
        yield Refusal("contract_signed_in_future", field="signed_on")
    if signed.signed_on < awarded_on:
        yield Refusal("contract_signed_before_award", field="signed_on", params={"awarded_on": awarded_on.isoformat()})
    if not file_known:
        yield Refusal("contract_file_unknown", field="file")


def refusals_to_answer(*, side: Side, uploaded_by: Side | None) -> Iterator[Refusal]:
    """Why this side may neither confirm nor reject: the other one does. Source: rules.md §2.7 contract.upload_days."""
    if side is uploaded_by:
        yield Refusal("contract_own_upload", "contract.confirm_days")


def refusals_to_reject(because: Because, *, side: Side, uploaded_by: Side | None) -> Iterator[Refusal]:
    """Why an upload cannot be rejected: by its uploader, or without a reason. Source: rules.md §3.3."""
    yield from refusals_to_answer(side=side, uploaded_by=uploaded_by)
    if not because.reason.strip():
        yield Refusal("contract_reason_missing", field="reason")


def refusals_to_deem(*, confirm_due_at: datetime | None, now: datetime) -> Iterator[Refusal]:
    """Why silence does not confirm yet; half-open. Source: rules.md §3.3."""
    if confirm_due_at is None or now < confirm_due_at:
        yield Refusal("contract_confirm_open", "contract.confirm_days")


def refusals_to_lapse(because: Because, *, sign_due_at: datetime, now: datetime) -> Iterator[Refusal]:
    """Why the award cannot fall yet: the days to sign are not over, or no reason. Source: rules.md §3.1 row 24."""
    if now < sign_due_at:
        yield Refusal("contract_sign_open", "contract.sign_days", params={"due_at": sign_due_at.isoformat()})
    if not because.reason.strip():
        yield Refusal("contract_reason_missing", field="reason")
