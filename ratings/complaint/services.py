"""What happens to objections: filed, answered, decided; and the hold on the awards, which comes and goes by rule."""

from datetime import datetime

from app import files
from app.act import Deed, act
from app.actor import Actor, Role
from app.calendar.services import anew, calendar
from app.numbering import part
from app.refusal import NotFound, NotYours, OutOfTurn, demand
from app.region import branches
from app.stage import Moved, Settled
from app.values import Done, Nothing
from app.workdays import Deadline
from bidding.award import queries as awards
from bidding.award import services as awarding
from bidding.selection import steps as selecting
from marketplace.announcement import queries as announcements
from marketplace.announcement import steps as announcing
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import Decision
from marketplace.need.rules import PUBLIC_MONEY
from ratings.complaint import queries, rules
from ratings.complaint.models import Objection
from ratings.complaint.rules import Because, Effect, Filing, ObjectionAct, Outcome


def file(actor: Actor, subject: str | None, filing: Filing, /, *, key: str) -> Done:
    """An agency objects to the notice, to its exclusion, or to the result (rules.md §2.11); it gets a receipt.

    While it is open, the notices of public money wait (objection.result).
    """
    with act(ObjectionAct.FILE, actor=actor, key=key, subject=subject, input=filing) as deed:
        announcement = deed.lock(announcements.row(subject or ""))
        attempt = announcements.present_attempt(announcement)
        deed.session.execute(awards.attempt_locked(attempt.id))
        demand(
            rules.refusals_to_file(
                filing,
                queries.ground(filing.kind, announcement, actor, against=filing.against, now=deed.now),
                now=deed.now,
            ),
            rulebook=announcement.rulebook,
        )
        target = next(
            (one for one in awards.in_force(attempt.id) if one.agency.organisation.code == filing.against), None
        )
        terms = queries.terms(announcement)
        due = _due(announcement, deed.now, terms.answer_days(filing.kind))
        appeal = _due(announcement, due.at, queries.decision_terms(announcement).window_days)
        no = part(announcement.no or "", "Y", queries.count_of(announcement.id) + 1)
        objection = deed.add(
            Objection(
                no=no,
                announcement_id=announcement.id,
                attempt_id=attempt.id,
                party_id=actor.party,
                award_id=None if target is None else target.id,
                kind=filing.kind,
                reason=filing.reason.strip(),
                interest=filing.interest.strip(),
                file=filing.file,
                filed_at=deed.now,
                pauses=terms.result_pauses and announcement.need.fund in PUBLIC_MONEY,
                answer_due_at=due.at,
                appeal_due_at=appeal.at,
                provisional=due.provisional or appeal.provisional,
            )
        )
        files.keep(deed, [] if filing.file is None else [filing.file], by=f"objection:{no}")
        deed.subject = no
        _about(deed, objection, announcement, attempt)
        deed.tell(kind=filing.kind.value, answer_due_at=due.at, pauses=objection.pauses)
        _hold(deed, attempt)
    return deed.answer()


def concede(actor: Actor, subject: str | None, answer: Because, /, *, key: str) -> Done:
    """The purchaser agrees with the objection; the office of the trade decides it (rules.md §3.1 rows 9 and 18)."""
    with act(ObjectionAct.CONCEDE, actor=actor, key=key, subject=subject, input=answer) as deed:
        objection = _answered(deed, answer, ObjectionAct.CONCEDE, conceded=True)
        _appeal(deed, objection)
    return deed.answer()


def reject(actor: Actor, subject: str | None, answer: Because, /, *, key: str) -> Done:
    """The purchaser rejects the objection and says why; the agency may ask for a decision."""
    with act(ObjectionAct.REJECT, actor=actor, key=key, subject=subject, input=answer) as deed:
        objection = _answered(deed, answer, ObjectionAct.REJECT, conceded=False)
        due = _due(objection.announcement, deed.now, queries.decision_terms(objection.announcement).window_days)
        objection.appeal_due_at, objection.provisional = due.at, due.provisional
        deed.tell(appeal_due_at=due.at)
    return deed.answer()


