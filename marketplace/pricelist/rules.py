"""What a price entry must say, and from when it counts."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class PriceAct(StrEnum):
    """The act on public prices."""

    PUBLISH = "price.publish"


MAY = {
    PriceAct.PUBLISH: {Role.AGENCY},
}
OPENS = {
    PriceAct.PUBLISH: Opens.AT_ONCE,
}
