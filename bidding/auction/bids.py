"""Which offers of an auction count, and when it ends; in whole fen and instants, no float ever.

Standard library only; imports nothing of the market: the verifier of transcripts carries this very file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

ALL: Final = 1_000_000


def step_of(ceiling: int, *, share: int) -> int:
    """The announced step in fen: `share` ppm of the ceiling, half up, never less than one fen (rules.md §2.6)."""
    return max(1, (2 * share * ceiling + ALL) // (2 * ALL))


@dataclass(frozen=True, slots=True)
class Pause:
    """An auction stood still: no offer counts in [`since`, `until`), and from `until` on its end lies `lost` later."""

    since: datetime
    until: datetime
    lost: timedelta


@dataclass(frozen=True, slots=True)
class AuctionTerms:
    """What was announced of an auction: from `start`, `rounds` of `length` each; half-open, aware instants.

    `step`, `ceiling`, `floor` in fen. `own`: in rounds an offer goes below the agency's own last one, live below
    everybody's best. `pauses`: what an outage took, in their sequence; they follow from the log, not from the terms.
    Source: rules.md §2.6 BID_LIVE, BID_ROUNDS (CQ2; step, window, extensions inferred); docs/methods.md (pauses).
    """

    start: datetime
    length: timedelta
    step: int
    ceiling: int
    floor: int
    window: timedelta
    extensions: int
    rounds: int = 1
    own: bool = False
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Bid:
    """One offer of an auction: fen, at an aware instant."""

    id: str
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Auction:
    """An auction as it stands: its present end (not included), extensions used, each agency's last amount and round.

    `passed`: how many of the pauses the end has moved by already.
    """

    terms: AuctionTerms
    end: datetime
    extended: int = 0
    amounts: Mapping[str, int] = field(default_factory=dict)
    rounds: Mapping[str, int] = field(default_factory=dict)
    passed: int = 0

    @property
    def best(self) -> int | None:
        """The lowest amount so far, None before the first."""
        return min(self.amounts.values(), default=None)

    def round_at(self, at: datetime) -> int:
        """The round of an instant, from 1; what offers moved the end by belongs to the last one."""
        lost = sum((pause.lost for pause in self.terms.pauses if pause.until <= at), timedelta())
        return min((at - lost - self.terms.start) // self.terms.length + 1, self.terms.rounds)

    def at(self, at: datetime | None) -> "Auction":
        """The auction at an instant: behind every pause that is then over; None for behind them all."""
        over = [pause for pause in self.terms.pauses[self.passed :] if at is None or pause.until <= at]
        if not over:
            return self
        lost = sum((pause.lost for pause in over), timedelta())
        return replace(self, end=self.end + lost, passed=self.passed + len(over))

    def most(self, who: str) -> int:
        """The highest amount that would now count for an agency: the best, in rounds its own last, less one step.

        The first offer may be the ceiling itself (inferred).
        """
        before = self.amounts.get(who) if self.terms.own else self.best
        return self.terms.ceiling if before is None else before - self.terms.step

    def fault(self, bid: Bid) -> str | None:
        """Why an offer does not count, as a code; None where it does. Source: protocol.md §4.

        One offer of an agency in each round (inferred): otherwise rounds would be one long auction.
        """
        if bid.at < self.terms.start:
            return "auction_not_begun"
        if any(pause.since <= bid.at < pause.until for pause in self.terms.pauses):
            return "auction_paused"
        if bid.at >= self.at(bid.at).end:
            return "auction_over"
        if self.terms.own and self.rounds.get(bid.id) == self.round_at(bid.at):
            return "round_used"
        if bid.amount < max(1, self.terms.floor):
            return "below_floor"
        if bid.amount > self.terms.ceiling:
            return "above_ceiling"
        return "step_too_small" if bid.amount > self.most(bid.id) else None

    def after(self, bid: Bid) -> "Auction":
        """The auction after an offer that counts: end = max(end, at + window), at most so often (protocol.md §4).

        Raises ValueError for one that does not count.
        """
        fault = self.fault(bid)
        if fault is not None:
            raise ValueError(fault)
        before = self.at(bid.at)
        moved = bid.at + self.terms.window > before.end and self.extended < self.terms.extensions
        return replace(
            before,
            end=bid.at + self.terms.window if moved else before.end,
            extended=self.extended + moved,
            amounts={**self.amounts, bid.id: bid.amount},
            rounds={**self.rounds, bid.id: self.round_at(bid.at)},
        )


def announced(terms: AuctionTerms) -> Auction:
    """The auction before its first offer."""
    return Auction(terms, terms.start + terms.rounds * terms.length)


def is_possible(auction: Auction, pause: Pause) -> bool:
    """Whether an auction as it stands before a pause may have stood still so.

    `auction.terms` know the pauses before it. The market was alive until `until - lost`, before the end and since the
    auction began or last went on; what was acknowledged later counts too, and the pause begins after it. So what was
    left is given back, and no more.
    """
    alive, pauses = pause.until - pause.lost, auction.terms.pauses
    going = pauses[-1].until if pauses else auction.terms.start
    return going <= alive < auction.end and alive <= pause.since < pause.until


def replay(bids: Iterable[Bid], *, terms: AuctionTerms) -> Auction:
    """The auction after all that counts, in the sequence given; what does not count is passed over."""
    auction = announced(terms)
    for bid in bids:
        if auction.fault(bid) is None:
            auction = auction.after(bid)
    return auction.at(None)
