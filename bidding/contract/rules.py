"""A contract equals what was won; what both sides may change later, and how it may end before it is performed.

Longer than a chapter's rules should be: signing, changing and ending are one machine over one row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.rulebook import term
from app.values import Fen, Opens, Ppm, Workdays


class ContractAct(StrEnum):
    """The acts on contracts."""

    UPLOAD = "contract.upload"
    CONFIRM = "contract.confirm"
    REJECT = "contract.reject"
    DEEM = "contract.deem"
    LAPSE = "contract.lapse"
    EXTEND = "contract.extend"
    GRANT = "contract.grant"
    UNANSWERED = "contract.unanswered"
    AMEND = "contract.amend"
    ADOPT = "contract.adopt"
    EXCEED = "contract.exceed"
    PART = "contract.part"
    TERMINATE = "contract.terminate"
    REFUSE = "contract.refuse"
    RECALL = "contract.recall"
    ACCUSE = "contract.accuse"
    PROTEST = "contract.protest"
    UPHOLD = "contract.uphold"
    DISMISS = "contract.dismiss"
    RESELECT = "contract.reselect"


class Side(StrEnum):
    """Who uploaded, who asked."""

    PURCHASER = "purchaser"
    AGENCY = "agency"


class Phase(StrEnum):
    """Derived from the instants (rules.md §3.3)."""

    TO_SIGN = "to_sign"
    TO_CONFIRM = "to_confirm"
    EFFECTIVE = "effective"
    LAPSED = "lapsed"
    TERMINATED = "terminated"
    BREACHED = "breached"


class Kind(StrEnum):
    """What one side asks for: of the other side the first three, of the regulator the last two."""

    EXTENSION = "extension"
    AMENDMENT = "amendment"
    TERMINATION = "termination"
    BREACH = "breach"
    UNSIGNED = "unsigned"


class Outcome(StrEnum):
    """What became of it. MOOT: the contract ended, or was signed after all, before anybody answered."""

    AGREED = "agreed"
    REFUSED = "refused"
    RECALLED = "recalled"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    MOOT = "moot"


class Cause(StrEnum):
    """Why more time is wanted."""

    PURCHASER = "purchaser"
    FORCE_MAJEURE = "force_majeure"
    SCOPE = "scope"
    OTHER = "other"


class Breach(StrEnum):
    """What an agency may be found to have done, by the codes of the deduct list. Source: rules.md §2.9."""

    FEE = "V03"
    SERVICE = "V04"
    STAFF = "V10"
    SUBCONTRACT = "V13"
    SECRECY = "V14"


class Successor(StrEnum):
    """How the purchaser goes on after a breach."""

    ALTERNATE = "alternate"
    ANNOUNCE = "announce"


ASKS: Mapping[ContractAct, Kind] = {
    ContractAct.EXTEND: Kind.EXTENSION,
    ContractAct.AMEND: Kind.AMENDMENT,
    ContractAct.PART: Kind.TERMINATION,
    ContractAct.ACCUSE: Kind.BREACH,
    ContractAct.PROTEST: Kind.UNSIGNED,
}
"""What each act asks for; one of a kind can wait at a time."""

AGREES: Mapping[ContractAct, Kind] = {
    ContractAct.GRANT: Kind.EXTENSION,
    ContractAct.ADOPT: Kind.AMENDMENT,
    ContractAct.EXCEED: Kind.AMENDMENT,
    ContractAct.TERMINATE: Kind.TERMINATION,
}
"""The other side's yes to each."""

ANSWERS = frozenset(
    {*AGREES, ContractAct.REFUSE, ContractAct.RECALL, ContractAct.UPHOLD, ContractAct.DISMISS, ContractAct.UNANSWERED}
)
"""What is about a request that waits."""

FILED = frozenset({Kind.BREACH, Kind.UNSIGNED})
"""What the regulator decides; everything else the other side answers."""

