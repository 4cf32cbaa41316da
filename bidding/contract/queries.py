"""What can be seen of contracts: rows to lock, the page of one, lists, what falls due, who may read the scan."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Select, String, cast, func, select
from sqlalchemy.orm import lazyload

from app.actor import Actor, Role
from app.database import db
from app.refusal import NotFound, NotYours
from app.region import branches
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import WorkCalendar
from bidding.award import queries as awards
from bidding.award.models import Award
from bidding.contract import rules
from bidding.contract.models import Contract
from bidding.contract.rules import ContractAct, Phase, Side
from marketplace.agency.models import Agency
from marketplace.announcement.models import Announcement
from marketplace.need.models import Need
from marketplace.purchaser.models import Purchaser


def row(no: str) -> Select[Contract]:
    """The row of a contract, to be locked; it alone."""
    return select(Contract).where(Contract.no == no).options(lazyload("*"))


def by_no(no: str) -> Contract:
    """A contract by its public number; raises `NotFound`."""
    found = db.session.execute(select(Contract).where(Contract.no == no)).scalar_one_or_none()
    if found is None:
        raise NotFound(no)
    return found


def of_award(award_id: int) -> Contract | None:
    """The contract of an award, None before it was accepted."""
    return db.session.execute(select(Contract).where(Contract.award_id == award_id)).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Signed:
    """One contract as the announcement's page tells of it; price and days only once it is effective."""

    no: str
    phase: Phase
    amount_fen: int | None
    days: int | None
    deemed: bool
    sign_due_at: datetime
    confirmed_at: datetime | None


def of_announcement(no: str) -> list[Signed]:
    """All contracts of an announcement in the order they were opened."""
    query = (
        select(
            Contract.no,
            Contract.amount_fen,
            Contract.days,
            Contract.deemed,
            Contract.sign_due_at,
            Contract.uploaded_at,
            Contract.confirmed_at,
            Contract.lapsed_at,
        )
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .where(Announcement.no == no)
        .order_by(Contract.id)
    )
    found = []
    for row in db.session.execute(query):
        phase = rules.phase_of(uploaded_at=row.uploaded_at, confirmed_at=row.confirmed_at, lapsed_at=row.lapsed_at)
        known = phase is Phase.EFFECTIVE
        found.append(
            Signed(
                no=row.no,
                phase=phase,
                amount_fen=row.amount_fen if known else None,
                days=row.days if known else None,
                deemed=row.deemed,
                sign_due_at=row.sign_due_at,
                confirmed_at=row.confirmed_at,
            )
        )
    return found


def count_of(announcement_id: int) -> int:
    """How many contracts an announcement has had: the next one's place in its number."""
    return db.session.execute(
        select(func.count())
        .select_from(Contract)
        .join(Award, Award.id == Contract.award_id)
        .where(Award.announcement_id == announcement_id)
    ).scalar_one()


def phase_of(contract: Contract) -> Phase:
    """The phase of a row."""
    return rules.phase_of(
        uploaded_at=contract.uploaded_at, confirmed_at=contract.confirmed_at, lapsed_at=contract.lapsed_at
    )


def side_of(contract: Contract, actor: Actor) -> Side | None:
    """On which side of the contract the actor stands; None for everybody else."""
    if Role.AGENCY in actor.roles and actor.party_id == awards.party(contract.award):
        return Side.AGENCY
    if Role.PURCHASER in actor.roles and actor.party_id == awards.purchaser_party(contract.award):
        return Side.PURCHASER
    return None


def party_of(contract: Contract, side: Side) -> int:
    """The organisation of a side."""
    return awards.party(contract.award) if side is Side.AGENCY else awards.purchaser_party(contract.award)


def concerns(contract: Contract, actor: Actor) -> bool:
    """Who may read what is not public: both parties, the branch's regulators of the trade and supervisor."""
    if side_of(contract, actor) is not None:
        return True
    need = contract.award.announcement.need
    trade = Role.REGULATOR in actor.roles and bool(actor.authorities & set(need.item.authorities))
    return (trade or Role.SUPERVISOR in actor.roles) and branches.sees(actor, need.region)


def file_for(no: str, *, actor: Actor) -> str:
    """The SHA-256 of a contract's scan; raises `NotFound`, or `NotYours` for whom it does not concern."""
    contract = by_no(no)
    if not concerns(contract, actor):
        raise NotYours(no)
    if contract.file is None:
        raise NotFound(no)
    return contract.file


# What falls due

TO_CONFIRM = (Contract.uploaded_at.is_not(None), Contract.confirmed_at.is_(None), Contract.lapsed_at.is_(None))


