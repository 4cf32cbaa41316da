"""Certificates as seen: which count on a day, an agency's own, what waits for an authority."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, false, func, or_, select, tuple_
from sqlalchemy.orm import lazyload

from app.actor import Actor, Role
from app.audit.canonical import instant
from app.calendar.services import stamp
from app.database import db
from app.identity.models import Organisation
from app.refusal import NotFound
from app.region import branches
from app.watch.queries import Running, limits
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import LOCAL, WorkCalendar
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.catalogue.models import Qualification
from marketplace.credential import rules
from marketplace.credential.models import Credential
from marketplace.credential.rules import Phase


@dataclass(frozen=True, slots=True)
class CredentialLine:
    """One certificate as a page shows it."""

    no: str
    agency_code: str
    agency_name: str
    qualification: str
    qualification_name: str
    grade: str
    certificate_no: str
    valid_from: date
    valid_until: date
    has_file: bool
    submitted_at: datetime
    verify_due_at: datetime
    verified_at: datetime | None
    refuse_reason: str | None
    phase: Phase


def local_day(now: datetime) -> date:
    """The day of an instant in Asia/Shanghai."""
    return now.astimezone(LOCAL).date()


def row(no: str) -> Select[Credential]:
    """The row of a certificate, to be locked; its agency's row stays free."""
    return select(Credential).where(Credential.no == no).options(lazyload(Credential.agency))


def by_no(no: str) -> Credential | None:
    """A certificate by its public number."""
    return db.session.execute(select(Credential).where(Credential.no == no)).scalar_one_or_none()


def same_certificate(agency_id: int, qualification: str, certificate_no: str) -> list[Credential]:
    """What an agency handed in under the same qualification and certificate number, oldest first."""
    query = (
        select(Credential)
        .where(
            Credential.agency_id == agency_id,
            Credential.qualification == qualification,
            Credential.certificate_no == certificate_no,
        )
        .order_by(Credential.id)
        .options(lazyload(Credential.agency))
    )
    return list(db.session.execute(query).scalars())


def held(
    agency_id: ColumnElement[int] | ScalarSelect[int], day: ColumnElement[date], until: ColumnElement[datetime]
) -> ScalarSelect[str | None]:
    """As part of another question: the qualifications of an agency, verified before `until` and valid on a local day.

    Codes joined by spaces, NULL where there are none. The wider licences that a held one is part of are added by
    `marketplace.catalogue.queries.qualifications`.
    """
    return (
        select(func.aggregate_strings(Credential.qualification, " "))
        .where(
            Credential.agency_id == agency_id,
            Credential.valid_from <= day,
            Credential.valid_until >= day,
            Credential.verified_at < until,
        )
        .scalar_subquery()
    )


def end_of(day: date) -> datetime:
    """The instant at which a local day is over: what was verified on that day counts on all of it."""
    return datetime.combine(day + timedelta(days=1), time(), LOCAL).astimezone(UTC)


def holding(qualification: str, day: date) -> Select[int]:
    """The keys of agencies with a verified certificate valid on a local day: of this licence, or of a field of it."""
    fields = select(Qualification.code).where(
        (Qualification.code == qualification) | (Qualification.part_of == qualification)
    )
    return select(Credential.agency_id).where(
        Credential.qualification.in_(fields),
        Credential.verified_at.is_not(None),
        Credential.valid_from <= day,
        Credential.valid_until >= day,
    )


def phase_of(credential: Credential, day: date) -> Phase:
    """The phase of a row on a local day."""
    return rules.phase_of(
        valid_from=credential.valid_from,
        valid_until=credential.valid_until,
        verified=credential.verified_at is not None,
        refused=credential.refused_at is not None,
        today=day,
    )


def _line(credential: Credential, qualification: Qualification, day: date) -> CredentialLine:
    return CredentialLine(
        no=credential.no,
        agency_code=credential.agency.organisation.code,
        agency_name=credential.agency.organisation.name,
        qualification=credential.qualification,
        qualification_name=qualification.name,
        grade=credential.grade,
        certificate_no=credential.certificate_no,
        valid_from=credential.valid_from,
        valid_until=credential.valid_until,
        has_file=credential.file is not None,
        submitted_at=credential.submitted_at,
        verify_due_at=credential.verify_due_at,
        verified_at=credential.verified_at,
        refuse_reason=credential.refuse_reason,
        phase=phase_of(credential, day),
    )