ENDS: Mapping[Kind, Phase] = {
    Kind.TERMINATION: Phase.TERMINATED,
    Kind.BREACH: Phase.BREACHED,
    Kind.UNSIGNED: Phase.TERMINATED,
}
"""What agreeing to, or upholding, each of these makes of the contract. Source: rules.md §3.1 rows 25, 28, 29."""

MAY = {
    ContractAct.UPLOAD: {Role.PURCHASER, Role.AGENCY},
    ContractAct.CONFIRM: {Role.PURCHASER, Role.AGENCY},
    ContractAct.REJECT: {Role.PURCHASER, Role.AGENCY},
    ContractAct.DEEM: {Role.SYSTEM},
    ContractAct.LAPSE: {Role.PURCHASER},
    ContractAct.EXTEND: {Role.AGENCY},
    ContractAct.GRANT: {Role.PURCHASER},
    ContractAct.UNANSWERED: {Role.SYSTEM},
    ContractAct.AMEND: {Role.PURCHASER, Role.AGENCY},
    ContractAct.ADOPT: {Role.PURCHASER, Role.AGENCY},
    ContractAct.EXCEED: {Role.PURCHASER, Role.AGENCY},
    ContractAct.PART: {Role.PURCHASER, Role.AGENCY},
    ContractAct.TERMINATE: {Role.PURCHASER, Role.AGENCY},
    ContractAct.REFUSE: {Role.PURCHASER, Role.AGENCY},
    ContractAct.RECALL: {Role.PURCHASER, Role.AGENCY},
    ContractAct.ACCUSE: {Role.PURCHASER},
    ContractAct.PROTEST: {Role.AGENCY},
    ContractAct.UPHOLD: {Role.REGULATOR},
    ContractAct.DISMISS: {Role.REGULATOR},
    ContractAct.RESELECT: {Role.PURCHASER},
}
CONSENT = {ContractAct.EXCEED: Role.SUPERVISOR}
"""A change above the share that both sides may agree on alone. Source: rules.md §2.7 contract.change."""

OPENS = {
    ContractAct.UPLOAD: Opens.AT_ONCE,
    ContractAct.CONFIRM: Opens.AT_ONCE,
    ContractAct.REJECT: Opens.NEVER,
    ContractAct.DEEM: Opens.AT_ONCE,
    ContractAct.LAPSE: Opens.AT_ONCE,
    # What is only proposed stays between the sides; what takes effect is public, and a clock that stands still.
    ContractAct.EXTEND: Opens.NEVER,
    ContractAct.GRANT: Opens.AT_ONCE,
    ContractAct.UNANSWERED: Opens.AT_ONCE,
    ContractAct.AMEND: Opens.NEVER,
    ContractAct.ADOPT: Opens.AT_ONCE,
    ContractAct.EXCEED: Opens.AT_ONCE,
    ContractAct.PART: Opens.NEVER,
    ContractAct.TERMINATE: Opens.AT_ONCE,
    ContractAct.REFUSE: Opens.NEVER,
    ContractAct.RECALL: Opens.NEVER,
    # Nobody is named before the regulator has decided.
    ContractAct.ACCUSE: Opens.NEVER,
    ContractAct.PROTEST: Opens.NEVER,
    ContractAct.UPHOLD: Opens.AT_ONCE,
    ContractAct.DISMISS: Opens.NEVER,
    ContractAct.RESELECT: Opens.AT_ONCE,
}
FLOW = Flow(
    {
        (Phase.TO_SIGN, ContractAct.UPLOAD): Phase.TO_CONFIRM,
        (Phase.TO_SIGN, ContractAct.LAPSE): Phase.LAPSED,
        (Phase.TO_CONFIRM, ContractAct.CONFIRM): Phase.EFFECTIVE,
        (Phase.TO_CONFIRM, ContractAct.REJECT): Phase.TO_SIGN,
        (Phase.TO_CONFIRM, ContractAct.DEEM): Phase.EFFECTIVE,
        (Phase.TO_SIGN, ContractAct.PROTEST): Phase.TO_SIGN,
        (Phase.TO_SIGN, ContractAct.RECALL): Phase.TO_SIGN,
        (Phase.TO_SIGN, ContractAct.DISMISS): Phase.TO_SIGN,
        (Phase.TO_SIGN, ContractAct.UPHOLD): Phase.TERMINATED,
        (Phase.TO_CONFIRM, ContractAct.RECALL): Phase.TO_CONFIRM,
        (Phase.TO_CONFIRM, ContractAct.DISMISS): Phase.TO_CONFIRM,
        (Phase.EFFECTIVE, ContractAct.EXTEND): Phase.EFFECTIVE,
        (Phase.EFFECTIVE, ContractAct.GRANT): Phase.EFFECTIVE,
        (Phase.EFFECTIVE, ContractAct.UNANSWERED): Phase.EFFECTIVE,
        (Phase.EFFECTIVE, ContractAct.AMEND): Phase.EFFECTIVE,
        (Phase.EFFECTIVE, ContractAct.ADOPT): Phase.EFFECTIVE,
        (Phase.EFFECTIVE, ContractAct.EXCEED): Phase.EFFECTIVE,
        (Phase.EFFECTIVE, ContractAct.PART): Phase.EFFECTIVE,
        (Phase.EFFECTIVE, ContractAct.TERMINATE): Phase.TERMINATED,
        (Phase.EFFECTIVE, ContractAct.REFUSE): Phase.EFFECTIVE,
        (Phase.EFFECTIVE, ContractAct.RECALL): Phase.EFFECTIVE,
        (Phase.EFFECTIVE, ContractAct.ACCUSE): Phase.EFFECTIVE,
        (Phase.EFFECTIVE, ContractAct.DISMISS): Phase.EFFECTIVE,
        (Phase.EFFECTIVE, ContractAct.UPHOLD): Phase.BREACHED,
        (Phase.BREACHED, ContractAct.RESELECT): Phase.BREACHED,
    }
)


