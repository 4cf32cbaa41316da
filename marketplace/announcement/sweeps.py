"""What was approved, or asked for again, becomes public by itself; what an outage took is given back."""

from collections.abc import Iterator
from datetime import datetime

from app.actor import Actor
from app.sweep import Sweep
from app.values import Nothing
from marketplace.announcement import limits, services
from marketplace.announcement.rules import Timetable


def due(now: datetime) -> Iterator[str]:
    """`<need number>/<attempt to come>` of each."""
    for need_no, attempt in limits.due_for_publication():
        yield f"{need_no}/{attempt}"


def publish(actor: Actor, subject: str) -> None:
    """One attempt becomes public; the key is its own, so that it cannot twice."""
    need_no = subject.partition("/")[0]
    services.publish(actor, need_no, Timetable(), key=f"sweep:announcement.publish:{subject}")


def upcoming(now: datetime) -> datetime | None:
    """Nothing is waited for: what was approved is due at once."""
    return None


def outages(now: datetime) -> Iterator[str]:
    """`<number>/<outage>` of each that lost time."""
    for no, outage in limits.to_extend(now):
        yield f"{no}/{outage}"


def extend(actor: Actor, subject: str) -> None:
    """One closing is moved; the key is its own, so that it cannot twice."""
    services.extend(actor, subject, Nothing(), key=f"sweep:announcement.extend:{subject}")


SWEEPS = (
    Sweep("announcement.publish", due, publish, upcoming),
    Sweep("announcement.extend", outages, extend, upcoming),
)
