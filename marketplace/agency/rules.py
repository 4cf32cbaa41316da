"""How an agency comes in: formal check, one-time notification, publicity, admission."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class AgencyAct(StrEnum):
    """The acts of joining as an agency."""

    APPLY = "agency.apply"
    ASK = "agency.ask"
    SUPPLEMENT = "agency.supplement"
    PASS = "agency.pass"
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