@dataclass(frozen=True)
class ContractTerms:
    """Section [contract], but for the days to sign, which the award's notice already says."""

    SECTION: ClassVar[str] = "contract"

    price_equals_award: bool = term("bool")
    upload_days: Workdays = term("workday")
    confirm_days: Workdays = term("workday")


@dataclass(frozen=True)
class ChangeTerms:
    """The rest of section [contract]: what may be changed, and how long an answer and a decision may take."""

    SECTION: ClassVar[str] = "contract"

    extension: bool = term("bool")
    change_share: Ppm = term("ppm")
    answer_days: Workdays = term("workday")
    decide_days: Workdays = term("workday")

    def days_for(self, kind: Kind) -> Workdays:
        """Working days in which a request is to be answered, or a filing decided."""
        return self.decide_days if kind in FILED else self.answer_days


LONGEST_EXTENSION = 365
"""Working days that one request may ask for; the market's own limit."""


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


@dataclass(frozen=True, slots=True)
class Extension:
    """More time: so many working days, why, and what proves it (SHA-256)."""

    days: int
    cause: Cause
    reason: str
    file: str | None


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change of price or content: the whole price from then on in fen, what changes, the agreement both signed."""

    amount_fen: Fen
    content: str
    reason: str
    file: str


@dataclass(frozen=True, slots=True)
class Parting:
    """An end by agreement: what is paid in all in fen, why, and the agreement where there is one on paper."""

    settlement_fen: Fen
    reason: str
    file: str | None


@dataclass(frozen=True, slots=True)
class Accusation:
    """A breach that the purchaser reports: what it is, the facts, what proves them."""

    breach: Breach
    reason: str
    file: str | None


@dataclass(frozen=True, slots=True)
class Protest:
    """The agency's report that the purchaser does not sign: the facts, what proves them."""

    reason: str
    file: str | None


@dataclass(frozen=True, slots=True)
class Agreed:
    """A yes to the request of this number, which cannot have been replaced by another one meanwhile."""

    number: int


