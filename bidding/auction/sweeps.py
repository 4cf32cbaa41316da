"""How time comes to auctions: each is closed at its end, and one that an outage reached into goes on later."""

from datetime import datetime

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from bidding.auction import queries, services
from bidding.auction.rules import AuctionAct


def _close(actor: Actor, subject: str) -> Done:
    return services.close(actor, subject, Nothing(), key=f"sweep:{AuctionAct.CLOSE}:{subject}")


def _pause(actor: Actor, subject: str) -> Done:
    return services.pause(actor, subject, Nothing(), key=f"sweep:{AuctionAct.PAUSE}:{subject}:{queries.turn(subject)}")


def _never(now: datetime) -> datetime | None:
    """Nobody waits for an outage."""
    return None


# Before the close: an end that came in an outage is none.
SWEEPS = (
    Sweep(AuctionAct.PAUSE, due=queries.due_for_pause, do=_pause, upcoming=_never),
    Sweep(AuctionAct.CLOSE, due=queries.due_for_close, do=_close, upcoming=queries.next_end),
)
