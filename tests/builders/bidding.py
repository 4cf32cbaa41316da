"""Auctions as they are announced, begun and fought out."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.actor import Actor
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import db
from app.values import Done, Fen
from bidding.auction import queries, services
from bidding.auction.models import Auction
from bidding.auction.rules import BidInput
from marketplace.need.rules import Particulars
from tests.builders.announcement import an_announcement
from tests.builders.registration import a_registration, agencies
from tests.grounds import ready

CEILING = 5_000_000
STEP = 25_000
"""Half a per cent of it."""

ASKED = {"BID_LIVE": Particulars(minutes=10), "BID_ROUNDS": Particulars(rounds=3, minutes=3)}


@ready
def an_auction(
    method: str = "BID_LIVE", *, fund: str = "social", rivals: int = 3, among: Sequence[Actor] = ()
) -> tuple[str, list[Actor]]:
    """The number of an announcement by auction, and the agencies that are registered for it; before the closing."""
    found = list(among) or agencies(rivals)
    no = an_announcement(method=method, fund=fund, budget_fen=CEILING, particulars=ASKED[method])
    for agency in found:
        a_registration(agency, no)
    return no, found


def auction_of(no: str) -> Auction:
    """The auction of the present attempt, read anew."""
    _, attempt = queries.attempt_of(no)
    found = queries.of(attempt.id)
    if found is None:
        raise LookupError(no)
    db.session.refresh(found)
    return found


def begun(no: str, *, seconds: int = 0) -> datetime:
    """Walk to the beginning of the auction, or so many seconds later."""
    _, attempt = queries.attempt_of(no)
    if attempt.auction_at is None:
        raise LookupError(no)
    instant = attempt.auction_at + timedelta(seconds=seconds)
    clockwork.go_to(instant)
    db.session.rollback()
    return instant


def a_bid(agency: Actor, no: str, amount_fen: int) -> Done:
    """The agency offers now."""
    return services.bid(agency, no, BidInput(Fen(amount_fen)), key=fresh_key())


def over(no: str) -> None:
    """Walk to the end as it stands, and do what falls due there."""
    clockwork.go_to(auction_of(no).ends_at)
    db.session.rollback()


def fought(no: str, offers: Sequence[tuple[Actor, int, int]]) -> None:
    """A whole auction: who offers how much, how many seconds after its beginning; then its end."""
    for agency, amount_fen, seconds in offers:
        begun(no, seconds=seconds)
        a_bid(agency, no, amount_fen)
    over(no)
