"""A contract equals what was won; one side uploads, the other confirms."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class ContractAct(StrEnum):
    """The acts on contracts."""

    UPLOAD = "contract.upload"
    CONFIRM = "contract.confirm"
    REJECT = "contract.reject"
    DEEM = "contract.deem"
    LAPSE = "contract.lapse"


class Side(StrEnum):
    """Who uploaded."""

    PURCHASER = "purchaser"
    AGENCY = "agency"


class Phase(StrEnum):
    """Derived from the instants (rules.md §3.3)."""

    TO_SIGN = "to_sign"
    TO_CONFIRM = "to_confirm"
    EFFECTIVE = "effective"
    LAPSED = "lapsed"


MAY = {
    ContractAct.UPLOAD: {Role.PURCHASER, Role.AGENCY},
    ContractAct.CONFIRM: {Role.PURCHASER, Role.AGENCY},
    ContractAct.REJECT: {Role.PURCHASER, Role.AGENCY},
    ContractAct.DEEM: {Role.SYSTEM},
    ContractAct.LAPSE: {Role.PURCHASER},
}
OPENS = {
    ContractAct.UPLOAD: Opens.AT_ONCE,
    ContractAct.CONFIRM: Opens.AT_ONCE,
    ContractAct.REJECT: Opens.NEVER,
    ContractAct.DEEM: Opens.AT_ONCE,
    ContractAct.LAPSE: Opens.AT_ONCE,
}
