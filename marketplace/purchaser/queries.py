"""Who is registered as a purchaser, who waits for the check, and which funds each may use."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, cast, exists, select, tuple_
from sqlalchemy.orm import lazyload

from app.actor import Actor, Role
from app.database import db
from app.identity.models import Organisation
from app.refusal import NotFound
from app.region import branches
from app.watch.queries import Running, limits
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import WorkCalendar
from marketplace.purchaser import rules
from marketplace.purchaser.models import Purchaser
from marketplace.purchaser.rules import Phase, PurchaserKind


def row(code: str) -> Select[Purchaser]:
    """The row of the organisation with that code, to be locked."""
    owner = select(Organisation.id).where(Organisation.code == code).scalar_subquery()
    return select(Purchaser).where(Purchaser.organisation_id == owner).options(lazyload(Purchaser.organisation))


def by_party(party_id: int) -> Purchaser | None:
    """An organisation's registration as a purchaser, None where there is none."""
    return db.session.execute(select(Purchaser).where(Purchaser.organisation_id == party_id)).scalar_one_or_none()


def is_known(party: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether an organisation is registered as a purchaser, in whatever phase, as part of another question."""
    return exists().where(Purchaser.organisation_id == party)


def by_code(code: str) -> Purchaser | None:
    """The same by the organisation's code."""
    return db.session.execute(
        select(Purchaser)
        .join(Organisation, Organisation.id == Purchaser.organisation_id)
        .where(Organisation.code == code)
    ).scalar_one_or_none()


def phase(purchaser: Purchaser) -> Phase:
    """Derived from the row's instants."""
    return rules.phase_of(
        check_due_at=purchaser.check_due_at, checked_at=purchaser.checked_at, returned_at=purchaser.returned_at
    )


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Registrations whose check was timed without its year, which this calendar knows."""
    return (
        select(Organisation.code, cast(Purchaser.version, String))
        .join(Purchaser, Purchaser.organisation_id == Organisation.id)
        .where(Purchaser.provisional, Purchaser.check_due_at <= days.certain_until)
    )


@dataclass(frozen=True, slots=True)
class PurchaserPage:
    """What its own people and the operator see; `phone` and `contact` are personal data and never public."""

    code: str
    name: str
    region: str
    kind: PurchaserKind
    funds: tuple[str, ...]
    contact: str
    phone: str
    registered_at: datetime
    check_due_at: datetime | None
    checked_at: datetime | None
    returned_at: datetime | None
    return_reason: str | None
    phase: Phase
    version: int


def _view(purchaser: Purchaser) -> PurchaserPage:
    return PurchaserPage(
        code=purchaser.organisation.code,
        name=purchaser.organisation.name,
        region=purchaser.organisation.region,
        kind=purchaser.kind,
        funds=purchaser.funds,
        contact=purchaser.contact,
        phone=purchaser.phone,
        registered_at=purchaser.registered_at,
        check_due_at=purchaser.check_due_at,
        checked_at=purchaser.checked_at,
        returned_at=purchaser.returned_at,
        return_reason=purchaser.return_reason,
        phase=phase(purchaser),
        version=purchaser.version,
    )


def page(code: str, *, actor: Actor) -> PurchaserPage:
    """One registration, for the operator of its branch; raises `NotFound`, or `NotYours` for another branch."""
    found = by_code(code)
    if found is None:
        raise NotFound("purchaser")
    if not branches.serves(actor, found.organisation.region, role=Role.OPERATOR):
        raise branches.outside("purchaser", actor, found.organisation.region)
    return _view(found)


def own(party_id: int) -> PurchaserPage | None:
    """An organisation's own registration."""
    found = by_party(party_id)
    return None if found is None else _view(found)


def waiting(actor: Actor, *, after: str | None = None, size: int = SIZE) -> Listing[PurchaserPage]:
    """Registrations that wait for the check of this operator's branch, the one due first at the top."""
    key = parsed(after, (datetime, int))
    query = (
        select(Purchaser)
        .join(Organisation, Organisation.id == Purchaser.organisation_id)
        .where(Purchaser.check_due_at.is_not(None), Purchaser.checked_at.is_(None), Purchaser.returned_at.is_(None))
        .where(branches.served(Organisation.region, actor, role=Role.OPERATOR))
        .order_by(Purchaser.check_due_at, Purchaser.id)
        .limit(size + 1)
    )
    if key is not None:
        query = query.where(tuple_(Purchaser.check_due_at, Purchaser.id) > key)
    rows = list(db.session.execute(query).scalars())
    found = listing(rows, size=size, key=lambda last: (last.check_due_at.isoformat(), last.id))
    return Listing(tuple(_view(each) for each in found.rows), found.after)


def unchecked() -> Running:
    """Registrations that wait for the operator's check, with its end: what is watched."""
    return (
        limits(no=Organisation.code, at=Purchaser.check_due_at, region=Organisation.region, title=Organisation.name)
        .join(Purchaser, Purchaser.organisation_id == Organisation.id)
        .where(Purchaser.check_due_at.is_not(None), Purchaser.checked_at.is_(None), Purchaser.returned_at.is_(None))
    )
