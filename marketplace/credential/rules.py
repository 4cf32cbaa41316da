"""What a certificate must say, who verifies it, and when it counts."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


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
