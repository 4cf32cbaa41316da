"""How time comes to contracts in service: lateness is recorded at its 11th and 31st day."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from ratings.performance import queries, services


def _overdue(actor: Actor, subject: str) -> Done:
    no, _, level = subject.partition("/")
    return services.overdue(actor, no, Nothing(), key=f"sweep:performance.overdue:{no}:{level}")


SWEEPS = (Sweep("performance.overdue", due=queries.due_for_overdue, do=_overdue, upcoming=queries.next_overdue),)
