"""How sheets come to count, as soon as the last one is locked; and how judging ends where too few judges are left."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from bidding.judging import queries, services
from bidding.judging.rules import JudgingAct


def _exhaust(actor: Actor, subject: str) -> Done:
    return services.exhaust(actor, subject, Nothing(), key=f"sweep:{JudgingAct.EXHAUST}:{subject}")


def _close(actor: Actor, subject: str) -> Done:
    return services.close(actor, subject, Nothing(), key=f"sweep:{JudgingAct.CLOSE}:{subject}")


SWEEPS = (
    Sweep(JudgingAct.CLOSE, due=queries.due_for_close, do=_close, upcoming=lambda now: None),
    Sweep(JudgingAct.EXHAUST, due=queries.due_for_exhaust, do=_exhaust, upcoming=lambda now: None),
)
