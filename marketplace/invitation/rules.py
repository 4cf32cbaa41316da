"""Whom an operator may invite, for how long a letter counts, and what its reader must bring.

Taking a register over must not become acting for those in it: the operator writes an invitation, and nothing else
comes into being. Whoever holds its one-time code opens the organisation's account, finds the application filled in,
corrects it, makes the commitments and hands it in by its own act; the formal check, the publicity and the regulator's
look at certificates follow as for everybody (mission.md M07, M39 and "who uses it": the operator performs no act of an
agency).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.values import Opens


class InvitationAct(StrEnum):
    """The acts on invitations."""

    SEND = "invitation.send"
    ACCEPT = "invitation.accept"


class Phase(StrEnum):
    """Derived from the instants."""

    OPEN = "open"
    LAPSED = "lapsed"
    ACCEPTED = "accepted"


MAY = {
    InvitationAct.SEND: {Role.OPERATOR},
    InvitationAct.ACCEPT: {Role.PUBLIC},
}
OPENS = {
    InvitationAct.SEND: Opens.NEVER,
    InvitationAct.ACCEPT: Opens.NEVER,
}
FLOW = Flow(
    {
        (Phase.LAPSED, InvitationAct.SEND): Phase.OPEN,
        (Phase.OPEN, InvitationAct.ACCEPT): Phase.ACCEPTED,
    }
)

COUNTS_FOR = timedelta(days=90)
"""How long a letter counts; the market's own."""

CODE_LENGTH = 16
"""Characters of the one-time code: 81 bits, nobody guesses it, so that wrong ones need not be counted."""

READ_AS = str.maketrans({"O": "0", "I": "1", "-": None, " ": None})
"""What people write for what the alphabet lacks."""

WANTED = ("name", "legal_representative", "contact", "phone", "address")
"""What an invitation may not leave empty."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A line of the register: whom to invite, and what the application is filled in with."""

    code: str
    name: str
    region: str
    legal_representative: str
    contact: str
    phone: str
    address: str
    introduction: str = ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the invited organisation brings: its code, the letter's code, and an account of its own."""

    code: str
    name: str
    login: str
    activation: str = field(metadata={"secret": True})
    password: str = field(metadata={"secret": True})


def phase_of(*, expires_at: datetime, accepted_at: datetime | None, now: datetime) -> Phase:
    """The phase at `now`; `expires_at` is half-open."""
    if accepted_at is not None:
        return Phase.ACCEPTED
    return Phase.OPEN if now < expires_at else Phase.LAPSED


def refusals_to_send(
    invitation: Invitation, *, code_valid: bool, region_known: bool, here: bool, phase: Phase | None
) -> Iterator[Refusal]:
    """Why an invitation cannot be written; `here`: the organisation has joined, `phase`: of an earlier invitation.

    Source: GB 32100 for the code; that one letter at a time counts is the market's own.
    """
    if not code_valid:
        yield Refusal("invited_code_invalid", field="code")
    for name in WANTED:
        if not getattr(invitation, name).strip():
            yield Refusal("invited_field_missing", field=name, params={"name": f"invitation_field.{name}"})
    if not region_known:
        yield Refusal("invited_region_unknown", field="region")
    if here:
        yield Refusal("invited_is_here", field="code")
    elif phase is Phase.OPEN:
        yield Refusal("invited_already", field="code")


def refusals_to_accept(*, phase: Phase | None, activation_right: bool) -> Iterator[Refusal]:
    """Why a letter opens nothing. One sentence for an unknown organisation and a wrong code: neither is told apart."""
    if phase is None or not activation_right:
        yield Refusal("invitation_unknown", field="activation")
    elif phase is Phase.ACCEPTED:
        yield Refusal("invitation_used", field="activation")
    elif phase is Phase.LAPSED:
        yield Refusal("invitation_lapsed", field="activation")


def activation_read(text: str) -> str:
    """A code as typed from a letter, as the market writes it: capitals, no dashes or spaces, no O and I."""
    return text.strip().upper().translate(READ_AS)