@dataclass(frozen=True, slots=True)
class AgreedPrice:
    """A yes to a changed price, which is said again in fen: whoever consents to it reads it here."""

    number: int
    amount_fen: Fen


@dataclass(frozen=True, slots=True)
class Denied:
    """A no to the request or filing of this number, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What the regulator found: facts and reasons in public words; of a breach also what it is."""

    number: int
    reason: str
    breach: Breach | None


@dataclass(frozen=True, slots=True)
class Reselection:
    """How the purchaser goes on after a breach."""

    successor: Successor


@dataclass(frozen=True, slots=True)
class Asked:
    """The open request that an answer is about: its number, who asked, and for what."""

    number: int
    side: Side
    kind: Kind


def phase_of(
    *,
    uploaded_at: datetime | None,
    confirmed_at: datetime | None,
    lapsed_at: datetime | None,
    ended: Kind | None = None,
) -> Phase:
    """The phase that the instants tell; a rejected upload leaves none. `ended`: what ended it before its time.

    Source: rules.md §3.3.
    """
    if ended is not None:
        return ENDS[ended]
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


def refusals_to_lapse(because: Because, *, sign_due_at: datetime, protested: bool, now: datetime) -> Iterator[Refusal]:
    """Why the award cannot fall yet: the days to sign are not over, or no reason. Source: rules.md §3.1 row 24.

    While the regulator looks into who of the two did not sign, neither settles it alone.
    """
    if protested:
        yield Refusal("contract_protested", "contract.decide_days")
    if now < sign_due_at:
        yield Refusal("contract_sign_open", "contract.sign_days", params={"due_at": sign_due_at.isoformat()})
    if not because.reason.strip():
        yield Refusal("contract_reason_missing", field="reason")


# Asking


def refusals_to_ask(*, reason: str, already: bool, file: str | None, file_known: bool) -> Iterator[Refusal]:
    """Why nothing of this kind can be asked or filed: one is open, no reason, or a file nobody handed in."""
    if already:
        yield Refusal("contract_request_open")
    if not reason.strip():
        yield Refusal("contract_reason_missing", field="reason")
    if file and not file_known:
        yield Refusal("contract_file_unknown", field="file")


def refusals_to_extend(extension: Extension, *, terms: ChangeTerms) -> Iterator[Refusal]:
    """Why no more time can be asked for. Source: rules.md §2.7 contract.extension."""
    if not terms.extension:
        yield Refusal("contract_no_extension", "contract.extension")
    if not 1 <= extension.days <= LONGEST_EXTENSION:
        yield Refusal("contract_extension_days", field="days", params={"most": LONGEST_EXTENSION})


def refusals_to_amend(amendment: Amendment) -> Iterator[Refusal]:
    """Why this is no change that both could sign. Source: rules.md §2.7 contract.change."""
    if amendment.amount_fen < 1:
        yield Refusal("contract_amount_missing", field="amount")
    if not amendment.content.strip():
        yield Refusal("contract_content_missing", field="content")
    if not amendment.file:
        yield Refusal("contract_file_unknown", field="file")


def refusals_to_part(parting: Parting, *, amount_fen: int) -> Iterator[Refusal]:
    """Why the contract cannot end like this: nobody settles for more than its price. Source: rules.md §3.1 row 28."""
    yield from _refusals_to_settlement(parting.settlement_fen, amount_fen)


def refusals_to_protest(*, sign_due_at: datetime, now: datetime) -> Iterator[Refusal]:
    """Why nobody is late with signing yet; half-open. Source: rules.md §3.1 row 25."""
    if now < sign_due_at:
        yield Refusal("contract_sign_open", "contract.sign_days", params={"due_at": sign_due_at.isoformat()})


# Answering


def above_share(amount_fen: int, *, won_fen: int, share: int) -> bool:
    """Whether a price differs from the one that was won, up or down, by more than `share` ppm of it.

    Measured from what was won and not from the last version, so that many small changes are not a large one.
    Source: rules.md §2.7 contract.change; that all changes count together is (inferred).
    """
    return abs(amount_fen - won_fen) * 1_000_000 > won_fen * share


