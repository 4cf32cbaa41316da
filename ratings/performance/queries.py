"""What can be seen of how contracts are kept: clocks, deliverables, what is late, who may read which file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, String, bindparam, cast, func, literal, select
from sqlalchemy.orm import lazyload

from app.actor import Actor
from app.calendar.services import calendar, stamp
from app.database import Instant, db
from app.identity.models import Organisation
from app.refusal import NotFound, NotYours
from app.region import branches
from app.region import queries as regions
from app.rules_in_force import rulebook
from app.watch.queries import Column, Running, limits
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import WorkCalendar
from bidding.award import queries as awards
from bidding.award.models import Award
from bidding.contract import queries as contracts
from bidding.contract.models import Contract, ContractRequest
from bidding.contract.rules import Kind, Side
from marketplace.agency.models import Agency
from marketplace.announcement.models import Announcement
from marketplace.need.models import Need
from marketplace.purchaser.models import Purchaser
from ratings.performance import rules
from ratings.performance.models import Deliverable, Pause, Performance
from ratings.performance.rules import LEVELS, ONE_DAY, DeliverableTerms, Handed, PerformanceAct, Phase, ServiceClock


def row(no: str) -> Select[Performance]:
    """The row of the performance of a contract, to be locked; it alone."""
    found = select(Contract.id).where(Contract.no == no).scalar_subquery()
    return select(Performance).where(Performance.contract_id == found).options(lazyload("*"))


def by_contract_no(no: str) -> Performance:
    """How a contract is kept; raises `NotFound` before it is effective."""
    query = select(Performance).join(Contract, Contract.id == Performance.contract_id).where(Contract.no == no)
    found = db.session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(no)
    return found


def clock_of(performance: Performance) -> ServiceClock:
    """The clock of a row."""
    return ServiceClock(
        started_at=performance.started_at,
        days=performance.days,
        path=awards.region_path(performance.contract.award),
        pauses=tuple((pause.from_at, pause.until_at) for pause in performance.pauses),
        handed=tuple(Handed(one.uploaded_at, one.returned_at, one.confirmed_at) for one in performance.deliverables),
        silences=contracts.silences(performance.contract),
        ended_at=contracts.ended_at(performance.contract),
    )


def phase_of(performance: Performance) -> Phase:
    """The phase of a row."""
    return rules.phase_of(done_at=performance.done_at, clock=clock_of(performance))


def late_days(performance: Performance, *, now: datetime) -> int:
    """Working days late, at `now` or at the upload that stopped the clock; after the end, for good."""
    return rules.late_days(clock_of(performance), now=now, calendar=calendar())


def used_days(performance: Performance, *, now: datetime) -> int:
    """Working days used of the promised ones, counted as lateness is."""
    return rules.used_days(clock_of(performance), until=now, calendar=calendar())


def deliverable_terms(performance: Performance) -> DeliverableTerms:
    """The terms the contract's announcement was published under."""
    return rulebook(performance.contract.award.announcement.rulebook or "").terms(DeliverableTerms)


def deliverable_for(no: str, *, actor: Actor) -> str:
    """The SHA-256 of a deliverable; raises `NotFound`, or `NotYours` for whom it does not concern."""
    query = select(Deliverable, Contract).join(Performance, Performance.id == Deliverable.performance_id)
    found = db.session.execute(
        query.join(Contract, Contract.id == Performance.contract_id).where(Deliverable.no == no)
    ).first()
    if found is None:
        raise NotFound(no)
    deliverable, contract = found
    if not contracts.concerns(contract, actor):
        raise NotYours(no)
    return deliverable.file


