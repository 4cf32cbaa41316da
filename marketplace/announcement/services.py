"""Publishing a need, and how what was published changes and ends; steps that later chapters take in it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app import files
from app.act import Deed, Passes, Passing, act, chance
from app.actor import Actor, Role
from app.calendar.services import anew, calendar
from app.keyring import keyring
from app.numbering import next_no
from app.refusal import NotFound, OutOfTurn, Refusal, demand
from app.region import branches
from app.region import queries as regions
from app.rulebook import Rulebook
from app.rules_in_force import rulebook, rulebook_for
from app.sealing import public_key, seal
from app.stage import Moved, Recipient, Settled
from app.standing import standing_of
from app.values import Done, Fen, Nothing
from app.watch import queries as watched
from app.workdays import Deadline
from marketplace.announcement import eligible, holds, limits, queries, rules, times
from marketplace.announcement.models import Amendment, Announcement, Attempt, EligibleCount, Extension, Hold, KeyHalf
from marketplace.announcement.rules import (
    AnnouncementAct,
    AnnouncementKind,
    AttemptTerms,
    Because,
    Change,
    Conclusion,
    Decision,
    DrawTerms,
    Ending,
    HoursTerms,
    Mended,
    OfferDaysTerms,
    Phase,
    PublishTerms,
    Return,
    StandbyTerms,
    Timetable,
    Unsuccessful,
    Withdrawal,
)
from marketplace.holder import queries as holders
from marketplace.holder import rules as holder_rules
from marketplace.holder.rules import OpeningTerms
from marketplace.need import queries as needs
from marketplace.need import services as need_steps
from marketplace.need.models import Need
from marketplace.need.rules import SEALED, SECOND, Exceptional, Method, Payer, same_terms
from marketplace.need.rules import Phase as NeedPhase
from marketplace.purchaser.rules import Fund

SECRET = b"zjcs-secret-1"
OFFER = b"zjcs-offer-1"
"""What the boxes of an attempt are sealed for (protocol.md §1.1, §2.3)."""


def count(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Count who could register for a need now, and publish it with their names, where they are fewer than it takes.

    Once the count was public long enough, as many are enough, or the only one may be commissioned directly. Source:
    rules.md min_valid.thin; that the count is public before anything follows from it: (inferred).
    """
    with act(AnnouncementAct.COUNT, actor=actor, key=key, subject=subject) as deed:
        need, _ = _locked(deed, actor, subject)
        if needs.phase_of(need) is not NeedPhase.OPEN:
            raise OutOfTurn(needs.phase_of(need), deed.act)
        book = rulebook_for(need.region, deed.now)
        able, minimum = eligible.able_for_need(need, book=book, now=deed.now), needs.minimum_of(need, book)
        direct = need.method is Method.DIRECT
        demand(
            rules.refusals_to_count(direct=direct, able=len(able), winners=need.winners, minimum=minimum),
            rulebook=book.id,
        )
        found = EligibleCount(
            need_id=need.id,
            at=deed.now,
            rulebook=book.id,
            items=need.codes,
            region=need.region,
            fund=need.fund,
            agencies=tuple(code for code, _ in able),
            minimum=minimum.count,
        )
        deed.add(found)
        if len(able) == 1 and need.payer is Payer.PURCHASER:
            need_steps.allow(need, Exceptional.SOLE_QUALIFIED)
        deed.basis = book.id
        deed.on("purchaser", need.purchaser.organisation.code)
        deed.tell(
            title=need.title,
            item=need.item_code,
            region=need.region,
            fund=need.fund.value,
            method=need.method.value,
            minimum=minimum.count,
            agencies=list(found.agencies),
            until_at=eligible.public_until(found),
        )
    return deed.answer()


def against_thin(need: Need, *, book: Rulebook, now: datetime) -> tuple[tuple[Refusal, ...], tuple[str, ...]]:
    """Why nothing follows from the count for a need, and whom it named."""
    counted = eligible.counted(need, book=book, now=now)
    reasons = tuple(rules.refusals_to_thin(counted, winners=need.winners, now=now))
    return reasons, () if counted is None else counted.agencies


def _thin(need: Need, timetable: Timetable, *, book: Rulebook, now: datetime) -> int | None:
    """The published smaller minimum, None where the rulebook's counts; raises `Refused`."""
    if not timetable.thin:
        return None
    reasons, agencies = against_thin(need, book=book, now=now)
    demand(reasons, rulebook=book.id)
    return len(agencies)


