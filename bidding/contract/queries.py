"""What can be seen of contracts: rows to lock, phases, versions, requests; who stands where, who may read the files."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import lazyload

from app.actor import Actor, Role
from app.database import db
from app.refusal import NotFound, NotYours
from app.region import branches
from app.rules_in_force import rulebook
from bidding.award import queries as awards
from bidding.award.models import Award
from bidding.contract import rules
from bidding.contract.models import Contract, ContractRequest
from bidding.contract.rules import (
    Asked,
    ChangeTerms,
    Kind,
    Phase,
    Side,
)
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


ENDED_BY = (
    select(ContractRequest.kind)
    .where(ContractRequest.contract_id == Contract.id, ContractRequest.ends)
    .correlate(Contract)
    .scalar_subquery()
)
ENDED = (
    select(ContractRequest.id)
    .where(ContractRequest.contract_id == Contract.id, ContractRequest.ends)
    .correlate(Contract)
    .exists()
)
"""Whether a contract ended before it was performed; the SQL twin of `ended_at`."""

LATEST_FEN = (
    select(ContractRequest.amount_fen)
    .where(
        ContractRequest.contract_id == Contract.id,
        ContractRequest.version.is_not(None),
        ContractRequest.kind == Kind.AMENDMENT,
    )
    .order_by(ContractRequest.version.desc())
    .limit(1)
    .correlate(Contract)
    .scalar_subquery()
)
DAYS_MORE = (
    select(func.sum(ContractRequest.days))
    .where(ContractRequest.contract_id == Contract.id, ContractRequest.version.is_not(None))
    .correlate(Contract)
    .scalar_subquery()
)


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
        uploaded_at=contract.uploaded_at,
        confirmed_at=contract.confirmed_at,
        lapsed_at=contract.lapsed_at,
        ended=next((request.kind for request in contract.requests if request.ends), None),
    )


def change_terms(contract: Contract) -> ChangeTerms:
    """What the rulebook of its announcement says of changes."""
    return rulebook(contract.award.announcement.rulebook or "").terms(ChangeTerms)


def ended_at(contract: Contract) -> datetime | None:
    """When it ended before it was performed; None where it did not."""
    return next((request.closed_at for request in contract.requests if request.ends), None)


def open_request(contract: Contract, *kinds: Kind) -> ContractRequest | None:
    """The request of one of these kinds that waits; of any kind where none is named."""
    waiting = (request for request in contract.requests if request.closed_at is None)
    return next((request for request in waiting if not kinds or request.kind in kinds), None)


def asked(request: ContractRequest | None) -> Asked | None:
    """A request as the rules know it."""
    return None if request is None else Asked(request.number, request.asked_by, request.kind)


def silences(contract: Contract) -> tuple[tuple[datetime, datetime | None], ...]:
    """The stretches [from, to) in which the purchaser owed an answer to an agency that wanted more time.

    They are the purchaser's delay and stop the clock. Source: rules.md §2.7 contract.extension; that silence is such a
    delay is (inferred).
    """
    return tuple(
        (request.answer_due_at, request.closed_at)
        for request in contract.requests
        if request.kind is Kind.EXTENSION and request.unanswered_at is not None
    )


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a contract as it stood from an instant on; the first is what was signed.

    `request` is the number of what made it, `file` its paper where there is one.
    """

    number: int
    amount_fen: int
    days: int
    since: datetime
    request: int | None
    file: str | None


def versions(contract: Contract) -> tuple[Version, ...]:
    """Every version from the first on; none before the contract is effective. The past stays as it was."""
    if contract.confirmed_at is None or contract.amount_fen is None or contract.days is None:
        return ()
    found = [Version(1, contract.amount_fen, contract.days, contract.confirmed_at, None, contract.file)]
    made = ((one.version, one) for one in contract.requests if one.version is not None)
    for number, one in sorted(made, key=lambda each: each[0]):
        last, since = found[-1], one.closed_at
        if since is None:
            continue
        changed = one.amount_fen if one.kind is Kind.AMENDMENT and one.amount_fen is not None else last.amount_fen
        found.append(Version(number, changed, last.days + (one.days or 0), since, one.number, one.file))
    return tuple(found)


def present_fen(contract: Contract) -> int:
    """The price in force; the award's before anything was signed."""
    known = versions(contract)
    return known[-1].amount_fen if known else contract.award.amount_fen


def decides(contract: Contract, actor: Actor) -> bool:
    """Whether the actor decides what is filed: the competent office of one of the item's trades."""
    need = contract.award.announcement.need
    return branches.decides(actor, need.region, authorities=need.item.authorities)


def offices(contract: Contract) -> list[int]:
    """The offices to be told of a filing."""
    need = contract.award.announcement.need
    return branches.deciding(need.region, authorities=need.item.authorities)


def request_file_for(no: str, number: int, *, actor: Actor) -> str:
    """The SHA-256 of what a request came with; raises `NotFound`, or `NotYours` for whom it does not concern."""
    contract = by_no(no)
    if not concerns(contract, actor):
        raise NotYours(no)
    found = next((one.file for one in contract.requests if one.number == number), None)
    if found is None:
        raise NotFound(no)
    return found


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


def marks_of(party: int, *, since: datetime, until: datetime) -> tuple[str, ...]:
    """Contracts that a purchaser was found not to have signed, found in (since, until]."""
    query = (
        select(Contract.no)
        .join(ContractRequest, ContractRequest.contract_id == Contract.id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(
            Purchaser.organisation_id == party,
            ContractRequest.kind == Kind.UNSIGNED,
            ContractRequest.ends,
            ContractRequest.closed_at > since,
            ContractRequest.closed_at <= until,
        )
    )
    return tuple(db.session.execute(query.order_by(ContractRequest.id)).scalars())
