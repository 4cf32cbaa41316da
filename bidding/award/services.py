"""What happens to awards: made from a result, noticed, answered, passed on to who stands by."""

from datetime import datetime

from app import files
from app.act import Deed, act
from app.actor import Actor
from app.calendar.rules import HoursTerms
from app.calendar.services import anew, calendar
from app.numbering import part
from app.refusal import NotFound, NotYours, OutOfTurn, Refusal, demand
from app.region import branches
from app.region import queries as regions
from app.rules_in_force import rulebook
from app.stage import Moved, Settled
from app.values import Done, Nothing
from app.workdays import Deadline
from bidding.award import queries, rules
from bidding.award.models import Award
from bidding.award.rules import AwardAct, Declined, Issued, Judged, Phase, ResultTerms, SmallTerms
from bidding.selection.models import Candidate
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement import steps as announcing
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import AnnouncementKind, Decision


def on_result(deed: Deed) -> None:
    """A step: the selection that this act gave a result makes its first candidates the winners (M21).

    As many as the attempt has places. Where prices decided at the opening and the draw then finds the attempt void, the
    awards made meanwhile fall.
    """
    attempt = announcements.attempt_of(deed.about("announcement") or "")
    if attempt.decision is Decision.UNSUCCESSFUL:
        return
    if attempt.decision is Decision.VOID:
        for standing in queries.in_force(attempt.id):
            standing.fallen_at = deed.now
            deed.on("award", standing.no)
        return
    if queries.exist(attempt.id):
        return
    publicity, made = _publicity(attempt.announcement, deed.now), []
    for place in range(1, attempt.winners + 1):
        winner = queries.candidate(attempt.id, rank=place)
        if winner is not None:
            made.append(_make_of(deed, attempt, winner, seat=place, publicity=publicity))
    if len(made) > 1:
        _tell(deed, made[0])
        deed.tell(awards=[one.no for one in made], winners=[one.agency.organisation.code for one in made])


def on_direct(deed: Deed) -> None:
    """A step: a direct commission's acceptance is the award and its acceptance in one (rules.md §3.1 row 3)."""
    announcement, agency = _announcement(deed), agencies.by_code(deed.about("agency") or "")
    if agency is None:
        raise NotFound("agency")
    award = _make(
        deed,
        announcements.present_attempt(announcement),
        agency=agency,
        rank=1,
        seat=1,
        amount_fen=deed.public["amount_fen"],
        days=deed.public["days"],
        publicity=_publicity(announcement, deed.now),
    )
    award.accepted_at = deed.now


def _announcement(deed: Deed) -> Announcement:
    found = announcements.by_no(deed.about("announcement") or "")
    if found is None:
        raise NotFound("announcement")
    return found


def _publicity(announcement: Announcement, since: datetime) -> Deadline:
    """Until when a result of that instant is shown before its notice; at once where no day is asked.

    A period that protects others: full working days. Source: rules.md §2.1 period.minimum.
    """
    book = rulebook(announcement.rulebook or "")
    days = rules.publicity_days(
        fund=announcement.need.fund,
        budget_fen=announcement.need.budget_fen,
        direct=announcement.kind is AnnouncementKind.DIRECT,
        result=book.terms(ResultTerms),
        small=book.terms(SmallTerms),
    )
    if days == 0:
        return Deadline(since, provisional=False)
    opening = book.terms(HoursTerms).opens
    return calendar().earliest(since, days, path=regions.path(announcement.need.region), opening=opening)


def _make_of(deed: Deed, attempt: Attempt, candidate: Candidate, *, seat: int, publicity: Deadline) -> Award:
    return _make(
        deed,
        attempt,
        agency=candidate.registration.agency,
        rank=candidate.rank,
        seat=seat,
        amount_fen=candidate.amount_fen,
        rate_ppm=candidate.rate_ppm,
        days=candidate.registration.promised_days,
        publicity=publicity,
    )