def refusals_to_answer_request(asked: Asked | None, number: int, *, side: Side) -> Iterator[Refusal]:
    """Why this side cannot answer that request: it is gone or another one, or its own."""
    if asked is None or asked.number != number:
        yield Refusal("contract_request_gone")
    elif asked.side is side:
        yield Refusal("contract_own_request")


def refusals_to_recall(asked: Asked | None, *, side: Side) -> Iterator[Refusal]:
    """Why this side cannot take it back: it is gone, or the other side's."""
    if asked is None or asked.side is not side:
        yield Refusal("contract_request_gone")


def refusals_to_adopt(agreed: AgreedPrice, *, asked_fen: int, won_fen: int, share: int) -> Iterator[Refusal]:
    """Why both sides cannot agree on a price alone. Source: rules.md §2.7 contract.change."""
    yield from _refusals_to_price(agreed, asked_fen)
    if above_share(asked_fen, won_fen=won_fen, share=share):
        yield Refusal(
            "contract_change_large",
            "contract.change_share",
            params={"won_fen": won_fen, "amount_fen": asked_fen, "percent": share // 10_000},
        )


def refusals_to_exceed(agreed: AgreedPrice, *, asked_fen: int, won_fen: int, share: int) -> Iterator[Refusal]:
    """Why no consent is needed, or none to this price. Source: rules.md §2.7 contract.change."""
    yield from _refusals_to_price(agreed, asked_fen)
    if not above_share(asked_fen, won_fen=won_fen, share=share):
        yield Refusal("contract_change_small", "contract.change_share", params={"percent": share // 10_000})


def _refusals_to_price(agreed: AgreedPrice, asked_fen: int) -> Iterator[Refusal]:
    if agreed.amount_fen != asked_fen:
        yield Refusal("contract_request_gone")


def refusals_to_settle(agreed: AgreedPrice, *, asked_fen: int, price_fen: int) -> Iterator[Refusal]:
    """Why this is not the settlement that was proposed, or no more one: the price may have fallen since.

    Source: rules.md §3.1 row 28.
    """
    yield from _refusals_to_price(agreed, asked_fen)
    yield from _refusals_to_settlement(asked_fen, price_fen)


def _refusals_to_settlement(settlement_fen: int, price_fen: int) -> Iterator[Refusal]:
    if not 0 <= settlement_fen <= price_fen:
        yield Refusal("contract_settlement_above", field="settlement", params={"amount_fen": price_fen})


def refusals_to_deny(denied: Denied) -> Iterator[Refusal]:
    """A no needs its reason."""
    if not denied.reason.strip():
        yield Refusal("contract_reason_missing", field="reason")


def refusals_to_find(finding: Finding, *, asked: Asked | None) -> Iterator[Refusal]:
    """Why this cannot be found: nothing of that number waits, no reason, or a breach that has no name.

    Source: rules.md §3.1 rows 25 and 29.
    """
    if asked is None or asked.number != finding.number:
        yield Refusal("contract_request_gone")
    if not finding.reason.strip():
        yield Refusal("contract_reason_missing", field="reason")
    if asked is not None and (asked.kind is Kind.BREACH) != (finding.breach is not None):
        yield Refusal("contract_breach_missing", field="breach")


def refusals_to_unanswered(*, answer_due_at: datetime, now: datetime) -> Iterator[Refusal]:
    """Why silence is not late yet; half-open. Source: rules.md §3.1 row 27."""
    if now < answer_due_at:
        yield Refusal("contract_answer_open", "contract.answer_days")


def refusals_to_reselect(*, selected: bool, award_stands: bool) -> Iterator[Refusal]:
    """Why nobody can follow: it was a direct commission, or the successor is already chosen.

    Source: rules.md §3.1 row 29.
    """
    if not selected:
        yield Refusal("contract_not_selected")
    elif not award_stands:
        yield Refusal("contract_reselected")
