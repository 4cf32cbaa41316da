"""The ledger read: lines of a party, the mean of all others, the score as of any instant, explained line by line."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, false, func, select

from app.audit.models import Entry
from app.database import db
from app.identity import queries as identities
from app.identity.models import Organisation
from app.rules_in_force import rulebook_for
from app.standing import Grade
from app.web.paging import Listing
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from ratings.credit import rules
from ratings.credit.models import CreditEvent
from ratings.credit.rules import CategoryScore, Condition, CreditTerms, EventKind, Line, Score

SIZE = 20


GONE = 50
"""So many lines that no longer count are shown, the latest ones."""

LINE = (
    CreditEvent.kind,
    CreditEvent.code,
    CreditEvent.points,
    CreditEvent.at,
    CreditEvent.category,
    CreditEvent.contract_no,
    CreditEvent.weight,
    CreditEvent.evidence,
)
"""The columns of a `Line`, in its order: thousands of lines are read without a row object each."""


def _lines(party_ids: Collection[int], *, as_of: datetime, months: int) -> Iterator[tuple[int, Line]]:
    """The parties' lines in the window (as_of − months, as_of], oldest first, each with its party."""
    query = (
        select(CreditEvent.party_id, *LINE)
        .where(
            CreditEvent.party_id.in_(_inline(party_ids)),
            CreditEvent.at > rules.window_start(as_of, months),
            CreditEvent.at <= as_of,
        )
        .order_by(CreditEvent.at, CreditEvent.id)
    )
    for row in db.session.execute(query):
        columns: tuple[Any, ...] = tuple(row)
        yield columns[0], Line(*columns[1:])


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
        for party_id, line in _lines(parties, as_of=as_of, months=terms.window_months):
            lines[party_id].append(line)
        categories = {line.category for found in lines.values() for line in found if line.category is not None}
        whole = totals(categories, as_of=as_of, months=terms.window_months) if categories else {}
        for party_id, own in lines.items():
            scores[party_id] = rules.score(own, as_of=as_of, others=rules.others(whole, own), terms=terms)
    return scores


def all_scores(*, as_of: datetime, grade: Grade | None = None) -> Mapping[int, Score]:
    """Score and grade of every agency that ever had a line; all others are 新入驻 with nothing counted.

    With `grade` only those who have it.
    """
    query = (
        select(Organisation.id, Organisation.region)
        .join(Agency, Agency.organisation_id == Organisation.id)
        .where(select(CreditEvent.id).where(CreditEvent.party_id == Organisation.id).exists())
    )
    scores = scores_as_of(dict(db.session.execute(query).all()), as_of=as_of)
    return scores if grade is None else {party: score for party, score in scores.items() if score.grade is grade}


def graded(grade: Grade, *, as_of: datetime) -> Select[int]:
    """The keys of agencies with a grade as of an instant; 新入驻 are all who have none of the four."""
    grades = {party: score.grade for party, score in all_scores(as_of=as_of).items()}
    if grade is Grade.NEW:
        return select(Agency.id).where(
            Agency.organisation_id.not_in(_inline(party for party, found in grades.items() if found is not Grade.NEW))
        )
    return select(Agency.id).where(
        Agency.organisation_id.in_(_inline(party for party, found in grades.items() if found is grade))
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
    score = rules.score(lines, as_of=as_of, others=rules.others(whole, lines), terms=terms)
    worst = max((line.points for line in lines if line.kind is EventKind.DEDUCTION), default=0)
    conditions = rules.conditions(score, worst=worst, terms=terms)
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
    return Line(*(getattr(event, column.key) for column in LINE))


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
    found = Counter(score.grade for party, score in all_scores(as_of=as_of).items() if party in admitted)
    found[Grade.NEW] += len(admitted) - found.total()
    return {grade: found[grade] for grade in Grade}
