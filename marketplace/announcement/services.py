"""Publishing a need, and how what was published changes and ends."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from app import files
from app.act import Deed, act
from app.actor import Actor, Role
from app.calendar.rules import HoursTerms
from app.refusal import NotFound, OutOfTurn, demand
from app.region import branches
from app.rulebook import Rulebook
from app.rules_in_force import rulebook, rulebook_for
from app.stage import Recipient
from app.standing import standing_of
from app.values import Done, Nothing
from app.watch import queries as watched
from marketplace.announcement import ahead, eligible, holds, limits, queries, rules, steps, times
from marketplace.announcement.models import Amendment, Announcement, Attempt, EligibleCount, Extension, Hold
from marketplace.announcement.rules import (
    AnnouncementAct,
    AttemptTerms,
    Because,
    Change,
    Conclusion,
    Decision,
    Ending,
    Mended,
    Phase,
    Return,
    Timetable,
    Withdrawal,
)
from marketplace.need import queries as needs
from marketplace.need import services as need_steps
from marketplace.need.models import Need
from marketplace.need.rules import Exceptional, Method, Payer
from marketplace.need.rules import Phase as NeedPhase


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


def _thin(need: Need, timetable: Timetable, *, book: Rulebook, now: datetime) -> int | None:
    """The published smaller minimum, None where the rulebook's counts; raises `Refused`."""
    if not timetable.thin:
        return None
    reasons, agencies = ahead.against_thin(need, book=book, now=now)
    demand(reasons, rulebook=book.id)
    return len(agencies)


def submit(actor: Actor, subject: str | None, timetable: Timetable, /, *, key: str) -> Done:
    """Hand a need of public money in for the operator's check (rules.md §3.1 rows 2 and 6)."""
    with act(AnnouncementAct.SUBMIT, actor=actor, key=key, subject=subject, input=timetable) as deed:
        need, found = _locked(deed, actor, subject)
        book = rulebook_for(need.region, deed.now)
        if found is not None:
            rules.FLOW.after(queries.phase_of(found, None, deed.now), AnnouncementAct.SUBMIT)
        demand(ahead.against_all(need, AnnouncementAct.SUBMIT, timetable, now=deed.now), rulebook=book.id)
        demand(need_steps.against_hands(need, actor, book=book, version=need.version), rulebook=book.id)
        announcement = found or steps.fresh(deed, need)
        steps.as_written(announcement, need)
        announcement.minimum = _thin(need, timetable, book=book, now=deed.now)
        announcement.wished_closing_at = timetable.closes_at
        announcement.submitted_at = deed.now
        due = steps.review_due(need, book, deed.now)
        announcement.review_due_at, announcement.review_provisional = due.at, due.provisional
        announcement.returned_at = announcement.return_reason = None
        if found is None:
            deed.add(announcement)
        need_steps.take(deed, need)
        deed.basis = book.id
        steps.about(deed, need)
    return deed.answer()


def approve(actor: Actor, subject: str | None, nothing: object, /, *, key: str) -> Done:
    """The operator finds nothing missing; the clockwork publishes at once (rules.md §3.1 row 4)."""
    with act(AnnouncementAct.APPROVE, actor=actor, key=key, subject=subject) as deed:
        need, announcement = _reviewed(deed, subject, AnnouncementAct.APPROVE)
        announcement.approved_at = deed.now
        steps.about(deed, need)
    return deed.answer()


def return_(actor: Actor, subject: str | None, returned: Return, /, *, key: str) -> Done:
    """The operator sends it back and says why; the need is its purchaser's again (rules.md §3.1 row 5)."""
    with act(AnnouncementAct.RETURN, actor=actor, key=key, subject=subject, input=returned) as deed:
        need, announcement = _reviewed(deed, subject, AnnouncementAct.RETURN)
        demand(rules.refusals_to_return(returned.reason))
        announcement.returned_at, announcement.return_reason = deed.now, returned.reason.strip()
        need_steps.give_back(deed, need)
        steps.about(deed, need)
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
        steps.open_attempt(deed, announcement, need, book, closes_at=closes_at)
        steps.announce(deed, announcement, need, book)
        deed.disclose("need", need.no)
    return deed.answer()