def deliverables_of(announcement_id: int) -> int:
    """How many versions all contracts of an announcement have had: the next one's place in its number."""
    return db.session.execute(
        select(func.count())
        .select_from(Deliverable)
        .join(Performance, Performance.id == Deliverable.performance_id)
        .join(Contract, Contract.id == Performance.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .where(Award.announcement_id == announcement_id)
    ).scalar_one()


# Lateness

OPEN = (
    Performance.done_at.is_(None),
    ~select(ContractRequest.id)
    .where(ContractRequest.contract_id == Performance.contract_id, ContractRequest.ends)
    .correlate(Performance)
    .exists(),
)
"""In service: neither done nor ended before its time."""


LONG_OVER = select(Performance.id).where(
    Performance.late_level < LEVELS[-1], Performance.due_at <= bindparam("earliest", type_=Instant()), *OPEN
)


def _running(now: datetime) -> Iterator[Performance]:
    """Performances so long over at `now` that a level may be reached, and of which one may still be unrecorded."""
    earliest = now - (LEVELS[0] - 1) * ONE_DAY
    # Keys first: every round of the sweep asks, there is mostly none, and each row brings half the market with it.
    if db.session.execute(LONG_OVER, {"earliest": earliest}).first() is not None:
        query = select(Performance).where(Performance.id.in_(LONG_OVER)).order_by(Performance.id)
        yield from db.session.execute(query, {"earliest": earliest}).scalars()


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Contracts whose end of service was computed without a year that this calendar knows."""
    return (
        select(Contract.no, cast(Performance.version, String))
        .join(Performance, Performance.contract_id == Contract.id)
        .where(Performance.unknown_year < days.first_unknown)
    )


def provisional_deliverables(days: WorkCalendar) -> Select[str, str]:
    """Deliverables that are to be looked at by a date computed without its year, which this calendar knows."""
    return select(Deliverable.no, stamp(Deliverable.confirm_due_at)).where(
        Deliverable.provisional, Deliverable.confirm_due_at <= days.certain_until
    )


def row_of(deliverable_no: str) -> Select[Performance]:
    """The row of the performance of a deliverable, to be locked; it alone."""
    found = select(Deliverable.performance_id).where(Deliverable.no == deliverable_no).scalar_subquery()
    return select(Performance).where(Performance.id == found).options(lazyload("*"))


def level_due(performance: Performance, *, now: datetime, days: WorkCalendar) -> int | None:
    """The level of lateness that is reached and not yet recorded."""
    late = rules.late_days(clock_of(performance), now=now, calendar=days)
    return rules.level_due(late, performance.late_level)


def due_for_overdue(now: datetime) -> list[str]:
    """`<contract number>/<level>` where lateness has reached a level that is not recorded."""
    days = calendar()
    reached = ((one.contract.no, level_due(one, now=now, days=days)) for one in _running(now))
    return [f"{no}/{level}" for no, level in reached if level is not None]


def next_overdue(now: datetime) -> datetime | None:
    """The first instant after `now` at which the 11th or 31st late day of any running clock begins.

    Asked of columns: where no stop touches the late days, they follow from the end of the promised ones alone.
    """
    days, first = calendar(), None
    halted = select(Pause.id).where(Pause.performance_id == Performance.id)
    handed = select(Deliverable.id).where(Deliverable.performance_id == Performance.id)
    silent = select(ContractRequest.id).where(
        ContractRequest.contract_id == Performance.contract_id,
        ContractRequest.kind == Kind.EXTENSION,
        ContractRequest.unanswered_at.is_not(None),
    )
    query = (
        select(
            Performance.id,
            Performance.due_at,
            Need.region,
            halted.exists() | handed.exists() | silent.exists() | Performance.unknown_year.is_not(None),
        )
        .join(Contract, Contract.id == Performance.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .where(
            *OPEN,
            Performance.late_level < LEVELS[-1],
            ~handed.where(Deliverable.returned_at.is_(None)).exists(),
            ~halted.where(Pause.until_at.is_(None)).exists(),
            ~silent.where(ContractRequest.closed_at.is_(None)).exists(),
        )
    )
    for key, due_at, region, closely in db.session.execute(query.order_by(Performance.due_at)):
        # The first level needs so many days after the end, so whoever ends much later cannot come first.
        if first is not None and due_at + (LEVELS[0] - 1) * ONE_DAY >= first:
            break
        clock = clock_of(db.session.get_one(Performance, key)) if closely else None
        for level in LEVELS:
            at = (
                rules.late_after(due_at, level, path=regions.path(region), calendar=days)
                if clock is None
                else rules.late_from(clock, level, calendar=days)
            )
            if at is not None and at > now and (first is None or at < first):
                first = at
                break
    return first


def _over_time(party: ColumnElement[int], now: ColumnElement[datetime]) -> Select[int]:
    """An agency's open deliveries whose time is over: asked whenever somebody wants to take part, and mostly none."""
    return (
        select(Performance.id)
        .join(Contract, Contract.id == Performance.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Agency, Agency.id == Award.agency_id)
        .where(Agency.organisation_id == party, *OPEN, Performance.due_at <= now)
    )


def any_over_time(party: ColumnElement[int], now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether `open_late` may have anything to say, as part of another question."""
    return _over_time(party, now).exists()


def open_late(party_id: int, *, now: datetime, over: int) -> list[str]:
    """Contract numbers of an agency's open deliveries that are more than `over` working days late."""
    over_time = _over_time(literal(party_id, BigInteger()), literal(now, Instant()))
    return [
        one.contract.no for one in _late(select(Performance).where(Performance.id.in_(over_time)), now=now, over=over)
    ]


def all_open_late(*, now: datetime, over: int) -> Mapping[int, tuple[str, ...]]:
    """The same for every agency at once, by its organisation."""
    found: dict[int, tuple[str, ...]] = {}
    for one in _late(select(Performance), now=now, over=over):
        party_id = awards.party(one.contract.award)
        found[party_id] = (*found.get(party_id, ()), one.contract.no)
    return found


def _late(query: Select[Performance], *, now: datetime, over: int) -> Iterator[Performance]:
    """Open deliveries more than `over` working days late, in the order in which they began.

    What lies with the purchaser is closed for this question: the agency has done what it can. Source: rules.md §2.9.
    """
    query = query.where(*OPEN, Performance.due_at <= now).order_by(Performance.id)
    days = calendar()
    for one in db.session.execute(query).scalars():
        clock = clock_of(one)
        if clock.standing is None and rules.late_days(clock, now=now, calendar=days) > over:
            yield one


def state(no: str, *, now: datetime) -> Mapping[str, Any] | None:
    """Due instant, used and late working days of a contract's service, and whether it is done; None before it began."""
    try:
        performance = by_contract_no(no)
    except NotFound:
        return None
    return {
        "due_at": performance.due_at,
        "used": used_days(performance, now=now),
        "late": late_days(performance, now=now),
        "done": performance.done_at is not None,
    }


def archived(*, no: str) -> Mapping[str, Any]:
    """A contract's part of its archive: how it was kept, for whom it concerns, and the files that were delivered."""
    try:
        performance = by_contract_no(no)
    except NotFound:
        return {}
    versions = performance.deliverables
    return {
        "documents": {
            "performance.json": {
                "contract": no,
                "started_at": performance.started_at,
                "days": performance.days,
                "due_at": performance.due_at,
                "done_at": performance.done_at,
                "phase": phase_of(performance).value,
                "pauses": [
                    {"from_at": pause.from_at, "until_at": pause.until_at, "reason": pause.reason}
                    for pause in performance.pauses
                ],
                "deliverables": [
                    {
                        "no": one.no,
                        "version": one.version,
                        "file": one.file,
                        "note": one.note,
                        "uploaded_at": one.uploaded_at,
                        "returned_at": one.returned_at,
                        "return_reason": one.return_reason,
                        "confirmed_at": one.confirmed_at,
                    }
                    for one in versions
                ],
            }
        },
        "files": {f"deliverables/{one.no}": one.file for one in versions},
    }


# Lists


def _of_party_query(party_id: int, side: Side | None = None) -> Select[Performance]:
    serves, needs = Agency.organisation_id == party_id, Purchaser.organisation_id == party_id
    wanted = {None: serves | needs, Side.AGENCY: serves, Side.PURCHASER: needs}
    return (
        select(Performance)
        .join(Contract, Contract.id == Performance.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Agency, Agency.id == Award.agency_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(wanted[side])
    )


@dataclass(frozen=True, slots=True)
class PerformanceLine:
    """One contract's keeping as lists show it: promised, used and late working days."""

    id: int
    contract_no: str
    title: str
    purchaser: str
    agency: str
    phase: Phase
    days: int
    used: int
    late: int
    due_at: datetime
    done_at: datetime | None


def _line(performance: Performance, *, now: datetime, days: WorkCalendar) -> PerformanceLine:
    clock = clock_of(performance)
    need = performance.contract.award.announcement.need
    return PerformanceLine(
        id=performance.id,
        contract_no=performance.contract.no,
        title=need.title,
        purchaser=need.purchaser.organisation.name,
        agency=performance.contract.award.agency.organisation.name,
        phase=rules.phase_of(done_at=performance.done_at, clock=clock),
        days=performance.days,
        used=rules.used_days(clock, until=now, calendar=days),
        late=rules.late_days(clock, now=now, calendar=days),
        due_at=performance.due_at,
        done_at=performance.done_at,
    )


def of_party(party_id: int, after: str | None = None, *, now: datetime, size: int = SIZE) -> Listing[PerformanceLine]:
    """What an organisation keeps or has kept for it, newest first."""
    key = parsed(after, (int,))
    query = _of_party_query(party_id).order_by(Performance.id.desc()).limit(size + 1)
    if key is not None:
        query = query.where(Performance.id < key[0])
    days = calendar()
    rows = [_line(one, now=now, days=days) for one in db.session.execute(query).scalars()]
    return listing(rows, size=size, key=lambda line: (line.id,))


def open_of_party(party_id: int) -> list[Performance]:
    """An organisation's contracts in service, on either side."""
    query = _of_party_query(party_id).where(*OPEN).order_by(Performance.id)
    return list(db.session.execute(query).scalars())


def overdue(actor: Actor, *, now: datetime, size: int = SIZE) -> list[PerformanceLine]:
    """Open performances beyond their time, longest overdue first: for the offices that watch a branch."""
    query = (
        select(Performance)
        .join(Contract, Contract.id == Performance.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .where(*OPEN, Performance.due_at <= now, branches.seen(Need.region, actor))
    )
    days = calendar()
    rows = db.session.execute(query.order_by(Performance.due_at, Performance.id).limit(size)).scalars()
    return [line for one in rows if (line := _line(one, now=now, days=days)).late]


@dataclass(frozen=True, slots=True)
class Kept:
    """What an agency's card says of kept promises.

    `done` counts every finished contract; `in_time`, `promised` and `used` (working days) are of the `latest` alone.
    `open` are the contracts in service, those that end first before the others.
    """

    done: int
    in_time: int
    promised: int
    used: int
    latest: tuple[PerformanceLine, ...]
    open: tuple[PerformanceLine, ...]


def kept_by(code: str, *, now: datetime, size: int = 20) -> Kept:
    """The last finished contracts of an agency, by its code, and those it has in service."""
    party = select(Organisation.id).where(Organisation.code == code)
    party_id = db.session.execute(party).scalar()
    if party_id is None:
        return Kept(0, 0, 0, 0, (), ())
    own = _of_party_query(party_id, Side.AGENCY)
    done, running = own.where(Performance.done_at.is_not(None)), own.where(*OPEN)
    rows = db.session.execute(done.order_by(Performance.done_at.desc(), Performance.id.desc()).limit(size)).scalars()
    days = calendar()
    lines = tuple(_line(one, now=now, days=days) for one in rows)
    waiting = db.session.execute(running.order_by(Performance.due_at, Performance.id).limit(size)).scalars()
    return Kept(
        done=db.session.execute(done.with_only_columns(func.count())).scalar_one(),
        in_time=sum(line.late == 0 for line in lines),
        promised=sum(line.days for line in lines),
        used=sum(line.used for line in lines),
        latest=lines,
        open=tuple(_line(one, now=now, days=days) for one in waiting),
    )


# The page


@dataclass(frozen=True, slots=True)
class DeliverableLine:
    """One version: its number and hash are public, the note is for whom it concerns."""

    no: str
    version: int
    file: str
    note: str | None
    uploaded_at: datetime
    confirm_due_at: datetime
    returned_at: datetime | None
    return_reason: str | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class PauseLine:
    """One stop of the clock; the reason is for whom it concerns. `silent`: the purchaser owed an answer."""

    from_at: datetime
    until_at: datetime | None
    reason: str | None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class PerformancePage:
    """How one contract is kept, and what this reader may do."""

    line: PerformanceLine
    announcement_no: str
    agency_code: str
    started_at: datetime
    pauses: tuple[PauseLine, ...]
    ended_at: datetime | None
    deliverables: tuple[DeliverableLine, ...]
    rulebook: str
    concerned: bool
    acts: tuple[StrEnum, ...]


def page(no: str, *, actor: Actor, now: datetime) -> PerformancePage:
    """The page of a contract's keeping. Raises `NotFound`."""
    performance = by_contract_no(no)
    contract = performance.contract
    concerned = contracts.concerns(contract, actor)
    return PerformancePage(
        line=_line(performance, now=now, days=calendar()),
        announcement_no=contract.award.announcement.no or "",
        agency_code=contract.award.agency.organisation.code,
        started_at=performance.started_at,
        pauses=tuple(
            PauseLine(pause.from_at, pause.until_at, pause.reason if concerned else None)
            for pause in performance.pauses
        )
        + tuple(PauseLine(since, until, None, silent=True) for since, until in contracts.silences(contract)),
        ended_at=contracts.ended_at(contract),
        deliverables=tuple(
            DeliverableLine(
                no=one.no,
                version=one.version,
                file=one.file,
                note=one.note if concerned else None,
                uploaded_at=one.uploaded_at,
                confirm_due_at=one.confirm_due_at,
                returned_at=one.returned_at,
                return_reason=one.return_reason if concerned else None,
                confirmed_at=one.confirmed_at,
            )
            for one in performance.deliverables
        ),
        rulebook=contract.award.announcement.rulebook or "",
        concerned=concerned,
        acts=_acts(performance, contracts.side_of(contract, actor)),
    )


def own_page(no: str, *, actor: Actor, now: datetime, act: PerformanceAct) -> PerformancePage:
    """The same for the side that may perform an act; raises `NotYours` for everybody else."""
    side = contracts.side_of(by_contract_no(no).contract, actor)
    if side is None or side.value not in {role.value for role in rules.MAY[act]}:
        raise NotYours(no)
    return page(no, actor=actor, now=now)


def _acts(performance: Performance, side: Side | None) -> tuple[StrEnum, ...]:
    if side is None:
        return ()
    return tuple(
        act
        for act in rules.FLOW.acts_in(phase_of(performance))
        if side.value in {role.value for role in rules.MAY[PerformanceAct(act)]}
    )


# What is watched


def _contracted(no: Column, at: Column, party: Column) -> Running:
    return (
        limits(no=no, at=at, region=Need.region, title=Need.title, party=party)
        .select_from(Performance)
        .join(Contract, Contract.id == Performance.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Agency, Agency.id == Award.agency_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(*OPEN)
    )


def undelivered() -> Running:
    """Contracts whose clock runs, with the end of the promised working days: neither stopped nor delivered."""
    silent = select(ContractRequest.id).where(
        ContractRequest.contract_id == Performance.contract_id,
        ContractRequest.kind == Kind.EXTENSION,
        ContractRequest.unanswered_at.is_not(None),
        ContractRequest.closed_at.is_(None),
    )
    halted = select(Pause.id).where(Pause.performance_id == Performance.id, Pause.until_at.is_(None))
    handed = select(Deliverable.id).where(
        Deliverable.performance_id == Performance.id, Deliverable.returned_at.is_(None)
    )
    return _contracted(Contract.no, Performance.due_at, Agency.organisation_id).where(
        ~halted.exists(), ~handed.exists(), ~silent.exists()
    )


def unconfirmed() -> Running:
    """Deliverables that wait for the purchaser's look, with the end of its time."""
    return (
        _contracted(Deliverable.no, Deliverable.confirm_due_at, Purchaser.organisation_id)
        .join(Deliverable, Deliverable.performance_id == Performance.id)
        .where(Deliverable.confirmed_at.is_(None), Deliverable.returned_at.is_(None))
    )


def contract_of(deliverable_no: str) -> str:
    """The contract of a deliverable; raises `NotFound`."""
    query = select(Contract.no).join(Performance, Performance.contract_id == Contract.id)
    found = db.session.execute(
        query.join(Deliverable, Deliverable.performance_id == Performance.id).where(Deliverable.no == deliverable_no)
    ).scalar()
    if found is None:
        raise NotFound(deliverable_no)
    return found
