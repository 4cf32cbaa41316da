"""The act that moves a demonstration's clock, and why it may be refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.actor import Role
from app.refusal import Refusal
from app.values import Opens


class ClockAct(StrEnum):
    """The one act on the demonstration clock."""

    ADVANCE = "clock.advance"


LONGEST = timedelta(days=800)
"""A step spans at most this much, so that a slip of the finger does not end a demonstration."""

MAY = {ClockAct.ADVANCE: set(Role) - {Role.PUBLIC}}
"""In a demonstration whoever is signed in may teach; elsewhere nobody moves the clock at all."""

OPENS = {ClockAct.ADVANCE: Opens.AT_ONCE}


@dataclass(frozen=True, slots=True)
class Advance:
    """To which instant of market time the clock is moved."""

    to: datetime


def refusals_to_advance(*, demonstration: bool, now: datetime, to: datetime) -> Iterator[Refusal]:
    """Forward only, and in a demonstration only: going back means loading the world anew."""
    if not demonstration:
        yield Refusal("no_demonstration")
    if to <= now:
        yield Refusal("clock_backward", field="to")
    if to - now > LONGEST:
        yield Refusal("clock_too_far", field="to", params={"days": LONGEST.days})
