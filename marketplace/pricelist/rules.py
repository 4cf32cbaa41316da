"""What a price entry must say, and from when it counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.refusal import Refusal
from app.rulebook import term
from app.values import LONGEST_DAYS, Opens
from marketplace.agency import rules as agencies


class PriceAct(StrEnum):
    """The act on public prices."""

    PUBLISH = "price.publish"


class Standing(StrEnum):
    """Where a price entry stands on a day; derived."""

    CURRENT = "current"
    FUTURE = "future"
    PAST = "past"


MAY = {
    PriceAct.PUBLISH: {Role.AGENCY},
}
OPENS = {
    PriceAct.PUBLISH: Opens.AT_ONCE,
}

WHOLE = "project"
"""The unit of a price for the whole project; what a direct commission is compared with."""

RATES = frozenset({"percent", "reduction_share"})
"""Units whose price is a share of something, in ppm; all others are priced in fen."""

HIGHEST_RATE = 1_000_000


@dataclass(frozen=True)
class PriceTerms:
    """What a region sets for public prices: rules.md §2.2, section [entry]."""

    SECTION: ClassVar[str] = "entry"

    price_table_required: bool = term("bool")
    committed_days_required: bool = term("bool")


@dataclass(frozen=True, slots=True)
class Price:
    """A price and a committed time for one item from a local day on; fen, or ppm where the unit is a rate."""

    item: str
    unit: str
    price_fen: int | None
    rate_ppm: int | None
    content: str
    basis: str
    complaint_phone: str
    committed_days: int
    effective_from: date


@dataclass(frozen=True, slots=True)
class Offered:
    """What the catalogue says of an item: its units, and its unified committed days, None where it has none."""

    units: tuple[str, ...]
    days: int | None


def refusals_to_publish(
    price: Price,
    *,
    agency_phase: agencies.Phase | None,
    item: Offered | None,
    known: bool,
    terms: PriceTerms,
    today: date,
) -> Iterator[Refusal]:
    """Every reason against a price entry; `item` as in force on its day, `known` = same item, unit and day already.

    Source: rules.md §2.2 entry.price_table_required and entry.committed_days_required (S1); M09: the past is never
    rewritten, so no price begins before today.
    """
    if agency_phase not in agencies.JOINED:
        yield Refusal("price_before_entry")
    if item is None:
        yield Refusal("price_item_unknown", field="item")
    elif price.unit not in item.units:
        yield Refusal("price_unit_unknown", field="unit")
    yield from _refusals_to_amount(price)
    for name in ("content", "basis", "complaint_phone"):
        if not getattr(price, name).strip():
            yield Refusal(
                "price_field_missing",
                clause="entry.price_table_required" if terms.price_table_required else None,
                field=name,
                params={"name": f"price_field.{name}"},
            )
    if price.effective_from < today:
        yield Refusal("price_in_the_past", field="effective_from", params={"today": today.isoformat()})
    if not 1 <= price.committed_days <= LONGEST_DAYS:
        yield Refusal("days_out_of_range", field="committed_days", params={"most": LONGEST_DAYS})
    elif (
        terms.committed_days_required
        and item is not None
        and item.days is not None
        and price.committed_days > item.days
    ):
        yield Refusal(
            "days_above_unified",
            clause="entry.committed_days_required",
            field="committed_days",
            params={"days": item.days},
        )
    if known:
        yield Refusal("price_known", field="effective_from")


def _refusals_to_amount(price: Price) -> Iterator[Refusal]:
    if price.unit in RATES:
        if price.price_fen is not None or price.rate_ppm is None or not 0 < price.rate_ppm <= HIGHEST_RATE:
            yield Refusal("rate_wanted", field="rate")
    elif price.rate_ppm is not None or price.price_fen is None or price.price_fen <= 0:
        yield Refusal("price_wanted", field="price")


def standing_on(*, effective_from: date, replaced_from: date | None, day: date) -> Standing:
    """Where an entry stands on a day; `replaced_from` is the next later entry's day for the same item and unit."""
    if effective_from > day:
        return Standing.FUTURE
    return Standing.PAST if replaced_from is not None and replaced_from <= day else Standing.CURRENT
