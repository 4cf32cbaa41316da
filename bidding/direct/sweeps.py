"""What falls due by itself: a commission that nobody answered in time."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Nothing
from bidding.direct import queries, services
from bidding.direct.rules import DirectAct


def _lapse(actor: Actor, need_no: str) -> object:
    # A need may be commissioned again after a lapse, so the key names the commission too.
    key = f"sweep:{DirectAct.LAPSE}:{need_no}:{queries.open_id(need_no)}"
    return services.lapse(actor, need_no, Nothing(), key=key)


SWEEPS = (Sweep(DirectAct.LAPSE, queries.due_for_lapse, _lapse, queries.next_lapse),)
