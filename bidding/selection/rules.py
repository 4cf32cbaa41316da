"""When an attempt is frozen, opened and drawn, and what follows from the count."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class SelectionAct(StrEnum):
    """The acts of selecting; nobody may perform them but the clockwork."""

    FREEZE = "selection.freeze"
    DESTROY_KEY = "selection.destroy_key"
    OPEN = "selection.open"
    DRAW = "selection.draw"


class Phase(StrEnum):
    """Derived from the instants of the selection."""

    FROZEN = "frozen"
    OPENED = "opened"
    DRAWN = "drawn"
    UNSUCCESSFUL = "unsuccessful"
    VOID = "void"


class BeaconAct(StrEnum):
    """The act of typing a day's beacon: two accounts, neither seeing the other's entry."""

    ENTER = "beacon.enter"


MAY = {
    BeaconAct.ENTER: {Role.OPERATOR, Role.SUPERVISOR},
    SelectionAct.FREEZE: {Role.SYSTEM},
    SelectionAct.DESTROY_KEY: {Role.SYSTEM},
    SelectionAct.OPEN: {Role.SYSTEM},
    SelectionAct.DRAW: {Role.SYSTEM},
}
OPENS = {
    BeaconAct.ENTER: Opens.LATER,
    SelectionAct.FREEZE: Opens.AT_ONCE,
    SelectionAct.DESTROY_KEY: Opens.AT_ONCE,
    SelectionAct.OPEN: Opens.AT_ONCE,
    SelectionAct.DRAW: Opens.AT_ONCE,
}
