"""Who may be sanctioned, by whom, for how long; what it bars."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class SanctionAct(StrEnum):
    """The act of sanctioning."""

    DECIDE = "sanction.decide"


class SanctionKind(StrEnum):
    """The kinds that bar or warn (rules.md §2.10)."""

    YELLOW = "yellow"
    SUSPEND = "suspend"
    BLACKLIST = "blacklist"


MAY = {
    SanctionAct.DECIDE: {Role.REGULATOR},
}
OPENS = {
    SanctionAct.DECIDE: Opens.AT_ONCE,
}
