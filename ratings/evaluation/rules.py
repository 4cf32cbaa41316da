"""Marks on unified dimensions; timeliness is computed; silence is 未评价, never a default praise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.rulebook import term
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


class Dimension(StrEnum):
    """The unified dimensions (rules.md eval.dimensions)."""

    QUALITY = "quality"
    TIMELINESS = "timeliness"
    FEES = "fees"
    ATTITUDE = "attitude"
    CONDUCT = "conduct"


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

FLOW = Flow[Phase](
    {
        (Phase.OPEN, EvaluationAct.SUBMIT): Phase.SUBMITTED,
        (Phase.OPEN, EvaluationAct.EXPIRE): Phase.EXPIRED,
        (Phase.SUBMITTED, EvaluationAct.EDIT): Phase.SUBMITTED,
        (Phase.SUBMITTED, EvaluationAct.LOCK): Phase.LOCKED,
        (Phase.EXPIRED, EvaluationAct.SUBMIT): Phase.SUBMITTED,
    }
)
"""Source: rules.md §3.4."""

EVALUATORS = {Role.PURCHASER: Evaluator.OWNER, Role.REGULATOR: Evaluator.AUTHORITY}
"""In which class each role marks."""

GIVEN = (Dimension.QUALITY, Dimension.FEES, Dimension.ATTITUDE, Dimension.CONDUCT)
"""What people mark; timeliness is the system's and nobody overwrites it (rules.md eval.timeliness_auto)."""

BEST, WORST, EXPLAINED_UP_TO = 5, 1, 2
LATE_FOR = timedelta(days=180)
"""How long after the deadline an owner's late evaluation is still taken (rules.md §3.4, 海州 JS3)."""


@dataclass(frozen=True)
class EvaluationTerms:
    """Section [eval] of a rulebook; weights and dimensions in per cent."""

    SECTION: ClassVar[str] = "eval"

    opens_after_silence: int = term("workday")
    owner_deadline: int = term("workday")
    authority_deadline: int = term("workday")
    edit_window: int = term("workday")
    weights: Mapping[str, int] = term("percent")
    dimensions: Mapping[str, int] = term("percent")
    timeliness_marks: tuple[tuple[int, int], ...] = term("mark")
    timeliness_mark_beyond: int = term("mark")

    def deadline(self, evaluator: Evaluator) -> int:
        """The working days a class has, from the day after its sheet opens."""
        return self.owner_deadline if evaluator is Evaluator.OWNER else self.authority_deadline


@dataclass(frozen=True, slots=True)
class Marks:
    """The input: 1 (worst) to 5 (best) on each dimension that people judge; reasons wherever a mark is 1 or 2."""

    quality: int
    fees: int
    attitude: int
    conduct: int
    comment: str = ""

    def of(self, dimension: Dimension) -> int:
        """The mark of one given dimension."""
        mark: int = getattr(self, dimension.value)
        return mark


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a sheet stands when somebody wants to change its marks; `mine` = handed in by the same organisation."""

    evaluator: Evaluator
    due_at: datetime
    lock_due_at: datetime | None
    edited: bool
    mine: bool


def phase_of(*, submitted_at: datetime | None, locked_at: datetime | None, expired_at: datetime | None) -> Phase:
    """Where a sheet stands; a sheet that was handed in late is no longer expired."""
    if locked_at is not None:
        return Phase.LOCKED
    if submitted_at is not None:
        return Phase.SUBMITTED
    return Phase.OPEN if expired_at is None else Phase.EXPIRED


def is_late(submitted_at: datetime, *, due_at: datetime) -> bool:
    """Whether marks came after the deadline; `due_at` is half-open, its own instant is too late."""
    return submitted_at >= due_at


def timeliness_mark(late_days: int, *, marks: Sequence[tuple[int, int]], beyond: int) -> int:
    """The mark that working days late earn: the first step that holds them, `beyond` after the last.

    Source: rules.md §2.8 eval.timeliness_auto (inferred).
    """
    return next((mark for most, mark in sorted(marks) if late_days <= most), beyond)


def points(marks: Mapping[str, int], weights: Mapping[str, int]) -> int:
    """Thousandths of 0…100: Σ weight·(mark − 1)·25 over the dimensions; weights in per cent add up to 100.

    Source: rules.md §2.9 (inferred).
    """
    return sum(weights[dimension] * (mark - WORST) * 25 * 10 for dimension, mark in marks.items())


def refusals_to_marks(marks: Marks) -> Iterator[Refusal]:
    """1 to 5, and a reason for 1 and 2. Source: rules.md §2.8 eval.dimensions."""
    for dimension in GIVEN:
        if not WORST <= marks.of(dimension) <= BEST:
            yield Refusal("mark_out_of_range", clause="eval.dimensions", field=dimension.value)
    if any(marks.of(dimension) <= EXPLAINED_UP_TO for dimension in GIVEN) and not marks.comment.strip():
        yield Refusal("mark_unexplained", clause="eval.dimensions", field="comment")


def refusals_to_submit_now(turn: Turn, *, now: datetime) -> Iterator[Refusal]:
    """In time; afterwards an owner for 180 days more, an authority not at all. Source: rules.md §3.4."""
    if now < turn.due_at:
        return
    if turn.evaluator is Evaluator.AUTHORITY:
        yield Refusal("evaluation_over", clause="eval.authority_deadline", params={"due_at": turn.due_at.isoformat()})
    elif now >= turn.due_at + LATE_FOR:
        yield Refusal(
            "evaluation_too_late",
            clause="eval.owner_deadline",
            params={"due_at": turn.due_at.isoformat(), "days": LATE_FOR.days},
        )


def refusals_to_submit(marks: Marks, *, turn: Turn, now: datetime) -> Iterator[Refusal]:
    """Every reason why these marks are not taken."""
    yield from refusals_to_submit_now(turn, now=now)
    yield from refusals_to_marks(marks)


def refusals_to_edit_now(turn: Turn, *, now: datetime) -> Iterator[Refusal]:
    """Once, by who marked, before the window is over. Source: rules.md §2.8 eval.owner_edit_window, §3.4."""
    if not turn.mine:
        yield Refusal("evaluation_of_another")
    if turn.edited:
        yield Refusal("evaluation_edited_once", clause="eval.edit_window")
    if turn.lock_due_at is not None and now >= turn.lock_due_at:
        yield Refusal(
            "evaluation_window_over", clause="eval.edit_window", params={"until_at": turn.lock_due_at.isoformat()}
        )


def refusals_to_edit(marks: Marks, *, turn: Turn, now: datetime) -> Iterator[Refusal]:
    """Every reason why these changed marks are not taken."""
    yield from refusals_to_edit_now(turn, now=now)
    yield from refusals_to_marks(marks)