def _make(
    deed: Deed,
    attempt: Attempt,
    *,
    agency: Agency,
    rank: int,
    seat: int,
    amount_fen: int,
    rate_ppm: int | None = None,
    days: int,
    publicity: Deadline,
) -> Award:
    announcement = attempt.announcement
    # Counted over all attempts: a repeated attempt's first award must not take the number of an earlier one.
    no = part(announcement.no or "", "A", queries.count_of(announcement.id) + 1)
    award = deed.add(
        Award(
            no=no,
            announcement_id=announcement.id,
            attempt_id=attempt.id,
            agency_id=agency.id,
            rank=rank,
            seat=seat,
            amount_fen=amount_fen,
            rate_ppm=rate_ppm,
            promised_days=days,
            made_at=deed.now,
            publicity_ends_at=publicity.at,
            provisional=publicity.provisional,
        )
    )
    deed.on("award", no)
    deed.on("agency", agency.organisation.code)
    _tell(deed, award)
    return award


def _tell(deed: Deed, award: Award) -> None:
    """The award that an act made; of several the first, beside whom all stand in a list."""
    deed.tell(
        award=award.no,
        winner=award.agency.organisation.code,
        award_fen=award.amount_fen,
        award_days=award.promised_days,
    )
    if award.rate_ppm is not None:
        deed.tell(award_rate_ppm=award.rate_ppm)