def amend(actor: Actor, subject: str | None, change: Change, /, *, key: str) -> Done:
    """Change content, days or closing before it closes, with a reason; the minimum remains (publish.revision)."""
    with act(AnnouncementAct.AMEND, actor=actor, key=key, subject=subject, input=change) as deed:
        announcement, present = _own(deed, actor, subject, AnnouncementAct.AMEND)
        need, book = announcement.need, queries.book_of(announcement)
        earliest = times.earliest(need, book, deed.now)
        reasons = [
            *rules.refusals_to_amend(
                change,
                content=announcement.content,
                expected_days=announcement.expected_days,
                closes_at=present.closes_at,
            ),
            *ahead.against_wish(need, Timetable(change.closes_at), book, now=deed.now),
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
        steps.move(announcement, present, closes_at)
        deed.basis, deed.attempt = book.id, present.number
        steps.about(deed, need, announcement)
        deed.tell(
            attempt=present.number,
            revision=announcement.revision,
            reason=change.reason.strip(),
            content=content,
            expected_days=days,
            closes_at=closes_at,
        )
        steps.tell_auction(deed, present)
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
        outage, need, book = watched.outage(outage_no), announcement.need, queries.book_of(announcement)
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
            steps.move(announcement, present, closes_at)
        deed.subject, deed.basis, deed.attempt = announcement.no, book.id, present.number
        steps.about(deed, need, announcement)
        deed.on("outage", outage.no)
        deed.tell(attempt=present.number, outage=outage.no, closes_at_before=before, closes_at=closes_at)
        steps.tell_auction(deed, present)
    return deed.answer()


def withdraw(actor: Actor, subject: str | None, withdrawal: Withdrawal, /, *, key: str) -> Done:
    """End it before registration closes, with a public reason (rules.md §3.1 row 10)."""
    with act(AnnouncementAct.WITHDRAW, actor=actor, key=key, subject=subject, input=withdrawal) as deed:
        announcement, present = _own(deed, actor, subject, AnnouncementAct.WITHDRAW)
        demand(rules.refusals_to_withdraw(withdrawal))
        announcement.withdrawn_at = deed.now
        announcement.withdraw_reason = withdrawal.reason
        announcement.withdraw_explanation = withdrawal.explanation.strip()
        steps.decide(deed, present, Decision.WITHDRAWN)
        deed.attempt = present.number
        steps.about(deed, announcement.need, announcement)
        deed.tell(attempt=present.number, reason=withdrawal.reason.value, explanation=withdrawal.explanation.strip())
    return deed.answer()


def repeat(actor: Actor, subject: str | None, timetable: Timetable, /, *, key: str) -> Done:
    """Ask for the next attempt after a failed or void one; the clockwork publishes it (rules.md §3.1 rows 36 and 38).

    Same number and rulebook, new secret, new registrations, nothing re-used (protocol.md §0).
    """
    with act(AnnouncementAct.REPEAT, actor=actor, key=key, subject=subject, input=timetable) as deed:
        announcement, present = _own(deed, actor, subject, AnnouncementAct.REPEAT)
        need, book = announcement.need, queries.book_of(announcement)
        standing = standing_of(actor.party, now=deed.now, scope=needs.scope_of(need, book.id))
        reasons = [
            *rules.refusals_to_repeat(
                attempts=present.number,
                concluded=announcement.concluded_at is not None,
                terms=book.terms(AttemptTerms),
            ),
            *ahead.undivided(need, book),
            *standing.to(AnnouncementAct.PUBLISH),
            *ahead.against_wish(need, timetable, book, now=deed.now),
        ]
        demand(reasons, rulebook=book.id)
        announcement.repeat_at, announcement.wished_closing_at = deed.now, timetable.closes_at
        deed.basis, deed.attempt = book.id, present.number + 1
        steps.about(deed, need, announcement)
        deed.tell(attempt=present.number + 1)
    return deed.answer()


def conclude(actor: Actor, subject: str | None, conclusion: Conclusion, /, *, key: str) -> Done:
    """Say what becomes of a purchase that failed: other terms, a direct award, or nothing (rules.md attempts.max).

    Other terms and a direct award are a need of their own, written in the place of this one; nothing here changes.
    """
    with act(AnnouncementAct.CONCLUDE, actor=actor, key=key, subject=subject, input=conclusion) as deed:
        announcement, present = _own(deed, actor, subject, AnnouncementAct.CONCLUDE)
        need, book = announcement.need, queries.book_of(announcement)
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
        steps.about(deed, need, announcement)
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
    steps.about(deed, announcement.need, announcement)
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
    steps.about(deed, announcement.need, announcement)
    deed.tell(attempt=present.number, reason=reason.strip(), held_at=found.since_at)
    if queries.clock_stands(announcement, present):
        need, before = announcement.need, present.closes_at
        hours = queries.book_of(announcement).terms(HoursTerms)
        after = times.lawful_from(before + (deed.now - found.since_at), need, hours)
        steps.move(announcement, present, after)
        found.closes_at_before, found.closes_at = before, after
        deed.tell(closes_at_before=before, closes_at=after)
        steps.tell_auction(deed, present)
    found.evidence = evidence
    steps.end_hold(deed, announcement, because=reason.strip())
    return announcement


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


def _locked(deed: Deed, actor: Actor, need_no: str | None) -> tuple[Need, Announcement | None]:
    """The need first, then what became of it: everybody who locks both does it in this order."""
    need = deed.lock(needs.row(need_no or ""))
    if deed.role is Role.PURCHASER and need.purchaser.organisation_id != actor.party:
        raise NotFound("need")
    return need, steps.of_need(deed, need)


def _reviewed(deed: Deed, need_no: str | None, verb: AnnouncementAct) -> tuple[Need, Announcement]:
    need = deed.lock(needs.row(need_no or ""))
    announcement = steps.of_need(deed, need)
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
    need, book = announcement.need, queries.book_of(announcement)
    version = queries.version_of(announcement)
    demand(need_steps.against_hands(need, actor, book=book, version=version), rulebook=book.id)
    return announcement, present


def _scheduled(deed: Deed, need: Need, found: Announcement | None) -> tuple[Announcement, Rulebook, datetime]:
    """What the clockwork publishes: what was approved, or asked for again."""
    if found is None:
        raise NotFound("announcement")
    present = None if found.published_at is None else queries.present_attempt(found)
    phase = queries.phase_of(found, present, deed.now)
    if phase is not Phase.SCHEDULED:
        raise OutOfTurn(phase, deed.act)
    book = rulebook_for(need.region, deed.now) if found.rulebook is None else rulebook(found.rulebook)
    demand(ahead.undivided(need, book), rulebook=book.id)
    earliest = times.earliest(need, book, deed.now).window.earliest
    wish = found.wished_closing_at
    too_early = wish is None or any(ahead.against_wish(need, Timetable(wish), book, now=deed.now))
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
    demand(ahead.against_all(need, AnnouncementAct.PUBLISH, timetable, now=deed.now), rulebook=book.id)
    demand(need_steps.against_hands(need, deed.actor, book=book, version=need.version), rulebook=book.id)
    earliest = times.earliest(need, book, deed.now).window.earliest
    announcement = found or steps.fresh(deed, need)
    steps.as_written(announcement, need)
    announcement.minimum = _thin(need, timetable, book=book, now=deed.now)
    announcement.returned_at = announcement.return_reason = None
    need_steps.take(deed, need)
    return announcement, book, timetable.closes_at or earliest
