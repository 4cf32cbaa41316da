"""Opening an auction at the freeze, offering in it, and closing it at its end."""

from datetime import timedelta

from app import bulletin
from app.act import Deed, act
from app.actor import Actor
from app.refusal import NotFound, OutOfTurn, demand
from app.values import Done, Fen, Nothing
from bidding.auction import bids, queries, rules
from bidding.auction.bids import AuctionTerms, Bid
from bidding.auction.models import Auction, AuctionOffer
from bidding.auction.rules import AuctionAct, BidInput
from bidding.registration import services as registering
from bidding.registration.models import Registration
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Attempt


def open_auction(deed: Deed, attempt: Attempt, terms: AuctionTerms) -> None:
    """A step of the freeze: the auction as it was announced, for as many as it takes."""
    deed.add(
        Auction(
            attempt_id=attempt.id,
            own=terms.own,
            starts_at=terms.start,
            rounds=terms.rounds,
            length_s=terms.length // timedelta(seconds=1),
            step_fen=terms.step,
            ceiling_fen=terms.ceiling,
            floor_fen=terms.floor,
            window_s=terms.window // timedelta(seconds=1),
            extensions=terms.extensions,
            ends_at=bids.announced(terms).end,
            extended=0,
            seq=0,
        )
    )


def stop(deed: Deed, attempt: Attempt) -> None:
    """A step of an attempt that has become void: nobody offers any more."""
    found = queries.of(attempt.id)
    if found is not None and found.closed_at is None:
        deed.lock(queries.row(attempt.id)).closed_at = deed.now
        _tell_watchers(deed, attempt, found)


def bid(actor: Actor, subject: str | None, offer: BidInput, /, *, key: str) -> Done:
    """An agency offers: it counts if it is low enough and before the end, by the instant read under the auction's lock.

    Whoever waits for the lock is judged by what stands once it is held: two of the same instant stand one behind the
    other (quality.md R1). Raises `Refused` with every reason. Source: protocol.md §4.
    """
    with act(AuctionAct.BID, actor=actor, key=key, subject=subject, input=offer) as deed:
        announcement, attempt = queries.attempt_of(subject or "")
        registration, bidder = queries.bidder_of(attempt, actor.party)
        demand(rules.refusals_to_enter(bidder), rulebook=announcement.rulebook)
        demand(queries.refusals_without(attempt), rulebook=announcement.rulebook)
        auction = deed.lock(queries.row(attempt.id))
        before = queries.standing(auction, registration)
        demand(
            rules.refusals_to_bid(
                offer.amount_fen,
                bidder=bidder,
                auction=before,
                closed=auction.closed_at is not None or attempt.decision is not None,
                now=deed.now,
            ),
            rulebook=announcement.rulebook,
        )
        if registration is None:
            raise NotFound(deed.act)
        _keep(deed, auction, registration, before, Bid(bidder.code, offer.amount_fen, deed.now))
        registering.record(deed, announcement, attempt, registration.agency)
        deed.tell(amount_fen=offer.amount_fen, seq=auction.seq)
        _tell_watchers(deed, attempt, auction)
    return deed.answer()


def _keep(deed: Deed, auction: Auction, registration: Registration, before: bids.Auction, heard: Bid) -> None:
    """The offer first: the database takes it only where the auction as it stands does; then the auction moves on."""
    after = before.after(heard)
    moved = after.end > before.end
    deed.add(
        AuctionOffer(
            auction_id=auction.id,
            seq=auction.seq + 1,
            registration_id=registration.id,
            round=before.round_at(heard.at) if auction.own else None,
            amount_fen=Fen(heard.amount),
            at=heard.at,
            extended_to=after.end if moved else None,
            entry_ref=deed.ref,
        )
    )
    auction.seq += 1
    auction.best_fen = Fen(heard.amount if auction.best_fen is None else min(auction.best_fen, heard.amount))
    auction.last_at, auction.ends_at, auction.extended = heard.at, after.end, after.extended
    deed.session.flush()


def close(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Its end has come, as the last offers moved it: nothing counts any more, and the method says who won."""
    with act(AuctionAct.CLOSE, actor=actor, key=key, subject=subject) as deed:
        no, number = queries.parts(subject)
        announcement = deed.lock(announcements.row(no))
        attempt = announcements.attempt(announcement.id, number)
        auction = deed.lock(queries.row(attempt.id))
        if auction.closed_at is not None or attempt.decision is not None or auction.ends_at > deed.now:
            raise OutOfTurn(queries.phase_of(auction, now=deed.now), deed.act)
        auction.closed_at = deed.now
        deed.subject, deed.attempt, deed.basis = announcement.no, attempt.number, announcement.rulebook
        deed.on("announcement", announcement.no or "")
        deed.tell(attempt=attempt.number, offers=auction.seq, ended_at=auction.ends_at, extended=auction.extended)
        if auction.best_fen is not None:
            deed.tell(best_fen=auction.best_fen)
        _tell_watchers(deed, attempt, auction)
    return deed.answer()


def _tell_watchers(deed: Deed, attempt: Attempt, auction: Auction) -> None:
    """With the commit, never before it."""
    topic = queries.topic_of(attempt.announcement.no or "", attempt.number)
    bulletin.post(deed.session, topic, queries.mark_of(auction))