def notice(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The 中选通知书: issued by itself when the publicity ends (rules.md §3.1 row 19)."""
    with act(AwardAct.NOTICE, actor=actor, key=key, subject=subject, input=nothing) as deed:
        award = deed.lock(queries.row(subject or ""))
        rules.FLOW.after(queries.phase_of(award), AwardAct.NOTICE)
        demand(
            rules.refusals_to_notice(
                publicity_ends_at=award.publicity_ends_at,
                held_until=award.held_until,
                held=award.announcement.held_at is not None,
                now=deed.now,
            ),
            rulebook=award.announcement.rulebook,
        )
        award.noticed_at = deed.now
        _about(deed, award)
        deed.tell(winner=award.agency.organisation.code, amount_fen=award.amount_fen, days=award.promised_days)
        if award.rate_ppm is not None:
            deed.tell(rate_ppm=award.rate_ppm)
        if award.accepted_at is None:
            due = _accept_due(award, deed.now)
            award.accept_due_at, award.provisional = due.at, due.provisional
            deed.tell(accept_due_at=due.at)
    return deed.answer()


def accept(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The winner takes the award."""
    with act(AwardAct.ACCEPT, actor=actor, key=key, subject=subject, input=nothing) as deed:
        _one_after_another(deed, subject)
        award = _own(deed, actor)
        rules.FLOW.after(queries.phase_of(award), AwardAct.ACCEPT)
        demand(
            rules.refusals_to_accept(accept_due_at=award.accept_due_at, now=deed.now),
            rulebook=award.announcement.rulebook,
        )
        award.accepted_at = deed.now
        _about(deed, award)
    return deed.answer()


def decline(actor: Actor, subject: str | None, declined: Declined, /, *, key: str) -> Done:
    """The winner refuses, with a reason and perhaps an excuse; the next candidate follows (rules.md §3.1 rows 21-22).

    An excuse waits for the office of the trade; without one the refusal counts at once (rules.md §2.7 award.refusal).
    """
    with act(AwardAct.DECLINE, actor=actor, key=key, subject=subject, input=declined) as deed:
        _one_after_another(deed, subject)
        award = _own(deed, actor)
        rules.FLOW.after(queries.phase_of(award), AwardAct.DECLINE)
        demand(
            rules.refusals_to_decline(
                declined, accept_due_at=award.accept_due_at, now=deed.now, terms=queries.terms(award)
            ),
            rulebook=award.announcement.rulebook,
        )
        award.declined_at, award.decline_reason = deed.now, declined.reason.strip()
        if declined.file is not None:
            files.keep(deed, [declined.file], by=f"award:{award.no}")
            award.decline_file = declined.file
        _about(deed, award)
        if declined.excuse is None:
            _count(deed, award)
        else:
            award.excuse = declined.excuse.value
            deed.tell(excuse=award.excuse)
        pass_on(deed, award)
    return deed.answer()


def lapse(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Silence is refusal (rules.md §2.7 award.confirm); the next candidate follows."""
    with act(AwardAct.LAPSE, actor=actor, key=key, subject=subject, input=nothing) as deed:
        _one_after_another(deed, subject)
        award = deed.lock(queries.row(subject or ""))
        rules.FLOW.after(queries.phase_of(award), AwardAct.LAPSE)
        demand(rules.refusals_to_lapse(accept_due_at=award.accept_due_at, now=deed.now))
        award.lapsed_at = deed.now
        _about(deed, award)
        _count(deed, award)
        pass_on(deed, award)
    return deed.answer()


def judge(actor: Actor, subject: str | None, judged: Judged, /, *, key: str) -> Done:
    """The office of the item's trade says whether the claimed excuse holds (rules.md §2.7 award.refusal).

    Who took the award's place keeps it either way. Raises `NotYours` for another office.
    """
    with act(AwardAct.JUDGE, actor=actor, key=key, subject=subject, input=judged) as deed:
        award = deed.lock(queries.row(subject or ""))
        need = award.announcement.need
        branches.guard_trade(deed, need.region, authorities=need.item.authorities)
        rules.FLOW.after(queries.phase_of(award), AwardAct.JUDGE)
        demand(
            rules.refusals_to_judge(judged, excuse=award.excuse, judged_at=award.judged_at, now=deed.now),
            rulebook=award.announcement.rulebook,
        )
        award.judged_at, award.excused, award.judge_reason = deed.now, judged.excused, judged.reason.strip()
        _about(deed, award)
        deed.tell(excuse=award.excuse, excused=judged.excused)
        if not judged.excused:
            _count(deed, award)
    return deed.answer()


def issue(actor: Actor, subject: str | None, issued: Issued, /, *, key: str) -> Done:
    """The file of a notice, made outside the act, is put on record; the first one stands until a limit in it moves.

    Source: rules.md §2.7 award.notice, §2.1 (a provisional limit is settled with notice). Raises `OutOfTurn` where
    there is one that still says what holds, where this one does not, or where there is no notice.
    """
    with act(AwardAct.ISSUE, actor=actor, key=key, subject=subject, input=issued) as deed:
        award = deed.lock(queries.row(subject or ""))
        phase = queries.phase_of(award)
        rules.FLOW.after(phase, AwardAct.ISSUE)
        stated = (issued.accept_due_at, issued.sign_due_at)
        if stated != queries.limits_of(award) or not (award.notice_sha256 is None or queries.is_outdated(award)):
            raise OutOfTurn(phase, deed.act)
        award.notice_sha256, award.notice_size, award.seal = issued.sha256, issued.size, issued.seal
        _about(deed, award)
        deed.tell(sha256=issued.sha256, size=issued.size, seal=issued.seal)
        deed.tell(accept_due_at=issued.accept_due_at, sign_due_at=issued.sign_due_at)
    return deed.answer()


def _count(deed: Deed, award: Award) -> None:
    """Tell how many refusals of twelve months count against the winner, this one too (rules.md §2.7 award.refusal)."""
    deed.session.flush()
    deed.tell(refusals=queries.refusals_counted(award.agency_id, until=deed.now))


def settle(deed: Deed, no: str) -> Settled:
    """A step: the publicity or the time to answer, computed anew (rules.md §2.1).

    A publicity never ends sooner than was said: others have until then to object.
    """
    award = deed.lock(queries.row(no))
    phase = queries.phase_of(award)
    if not award.provisional:
        raise OutOfTurn(phase, deed.act)
    name, before = "publicity", award.publicity_ends_at
    award.provisional, after = False, before
    if phase is Phase.PUBLICITY and before > deed.now:
        ends = _publicity(award.announcement, award.made_at)
        after = max(before, ends.at)
        award.publicity_ends_at, award.provisional = after, ends.provisional
    elif award.noticed_at is not None and award.accept_due_at is not None:
        name, after = "acceptance", award.accept_due_at
        before = after
        if phase is Phase.NOTICED:
            due = _accept_due(award, award.noticed_at)
            after = anew(before, due, path=queries.region_path(award), now=deed.now)
            award.accept_due_at, award.provisional = after, due.provisional
    _about(deed, award)
    parties = (queries.party(award), queries.purchaser_party(award))
    return Settled((Moved(name, before, after),), parties, award.announcement.need.title)


def _accept_due(award: Award, since: datetime) -> Deadline:
    return calendar().due(since, queries.terms(award).confirm_days, path=queries.region_path(award))


def hold(deed: Deed, attempt_id: int, until: datetime | None) -> None:
    """A step: the notices of an attempt's awards wait until then, because somebody objects; None = they wait no more.

    The publicity runs on meanwhile. Source: rules.md §2.11 objection.result, §3.1 rows 11 and 12.
    """
    for award in queries.in_force(attempt_id, lock=True):
        if award.noticed_at is None:
            award.held_until = until
            deed.on("award", award.no)
    deed.session.flush()


def on_hold(deed: Deed) -> None:
    """A step of holding an announcement: too late once a notice of award is issued (rules.md §3.1 row 11)."""
    announcement = announcements.by_no(deed.about("announcement") or "")
    if announcement is not None:
        attempt = announcements.present_attempt(announcement)
        if any(award.noticed_at is not None for award in queries.in_force(attempt.id, lock=True)):
            demand([Refusal("hold_too_late")])


def fall(deed: Deed, award: Award) -> None:
    """A step: an award without a signed contract, or that should not have been, stands no more; the next follows."""
    award.fallen_at = deed.now
    pass_on(deed, award)


def release(deed: Deed, award: Award, *, repeat: bool = False) -> None:
    """A step: an award whose contract came to nothing stands no more, and nobody is asked to follow.

    `repeat`: where no other place of the attempt is held it ends as unsuccessful, so that it can be announced again.
    Source: rules.md §3.1 rows 25 and 29.
    """
    award.fallen_at = deed.now
    deed.on("award", award.no)
    deed.session.flush()
    if repeat and not queries.in_force(award.attempt_id):
        announcing.fail_after_award(deed, award.announcement)


def pass_on(deed: Deed, award: Award) -> Award | None:
    """A step: the next candidate wins in place of an award that fell; None where nobody stands by any more.

    At most `alternates` of the attempt follow, whichever of its places they take. When no place is held any more, the
    attempt ends as unsuccessful, so that it can be repeated; while another is, this one stays empty.
    Source: rules.md §2.7 award.replacement, §3.1 rows 22 and 36.
    """
    # One award in force per place: the database must see this one fall before the next is written.
    deed.session.flush()
    attempt, need = award.attempt, award.announcement.need
    deed.session.execute(queries.attempt_locked(attempt.id))
    reached = queries.last_rank(attempt.id)
    following = (
        queries.candidate(attempt.id, rank=reached + 1) if reached < attempt.winners + attempt.alternates else None
    )
    if following is None or not rules.may_follow(
        by_price=need.method.value in rules.BY_PRICE,
        next_fen=following.amount_fen,
        last_fen=award.amount_fen,
        ceiling_fen=need.budget_fen,
        above=queries.terms(award).replacement_above,
    ):
        if queries.in_force(attempt.id):
            deed.tell(vacant=True)
        else:
            announcing.fail_after_award(deed, award.announcement)
            deed.tell(exhausted=True)
        return None
    # The result was public already: the next one's notice follows at once.
    return _make_of(deed, attempt, following, seat=award.seat, publicity=Deadline(deed.now, provisional=False))


def _one_after_another(deed: Deed, no: str | None) -> None:
    """Of two awards of one attempt that are answered at once, the second waits: both want the same next number.

    Where they fall it is the next candidate's, where they are taken the contract's. The attempt before the award, as
    the draw locks them that voids an attempt.
    """
    deed.session.execute(queries.attempt_of(no or ""))


def _own(deed: Deed, actor: Actor) -> Award:
    award = deed.lock(queries.row(deed.subject or ""))
    if queries.party(award) != actor.party_id:
        raise NotYours(deed.act)
    return award


def _about(deed: Deed, award: Award) -> None:
    deed.attempt = award.attempt.number
    deed.basis = award.announcement.rulebook
    deed.on("award", award.no)
    deed.on("announcement", award.announcement.no or "")
    deed.on("agency", award.agency.organisation.code)
    deed.on("purchaser", award.announcement.need.purchaser.organisation.code)
    deed.tell(attempt=award.attempt.number)
