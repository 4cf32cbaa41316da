"""How time comes to contracts: silence confirms; and a purchaser who does not answer is late himself."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from bidding.contract import limits, services
from bidding.contract.rules import Agreed


def _deem(actor: Actor, no: str) -> Done:
    return services.deem(actor, no, Nothing(), key=f"sweep:contract.deem:{no}")


def _unanswered(actor: Actor, subject: str) -> Done:
    no, _, number = subject.partition("/")
    return services.unanswered(actor, no, Agreed(int(number)), key=f"sweep:contract.unanswered:{subject}")


SWEEPS = (
    Sweep("contract.deem", due=limits.due_for_deeming, do=_deem, upcoming=limits.next_deeming),
    Sweep("contract.unanswered", due=limits.due_unanswered, do=_unanswered, upcoming=limits.next_unanswered),
)
