"""What can be seen of evaluations: rows to lock, the public page of a contract's sheets, lists, what falls due."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, cast, func, select, tuple_
from sqlalchemy.orm import lazyload

from app.actor import Actor, Role
from app.audit.canonical import instant
from app.calendar.services import calendar
from app.database import db
from app.identity.models import Organisation
from app.refusal import NotFound, Refusal
from app.region import branches
from app.region import queries as regions
from app.rules_in_force import rulebook
from app.watch.queries import Column, Running, limits
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import WorkCalendar
from bidding.award.models import Award
from bidding.contract import queries as contracts
from bidding.contract.models import Contract
from marketplace.agency.models import Agency
from marketplace.announcement.models import Announcement
from marketplace.catalogue.models import ItemVersion
from marketplace.need.models import Need
from marketplace.purchaser.models import Purchaser
from ratings.evaluation import rules
from ratings.evaluation.models import Sheet
from ratings.evaluation.rules import Dimension, EvaluationTerms, Evaluator, Phase, Turn
from ratings.performance.models import Deliverable, Performance

WAITING = 50
"""So many sheets are listed on one desk at most."""


@dataclass(frozen=True, slots=True)
class SheetView:
    """One sheet as everybody sees it; marks, points and reasons only once they were handed in.

    `timeliness` is what the system computed from `late_days`, before the sheet is handed in what it will be. `points`
    are thousandths of 0…100.
    """

    evaluator: Evaluator
    phase: Phase
    opened_at: datetime
    due_at: datetime
    late_days: int
    timeliness: int
    marks: Mapping[str, int]
    points: int | None
    comment: str | None
    evaluated_by: str | None
    submitted_at: datetime | None
    late: bool
    edited_at: datetime | None
    lock_due_at: datetime | None
    locked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ContractEvaluation:
    """A contract's sheets, and what the person who looks may do with the one of his class.

    `refused` are the reasons why the act that would be his turn cannot be done now; with `turn` None nothing is.
    """

    no: str
    announcement_no: str
    title: str
    agency_code: str
    agency_name: str
    purchaser_name: str
    rulebook_id: str
    weights: Mapping[str, int]
    sheets: tuple[SheetView, ...]
    turn: Evaluator | None
    may_submit: bool
    may_edit: bool
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One sheet that waits for marks."""

    no: str
    title: str
    due_at: datetime
    expired: bool


def row(contract_no: str, evaluator: Evaluator) -> Select[Sheet]:
    """The one sheet of a class, to be locked; the contract's row stays free."""
    return (
        select(Sheet)
        .where(Sheet.contract_id == _contract_id(contract_no), Sheet.evaluator == evaluator)
        .options(lazyload("*"))
    )


def _contract_id(no: str) -> Any:
    return select(Contract.id).where(Contract.no == no).scalar_subquery()


def by_contract(no: str) -> tuple[Sheet, ...]:
    """The sheets of a contract, the owner's first; none before they open."""
    found = db.session.execute(select(Sheet).where(Sheet.contract_id == _contract_id(no)).order_by(Sheet.id))
    return tuple(found.scalars())


def phase_of(sheet: Sheet) -> Phase:
    """Where a sheet stands."""
    return rules.phase_of(submitted_at=sheet.submitted_at, locked_at=sheet.locked_at, expired_at=sheet.expired_at)


def turn_of(sheet: Sheet, party_id: int | None) -> Turn:
    """Where a sheet stands for one organisation that wants to mark it."""
    return Turn(
        evaluator=sheet.evaluator,
        due_at=sheet.due_at,
        lock_due_at=sheet.lock_due_at,
        edited=sheet.edited_at is not None,
        mine=sheet.evaluated_by is not None and sheet.evaluated_by == party_id,
    )


def marks_of(sheet: Sheet) -> dict[str, int]:
    """All five marks by dimension; empty before they were handed in."""
    if sheet.submitted_at is None:
        return {}
    return {dimension.value: getattr(sheet, dimension.value) for dimension in Dimension}


def terms_of(contract: Contract) -> EvaluationTerms:
    """The rules the procedure was published under."""
    return rulebook(contract.award.announcement.rulebook or "").terms(EvaluationTerms)


def path_of(contract: Contract) -> tuple[str, ...]:
    """The need's region upwards."""
    return regions.path(contract.award.announcement.need.region)


