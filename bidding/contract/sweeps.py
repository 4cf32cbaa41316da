"""How time comes to contracts: silence confirms."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from bidding.contract import queries, services


def _deem(actor: Actor, no: str) -> Done:
    return services.deem(actor, no, Nothing(), key=f"sweep:contract.deem:{no}")


SWEEPS = (Sweep("contract.deem", due=queries.due_for_deeming, do=_deem, upcoming=queries.next_deeming),)
