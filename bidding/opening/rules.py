"""When a holder may use its key, when two uses together open, and from when the agencies open for themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.actor import Role
from app.refusal import Refusal
from app.values import Opens
from marketplace.holder import rules as holders


class OpeningAct(StrEnum):
    """A holder unseals its halves; an hour without a second holder passes."""

    UNSEAL = "opening.unseal"
    LAPSE = "opening.lapse"


class Phase(StrEnum):
    """How far an opening by two holders has come.

    WAITING: for both; HALF: one has come; COMPLETE: two have; PASSED: nobody came in time, the agencies open; OVER: the
    key has served or is destroyed.
    """

    TO_COME = "to_come"
    WAITING = "waiting"
    HALF = "half"
    COMPLETE = "complete"
    PASSED = "passed"
    OVER = "over"


MAY = {OpeningAct.UNSEAL: set(holders.HOLDERS), OpeningAct.LAPSE: {Role.SYSTEM}}
OPENS = {OpeningAct.UNSEAL: Opens.AT_ONCE, OpeningAct.LAPSE: Opens.AT_ONCE}
SEALED = frozenset({OpeningAct.UNSEAL})
"""A key file is kept nowhere, neither in its entry nor in a receipt (protocol.md §2.3, §2.6)."""

TOGETHER = timedelta(hours=1)
"""Both holders act within the same hour (protocol.md §2.3)."""

ENOUGH = 2


@dataclass(frozen=True, slots=True)
class Divided:
    """An offer key that two of three open: from when, until when; whether it is gone; how many uses stand.

    `opens_at` is None before the list is frozen. Instants are UTC; `due_at` is half-open.
    """

    opens_at: datetime | None
    due_at: datetime | None
    gone: bool
    uses: int


def phase_of(divided: Divided, *, now: datetime) -> Phase:
    """How far the opening has come at an instant. Source: protocol.md §2.3; rules.md §2.5 opening.max_wait."""
    if divided.gone:
        return Phase.OVER
    if divided.opens_at is None or now < divided.opens_at:
        return Phase.TO_COME
    if divided.uses >= ENOUGH:
        return Phase.COMPLETE
    if divided.due_at is not None and now >= divided.due_at:
        return Phase.PASSED
    return Phase.HALF if divided.uses else Phase.WAITING


def is_stale(used_at: datetime, *, now: datetime) -> bool:
    """Whether a use that stood alone for an hour no longer counts; half-open. Source: protocol.md §2.3."""
    return now >= used_at + TOGETHER


def refusals_to_unseal(
    phase: Phase, *, used: bool, fits: bool | None, closes_at: datetime, due_at: datetime | None
) -> Iterator[Refusal]:
    """Every reason at once; `used`: this holder's own use stands; `fits`: None where the file holds no key.

    Source: protocol.md §2.3 (before the opening time the act is refused).
    """
    if phase is Phase.TO_COME:
        yield Refusal("opening_too_early", params={"closes_at": closes_at.isoformat()})
    elif phase is Phase.OVER:
        yield Refusal("opening_over")
    elif phase is Phase.PASSED and due_at is not None:
        yield Refusal("opening_passed", clause="opening.max_wait", params={"due_at": due_at.isoformat()})
    elif phase is Phase.COMPLETE or used:
        yield Refusal("opening_enough" if phase is Phase.COMPLETE else "opening_used")
    if fits is None:
        yield Refusal("key_file_malformed", field="file")
    elif not fits:
        yield Refusal("key_file_wrong", field="file")
