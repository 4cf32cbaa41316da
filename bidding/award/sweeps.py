"""How time comes to awards: the notice when the publicity ends, the lapse when nobody answered."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from bidding.award import queries, services


def _notice(actor: Actor, no: str) -> Done:
    return services.notice(actor, no, Nothing(), key=f"sweep:award.notice:{no}")


def _lapse(actor: Actor, no: str) -> Done:
    return services.lapse(actor, no, Nothing(), key=f"sweep:award.lapse:{no}")


SWEEPS = (
    Sweep("award.notice", due=queries.due_for_notice, do=_notice, upcoming=queries.next_notice),
    Sweep("award.lapse", due=queries.due_for_lapse, do=_lapse, upcoming=queries.next_lapse),
)
