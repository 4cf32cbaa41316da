"""How time comes to offers: a body, and an explanation, is awaited so long and no longer."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from bidding.offer import limits, services
from bidding.offer.rules import OfferAct


def _lapse(actor: Actor, commitment: str) -> Done:
    return services.lapse(actor, commitment, Nothing(), key=f"sweep:{OfferAct.LAPSE}:{commitment}")


def _unexplained(actor: Actor, commitment: str) -> Done:
    return services.leave_unexplained(actor, commitment, Nothing(), key=f"sweep:{OfferAct.UNEXPLAINED}:{commitment}")


SWEEPS = (
    Sweep(OfferAct.LAPSE, due=limits.due_for_lapse, do=_lapse, upcoming=limits.next_lapse),
    Sweep(OfferAct.UNEXPLAINED, due=limits.due_for_unexplained, do=_unexplained, upcoming=limits.next_unexplained),
)
