"""What is done to an announcement inside an act, of this chapter or of a later one."""

import hashlib
from datetime import datetime

from app.act import Deed, chance
from app.calendar.rules import HoursTerms
from app.calendar.services import anew, calendar
from app.keyring import keyring
from app.numbering import next_no
from app.refusal import NotFound, OutOfTurn, demand
from app.region import queries as regions
from app.rulebook import Rulebook
from app.rules_in_force import rulebook_for
from app.sealing import public_key, seal
from app.stage import Moved, Settled
from app.workdays import Deadline
from marketplace.announcement import holds, queries, rules, times
from marketplace.announcement.models import Announcement, Attempt, KeyHalf
from marketplace.announcement.rules import (
    AnnouncementAct,
    AnnouncementKind,
    Decision,
    DrawTerms,
    OfferDaysTerms,
    Phase,
    PublishTerms,
    StandbyTerms,
    Unsuccessful,
)
from marketplace.holder import queries as holders
from marketplace.holder import rules as holder_rules
from marketplace.holder.rules import OpeningTerms
from marketplace.need import queries as needs
from marketplace.need import services as need_steps
from marketplace.need.models import Need
from marketplace.need.rules import SEALED, SECOND

SECRET = b"zjcs-secret-1"


OFFER = b"zjcs-offer-1"
"""What the boxes of an attempt are sealed for (protocol.md §1.1, §2.3)."""


def end_unsuccessful(deed: Deed, announcement: Announcement, present: Attempt, outcome: Unsuccessful) -> None:
    """Step: the present attempt found too few, told with the count (rules.md §3.1 rows 14 and 15)."""
    rules.FLOW.after(queries.phase_of(announcement, present, deed.now), AnnouncementAct.CLOSE_UNSUCCESSFUL)
    demand(rules.refusals_to_close_unsuccessful(frozen=present.frozen_at is not None))
    decide(deed, present, Decision.UNSUCCESSFUL)
    deed.basis, deed.attempt = announcement.rulebook, present.number
    about(deed, announcement.need, announcement)
    deed.tell(attempt=present.number, reason=outcome.reason_code, valid=outcome.valid, minimum=outcome.minimum)
    if outcome.clause:
        deed.tell(clause=outcome.clause)
    deed.disclose("announcement", announcement.no or "")


def end_hold(deed: Deed, announcement: Announcement, *, because: str | None) -> None:
    """Nothing is held any more; `because` is None where the attempt itself ended."""
    announcement.held_at = None
    found = holds.open_hold(announcement.id)
    if found is not None:
        found.ended_at, found.ended_because = deed.now, because


def freeze(deed: Deed, attempt: Attempt, frozen_at: datetime) -> None:
    """Step: the list of an attempt is fixed as of its announced closing (protocol.md §1.3)."""
    if attempt.frozen_at is not None:
        raise OutOfTurn(Phase.SELECTING, deed.act)
    attempt.frozen_at = frozen_at


def take_offers(deed: Deed, attempt: Attempt) -> datetime:
    """Step: those whom the draw invited may offer until a second closing; when that is.

    So many full working days remain to them, and it closes as any announcement does (rules.md §2.6
    SHORTLIST_THEN_BID; the days inferred).
    """
    if attempt.offers_close_at is not None:
        raise OutOfTurn(Phase.SELECTING, deed.act)
    due = _offers_due(attempt, deed.now)
    attempt.offers_from, attempt.offers_close_at, attempt.offers_provisional = deed.now, due.at, due.provisional
    return due.at


def settle_offers(deed: Deed, announcement: Announcement, attempt: Attempt) -> Moved:
    """Step: the second closing, computed anew once its year is published; it never moves nearer (rules.md §2.1)."""
    before = attempt.offers_close_at
    if not attempt.offers_provisional or before is None or attempt.offers_from is None:
        raise OutOfTurn(Phase.SELECTING, deed.act)
    after, attempt.offers_provisional = before, False
    if attempt.decision is None and deed.now < before:
        due = _offers_due(attempt, attempt.offers_from)
        after = max(before, due.at)
        attempt.offers_close_at, attempt.offers_provisional = after, due.provisional
    deed.basis, deed.attempt = announcement.rulebook, attempt.number
    about(deed, announcement.need, announcement)
    deed.tell(attempt=attempt.number)
    return Moved("offers", before, after)


