"""What lists and desks show of contracts, and the box on the announcement's page."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from app.actor import Actor
from app.database import db
from app.region import branches
from app.web.paging import SIZE, Listing, listing, parsed
from bidding.award.models import Award
from bidding.contract import queries, rules
from bidding.contract.models import Contract, ContractRequest
from bidding.contract.rules import FILED, Kind, Phase
from marketplace.agency.models import Agency
from marketplace.announcement.models import Announcement
from marketplace.announcement.rules import AnnouncementKind
from marketplace.catalogue.models import ItemVersion
from marketplace.need.models import Need
from marketplace.purchaser.models import Purchaser


@dataclass(frozen=True, slots=True)
class Signed:
    """One contract as the announcement's page tells of it; price and days, as last changed, once it is effective."""

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
            queries.ENDED_BY.label("ended"),
            queries.LATEST_FEN.label("latest_fen"),
            queries.DAYS_MORE.label("days_more"),
        )
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .where(Announcement.no == no)
        .order_by(Contract.id)
    )
    found = []
    for row in db.session.execute(query):
        phase = rules.phase_of(
            uploaded_at=row.uploaded_at, confirmed_at=row.confirmed_at, lapsed_at=row.lapsed_at, ended=row.ended
        )
        known = row.confirmed_at is not None
        found.append(
            Signed(
                no=row.no,
                phase=phase,
                amount_fen=(row.latest_fen or row.amount_fen) if known else None,
                days=row.days + (row.days_more or 0) if known else None,
                deemed=row.deemed,
                sign_due_at=row.sign_due_at,
                confirmed_at=row.confirmed_at,
            )
        )
    return found


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


def line(contract: Contract) -> ContractLine:
    need = contract.award.announcement.need
    return ContractLine(
        id=contract.id,
        no=contract.no,
        title=need.title,
        purchaser=need.purchaser.organisation.name,
        agency=contract.award.agency.organisation.name,
        amount_fen=contract.award.amount_fen,
        phase=queries.phase_of(contract),
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
    rows = [line(contract) for contract in db.session.execute(query).scalars()]
    return listing(rows, size=size, key=lambda line: (line.id,))


def open_of_party(party: int) -> list[Contract]:
    """An organisation's contracts that are neither effective nor over."""
    query = _of_party(party).where(Contract.confirmed_at.is_(None), Contract.lapsed_at.is_(None), ~queries.ENDED)
    return list(db.session.execute(query.order_by(Contract.id)).scalars())


def to_answer(party: int) -> list[tuple[Contract, ContractRequest]]:
    """What waits for an organisation's answer: what the other side asked for."""
    waiting = select(ContractRequest.id).where(
        ContractRequest.contract_id == Contract.id,
        ContractRequest.closed_at.is_(None),
        ContractRequest.kind.not_in(FILED),
    )
    query = _of_party(party).where(waiting.exists()).order_by(Contract.id)
    return [
        (contract, request)
        for contract in db.session.execute(query).scalars()
        for request in contract.requests
        if request.closed_at is None
        and request.kind not in FILED
        and queries.party_of(contract, request.asked_by) != party
    ]


def to_decide(actor: Actor) -> list[tuple[str, str, datetime]]:
    """Number, title and due instant of what waits for an office's decision, the most urgent first."""
    query = (
        select(Contract.no, Need.title, ContractRequest.answer_due_at)
        .select_from(ContractRequest)
        .join(Contract, Contract.id == ContractRequest.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(ItemVersion, ItemVersion.id == Need.item_version_id)
        .where(
            ContractRequest.closed_at.is_(None),
            ContractRequest.kind.in_(FILED),
            branches.decided(Need.region, ItemVersion.authorities, actor),
        )
        .order_by(ContractRequest.answer_due_at, ContractRequest.id)
        .limit(WAITING)
    )
    return [(no, title, due_at) for no, title, due_at in db.session.execute(query)]


WAITING = 50
"""So many filings are listed on one desk at most."""


def to_reselect(party: int) -> list[Contract]:
    """A purchaser's contracts that were broken and whose successor nobody has chosen yet."""
    broken = select(ContractRequest.id).where(
        ContractRequest.contract_id == Contract.id, ContractRequest.ends, ContractRequest.kind == Kind.BREACH
    )
    query = _of_party(party).where(
        broken.exists(),
        Award.fallen_at.is_(None),
        Announcement.kind == AnnouncementKind.OPEN,
        Purchaser.organisation_id == party,
    )
    return list(db.session.execute(query.order_by(Contract.id)).scalars())
