"""How time comes in: silence opens the sheets, windows lock them, deadlines expire them."""

from collections.abc import Iterable
from datetime import datetime

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done
from ratings.evaluation import queries, services
from ratings.evaluation.rules import EvaluationAct, Evaluator


def _named(sheets: Iterable[tuple[str, Evaluator]]) -> list[str]:
    return [f"{no}/{evaluator.value}" for no, evaluator in sheets]


def lockable(now: datetime) -> list[str]:
    """Sheets to be locked, as `<contract>/<class>`."""
    return _named(queries.due_for_lock(now))


def expirable(now: datetime) -> list[str]:
    """Sheets to be recorded as 未评价, as `<contract>/<class>`."""
    return _named(queries.due_for_expiry(now))


def do_open(actor: Actor, no: str) -> Done:
    """Open one contract's sheets."""
    return services.open_silent(actor, no, key=f"sweep:{EvaluationAct.OPEN}:{no}")


def do_lock(actor: Actor, sheet: str) -> Done:
    """Lock one sheet."""
    return services.lock(actor, sheet, key=f"sweep:{EvaluationAct.LOCK}:{sheet}")


def do_expire(actor: Actor, sheet: str) -> Done:
    """Record that one sheet got no marks."""
    return services.expire(actor, sheet, key=f"sweep:{EvaluationAct.EXPIRE}:{sheet}")


SWEEPS = (
    Sweep(EvaluationAct.OPEN, queries.due_for_opening, do_open, queries.next_opening),
    Sweep(EvaluationAct.LOCK, lockable, do_lock, queries.next_lock),
    Sweep(EvaluationAct.EXPIRE, expirable, do_expire, queries.next_expiry),
)
