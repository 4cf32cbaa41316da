"""What happens while a contract is kept: started, paused, delivered, returned, confirmed, recorded as late."""

from datetime import datetime

from app import files
from app.act import Deed, act
from app.actor import Actor
from app.calendar.services import anew, calendar
from app.numbering import part
from app.refusal import NotYours, OutOfTurn, demand
from app.stage import Moved, Settled
from app.values import Done, Nothing
from app.workdays import Deadline
from bidding.award import queries as awards
from bidding.contract import queries as contracts
from bidding.contract.rules import Side
from marketplace.announcement import queries as announcements
from ratings.performance import queries, rules
from ratings.performance.models import Deliverable, Pause, Performance
from ratings.performance.rules import Because, Delivery, PerformanceAct, Phase, ServiceClock


def on_contract(deed: Deed) -> None:
    """A step: the service clock starts when the contract is on record (M24)."""
    contract = contracts.by_no(deed.about("contract") or "")
    if contract.days is None:
        raise LookupError(contract.no)
    clock = ServiceClock(deed.now, contract.days, awards.region_path(contract.award))
    due = rules.due(clock, calendar=calendar())
    deed.add(
        Performance(
            contract_id=contract.id,
            started_at=deed.now,
            days=contract.days,
            due_at=due.at,
            unknown_year=due.unknown_year,
            late_level=0,
        )
    )
    deed.tell(service_due_at=due.at)


def on_request(deed: Deed) -> None:
    """A step: nothing about a contract is asked for, agreed or filed once its service is done."""
    _open(deed)


def on_extend(deed: Deed) -> None:
    """A step: more time is asked for in time (rules.md §3.1 row 27)."""
    performance = _open(deed)
    if performance is not None:
        clock = queries.clock_of(performance)
        demand(rules.refusals_to_extend(clock=clock, due_at=performance.due_at, now=deed.now), rulebook=deed.basis)


def on_grant(deed: Deed) -> None:
    """A step: the clock follows the extension, and the purchaser's late answer is left out of it."""
    performance = _open(deed)
    if performance is not None:
        performance.days += deed.public["days"]
        _move_end(performance)
        deed.tell(service_due_at=performance.due_at)


def on_answer(deed: Deed) -> None:
    """A step: a request was refused or taken back; if the purchaser was late with it, the end moves by that."""
    performance = _of_contract(deed)
    if performance is not None and performance.done_at is None:
        _move_end(performance)


def on_end(deed: Deed) -> None:
    """A step: the contract is over before it was performed, and its clock with it."""
    performance = _open(deed)
    if performance is not None:
        _end_pause(deed, performance)
        deed.tell(late=queries.late_days(performance, now=deed.now))


def _of_contract(deed: Deed) -> Performance | None:
    """How the contract of this deed is kept, locked after the contract; None before it is effective."""
    query = queries.row(deed.about("contract") or "").with_for_update().execution_options(populate_existing=True)
    return deed.session.execute(query).scalar_one_or_none()


def _open(deed: Deed) -> Performance | None:
    performance = _of_contract(deed)
    if performance is not None:
        done = Phase.DONE if performance.done_at is not None else Phase.IN_SERVICE
        demand(rules.refusals_to_change(phase=done), rulebook=deed.basis)
    return performance


def pause(actor: Actor, subject: str | None, because: Because, /, *, key: str) -> Done:
    """The purchaser stops the clock, for a reason on his side (rules.md §2.7 contract.extension)."""
    with act(PerformanceAct.PAUSE, actor=actor, key=key, subject=subject, input=because) as deed:
        performance = _own(deed, actor, Side.PURCHASER)
        rules.FLOW.after(queries.phase_of(performance), PerformanceAct.PAUSE)
        demand(rules.refusals_to_give_reason(because))
        deed.add(Pause(performance_id=performance.id, from_at=deed.now, reason=because.reason.strip()))
        _about(deed, performance)
        deed.keep(reason=because.reason.strip())
    return deed.answer()


