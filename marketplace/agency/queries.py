"""Agencies as seen: rows to lock, the public directory, the card, what waits for the operator."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, String, cast, func, or_, select, tuple_
from sqlalchemy.orm import contains_eager, lazyload

from app.actor import Actor, Role
from app.audit.canonical import instant
from app.audit.services import Happened, timeline
from app.database import db
from app.identity.models import Organisation
from app.refusal import NotFound
from app.region import branches as offices
from app.region import queries as regions
from app.watch.queries import Column, Running, limits
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import WorkCalendar
from marketplace.agency import rules
from marketplace.agency.models import Agency
from marketplace.agency.rules import AgencyAct, Phase

PUBLICISED = 50
"""So many agencies in publicity are listed at most."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Business contacts: for signed-in purchasers and the agency itself."""

    legal_representative: str
    contact: str
    phone: str


@dataclass(frozen=True, slots=True)
class AgencyCard:
    """机构名片: what everybody sees of an agency, the contacts for those who may see them; `own`: its people look."""

    id: int
    code: str
    name: str
    region_name: str
    address: str
    introduction: str
    commitments: tuple[str, ...]
    phase: Phase
    publicity_ends_at: datetime | None
    admitted_at: datetime | None
    contact: Contact | None
    own: bool
    happened: tuple[Happened, ...]


@dataclass(frozen=True, slots=True)
class ApplicationPage:
    """An application as its agency and the operator see it; `acts` may follow now."""

    code: str
    name: str
    region: str
    region_name: str
    legal_representative: str
    contact: str
    phone: str
    address: str
    introduction: str
    commitments: tuple[str, ...]
    phase: Phase
    applied_at: datetime
    check_due_at: datetime
    asked_at: datetime | None
    asked_for: str | None
    asked_rounds: int
    supplement_due_at: datetime | None
    publicity_ends_at: datetime | None
    reject_reason: str | None
    admitted_at: datetime | None
    acts: tuple[AgencyAct, ...]


def row(code: str) -> Select[Agency]:
    """The row of an agency by its USCC, to be locked; the organisation's own row stays free."""
    organisation = select(Organisation.id).where(Organisation.code == code).scalar_subquery()
    return select(Agency).where(Agency.organisation_id == organisation).options(lazyload(Agency.organisation))


def by_code(code: str) -> Agency | None:
    """The agency of a USCC, in whatever phase."""
    return db.session.execute(
        select(Agency).join(Organisation, Agency.organisation_id == Organisation.id).where(Organisation.code == code)
    ).scalar_one_or_none()


def by_party(party_id: int) -> Agency | None:
    """The agency that an organisation is, in whatever phase."""
    return db.session.execute(select(Agency).where(Agency.organisation_id == party_id)).scalar_one_or_none()


def key_of(party: ColumnElement[int]) -> ScalarSelect[int]:
    """The key of the agency that an organisation is, NULL where it is none, as part of another question."""
    return select(Agency.id).where(Agency.organisation_id == party).scalar_subquery()


def phase_of(agency: Agency, now: datetime) -> Phase:
    """The phase of a row at `now`."""
    return rules.phase_of(
        supplement_due_at=agency.supplement_due_at,
        passed_at=agency.passed_at,
        rejected_at=agency.rejected_at,
        admitted_at=agency.admitted_at,
        now=now,
    )


def is_active(agency: Agency, now: datetime) -> bool:
    """Whether the agency was admitted by `now` (在库); sanctions and grade are asked by `standing_of`."""
    return agency.admitted_at is not None and agency.admitted_at <= now


def _matches(q: str) -> ColumnElement[bool]:
    letters = q.lower().replace(" ", "")
    return or_(
        Organisation.name.contains(q, autoescape=True),
        Organisation.code == q.upper(),
        Agency.sort_key.contains(letters, autoescape=True),
        Agency.initials.contains(letters, autoescape=True),
    )


LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
ADMITTED = Agency.admitted_at.is_not(None)


