"""How time comes to auctions: each is closed at its end, as its last offers moved it."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from bidding.auction import queries, services
from bidding.auction.rules import AuctionAct


def _close(actor: Actor, subject: str) -> Done:
    return services.close(actor, subject, Nothing(), key=f"sweep:{AuctionAct.CLOSE}:{subject}")


SWEEPS = (Sweep(AuctionAct.CLOSE, due=queries.due_for_close, do=_close, upcoming=queries.next_end),)