def timeliness_of(sheet: Sheet, terms: EvaluationTerms) -> int:
    """The mark the system gives for the days late that were frozen at the opening."""
    return rules.timeliness_mark(sheet.late_days, marks=terms.timeliness_marks, beyond=terms.timeliness_mark_beyond)


def evaluator_of(actor: Actor, contract: Contract) -> Evaluator | None:
    """In which class an actor marks this contract, None where he has no part in it.

    The owner's people mark as OWNER; as AUTHORITY the competent office of each of the item's trades: the nearest one.
    """
    need = contract.award.announcement.need
    if Role.PURCHASER in actor.roles and actor.party_id == need.purchaser.organisation_id:
        return Evaluator.OWNER
    if branches.decides(actor, need.region, authorities=need.item.authorities):
        return Evaluator.AUTHORITY
    return None


def offices(contract: Contract) -> list[int]:
    """The offices to be told that a sheet waits; any one of them may mark."""
    need = contract.award.announcement.need
    return branches.deciding(need.region, authorities=need.item.authorities)


def concerned(sheet: Sheet) -> list[int]:
    """The organisations whose sheet it is: the owner, or the offices."""
    if sheet.evaluator is Evaluator.AUTHORITY:
        return offices(sheet.contract)
    return [sheet.contract.award.announcement.need.purchaser.organisation_id]


def title_of(sheet: Sheet) -> str:
    """What was bought, in the need's words."""
    return sheet.contract.award.announcement.need.title


def _view(sheet: Sheet, terms: EvaluationTerms) -> SheetView:
    marks = marks_of(sheet)
    return SheetView(
        evaluator=sheet.evaluator,
        phase=phase_of(sheet),
        opened_at=sheet.opened_at,
        due_at=sheet.due_at,
        late_days=sheet.late_days,
        timeliness=timeliness_of(sheet, terms),
        marks=marks,
        points=rules.points(marks, terms.dimensions) if marks else None,
        comment=sheet.comment,
        evaluated_by=sheet.evaluating.name if sheet.evaluating else None,
        submitted_at=sheet.submitted_at,
        late=sheet.submitted_at is not None and rules.is_late(sheet.submitted_at, due_at=sheet.due_at),
        edited_at=sheet.edited_at,
        lock_due_at=sheet.lock_due_at,
        locked_at=sheet.locked_at,
    )


def page(no: str, *, actor: Actor, now: datetime) -> ContractEvaluation:
    """The public page of a contract's sheets. Raises `NotFound` for an unknown contract."""
    contract = db.session.execute(select(Contract).where(Contract.no == no)).scalar_one_or_none()
    if contract is None:
        raise NotFound(no)
    terms = terms_of(contract)
    announcement = contract.award.announcement
    sheets = by_contract(no)
    evaluator = evaluator_of(actor, contract)
    mine = next((sheet for sheet in sheets if sheet.evaluator is evaluator), None)
    waits = mine is not None and mine.submitted_at is None
    changeable = mine is not None and mine.submitted_at is not None and mine.locked_at is None
    return ContractEvaluation(
        no=no,
        announcement_no=announcement.no or "",
        title=announcement.need.title,
        agency_code=contract.award.agency.organisation.code,
        agency_name=contract.award.agency.organisation.name,
        purchaser_name=announcement.need.purchaser.organisation.name,
        rulebook_id=announcement.rulebook or "",
        weights=terms.dimensions,
        sheets=tuple(_view(sheet, terms) for sheet in sheets),
        turn=evaluator,
        may_submit=waits,
        may_edit=changeable,
        refused=() if mine is None else tuple(_refused(mine, actor, now=now)),
    )


def _refused(sheet: Sheet, actor: Actor, *, now: datetime) -> Iterator[Refusal]:
    turn = turn_of(sheet, actor.party_id)
    if sheet.submitted_at is None:
        yield from rules.refusals_to_submit_now(turn, now=now)
    elif sheet.locked_at is None:
        yield from rules.refusals_to_edit_now(turn, now=now)


def given(no: str, *, actor: Actor) -> Mapping[str, Any]:
    """What an actor's own class has marked, for the form that changes it; nothing where there is nothing."""
    for sheet in by_contract(no):
        if sheet.submitted_at is not None and evaluator_of(actor, sheet.contract) is sheet.evaluator:
            return {**{mark.value: getattr(sheet, mark.value) for mark in rules.GIVEN}, "comment": sheet.comment or ""}
    return {}