def appeal(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The agency asks the office of the item's trade to decide (rules.md §3.5)."""
    with act(ObjectionAct.APPEAL, actor=actor, key=key, subject=subject) as deed:
        objection = _locked(deed, ObjectionAct.APPEAL)
        demand(
            rules.refusals_to_appeal(appeal_due_at=objection.appeal_due_at, now=deed.now),
            rulebook=objection.announcement.rulebook,
        )
        _appeal(deed, objection)
    return deed.answer()


def uphold(actor: Actor, subject: str | None, decision: Because, /, *, key: str) -> Done:
    """Two accounts of the office uphold it; what follows is the rule's, not theirs (rules.md §3.1 rows 9 and 18)."""
    with act(ObjectionAct.UPHOLD, actor=actor, key=key, subject=subject, input=decision) as deed:
        objection = _decided(deed, decision, ObjectionAct.UPHOLD)
        # An award that is accepted at this moment is accepted, or falls: never both.
        awards.in_force(objection.attempt_id, lock=True)
        found = queries.effect(objection)
        objection.effect, objection.decision = found, decision.reason.strip()
        _close(deed, objection, Outcome.UPHELD)
        deed.tell(reason=objection.decision, effect=found.value)
        if found is Effect.SKIPPED:
            _skip(deed, objection)
        elif found is Effect.VOID:
            _void(deed, objection.attempt)
        _hold(deed, objection.attempt)
    return deed.answer()


def dismiss(actor: Actor, subject: str | None, decision: Because, /, *, key: str) -> Done:
    """The office dismisses it and says why; the awards wait no more."""
    with act(ObjectionAct.DISMISS, actor=actor, key=key, subject=subject, input=decision) as deed:
        objection = _decided(deed, decision, ObjectionAct.DISMISS)
        objection.decision = decision.reason.strip()
        _close(deed, objection, Outcome.DISMISSED)
        deed.tell(reason=objection.decision)
        _hold(deed, objection.attempt)
    return deed.answer()


def recall(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The agency takes its objection back; the awards wait no more."""
    with act(ObjectionAct.RECALL, actor=actor, key=key, subject=subject) as deed:
        objection = _locked(deed, ObjectionAct.RECALL)
        _close(deed, objection, Outcome.RECALLED)
        _hold(deed, objection.attempt)
    return deed.answer()


def lapse(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Nobody asked for a decision in time (complaint.window); the awards wait no more."""
    with act(ObjectionAct.LAPSE, actor=actor, key=key, subject=subject) as deed:
        objection = _locked(deed, ObjectionAct.LAPSE)
        demand(rules.refusals_to_lapse(appeal_due_at=objection.appeal_due_at, now=deed.now))
        _close(deed, objection, Outcome.LAPSED)
        _hold(deed, objection.attempt)
    return deed.answer()


def on_award(deed: Deed) -> None:
    """A step: awards that are made while an objection to their attempt stands wait for its end, also who follows."""
    if deed.about("award") is None:
        return
    attempt = announcements.attempt_of(deed.about("announcement") or "")
    if queries.pausing(attempt.id):
        _hold(deed, attempt)


def settle(deed: Deed, no: str) -> Settled:
    """A step: the deadlines of an open objection, computed anew (rules.md §2.1)."""
    announcement = deed.lock(queries.announcement_of(no))
    objection = deed.lock(queries.row(no))
    if not objection.provisional:
        raise OutOfTurn(queries.phase_of(objection, deed.now), deed.act)
    path, terms = queries.region_path(announcement), queries.decision_terms(announcement)
    moved: list[Moved] = []
    if objection.appealed_at is not None and objection.decide_due_at is not None:
        before, due = objection.decide_due_at, _due(announcement, objection.appealed_at, terms.decide_days)
        objection.decide_due_at = anew(before, due, path=path, now=deed.now)
        moved.append(Moved("deciding", before, objection.decide_due_at))
        objection.provisional = due.provisional
    else:
        if objection.answered_at is None:
            before = objection.answer_due_at
            due = _due(announcement, objection.filed_at, queries.terms(announcement).answer_days(objection.kind))
            objection.answer_due_at = anew(before, due, path=path, now=deed.now)
            moved.append(Moved("objecting", before, objection.answer_due_at))
        before = objection.appeal_due_at
        due = _due(announcement, objection.answered_at or objection.answer_due_at, terms.window_days)
        objection.appeal_due_at = anew(before, due, path=path, now=deed.now)
        moved.append(Moved("appealing", before, objection.appeal_due_at))
        objection.provisional = due.provisional
    _about(deed, objection, announcement, objection.attempt)
    parties = (objection.party_id, queries.purchaser_party(announcement))
    return Settled(tuple(moved), parties, announcement.need.title)


# The hold, and what a decision brings about


def _hold(deed: Deed, attempt: Attempt) -> None:
    """The awards of an attempt wait as long as the objections that stand want it, and no longer."""
    deed.session.flush()
    terms = queries.decision_terms(attempt.announcement)
    ends = [rules.held_until(filed_at=one.filed_at, terms=terms) for one in queries.pausing(attempt.id)]
    awarding.hold(deed, attempt.id, max(ends, default=None))


def _skip(deed: Deed, objection: Objection) -> None:
    """Seed and order stand, nobody is drawn again: the candidate falls, the next one follows (protocol.md §0)."""
    if objection.award is None:
        raise NotFound("award")
    deed.on("award", objection.award.no)
    deed.on("agency", objection.award.agency.organisation.code)
    awarding.fall(deed, objection.award)


def _void(deed: Deed, attempt: Attempt) -> None:
    """The attempt ends, whatever it found; the purchaser may announce the next one (rules.md §3.1 row 38)."""
    for award in awards.in_force(attempt.id, lock=True):
        awarding.release(deed, award)
    selecting.abandon(deed, attempt)
    announcing.decide(deed, attempt, Decision.VOID)


# Rows and deadlines


def _due(announcement: Announcement, since: datetime, days: int) -> Deadline:
    return calendar().due(since, days, path=queries.region_path(announcement))


def _locked(deed: Deed, verb: ObjectionAct) -> Objection:
    """The objection after its announcement and attempt, as everybody locks them who may change an award."""
    announcement = deed.lock(queries.announcement_of(deed.subject or ""))
    deed.session.execute(awards.attempt_locked(announcements.present_attempt(announcement).id))
    objection = deed.lock(queries.row(deed.subject or ""))
    if deed.role is not Role.SYSTEM:
        _guard(deed, objection)
    rules.FLOW.after(queries.phase_of(objection, deed.now), verb)
    _about(deed, objection, announcement, objection.attempt)
    return objection


def _guard(deed: Deed, objection: Objection) -> None:
    """Raises `NotYours` for whom this objection is not."""
    if deed.role is Role.REGULATOR:
        need = objection.announcement.need
        branches.guard_trade(deed, need.region, authorities=need.item.authorities)
        return
    side = objection.party_id if deed.role is Role.AGENCY else queries.purchaser_party(objection.announcement)
    if deed.actor.party_id != side:
        raise NotYours(deed.act)


def _answered(deed: Deed, answer: Because, verb: ObjectionAct, *, conceded: bool) -> Objection:
    objection = _locked(deed, verb)
    demand(rules.refusals_to_answer(answer))
    objection.answered_at, objection.conceded, objection.answer = deed.now, conceded, answer.reason.strip()
    deed.tell(kind=objection.kind.value, reason=objection.answer)
    return objection


def _appeal(deed: Deed, objection: Objection) -> None:
    due = _due(objection.announcement, deed.now, queries.decision_terms(objection.announcement).decide_days)
    objection.appealed_at = deed.now
    objection.decide_due_at, objection.provisional = due.at, due.provisional
    deed.tell(decide_due_at=due.at)


def _decided(deed: Deed, decision: Because, verb: ObjectionAct) -> Objection:
    objection = _locked(deed, verb)
    attempt = objection.attempt
    demand(
        rules.refusals_to_decide(decision, frozen=attempt.frozen_at is not None, drawn=queries.is_drawn(attempt)),
        rulebook=objection.announcement.rulebook,
    )
    return objection


def _close(deed: Deed, objection: Objection, outcome: Outcome) -> None:
    objection.closed_at, objection.outcome, objection.provisional = deed.now, outcome, False
    deed.tell(kind=objection.kind.value)


def _about(deed: Deed, objection: Objection, announcement: Announcement, attempt: Attempt) -> None:
    """The announcement and the objection, never the agency: whose it is, the log does not say."""
    deed.basis, deed.attempt = announcement.rulebook, attempt.number
    deed.on("objection", objection.no)
    deed.on("announcement", announcement.no or "")
    deed.tell(attempt=attempt.number, number=objection.no)
