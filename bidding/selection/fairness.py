"""Whether the market's own draws look fair: positions and first places of all published records, against chance.

Standard library only, as `lottery` beside it. Counts are whole; expectations are in millionths of a draw, probabilities
in ppm, multiples of a standard deviation in tenths: floating point enters only where a root or an exponential must.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

MILLION: Final = 1_000_000
PARTS: Final = 3
"""Front, middle and back third of the register: finer parts say nothing of registers of three."""

ENOUGH: Final = 30
"""Fewer draws than this say nothing, and no probability is told of them; our own choice, and shown."""

FEWEST: Final = 5
"""Only an agency that took part in so many draws is compared with chance; our own choice, and shown."""

SHOWN: Final = 6
BEYOND: Final = 20
"""Two standard deviations, in tenths."""

BY_CHANCE: Final = 45_500
"""How many in a million lie beyond two standard deviations of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """One line of a frozen register: lots, where its contribution was made, its place in the drawn order from 1.

    `lots` 0 and `place` None: excluded.
    """

    id: str
    lots: int
    made: str
    place: int | None


@dataclass(frozen=True, slots=True)
class Draw:
    """One published record: the register ascending by id, as it was frozen, and the order that the draw gave it."""

    no: str
    attempt: int
    drawn_at: str
    rule: str
    decision: str
    entrants: tuple[Entrant, ...]

    @property
    def standing(self) -> tuple[Entrant, ...]:
        """Those who took part in the order."""
        return tuple(one for one in self.entrants if one.lots)

    @property
    def tells(self) -> bool:
        """Whether chance decided anything: a draw that was carried out among two or more."""
        return self.decision == "drawn" and len(self.standing) > 1


@dataclass(frozen=True, slots=True)
class Positions:
    """How often the first one drawn stood in each third of the register, and how often a fair draw would have him.

    `expected` in millionths of a draw. `chance_ppm`: how often fair draws deviate at least so much, None where there
    are fewer than ENOUGH.
    """

    draws: int
    got: tuple[int, ...]
    expected: tuple[int, ...]
    chance_ppm: int | None


@dataclass(frozen=True, slots=True)
class Fortune:
    """One agency: in how many draws, how often first, how often a fair draw would have it; `tenths` of a deviation."""

    id: str
    draws: int
    wins: int
    expected: int
    tenths: int


@dataclass(frozen=True, slots=True)
class Fairness:
    """All published draws in figures; `deviating`: those furthest from chance, `beyond` two standard deviations."""

    draws: int
    decisions: Mapping[str, int]
    rules: Mapping[str, int]
    made: Mapping[str, int]
    told: int
    positions: Positions
    agencies: int
    compared: int
    beyond: int
    beyond_by_chance: int
    deviating: tuple[Fortune, ...]


def of_record(record: Mapping[str, Any]) -> Draw:
    """What a published record says; its form was checked when it was published (protocol.md §1.3 and §1.6)."""
    rows = record["frozen_text"].split("\n")
    places = {who: place for place, who in enumerate(record["order"], 1)}
    entrants = []
    for row in rows[8:-1]:
        who, lots, _, made, *_ = row.split(" ")
        entrants.append(Entrant(who, int(lots), made, places.get(who)))
    rule = rows[7].partition(" after ")[0]
    return Draw(record["no"], record["attempt"], record["drawn_at"], rule, record["decision"], tuple(entrants))


def third(position: int, among: int) -> int:
    """The third of (position - 1/2) / among, from 0; `position` from 1. No position ever falls on a border."""
    return PARTS * (2 * position - 1) // (2 * among)


def positions(draws: Iterable[Draw]) -> Positions:
    """Draws with equal lots only: there each position in the register is as likely as any other.

    The squared deviation of the counts, weighed by their exact covariance, which differs with the length of each
    register, follows a chi-square distribution; for registers of one length it is Pearson's statistic. Source: Pearson
    1900; Rao, Linear Statistical Inference, §6a; tails for one and two degrees of freedom in closed form, Abramowitz
    and Stegun 26.4.4 and 26.4.5.
    """
    got, lengths = [0] * PARTS, Counter[int]()
    for draw in draws:
        standing = draw.standing
        if draw.tells and len({one.lots for one in standing}) == 1:
            first = next(at for at, one in enumerate(standing, 1) if one.place == 1)
            got[third(first, len(standing))] += 1
            lengths[len(standing)] += 1
    expected, covariance = _moments(lengths)
    total = lengths.total()
    return Positions(
        total,
        tuple(got),
        tuple(round(each * MILLION) for each in expected),
        _chance(got, expected, covariance) if total >= ENOUGH else None,
    )


def _moments(lengths: Mapping[int, int]) -> tuple[list[Fraction], list[list[Fraction]]]:
    expected = [Fraction(0)] * PARTS
    covariance = [[Fraction(0)] * PARTS for _ in range(PARTS)]
    for length, times in lengths.items():
        held = Counter(third(position, length) for position in range(1, length + 1))
        share = [Fraction(held[part], length) for part in range(PARTS)]
        for one in range(PARTS):
            expected[one] += times * share[one]
            for other in range(PARTS):
                own = share[one] if one == other else Fraction(0)
                covariance[one][other] += times * (own - share[one] * share[other])
    return expected, covariance


def _chance(got: Sequence[int], expected: Sequence[Fraction], covariance: Sequence[Sequence[Fraction]]) -> int:
    """In ppm: the chance that fair draws deviate at least so much. The middle third follows from the other two."""
    front, back = got[0] - expected[0], got[-1] - expected[-1]
    v, w, c = covariance[0][0], covariance[-1][-1], covariance[0][-1]
    spread = v * w - c * c
    if spread:
        return round(MILLION * math.exp(-float((w * front**2 - 2 * c * front * back + v * back**2) / spread) / 2))
    return round(MILLION * math.erfc(math.sqrt(float(front**2 / v) / 2)))


def fortunes(draws: Iterable[Draw]) -> list[Fortune]:
    """Of each agency that took part in a draw that tells; with w lots of W its chance to be first is w/W (§1.5)."""
    taken, wins = Counter[str](), Counter[str]()
    expected, variance = defaultdict[str, int](int), defaultdict[str, int](int)
    for draw in draws:
        if not draw.tells:
            continue
        standing = draw.standing
        whole = sum(one.lots for one in standing)
        for one in standing:
            share = (one.lots * MILLION + whole // 2) // whole
            taken[one.id] += 1
            wins[one.id] += one.place == 1
            expected[one.id] += share
            variance[one.id] += share * (MILLION - share)
    return [
        Fortune(
            who,
            taken[who],
            wins[who],
            expected[who],
            round(10 * (wins[who] * MILLION - expected[who]) / math.sqrt(variance[who])),
        )
        for who in sorted(taken)
    ]


def fairness(draws: Sequence[Draw]) -> Fairness:
    """The figures of the page; all of them follow from the published records alone."""
    found = fortunes(draws)
    compared = [one for one in found if one.draws >= FEWEST]
    return Fairness(
        draws=len(draws),
        decisions=Counter(draw.decision for draw in draws),
        rules=Counter(draw.rule for draw in draws),
        made=Counter(one.made for draw in draws for one in draw.entrants),
        told=sum(draw.tells for draw in draws),
        positions=positions(draws),
        agencies=len(found),
        compared=len(compared),
        beyond=sum(abs(one.tenths) > BEYOND for one in compared),
        beyond_by_chance=len(compared) * BY_CHANCE,
        deviating=tuple(sorted(compared, key=lambda one: (-abs(one.tenths), one.id))[:SHOWN]),
    )
