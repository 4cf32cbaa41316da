"""What falls due by itself: an objection for which nobody asked for a decision."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from ratings.complaint import queries, services
from ratings.complaint.rules import ObjectionAct


def _lapse(actor: Actor, no: str) -> Done:
    return services.lapse(actor, no, Nothing(), key=f"sweep:{ObjectionAct.LAPSE}:{no}")


SWEEPS = (Sweep(ObjectionAct.LAPSE, due=queries.due_for_lapse, do=_lapse, upcoming=queries.next_lapse),)
