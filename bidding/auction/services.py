"""Opening an auction at the freeze, offering in it, and closing it at its end."""

from collections.abc import Iterable
from datetime import timedelta

from app import bulletin
from app.act import Deed, act
from app.actor import Actor
from app.audit import services as audit
from app.refusal import NotFound, OutOfTurn, demand
from app.stage import Recipient
from app.values import Done, Fen, Nothing
from bidding.auction import bids, queries, rules
from bidding.auction.bids import AuctionTerms, Bid
from bidding.auction.models import Auction, AuctionOffer, AuctionPause
from bidding.auction.rules import AuctionAct, BidInput
from bidding.registration import queries as registrations
from bidding.registration import services as registering
from bidding.registration.models import Registration
from marketplace.announcement import queries as announcements
from marketplace.announcement import times as announcement_times
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


def pause(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The market was away while an auction ran: it goes on with the time that was left, at an instant announced here.

    What was acknowledged stays. No hand decides it: the log shows how long no head was signed. Source: docs/methods.md.
    """
    with act(AuctionAct.PAUSE, actor=actor, key=key, subject=subject) as deed:
        no, number = queries.parts(subject)
        announcement = deed.lock(announcements.row(no))
        attempt = announcements.attempt(announcement.id, number)
        auction = deed.lock(queries.row(attempt.id))
        before, head = queries.standing(auction, None), audit.latest_head(deed.session)
        closed = auction.closed_at is not None or attempt.decision is not None
        if closed or head is None or not rules.is_interrupted(before, head_at=head.timestamp, now=deed.now):
            raise OutOfTurn(queries.phase_of(auction, now=deed.now), deed.act)
        alive_at = announcement_times.whole_seconds_after(
            attempt.closes_at, max(head.timestamp, auction.resumes_at or auction.starts_at)
        )
        until = announcement_times.goes_on_at(attempt, announcement.need, left=auction.ends_at - alive_at, now=deed.now)
        pause = rules.pause_of(before, alive_at=alive_at, last_at=auction.last_at, until=until)
        ends_at = auction.ends_at + pause.lost
        deed.add(
            AuctionPause(
                auction_id=auction.id,
                number=auction.paused + 1,
                seq=auction.seq,
                alive_at=head.timestamp,
                noticed_at=deed.now,
                since_at=pause.since,
                until_at=pause.until,
                lost_s=pause.lost // timedelta(seconds=1),
                ends_before=auction.ends_at,
                ends_at=ends_at,
            )
        )
        deed.session.flush()
        deed.subject, deed.attempt, deed.basis = announcement.no, attempt.number, announcement.rulebook
        deed.on("announcement", announcement.no or "")
        deed.tell(
            attempt=attempt.number,
            head_at=head.timestamp,
            since=pause.since,
            until=pause.until,
            ended_before=auction.ends_at,
            ends_at=ends_at,
        )
        auction.paused, auction.resumes_at, auction.ends_at = auction.paused + 1, pause.until, ends_at
        _tell_watchers(deed, attempt, auction)
    return deed.answer()


def told_of_pause(deed: Deed) -> Iterable[Recipient]:
    """Whoever may offer, and the purchaser: that it stopped, and when it goes on."""
    announcement, attempt = queries.attempt_of(deed.subject or "", deed.public["attempt"])
    said = {"no": announcement.no or "", "title": announcement.need.title}
    for registration in registrations.valid(attempt.id):
        yield Recipient(registration.agency.organisation_id, {**said, "side": "agency"})
    yield Recipient(announcement.need.purchaser.organisation_id, {**said, "side": "purchaser"})


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