def due_for_deeming(now: datetime) -> list[str]:
    """Contracts whose other side kept silent."""
    query = select(Contract.no).where(Contract.confirm_due_at <= now, *TO_CONFIRM)
    return list(db.session.execute(query.order_by(Contract.id)).scalars())


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Contracts of which a running deadline was computed without its year, which this calendar knows."""
    running = func.coalesce(Contract.confirm_due_at, Contract.upload_due_at)
    return select(Contract.no, cast(Contract.version, String)).where(
        Contract.provisional, running <= days.certain_until
    )


def next_deeming(now: datetime) -> datetime | None:
    """The first instant after `now` at which silence confirms."""
    return db.session.execute(
        select(func.min(Contract.confirm_due_at)).where(Contract.confirm_due_at > now, *TO_CONFIRM)
    ).scalar()


# Lists and pages


@dataclass(frozen=True, slots=True)
class ContractLine:
    """One contract as the lists of its parties show it."""

    id: int
    no: str
    title: str
    purchaser: str
    agency: str
    amount_fen: int
    phase: Phase
    sign_due_at: datetime
    confirmed_at: datetime | None


def _line(contract: Contract) -> ContractLine:
    need = contract.award.announcement.need
    return ContractLine(
        id=contract.id,
        no=contract.no,
        title=need.title,
        purchaser=need.purchaser.organisation.name,
        agency=contract.award.agency.organisation.name,
        amount_fen=contract.award.amount_fen,
        phase=phase_of(contract),
        sign_due_at=contract.sign_due_at,
        confirmed_at=contract.confirmed_at,
    )


def _of_party(party: int) -> Select[Contract]:
    return (
        select(Contract)
        .join(Award, Award.id == Contract.award_id)
        .join(Agency, Agency.id == Award.agency_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where((Agency.organisation_id == party) | (Purchaser.organisation_id == party))
    )


def of_party(party: int, after: str | None = None, *, size: int = SIZE) -> Listing[ContractLine]:
    """An organisation's contracts on either side, newest first."""
    key = parsed(after, (int,))
    query = _of_party(party).order_by(Contract.id.desc()).limit(size + 1)
    if key is not None:
        query = query.where(Contract.id < key[0])
    rows = [_line(contract) for contract in db.session.execute(query).scalars()]
    return listing(rows, size=size, key=lambda line: (line.id,))


def open_of_party(party: int) -> list[Contract]:
    """An organisation's contracts that are neither effective nor lapsed."""
    query = _of_party(party).where(Contract.confirmed_at.is_(None), Contract.lapsed_at.is_(None))
    return list(db.session.execute(query.order_by(Contract.id)).scalars())


@dataclass(frozen=True, slots=True)
class ContractPage:
    """One contract: its public summary, what its parties see besides, and what this reader may do."""

    line: ContractLine
    award_no: str
    announcement_no: str
    purchaser_code: str
    agency_code: str
    item: str
    award_days: int
    upload_due_at: datetime
    amount_fen: int | None
    days: int | None
    signed_on: date | None
    uploaded_by: Side | None
    uploaded_at: datetime | None
    confirm_due_at: datetime | None
    deemed: bool
    file: str | None
    reject_reason: str | None
    rulebook: str
    side: Side | None
    reads_file: bool
    acts: tuple[StrEnum, ...]


def page(no: str, *, actor: Actor, now: datetime) -> ContractPage:
    """The page of a contract: what was uploaded is public once it is effective. Raises `NotFound`."""
    contract = by_no(no)
    announcement = contract.award.announcement
    concerned = concerns(contract, actor)
    shown = concerned or contract.confirmed_at is not None
    return ContractPage(
        line=_line(contract),
        award_no=contract.award.no,
        announcement_no=announcement.no or "",
        purchaser_code=announcement.need.purchaser.organisation.code,
        agency_code=contract.award.agency.organisation.code,
        item=announcement.need.item.name,
        award_days=contract.award.promised_days,
        upload_due_at=contract.upload_due_at,
        amount_fen=contract.amount_fen if shown else None,
        days=contract.days if shown else None,
        signed_on=contract.signed_on if shown else None,
        uploaded_by=contract.uploaded_by if shown else None,
        uploaded_at=contract.uploaded_at if shown else None,
        confirm_due_at=contract.confirm_due_at if shown else None,
        deemed=contract.deemed,
        file=contract.file if shown else None,
        reject_reason=contract.reject_reason if concerned else None,
        rulebook=announcement.rulebook or "",
        side=side_of(contract, actor),
        reads_file=concerned and contract.file is not None,
        acts=_acts(contract, side_of(contract, actor), now=now),
    )


def own_page(no: str, *, actor: Actor, now: datetime) -> ContractPage:
    """The same for the two parties alone; raises `NotYours` for everybody else."""
    if side_of(by_no(no), actor) is None:
        raise NotYours(no)
    return page(no, actor=actor, now=now)


def _acts(contract: Contract, side: Side | None, *, now: datetime) -> tuple[StrEnum, ...]:
    if side is None:
        return ()
    acts = [act for act in rules.FLOW.acts_in(phase_of(contract)) if Role(side.value) in rules.MAY[ContractAct(act)]]
    if side is contract.uploaded_by:
        acts = [act for act in acts if act not in (ContractAct.CONFIRM, ContractAct.REJECT)]
    if now < contract.sign_due_at:
        acts = [act for act in acts if act is not ContractAct.LAPSE]
    return tuple(acts)
