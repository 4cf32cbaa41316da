"""The ledger read: lines of a party, the mean of all others, the score as of any instant, explained line by line."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Subquery,
    bindparam,
    cast,
    exists,
    false,
    func,
    null,
    select,
    union_all,
)

from app.audit.models import Entry
from app.database import Instant, db
from app.identity import queries as identities
from app.identity.models import Organisation
from app.rules_in_force import rulebook_for
from app.standing import Grade
from app.web.paging import Listing
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from ratings.credit import rules
from ratings.credit.models import CreditEvent
from ratings.credit.rules import CategoryScore, Condition, CreditTerms, EventKind, Line, Score, Sums

SIZE = 20


GONE = 50
"""So many lines that no longer count are shown, the latest ones."""

FEW = 100
"""So many parties stand in a statement as parameters, which stays prepared; more of them are written into it."""

Totals = Mapping[str, tuple[Fraction, int]]
"""Per category: the points of all contracts in the window added up, exactly, and how many they are."""


def _window(as_of: datetime, months: int) -> tuple[ColumnElement[bool], ...]:
    return CreditEvent.at > rules.window_start(as_of, months), CreditEvent.at <= as_of


def _contracts(*where: ColumnElement[bool]) -> Subquery:
    """Each contract's Σ weight and Σ weight·points: the database adds integers only, nothing is rounded."""
    return (
        select(
            CreditEvent.party_id.label("party"),
            CreditEvent.category.label("category"),
            func.sum(CreditEvent.weight).label("weights"),
            func.sum(CreditEvent.weight * CreditEvent.points).label("weighted"),
        )
        .where(CreditEvent.kind == EventKind.SERVICE, *where)
        .group_by(CreditEvent.party_id, CreditEvent.category, CreditEvent.contract_no)
        .subquery()
    )


def _added(rows: Iterable[tuple[Any, int, int, int]]) -> dict[Any, tuple[Fraction, int]]:
    """Rows (key, sum of weights, Σ weight·points, contracts) as points in fractions and contracts, by key."""
    found: dict[Any, tuple[Fraction, int]] = {}
    for key, weights, weighted, contracts in rows:
        points = Fraction(int(weighted), rules.THOUSAND * int(weights))
        if key in found:
            found[key] = (found[key][0] + points, found[key][1] + int(contracts))
        else:
            found[key] = (points, int(contracts))
    return found


def totals(categories: Collection[str], *, as_of: datetime, months: int) -> Totals:
    """The whole market's contracts by category."""
    each = _contracts(CreditEvent.category.in_(categories), *_window(as_of, months))
    query = select(each.c.category, each.c.weights, func.sum(each.c.weighted), func.count())
    return _added(tuple(row) for row in db.session.execute(query.group_by(each.c.category, each.c.weights)))


def ledger(*, as_of: datetime, months: int, parties: Collection[int] | None = None) -> Mapping[int, Sums]:
    """What the lines of the window add up to, by party: of everybody, or of these; one query."""
    given: dict[str, Any] = {"since": rules.window_start(as_of, months), "until": as_of}
    if parties is None:
        query = _SUMS_OF_ALL
    elif len(parties) <= FEW:
        query = _SUMS_OF_FEW
        given["parties"] = list(parties)
    else:
        query = _sums(CreditEvent.party_id.in_(_inline(parties)))
    services: list[tuple[tuple[int, str], int, int, int]] = []
    conduct: dict[int, dict[str, tuple[int, int]]] = {}
    for party, what, weights, points, figure in db.session.execute(query, given):
        if weights is None:
            conduct.setdefault(party, {})[what] = (int(points), int(figure))
        else:
            services.append(((party, what), weights, points, figure))
    by_category: dict[int, dict[str, tuple[Fraction, int]]] = {}
    for (party, category), found in _added(services).items():
        by_category.setdefault(party, {})[category] = found
    return {
        party: Sums(
            *conduct.get(party, {}).get(EventKind.DEDUCTION, (0, 0)),
            conduct.get(party, {}).get(EventKind.BONUS, (0, 0))[0],
            by_category.get(party, {}),
        )
        for party in {*by_category, *conduct}
    }


def _sums(*where: ColumnElement[bool]) -> CompoundSelect[*tuple[Any, ...]]:
    """(party, category, weights, Σ weight·points, contracts), and without weights (party, kind, Σ points, the most)."""
    where = (
        *where,
        CreditEvent.at > bindparam("since", type_=Instant()),
        CreditEvent.at <= bindparam("until", type_=Instant()),
    )
    each = _contracts(*where)
    services = select(each.c.party, each.c.category, each.c.weights, func.sum(each.c.weighted), func.count())
    conduct = select(
        CreditEvent.party_id,
        cast(CreditEvent.kind, String),
        null(),
        func.sum(CreditEvent.points),
        func.max(CreditEvent.points),
    ).where(CreditEvent.kind != EventKind.SERVICE, *where)
    return union_all(
        services.group_by(each.c.party, each.c.category, each.c.weights),
        conduct.group_by(CreditEvent.party_id, CreditEvent.kind),
    )


