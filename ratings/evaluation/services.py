"""Opening, filling in, changing, locking and expiring the sheets of a contract."""

from datetime import datetime

from app.act import Deed, act
from app.actor import Actor
from app.calendar.services import anew, calendar
from app.refusal import NotYours, OutOfTurn, demand
from app.region import branches
from app.stage import Moved, Settled
from app.values import Done
from app.workdays import Deadline
from bidding.contract.models import Contract
from marketplace.catalogue.models import Item
from ratings.evaluation import queries, rules
from ratings.evaluation.models import Sheet
from ratings.evaluation.rules import Dimension, EvaluationAct, Evaluator, Marks, Phase
from ratings.performance import queries as performances
from ratings.performance.models import Performance


def on_confirm(deed: Deed) -> None:
    """`deliverable.confirm`: both sheets open, unless the owner's silence has opened them before."""
    no = deed.about("contract") or ""
    performance = deed.session.execute(performances.row(no)).scalar_one()
    if not queries.by_contract(no):
        open_sheets(deed, performance)


def open_sheets(deed: Deed, performance: Performance) -> None:
    """Step: one sheet for each class, due in its own time; the days late are frozen here.

    Source: rules.md §2.8 eval.sheets, eval.owner_deadline, eval.authority_deadline, eval.timeliness_auto.
    """
    contract = performance.contract
    late_days = performances.late_days(performance, now=deed.now)
    for evaluator in Evaluator:
        deadline = _deadline(contract, evaluator, deed.now)
        deed.add(
            Sheet(
                contract_id=contract.id,
                evaluator=evaluator,
                opened_at=deed.now,
                due_at=deadline.at,
                provisional=deadline.provisional,
                late_days=late_days,
            )
        )
        deed.tell(**{f"{evaluator.value}_due_at": deadline.at})


def open_silent(actor: Actor, subject: str | None, /, *, key: str) -> Done:
    """The owner was silent about what was delivered: the sheets open all the same. Source: rules.md §2.8 eval.opens."""
    no = subject or ""
    with act(EvaluationAct.OPEN, actor=actor, key=key, subject=no) as deed:
        performance = deed.lock(performances.row(no))
        if no not in queries.due_for_opening(deed.now):
            raise OutOfTurn("silence", EvaluationAct.OPEN)
        open_sheets(deed, performance)
        _about(deed, performance.contract)
    return deed.answer()


def submit(actor: Actor, subject: str | None, marks: Marks, /, *, key: str) -> Done:
    """The owner or a competent authority hands in its marks; they are public at once and can be changed once.

    Raises `NotYours` for anybody else, `Refused`, `OutOfTurn` where marks are already there. Source: rules.md §3.4.
    """
    no = subject or ""
    with act(EvaluationAct.SUBMIT, actor=actor, key=key, subject=no, input=marks) as deed:
        sheet = _lock(deed, no)
        rules.FLOW.after(queries.phase_of(sheet), EvaluationAct.SUBMIT)
        contract = sheet.contract
        demand(
            rules.refusals_to_submit(marks, turn=queries.turn_of(sheet, actor.party_id), now=deed.now),
            rulebook=contract.award.announcement.rulebook,
        )
        terms = queries.terms_of(contract)
        window = _window(contract, deed.now)
        _write(sheet, marks)
        sheet.timeliness = queries.timeliness_of(sheet, terms)
        sheet.evaluated_by = actor.party
        sheet.submitted_at, sheet.lock_due_at, sheet.provisional = deed.now, window.at, window.provisional
        _about(deed, contract)
        _tell_marks(deed, sheet)
        deed.tell(lock_due_at=window.at)
    return deed.answer()


def edit(actor: Actor, subject: str | None, marks: Marks, /, *, key: str) -> Done:
    """Whoever handed in the marks changes them, once, before they are locked. Source: rules.md §2.8, §3.4."""
    no = subject or ""
    with act(EvaluationAct.EDIT, actor=actor, key=key, subject=no, input=marks) as deed:
        sheet = _lock(deed, no)
        rules.FLOW.after(queries.phase_of(sheet), EvaluationAct.EDIT)
        contract = sheet.contract
        demand(
            rules.refusals_to_edit(marks, turn=queries.turn_of(sheet, actor.party_id), now=deed.now),
            rulebook=contract.award.announcement.rulebook,
        )
        _write(sheet, marks)
        sheet.edited_at = deed.now
        _about(deed, contract)
        _tell_marks(deed, sheet)
    return deed.answer()


