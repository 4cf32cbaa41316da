"""What an item version must say, and from when it counts."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class ItemAct(StrEnum):
    """The acts on the public list of items."""

    PUBLISH = "item.publish"


MAY = {
    ItemAct.PUBLISH: {Role.SYSTEM},
}
OPENS = {
    ItemAct.PUBLISH: Opens.AT_ONCE,
}
