"""How time comes to provisional deadlines: they are settled as soon as the calendar knows their year."""

from collections.abc import Iterator
from datetime import datetime

from app.actor import Actor
from app.calendar import services
from app.sweep import Sweep
from app.values import Done


def due(now: datetime) -> Iterator[str]:
    """`<kind>:<number>:<stamp>` of each."""
    yield from services.unsettled()


def settle(actor: Actor, subject: str) -> Done:
    """One thing; the stamp makes the key its own, because the same thing may be settled again in a later year."""
    return services.settle(actor, subject.rpartition(":")[0], key=f"sweep:calendar.settle:{subject}")


def upcoming(now: datetime) -> datetime | None:
    """Nothing is waited for: a year that is published is in force at once."""
    return None


SWEEPS = (Sweep("calendar.settle", due, settle, upcoming),)