def lock(actor: Actor, subject: str | None, /, *, key: str) -> Done:
    """The window for changes is over: from here on the marks count. `subject` is `<contract>/<class>`."""
    no, evaluator = parts(subject)
    with act(EvaluationAct.LOCK, actor=actor, key=key, subject=subject) as deed:
        sheet = deed.lock(queries.row(no, evaluator))
        phase = queries.phase_of(sheet)
        rules.FLOW.after(phase, EvaluationAct.LOCK)
        if sheet.lock_due_at is None or deed.now < sheet.lock_due_at:
            raise OutOfTurn(phase, EvaluationAct.LOCK)
        contract = sheet.contract
        terms = queries.terms_of(contract)
        sheet.locked_at = deed.now
        _about(deed, contract)
        _tell_marks(deed, sheet)
        deed.tell(
            points=rules.points(queries.marks_of(sheet), terms.dimensions),
            weight=terms.weights[evaluator.value],
            category=deed.session.get_one(Item, contract.award.announcement.need.item_code).category,
        )
    return deed.answer()


def expire(actor: Actor, subject: str | None, /, *, key: str) -> Done:
    """The deadline is over without marks: 未评价, no default praise. `subject` is `<contract>/<class>`.

    Source: rules.md §2.8 eval.none.
    """
    no, evaluator = parts(subject)
    with act(EvaluationAct.EXPIRE, actor=actor, key=key, subject=subject) as deed:
        sheet = deed.lock(queries.row(no, evaluator))
        phase = queries.phase_of(sheet)
        rules.FLOW.after(phase, EvaluationAct.EXPIRE)
        if deed.now < sheet.due_at:
            raise OutOfTurn(phase, EvaluationAct.EXPIRE)
        sheet.expired_at = deed.now
        _about(deed, sheet.contract)
        deed.tell(evaluator=evaluator.value)
    return deed.answer()


def settle(deed: Deed, sheet_no: str) -> Settled:
    """A step: the time to mark, or after that to change the marks, computed anew (rules.md §2.1)."""
    no, evaluator = parts(sheet_no)
    sheet = deed.lock(queries.row(no, evaluator))
    phase, contract = queries.phase_of(sheet), sheet.contract
    if not sheet.provisional:
        raise OutOfTurn(phase, deed.act)
    path, changing = queries.path_of(contract), sheet.lock_due_at
    name, before = ("evaluation", sheet.due_at) if changing is None else ("editing", changing)
    sheet.provisional, after = False, before
    if phase is Phase.OPEN:
        found = _deadline(contract, evaluator, sheet.opened_at)
        sheet.due_at = after = anew(before, found, path=path, now=deed.now)
        sheet.provisional = found.provisional
    elif phase is Phase.SUBMITTED and sheet.submitted_at is not None:
        found = _window(contract, sheet.submitted_at)
        sheet.lock_due_at = after = anew(before, found, path=path, now=deed.now)
        sheet.provisional = found.provisional
    _about(deed, contract)
    return Settled((Moved(name, before, after),), tuple(queries.concerned(sheet)), queries.title_of(sheet))


def _deadline(contract: Contract, evaluator: Evaluator, since: datetime) -> Deadline:
    days = queries.terms_of(contract).deadline(evaluator)
    return calendar().due(since, days, path=queries.path_of(contract))


def _window(contract: Contract, since: datetime) -> Deadline:
    return calendar().due(since, queries.terms_of(contract).edit_window, path=queries.path_of(contract))


def parts(subject: str | None) -> tuple[str, Evaluator]:
    """A sheet's contract and class, of `<contract>/<class>` as the sweeps name it."""
    no, _, evaluator = (subject or "").partition("/")
    return no, Evaluator(evaluator)


def _lock(deed: Deed, no: str) -> Sheet:
    """The sheet of the actor's own class; raises `NotYours` for who has no part in the contract."""
    sheet = deed.lock(queries.row(no, rules.EVALUATORS[deed.role]))
    if sheet.evaluator is Evaluator.AUTHORITY:
        need = sheet.contract.award.announcement.need
        branches.guard_trade(deed, need.region, authorities=need.item.authorities)
    elif queries.evaluator_of(deed.actor, sheet.contract) is not sheet.evaluator:
        raise NotYours(deed.act)
    return sheet


def _write(sheet: Sheet, marks: Marks) -> None:
    sheet.quality, sheet.fees = marks.quality, marks.fees
    sheet.attitude, sheet.conduct = marks.attitude, marks.conduct
    sheet.comment = marks.comment.strip() or None


def _about(deed: Deed, contract: Contract) -> None:
    award = contract.award
    deed.subject = contract.no
    deed.attempt = award.attempt.number
    deed.basis = award.announcement.rulebook
    deed.on("contract", contract.no)
    deed.on("announcement", award.announcement.no or "")
    deed.on("agency", award.agency.organisation.code)
    deed.on("purchaser", award.announcement.need.purchaser.organisation.code)


def _tell_marks(deed: Deed, sheet: Sheet) -> None:
    """The marks are public, the words beside them are shown on the page only: they may name people."""
    deed.tell(
        evaluator=sheet.evaluator.value,
        late=rules.is_late(sheet.submitted_at or deed.now, due_at=sheet.due_at),
        **{dimension.value: getattr(sheet, dimension.value) for dimension in Dimension},
    )
