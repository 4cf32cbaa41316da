"""Marks on unified dimensions; timeliness is computed; silence is 未评价."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class EvaluationAct(StrEnum):
    """The acts of evaluating."""

    OPEN = "evaluation.open"
    SUBMIT = "evaluation.submit"
    EDIT = "evaluation.edit"
    LOCK = "evaluation.lock"
    EXPIRE = "evaluation.expire"


class Evaluator(StrEnum):
    """The classes that evaluate an agency (rules.md eval.sheets)."""

    OWNER = "owner"
    AUTHORITY = "authority"


class Phase(StrEnum):
    """Derived from the instants (rules.md §3.4)."""

    OPEN = "open"
    SUBMITTED = "submitted"
    LOCKED = "locked"
    EXPIRED = "expired"


MAY = {
    EvaluationAct.OPEN: {Role.SYSTEM},
    EvaluationAct.SUBMIT: {Role.PURCHASER, Role.REGULATOR},
    EvaluationAct.EDIT: {Role.PURCHASER, Role.REGULATOR},
    EvaluationAct.LOCK: {Role.SYSTEM},
    EvaluationAct.EXPIRE: {Role.SYSTEM},
}
OPENS = {
    EvaluationAct.OPEN: Opens.AT_ONCE,
    EvaluationAct.SUBMIT: Opens.AT_ONCE,
    EvaluationAct.EDIT: Opens.AT_ONCE,
    EvaluationAct.LOCK: Opens.AT_ONCE,
    EvaluationAct.EXPIRE: Opens.AT_ONCE,
}