# Lists


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One sheet with marks as lists show it; points are thousandths of 0…100."""

    id: int
    no: str
    title: str
    agency: str
    evaluator: Evaluator
    points: int
    comment: str | None
    submitted_at: datetime
    locked: bool


@dataclass(frozen=True, slots=True)
class Received:
    """What an agency's card says of evaluations: how many, their mean in thousandths (cut down), the latest of them."""

    count: int
    mean: int | None
    latest: tuple[SheetLine, ...]


MOST = 1_000
"""Of so many evaluations, the latest ones, the mean on a card is made."""


def received(code: str, *, size: int = 20) -> Received:
    """The evaluations of an agency by its code, the newest first; those not handed in count nowhere."""
    query = _marked().where(Organisation.code == code).order_by(Sheet.submitted_at.desc(), Sheet.id.desc())
    lines = tuple(_sheet_line(row) for row in db.session.execute(query.limit(MOST)))
    mean = sum(line.points for line in lines) // len(lines) if lines else None
    return Received(len(lines), mean, lines[:size])


def made_by(party_id: int, after: str | None = None, *, size: int = SIZE) -> Listing[SheetLine]:
    """What an organisation has handed in, the newest first."""
    query = _marked().where(Sheet.evaluated_by == party_id)
    key = parsed(after, (datetime, int))
    if key is not None:
        query = query.where(tuple_(Sheet.submitted_at, Sheet.id) < key)
    query = query.order_by(Sheet.submitted_at.desc(), Sheet.id.desc()).limit(size + 1)
    lines = [_sheet_line(row) for row in db.session.execute(query)]
    return listing(lines, size=size, key=lambda line: (line.submitted_at.isoformat(), line.id))


DIMENSIONS = tuple(getattr(Sheet, dimension.value) for dimension in Dimension)


