"""How time comes in: what is due is derived from data, each item is its own act, the ticker only ticks."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app import built
from app import clock as clocks
from app.act import chore
from app.actor import Actor
from app.audit import services as audit
from app.database import Base, db
from app.refusal import AlreadyDone, NotFound, OutOfTurn, Refused, Stale

log = logging.getLogger("market.sweep")

HEAD_EVERY = timedelta(seconds=30)
"""A head is signed at least this often, with unchanged tree size too (protocol.md §3.4)."""


@dataclass(frozen=True)
class Sweep:
    """One kind of due work.

    `due(now)` lists the subjects that are due at that instant; `do(actor, subject)` performs one act for one of them;
    `upcoming(now)` is the first instant after `now` at which something of this kind falls due, or None. `last`: asked
    after all others of a round, because it looks at what they left undone.
    """

    name: str
    due: Callable[[datetime], Iterable[str]]
    do: Callable[[Actor, str], object]
    upcoming: Callable[[datetime], datetime | None]
    last: bool = False


class Pulse(Base):
    """When the sweep last ran, in real time: /readyz tells its age."""

    __tablename__ = "pulse"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime]
    rounds: Mapped[int] = mapped_column(BigInteger)


def sweeps() -> tuple[Sweep, ...]:
    """Every sweep of every stage, in story order; those that are asked last at the end."""
    found: tuple[Sweep, ...] = built.part("sweeps")
    return found


def run_due() -> int:
    """Do everything that is due now, until nothing is; how many acts were done.

    An act that another sweep has just done, or that the rules no longer allow, is left: what is due is derived anew.
    The log is numbered and a head signed between rounds, because a draw waits for a head over its freeze.
    """
    done = 0
    while True:
        in_round = sum(_attempt(sweep, subject) for sweep, subject in _all_due(clocks.clock().market()))
        if in_round or done == 0:
            keep_log()
        done += in_round
        if in_round == 0:
            return done


def _all_due(now: datetime) -> Iterator[tuple[Sweep, str]]:
    for sweep in sweeps():
        for subject in tuple(sweep.due(now)):
            yield sweep, subject


def _attempt(sweep: Sweep, subject: str) -> int:
    try:
        sweep.do(Actor.sweeper(), subject)
    except (AlreadyDone, OutOfTurn, NotFound, Stale):
        return 0
    except Refused as refused:
        log.warning("sweep %s left %s: %s", sweep.name, subject, refused)
        return 0
    except Exception:
        # One broken item must not hold up the deadlines of all others; the log line is the operator's lead.
        log.exception("sweep %s failed on %s", sweep.name, subject)
        return 0
    return 1


def keep_log() -> None:
    """Number what was committed; sign a head after each batch, and at least every 30 s."""
    with chore("sequence") as session:
        now = clocks.clock().market()
        numbered = audit.number(session)
        head = audit.latest_head(session)
        if numbered or head is None or now - head.timestamp >= HEAD_EVERY:
            audit.sign_head(session, now=now)


def beat() -> None:
    """Leave a trace that the sweep lives."""
    with chore("pulse") as session:
        pulse = session.get(Pulse, "sweep")
        if pulse is None:
            session.add(Pulse(name="sweep", at=clocks.clock().real(), rounds=1))
        else:
            pulse.at, pulse.rounds = clocks.clock().real(), pulse.rounds + 1


def next_due(now: datetime) -> datetime | None:
    """The first instant after `now` at which anything falls due."""
    return min((at for sweep in sweeps() if (at := sweep.upcoming(now)) is not None), default=None)


def pulse_age() -> timedelta | None:
    """How long ago the sweep last ran, None if never."""
    at = db.session.execute(select(func.max(Pulse.at))).scalar()
    return None if at is None else clocks.clock().real() - at