def _lines() -> Select[Credential, Qualification]:
    return select(Credential, Qualification).join(Qualification, Qualification.code == Credential.qualification)


def of_agency(agency_id: int, *, day: date, shown: Collection[Phase] = frozenset(Phase)) -> list[CredentialLine]:
    """An agency's certificates in these phases, by qualification, the latest validity first."""
    query = (
        _lines()
        .where(Credential.agency_id == agency_id)
        .order_by(Credential.qualification, Credential.valid_until.desc(), Credential.id)
    )
    lines = [_line(credential, qualification, day) for credential, qualification in db.session.execute(query)]
    return [line for line in lines if line.phase in shown]


def of_party(party_id: int, *, day: date) -> list[CredentialLine]:
    """An organisation's own certificates, in every phase."""
    agency = agencies.by_party(party_id)
    return [] if agency is None else of_agency(agency.id, day=day)


def public_of(code: str, *, day: date) -> list[CredentialLine]:
    """The verified certificates of an agency by its USCC, for its card."""
    agency = agencies.by_code(code)
    return [] if agency is None else of_agency(agency.id, day=day, shown=rules.SHOWN)


def waiting(actor: Actor, after: str | None = None, *, day: date, size: int = SIZE) -> Listing[CredentialLine]:
    """Certificates that wait for this office: its trades, where it is the competent one; expired ones are left out."""
    judged = [
        and_(
            Qualification.authority == authority,
            branches.judged(Organisation.region, actor, authority=authority),
        )
        for authority in sorted(actor.authorities)
    ]
    query = (
        _lines()
        .join(Agency, Agency.id == Credential.agency_id)
        .join(Organisation, Organisation.id == Agency.organisation_id)
        .where(
            or_(false(), *judged),
            Credential.verified_at.is_(None),
            Credential.refused_at.is_(None),
            Credential.valid_until >= day,
        )
        .order_by(Credential.verify_due_at, Credential.id)
        .limit(size + 1)
    )
    key = parsed(after, (datetime, int))
    if key is not None:
        query = query.where(tuple_(Credential.verify_due_at, Credential.id) > key)
    found = db.session.execute(query).all()
    page = listing([pair[0] for pair in found], size=size, key=lambda last: (instant(last.verify_due_at), last.id))
    names = {pair[0].id: pair[1] for pair in found}
    return Listing(tuple(_line(each, names[each.id], day) for each in page.rows), page.after)


def authority_of(qualification: str) -> str | None:
    """Which authority verifies a qualification, None for an unknown one."""
    return db.session.execute(
        select(Qualification.authority).where(Qualification.code == qualification)
    ).scalar_one_or_none()


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Certificates whose verification was timed without its year, which this calendar knows."""
    return select(Credential.no, stamp(Credential.verify_due_at)).where(
        Credential.provisional, Credential.verify_due_at <= days.certain_until
    )


def seen_by(actor: Actor, no: str, *, day: date) -> CredentialLine:
    """One certificate for its own agency, the office that verifies it, and the supervisor; `NotFound` for others."""
    found = db.session.execute(_lines().where(Credential.no == no)).one_or_none()
    if found is None:
        raise NotFound(no)
    credential, qualification = found
    own = actor.party_id == credential.agency.organisation_id
    region = credential.agency.organisation.region
    competent = Role.REGULATOR in actor.roles and branches.is_competent(
        actor, region, authority=qualification.authority
    )
    watching = Role.SUPERVISOR in actor.roles and branches.serves(actor, region, role=Role.SUPERVISOR)
    if not (own or competent or watching):
        raise NotFound(no)
    return _line(credential, qualification, day)


def file_of(actor: Actor, no: str, *, day: date) -> str:
    """The SHA-256 of a certificate's scan, for those who may see it; `NotFound` for others and where there is none."""
    seen_by(actor, no, day=day)
    credential = by_no(no)
    if credential is None or credential.file is None:
        raise NotFound(no)
    return credential.file


def unverified() -> Running:
    """Certificates that wait for their authority, with the end of its time: what is watched."""
    return (
        limits(
            no=Credential.no,
            at=Credential.verify_due_at,
            region=Organisation.region,
            title=Organisation.name,
            authority=Qualification.authority,
        )
        .join(Agency, Agency.id == Credential.agency_id)
        .join(Organisation, Organisation.id == Agency.organisation_id)
        .join(Qualification, Qualification.code == Credential.qualification)
        .where(Credential.verified_at.is_(None), Credential.refused_at.is_(None))
    )
