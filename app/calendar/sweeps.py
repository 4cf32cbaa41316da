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
    about, key = subject.rpartition(":")[0], f"sweep:calendar.settle:{subject}"
    if services.is_public(subject.partition(":")[0]):
        return services.settle(actor, about, key=key)
    return services.settle_unseen(actor, about, key=key)


def upcoming(now: datetime) -> datetime | None:
    """Nothing is waited for: a year that is published is in force at once."""
    return None


SWEEPS = (Sweep("calendar.settle", due, settle, upcoming),)
