"""When an offer of an auction may be made, what it must beat, and what is announced of the auction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.refusal import Refusal
from app.rulebook import term
from app.values import Fen, Opens, Ppm
from bidding.auction import bids
from bidding.auction.bids import Auction, AuctionTerms, Bid, Pause
from marketplace.need.rules import Method, Particulars


class AuctionAct(StrEnum):
    """The acts of an auction."""

    BID = "auction.bid"
    PAUSE = "auction.pause"
    CLOSE = "auction.close"


class Phase(StrEnum):
    """Derived from the instants; `paused`: it goes on later, `over`: its end has come and it is not yet closed."""

    AHEAD = "ahead"
    RUNNING = "running"
    PAUSED = "paused"
    OVER = "over"
    CLOSED = "closed"


MAY = {
    AuctionAct.BID: {Role.AGENCY},
    AuctionAct.PAUSE: {Role.SYSTEM},
    AuctionAct.CLOSE: {Role.SYSTEM},
}
OPENS = {
    AuctionAct.BID: Opens.LATER,
    AuctionAct.PAUSE: Opens.AT_ONCE,
    AuctionAct.CLOSE: Opens.AT_ONCE,
}
"""Whose offers they were is told with the result (rules.md §2.5 visibility.prices)."""


@dataclass(frozen=True)
class LiveTerms:
    """Step as a share of the ceiling, minutes of the window, how often the end may move (rules.md §2.6 BID_LIVE)."""

    SECTION: ClassVar[str] = "live"

    step: Ppm = term("ppm")
    window: int = term("minute")
    extensions: int = term("count")


@dataclass(frozen=True)
class RoundsTerms:
    """The same of an auction in rounds, whose window lies in the last one (rules.md §2.6 BID_ROUNDS)."""

    SECTION: ClassVar[str] = "rounds"

    step: Ppm = term("ppm")
    extension: int = term("minute")
    extensions: int = term("count")


@dataclass(frozen=True, slots=True)
class BidInput:
    """An offer in fen. No repr shows it: whose it is stays unsaid until the result."""

    amount_fen: Fen


def terms_of(
    method: Method,
    *,
    starts_at: datetime,
    particulars: Particulars,
    ceiling_fen: Fen,
    live: LiveTerms,
    rounds: RoundsTerms,
) -> AuctionTerms:
    """What is announced of an auction; there is no floor: offer.floor is off. Source: rules.md §2.6."""
    by_rounds = method is Method.BID_ROUNDS
    return AuctionTerms(
        start=starts_at,
        length=timedelta(minutes=particulars.minutes or 0),
        step=bids.step_of(ceiling_fen, share=rounds.step if by_rounds else live.step),
        ceiling=ceiling_fen,
        floor=0,
        window=timedelta(minutes=rounds.extension if by_rounds else live.window),
        extensions=rounds.extensions if by_rounds else live.extensions,
        rounds=particulars.rounds or 1,
        own=by_rounds,
    )


def parameters(terms: AuctionTerms, *, frozen_at: datetime) -> dict[str, int]:
    """The same as a transcript's integers, times in seconds, the start counted from the freeze (protocol.md §4)."""
    second = timedelta(seconds=1)
    length = terms.length // second
    return {
        "ceiling_fen": terms.ceiling,
        "floor_fen": terms.floor,
        "step_fen": terms.step,
        "start_s": (terms.start - frozen_at) // second,
        "window_s": terms.window // second,
        "extensions": terms.extensions,
        **({"rounds": terms.rounds, "round_s": length} if terms.own else {"duration_s": length}),
    }


SILENCE = timedelta(seconds=60)
"""The log signs a head every half minute; one older than this is a warning on every page (protocol.md §3.4)."""


def is_interrupted(auction: Auction, *, head_at: datetime, now: datetime) -> bool:
    """Whether an outage reached into an auction that is not closed: the market was silent before its end.

    `head_at`: of the newest signed head, which whoever watches the log can confirm. Source: docs/methods.md (inferred).
    """
    # A pause is told in whole seconds: what was left must be one at least.
    left = auction.end - max(head_at, _goes_from(auction))
    return now - head_at > SILENCE and left >= timedelta(seconds=1) and _goes_from(auction) < now


