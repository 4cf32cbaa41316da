"""Moving the demonstration clock from due instant to due instant, with sweeps, numbering and a head at each."""

from datetime import datetime, timedelta

from app import built
from app.act import act, chore
from app.actor import Actor
from app.clock import MICROSECOND, ClockState, DemonstrationClock, FixedClock, clock, stepping_here
from app.clockwork import rules
from app.clockwork.rules import Advance, ClockAct
from app.refusal import demand
from app.settings import Settings
from app.sweep import keep_log, next_due, run_due
from app.values import Done

LEASE = timedelta(minutes=2)
"""How long others are held off by a step that does not renew it: longer than the slowest due instant takes."""


def advance(actor: Actor, subject: str | None, step: Advance, /, *, key: str) -> Done:
    """Record the step, hold off all other acts, and go there; every deadline on the way is kept at its own instant."""
    settings: Settings = built.part("settings")
    with act(ClockAct.ADVANCE, actor=actor, key=key, subject=subject, input=step) as deed:
        deed.lock_none()
        demand(rules.refusals_to_advance(demonstration=settings.demonstration, now=deed.now, to=step.to))
        deed.on("clock", "demonstration")
        deed.tell(to=step.to)
    go_to(step.to)
    return deed.answer()


def go_to(target: datetime) -> None:
    """Walk the market clock to `target`, stopping at every instant at which something falls due."""
    token = stepping_here.set(True)
    _lease(LEASE)
    try:
        # Asked from before each round: time runs on meanwhile, and what falls due in between is not passed over.
        before = clock().market()
        run_due()
        while (instant := next_due(before)) is not None and instant <= target:
            _set(instant)
            before = clock().market()
            run_due()
        _set(target)
        keep_log()
    finally:
        _lease(None)
        stepping_here.reset(token)


def offset() -> timedelta:
    """How far market time stands from real time."""
    return clock().market() - clock().real()


def _set(instant: datetime) -> None:
    found = clock()
    if isinstance(found, FixedClock):
        found.instant = max(found.instant, instant)
        return
    if not isinstance(found, DemonstrationClock):
        raise LookupError("this clock does not move by hand")
    with chore("clock") as session:
        state = session.get(ClockState, 1, with_for_update=True)
        if state is None:
            raise LookupError("no demonstration clock")
        wanted = (instant - found.real()) // MICROSECOND
        state.offset_us = max(state.offset_us, wanted)
        state.stepping_until = found.real() + LEASE


def _lease(length: timedelta | None) -> None:
    if not isinstance(clock(), DemonstrationClock):
        return
    until = None if length is None else clock().real() + length
    with chore("clock") as session:
        state = session.get(ClockState, 1, with_for_update=True)
        if state is None:
            session.add(ClockState(id=1, offset_us=0, stepping_until=until))
        else:
            state.stepping_until = until


def start_at(instant: datetime) -> None:
    """Set a new demonstration world's clock before anything was recorded in it."""
    with chore("clock") as session:
        state = session.get(ClockState, 1)
        wanted = (instant - clock().real()) // MICROSECOND
        if state is None:
            session.add(ClockState(id=1, offset_us=wanted, stepping_until=None))
        else:
            state.offset_us = wanted


def catch_up() -> None:
    """Walk to the real instant and leave the clock there, exactly: the demonstration's time is real time again."""
    go_to(clock().real())
    with chore("clock") as session:
        state = session.get(ClockState, 1)
        if state is not None:
            state.offset_us = 0
