"""How time comes to openings: a use that stood alone for an hour no longer counts."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from bidding.opening import queries, services
from bidding.opening.rules import OpeningAct


def _lapse(actor: Actor, subject: str) -> Done:
    return services.lapse(actor, subject, Nothing(), key=f"sweep:{OpeningAct.LAPSE}:{subject}")


SWEEPS = (Sweep(OpeningAct.LAPSE, due=queries.due_for_lapse, do=_lapse, upcoming=queries.next_lapse),)
