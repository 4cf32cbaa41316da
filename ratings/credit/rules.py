"""The arithmetic of credit (rules.md §2.9): conduct, service, composite, grade; exact, in integers and fractions."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar

from app.rulebook import term
from app.standing import Grade
from app.values import SHANGHAI

THOUSAND = 1_000
FULL = 100
CONDUCT_MOST = 110
DIGITS = 5
"""A figure with more decimals than these is shown as a fraction beside its first three."""


class EventKind(StrEnum):
    """What a line of the ledger does."""

    DEDUCTION = "deduction"
    BONUS = "bonus"
    SERVICE = "service"


class Behaviour(StrEnum):
    """The lines of the deduct list that this market writes by itself (rules.md §2.9)."""

    REFUSED_AWARD = "V01"
    NOT_SIGNED = "V02"
    LATE = "V06_11"
    VERY_LATE = "V06_31"
    OVERCHARGED = "V03"
    NOT_AS_CONTRACTED = "V04"
    STAFF_ABSENT = "V10"
    SUBCONTRACTED = "V13"
    INDISCREET = "V14"
    EVALUATED = "service"


@dataclass(frozen=True)
class CreditTerms:
    """Section [credit] of a rulebook."""

    SECTION: ClassVar[str] = "credit"

    window_months: int = term("month")
    prior: int = term("count")
    prior_mean_default: int = term("point")
    bonus_cap: int = term("point")
    grade_a: int = term("point")
    grade_b: int = term("point")
    grade_c: int = term("point")
    grade_a_contracts: int = term("count")
    grade_a_max_single: int = term("point")
    minimum_contracts: int = term("count")


@dataclass(frozen=True)
class PointsTerms:
    """Section [points]: what each behaviour costs that the record itself establishes."""

    SECTION: ClassVar[str] = "points"

    V01: int = term("point")
    V02: int = term("point")
    V06_11: int = term("point")
    V06_31: int = term("point")
    V03: int = term("point")
    V04: int = term("point")
    V10: int = term("point")
    V13: int = term("point")
    V14: int = term("point")

    def of(self, behaviour: Behaviour) -> int:
        """The points of one behaviour."""
        points: int = getattr(self, behaviour.value)
        return points


@dataclass(frozen=True, slots=True)
class Line:
    """One event of the ledger as a plain value; `points` whole for conduct, thousandths of 0…100 for service."""

    kind: EventKind
    code: str
    points: int
    at: datetime
    category: str | None = None
    contract_no: str | None = None
    weight: int = 0
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """One category's service score: n contracts, their points added up, the mean of all others, and what came of it."""

    category: str
    contracts: int
    total: Fraction
    others: Fraction
    score: Fraction

    @property
    def shown(self) -> tuple[int, int, int]:
        """Total, others' mean and score in thousandths, cut down like every score: for pages, never for reckoning."""
        return cut(self.total), cut(self.others), cut(self.score)


@dataclass(frozen=True, slots=True)
class Score:
    """What the ledger says as of an instant; scores in thousandths, cut down once at the end."""

    conduct: int
    service: int
    composite: int
    grade: Grade
    contracts: int
    deducted: int
    bonus: int
    categories: tuple[CategoryScore, ...]


def window_start(as_of: datetime, months: int) -> datetime:
    """The instant after which events count: the same local time `months` earlier, or that month's last instant.

    So (as_of − months, as_of] never takes an event back: what ceased to count on 28 February does not count on the 29th
    again. Source: rules.md §2.9; what 29 February less 12 months is (inferred).
    """
    local = as_of.astimezone(SHANGHAI)
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    try:
        return local.replace(year=year, month=month + 1)
    except ValueError:
        return _after(year, month) - timedelta.resolution


def expires_at(at: datetime, months: int) -> datetime:
    """The first instant as of which an event no longer counts: the same local time `months` later.

    Where that month has no such day, the beginning of the next one.
    """
    local = at.astimezone(SHANGHAI)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    try:
        return local.replace(year=year, month=month + 1)
    except ValueError:
        return _after(year, month)


