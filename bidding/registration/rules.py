"""When an agency may register, and what it promises. Knows nothing of other registrants."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class RegistrationAct(StrEnum):
    """The acts of registering."""

    SUBMIT = "registration.submit"
    WITHDRAW = "registration.withdraw"
    RECONFIRM = "registration.reconfirm"


class Made(StrEnum):
    """Where the 32 bytes of the contribution were made (protocol.md §1.2)."""

    BROWSER = "browser"
    SERVER = "server"
    DESK = "desk"


class Phase(StrEnum):
    """Derived from withdrawal, reconfirmation and the verdict of the freeze; never stored."""

    IN_FORCE = "in_force"
    UNCONFIRMED = "unconfirmed"
    VALID = "valid"
    INVALID = "invalid"
    WITHDRAWN = "withdrawn"


MAY = {
    RegistrationAct.SUBMIT: {Role.AGENCY},
    RegistrationAct.WITHDRAW: {Role.AGENCY},
    RegistrationAct.RECONFIRM: {Role.AGENCY},
}
OPENS = {
    RegistrationAct.SUBMIT: Opens.LATER,
    RegistrationAct.WITHDRAW: Opens.LATER,
    RegistrationAct.RECONFIRM: Opens.LATER,
}
