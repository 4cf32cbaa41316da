"""Who wins by price: lowest, nearest to the mean, highest discount; in integers, half up, no float ever.

Standard library only; imports nothing of the market: the verifier of transcripts carries this very file.
Money is fen, rates and shares are ppm. A ranking asks for `wanted` ranks and for `order`, the ids as protocol.md §1.5
drew them; while `order` is not yet known it is None, and so is a ranking that a tie keeps from being said.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

ALL: Final = 1_000_000
TRIM_FROM: Final = 6
"""From so many prices on, the mean leaves out one highest and one lowest (rules.md §2.6 BID_AVG)."""


def ranked(keys: Mapping[str, tuple[int, ...]], *, wanted: int, order: Sequence[str] | None) -> tuple[str, ...] | None:
    """The first `wanted` ids ascending by key; equal keys stand in `order`.

    None where `order` is not yet known and a tie reaches one of the wanted ranks. Source: protocol.md §1.5.
    """
    if order is None:
        standing = sorted(keys.values())
        if any(standing[place] == standing[place + 1] for place in range(min(wanted, len(standing) - 1))):
            return None
        return tuple(sorted(keys, key=lambda who: keys[who]))[:wanted]
    place_of = _places(order)
    return tuple(sorted(keys, key=lambda who: (keys[who], place_of[who])))[:wanted]


def _places(order: Sequence[str]) -> dict[str, int]:
    return {who: place for place, who in enumerate(order)}


def lowest(prices: Mapping[str, int], *, wanted: int, order: Sequence[str] | None) -> tuple[str, ...] | None:
    """By lowest price in fen (最低价). Source: rules.md §2.6 BID_LOW (S1, JS2)."""
    return ranked({who: (price,) for who, price in prices.items()}, wanted=wanted, order=order)


def highest(rates: Mapping[str, int], *, wanted: int, order: Sequence[str] | None) -> tuple[str, ...] | None:
    """By highest discount rate in ppm (下浮率). Source: rules.md §2.6 BID_RATE (VN1)."""
    return ranked({who: (-rate,) for who, rate in rates.items()}, wanted=wanted, order=order)


# The mean


def nearest_to_mean(
    prices: Mapping[str, int], *, percent: int | None, wanted: int, order: Sequence[str] | None
) -> tuple[str, ...] | None:
    """By distance in fen to percent × mean (均价); equal distance: the lower price, then `order`.

    What was trimmed cannot win and so stands at no rank, not even as an alternate. `percent` is None until the factor
    is drawn, and so is the ranking. Source: protocol.md §4; rules.md §2.6 BID_AVG (JS2; alternates inferred).
    """
    if not prices:
        return ()
    rest = None if percent is None else trimmed(prices, order=order)
    if percent is None or rest is None:
        return None
    middle = reference(rest.values(), percent=percent)
    return ranked({who: (abs(price - middle), price) for who, price in rest.items()}, wanted=wanted, order=order)


def trimmed(prices: Mapping[str, int], *, order: Sequence[str] | None) -> dict[str, int] | None:
    """What is left of six or more prices without one highest and one lowest; of fewer, all of them.

    Of equals the one later in `order` goes, the highest first; None where that is not yet known. Source: protocol.md §4
    (JS2; fewer than six and equals inferred).
    """
    if len(prices) < TRIM_FROM:
        return dict(prices)
    amounts = list(prices.values())
    if order is None and max(amounts.count(max(amounts)), amounts.count(min(amounts))) > 1:
        return None
    place_of = _places(order or tuple(prices))
    rest = dict(prices)
    del rest[max(rest, key=lambda who: (rest[who], place_of[who]))]
    del rest[min(rest, key=lambda who: (rest[who], -place_of[who]))]
    return rest


def reference(prices: Collection[int], *, percent: int) -> int:
    """⌊(2·percent·Σp + 100·n) / (200·n)⌋ fen: percent of the mean, half up (protocol.md §4). At least one price."""
    count = len(prices)
    return (2 * percent * sum(prices) + 100 * count) // (200 * count)


# Prices that must be explained


def abnormally_low(prices: Mapping[str, int], *, ceiling: int, of_ceiling: int, of_mean: int) -> frozenset[str]:
    """Whose price needs a cost statement: below `of_ceiling` ppm of the ceiling, or `of_mean` ppm of the others' mean.

    Compared without division; an offer that stands alone has no mean beside it. Exactly the share is not below it.
    Source: rules.md §2.5 offer.low_price_alert (inferred).
    """
    total, others = sum(prices.values()), len(prices) - 1
    return frozenset(
        who
        for who, price in prices.items()
        if price * ALL < of_ceiling * ceiling or (others and price * ALL * others < of_mean * (total - price))
    )
