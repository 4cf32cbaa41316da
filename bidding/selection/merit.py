"""Who wins by merit: the long and the short list by credit, the owner's choice, totals of sheets and price; exact.

Standard library only, as `prices` beside it. A point of a sheet is one of 0 … 100; weights are per cent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bidding.selection import prices

MOST_LOTS: Final = 1000
MOST_POINTS: Final = 100
PRICE: Final = "price"
"""The criterion that nobody scores: its points follow from the offers."""


class Unscored(ValueError):
    """A sheet lacks a line, has one too many, or a choice names somebody who does not stand for choice."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of a judge's sheet: 0 … 100 points for an agency under a criterion."""

    judge: str
    id: str
    criterion: str
    points: int


# By credit


def lots_of(points: int) -> int:
    """The lots of a credit score in whole points, cut down: at least one, at most 1000 (protocol.md §1.3)."""
    return min(MOST_LOTS, max(1, points))


def long_list(lots: Mapping[str, int], *, size: int, order: Sequence[str]) -> tuple[str, ...]:
    """The `size` with most lots; of equals at its end those earlier in `order` come in.

    Source: rules.md §2.6 CREDIT_MERIT (GD1); the tie follows protocol.md §1.5, that it is by whole points inferred.
    """
    return prices.ranked({who: (-count,) for who, count in lots.items()}, wanted=size, order=order) or ()


def short_list(lots: Mapping[str, int], *, long: int, short: int, order: Sequence[str]) -> tuple[str, ...]:
    """The first `short` of `order` who stand on the long list of `long` (rules.md §2.6 CREDIT_MERIT, GD1).

    `order` was drawn with everybody's lots: leaving out whoever is not on the list changes no chance among the rest.
    """
    listed = set(long_list(lots, size=long, order=order))
    return tuple(who for who in order if who in listed)[:short]


def chosen(standing: Sequence[str], choices: Sequence[str]) -> tuple[str, ...]:
    """The owner's choices first, then the others as they stood. Raises Unscored.

    Source: rules.md §2.6 CREDIT_MERIT and the outcome table for two valid offers (GD1; several choices inferred).
    """
    if not set(choices) <= set(standing) or len(set(choices)) != len(choices):
        raise Unscored(", ".join(choices))
    return (*choices, *(who for who in standing if who not in choices))


# By sheets and price


def price_points(price: int, *, least: int) -> int:
    """Millionths of full points: lowest / own, half up (低价优先法; recalled, as public procurement has it)."""
    return (2 * prices.ALL * least + price) // (2 * price)


def totals(
    marks: Sequence[Mark], *, offers: Mapping[str, int], weights: Mapping[str, int], judges: Sequence[str]
) -> dict[str, int]:
    """Each offer's total over all judges, exact: `len(judges)` × 100 points are `len(judges)` × 10^8.

    Σ weight × points × 10^4 over all sheets, and for the price its weight × price points once for each judge.
    `offers` are fen by id. Raises Unscored unless every judge gave every offer one mark of 0 … 100 under every
    criterion but `price`. Source: rules.md §2.6 SCHEME_MERIT (GD1; the arithmetic inferred).
    """
    scored = {criterion for criterion in weights if criterion != PRICE}
    given = {(mark.judge, mark.id, mark.criterion): mark.points for mark in marks}
    wanted = {(judge, who, criterion) for judge in judges for who in offers for criterion in scored}
    if (
        len(given) != len(marks)
        or given.keys() != wanted
        or not all(0 <= each <= MOST_POINTS for each in given.values())
    ):
        raise Unscored("sheets")
    least = min(offers.values(), default=0)
    found = {
        who: len(judges) * weights.get(PRICE, 0) * price_points(price, least=least) for who, price in offers.items()
    }
    for mark in marks:
        found[mark.id] += weights[mark.criterion] * mark.points * (prices.ALL // MOST_POINTS)
    return found


def in_thousandths(total: int, *, judges: int) -> int:
    """A total of `totals` as thousandths of a point of 100, half up, for a page; ranks are taken from the total."""
    return (2 * total + 1000 * judges) // (2000 * judges)


def by_total(found: Mapping[str, int], *, wanted: int, order: Sequence[str] | None) -> tuple[str, ...] | None:
    """The first `wanted` by highest total; equal totals stand in `order` (protocol.md §1.5)."""
    return prices.ranked({who: (-total,) for who, total in found.items()}, wanted=wanted, order=order)
