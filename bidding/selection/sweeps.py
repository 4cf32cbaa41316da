"""What falls due by itself: the freeze at the closing, and whatever follows from it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

from app.actor import Actor
from app.stage import Performs
from app.sweep import Sweep
from app.values import Nothing
from bidding.opening import queries as keys
from bidding.selection import limits, queries, services
from bidding.selection.rules import SelectionAct
from marketplace.announcement import limits as announcement_limits
from marketplace.announcement.rules import AnnouncementAct


def _performing(name: StrEnum, command: Performs) -> Callable[[Actor, str], object]:
    def do(actor: Actor, subject: str) -> object:
        return command(actor, subject, Nothing(), key=f"sweep:{name}:{subject}")

    return do


def _open(actor: Actor, subject: str) -> object:
    """An opening once all has come is another act than the one that had to stop."""
    key = f"sweep:{SelectionAct.OPEN}:{subject}{limits.turn(subject)}"
    return services.open_offers(actor, subject, Nothing(), key=key)


def _never(now: datetime) -> datetime | None:
    return None


def _next_opening(now: datetime) -> datetime | None:
    """When holders are waited for no longer, or those whom a draw invited have had their time."""
    return min(filter(None, (keys.next_passing(now), announcement_limits.next_offers_closing(now))), default=None)


def _following(
    name: StrEnum, do: Callable[[Actor, str], object], upcoming: Callable[[datetime], datetime | None] = _never
) -> Sweep:
    """What follows from a frozen attempt waits for a head, a beacon or another act; an opening for holders, so long."""

    def due(now: datetime) -> Iterable[str]:
        return limits.due_for(name, now=now)

    return Sweep(name, due, do, upcoming)


def _closed(now: datetime) -> Iterable[str]:
    return [queries.subject(no, number) for no, number in announcement_limits.attempts_due_for_freeze(now)]


SWEEPS = (
    Sweep(
        SelectionAct.FREEZE,
        _closed,
        _performing(SelectionAct.FREEZE, services.freeze),
        announcement_limits.next_closing,
    ),
    _following(
        SelectionAct.DESTROY_KEY,
        _performing(SelectionAct.DESTROY_KEY, services.destroy_key),
        announcement_limits.next_offers_closing,
    ),
    _following(
        AnnouncementAct.CLOSE_UNSUCCESSFUL,
        _performing(AnnouncementAct.CLOSE_UNSUCCESSFUL, services.close_unsuccessful),
    ),
    _following(SelectionAct.OPEN, _open, _next_opening),
    _following(SelectionAct.DRAW, _performing(SelectionAct.DRAW, services.draw)),
    Sweep(
        SelectionAct.LAPSE,
        limits.due_for_lapse,
        _performing(SelectionAct.LAPSE, services.lapse),
        limits.next_lapse,
    ),
)
