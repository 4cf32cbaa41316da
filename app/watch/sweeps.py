"""How time comes to limits: a warning before the end, an alarm after, and what was met in the meantime."""

from collections.abc import Iterator
from datetime import datetime

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from app.watch import queries, services
from app.watch.rules import Level, WatchAct

RAISES = {
    WatchAct.WARN: services.warn,
    WatchAct.RAISE: services.raise_,
    WatchAct.RAISE_UNSEEN: services.raise_unseen,
}


def due(now: datetime) -> Iterator[str]:
    """`<act>/<watch>/<instant>/<number>` of every limit that warns or is over."""
    for level, limit in queries.due(now):
        public = queries.watches()[limit.watch].public
        name = WatchAct.WARN if level is Level.WARNING else WatchAct.RAISE if public else WatchAct.RAISE_UNSEEN
        yield f"{name}/{queries.subject(limit)}"


def raise_(actor: Actor, subject: str) -> Done:
    """One limit; the key is its own, so that it is raised once."""
    name, _, limit = subject.partition("/")
    return RAISES[WatchAct(name)](actor, limit, Nothing(), key=f"sweep:{subject}")


def met(now: datetime) -> Iterator[str]:
    """Whatever was raised and is done by now."""
    yield from queries.settled(now)


def settle(actor: Actor, ref: str) -> Done:
    """One of them."""
    return services.settle(actor, ref, Nothing(), key=f"sweep:alarm.settle:{ref}")


def never(now: datetime) -> datetime | None:
    """Nothing is waited for: what was met is seen in the round after."""
    return None


SWEEPS = (
    # Last, so that what ends a limit by itself in this round raises no alarm.
    Sweep("alarm.settle", met, settle, never, last=True),
    Sweep("alarm.raise", due, raise_, queries.upcoming, last=True),
)
