"""How an agency comes in: formal check, one-time notification, publicity, admission."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.rulebook import term
from app.values import Opens


class AgencyAct(StrEnum):
    """The acts of joining as an agency."""

    APPLY = "agency.apply"
    ASK = "agency.ask"
    SUPPLEMENT = "agency.supplement"
    PASS = "agency.pass"  # noqa: S105 - an act, no password
    REJECT = "agency.reject"
    ADMIT = "agency.admit"


class Phase(StrEnum):
    """Derived from the instants (rules.md §3.2)."""

    SUBMITTED = "submitted"
    SUPPLEMENT = "supplement"
    LAPSED = "lapsed"
    REJECTED = "rejected"
    PUBLICITY = "publicity"
    ACTIVE = "active"


MAY = {
    AgencyAct.APPLY: {Role.AGENCY},
    AgencyAct.ASK: {Role.OPERATOR},
    AgencyAct.SUPPLEMENT: {Role.AGENCY},
    AgencyAct.PASS: {Role.OPERATOR},
    AgencyAct.REJECT: {Role.OPERATOR},
    AgencyAct.ADMIT: {Role.SYSTEM},
}
OPENS = {
    AgencyAct.APPLY: Opens.NEVER,
    AgencyAct.ASK: Opens.NEVER,
    AgencyAct.SUPPLEMENT: Opens.NEVER,
    AgencyAct.PASS: Opens.AT_ONCE,
    AgencyAct.REJECT: Opens.NEVER,
    AgencyAct.ADMIT: Opens.AT_ONCE,
}
FLOW = Flow(
    {
        (Phase.SUBMITTED, AgencyAct.PASS): Phase.PUBLICITY,
        (Phase.SUBMITTED, AgencyAct.ASK): Phase.SUPPLEMENT,
        (Phase.SUBMITTED, AgencyAct.REJECT): Phase.REJECTED,
        (Phase.SUPPLEMENT, AgencyAct.SUPPLEMENT): Phase.SUBMITTED,
        (Phase.LAPSED, AgencyAct.APPLY): Phase.SUBMITTED,
        (Phase.REJECTED, AgencyAct.APPLY): Phase.SUBMITTED,
        (Phase.PUBLICITY, AgencyAct.ADMIT): Phase.ACTIVE,
    }
)
"""rules.md §3.2; whoever was rejected or let the supplement lapse may apply again, in the same row."""

JOINED = frozenset({Phase.SUBMITTED, Phase.SUPPLEMENT, Phase.PUBLICITY, Phase.ACTIVE})
"""Who may hand in certificates and prices: whose application is under way or done."""

SHOWN = frozenset({Phase.PUBLICITY, Phase.ACTIVE})
"""Whose card is public."""

AT_ONCE = "check_then_active"
"""The mode without publicity (湖南, HN1); every other one has it."""

WANTED = ("legal_representative", "contact", "phone", "address")
"""The fields of an application that may not be empty."""


@dataclass(frozen=True)
class EntryTerms:
    """What a region sets for joining: rules.md §2.2, section [entry]."""

    SECTION: ClassVar[str] = "entry"

    mode: str = term("code")
    check_deadline: int = term("workday")
    supplement_rounds: int = term("count")
    supplement_days: int = term("workday")
    publicity_days: int = term("workday")
    commitments: tuple[str, ...] = term("code")


@dataclass(frozen=True, slots=True)
class Application:
    """What an agency hands in; `commitments` are the codes of entry.commitments that it accepts."""

    legal_representative: str
    contact: str
    phone: str
    address: str
    introduction: str
    commitments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """The one-time notification: everything that is missing, at once (一次性告知)."""

    missing: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an application is rejected."""

    reason: str


def phase_of(
    *,
    supplement_due_at: datetime | None,
    passed_at: datetime | None,
    rejected_at: datetime | None,
    admitted_at: datetime | None,
    now: datetime,
) -> Phase:
    """The phase at `now`; `supplement_due_at` is half-open and stands only while something is asked for."""
    if admitted_at is not None:
        return Phase.ACTIVE
    if rejected_at is not None:
        return Phase.REJECTED
    if passed_at is not None:
        return Phase.PUBLICITY
    if supplement_due_at is None:
        return Phase.SUBMITTED
    return Phase.SUPPLEMENT if now < supplement_due_at else Phase.LAPSED


def refusals_to_apply(application: Application, *, code: str, terms: EntryTerms) -> Iterator[Refusal]:
    """Everything that an application lacks. Source: rules.md §2.2 entry.commitments (S1); the code: GB 32100."""
    if len(code) != 18:
        yield Refusal("agency_code_needed")
    for name in WANTED:
        if not getattr(application, name).strip():
            yield Refusal("agency_field_missing", field=name, params={"name": f"agency_field.{name}"})
    for code_ in terms.commitments:
        if code_ not in application.commitments:
            yield Refusal(
                "commitment_missing",
                clause="entry.commitments",
                field="commitments",
                params={"commitment": f"commitment.{code_}"},
            )
    for code_ in application.commitments:
        if code_ not in terms.commitments:
            yield Refusal("commitment_unknown", field="commitments", params={"commitment": code_})


def refusals_to_ask(asking: Asking, *, rounds: int, terms: EntryTerms) -> Iterator[Refusal]:
    """Why nothing more may be asked for; `rounds` were asked already. Source: rules.md §2.2 entry.supplement."""
    if not asking.missing.strip():
        yield Refusal("asking_empty", field="missing")
    if rounds >= terms.supplement_rounds:
        yield Refusal("asked_too_often", clause="entry.supplement_rounds", params={"rounds": terms.supplement_rounds})


def refusals_to_reject(rejection: Rejection) -> Iterator[Refusal]:
    """A rejection says why. Source: rules.md §3.2 (HN1: result and reason told)."""
    if not rejection.reason.strip():
        yield Refusal("rejection_without_reason", field="reason")


def refusals_to_admit(*, publicity_ends_at: datetime, now: datetime) -> Iterator[Refusal]:
    """Nobody is admitted before the publicity, half-open, is over. Source: rules.md §2.2 entry.publicity_days."""
    if now < publicity_ends_at:
        yield Refusal(
            "publicity_running",
            clause="entry.publicity_days",
            params={"publicity_ends_at": publicity_ends_at.isoformat()},
        )


def has_publicity(terms: EntryTerms) -> bool:
    """Whether who passed the check is made public before being admitted. Source: rules.md §2.2 entry.mode."""
    return terms.mode != AT_ONCE