_SUMS_OF_ALL = _sums()
_SUMS_OF_FEW = _sums(CreditEvent.party_id.in_(bindparam("parties", type_=BigInteger(), expanding=True)))
"""Kept: whoever wants to take part is asked the second."""


def scores_as_of(regions: Mapping[int, str], *, as_of: datetime) -> Mapping[int, Score]:
    """Score and grade of several parties (id → home region) as of any instant, from the events alone (M26).

    Two queries per set of terms, however many parties: never one per row.
    """
    scores: dict[int, Score] = {}
    for terms, parties in _by_terms(regions, as_of).items():
        known = ledger(as_of=as_of, months=terms.window_months, parties=parties)
        categories = {category for own in known.values() for category in own.services}
        whole = totals(categories, as_of=as_of, months=terms.window_months) if categories else {}
        for party_id in parties:
            own = known.get(party_id, Sums())
            scores[party_id] = rules.reckon(own, others=rules.others(whole, own), terms=terms)
    return scores


def any_line(party: ColumnElement[int], as_of: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether a party has a line by then, as part of another question; without one its score is `score_without`."""
    return exists().where(CreditEvent.party_id == party, CreditEvent.at <= as_of)


@lru_cache(maxsize=64)
def _score_without(terms: CreditTerms) -> Score:
    return rules.reckon(Sums(), others={}, terms=terms)


def score_without(region: str, *, as_of: datetime) -> Score:
    """Score and grade of a party at home there that has no line by then."""
    return _score_without(rulebook_for(region, as_of).terms(CreditTerms))


def _by_terms(regions: Mapping[int, str], as_of: datetime) -> Mapping[CreditTerms, list[int]]:
    terms = {region: rulebook_for(region, as_of).terms(CreditTerms) for region in set(regions.values())}
    found: dict[CreditTerms, list[int]] = {}
    for party_id, region in regions.items():
        found.setdefault(terms[region], []).append(party_id)
    return found


def grades(*, as_of: datetime) -> Mapping[int, Grade]:
    """The grade of every agency with a line in its window, by its organisation; all others are 新入驻.

    Estimated for all, and reckoned for those whom an estimate leaves near a limit.
    """
    agencies_with_lines = select(Organisation.id, Organisation.region).where(
        Organisation.id.in_(select(CreditEvent.party_id).where(CreditEvent.at <= as_of)),
        Organisation.id.in_(select(Agency.organisation_id)),
    )
    regions = dict(db.session.execute(agencies_with_lines).all())
    found: dict[int, Grade] = {}
    for terms, parties in _by_terms(regions, as_of).items():
        everybody = ledger(as_of=as_of, months=terms.window_months)
        whole: dict[str, tuple[int, int]] = {}
        for own in everybody.values():
            for category, (points, count) in own.services.items():
                before = whole.get(category, (0, 0))
                whole[category] = (before[0] + rules.scaled(points), before[1] + count)
        near = {}
        for party_id in parties:
            if party_id in everybody:
                grade = rules.estimated(everybody[party_id], whole=whole, terms=terms)
                if grade is None:
                    near[party_id] = regions[party_id]
                else:
                    found[party_id] = grade
        found |= {party_id: score.grade for party_id, score in scores_as_of(near, as_of=as_of).items()}
    return found


def scores_of(grade: Grade, *, as_of: datetime) -> Mapping[int, Score]:
    """The scores of those who have a grade, by their organisation; of 新入驻 only those with a line."""
    parties = [party for party, found in grades(as_of=as_of).items() if found is grade]
    query = select(Organisation.id, Organisation.region).where(Organisation.id.in_(_inline(parties)))
    return scores_as_of(dict(db.session.execute(query).all()), as_of=as_of)


def graded(grade: Grade, *, as_of: datetime) -> Select[int]:
    """The keys of agencies with a grade as of an instant; 新入驻 are all who have none of the four."""
    known = grades(as_of=as_of)
    if grade is Grade.NEW:
        return select(Agency.id).where(
            Agency.organisation_id.not_in(_inline(party for party, found in known.items() if found is not Grade.NEW))
        )
    return select(Agency.id).where(
        Agency.organisation_id.in_(_inline(party for party, found in known.items() if found is grade))
    )


def nobody() -> Select[int]:
    """The keys of no agency."""
    return select(Agency.id).where(false())


def _inline(keys: Iterable[int]) -> BindParameter[list[int]]:
    # Written into the statement: databases allow only so many parameters, and there may be thousands of agencies.
    return bindparam("keys", sorted(keys), expanding=True, literal_execute=True, unique=True)


def score_as_of(party_id: int, *, as_of: datetime) -> Score:
    """Score and grade of one party as of any instant."""
    return scores_as_of({party_id: identities.organisation(party_id).region}, as_of=as_of)[party_id]


@dataclass(frozen=True, slots=True)
class Explained:
    """One line with its evidence: the log entry that made it, and from when it no longer counts."""

    event: CreditEvent
    position: int | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ContractExplained:
    """One contract's points: the sheets as (weight in per cent, thousandths of 0…100), and their weighted mean."""

    no: str
    sheets: tuple[tuple[int, int], ...]
    points: str


@dataclass(frozen=True, slots=True)
class CategoryExplained:
    """One category's score to be reckoned by hand: its contracts, the others' points added up, all of it exact."""

    found: CategoryScore
    contracts: tuple[ContractExplained, ...]
    total: str
    others_total: str
    others_count: int
    mean: str
    score: str


@dataclass(frozen=True, slots=True)
class CreditPage:
    """Why is this agency a C: the score, what it is made of, every line that counts, and those that did.

    `service` is exact where the score's own is cut down; `short` are the conditions of the next better grade that fail.
    """

    code: str
    name: str
    as_of: datetime
    since: datetime
    score: Score
    service: str
    composite: str
    categories: tuple[CategoryExplained, ...]
    conditions: tuple[Condition, ...]
    better: Grade | None
    short: tuple[Condition, ...]
    terms: CreditTerms
    rulebook_id: str
    lines: tuple[Explained, ...]
    gone: tuple[Explained, ...]


def page(code: str, *, as_of: datetime) -> CreditPage | None:
    """The explanation of a party's score as of an instant; None for an unknown party."""
    organisation = identities.organisation_by_code(code)
    if organisation is None:
        return None
    book = rulebook_for(organisation.region, as_of)
    terms = book.terms(CreditTerms)
    since = rules.window_start(as_of, terms.window_months)
    known = _explained(organisation.id, as_of=as_of, months=terms.window_months)
    counted = [line for line in known if line.event.at > since]
    lines = [_line(line.event) for line in counted]
    whole = totals({line.category for line in lines if line.category}, as_of=as_of, months=terms.window_months)
    own = rules.sums(lines)
    score = rules.reckon(own, others=rules.others(whole, own), terms=terms)
    conditions = rules.conditions(score, worst=own.worst, terms=terms)
    better = rules.better(score.grade)
    service = rules.service(score.categories, terms=terms)
    return CreditPage(
        code=organisation.code,
        name=organisation.name,
        as_of=as_of,
        since=since,
        score=score,
        service=rules.exact(service),
        composite=rules.exact((Fraction(score.conduct, rules.THOUSAND) + service) / 2),
        categories=tuple(_category(found, lines, whole) for found in score.categories),
        conditions=conditions,
        better=better,
        short=tuple(one for one in conditions if one.grade is better and not one.holds),
        terms=terms,
        rulebook_id=book.id,
        lines=tuple(counted),
        gone=tuple(line for line in reversed(known) if line.event.at <= since)[:GONE],
    )


def _explained(party_id: int, *, as_of: datetime, months: int) -> list[Explained]:
    """Every line of a party up to an instant, oldest first, with the place of its entry in the log."""
    query = (
        select(CreditEvent, Entry.position)
        .outerjoin(Entry, Entry.ref == CreditEvent.entry_ref)
        .where(CreditEvent.party_id == party_id, CreditEvent.at <= as_of)
        .order_by(CreditEvent.at, CreditEvent.id)
    )
    return [
        Explained(event, position, rules.expires_at(event.at, months)) for event, position in db.session.execute(query)
    ]


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


def _category(found: CategoryScore, lines: Collection[Line], whole: Totals) -> CategoryExplained:
    total, count = whole[found.category]
    sheets: dict[str, tuple[tuple[int, int], ...]] = {}
    for line in lines:
        if line.category == found.category and line.contract_no is not None:
            sheets[line.contract_no] = (*sheets.get(line.contract_no, ()), (line.weight, line.points))
    points = rules.own_contracts(lines)[found.category]
    return CategoryExplained(
        found=found,
        contracts=tuple(ContractExplained(no, sheets[no], rules.exact(points[no])) for no in points),
        total=rules.exact(found.total),
        others_total=rules.exact(total - found.total),
        others_count=count - found.contracts,
        mean=rules.exact(found.others),
        score=rules.exact(found.score),
    )


@dataclass(frozen=True, slots=True)
class Rated:
    """One agency of the public list, with its score as of the list's instant."""

    code: str
    name: str
    score: Score


def directory(*, as_of: datetime, after: str | None = None, q: str = "", grade: Grade | None = None) -> Listing[Rated]:
    """Admitted agencies with their grades, by name: the order is never a ranking and never for sale (M57)."""
    within = [] if grade is None else [graded(grade, as_of=as_of)]
    found = agencies.directory(after, q, within=within, size=SIZE)
    scores = scores_as_of({row.organisation_id: row.organisation.region for row in found.rows}, as_of=as_of)
    return Listing(
        tuple(Rated(row.organisation.code, row.organisation.name, scores[row.organisation_id]) for row in found.rows),
        found.after,
    )


def distribution(*, as_of: datetime) -> Mapping[Grade, int]:
    """How many admitted agencies have each grade as of an instant."""
    admitted = set(db.session.execute(select(Agency.organisation_id).where(Agency.admitted_at.is_not(None))).scalars())
    found = Counter(grade for party, grade in grades(as_of=as_of).items() if party in admitted)
    found[Grade.NEW] += len(admitted) - found.total()
    return {grade: found[grade] for grade in Grade}