def directory(
    after: str | None = None,
    q: str = "",
    *,
    letter: str = "",
    region: str = "",
    within: Collection[Select[int]] = (),
    size: int = SIZE,
) -> Listing[Agency]:
    """Admitted agencies by name (pinyin), never in any other order (M57).

    `q`: part of the name, of its pinyin or initials, or the USCC; `letter`: the first one of the pinyin, `#` for names
    that begin with none; `region`: a division with all below it; `within`: keys of agencies, as later chapters know
    them (who has a price for an item, who holds a licence, who has a grade).
    """
    query = (
        select(Agency)
        .join(Agency.organisation)
        .options(contains_eager(Agency.organisation))
        .where(ADMITTED, *(Agency.id.in_(keys) for keys in within))
        .order_by(Agency.sort_key, Agency.id)
        .limit(size + 1)
    )
    if q.strip():
        query = query.where(_matches(q.strip()))
    if letter in LETTERS:
        query = query.where(Agency.sort_key.startswith(letter))
    elif letter:
        query = query.where(func.substr(Agency.sort_key, 1, 1).not_in(LETTERS))
    if region:
        query = query.where(Organisation.region.startswith(regions.under(region), autoescape=True))
    key = parsed(after, (str, int))
    if key is not None:
        query = query.where(tuple_(Agency.sort_key, Agency.id) > key)
    rows = db.session.execute(query).scalars().all()
    return listing(rows, size=size, key=lambda agency: (agency.sort_key, agency.id))


def letters() -> frozenset[str]:
    """The first letters under which the directory has somebody; `#` for names that begin with none."""
    found = db.session.execute(select(func.substr(Agency.sort_key, 1, 1)).where(ADMITTED).distinct()).scalars()
    return frozenset(letter if letter in LETTERS else "#" for letter in found)


def branches() -> list[tuple[str, str]]:
    """The divisions in which admitted agencies have their seat, and the wider ones above them, by code."""
    seats = db.session.execute(
        select(Organisation.region).join(Agency, Agency.organisation_id == Organisation.id).where(ADMITTED).distinct()
    ).scalars()
    wanted = {code for seat in seats for code in regions.path(seat)}
    return [(code, name) for code, name in regions.choices() if code in wanted]


RECORDED = ("agency", "credential", "price", "sanction")
"""The kinds of acts a card tells: what an agency took part in has its own pages."""

UNDER_PUBLICITY = (Agency.passed_at.is_not(None), Agency.admitted_at.is_(None))
"""The SQL twin of `Phase.PUBLICITY`: who passed can only be admitted."""


def in_publicity() -> list[Agency]:
    """Agencies in publicity (公示中), those that end first before the others; at most `PUBLICISED`."""
    query = select(Agency).where(*UNDER_PUBLICITY).order_by(Agency.publicity_ends_at, Agency.id).limit(PUBLICISED)
    return list(db.session.execute(query).scalars())


WAITING = (
    Agency.passed_at.is_(None),
    Agency.rejected_at.is_(None),
    Agency.supplement_due_at.is_(None),
)
"""The SQL twin of `Phase.SUBMITTED`."""


def waiting(actor: Actor, after: str | None = None, *, size: int = SIZE) -> Listing[Agency]:
    """Applications that wait for the formal check of this operator's branch, the most urgent first."""
    query = (
        select(Agency)
        .join(Organisation, Organisation.id == Agency.organisation_id)
        .where(*WAITING, offices.served(Organisation.region, actor, role=Role.OPERATOR))
        .order_by(Agency.check_due_at, Agency.id)
        .limit(size + 1)
    )
    key = parsed(after, (datetime, int))
    if key is not None:
        query = query.where(tuple_(Agency.check_due_at, Agency.id) > key)
    rows = db.session.execute(query).scalars().all()
    return listing(rows, size=size, key=lambda agency: (instant(agency.check_due_at), agency.id))


def card(code: str, *, actor: Actor, now: datetime) -> AgencyCard:
    """The card of an agency in publicity or admitted; its own people see it before. Raises `NotFound` for others."""
    agency = by_code(code)
    if agency is None:
        raise NotFound(code)
    own = actor.party_id == agency.organisation_id
    phase = phase_of(agency, now)
    if phase not in rules.SHOWN and not own:
        raise NotFound(code)
    contact = Contact(agency.legal_representative, agency.contact, agency.phone)
    return AgencyCard(
        id=agency.id,
        code=agency.organisation.code,
        name=agency.organisation.name,
        region_name=regions.name(agency.organisation.region),
        address=agency.address,
        introduction=agency.introduction,
        commitments=agency.commitments,
        phase=phase,
        publicity_ends_at=agency.publicity_ends_at,
        admitted_at=agency.admitted_at,
        contact=contact if own or Role.PURCHASER in actor.roles else None,
        own=own,
        happened=timeline(f"agency:{code}", kinds=RECORDED),
    )