def submit(actor: Actor, subject: str | None, timetable: Timetable, /, *, key: str) -> Done:
    """Hand a need of public money in for the operator's check (rules.md §3.1 rows 2 and 6)."""
    with act(AnnouncementAct.SUBMIT, actor=actor, key=key, subject=subject, input=timetable) as deed:
        need, found = _locked(deed, actor, subject)
        book = rulebook_for(need.region, deed.now)
        if found is not None:
            rules.FLOW.after(queries.phase_of(found, None, deed.now), AnnouncementAct.SUBMIT)
        demand(_against(need, AnnouncementAct.SUBMIT, timetable, now=deed.now), rulebook=book.id)
        demand(need_steps.against_hands(need, actor, book=book, version=need.version), rulebook=book.id)
        announcement = found or _fresh(deed, need)
        _as_written(announcement, need)
        announcement.minimum = _thin(need, timetable, book=book, now=deed.now)
        announcement.wished_closing_at = timetable.closes_at
        announcement.submitted_at = deed.now
        due = _review_due(need, book, deed.now)
        announcement.review_due_at, announcement.review_provisional = due.at, due.provisional
        announcement.returned_at = announcement.return_reason = None
        if found is None:
            deed.add(announcement)
        need_steps.take(deed, need)
        deed.basis = book.id
        _about(deed, need)
    return deed.answer()


def approve(actor: Actor, subject: str | None, nothing: object, /, *, key: str) -> Done:
    """The operator finds nothing missing; the clockwork publishes at once (rules.md §3.1 row 4)."""
    with act(AnnouncementAct.APPROVE, actor=actor, key=key, subject=subject) as deed:
        need, announcement = _reviewed(deed, subject, AnnouncementAct.APPROVE)
        announcement.approved_at = deed.now
        _about(deed, need)
    return deed.answer()


def return_(actor: Actor, subject: str | None, returned: Return, /, *, key: str) -> Done:
    """The operator sends it back and says why; the need is its purchaser's again (rules.md §3.1 row 5)."""
    with act(AnnouncementAct.RETURN, actor=actor, key=key, subject=subject, input=returned) as deed:
        need, announcement = _reviewed(deed, subject, AnnouncementAct.RETURN)
        demand(rules.refusals_to_return(returned.reason))
        announcement.returned_at, announcement.return_reason = deed.now, returned.reason.strip()
        need_steps.give_back(deed, need)
        _about(deed, need)
    return deed.answer()


def publish(actor: Actor, subject: str | None, timetable: Timetable, /, *, key: str) -> Done:
    """Make a need public: its purchaser at once where nobody checks, else the clockwork what was approved or repeated.

    From here on rulebook, secret and beacon rule are fixed (layout.md §7, protocol.md §1.1). What the clockwork
    publishes closes as wished, or at the earliest instant where the wish has become too early meanwhile.
    """
    with act(AnnouncementAct.PUBLISH, actor=actor, key=key, subject=subject, input=timetable) as deed:
        need, found = _locked(deed, actor, subject)
        if deed.role is Role.SYSTEM:
            announcement, book, closes_at = _scheduled(deed, need, found)
        else:
            announcement, book, closes_at = _directly(deed, need, found, timetable)
        _open_attempt(deed, announcement, need, book, closes_at=closes_at)
        _announce(deed, announcement, need, book)
        deed.disclose("need", need.no)
    return deed.answer()


def amend(actor: Actor, subject: str | None, change: Change, /, *, key: str) -> Done:
    """Change content, days or closing before it closes, with a reason; the minimum remains (publish.revision)."""
    with act(AnnouncementAct.AMEND, actor=actor, key=key, subject=subject, input=change) as deed:
        announcement, present = _own(deed, actor, subject, AnnouncementAct.AMEND)
        need, book = announcement.need, _book(announcement)
        earliest = times.earliest(need, book, deed.now)
        reasons = [
            *rules.refusals_to_amend(
                change,
                content=announcement.content,
                expected_days=announcement.expected_days,
                closes_at=present.closes_at,
            ),
            *_against_wish(need, Timetable(change.closes_at), book, now=deed.now),
        ]
        demand(reasons, rulebook=book.id)
        closes_at = rules.amended_closing(change, closes_at=present.closes_at, earliest=earliest.window.earliest)
        content = announcement.content if change.content is None else change.content.strip()
        days = announcement.expected_days if change.expected_days is None else change.expected_days
        announcement.revision += 1
        deed.add(
            Amendment(
                announcement_id=announcement.id,
                revision=announcement.revision,
                at=deed.now,
                attempt_number=present.number,
                reason=change.reason.strip(),
                content_before=announcement.content,
                content=content,
                expected_days_before=announcement.expected_days,
                expected_days=days,
                closes_at_before=present.closes_at,
                closes_at=closes_at,
            )
        )
        announcement.content, announcement.expected_days = content, days
        _move(announcement, present, closes_at)
        deed.basis, deed.attempt = book.id, present.number
        _about(deed, need, announcement)
        deed.tell(
            attempt=present.number,
            revision=announcement.revision,
            reason=change.reason.strip(),
            content=content,
            expected_days=days,
            closes_at=closes_at,
        )
        _tell_auction(deed, present)
    return deed.answer()


