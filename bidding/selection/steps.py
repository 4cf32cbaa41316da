"""What is done to a frozen attempt inside an act: its ranks, and what other chapters' acts make of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.act import Deed
from app.audit.canonical import canonical
from app.calendar.services import anew, calendar
from app.refusal import NotFound, OutOfTurn
from app.region import queries as regions
from app.stage import Moved, Settled
from app.workdays import Deadline
from bidding.offer import queries as offers
from bidding.offer import questions as price_questions
from bidding.offer.rules import discounted
from bidding.opening import services as keys
from bidding.registration import queries as registrations
from bidding.registration.models import Registration
from bidding.selection import lottery, merit, methods, queries, rules
from bidding.selection.models import Candidate, Selection
from marketplace.announcement import queries as announcements
from marketplace.announcement import steps as announcing
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import Decision
from marketplace.need.rules import RATED


class Contradiction(Exception):
    """A record that its own verifier refuses: nothing is published, and the sweep logs it."""


def on_lapsed_offer(deed: Deed) -> None:
    """`offer.lapse`: an envelope without a body is none, and the minimum is asked again (protocol.md §2.5)."""
    selection = queries.of(offers.by_commitment(deed.public["commitment"]).registration.attempt_id)
    if selection is not None and selection.drawn_at is None:
        selection.valid -= 1


def on_judged_price(deed: Deed) -> None:
    """`offer.judge`, `offer.unexplained`: once the last low price is decided on, the method ranks what is left."""
    announcement = deed.session.execute(announcements.row(deed.about("announcement") or "")).scalar_one()
    selection = queries.of(announcements.present_attempt(announcement).id)
    if selection is None or selection.resulted_at is not None or selection.voided_at is not None:
        return
    deed.session.flush()
    decide(deed, selection, None if selection.record is None else json.loads(selection.record))


def on_closed_auction(deed: Deed) -> None:
    """`auction.close`: without a tie the result stands; with one, names and offers stay hidden until the draw."""
    attempt = attempt_of(deed)
    selection = queries.of(attempt.id)
    if selection is None:
        raise NotFound(deed.act)
    deed.session.flush()
    decide(deed, selection)
    if attempt.decision is not None:
        deed.disclose("announcement", attempt.announcement.no or "")


def decide(deed: Deed, selection: Selection, record: Mapping[str, Any] | None = None) -> None:
    """Write the candidates as the method ranks them, once; where order or factor is still wanted, it waits for both.

    Where people decide, their time begins as soon as they can.
    """
    attempt = selection.attempt
    if price_questions.undecided(attempt.id) or selection.voided_at is not None:
        return
    case = queries.case(selection, record)
    ranks = methods.result(queries.method(attempt), case)
    if selection.decide_by is None and rules.awaited(queries.method(attempt), case) is not None:
        due = _decide_due(attempt, deed.now)
        selection.decided_from, selection.decide_by, selection.provisional = deed.now, due.at, due.provisional
        deed.tell(decide_by=due.at)
    if ranks == ():
        announcing.decide(deed, attempt, Decision.UNSUCCESSFUL)
        deed.tell(reason="no_valid_offer", valid=0, minimum=selection.minimum)
    elif ranks is not None:
        by_code = {one.agency.organisation.code: one for one in registrations.valid(attempt.id)}
        _candidates(deed, selection, [(by_code[rank.id], rank.value) for rank in ranks])


def _decide_due(attempt: Attempt, since: datetime) -> Deadline:
    path = regions.path(attempt.announcement.need.region)
    return calendar().due(since, queries.merit_terms(attempt).decide_days, path=path)


def _candidates(deed: Deed, selection: Selection, ranked: Sequence[tuple[Registration, int]]) -> None:
    """Where rates were offered, a value is a rate and the price follows from it (rules.md §2.6 BID_RATE)."""
    need = selection.attempt.announcement.need
    rated = need.method in RATED
    for rank, (registration, value) in enumerate(ranked, 1):
        selection.candidates.append(
            Candidate(
                selection_id=selection.id,
                registration_id=registration.id,
                rank=rank,
                amount_fen=discounted(need.budget_fen, value) if rated else value,
                rate_ppm=value if rated else None,
            )
        )
    selection.resulted_at = deed.now
    deed.session.flush()
    announcing.decide(deed, selection.attempt, Decision.DRAWN)


def abandon(deed: Deed, attempt: Attempt) -> None:
    """A step: an attempt ends while those whom its draw invited still offer; no envelope of theirs is ever opened."""
    selection = queries.of(attempt.id)
    if selection is None or selection.drawn_at is None or selection.opened_at is not None:
        return
    if keys.destroy(deed, attempt):
        selection.key_destroyed_at = deed.now


def score(deed: Deed, attempt: Attempt, marks: Sequence[merit.Mark], *, judges: Sequence[str] | None) -> None:
    """A step: the locked sheets rank the offers; `judges` are added to the record where they were drawn (§1.6).

    Raises `Contradiction` where the record then does not pass its own verifier.
    """
    selection = queries.of(attempt.id)
    if selection is None or queries.awaited(selection) is not rules.Awaited.SHEETS:
        raise OutOfTurn("drawn", deed.act)
    if judges is not None and selection.record is not None:
        record = json.loads(selection.record)
        record["judges"] = lottery.order(record["seed"], "judge", dict.fromkeys(judges, 1))
        faults = lottery.verify(record)
        if faults:
            raise Contradiction(f"{attempt.announcement.no}: {'; '.join(faults)}")
        selection.record = canonical(record)
    rank(deed, selection, marks)


def rank(deed: Deed, selection: Selection, marks: Sequence[merit.Mark]) -> None:
    """Keep the sheets or the choice as the transcript publishes them, and let the method rank."""
    selection.scores = canonical([asdict(mark) for mark in marks])
    deed.session.flush()
    decide(deed, selection, None if selection.record is None else json.loads(selection.record))


def give_up(deed: Deed, selection: Selection) -> None:
    """A step: nobody decides any more, the attempt is void."""
    selection.voided_at = deed.now
    announcing.decide(deed, selection.attempt, Decision.VOID)


def settle(deed: Deed, subject: str) -> Settled:
    """A step: the time to choose or to score, computed anew (rules.md §2.1)."""
    announcement, attempt = closed(deed, subject)
    selection = queries.of(attempt.id)
    if selection is None or not selection.provisional or selection.decide_by is None:
        raise OutOfTurn("settled", deed.act)
    before = after = selection.decide_by
    selection.provisional = False
    if queries.is_awaited(selection) and selection.decided_from is not None:
        due = _decide_due(attempt, selection.decided_from)
        path = regions.path(announcement.need.region)
        after = anew(before, due, path=path, now=deed.now)
        selection.decide_by, selection.provisional = after, due.provisional
    about(deed, announcement, attempt)
    return Settled(
        (Moved("decision", before, after),), (announcement.need.purchaser.organisation_id,), announcement.need.title
    )


def _parts(subject: str | None) -> tuple[str, int]:
    no, _, number = (subject or "").rpartition("/")
    if not number.isdigit():
        raise NotFound(subject)
    return no, int(number)


def closed(deed: Deed, subject: str | None) -> tuple[Announcement, Attempt]:
    """The announcement, excluding everybody who still hands in, and the attempt of the sweep's subject."""
    no, number = _parts(subject)
    announcement = deed.lock(announcements.row(no))
    return announcement, announcements.with_need(announcement, number)


def about(deed: Deed, announcement: Announcement, attempt: Attempt) -> None:
    """What every act on a frozen attempt is about."""
    deed.subject = announcement.no
    deed.attempt = attempt.number
    deed.basis = announcement.rulebook
    deed.on("announcement", announcement.no or "")
    deed.tell(attempt=attempt.number)


def attempt_of(deed: Deed) -> Attempt:
    """The attempt that an act was about."""
    return announcements.attempt_of(deed.about("announcement") or "", deed.attempt)
