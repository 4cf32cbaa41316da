"""Sanctions: in force for a party, the public lists, one by its number."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, distinct, exists, func, select, tuple_
from sqlalchemy.orm import contains_eager

from app.actor import Actor
from app.audit.models import Entry, EntrySubject
from app.database import Instant, db
from app.identity.models import Organisation
from app.region import branches
from app.region import queries as regions
from app.rules_in_force import rulebooks
from app.values import Period
from app.web.paging import Listing, listing, parsed
from bidding.award import queries as awards
from marketplace.agency.models import Agency
from ratings.credit import queries as credit
from ratings.credit.models import CreditEvent
from ratings.credit.rules import CreditTerms, EventKind, Score
from ratings.sanction import rules
from ratings.sanction.models import Sanction
from ratings.sanction.rules import Phase, SanctionAct, SanctionKind

SIZE = 20


_NOW = bindparam("now", type_=Instant())
_IN_FORCE = (
    select(Sanction)
    .where(
        Sanction.party_id == bindparam("party", type_=BigInteger()), Sanction.from_at <= _NOW, Sanction.until_at > _NOW
    )
    .order_by(Sanction.id)
)


def in_force(party_id: int, *, now: datetime) -> list[Sanction]:
    """The sanctions whose period holds `now`; when it has passed nothing bars any more."""
    return list(db.session.execute(_IN_FORCE, {"party": party_id, "now": now}).scalars())


def any_in_force(party: ColumnElement[int], now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether `in_force` has anything to say, as part of another question."""
    return exists().where(Sanction.party_id == party, Sanction.from_at <= now, Sanction.until_at > now)


def is_competent(actor: Actor, party_id: int, *, region: str, authority: str) -> bool:
    """Whether an office may decide against a party: it is competent at the party's seat, or where the party has worked.

    An agency admitted once serves everywhere, so misconduct is judged where it happened too. Source: mission.md M04,
    M27 (a copy goes to the home region's authority); that both are competent is (inferred).
    """
    places = (region, *sorted(awards.regions_of(party_id)))
    return any(branches.is_competent(actor, place, authority=authority) for place in places)


def of_party(party_id: int) -> list[Sanction]:
    """Every sanction a party ever had, the newest first."""
    return list(
        db.session.execute(select(Sanction).where(Sanction.party_id == party_id).order_by(Sanction.id.desc())).scalars()
    )


def listed_of(code: str, *, now: datetime) -> tuple["Listed", ...]:
    """Every sanction of a party by its code, as the public sees it, the newest first."""
    rows = db.session.execute(_with_party().where(Organisation.code == code).order_by(Sanction.id.desc())).all()
    names = regions.authorities() if rows else {}
    return tuple(_listed(sanction, organisation, now=now, names=names) for sanction, organisation in rows)


def running(*, now: datetime, parties: Collection[int] | None = None) -> Mapping[int, tuple[Sanction, ...]]:
    """The sanctions in force at `now`, by party: of everybody, or of these parties; one query."""
    found: dict[int, tuple[Sanction, ...]] = {}
    query = select(Sanction).where(Sanction.from_at <= now, Sanction.until_at > now).order_by(Sanction.id)
    if parties is not None:
        query = query.where(Sanction.party_id.in_(parties))
    for row in db.session.execute(query).scalars():
        found[row.party_id] = (*found.get(row.party_id, ()), row)
    return found


def named(running: Collection[Sanction], kind: SanctionKind) -> tuple[tuple[str, str], ...]:
    """The sanctions of one kind as (number, end) for a refusal that names them."""
    return tuple((row.no, row.until_at.isoformat()) for row in running if row.kind is kind)


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


# The public lists: by name, never by anything that could be bought (M29)

BATCH = 100
"""So many candidates of the red list are scored at once."""


