"""Who may be a purchaser, from which funds, and when it may begin."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


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