def application(agency: Agency, *, now: datetime) -> ApplicationPage:
    """An application in full; the caller has decided who may see it (its own people, the operator)."""
    phase = phase_of(agency, now)
    return ApplicationPage(
        code=agency.organisation.code,
        name=agency.organisation.name,
        region=agency.organisation.region,
        region_name=regions.name(agency.organisation.region),
        legal_representative=agency.legal_representative,
        contact=agency.contact,
        phone=agency.phone,
        address=agency.address,
        introduction=agency.introduction,
        commitments=agency.commitments,
        phase=phase,
        applied_at=agency.applied_at,
        check_due_at=agency.check_due_at,
        asked_at=agency.asked_at,
        asked_for=agency.asked_for,
        asked_rounds=agency.asked_rounds,
        supplement_due_at=agency.supplement_due_at,
        publicity_ends_at=agency.publicity_ends_at,
        reject_reason=agency.reject_reason,
        admitted_at=agency.admitted_at,
        acts=tuple(AgencyAct(name) for name in rules.FLOW.acts_in(phase)),
    )


def own_application(party_id: int, *, now: datetime) -> ApplicationPage | None:
    """The application of an organisation, None before the first one."""
    agency = by_party(party_id)
    return None if agency is None else application(agency, now=now)


def application_of(code: str, *, actor: Actor, now: datetime) -> ApplicationPage:
    """The application of a USCC, for the operator of its branch; raises `NotFound`, or `NotYours` for another one."""
    agency = by_code(code)
    if agency is None:
        raise NotFound(code)
    if not offices.serves(actor, agency.organisation.region, role=Role.OPERATOR):
        raise offices.outside(code, actor, agency.organisation.region)
    return application(agency, now=now)


def provisional_checks(days: WorkCalendar) -> Select[str, str]:
    """Applications whose check or supplement was timed without its year, which this calendar knows."""
    return _provisional().where(
        Agency.passed_at.is_(None),
        func.coalesce(Agency.supplement_due_at, Agency.check_due_at) <= days.certain_until,
    )


def provisional_publicities(days: WorkCalendar) -> Select[str, str]:
    """Publicities that were timed without their year, which this calendar knows."""
    return _provisional().where(Agency.publicity_ends_at <= days.certain_until)


def _provisional() -> Select[str, str]:
    return (
        select(Organisation.code, cast(Agency.version, String))
        .join(Agency, Agency.organisation_id == Organisation.id)
        .where(Agency.provisional)
    )


def due_for_admission(now: datetime) -> list[str]:
    """USCCs of agencies whose publicity is over at `now`."""
    query = (
        select(Organisation.code)
        .join(Agency, Agency.organisation_id == Organisation.id)
        .where(*UNDER_PUBLICITY, Agency.publicity_ends_at <= now)
        .order_by(Agency.publicity_ends_at, Agency.id)
    )
    return list(db.session.execute(query).scalars())


def next_admission(now: datetime) -> datetime | None:
    """The first instant after `now` at which a publicity ends."""
    return db.session.execute(
        select(func.min(Agency.publicity_ends_at)).where(*UNDER_PUBLICITY, Agency.publicity_ends_at > now)
    ).scalar()


def members(agency: Agency) -> Mapping[str, Any]:
    """The public members of an admitted agency for machines; no person in it."""
    return {
        "code": agency.organisation.code,
        "name": agency.organisation.name,
        "region": agency.organisation.region,
        "address": agency.address,
        "introduction": agency.introduction,
        "commitments": list(agency.commitments),
        "admitted_at": None if agency.admitted_at is None else instant(agency.admitted_at),
    }


def resource(after: str | None, limit: int, *, q: str = "") -> Listing[Mapping[str, Any]]:
    """`/api/v1/agencies`: the directory."""
    found = directory(after, q, size=limit)
    return Listing(tuple(members(agency) for agency in found.rows), found.after)


def resource_one(code: str) -> Mapping[str, Any] | None:
    """`/api/v1/agencies/{uscc}`: an admitted agency."""
    agency = by_code(code)
    return None if agency is None or agency.admitted_at is None else members(agency)


def unchecked() -> Running:
    """Applications that wait for the operator's check, with its end: what is watched."""
    return _unanswered(Agency.check_due_at).where(Agency.supplement_due_at.is_(None))


def unsupplemented() -> Running:
    """Applications of which something was asked for, with the end of the time to hand it in: what is watched."""
    return _unanswered(Agency.supplement_due_at, party=Agency.organisation_id).where(
        Agency.supplement_due_at.is_not(None)
    )


def _unanswered(at: Column, party: Column | None = None) -> Running:
    return (
        limits(no=Organisation.code, at=at, region=Organisation.region, title=Organisation.name, party=party)
        .join(Agency, Agency.organisation_id == Organisation.id)
        .where(Agency.passed_at.is_(None), Agency.rejected_at.is_(None), Agency.admitted_at.is_(None))
    )
