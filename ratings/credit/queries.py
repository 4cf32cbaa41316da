"""The ledger read: lines of a party, the mean of all others, the score as of any instant, explained line by line."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import func, select

from app.audit.models import Entry
from app.database import db
from app.identity import queries as identities
from app.rules_in_force import rulebook_for
from app.web.paging import Listing, listing, parsed
from marketplace.agency.models import Agency
from ratings.credit import rules
from ratings.credit.models import CreditEvent
from ratings.credit.rules import CreditTerms, EventKind, Line, Score

SIZE = 20


def _line(event: CreditEvent) -> Line:
    return Line(
        kind=event.kind,
        code=event.code,
        points=event.points,
        at=event.at,
        category=event.category,
        contract_no=event.contract_no,
        weight=event.weight,
        evidence=event.evidence,
    )


def events(party_ids: Collection[int], *, as_of: datetime, months: int) -> list[CreditEvent]:
    """The parties' lines in the window (as_of − months, as_of], oldest first."""
    return list(
        db.session.execute(
            select(CreditEvent)
            .where(
                CreditEvent.party_id.in_(party_ids),
                CreditEvent.at > rules.window_start(as_of, months),
                CreditEvent.at <= as_of,
            )
            .order_by(CreditEvent.at, CreditEvent.id)
        ).scalars()
    )


Totals = Mapping[str, tuple[Fraction, int]]
"""Per category: the points of all contracts in the window added up, exactly, and how many they are."""


def totals(categories: Collection[str], *, as_of: datetime, months: int) -> Totals:
    """The whole market's contracts by category.

    The database adds integers only: Σ weight·points per contract, then per category and sum of weights, so that the
    mean made of it is a fraction of integers and not a rounded average.
    """
    contract = (
        select(
            CreditEvent.category.label("category"),
            func.sum(CreditEvent.weight).label("weights"),
            func.sum(CreditEvent.weight * CreditEvent.points).label("weighted"),
        )
        .where(
            CreditEvent.kind == EventKind.SERVICE,
            CreditEvent.category.in_(categories),
            CreditEvent.at > rules.window_start(as_of, months),
            CreditEvent.at <= as_of,
        )
        .group_by(CreditEvent.category, CreditEvent.contract_no)
        .subquery()
    )
    found: dict[str, tuple[Fraction, int]] = {}
    for category, weights, weighted, contracts in db.session.execute(
        select(contract.c.category, contract.c.weights, func.sum(contract.c.weighted), func.count()).group_by(
            contract.c.category, contract.c.weights
        )
    ):
        total, count = found.get(category, (Fraction(0), 0))
        found[category] = (total + Fraction(int(weighted), rules.THOUSAND * int(weights)), count + int(contracts))
    return found


def scores_as_of(regions: Mapping[int, str], *, as_of: datetime) -> Mapping[int, Score]:
    """Score and grade of several parties (id → home region) as of any instant, from the events alone (M26).

    Two queries per set of terms, however many parties: never one per row.
    """
    scores: dict[int, Score] = {}
    by_terms: dict[CreditTerms, list[int]] = {}
    for party_id, region in regions.items():
        by_terms.setdefault(rulebook_for(region, as_of).terms(CreditTerms), []).append(party_id)
    for terms, parties in by_terms.items():
        lines: dict[int, list[Line]] = {party_id: [] for party_id in parties}
        for event in events(parties, as_of=as_of, months=terms.window_months):
            lines[event.party_id].append(_line(event))
        categories = {line.category for found in lines.values() for line in found if line.category is not None}
        whole = totals(categories, as_of=as_of, months=terms.window_months) if categories else {}
        for party_id, own in lines.items():
            scores[party_id] = rules.score(own, as_of=as_of, others=rules.others(whole, own), terms=terms)
    return scores


def score_as_of(party_id: int, *, as_of: datetime) -> Score:
    """Score and grade of one party as of any instant."""
    return scores_as_of({party_id: identities.organisation(party_id).region}, as_of=as_of)[party_id]


@dataclass(frozen=True, slots=True)
class Explained:
    """One line with its evidence: the log entry that made it, and when it stops counting."""

    event: CreditEvent
    position: int | None


@dataclass(frozen=True, slots=True)
class CreditPage:
    """Why is this agency a C: the score, what it is made of, and every line."""

    code: str
    name: str
    as_of: datetime
    score: Score
    terms: CreditTerms
    rulebook_id: str
    lines: tuple[Explained, ...]


def page(code: str, *, as_of: datetime) -> CreditPage | None:
    """The explanation of a party's score as of an instant; None for an unknown party."""
    organisation = identities.organisation_by_code(code)
    if organisation is None:
        return None
    book = rulebook_for(organisation.region, as_of)
    terms = book.terms(CreditTerms)
    found = events([organisation.id], as_of=as_of, months=terms.window_months)
    refs = [event.entry_ref for event in found]
    rows = db.session.execute(select(Entry.ref, Entry.position).where(Entry.ref.in_(refs)))
    positions = dict(rows.all())
    return CreditPage(
        code=organisation.code,
        name=organisation.name,
        as_of=as_of,
        score=score_as_of(organisation.id, as_of=as_of),
        terms=terms,
        rulebook_id=book.id,
        lines=tuple(Explained(event, positions.get(event.entry_ref)) for event in found),
    )


@dataclass(frozen=True, slots=True)
class Rated:
    """One agency of the public list, with its score as of the list's instant."""

    code: str
    name: str
    score: Score


def directory(*, as_of: datetime, after: str | None = None) -> Listing[Rated]:
    """Admitted agencies with their grades, by name: the order is never a ranking and never for sale (M57)."""
    query = select(Agency).where(Agency.admitted_at.is_not(None)).order_by(Agency.sort_key, Agency.id).limit(SIZE + 1)
    key = parsed(after, (str, int))
    if key is not None:
        query = query.where((Agency.sort_key > key[0]) | ((Agency.sort_key == key[0]) & (Agency.id > key[1])))
    found = listing(db.session.execute(query).scalars().all(), size=SIZE, key=lambda row: (row.sort_key, row.id))
    scores = scores_as_of({row.organisation_id: row.organisation.region for row in found.rows}, as_of=as_of)
    return Listing(
        tuple(Rated(row.organisation.code, row.organisation.name, scores[row.organisation_id]) for row in found.rows),
        found.after,
    )