def _marked() -> Select[Any]:
    """The sheets with marks, by columns: a card may be made of hundreds of them."""
    return (
        select(
            Sheet.id,
            Contract.no,
            Need.title,
            Organisation.name,
            Sheet.evaluator,
            Sheet.comment,
            Sheet.submitted_at,
            Sheet.locked_at,
            Announcement.rulebook,
            *DIMENSIONS,
        )
        .select_from(Sheet)
        .join(Contract, Contract.id == Sheet.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Agency, Agency.id == Award.agency_id)
        .join(Organisation, Organisation.id == Agency.organisation_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .where(Sheet.submitted_at.is_not(None))
    )


def _sheet_line(row: Row[Any]) -> SheetLine:
    marks = {dimension.value: getattr(row, dimension.value) for dimension in Dimension}
    weights = rulebook(row.rulebook or "").terms(EvaluationTerms).dimensions
    return SheetLine(
        id=row.id,
        no=row.no,
        title=row.title,
        agency=row.name,
        evaluator=row.evaluator,
        points=rules.points(marks, weights),
        comment=row.comment,
        submitted_at=row.submitted_at,
        locked=row.locked_at is not None,
    )


# What waits, and what falls due

UNMARKED = (Sheet.submitted_at.is_(None),)


def waiting_for(actor: Actor, *, now: datetime) -> list[Waiting]:
    """The sheets that wait for this person's organisation, as owner or as office, the most urgent first."""
    owned = waiting_for_owner(actor.party, now=now) if Role.PURCHASER in actor.roles else []
    return owned + (waiting_for_authority(actor, now=now) if Role.REGULATOR in actor.roles else [])


def waiting_for_owner(party_id: int, *, now: datetime) -> list[Waiting]:
    """The sheets a purchaser's organisation owes, the most urgent first; late ones while they are still taken."""
    return _waiting(
        Sheet.evaluator == Evaluator.OWNER,
        Sheet.due_at > now - rules.LATE_FOR,
        Purchaser.organisation_id == party_id,
    )


def waiting_for_authority(actor: Actor, *, now: datetime) -> list[Waiting]:
    """The sheets that wait for an office, of its trades and where it is the competent one, the most urgent first."""
    return _waiting(
        Sheet.evaluator == Evaluator.AUTHORITY,
        Sheet.due_at > now,
        branches.decided(Need.region, ItemVersion.authorities, actor),
    )


def _waiting(*where: ColumnElement[bool]) -> list[Waiting]:
    query = (
        select(Contract.no, Need.title, Sheet.due_at, Sheet.expired_at)
        .select_from(Sheet)
        .join(Contract, Contract.id == Sheet.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .join(ItemVersion, ItemVersion.id == Need.item_version_id)
        .where(*UNMARKED, *where)
        .order_by(Sheet.due_at, Sheet.id)
        .limit(WAITING)
    )
    return [
        Waiting(no, title, due_at, expired_at is not None)
        for no, title, due_at, expired_at in db.session.execute(query)
    ]


def overdue_by(party_id: int, *, now: datetime) -> list[str]:
    """The contracts a purchaser's organisation has not evaluated in time and still can: what blocks new notices (M30).

    After `rules.LATE_FOR` nothing is left to be cured, and the record alone remains. Source: rules.md §2.8 eval.none.
    """
    query = (
        select(Contract.no)
        .select_from(Sheet)
        .join(Contract, Contract.id == Sheet.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(
            *UNMARKED,
            Sheet.evaluator == Evaluator.OWNER,
            Sheet.due_at <= now,
            Sheet.due_at > now - rules.LATE_FOR,
            Purchaser.organisation_id == party_id,
        )
        .order_by(Sheet.due_at, Sheet.id)
    )
    return list(db.session.execute(query).scalars())


def silences() -> Iterator[tuple[str, datetime]]:
    """Contracts whose owner has said nothing to what was delivered, and until when he may before the sheets open.

    Source: rules.md §2.8 eval.opens.
    """
    query = (
        select(Contract.no, Announcement.rulebook, Need.region, Deliverable.uploaded_at)
        .select_from(Deliverable)
        .join(Performance, Performance.id == Deliverable.performance_id)
        .join(Contract, Contract.id == Performance.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .where(
            Deliverable.confirmed_at.is_(None),
            Deliverable.returned_at.is_(None),
            Performance.done_at.is_(None),
            ~contracts.ENDED,
            ~select(Sheet.id).where(Sheet.contract_id == Contract.id).exists(),
        )
        .order_by(Deliverable.id)
    )
    rows = db.session.execute(query).all()
    days = calendar() if rows else None
    for no, book, region, uploaded_at in rows:
        if days is not None:
            terms = rulebook(book or "").terms(EvaluationTerms)
            yield no, days.due(uploaded_at, terms.opens_after_silence, path=regions.path(region)).at


def provisional(days: WorkCalendar) -> Select[str, str]:
    """`<contract>/<class>` of sheets whose running deadline was computed without its year, now known."""
    return (
        select(Contract.no + "/" + cast(Sheet.evaluator, String), cast(Sheet.version, String))
        .join(Sheet, Sheet.contract_id == Contract.id)
        .where(Sheet.provisional, func.coalesce(Sheet.lock_due_at, Sheet.due_at) <= days.certain_until)
    )


def due_for_opening(now: datetime) -> list[str]:
    """Contracts whose sheets open because the owner was silent."""
    return [no for no, due_at in silences() if due_at <= now]


def next_opening(now: datetime) -> datetime | None:
    """When the next silence is over."""
    return min((due_at for _, due_at in silences() if due_at > now), default=None)


def due_for_expiry(now: datetime) -> list[tuple[str, Evaluator]]:
    """Sheets without marks whose deadline is over and not yet recorded."""
    return _sheets(*UNMARKED, Sheet.expired_at.is_(None), Sheet.due_at <= now)


def next_expiry(now: datetime) -> datetime | None:
    """The next deadline of a sheet without marks."""
    return db.session.execute(
        select(func.min(Sheet.due_at)).where(*UNMARKED, Sheet.expired_at.is_(None), Sheet.due_at > now)
    ).scalar()


def due_for_lock(now: datetime) -> list[tuple[str, Evaluator]]:
    """Sheets whose window for changes is over."""
    return _sheets(Sheet.locked_at.is_(None), Sheet.lock_due_at <= now)


def next_lock(now: datetime) -> datetime | None:
    """When the next window for changes is over."""
    return db.session.execute(
        select(func.min(Sheet.lock_due_at)).where(Sheet.locked_at.is_(None), Sheet.lock_due_at > now)
    ).scalar()


def _sheets(*where: ColumnElement[bool]) -> list[tuple[str, Evaluator]]:
    query = (
        select(Contract.no, Sheet.evaluator)
        .join(Contract, Contract.id == Sheet.contract_id)
        .where(*where)
        .order_by(Sheet.id)
    )
    return [(no, evaluator) for no, evaluator in db.session.execute(query)]


def archived(*, no: str) -> Mapping[str, Any]:
    """A contract's part of its archive: the sheets that were handed in, as the machine API tells them."""
    handed_in = [_members(sheet) for sheet in by_contract(no) if sheet.submitted_at is not None]
    return {"documents": {"evaluation.json": handed_in}} if handed_in else {}


# What machines read


def public_list(
    after: str | None, limit: int = SIZE, *, agency: str | None = None, evaluator: str | None = None
) -> Listing[Mapping[str, Any]]:
    """Evaluations that were handed in, newest first; `agency` is a USCC, `evaluator` a class."""
    query = (
        select(Sheet)
        .where(Sheet.submitted_at.is_not(None))
        .order_by(Sheet.submitted_at.desc(), Sheet.id.desc())
        .limit(limit + 1)
    )
    key = parsed(after, (datetime, int))
    if key is not None:
        query = query.where(tuple_(Sheet.submitted_at, Sheet.id) < key)
    if agency is not None:
        query = query.where(
            Sheet.contract_id.in_(
                select(Contract.id)
                .join(Award, Award.id == Contract.award_id)
                .join(Agency, Agency.id == Award.agency_id)
                .join(Organisation, Organisation.id == Agency.organisation_id)
                .where(Organisation.code == agency)
            )
        )
    if evaluator is not None:
        query = query.where(Sheet.evaluator.in_([known for known in Evaluator if known.value == evaluator]))
    found = listing(
        db.session.execute(query).scalars().all(),
        size=limit,
        key=lambda sheet: (sheet.submitted_at.isoformat(), sheet.id),
    )
    return Listing(tuple(_members(sheet) for sheet in found.rows), found.after)


def _members(sheet: Sheet) -> dict[str, Any]:
    contract = sheet.contract
    view = _view(sheet, terms_of(contract))
    return {
        "contract": contract.no,
        "announcement": contract.award.announcement.no,
        "item": contract.award.announcement.need.item_code,
        "agency": {"code": contract.award.agency.organisation.code, "name": contract.award.agency.organisation.name},
        "evaluator": view.evaluator.value,
        "evaluated_by": view.evaluated_by,
        "phase": view.phase.value,
        "marks": dict(view.marks),
        "late_days": view.late_days,
        "points": view.points,
        "comment": view.comment,
        "late": view.late,
        "submitted_at": None if view.submitted_at is None else instant(view.submitted_at),
        "locked_at": None if view.locked_at is None else instant(view.locked_at),
    }


MARK = {"type": "integer", "minimum": 1, "maximum": 5}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "contract": {"type": "string"},
        "announcement": {"type": "string"},
        "item": {"type": "string"},
        "agency": {
            "type": "object",
            "properties": {"code": {"type": "string"}, "name": {"type": "string"}},
            "required": ["code", "name"],
        },
        "evaluator": {"type": "string", "enum": [known.value for known in Evaluator]},
        "evaluated_by": {"type": ["string", "null"]},
        "phase": {"type": "string", "enum": [known.value for known in Phase]},
        "marks": {
            "type": "object",
            "properties": {dimension.value: MARK for dimension in Dimension},
            "required": [dimension.value for dimension in Dimension],
        },
        "late_days": {"type": "integer", "minimum": 0},
        "points": {"type": "integer", "minimum": 0, "maximum": 100_000},
        "comment": {"type": ["string", "null"]},
        "late": {"type": "boolean"},
        "submitted_at": {"type": "string", "format": "date-time"},
        "locked_at": {"type": ["string", "null"], "format": "date-time"},
    },
    "required": ["contract", "announcement", "agency", "evaluator", "marks", "points", "submitted_at"],
}


# What is watched


def _unmarked(evaluator: Evaluator, party: Column | None = None) -> Running:
    return (
        limits(no=Contract.no, at=Sheet.due_at, region=Need.region, title=Need.title, party=party)
        .select_from(Sheet)
        .join(Contract, Contract.id == Sheet.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(Sheet.evaluator == evaluator, Sheet.submitted_at.is_(None), Sheet.expired_at.is_(None))
    )


def unmarked_by_owner() -> Running:
    """Sheets that wait for the owner's marks, with the end of its time."""
    return _unmarked(Evaluator.OWNER, Purchaser.organisation_id)


def unmarked_by_authority() -> Running:
    """Sheets that wait for the marks of a trade's office, with the end of its time."""
    return _unmarked(Evaluator.AUTHORITY)


def offices_of(contract_no: str) -> list[int]:
    """The offices that may mark a contract."""
    return [party for sheet in by_contract(contract_no)[:1] for party in offices(sheet.contract)]