def extend(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Give back the time that a recorded outage took: the closing moves by it, to the next lawful instant.

    `subject` is `<number>/<outage>`. The same attempt; what was handed in stays as it is, because nothing but the
    closing changed. No hand chooses which announcement, or how long (mission.md, extension after an outage).
    """
    no, _, outage_no = (subject or "").partition("/")
    with act(AnnouncementAct.EXTEND, actor=actor, key=key, subject=subject) as deed:
        announcement = deed.lock(queries.row(no))
        present = queries.present_attempt(announcement)
        phase = queries.phase_of(announcement, present, deed.now)
        rules.FLOW.after(phase, AnnouncementAct.EXTEND)
        outage, need, book = watched.outage(outage_no), announcement.need, _book(announcement)
        if limits.is_extended(announcement.id, outage.id):
            raise OutOfTurn(phase, deed.act)
        second = queries.taking_offers(present) is not None
        before = (present.offers_close_at if second else None) or present.closes_at
        if deed.now >= before:
            raise OutOfTurn(phase, deed.act)
        lost = limits.lost_to(announcement, present, outage)
        demand(rules.refusals_to_extend(lost), rulebook=book.id)
        closes_at = times.lawful_from(before + lost, need, book.terms(HoursTerms))
        deed.add(
            Extension(
                announcement_id=announcement.id,
                outage_id=outage.id,
                attempt_number=present.number,
                at=deed.now,
                closes_at_before=before,
                closes_at=closes_at,
            )
        )
        if second:
            present.offers_close_at = closes_at
            present.offers_provisional = times.is_provisional(closes_at, need)
            deed.tell(offers=True)
        else:
            _move(announcement, present, closes_at)
        deed.subject, deed.basis, deed.attempt = announcement.no, book.id, present.number
        _about(deed, need, announcement)
        deed.on("outage", outage.no)
        deed.tell(attempt=present.number, outage=outage.no, closes_at_before=before, closes_at=closes_at)
        _tell_auction(deed, present)
    return deed.answer()


def withdraw(actor: Actor, subject: str | None, withdrawal: Withdrawal, /, *, key: str) -> Done:
    """End it before registration closes, with a public reason (rules.md §3.1 row 10)."""
    with act(AnnouncementAct.WITHDRAW, actor=actor, key=key, subject=subject, input=withdrawal) as deed:
        announcement, present = _own(deed, actor, subject, AnnouncementAct.WITHDRAW)
        demand(rules.refusals_to_withdraw(withdrawal))
        announcement.withdrawn_at = deed.now
        announcement.withdraw_reason = withdrawal.reason
        announcement.withdraw_explanation = withdrawal.explanation.strip()
        decide(deed, present, Decision.WITHDRAWN)
        deed.attempt = present.number
        _about(deed, announcement.need, announcement)
        deed.tell(attempt=present.number, reason=withdrawal.reason.value, explanation=withdrawal.explanation.strip())
    return deed.answer()


def end_unsuccessful(deed: Deed, announcement: Announcement, present: Attempt, outcome: Unsuccessful) -> None:
    """Step: the present attempt found too few, told with the count (rules.md §3.1 rows 14 and 15)."""
    rules.FLOW.after(queries.phase_of(announcement, present, deed.now), AnnouncementAct.CLOSE_UNSUCCESSFUL)
    demand(rules.refusals_to_close_unsuccessful(frozen=present.frozen_at is not None))
    decide(deed, present, Decision.UNSUCCESSFUL)
    deed.basis, deed.attempt = announcement.rulebook, present.number
    _about(deed, announcement.need, announcement)
    deed.tell(attempt=present.number, reason=outcome.reason_code, valid=outcome.valid, minimum=outcome.minimum)
    if outcome.clause:
        deed.tell(clause=outcome.clause)
    deed.disclose("announcement", announcement.no or "")


def repeat(actor: Actor, subject: str | None, timetable: Timetable, /, *, key: str) -> Done:
    """Ask for the next attempt after a failed or void one; the clockwork publishes it (rules.md §3.1 rows 36 and 38).

    Same number and rulebook, new secret, new registrations, nothing re-used (protocol.md §0).
    """
    with act(AnnouncementAct.REPEAT, actor=actor, key=key, subject=subject, input=timetable) as deed:
        announcement, present = _own(deed, actor, subject, AnnouncementAct.REPEAT)
        need, book = announcement.need, _book(announcement)
        standing = standing_of(actor.party, now=deed.now, scope=needs.scope_of(need, book.id))
        reasons = [
            *rules.refusals_to_repeat(
                attempts=present.number,
                concluded=announcement.concluded_at is not None,
                terms=book.terms(AttemptTerms),
            ),
            *_undivided(need, book),
            *standing.to(AnnouncementAct.PUBLISH),
            *_against_wish(need, timetable, book, now=deed.now),
        ]
        demand(reasons, rulebook=book.id)
        announcement.repeat_at, announcement.wished_closing_at = deed.now, timetable.closes_at
        deed.basis, deed.attempt = book.id, present.number + 1
        _about(deed, need, announcement)
        deed.tell(attempt=present.number + 1)
    return deed.answer()


def conclude(actor: Actor, subject: str | None, conclusion: Conclusion, /, *, key: str) -> Done:
    """Say what becomes of a purchase that failed: other terms, a direct award, or nothing (rules.md attempts.max).

    Other terms and a direct award are a need of their own, written in the place of this one; nothing here changes.
    """
    with act(AnnouncementAct.CONCLUDE, actor=actor, key=key, subject=subject, input=conclusion) as deed:
        announcement, present = _own(deed, actor, subject, AnnouncementAct.CONCLUDE)
        need, book = announcement.need, _book(announcement)
        demand(
            rules.refusals_to_conclude(
                conclusion,
                failed=queries.failures(announcement.id),
                void=present.decision is Decision.VOID,
                concluded=announcement.concluded_at is not None,
                payer=need.payer,
                terms=book.terms(AttemptTerms),
            ),
            rulebook=book.id,
        )
        announcement.concluded_at, announcement.concluded_way = deed.now, conclusion.way
        announcement.concluded_because = conclusion.explanation.strip()
        if conclusion.way is not Ending.CANCEL:
            announced = queries.announced(announcement)
            following = need_steps.follow(deed, need, announced, direct=conclusion.way is Ending.DIRECT)
            deed.keep(need=following.no)
        deed.basis, deed.attempt = book.id, present.number
        _about(deed, need, announcement)
        deed.tell(attempt=present.number, way=conclusion.way.value, explanation=conclusion.explanation.strip())
    return deed.answer()


def hold(actor: Actor, subject: str | None, why: Because, /, *, key: str) -> Done:
    """The supervisor holds an announcement and says why (rules.md §3.1 row 11).

    Before the closing the clock stops; after it nothing that is computed waits, but nobody is given the award.
    """
    with act(AnnouncementAct.HOLD, actor=actor, key=key, subject=subject, input=why) as deed:
        _hold(deed, subject, why)
    return deed.answer()


def hold_fault(actor: Actor, subject: str | None, why: Because, /, *, key: str) -> Done:
    """The operator holds an announcement for a fault of the system; the supervisor has consented (row 11)."""
    with act(AnnouncementAct.HOLD_FAULT, actor=actor, key=key, subject=subject, input=why) as deed:
        branches.guard_consent(deed, _hold(deed, subject, why).need.region)
    return deed.answer()


def _hold(deed: Deed, subject: str | None, why: Because) -> Announcement:
    verb = AnnouncementAct(deed.act)
    announcement = deed.lock(queries.row(subject or ""))
    branches.guard(deed, announcement.need.region)
    present = queries.present_attempt(announcement)
    rules.FLOW.after(queries.phase_of(announcement, present, deed.now), verb)
    before = [each for each in holds.hold_rows(announcement.id) if each.attempt_number == present.number]
    held = sum((each.ended_at - each.since_at for each in before if each.ended_at is not None), timedelta(0))
    demand(rules.refusals_to_hold(why.reason, held=held), rulebook=announcement.rulebook)
    announcement.held_at = deed.now
    deed.add(
        Hold(
            announcement_id=announcement.id,
            attempt_number=present.number,
            kind=rules.HOLDS[verb],
            since_at=deed.now,
            reason=why.reason.strip(),
            held_by=deed.actor.party,
        )
    )
    deed.basis, deed.attempt = announcement.rulebook, present.number
    _about(deed, announcement.need, announcement)
    stops = queries.clock_stands(announcement, present)
    deed.tell(attempt=present.number, reason=why.reason.strip(), clock_stops=stops)
    return announcement


def release(actor: Actor, subject: str | None, why: Because, /, *, key: str) -> Done:
    """The supervisor ends its hold and says what it found; a stopped clock goes on (rules.md §3.1 row 12)."""
    with act(AnnouncementAct.RELEASE, actor=actor, key=key, subject=subject, input=why) as deed:
        _release(deed, subject, why.reason)
    return deed.answer()


def release_fault(actor: Actor, subject: str | None, mended: Mended, /, *, key: str) -> Done:
    """The fault is ended, with evidence: the operator performs, the supervisor has consented (row 12)."""
    with act(AnnouncementAct.RELEASE_FAULT, actor=actor, key=key, subject=subject, input=mended) as deed:
        found = files.known(mended.evidence, account_id=actor.account_id) is not None
        announcement = _release(deed, subject, mended.reason, evidence=mended.evidence if found else None)
        branches.guard_consent(deed, announcement.need.region)
        files.keep(deed, [mended.evidence], by=f"announcement:{announcement.no}")
        deed.tell(evidence=mended.evidence)
    return deed.answer()


def _release(deed: Deed, subject: str | None, reason: str, *, evidence: str | None = None) -> Announcement:
    verb = AnnouncementAct(deed.act)
    announcement = deed.lock(queries.row(subject or ""))
    branches.guard(deed, announcement.need.region)
    present = queries.present_attempt(announcement)
    phase = queries.phase_of(announcement, present, deed.now)
    rules.FLOW.after(phase, verb)
    found = holds.open_hold(announcement.id)
    if found is None:
        raise OutOfTurn(phase, deed.act)
    demand(rules.refusals_to_release(reason, kind=found.kind, act=verb, evidence=evidence is not None))
    deed.basis, deed.attempt = announcement.rulebook, present.number
    _about(deed, announcement.need, announcement)
    deed.tell(attempt=present.number, reason=reason.strip(), held_at=found.since_at)
    if queries.clock_stands(announcement, present):
        need, before = announcement.need, present.closes_at
        hours = _book(announcement).terms(HoursTerms)
        after = times.lawful_from(before + (deed.now - found.since_at), need, hours)
        _move(announcement, present, after)
        found.closes_at_before, found.closes_at = before, after
        deed.tell(closes_at_before=before, closes_at=after)
        _tell_auction(deed, present)
    found.evidence = evidence
    _end_hold(deed, announcement, because=reason.strip())
    return announcement


def _end_hold(deed: Deed, announcement: Announcement, *, because: str | None) -> None:
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
    _about(deed, announcement.need, announcement)
    deed.tell(attempt=attempt.number)
    return Moved("offers", before, after)


def _offers_due(attempt: Attempt, since: datetime) -> Deadline:
    need, book = attempt.announcement.need, _book(attempt.announcement)
    days = book.terms(OfferDaysTerms).offer_days
    return calendar().earliest(since, days, path=regions.path(need.region), opening=book.terms(HoursTerms).opens)


def decide(deed: Deed, attempt: Attempt, decision: Decision) -> None:
    """Step: how an attempt ended. Only a draw may be followed by another end, when nobody takes what was drawn."""
    if attempt.decision not in (None, Decision.DRAWN):
        raise OutOfTurn(rules.ENDED[attempt.decision], deed.act)
    attempt.decision, attempt.decided_at = decision, deed.now
    if decision is not Decision.DRAWN and attempt.announcement.held_at is not None:
        _end_hold(deed, attempt.announcement, because=None)


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
    announcement = _of(deed, need) or _fresh(deed, need)
    _as_written(announcement, need)
    announcement.kind, announcement.expected_days = AnnouncementKind.DIRECT, days
    _open_attempt(deed, announcement, need, book, closes_at=None)
    need_steps.take(deed, need)
    _announce(deed, announcement, need, book)
    deed.on("agency", agency_code)
    deed.tell(amount_fen=amount_fen, days=days)
    deed.disclose("need", need.no)
    return announcement


def _move(announcement: Announcement, attempt: Attempt, closes_at: datetime) -> None:
    """Where registration closes now, and with it when the auction begins."""
    need, hours = announcement.need, _book(announcement).terms(HoursTerms)
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
    need, book, before = announcement.need, _book(announcement), present.closes_at
    if queries.phase_of(announcement, present, deed.now) is Phase.REGISTERING:
        since = [present.published_at, *(each.at for each in queries.amendments(announcement.id))]
        settled = rules.settled_closing(
            closes_at=before,
            workday=times.day_of(before, need).working,
            next_workday_at=times.next_day_at(before, need),
            earliest=times.earliest(need, book, max(since)).window.earliest,
            earliest_now=times.earliest(need, book, deed.now).window.earliest,
        )
        _move(announcement, present, settled)
    announcement.closing_provisional = times.is_provisional(present.closes_at, need)
    deed.basis, deed.attempt = book.id, present.number
    _about(deed, need, announcement)
    deed.tell(attempt=present.number)
    _tell_auction(deed, present)
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
    need, book, after = announcement.need, _book(announcement), before
    registering = queries.phase_of(announcement, present, deed.now) is Phase.REGISTERING
    if registering and not times.day_of(before, need).working:
        present.auction_at = after = times.next_day_at(before, need)
    present.auction_provisional = times.is_provisional(after, need)
    deed.basis, deed.attempt = book.id, present.number
    _about(deed, need, announcement)
    deed.tell(attempt=present.number)
    _tell_auction(deed, present)
    return Settled((Moved("auction", before, after),), (need.purchaser.organisation_id,), need.title)


def settle_review(deed: Deed, need_no: str) -> Settled:
    """Step: the operator's time for a review, computed anew."""
    need = deed.lock(needs.row(need_no))
    announcement = _of(deed, need)
    if announcement is None or announcement.submitted_at is None or announcement.review_due_at is None:
        raise NotFound("announcement")
    phase = queries.phase_of(announcement, None, deed.now) if announcement.published_at is None else Phase.REGISTERING
    if not announcement.review_provisional:
        raise OutOfTurn(phase, deed.act)
    before, book = announcement.review_due_at, rulebook_for(need.region, announcement.submitted_at)
    announcement.review_provisional = False
    if phase is Phase.IN_REVIEW:
        due = _review_due(need, book, announcement.submitted_at)
        path = regions.path(need.region)
        announcement.review_due_at = anew(before, due, path=path, now=deed.now)
        announcement.review_provisional = due.provisional
    deed.basis = book.id
    _about(deed, need)
    return Settled(
        (Moved("review", before, announcement.review_due_at),), (need.purchaser.organisation_id,), need.title
    )


def purchaser_of(deed: Deed) -> Iterable[Recipient]:
    """Whom approval, return and publication concern: the need's purchaser."""
    need = needs.by_no(deed.about("need") or "")
    if need is None:
        return
    found = queries.by_need(need.no)
    params: dict[str, str | int] = {"title": need.title, "need_no": need.no}
    if found is not None and found.return_reason is not None:
        params["reason"] = found.return_reason
    if found is not None and found.no is not None:
        params["no"] = found.no
    yield Recipient(need.purchaser.organisation_id, params)


def _review_due(need: Need, book: Rulebook, since: datetime) -> Deadline:
    days = book.terms(PublishTerms).review_deadline
    return calendar().due(since, days, path=regions.path(need.region))


def _of(deed: Deed, need: Need) -> Announcement | None:
    query = queries.need_row(need.no).with_for_update().execution_options(populate_existing=True)
    return deed.session.execute(query).scalar_one_or_none()


def _locked(deed: Deed, actor: Actor, need_no: str | None) -> tuple[Need, Announcement | None]:
    """The need first, then what became of it: everybody who locks both does it in this order."""
    need = deed.lock(needs.row(need_no or ""))
    if deed.role is Role.PURCHASER and need.purchaser.organisation_id != actor.party:
        raise NotFound("need")
    return need, _of(deed, need)


def _reviewed(deed: Deed, need_no: str | None, verb: AnnouncementAct) -> tuple[Need, Announcement]:
    need = deed.lock(needs.row(need_no or ""))
    announcement = _of(deed, need)
    if announcement is None:
        raise NotFound("announcement")
    branches.guard(deed, need.region)
    present = queries.present_attempt(announcement) if announcement.published_at is not None else None
    rules.FLOW.after(queries.phase_of(announcement, present, deed.now), verb)
    return need, announcement


def _own(deed: Deed, actor: Actor, no: str | None, verb: AnnouncementAct) -> tuple[Announcement, Attempt]:
    """The actor's own published announcement, exclusively locked, in a phase that knows the act."""
    announcement = deed.lock(queries.row(no or ""))
    if announcement.need.purchaser.organisation_id != actor.party:
        raise NotFound("announcement")
    present = queries.present_attempt(announcement)
    rules.FLOW.after(queries.phase_of(announcement, present, deed.now), verb)
    need, book = announcement.need, _book(announcement)
    version = queries.version_of(announcement)
    demand(need_steps.against_hands(need, actor, book=book, version=version), rulebook=book.id)
    return announcement, present


def _book(announcement: Announcement) -> Rulebook:
    """The rulebook that the announcement froze; published ones have one."""
    return rulebook(announcement.rulebook or "")


def _scheduled(deed: Deed, need: Need, found: Announcement | None) -> tuple[Announcement, Rulebook, datetime]:
    """What the clockwork publishes: what was approved, or asked for again."""
    if found is None:
        raise NotFound("announcement")
    present = None if found.published_at is None else queries.present_attempt(found)
    phase = queries.phase_of(found, present, deed.now)
    if phase is not Phase.SCHEDULED:
        raise OutOfTurn(phase, deed.act)
    book = rulebook_for(need.region, deed.now) if found.rulebook is None else rulebook(found.rulebook)
    demand(_undivided(need, book), rulebook=book.id)
    earliest = times.earliest(need, book, deed.now).window.earliest
    wish = found.wished_closing_at
    too_early = wish is None or any(_against_wish(need, Timetable(wish), book, now=deed.now))
    return found, book, earliest if wish is None or too_early else wish


def _directly(
    deed: Deed, need: Need, found: Announcement | None, timetable: Timetable
) -> tuple[Announcement, Rulebook, datetime]:
    """What a purchaser publishes by itself."""
    if found is not None:
        phase = queries.phase_of(found, None, deed.now)
        if phase is not Phase.RETURNED:
            raise OutOfTurn(phase, deed.act)
    book = rulebook_for(need.region, deed.now)
    demand(_against(need, AnnouncementAct.PUBLISH, timetable, now=deed.now), rulebook=book.id)
    demand(need_steps.against_hands(need, deed.actor, book=book, version=need.version), rulebook=book.id)
    earliest = times.earliest(need, book, deed.now).window.earliest
    announcement = found or _fresh(deed, need)
    _as_written(announcement, need)
    announcement.minimum = _thin(need, timetable, book=book, now=deed.now)
    announcement.returned_at = announcement.return_reason = None
    need_steps.take(deed, need)
    return announcement, book, timetable.closes_at or earliest


def against(need: Need, act: AnnouncementAct, *, now: datetime) -> tuple[Refusal, ...]:
    """Every reason against handing in or publishing a need as of `now`; the page shows them before anybody tries."""
    book = rulebook_for(need.region, now)
    standing = standing_of(need.purchaser.organisation_id, now=now, scope=needs.scope_of(need, book.id))
    return (
        *rules.refusals_to_announce(method=need.method, abandoned=need.abandoned_at is not None),
        *rules.refusals_to_way(act=act, reviewed=book.terms(PublishTerms).reviewed(need.fund)),
        *need_steps.refusals_now(need, now=now),
        *_unchanged(need),
        *_undivided(need, book),
        *standing.to(act),
    )


def _unchanged(need: Need) -> Iterable[Refusal]:
    """What is written in the place of a purchase that failed under its terms must have other ones (attempts.max)."""
    before = None if need.follows_id is None else queries.by_need_id(need.follows_id)
    if before is not None and same_terms(needs.input_of(need), queries.announced(before)):
        yield Refusal("terms_unchanged", clause="attempts.max")


def _undivided(need: Need, book: Rulebook) -> Iterable[Refusal]:
    """Where two of three holders open the offers, all three must be named before anything can be sealed to them."""
    if need.method not in SEALED | SECOND or not book.terms(OpeningTerms).shared:
        return ()
    return holder_rules.refusals_to_divide(holders.serving(need.region).keys())


@dataclass(frozen=True, slots=True)
class Way:
    """How a need becomes public as of an instant: by which act, from when it may close, and what stands against it."""

    act: AnnouncementAct
    rulebook: str
    earliest: times.Earliest
    refusals: tuple[Refusal, ...]
    minimum: int
    able: tuple[tuple[str, str], ...]
    against_count: tuple[Refusal, ...]
    counted: EligibleCount | None
    counted_until: datetime | None
    against_thin: tuple[Refusal, ...]
    two: bool

    @property
    def few(self) -> bool:
        """Whether so few could register now that a count makes a difference, or one was published."""
        return not self.against_count or self.counted is not None


def way_of(need: Need, *, now: datetime) -> Way:
    """What the page of publishing shows before anybody tries; decided again inside the act."""
    book = rulebook_for(need.region, now)
    reviewed = book.terms(PublishTerms).reviewed(need.fund)
    verb = AnnouncementAct.SUBMIT if reviewed else AnnouncementAct.PUBLISH
    taken = (Refusal("need_taken"),) if needs.phase_of(need) is NeedPhase.ANNOUNCED else ()
    reasons = (*taken, *against(need, verb, now=now))
    able, minimum = eligible.able_for_need(need, book=book, now=now), needs.minimum_of(need, book)
    direct = need.method is Method.DIRECT
    count = eligible.count_of(need.id)
    return Way(
        act=verb,
        rulebook=book.id,
        earliest=times.earliest(need, book, now),
        refusals=reasons,
        minimum=minimum.count,
        able=tuple(able),
        against_count=tuple(
            rules.refusals_to_count(direct=direct, able=len(able), winners=need.winners, minimum=minimum)
        ),
        counted=count,
        counted_until=None if count is None else eligible.public_until(count),
        against_thin=against_thin(need, book=book, now=now)[0],
        two=needs.takes_two(need, book),
    )


def announcing(identifier: str, *, region: str, fund: Fund | None, budget_fen: Fen, now: datetime) -> dict[str, Any]:
    """The same look ahead for a need that is still being written: `earliest`, and whether it is `reviewed` first."""
    book = rulebook(identifier)
    return {
        "earliest": times.earliest_for(book, region=region, budget_fen=budget_fen, now=now),
        "reviewed": fund is not None and book.terms(PublishTerms).reviewed(fund),
    }


def _against(need: Need, verb: AnnouncementAct, timetable: Timetable, *, now: datetime) -> Sequence[Refusal]:
    taken = needs.phase_of(need) is NeedPhase.ANNOUNCED
    return (
        *((Refusal("need_taken"),) if taken else ()),
        *against(need, verb, now=now),
        *_against_wish(need, timetable, rulebook_for(need.region, now), now=now),
    )


def _against_wish(need: Need, timetable: Timetable, book: Rulebook, *, now: datetime) -> Sequence[Refusal]:
    if timetable.closes_at is None:
        return ()
    return tuple(
        rules.refusals_to_closing(
            timetable.closes_at,
            workday=times.day_of(timetable.closes_at, need).working,
            window=times.earliest(need, book, now).window,
        )
    )


def passes_to_announce(verb: AnnouncementAct) -> Passes:
    """Whether a need is handed in by two people of its purchaser, and what stands against it already."""

    def asked(actor: Actor, subject: str | None, timetable: Timetable, /, *, now: datetime) -> Passing | None:
        need = needs.own(actor.party, subject or "")
        if not needs.takes_two(need, rulebook_for(need.region, now)):
            return None
        return Passing(need.version, tuple(_against(need, verb, timetable, now=now)))

    return asked


def passes(actor: Actor, subject: str | None, wanted: object, /, *, now: datetime) -> Passing | None:
    """Whether a purchaser's act on its announcement takes two; a revision or an attempt in between makes it void."""
    announcement = queries.own(actor.party, subject or "")
    two = needs.takes_two(announcement.need, _book(announcement))
    return Passing(queries.version_of(announcement), ()) if two else None


def _fresh(deed: Deed, need: Need) -> Announcement:
    return Announcement(
        need_id=need.id, kind=AnnouncementKind.OPEN, attempt_number=0, revision=1, closing_provisional=False
    )


def _as_written(announcement: Announcement, need: Need) -> None:
    announcement.content, announcement.expected_days = need.content, need.expected_days


def _open_attempt(
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


def _announce(deed: Deed, announcement: Announcement, need: Need, book: Rulebook) -> None:
    """What the public record says of a publication (protocol.md §1.6: attempt, beacon rule, commitment)."""
    present = queries.present_attempt(announcement)
    deed.subject, deed.attempt, deed.basis = announcement.no, present.number, book.id
    _about(deed, need, announcement)
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
    _tell_auction(deed, present)
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


def _tell_auction(deed: Deed, attempt: Attempt) -> None:
    if attempt.auction_at is not None:
        deed.tell(auction_at=attempt.auction_at)


def _about(deed: Deed, need: Need, announcement: Announcement | None = None) -> None:
    if announcement is not None and announcement.no is not None:
        deed.on("announcement", announcement.no)
    deed.on("need", need.no)
    deed.on("purchaser", need.purchaser.organisation.code)