def _offers_due(attempt: Attempt, since: datetime) -> Deadline:
    need, book = attempt.announcement.need, queries.book_of(attempt.announcement)
    days = book.terms(OfferDaysTerms).offer_days
    return calendar().earliest(since, days, path=regions.path(need.region), opening=book.terms(HoursTerms).opens)


def decide(deed: Deed, attempt: Attempt, decision: Decision) -> None:
    """Step: how an attempt ended. Only a draw may be followed by another end, when nobody takes what was drawn."""
    if attempt.decision not in (None, Decision.DRAWN):
        raise OutOfTurn(rules.ENDED[attempt.decision], deed.act)
    attempt.decision, attempt.decided_at = decision, deed.now
    if decision is not Decision.DRAWN and attempt.announcement.held_at is not None:
        end_hold(deed, attempt.announcement, because=None)


def drop_offer_key(deed: Deed, attempt: Attempt) -> bool:
    """Step: the attempt's offer key is gone, in whatever boxes it lay; whether there was one (protocol.md §2.5)."""
    halves = [half for half in queries.key_halves(attempt.id) if half.sealed is not None]
    found = attempt.sealed_offer_key is not None or bool(halves)
    attempt.sealed_offer_key = None
    for half in halves:
        half.sealed = None
    return found


def fail_after_award(deed: Deed, announcement: Announcement) -> None:
    """Step: the winner and every alternate are gone; the purchaser may repeat (rules.md §3.1 row 22)."""
    if announcement.kind is AnnouncementKind.OPEN:
        decide(deed, queries.present_attempt(announcement), Decision.UNSUCCESSFUL)


def publish_direct(deed: Deed, need: Need, *, agency_code: str, amount_fen: int, days: int) -> Announcement:
    """Step: an accepted direct commission becomes public, without registration (rules.md direct.conditions).

    Takes the next number, freezes the rulebook in force, and tells of it in the deed that accepts. Whoever calls has
    locked the need.
    """
    book = rulebook_for(need.region, deed.now)
    announcement = of_need(deed, need) or fresh(deed, need)
    as_written(announcement, need)
    announcement.kind, announcement.expected_days = AnnouncementKind.DIRECT, days
    open_attempt(deed, announcement, need, book, closes_at=None)
    need_steps.take(deed, need)
    announce(deed, announcement, need, book)
    deed.on("agency", agency_code)
    deed.tell(amount_fen=amount_fen, days=days)
    deed.disclose("need", need.no)
    return announcement


def move(announcement: Announcement, attempt: Attempt, closes_at: datetime) -> None:
    """Where registration closes now, and with it when the auction begins."""
    need, hours = announcement.need, queries.book_of(announcement).terms(HoursTerms)
    announcement.closes_at = attempt.closes_at = closes_at
    announcement.closing_provisional = times.is_provisional(closes_at, need)
    attempt.auction_at = times.auction_at(closes_at, need, hours)
    attempt.auction_provisional = times.is_provisional(attempt.auction_at, need)


def settle_closing(deed: Deed, no: str) -> Settled:
    """Step: a closing in a year that was not published, computed anew; registrations stay (rules.md §2.1)."""
    announcement = deed.lock(queries.row(no))
    present = queries.present_attempt(announcement)
    if not announcement.closing_provisional:
        raise OutOfTurn(queries.phase_of(announcement, present, deed.now), deed.act)
    need, book, before = announcement.need, queries.book_of(announcement), present.closes_at
    if queries.phase_of(announcement, present, deed.now) is Phase.REGISTERING:
        since = [present.published_at, *(each.at for each in queries.amendments(announcement.id))]
        settled = rules.settled_closing(
            closes_at=before,
            workday=times.day_of(before, need).working,
            next_workday_at=times.next_day_at(before, need),
            earliest=times.earliest(need, book, max(since)).window.earliest,
            earliest_now=times.earliest(need, book, deed.now).window.earliest,
        )
        move(announcement, present, settled)
    announcement.closing_provisional = times.is_provisional(present.closes_at, need)
    deed.basis, deed.attempt = book.id, present.number
    about(deed, need, announcement)
    deed.tell(attempt=present.number)
    tell_auction(deed, present)
    return Settled((Moved("closing", before, present.closes_at),), (need.purchaser.organisation_id,), need.title)


