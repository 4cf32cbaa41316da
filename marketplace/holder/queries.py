"""Which offices hold keys, for a place, for an office, for everybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from app import built
from app.actor import Role
from app.database import db
from app.refusal import NotFound
from app.region import queries as regions
from app.sealing import public_key
from app.settings import Settings
from marketplace.holder import rules
from marketplace.holder.models import Holder

LISTED = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One public key on the list: whose, of which kind and place, from when to when; `published`: its file too."""

    no: str
    name: str
    role: Role
    region: str
    public_key: str
    fingerprint: str
    enrolled_at: datetime
    ended_at: datetime | None
    published: bool


def number(holder: Holder) -> str:
    """How acts call the office of a kind in a place: `450800-operator`."""
    return f"{holder.region}-{holder.role}"


def serving(region: str) -> Mapping[Role, Holder]:
    """The holders in force for a place: of each kind the nearest one, upwards in the region tree."""
    path = regions.path(region)
    found: dict[Role, Holder] = {}
    for holder in _all(Holder.ended_at.is_(None), Holder.region.in_(path)):
        known = found.get(holder.role)
        if known is None or path.index(holder.region) < path.index(known.region):
            found[holder.role] = holder
    return found


def of_office(party_id: int | None) -> Holder | None:
    """The key in force of an office, None where it holds none."""
    query = select(Holder).where(Holder.organisation_id == party_id, Holder.ended_at.is_(None))
    return db.session.execute(query).scalar_one_or_none()


def in_force(role: Role, region: str) -> Holder | None:
    """Who holds the key of a kind in exactly this place."""
    query = select(Holder).where(Holder.role == role, Holder.region == region, Holder.ended_at.is_(None))
    return db.session.execute(query).scalar_one_or_none()


def is_published(holder: Holder) -> bool:
    """Whether the private key of a holder is published: the one with which its kind begins in a demonstration."""
    return holder.public_key == public_key(rules.demonstration_key(holder.role)).hex()


def published_key_file(role: str) -> str:
    """That key's file. Raises `NotFound` outside a demonstration, and where no such office holds keys."""
    settings: Settings = built.part("settings")
    if not settings.demonstration or role not in set(rules.HOLDERS):
        raise NotFound("holder")
    return rules.key_file(rules.demonstration_key(Role(role)))


def by_number(no: str | None) -> Holder:
    """The holder in force under its number. Raises `NotFound`."""
    region, _, kind = (no or "").partition("-")
    found = in_force(Role(kind), region) if kind in set(rules.HOLDERS) else None
    if found is None:
        raise NotFound("holder")
    return found


def is_known(public_key: str) -> bool:
    """Whether a public key (64 hex digits) was ever published."""
    return db.session.execute(select(Holder.id).where(Holder.public_key == public_key)).first() is not None


def listed(*, ended: bool) -> list[Line]:
    """The keys in force by place and kind, or those that ended, the last one first."""
    if ended:
        query = select(Holder).where(Holder.ended_at.is_not(None)).order_by(Holder.ended_at.desc(), Holder.id.desc())
        return [_line(holder) for holder in db.session.execute(query.limit(LISTED)).scalars()]
    return [_line(holder) for holder in _all(Holder.ended_at.is_(None))]


def _all(*conditions: ColumnElement[bool]) -> list[Holder]:
    query = select(Holder).where(*conditions).order_by(Holder.region, Holder.role, Holder.id)
    return list(db.session.execute(query).scalars())


def _line(holder: Holder) -> Line:
    return Line(
        no=number(holder),
        name=holder.organisation.name,
        role=holder.role,
        region=regions.name(holder.region),
        public_key=holder.public_key,
        fingerprint=rules.fingerprint(holder.public_key),
        enrolled_at=holder.enrolled_at,
        ended_at=holder.ended_at,
        published=is_published(holder),
    )


def own(party_id: int | None) -> Line | None:
    """The office's own key in force, as the list shows it."""
    found = of_office(party_id)
    return None if found is None else _line(found)
