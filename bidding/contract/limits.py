"""What falls due of contracts and requests by itself, and what is watched until then."""

from datetime import datetime

from sqlalchemy import Select, String, case, cast, func, select

from app.calendar.services import stamp
from app.database import db
from app.watch.queries import Column, Running, limits
from app.workdays import WorkCalendar
from bidding.award import queries as awards
from bidding.award.models import Award
from bidding.contract import queries
from bidding.contract.models import Contract, ContractRequest
from bidding.contract.rules import FILED, Kind, Side
from marketplace.agency.models import Agency
from marketplace.announcement.models import Announcement
from marketplace.need.models import Need
from marketplace.purchaser.models import Purchaser

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


def provisional_requests(days: WorkCalendar) -> Select[str, str]:
    """`<contract>/<number>` of requests to be answered by a date computed without its year, now known."""
    return (
        select(Contract.no + "/" + cast(ContractRequest.number, String), stamp(ContractRequest.answer_due_at))
        .select_from(ContractRequest)
        .join(Contract, Contract.id == ContractRequest.contract_id)
        .where(ContractRequest.provisional, ContractRequest.answer_due_at <= days.certain_until)
    )


UNANSWERED = (
    ContractRequest.kind == Kind.EXTENSION,
    ContractRequest.closed_at.is_(None),
    ContractRequest.unanswered_at.is_(None),
)


def due_unanswered(now: datetime) -> list[str]:
    """`<contract>/<number>` of requests for more time that the purchaser has not answered in time."""
    query = (
        select(Contract.no + "/" + cast(ContractRequest.number, String))
        .select_from(ContractRequest)
        .join(Contract, Contract.id == ContractRequest.contract_id)
        .where(ContractRequest.answer_due_at <= now, *UNANSWERED)
    )
    return list(db.session.execute(query.order_by(ContractRequest.id)).scalars())


def next_unanswered(now: datetime) -> datetime | None:
    """The first instant after `now` at which an answer is late."""
    query = select(func.min(ContractRequest.answer_due_at)).where(ContractRequest.answer_due_at > now, *UNANSWERED)
    return db.session.execute(query).scalar()


def next_deeming(now: datetime) -> datetime | None:
    """The first instant after `now` at which silence confirms."""
    return db.session.execute(
        select(func.min(Contract.confirm_due_at)).where(Contract.confirm_due_at > now, *TO_CONFIRM)
    ).scalar()


# What is watched


def _limit(at: Column, party: Column) -> Running:
    return (
        limits(no=Contract.no, at=at, region=Need.region, title=Need.title, party=party)
        .select_from(Contract)
        .join(Award, Award.id == Contract.award_id)
        .join(Agency, Agency.id == Award.agency_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(Contract.lapsed_at.is_(None), Contract.confirmed_at.is_(None), ~queries.ENDED)
    )


def unsigned() -> Running:
    """Contracts that nobody uploaded, with the last day to sign."""
    return _limit(Contract.sign_due_at, Purchaser.organisation_id).where(Contract.uploaded_at.is_(None))


def unuploaded() -> Running:
    """The same, with the last day to upload."""
    return _limit(Contract.upload_due_at, Purchaser.organisation_id).where(Contract.uploaded_at.is_(None))


def unconfirmed() -> Running:
    """Uploaded contracts that wait for the other side, with the end of its time."""
    other = case((Contract.uploaded_by == Side.PURCHASER, Agency.organisation_id), else_=Purchaser.organisation_id)
    return _limit(Contract.confirm_due_at, other).where(Contract.confirm_due_at.is_not(None), *TO_CONFIRM)


def _waiting(party: Column | None, *kinds: Kind) -> Running:
    return (
        limits(no=Contract.no, at=ContractRequest.answer_due_at, region=Need.region, title=Need.title, party=party)
        .select_from(ContractRequest)
        .join(Contract, Contract.id == ContractRequest.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(ContractRequest.closed_at.is_(None), ContractRequest.kind.in_(kinds))
    )


def unanswered() -> Running:
    """Requests for more time that wait for the purchaser, with the end of its time."""
    return _waiting(Purchaser.organisation_id, Kind.EXTENSION)


def undecided() -> Running:
    """What was filed with the regulator, with the end of its time."""
    return _waiting(None, *FILED)


def offices_of(no: str) -> tuple[int, ...]:
    """The offices that may decide what was filed about a contract."""
    return tuple(queries.offices(queries.by_no(no)))


def winner_of(no: str) -> tuple[int, ...]:
    """The winning organisation, which must sign too."""
    return (awards.party(queries.by_no(no).award),)