def settle_auction(deed: Deed, no: str) -> Settled:
    """Step: an auction on a day that was not known for certain, which never moves nearer; the freeze binds it.

    Source: rules.md §2.1 (a provisional instant is computed anew once its year is published), §2.6 BID_LIVE.
    """
    announcement = deed.lock(queries.row(no))
    present = queries.present_attempt(announcement)
    before = present.auction_at
    if not present.auction_provisional or before is None:
        raise OutOfTurn(queries.phase_of(announcement, present, deed.now), deed.act)
    need, book, after = announcement.need, queries.book_of(announcement), before
    registering = queries.phase_of(announcement, present, deed.now) is Phase.REGISTERING
    if registering and not times.day_of(before, need).working:
        present.auction_at = after = times.next_day_at(before, need)
    present.auction_provisional = times.is_provisional(after, need)
    deed.basis, deed.attempt = book.id, present.number
    about(deed, need, announcement)
    deed.tell(attempt=present.number)
    tell_auction(deed, present)
    return Settled((Moved("auction", before, after),), (need.purchaser.organisation_id,), need.title)


def settle_review(deed: Deed, need_no: str) -> Settled:
    """Step: the operator's time for a review, computed anew."""
    need = deed.lock(needs.row(need_no))
    announcement = of_need(deed, need)
    if announcement is None or announcement.submitted_at is None or announcement.review_due_at is None:
        raise NotFound("announcement")
    phase = queries.phase_of(announcement, None, deed.now) if announcement.published_at is None else Phase.REGISTERING
    if not announcement.review_provisional:
        raise OutOfTurn(phase, deed.act)
    before, book = announcement.review_due_at, rulebook_for(need.region, announcement.submitted_at)
    announcement.review_provisional = False
    if phase is Phase.IN_REVIEW:
        due = review_due(need, book, announcement.submitted_at)
        path = regions.path(need.region)
        announcement.review_due_at = anew(before, due, path=path, now=deed.now)
        announcement.review_provisional = due.provisional
    deed.basis = book.id
    about(deed, need)
    return Settled(
        (Moved("review", before, announcement.review_due_at),), (need.purchaser.organisation_id,), need.title
    )


def review_due(need: Need, book: Rulebook, since: datetime) -> Deadline:
    """By when the operator has checked what was handed in (rules.md §3.1 rows 4 and 5)."""
    days = book.terms(PublishTerms).review_deadline
    return calendar().due(since, days, path=regions.path(need.region))


def of_need(deed: Deed, need: Need) -> Announcement | None:
    """What became of a need whose row is locked, locked and read anew."""
    query = queries.need_row(need.no).with_for_update().execution_options(populate_existing=True)
    return deed.session.execute(query).scalar_one_or_none()


def fresh(deed: Deed, need: Need) -> Announcement:
    """An announcement of a need that never had one; nothing of it is public yet."""
    return Announcement(
        need_id=need.id, kind=AnnouncementKind.OPEN, attempt_number=0, revision=1, closing_provisional=False
    )


def as_written(announcement: Announcement, need: Need) -> None:
    """What is asked for as the need says it now: what it said when it was returned no longer counts."""
    announcement.content, announcement.expected_days = need.content, need.expected_days


def open_attempt(
    deed: Deed, announcement: Announcement, need: Need, book: Rulebook, *, closes_at: datetime | None
) -> None:
    """The next attempt, with its own secret and, where prices are sealed, its own key (protocol.md §1.1, §2.3).

    Without a closing it is a direct commission: decided by the act that publishes it.
    """
    if announcement.published_at is None:
        announcement.no = next_no(deed, region=need.region)
        announcement.published_at = deed.now
        announcement.rulebook = book.id
        items = " ".join(item.name for item in need.items)
        named = (need.title, items, need.purchaser.organisation.name)
        announcement.words, announcement.spelling = rules.searched(announcement.no, *named)
    announcement.attempt_number += 1
    announcement.closes_at = closes_at
    announcement.closing_provisional = times.is_provisional(closes_at, need)
    announcement.repeat_at = None
    deed.add(announcement)
    secret = chance().secret()
    committed = hashlib.sha256(secret).digest()
    auction_at = None if closes_at is None else times.auction_at(closes_at, need, book.terms(HoursTerms))
    private = chance().secret() if need.method in SEALED | SECOND else None
    shared = private is not None and book.terms(OpeningTerms).shared
    attempt = deed.add(
        Attempt(
            announcement_id=announcement.id,
            number=announcement.attempt_number,
            published_at=deed.now,
            closes_at=closes_at or deed.now,
            auction_at=auction_at,
            auction_provisional=times.is_provisional(auction_at, need),
            commitment=committed.hex(),
            sealed_secret=_sealed(secret, associated=committed, info=SECRET),
            beacon_rule=book.terms(DrawTerms).beacon(need.fund),
            offer_key=None if private is None else public_key(private),
            sealed_offer_key=None if private is None or shared else _sealed_key(private),
            winners=need.winners,
            alternates=book.terms(StandbyTerms).alternates,
            decision=None if closes_at else Decision.DRAWN,
            decided_at=None if closes_at else deed.now,
        )
    )
    if private is not None and shared:
        _divide(deed, attempt, private, region=need.region)


