"""Who is told of a freeze, of a result, of a stop, and what."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from app.act import Deed
from app.stage import Recipient
from bidding.auction import queries as auctions
from bidding.offer import queries as offers
from bidding.offer import questions as price_questions
from bidding.opening import queries as key_queries
from bidding.registration import queries as registrations
from bidding.selection import lottery, queries, steps, throws
from bidding.selection.rules import WITNESS, SelectionAct
from marketplace.announcement.models import Attempt
from marketplace.need.rules import SEALED


def told_the_verdict(deed: Deed) -> Iterable[Recipient]:
    """At the freeze each registrant hears its own verdict, and the purchaser that the list is fixed (rules.md §3.1)."""
    attempt = steps.attempt_of(deed)
    auction = None if attempt.auction_at is None else auctions.of(attempt.id)
    begins = {} if auction is None else {"auction_at": auction.starts_at.isoformat()}
    begins |= _thrown_where(attempt)
    members = _members(attempt)
    for registration in registrations.judged(attempt.id):
        reasons = ",".join(registration.reasons or ())
        said = {**_named(attempt), **begins, "side": "agency", "reasons": reasons}
        for party_id in (registration.agency.organisation_id, *members.get(registration.id, ())):
            yield Recipient(party_id, said)
    yield Recipient(_purchaser(attempt), {**_named(attempt), "side": "purchaser", "reasons": ""})
    selection = queries.of(attempt.id)
    if selection is not None and selection.valid >= selection.minimum and queries.method(attempt) in SEALED:
        for holder in key_queries.holders_of(attempt.id):
            yield Recipient(holder.organisation_id, {**_named(attempt), "side": "holder", "reasons": ""})


def _thrown_where(attempt: Attempt) -> dict[str, str]:
    """When and where digits are thrown before whoever registered and comes."""
    after = lottery.beacon_instant(attempt.beacon_rule, attempt.closes_at)
    if attempt.beacon_rule != WITNESS or after is None:
        return {}
    return {"thrown_at": after.isoformat(), "place": throws.witness_place(attempt.announcement.rulebook or "")}


def told_of_auction(deed: Deed) -> Iterable[Recipient]:
    """At the end of an auction the result, where a tie does not put it off to the draw."""
    return told_the_result(deed) if steps.attempt_of(deed).decision is not None else ()


def told_the_result(deed: Deed) -> Iterable[Recipient]:
    """What came of it: each registrant hears its own rank (0 = none), the purchaser what it is.

    A record that only follows a result of the opening is told to nobody again.
    """
    attempt = steps.attempt_of(deed)
    selection = queries.of(attempt.id)
    if (
        selection is not None
        and deed.act == SelectionAct.DRAW
        and attempt.decision is None
        and queries.listed(selection)
    ):
        yield from _told_of_the_list(attempt, queries.listed(selection))
        return
    if "unopened" in deed.public:
        yield from _told_of_the_stop(attempt)
        return
    if selection is not None and selection.resulted_at is not None and selection.resulted_at < deed.now:
        return
    judged = registrations.judged(attempt.id)
    questions = price_questions.asked(attempt.id) if judged else ()
    asked = {question.offer.registration_id for question in questions if not question.decided_at}
    resulted = selection.candidates if selection is not None and selection.resulted_at is not None else ()
    ranks = {candidate.registration_id: candidate.rank for candidate in resulted}
    members = _members(attempt)
    for registration in judged:
        said = {**_named(attempt), "side": "agency", "rank": ranks.get(registration.id, 0)}
        side = "low" if registration.id in asked else "agency"
        yield Recipient(registration.agency.organisation_id, {**said, "side": side})
        for party_id in members.get(registration.id, ()):
            yield Recipient(party_id, said)
    yield Recipient(_purchaser(attempt), {**_named(attempt), "side": "purchaser", "rank": 0})


def told_the_lapse(deed: Deed) -> Iterable[Recipient]:
    """Everybody who was judged valid, and the purchaser, hears that the attempt is void."""
    attempt = steps.attempt_of(deed)
    for registration in registrations.valid(attempt.id):
        yield Recipient(registration.agency.organisation_id, {**_named(attempt), "side": "agency"})
    yield Recipient(_purchaser(attempt), {**_named(attempt), "side": "purchaser"})


def _told_of_the_list(attempt: Attempt, listed: Collection[str]) -> Iterator[Recipient]:
    """Who was drawn hears that it goes on, everybody else that it does not; the purchaser what he is to do now."""
    for registration in registrations.judged(attempt.id):
        side = "listed" if registration.agency.organisation.code in listed else "unlisted"
        yield Recipient(registration.agency.organisation_id, {**_named(attempt), "side": side, "rank": 0})
    yield Recipient(_purchaser(attempt), {**_named(attempt), "side": "lister", "rank": 0})


def _told_of_the_stop(attempt: Attempt) -> Iterator[Recipient]:
    """Each agency whose envelope did not open hears until when its body is awaited; nobody else hears whose it is."""
    for offer in offers.broken(attempt.id):
        missing = offers.missing(offer)
        if missing is not None:
            said = {**_named(attempt), "side": "unopened", "body": int(missing.body), "files": missing.count}
            yield Recipient(offer.registration.agency.organisation_id, said)
    yield Recipient(_purchaser(attempt), {**_named(attempt), "side": "purchaser", "rank": 0})


def _members(attempt: Attempt) -> Mapping[int, tuple[int, ...]]:
    """By registration, the organisations that serve with its lead as a consortium: they hear what it hears."""
    if attempt.announcement.need.further is None:
        return {}
    return {
        registration_id: tuple(member.party_id for member in members if member.joined_at)
        for registration_id, members in registrations.consortia(attempt.id).items()
    }


def _purchaser(attempt: Attempt) -> int:
    return attempt.announcement.need.purchaser.organisation_id


def _named(attempt: Attempt) -> dict[str, str | int]:
    announcement = attempt.announcement
    return {
        "no": announcement.no or "",
        "title": announcement.need.title,
        "attempt": attempt.number,
        "winners": attempt.winners,
    }
