"""Confirmed files are worked through in portions, so that a long one delays nobody's deadline."""

from datetime import datetime

from app.actor import Actor
from app.clock import clock
from app.intake import queries, services
from app.sweep import Sweep


def due(now: datetime) -> list[str]:
    """Runs with rows to perform; the pause between two portions is real time."""
    return queries.due(clock().real())


def work(actor: Actor, no: str) -> int:
    """One portion of one run; each row is done by the account that confirmed, not by the sweep."""
    return services.work(no)


def never(now: datetime) -> None:
    """Nothing falls due at a later instant: a run is due as soon as it is confirmed."""


SWEEPS = (Sweep("intake.work", due, work, never),)
