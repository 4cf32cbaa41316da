"""How time comes to offers: the body of an envelope that did not open is awaited so long and no longer."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from bidding.offer import queries, services
from bidding.offer.rules import OfferAct


def _lapse(actor: Actor, commitment: str) -> Done:
    return services.lapse(actor, commitment, Nothing(), key=f"sweep:{OfferAct.LAPSE}:{commitment}")


SWEEPS = (Sweep(OfferAct.LAPSE, due=queries.due_for_lapse, do=_lapse, upcoming=queries.next_lapse),)
