"""What may be asked for here, from which funds, by which method."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class NeedAct(StrEnum):
    """The acts on needs."""

    CREATE = "need.create"
    REVISE = "need.revise"
    ABANDON = "need.abandon"


class Method(StrEnum):
    """Selection methods of rules.md §2.6 that this market runs."""

    DIRECT = "DIRECT"
    RANDOM = "RANDOM"
    BID_LOW = "BID_LOW"


class Payer(StrEnum):
    """Who pays: a service that an approving authority commissions itself is paid from its budget."""

    PURCHASER = "purchaser"
    AUTHORITY = "authority"


class Phase(StrEnum):
    """Derived from the instants and from what became of the need."""

    OPEN = "open"
    ABANDONED = "abandoned"
    ANNOUNCED = "announced"


MAY = {
    NeedAct.CREATE: {Role.PURCHASER},
    NeedAct.REVISE: {Role.PURCHASER},
    NeedAct.ABANDON: {Role.PURCHASER},
}
OPENS = {
    NeedAct.CREATE: Opens.LATER,
    NeedAct.REVISE: Opens.LATER,
    NeedAct.ABANDON: Opens.NEVER,
}
