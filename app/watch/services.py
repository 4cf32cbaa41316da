"""Warning, raising, settling, assigning and closing; recording an outage."""

from collections.abc import Iterator
from datetime import datetime

from app import files
from app.act import Deed, act, chance
from app.actor import Actor, Role
from app.chance import letters
from app.identity import queries as identities
from app.refusal import NotFound, OutOfTurn, Refusal, demand
from app.region import branches
from app.region import queries as regions
from app.stage import Recipient
from app.values import Done, Nothing
from app.watch import queries, rules
from app.watch.models import Alarm
from app.watch.models import Outage as OutageRow
from app.watch.rules import Assignment, Closing, Level, Outage, Phase, WatchAct

REF = 12


def warn(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The end of a limit is near: whoever must act hears of it."""
    with act(WatchAct.WARN, actor=actor, key=key, subject=subject) as deed:
        _raise(deed, Level.WARNING)
    return deed.answer()


def raise_(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """A limit is over that everybody may know of."""
    with act(WatchAct.RAISE, actor=actor, key=key, subject=subject) as deed:
        _raise(deed, Level.ALARM, public=True)
    return deed.answer()


def raise_unseen(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The same for what the public does not know of: checks, reviews, answers."""
    with act(WatchAct.RAISE_UNSEEN, actor=actor, key=key, subject=subject) as deed:
        _raise(deed, Level.ALARM, public=False)
    return deed.answer()


def _raise(deed: Deed, level: Level, *, public: bool | None = None) -> None:
    watch_name, since, no = queries.parts(deed.subject)
    deed.lock_none()
    limit = queries.running(watch_name, no, since)
    if limit is None:
        raise NotFound(deed.subject)
    watch = queries.watches()[watch_name]
    if queries.level_of(limit, now=deed.now) is not level or public not in (None, watch.public):
        raise OutOfTurn(watch_name, deed.act)
    warning = deed.session.execute(queries.warning_of(limit).with_for_update()).scalar_one_or_none()
    if warning is not None:
        warning.closed_at = deed.now
    alarm = deed.add(
        Alarm(
            ref=letters(chance().secret(), REF),
            watch=limit.watch,
            no=limit.no,
            since_at=limit.since,
            level=level,
            ends_at=limit.ends_at,
            region=limit.region,
            title=limit.title,
            party_id=limit.party_id,
            authority=limit.authority,
            raised_at=deed.now,
        )
    )
    deed.tell(watch=limit.watch, ends_at=limit.ends_at)
    _about(deed, alarm)


def settle(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """What a warning or an alarm was about is done, or no longer asked for.

    A warning ends, also where its limit is over and no alarm follows, and so does an alarm that no hand may close;
    every other alarm says so and waits for a hand.
    """
    with act(WatchAct.SETTLE, actor=actor, key=key, subject=subject) as deed:
        alarm = deed.lock(queries.row(subject or ""))
        rules.FLOW.after(queries.phase_of(alarm), WatchAct.SETTLE)
        met = queries.is_met(alarm)
        if alarm.met_at is not None or not (met or queries.is_passed(alarm, deed.now)):
            raise OutOfTurn(queries.phase_of(alarm), deed.act)
        alarm.met_at = deed.now if met else None
        if alarm.level is Level.WARNING or queries.watch_of(alarm).fixed:
            alarm.closed_at = deed.now
        _about(deed, alarm)
    return deed.answer()


def assign(actor: Actor, subject: str | None, assignment: Assignment, /, *, key: str) -> Done:
    """The operator or the supervisor of the branch gives an alarm to an office, or to one account of it."""
    with act(WatchAct.ASSIGN, actor=actor, key=key, subject=subject, input=assignment) as deed:
        alarm = deed.lock(queries.row(subject or ""))
        branches.guard(deed, alarm.region)
        rules.FLOW.after(queries.phase_of(alarm), WatchAct.ASSIGN)
        offices = {office.code: office for office in queries.offices(alarm.region)}
        office = offices.get(assignment.office)
        logins = () if office is None else tuple(login for login, _ in office.accounts)
        demand(
            rules.refusals_to_assign(
                assignment,
                offices=offices.keys(),
                accounts=logins,
                own=queries.is_own(alarm, actor),
                assigned=alarm.assigned_at is not None,
            )
        )
        account = None if assignment.account is None else identities.account_by_login(assignment.account)
        if office is None:
            raise NotFound(assignment.office)
        alarm.assigned_at, alarm.assigned_party_id = deed.now, office.party_id
        alarm.assigned_account_id = None if account is None else account.id
        _about(deed, alarm)
    return deed.answer()


def close(actor: Actor, subject: str | None, closing: Closing, /, *, key: str) -> Done:
    """Whoever an alarm is assigned to closes it, with what was found."""
    with act(WatchAct.CLOSE, actor=actor, key=key, subject=subject, input=closing) as deed:
        alarm = deed.lock(queries.row(subject or ""))
        mine = queries.is_mine(alarm, actor)
        if not mine:
            branches.guard(deed, alarm.region)
        rules.FLOW.after(queries.phase_of(alarm), WatchAct.CLOSE)
        demand(
            rules.refusals_to_close(
                closing,
                fixed=queries.watch_of(alarm).fixed,
                assigned=alarm.assigned_at is not None,
                mine=mine,
                own=queries.is_own(alarm, actor),
            )
        )
        alarm.closed_at, alarm.closed_by = deed.now, actor.party
        alarm.reason, alarm.explanation = closing.reason, closing.explanation.strip()
        _about(deed, alarm)
    return deed.answer()


def against_recording(actor: Actor, subject: str | None, outage: Outage, /, *, now: datetime) -> Iterator[Refusal]:
    """Why an outage cannot be recorded as it is described; asked before the supervisor is, and again with his hand."""
    yield from rules.refusals_to_record(
        outage,
        region_known=regions.is_known(outage.region),
        recorded=queries.overlapping(outage),
        evidence_known=files.known(outage.evidence, account_id=actor.account_id) is not None,
        now=now,
    )


def record(actor: Actor, subject: str | None, outage: Outage, /, *, key: str) -> Done:
    """The operator records what did not work, the supervisor agrees; closings that it cut short are moved (mission.md).

    No closing is chosen by hand: each announcement that was open meanwhile gets back the time that it lost.
    """
    with act(WatchAct.RECORD, actor=actor, key=key, subject=subject, input=outage) as deed:
        # Two that record the same hours at once come one after the other.
        deed.lock(regions.row(regions.path(outage.region)[-1]))
        branches.guard(deed, outage.region)
        branches.guard_consent(deed, outage.region)
        hand = actor.agreed
        demand(against_recording(actor, subject, outage, now=deed.now))
        if hand is None:
            raise OutOfTurn(Phase.RAISED, deed.act)
        no = letters(chance().secret(), REF)
        deed.add(
            OutageRow(
                no=no,
                since_at=outage.since,
                until_at=outage.until,
                region=outage.region,
                failed=outage.failed,
                explanation=outage.explanation.strip(),
                evidence=outage.evidence,
                recorded_at=deed.now,
                recorded_by=actor.party,
                agreed_by=hand.party_id,
            )
        )
        files.keep(deed, [outage.evidence], by=f"outage:{no}")
        deed.subject = no
        deed.on("outage", no)
        deed.tell(
            since=outage.since,
            until=outage.until,
            region=outage.region,
            failed=outage.failed.value,
            explanation=outage.explanation.strip(),
            evidence=outage.evidence,
        )
    return deed.answer()


def _about(deed: Deed, alarm: Alarm) -> None:
    """The thing of which the limit is; the alarm itself only where the entry stays closed."""
    watch = queries.watch_of(alarm)
    no, _, attempt = alarm.no.partition("/")
    deed.subject = alarm.ref
    deed.on(watch.kind, no)
    deed.on("alarm", alarm.ref)
    if attempt.isdigit():
        deed.attempt = int(attempt)
        deed.tell(attempt=deed.attempt)


# Who is told


def told(deed: Deed) -> Iterator[Recipient]:
    """Whoever must act hears a warning; of an alarm the operators and supervisors of the branch hear too."""
    alarm = queries.by_ref(deed.subject or "")
    responsible = queries.responsible(alarm)
    others = [] if alarm.level is Level.WARNING else queries.overseers(alarm)
    for party in dict.fromkeys((*responsible, *others)):
        yield Recipient(party, _said(alarm, yours=party in responsible))


def told_assigned(deed: Deed) -> Iterator[Recipient]:
    """The office that an alarm was given to."""
    alarm = queries.by_ref(deed.subject or "")
    if alarm.assigned_party_id is not None:
        yield Recipient(alarm.assigned_party_id, _said(alarm, yours=True))


def told_closed(deed: Deed) -> Iterator[Recipient]:
    """Whoever had to act learns what came of it, and so does the supervisor."""
    alarm = queries.by_ref(deed.subject or "")
    supervisors = branches.nearest(Role.SUPERVISOR, alarm.region)
    for party in dict.fromkeys((*queries.responsible(alarm), *supervisors)):
        yield Recipient(party, {**_said(alarm, yours=False), "reason": alarm.reason or ""})


def _said(alarm: Alarm, *, yours: bool) -> dict[str, str | int]:
    watch = queries.watch_of(alarm)
    return {
        "what": watch.title,
        "title": alarm.title,
        "no": alarm.no.partition("/")[0],
        "ends_at": alarm.ends_at.isoformat(),
        "event": int(watch.event),
        "yours": int(yours),
    }
