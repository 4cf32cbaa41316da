"""What a certificate must say, who verifies it, and when it counts."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.rulebook import term
from app.values import Opens
from marketplace.agency import rules as agencies


class CredentialAct(StrEnum):
    """The acts on certificates."""

    SUBMIT = "credential.submit"
    VERIFY = "credential.verify"
    REFUSE = "credential.refuse"


class Phase(StrEnum):
    """Derived from the instants and the validity."""

    PENDING = "pending"
    VALID = "valid"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    REFUSED = "refused"


MAY = {
    CredentialAct.SUBMIT: {Role.AGENCY},
    CredentialAct.VERIFY: {Role.REGULATOR},
    CredentialAct.REFUSE: {Role.REGULATOR},
}
OPENS = {
    CredentialAct.SUBMIT: Opens.NEVER,
    CredentialAct.VERIFY: Opens.AT_ONCE,
    CredentialAct.REFUSE: Opens.NEVER,
}
FLOW = Flow(
    {
        (Phase.PENDING, CredentialAct.VERIFY): Phase.VALID,
        (Phase.PENDING, CredentialAct.REFUSE): Phase.REFUSED,
        (Phase.REFUSED, CredentialAct.SUBMIT): Phase.PENDING,
    }
)
"""A refused certificate may be handed in again, corrected, in the same row; expiry is nobody's act."""

SHOWN = frozenset({Phase.VALID, Phase.NOT_YET, Phase.EXPIRED})
"""What the public sees: certificates that an authority verified."""


@dataclass(frozen=True)
class CredentialTerms:
    """What a region sets for the verification of certificates: rules.md §2.2, section [entry]."""

    SECTION: ClassVar[str] = "entry"

    qualification_verify: int = term("workday")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as handed in; both days belong to the validity. `file` is the SHA-256 of its scan."""

    qualification: str
    grade: str
    certificate_no: str
    valid_from: date
    valid_until: date
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why the authority does not verify a certificate."""

    reason: str


def phase_of(*, valid_from: date, valid_until: date, verified: bool, refused: bool, today: date) -> Phase:
    """The phase on a local day (Asia/Shanghai); the whole day `valid_until` still counts.

    Expiry needs no act (rules.md §3.2: certificate expires → frozen at expiry); an unverified certificate expires too.
    """
    if refused:
        return Phase.REFUSED
    if today > valid_until:
        return Phase.EXPIRED
    if not verified:
        return Phase.PENDING
    return Phase.NOT_YET if today < valid_from else Phase.VALID


def overlap(certificate: Certificate, periods: Collection[tuple[date, date]]) -> bool:
    """Whether the validity shares a day with one of these periods, both ends included."""
    return any(since <= certificate.valid_until and certificate.valid_from <= until for since, until in periods)


def refusals_to_submit(
    certificate: Certificate,
    *,
    agency_phase: agencies.Phase | None,
    grades: Collection[str] | None,
    known: Collection[tuple[date, date]],
    today: date,
) -> Iterator[Refusal]:
    """Every reason against a certificate.

    `grades` of the qualification, None where the catalogue does not know it; `known` are the validities of the same
    certificate of the same agency that stand already: a renewal under the same number begins after them.
    Source: mission.md M08; an expired certificate is a violation (rules.md §2.2 entry.expiry_reminders, JX3).
    """
    if agency_phase not in agencies.JOINED:
        yield Refusal("credential_before_entry")
    if grades is None:
        yield Refusal("credential_qualification_unknown", field="qualification")
    elif (grades or certificate.grade) and certificate.grade not in grades:
        yield Refusal("grade_unknown", field="grade")
    if not certificate.certificate_no.strip():
        yield Refusal("certificate_no_missing", field="certificate_no")
    if certificate.valid_from > certificate.valid_until:
        yield Refusal("validity_reversed", field="valid_until")
    elif certificate.valid_until < today:
        yield Refusal("certificate_expired", field="valid_until", params={"day": certificate.valid_until.isoformat()})
    elif overlap(certificate, known):
        yield Refusal("credential_known", field="certificate_no")


def refusals_to_refuse(doubt: Doubt) -> Iterator[Refusal]:
    """A refusal says why, so that the agency can cure it."""
    if not doubt.reason.strip():
        yield Refusal("credential_reason_missing", field="reason")