def _sealed_key(private: bytes) -> bytes:
    """K in a box for the one holder of the opening key."""
    associated = hashlib.sha256(public_key(private)).digest()
    return _sealed(private, associated=associated, info=OFFER)


def _divide(deed: Deed, attempt: Attempt, private: bytes, *, region: str) -> None:
    """K in six boxes: for each pair of the three holders a half for each of the two (protocol.md §2.3)."""
    named, public = holders.serving(region), public_key(private)
    demand(holder_rules.refusals_to_divide(named.keys()))
    pads = {pair: chance().secret() for pair in holder_rules.pairs()}
    for pair, role, half in holder_rules.divided(private, pads=pads):
        name, holder = holder_rules.pair_name(pair), named[role]
        box = _sealed(
            half,
            associated=queries.half_binding(public, name),
            info=OFFER,
            recipient=bytes.fromhex(holder.public_key),
        )
        deed.add(KeyHalf(attempt_id=attempt.id, pair=name, holder_id=holder.id, sealed=box))


def _sealed(plaintext: bytes, *, associated: bytes, info: bytes, recipient: bytes | None = None) -> bytes:
    """In a box for the deployment's opening key unless another recipient is named."""
    return seal(
        plaintext,
        recipient=recipient or keyring().opening_public,
        associated=associated,
        info=info,
        ephemeral=chance().secret(),
    )


def announce(deed: Deed, announcement: Announcement, need: Need, book: Rulebook) -> None:
    """What the public record says of a publication (protocol.md §1.6: attempt, beacon rule, commitment)."""
    present = queries.present_attempt(announcement)
    deed.subject, deed.attempt, deed.basis = announcement.no, present.number, book.id
    about(deed, need, announcement)
    deed.tell(
        attempt=present.number,
        beacon_rule=present.beacon_rule,
        commitment=present.commitment,
        title=need.title,
        item=need.item_code,
        fund=need.fund.value,
        method=need.method.value,
        budget_fen=need.budget_fen,
        expected_days=announcement.expected_days,
        rulebook=book.id,
    )
    if announcement.closes_at is not None:
        deed.tell(closes_at=announcement.closes_at)
    tell_auction(deed, present)
    if announcement.minimum is not None:
        deed.tell(minimum=announcement.minimum)
    if need.price_fen is not None:
        deed.tell(price_fen=need.price_fen)
    if need.winners > 1:
        deed.tell(winners=need.winners)
    if need.particulars is not None:
        deed.tell(particulars=need.asked.given())
    if need.further is not None:
        deed.tell(further=list(need.codes[1:]))
    if present.offer_key is not None:
        deed.tell(offer_key=present.offer_key.hex())
        halves = queries.key_halves(present.id)
        if halves:
            deed.tell(holders=sorted({half.holder.public_key for half in halves}))


def tell_auction(deed: Deed, attempt: Attempt) -> None:
    """When the auction begins, where one follows."""
    if attempt.auction_at is not None:
        deed.tell(auction_at=attempt.auction_at)


def about(deed: Deed, need: Need, announcement: Announcement | None = None) -> None:
    """What an act is about: the need, its purchaser, and once it is public the announcement."""
    if announcement is not None and announcement.no is not None:
        deed.on("announcement", announcement.no)
    deed.on("need", need.no)
    deed.on("purchaser", need.purchaser.organisation.code)
