"""When a purchaser may go direct, and how the price is agreed."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class DirectAct(StrEnum):
    """The acts of a direct commission."""

    PROPOSE = "direct.propose"
    COUNTER = "direct.counter"
    ACCEPT = "direct.accept"
    DECLINE = "direct.decline"
    LAPSE = "direct.lapse"


class Reason(StrEnum):
    """Reason codes that rules.md direct.conditions allows in this market."""

    SMALL_AMOUNT = "small_amount"
    CONTINUITY = "continuity"
    URGENT = "urgent"


class Side(StrEnum):
    """Who named a price."""

    PURCHASER = "purchaser"
    AGENCY = "agency"


class Phase(StrEnum):
    """Derived from the instants."""

    WITH_AGENCY = "with_agency"
    WITH_PURCHASER = "with_purchaser"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"


MAY = {
    DirectAct.PROPOSE: {Role.PURCHASER},
    DirectAct.COUNTER: {Role.PURCHASER, Role.AGENCY},
    DirectAct.ACCEPT: {Role.AGENCY},
    DirectAct.DECLINE: {Role.PURCHASER, Role.AGENCY},
    DirectAct.LAPSE: {Role.SYSTEM},
}
OPENS = {
    DirectAct.PROPOSE: Opens.LATER,
    DirectAct.COUNTER: Opens.LATER,
    DirectAct.ACCEPT: Opens.AT_ONCE,
    DirectAct.DECLINE: Opens.NEVER,
    DirectAct.LAPSE: Opens.NEVER,
}