def _goes_from(auction: Auction) -> datetime:
    pauses = auction.terms.pauses
    return pauses[-1].until if pauses else auction.terms.start


def pause_of(auction: Auction, *, alive_at: datetime, last_at: datetime | None, until: datetime) -> Pause:
    """What an outage takes of an auction that goes on at `until`: all that was left when the market was last alive.

    `alive_at`, no earlier than it began or last went on, and `until` are whole seconds after the closing. What was
    acknowledged since, last at `last_at`, counts. Source: docs/methods.md (inferred).
    """
    since = alive_at
    if last_at is not None and last_at >= alive_at:
        since += (last_at - alive_at) // timedelta(seconds=1) * timedelta(seconds=1) + timedelta(seconds=1)
    return Pause(since, until, until - alive_at)


def phase_of(
    *, starts_at: datetime, ends_at: datetime, closed: bool, now: datetime, resumes_at: datetime | None = None
) -> Phase:
    """Half-open: at the instant of the end an auction is over."""
    if closed:
        return Phase.CLOSED
    if now < starts_at:
        return Phase.AHEAD
    if resumes_at is not None and now < resumes_at:
        return Phase.PAUSED
    return Phase.RUNNING if now < ends_at else Phase.OVER


@dataclass(frozen=True, slots=True)
class Bidder:
    """How one agency stands to an auction: registered, and found valid at the freeze."""

    code: str
    registered: bool
    valid: bool


def refusals_to_enter(bidder: Bidder) -> Iterator[Refusal]:
    """Only whom the freeze found valid takes part. Source: rules.md §2.6; protocol.md §1.3."""
    if not bidder.registered:
        yield Refusal("not_registered")
    elif not bidder.valid:
        yield Refusal("excluded_at_freeze")


def refusals_to_begin(bidder: Bidder, *, auction: Auction, closed: bool, now: datetime) -> Iterator[Refusal]:
    """Everything that stands against an offer before an amount was typed; tells nothing of anybody else.

    Source: protocol.md §4 (before the end, half-open); one offer in each round is inferred.
    """
    yield from refusals_to_enter(bidder)
    if now < auction.terms.start:
        yield Refusal("auction_not_begun", params={"starts_at": auction.terms.start.isoformat()})
    elif not closed and now < _goes_from(auction):
        yield Refusal("auction_paused", params={"resumes_at": _goes_from(auction).isoformat()})
    elif closed or now >= auction.end:
        yield Refusal("auction_over")
    elif auction.terms.own and auction.rounds.get(bidder.code) == auction.round_at(now):
        yield Refusal("round_used", params={"round": auction.round_at(now)})
    elif auction.most(bidder.code) < max(1, auction.terms.floor):
        yield Refusal("auction_at_bottom")


def refusals_to_bid(amount: Fen, *, bidder: Bidder, auction: Auction, closed: bool, now: datetime) -> Iterator[Refusal]:
    """Why an offer does not count; the amount only where nothing else stands against it. Source: protocol.md §4."""
    against = tuple(refusals_to_begin(bidder, auction=auction, closed=closed, now=now))
    yield from against
    fault = None if against else auction.fault(Bid(bidder.code, amount, now))
    if fault == "below_floor":
        yield Refusal("below_floor", field="amount_fen", params={"floor_fen": max(1, auction.terms.floor)})
    elif fault == "above_ceiling":
        yield Refusal("above_ceiling", field="amount_fen", params={"ceiling_fen": auction.terms.ceiling})
    elif fault == "step_too_small":
        most, step = auction.most(bidder.code), auction.terms.step
        yield Refusal(
            "step_too_small",
            clause="rounds.step" if auction.terms.own else "live.step",
            field="amount_fen",
            params={"most_fen": most, "step_fen": step},
        )