def resume(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The clock goes on; the end moves by the days left out."""
    with act(PerformanceAct.RESUME, actor=actor, key=key, subject=subject, input=nothing) as deed:
        performance = _own(deed, actor, Side.PURCHASER)
        rules.FLOW.after(queries.phase_of(performance), PerformanceAct.RESUME)
        paused = any(stretch.until_at is None for stretch in performance.pauses)
        demand(rules.refusals_to_resume(paused=paused), rulebook=performance.contract.award.announcement.rulebook)
        _end_pause(deed, performance)
        _move_end(performance)
        _about(deed, performance)
        deed.tell(service_due_at=performance.due_at)
    return deed.answer()


def submit(actor: Actor, subject: str | None, delivery: Delivery, /, *, key: str) -> Done:
    """The agency hands in a version: the clock stops, a pause ends with it (rules.md §3.1 row 30)."""
    with act(PerformanceAct.SUBMIT, actor=actor, key=key, subject=subject, input=delivery) as deed:
        performance = _own(deed, actor, Side.AGENCY)
        rules.FLOW.after(queries.phase_of(performance), PerformanceAct.SUBMIT)
        known = files.known(delivery.file, account_id=actor.account_id) is not None
        demand(rules.refusals_to_submit(file_known=known))
        _end_pause(deed, performance)
        _move_end(performance)
        award = performance.contract.award
        due = _confirm_due(performance, deed.now)
        version = len(performance.deliverables) + 1
        # Contracts of one announcement count together: after a breach, and where several won, there is more than one.
        deed.lock(announcements.row(award.announcement.no or ""))
        no = part(award.announcement.no or "", "D", queries.deliverables_of(award.announcement_id) + 1)
        files.keep(deed, [delivery.file], by=f"deliverable:{no}")
        performance.deliverables.append(
            Deliverable(
                no=no,
                version=version,
                file=delivery.file,
                note=delivery.note.strip(),
                uploaded_at=deed.now,
                confirm_due_at=due.at,
                provisional=due.provisional,
            )
        )
        _about(deed, performance)
        deed.tell(
            deliverable=no,
            file=delivery.file,
            late=queries.late_days(performance, now=deed.now),
            confirm_due_at=due.at,
        )
    return deed.answer()


def return_(actor: Actor, subject: str | None, because: Because, /, *, key: str) -> Done:
    """The purchaser returns the version with reasons; the clock goes on (rules.md §3.1 row 31)."""
    with act(PerformanceAct.RETURN, actor=actor, key=key, subject=subject, input=because) as deed:
        performance = _own(deed, actor, Side.PURCHASER)
        rules.FLOW.after(queries.phase_of(performance), PerformanceAct.RETURN)
        demand(rules.refusals_to_give_reason(because))
        version = performance.deliverables[-1]
        version.returned_at, version.return_reason = deed.now, because.reason.strip()
        _move_end(performance)
        _about(deed, performance)
        deed.tell(deliverable=version.no, service_due_at=performance.due_at)
        deed.keep(reason=version.return_reason)
    return deed.answer()


def confirm(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The purchaser recognises the version: the service is done (rules.md §3.1 row 32)."""
    with act(PerformanceAct.CONFIRM, actor=actor, key=key, subject=subject, input=nothing) as deed:
        performance = _own(deed, actor, Side.PURCHASER)
        rules.FLOW.after(queries.phase_of(performance), PerformanceAct.CONFIRM)
        version = performance.deliverables[-1]
        version.confirmed_at = performance.done_at = deed.now
        _about(deed, performance)
        deed.tell(deliverable=version.no, late=queries.late_days(performance, now=deed.now))
    return deed.answer()


def overdue(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """A level of lateness is reached: public, each level once (rules.md §2.9 V06); credit hears it."""
    with act(PerformanceAct.OVERDUE, actor=actor, key=key, subject=subject, input=nothing) as deed:
        performance = deed.lock(queries.row(subject or ""))
        level = queries.level_due(performance, now=deed.now, days=calendar())
        demand(rules.refusals_to_overdue(level=level))
        performance.late_level = level or performance.late_level
        _about(deed, performance)
        deed.tell(level=performance.late_level, late=queries.late_days(performance, now=deed.now))
    return deed.answer()


def settle(deed: Deed, no: str) -> Settled:
    """A step: the end of the promised working days, computed anew (rules.md §2.1).

    Exactly, also where it comes nearer or is over: lateness is counted in working days, whatever was said before.
    """
    performance = deed.lock(queries.row(no))
    if performance.unknown_year is None:
        raise OutOfTurn(queries.phase_of(performance), deed.act)
    before, performance.unknown_year = performance.due_at, None
    if queries.phase_of(performance) not in (Phase.DONE, Phase.STOPPED):
        _move_end(performance)
    _about(deed, performance)
    return _settled(performance, Moved("service", before, performance.due_at))


def settle_deliverable(deed: Deed, no: str) -> Settled:
    """A step: the purchaser's time to look at a version, computed anew."""
    performance = deed.lock(queries.row_of(no))
    version = next(one for one in performance.deliverables if one.no == no)
    if not version.provisional:
        raise OutOfTurn(queries.phase_of(performance), deed.act)
    before, version.provisional = version.confirm_due_at, False
    if version.returned_at is None and version.confirmed_at is None:
        due = _confirm_due(performance, version.uploaded_at)
        path = awards.region_path(performance.contract.award)
        version.confirm_due_at = anew(before, due, path=path, now=deed.now)
        version.provisional = due.provisional
    deed.subject = performance.contract.no
    _about(deed, performance)
    return _settled(performance, Moved("inspection", before, version.confirm_due_at))


def _settled(performance: Performance, moved: Moved) -> Settled:
    award = performance.contract.award
    parties = (awards.party(award), awards.purchaser_party(award))
    return Settled((moved,), parties, award.announcement.need.title)


def _confirm_due(performance: Performance, since: datetime) -> Deadline:
    days = queries.deliverable_terms(performance).confirm_days
    return calendar().due(since, days, path=awards.region_path(performance.contract.award))


def _own(deed: Deed, actor: Actor, side: Side) -> Performance:
    performance = deed.lock(queries.row(deed.subject or ""))
    if contracts.side_of(performance.contract, actor) is not side:
        raise NotYours(deed.act)
    return performance


def _end_pause(deed: Deed, performance: Performance) -> None:
    for stretch in performance.pauses:
        if stretch.until_at is None:
            stretch.until_at = deed.now


def _move_end(performance: Performance) -> None:
    """The end of the promised days anew, with what has been left out meanwhile."""
    due = rules.due(queries.clock_of(performance), calendar=calendar())
    performance.due_at, performance.unknown_year = due.at, due.unknown_year


def _about(deed: Deed, performance: Performance) -> None:
    contract = performance.contract
    award = contract.award
    deed.attempt = award.attempt.number
    deed.basis = award.announcement.rulebook
    deed.on("contract", contract.no)
    deed.on("announcement", award.announcement.no or "")
    deed.on("agency", award.agency.organisation.code)
    deed.on("purchaser", award.announcement.need.purchaser.organisation.code)
