"""When a sealed offer may be handed in; what is checked before it is sealed."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class OfferAct(StrEnum):
    """The act of offering."""

    SUBMIT = "offer.submit"


MAY = {
    OfferAct.SUBMIT: {Role.AGENCY},
}
OPENS = {
    OfferAct.SUBMIT: Opens.LATER,
}