def _home(region: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if region is None else (Organisation.region.startswith(regions.under(region), autoescape=True),)


@dataclass(frozen=True, slots=True)
class Barred:
    """One line of the black list, and where the log says so."""

    listed: Listed
    region: str
    position: int | None


def black_list(
    *, now: datetime, region: str | None = None, after: str | None = None, size: int = SIZE
) -> Listing[Barred]:
    """Who is on the platform's black list at `now`, by name; of one branch where it is asked for."""
    # A purchaser has no key of its name; its name itself stands among them, after the Latin letters of the keys.
    name = func.coalesce(Agency.sort_key, Organisation.name)
    query = (
        _with_party()
        .add_columns(name)
        .outerjoin(Agency, Agency.organisation_id == Organisation.id)
        .where(Sanction.kind == SanctionKind.BLACKLIST, Sanction.from_at <= now, Sanction.until_at > now)
        .where(*_home(region))
        .order_by(name, Sanction.id)
        .limit(size + 1)
    )
    key = parsed(after, (str, int))
    if key is not None:
        query = query.where(tuple_(name, Sanction.id) > key)
    found = listing(db.session.execute(query).all(), size=size, key=lambda row: (row[2], row[0].id))
    names = regions.authorities()
    places = _positions([sanction.no for sanction, _, _ in found.rows])
    return Listing(
        tuple(
            Barred(_listed(sanction, party, now=now, names=names), party.region, places.get(sanction.no))
            for sanction, party, _ in found.rows
        ),
        found.after,
    )


def _positions(numbers: Collection[str]) -> Mapping[str, int | None]:
    """Where in the public log the decisions of these numbers stand; None before they are numbered."""
    query = (
        select(EntrySubject.subject, Entry.position)
        .join(Entry, Entry.id == EntrySubject.entry_id)
        .where(EntrySubject.subject.in_([f"sanction:{no}" for no in numbers]), Entry.act == str(SanctionAct.DECIDE))
    )
    return {subject.partition(":")[2]: position for subject, position in db.session.execute(query)}


@dataclass(frozen=True, slots=True)
class Praised:
    """One line of the red list, with the figures that prove it."""

    code: str
    name: str
    region: str
    score: Score
    sort_key: str
    agency_id: int


def red_list(
    *, now: datetime, region: str | None = None, after: str | None = None, size: int = SIZE
) -> Listing[Praised]:
    """Agencies that `rules.is_red` holds for at `now`, by name; judged from the ledger, in batches up to a page."""
    key = parsed(after, (str, int)) or ("", 0)
    enough = min(book.terms(CreditTerms).grade_a_contracts for book in rulebooks().all())
    found: list[Praised] = []
    while len(found) <= size:
        batch = _candidates(key, enough=enough, now=now, region=region)
        parties = {agency.organisation_id: agency.organisation.region for agency in batch}
        scores, barred = credit.scores_as_of(parties, as_of=now), _barred(parties, now=now)
        found += [
            Praised(
                code=agency.organisation.code,
                name=agency.organisation.name,
                region=agency.organisation.region,
                score=score,
                sort_key=agency.sort_key,
                agency_id=agency.id,
            )
            for agency in batch
            if rules.is_red(
                (score := scores[agency.organisation_id]).grade,
                deducted=score.deducted,
                sanctioned=agency.organisation_id in barred,
            )
        ]
        if len(batch) < BATCH:
            break
        key = (batch[-1].sort_key, batch[-1].id)
    return listing(found[: size + 1], size=size, key=lambda row: (row.sort_key, row.agency_id))


def _barred(parties: Collection[int], *, now: datetime) -> frozenset[int]:
    """Which of these parties have any decision in force against them."""
    query = select(Sanction.party_id).where(
        Sanction.party_id.in_(parties), Sanction.from_at <= now, Sanction.until_at > now
    )
    return frozenset(db.session.execute(query).scalars())


def _candidates(key: tuple[Any, ...], *, enough: int, now: datetime, region: str | None) -> Sequence[Agency]:
    """The next agencies by name that have contracts enough in the ledger to be an A at all."""
    contracts = (
        select(CreditEvent.party_id)
        .where(CreditEvent.kind == EventKind.SERVICE, CreditEvent.at <= now)
        .group_by(CreditEvent.party_id)
        .having(func.count(distinct(CreditEvent.contract_no)) >= enough)
    )
    query = (
        select(Agency)
        .join(Agency.organisation)
        .options(contains_eager(Agency.organisation))
        .where(
            Agency.admitted_at <= now,
            Agency.organisation_id.in_(contracts),
            tuple_(Agency.sort_key, Agency.id) > key,
            *_home(region),
        )
        .order_by(Agency.sort_key, Agency.id)
        .limit(BATCH)
    )
    return db.session.execute(query).scalars().all()