def _after(year: int, month: int) -> datetime:
    """The first instant after a month that is counted from 0."""
    return datetime(year + (month + 1) // 12, (month + 1) % 12 + 1, 1, tzinfo=SHANGHAI)


def in_window(at: datetime, *, as_of: datetime, months: int) -> bool:
    """Half-open the other way round: (as_of − months, as_of]."""
    return window_start(as_of, months) < at <= as_of


def contract_points(lines: Iterable[Line]) -> Fraction:
    """One contract's service points, 0…100: the classes present, weighted by the rulebook and renormalised."""
    present = tuple(lines)
    return Fraction(sum(line.weight * line.points for line in present), THOUSAND * sum(line.weight for line in present))


def category_score(category: str, total: Fraction, count: int, *, others: Fraction, prior: int) -> CategoryScore:
    """S = (Σ points + prior·m) / (n + prior): few contracts say little, so they are drawn towards the others' mean."""
    return CategoryScore(category, count, total, others, (total + prior * others) / (count + prior))


@dataclass(frozen=True, slots=True)
class Sums:
    """What a party's lines of the window add up to.

    `worst` is the largest single deduction; `services` by category: its contracts' points, and how many they are.
    """

    deducted: int = 0
    worst: int = 0
    bonus: int = 0
    services: Mapping[str, tuple[Fraction, int]] = field(default_factory=dict)

    @property
    def contracts(self) -> int:
        """How many contracts count."""
        return sum(count for _, count in self.services.values())

    def conduct(self, terms: CreditTerms) -> int:
        """Whole points, 0…110."""
        return max(0, min(CONDUCT_MOST, FULL - self.deducted + min(terms.bonus_cap, self.bonus)))


def sums(lines: Iterable[Line]) -> Sums:
    """The sums of the lines of a window."""
    known = tuple(lines)
    deductions = [line.points for line in known if line.kind is EventKind.DEDUCTION]
    return Sums(
        deducted=sum(deductions),
        worst=max(deductions, default=0),
        bonus=sum(line.points for line in known if line.kind is EventKind.BONUS),
        services={
            category: (sum(found.values(), Fraction(0)), len(found)) for category, found in own_contracts(known).items()
        },
    )


def score(lines: Iterable[Line], *, as_of: datetime, others: Mapping[str, Fraction], terms: CreditTerms) -> Score:
    """Conduct, service, composite and grade as of an instant; a pure function of (lines, as_of, others, terms).

    `others` is, per category, the mean over all other agencies' contracts in the window; a category that is absent has
    none, and the default stands in. Lines outside the window are left out here.
    """
    counted = [line for line in lines if in_window(line.at, as_of=as_of, months=terms.window_months)]
    return reckon(sums(counted), others=others, terms=terms)


def reckon(own: Sums, *, others: Mapping[str, Fraction], terms: CreditTerms) -> Score:
    """The same from what the lines of the window add up to."""
    conduct = own.conduct(terms)
    categories = tuple(
        category_score(
            category,
            total,
            count,
            others=others.get(category, Fraction(terms.prior_mean_default)),
            prior=terms.prior,
        )
        for category, (total, count) in sorted(own.services.items())
    )
    served = service(categories, terms=terms)
    composite = (conduct + served) / 2
    return Score(
        conduct=conduct * THOUSAND,
        service=cut(served),
        composite=cut(composite),
        grade=grade(composite, contracts=own.contracts, worst=own.worst, terms=terms),
        contracts=own.contracts,
        deducted=own.deducted,
        bonus=min(terms.bonus_cap, own.bonus),
        categories=categories,
    )


SCALE = 1_000_000_000
"""Estimates are whole numbers of thousand-millionths of a point, each step cut down."""

MARGIN = SCALE // THOUSAND
"""Nearer to a limit than this an estimate decides nothing; its own error is a few parts of SCALE."""


def scaled(value: Fraction) -> int:
    """A figure for `estimated`, cut down."""
    return value.numerator * SCALE // value.denominator


def estimated(own: Sums, *, whole: Mapping[str, tuple[int, int]], terms: CreditTerms) -> Grade | None:
    """The grade by integers of a fixed scale, None where only `reckon` can tell: for thousands of parties at once.

    `whole` is the market's total of each category, each party's part of it `scaled`, this party's contracts included.
    """
    contracts = own.contracts
    if contracts < terms.minimum_contracts:
        return Grade.NEW
    served = 0
    for category, (total, count) in own.services.items():
        mine, (everybody, all_count) = scaled(total), whole[category]
        left = all_count - count
        mean = (everybody - mine) // left if left else terms.prior_mean_default * SCALE
        served += count * (mine + terms.prior * mean) // (count + terms.prior)
    composite = (own.conduct(terms) * SCALE + served // contracts) // 2
    if any(abs(composite - limit * SCALE) < MARGIN for limit in (terms.grade_a, terms.grade_b, terms.grade_c)):
        return None
    return grade(Fraction(composite, SCALE), contracts=contracts, worst=own.worst, terms=terms)


def service(categories: Collection[CategoryScore], *, terms: CreditTerms) -> Fraction:
    """The categories' scores weighted by their contracts; the default where there is none."""
    contracts = sum(found.contracts for found in categories)
    if not contracts:
        return Fraction(terms.prior_mean_default)
    return sum((found.contracts * found.score for found in categories), Fraction(0)) / contracts


def better(found: Grade) -> Grade | None:
    """The next better grade, for saying why it was not reached; None for the best, and for who is not graded yet."""
    return {Grade.B: Grade.A, Grade.C: Grade.B, Grade.D: Grade.C}.get(found)


def grade(composite: Fraction, *, contracts: int, worst: int, terms: CreditTerms) -> Grade:
    """A, B, C, D, or 新入驻 below the smallest number of counted contracts. `worst` is the largest single deduction."""
    if contracts < terms.minimum_contracts:
        return Grade.NEW
    if composite >= terms.grade_a and contracts >= terms.grade_a_contracts and worst < terms.grade_a_max_single:
        return Grade.A
    if composite >= terms.grade_b:
        return Grade.B
    return Grade.C if composite >= terms.grade_c else Grade.D


class Asked(StrEnum):
    """What a grade asks for."""

    COMPOSITE = "composite"
    CONTRACTS = "contracts"
    WORST = "worst"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a grade and how the figures stand to it; a composite in thousandths.

    `limit` must be reached, except the largest single deduction, which must stay below it.
    """

    grade: Grade
    asked: Asked
    limit: int
    found: int

    @property
    def holds(self) -> bool:
        """Whether the figures meet it."""
        return self.found < self.limit if self.asked is Asked.WORST else self.found >= self.limit


def conditions(score: Score, *, worst: int, terms: CreditTerms) -> tuple[Condition, ...]:
    """Every condition of A, B and C, and of being graded at all, beside the figures; what `grade` decides by.

    The composite is compared as it is shown: cut down to thousandths it reaches a whole number exactly when it does.
    """
    return (
        Condition(Grade.A, Asked.COMPOSITE, terms.grade_a * THOUSAND, score.composite),
        Condition(Grade.A, Asked.CONTRACTS, terms.grade_a_contracts, score.contracts),
        Condition(Grade.A, Asked.WORST, terms.grade_a_max_single, worst),
        Condition(Grade.B, Asked.COMPOSITE, terms.grade_b * THOUSAND, score.composite),
        Condition(Grade.C, Asked.COMPOSITE, terms.grade_c * THOUSAND, score.composite),
        Condition(Grade.NEW, Asked.CONTRACTS, terms.minimum_contracts, score.contracts),
    )


def exact(value: Fraction) -> str:
    """A figure without rounding, to be reckoned with by hand: a decimal, or a decimal cut down and its fraction."""
    for digits in range(DIGITS + 1):
        scaled = value * 10**digits
        if scaled.denominator == 1:
            text = str(scaled.numerator).rjust(digits + 1, "0")
            return f"{text[:-digits]}.{text[-digits:]}" if digits else text
    thousandths = cut(value)
    return f"{thousandths // THOUSAND}.{thousandths % THOUSAND:03d}… ({value.numerator}/{value.denominator})"


def others(whole: Mapping[str, tuple[Fraction, int]], own: Sums) -> Mapping[str, Fraction]:
    """Per category the mean over all other agencies' contracts: the whole market's total less one's own.

    A category in which nobody else has a contract is absent.
    """
    nothing = (Fraction(0), 0)
    left = {
        category: (total - own.services.get(category, nothing)[0], count - own.services.get(category, nothing)[1])
        for category, (total, count) in whole.items()
    }
    return {category: total / count for category, (total, count) in left.items() if count > 0}


def own_contracts(lines: Iterable[Line]) -> Mapping[str, Mapping[str, Fraction]]:
    """The points of each contract by category and contract number; `lines` are lines of the window."""
    contracts: dict[str, dict[str, list[Line]]] = {}
    for line in lines:
        if line.kind is EventKind.SERVICE:
            contracts.setdefault(line.category or "", {}).setdefault(line.contract_no or "", []).append(line)
    return {
        category: {no: contract_points(present) for no, present in sorted(found.items())}
        for category, found in sorted(contracts.items())
    }


def cut(value: Fraction) -> int:
    """Thousandths, cut down: the one rounding, at the very end."""
    return value.numerator * THOUSAND // value.denominator
