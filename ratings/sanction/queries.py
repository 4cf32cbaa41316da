"""Sanctions: in force for a party, the public lists, one by its number."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from app.database import db
from app.identity.models import Organisation
from app.region import queries as regions
from app.values import Period
from app.web.paging import Listing, listing, parsed
from ratings.sanction import rules
from ratings.sanction.models import Sanction
from ratings.sanction.rules import Phase, SanctionKind

SIZE = 20


def in_force(party_id: int, *, now: datetime) -> list[Sanction]:
    """The sanctions whose period holds `now`; when it has passed nothing bars any more."""
    return list(
        db.session.execute(
            select(Sanction)
            .where(Sanction.party_id == party_id, Sanction.from_at <= now, Sanction.until_at > now)
            .order_by(Sanction.id)
        ).scalars()
    )


def of_party(party_id: int) -> list[Sanction]:
    """Every sanction a party ever had, the newest first."""
    return list(
        db.session.execute(select(Sanction).where(Sanction.party_id == party_id).order_by(Sanction.id.desc())).scalars()
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A sanction as the public sees it."""

    no: str
    code: str
    name: str
    kind: SanctionKind
    phase: Phase
    from_at: datetime
    until_at: datetime
    facts: str
    basis: str
    authority: str
    rulebook: str
    decided_at: datetime


def _listed(sanction: Sanction, organisation: Organisation, *, now: datetime, names: dict[str, str]) -> Listed:
    return Listed(
        no=sanction.no,
        code=organisation.code,
        name=organisation.name,
        kind=sanction.kind,
        phase=rules.phase_of(Period(sanction.from_at, sanction.until_at), now=now),
        from_at=sanction.from_at,
        until_at=sanction.until_at,
        facts=sanction.facts,
        basis=sanction.basis,
        authority=names.get(sanction.authority, sanction.authority),
        rulebook=sanction.rulebook,
        decided_at=sanction.decided_at,
    )


def _with_party() -> Select[Sanction, Organisation]:
    return select(Sanction, Organisation).join(Organisation, Organisation.id == Sanction.party_id)


def public_list(
    *,
    now: datetime,
    kind: SanctionKind | None = None,
    only_in_force: bool = False,
    after: str | None = None,
    size: int = SIZE,
) -> Listing[Listed]:
    """Sanctions, the newest first; of one kind, or those in force, where asked."""
    query = _with_party().order_by(Sanction.id.desc()).limit(size + 1)
    if kind is not None:
        query = query.where(Sanction.kind == kind)
    if only_in_force:
        query = query.where(Sanction.from_at <= now, Sanction.until_at > now)
    key = parsed(after, (int,))
    if key is not None:
        query = query.where(Sanction.id < key[0])
    found = listing(db.session.execute(query).all(), size=size, key=lambda row: (row[0].id,))
    names = regions.authorities()
    return Listing(
        tuple(_listed(sanction, organisation, now=now, names=names) for sanction, organisation in found.rows),
        found.after,
    )


def page(no: str, *, now: datetime) -> Listed | None:
    """One sanction by its number."""
    found = db.session.execute(_with_party().where(Sanction.no == no)).one_or_none()
    return None if found is None else _listed(found[0], found[1], now=now, names=regions.authorities())


def members(sanction: Listed) -> dict[str, Any]:
    """A sanction as the API shows it."""
    return {
        "no": sanction.no,
        "party": {"id": sanction.code, "name": sanction.name},
        "kind": sanction.kind.value,
        "phase": sanction.phase.value,
        "from": sanction.from_at.isoformat(),
        "until": sanction.until_at.isoformat(),
        "facts": sanction.facts,
        "basis": sanction.basis,
        "authority": sanction.authority,
    }
