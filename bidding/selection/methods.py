"""Which methods there are, what each needs, how its result follows, and what follows from too few.

Standard library only, as `prices` beside it. `METHODS` has one row for each code of rules.md §2.6; the market and the
verifier of transcripts ask the same row.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from bidding.auction import bids
from bidding.selection import merit, prices

WEIGHT: Final = "weight_"
_WEIGHT: Final = re.compile(r"weight_[a-z][a-z0-9_]*")
_PAUSE: Final = re.compile(r"pause_[1-9][0-9]*_(since|until|lost)_s")
FULL: Final = 100
LEAST_JUDGES: Final = 3
LEAST_SCORED: Final = 3


class Family(StrEnum):
    """The columns of the outcome table (rules.md §2.6)."""

    DIRECT = "direct"
    RANDOM = "random"
    BID = "bid"
    CREDIT = "credit"
    SCHEME = "scheme"


class Outcome(StrEnum):
    """What follows from the number of valid ones; the codes are the rulebook's (`outcome.*`)."""

    UNSUCCESSFUL = "unsuccessful"
    CHOOSE_AGAIN = "choose_again"
    WINS = "wins"
    DRAW = "draw"
    BY_PRICE = "lowest"
    OWNER_DECIDES = "owner_decides"
    OWNER_CHOOSES = "owner_chooses"
    DRAW_THEN_CHOICE = "draw_then_choice"
    BY_SCORE = "by_score"


@dataclass(frozen=True, slots=True)
class Case:
    """All that a result follows from. What is not yet known is None; what a method does not ask stays empty.

    `order`: protocol.md §1.5; `factor`: per cent. `lots`: of the valid registrations; `offers`: fen or ppm of the valid
    opened offers; `live`: what counted in the auction, in its sequence; `marks` and `judges`: the sheets and who had
    to fill one in, None until they are locked; `choices`: whom the owner chose, first choice first, None until then.
    """

    winners: int
    alternates: int
    parameters: Mapping[str, int]
    frozen_at: datetime
    order: Sequence[str] | None = None
    factor: int | None = None
    lots: Mapping[str, int] = field(default_factory=dict)
    offers: Mapping[str, int] = field(default_factory=dict)
    live: Sequence[bids.Bid] = ()
    marks: Sequence[merit.Mark] | None = None
    judges: Sequence[str] = ()
    choices: Sequence[str] | None = None

    @property
    def wanted(self) -> int:
        """How many ranks are asked for."""
        return self.winners + self.alternates


@dataclass(frozen=True, slots=True)
class Rank:
    """One rank of a result, the first ones winning: who, and the amount in fen or the rate in ppm."""

    id: str
    value: int


Ranks = tuple[Rank, ...]
"""A result; empty where nobody is left to take a rank."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one method needs, and how its result follows; None from `result`: it waits for something still unknown.

    `sealed`: offers stay sealed until an opening; `second`: they are handed in by those invited, after the freeze.
    `factor`, `judges`: drawn from the same seed. `live`: an auction. `lots`: by credit. `weights`: sheets are filled in
    on published weights. `parameters`: the integers that are announced, each of them and no other.
    """

    family: Family
    result: Callable[[Case], Ranks | None] | None
    parameters: tuple[str, ...] = ()
    kind: Literal["amount", "rate"] = "amount"
    sealed: bool = False
    second: bool = False
    factor: bool = False
    judges: bool = False
    live: bool = False
    lots: bool = False
    weights: bool = False


# Results


def _ranks(ids: Sequence[str] | None, values: Mapping[str, int]) -> Ranks | None:
    return None if ids is None else tuple(Rank(who, values[who]) for who in ids)


def _random(case: Case) -> Ranks | None:
    """The first of `order` at the announced price (rules.md §2.6 RANDOM)."""
    if case.order is None:
        return None
    return tuple(Rank(who, case.parameters["price_fen"]) for who in case.order[: case.wanted])


def _lowest(case: Case) -> Ranks | None:
    return _ranks(prices.lowest(case.offers, wanted=case.wanted, order=case.order), case.offers)


def _highest(case: Case) -> Ranks | None:
    return _ranks(prices.highest(case.offers, wanted=case.wanted, order=case.order), case.offers)


def _mean(case: Case) -> Ranks | None:
    ids = prices.nearest_to_mean(case.offers, percent=case.factor, wanted=case.wanted, order=case.order)
    return _ranks(ids, case.offers)


def reference(case: Case) -> int | None:
    """What the prices of BID_AVG are compared with, fen; None before the factor is drawn, and without a price."""
    rest = None if case.factor is None else prices.trimmed(case.offers, order=case.order)
    return prices.reference(rest.values(), percent=case.factor) if rest and case.factor is not None else None


def _auction(case: Case) -> Ranks | None:
    amounts = bids.replay(case.live, terms=auction_terms(case)).amounts
    return _ranks(prices.lowest(amounts, wanted=case.wanted, order=case.order), amounts)


def _after_short_list(case: Case) -> Ranks | None:
    """As the lowest price, among those invited (rules.md §2.6 SHORTLIST_THEN_BID)."""
    if case.order is None:
        return None
    offers = {who: price for who, price in case.offers.items() if who in invited(case)}
    return _ranks(prices.lowest(offers, wanted=case.wanted, order=case.order), offers)


def _credit(case: Case) -> Ranks | None:
    """The owner's choice from the short list, then the others of it, at the announced price (CREDIT_MERIT)."""
    if case.order is None or case.choices is None:
        return None
    ids = merit.chosen(short_list(case), case.choices)
    return tuple(Rank(who, case.parameters["price_fen"]) for who in ids)


def _scheme(case: Case) -> Ranks | None:
    """By the totals of all sheets; of one or two offers the owner chooses (SCHEME_MERIT, COMPARE; outcome table)."""
    if not case.offers:
        return ()
    if chooses(case):
        if case.choices is None or case.order is None:
            return None
        standing = [who for who in case.order if who in case.offers]
        return _ranks(merit.chosen(standing, case.choices)[: case.wanted], case.offers)
    if case.marks is None:
        return None
    found = merit.totals(case.marks, offers=case.offers, weights=weights(case.parameters), judges=case.judges)
    return _ranks(merit.by_total(found, wanted=case.wanted, order=case.order), case.offers)


def chooses(case: Case) -> bool:
    """Whether so few schemes are left that the owner chooses without sheets (rules.md §2.6, outcome table)."""
    return 0 < len(case.offers) < LEAST_SCORED


def auction_terms(case: Case) -> bids.AuctionTerms:
    """The terms of BID_LIVE or BID_ROUNDS; `start_s` counts seconds from the freeze."""
    said = case.parameters
    rounds = said.get("rounds")
    return bids.AuctionTerms(
        start=case.frozen_at + timedelta(seconds=said["start_s"]),
        length=timedelta(seconds=said["duration_s"] if rounds is None else said["round_s"]),
        step=said["step_fen"],
        ceiling=said["ceiling_fen"],
        floor=said["floor_fen"],
        window=timedelta(seconds=said["window_s"]),
        extensions=said["extensions"],
        rounds=rounds or 1,
        own=rounds is not None,
        pauses=_pauses(case),
    )


def _pauses(case: Case) -> tuple[bids.Pause, ...]:
    """What outages took of an auction: parameters `pause_<n>_…`, seconds, the first two counted from the freeze."""
    said = case.parameters
    found: list[bids.Pause] = []
    while f"pause_{len(found) + 1}_since_s" in said:
        since, until, lost = (said[name] for name in _pause_names(len(found) + 1))
        first, last = (case.frozen_at + timedelta(seconds=each) for each in (since, until))
        found.append(bids.Pause(first, last, timedelta(seconds=lost)))
    return tuple(found)


def _pause_names(number: int) -> tuple[str, str, str]:
    return f"pause_{number}_since_s", f"pause_{number}_until_s", f"pause_{number}_lost_s"


def pause_parameters(number: int, pause: bids.Pause, *, frozen_at: datetime) -> dict[str, int]:
    """The same as a transcript's integers."""
    second = timedelta(seconds=1)
    values = ((pause.since - frozen_at) // second, (pause.until - frozen_at) // second, pause.lost // second)
    return dict(zip(_pause_names(number), values, strict=True))


def bound(parameters: Mapping[str, int]) -> dict[str, int]:
    """Those that were announced, and that the freeze binds: without what outages took of an auction."""
    return {name: value for name, value in parameters.items() if not _PAUSE.fullmatch(name)}


def invited(case: Case) -> tuple[str, ...]:
    """Who may offer after the draw: the first of `order` (SHORTLIST_THEN_BID); nobody before it is known."""
    return tuple(case.order or ())[: case.parameters["shortlist"]]


def short_list(case: Case) -> tuple[str, ...]:
    """Whom the owner may choose from (CREDIT_MERIT); nobody before `order` is known."""
    said = case.parameters
    return merit.short_list(case.lots, long=said["long_list"], short=said["short_list"], order=case.order or ())


def weights(parameters: Mapping[str, int]) -> dict[str, int]:
    """Per cent by criterion, out of the parameters `weight_<criterion>`."""
    return {name.removeprefix(WEIGHT): value for name, value in parameters.items() if name.startswith(WEIGHT)}


def bounds(parameters: Mapping[str, int]) -> tuple[int, int]:
    """The least and the most that an offer may say, both included: fen, at least one, or ppm."""
    if "max_ppm" in parameters:
        return parameters["min_ppm"], parameters["max_ppm"]
    return max(1, parameters["floor_fen"]), parameters["ceiling_fen"]


# The rows

_BOUNDS: Final = ("ceiling_fen", "floor_fen")
_LOW: Final = (*_BOUNDS, "low_of_ceiling_ppm", "low_of_mean_ppm")
_AUCTION: Final = (*_BOUNDS, "step_fen", "start_s", "window_s", "extensions")

METHODS: Final[Mapping[str, Row]] = {
    "DIRECT": Row(Family.DIRECT, None),
    "RANDOM": Row(Family.RANDOM, _random, ("minimum", "price_fen")),
    "BID_LOW": Row(Family.BID, _lowest, ("minimum", *_LOW), sealed=True),
    "BID_LIVE": Row(Family.BID, _auction, ("minimum", *_AUCTION, "duration_s"), live=True),
    "BID_ROUNDS": Row(Family.BID, _auction, ("minimum", *_AUCTION, "rounds", "round_s"), live=True),
    "BID_AVG": Row(Family.BID, _mean, ("minimum", *_LOW), sealed=True, factor=True),
    "BID_RATE": Row(Family.BID, _highest, ("minimum", "min_ppm", "max_ppm"), kind="rate", sealed=True),
    "SHORTLIST_THEN_BID": Row(Family.BID, _after_short_list, ("minimum", *_LOW, "shortlist"), sealed=True, second=True),
    "CREDIT_MERIT": Row(Family.CREDIT, _credit, ("minimum", "price_fen", "long_list", "short_list"), lots=True),
    "SCHEME_MERIT": Row(Family.SCHEME, _scheme, ("minimum", *_LOW), sealed=True, weights=True),
    "COMPARE": Row(Family.SCHEME, _scheme, ("minimum", *_LOW, "judges"), sealed=True, weights=True, judges=True),
}


def result(method: str, case: Case) -> Ranks | None:
    """The ranks of a method; None while it waits for order, factor, sheets or choice.

    Whether there are enough is asked of `outcome` before. Raises KeyError for a method without a selection, and
    merit.Unscored.
    """
    follows = METHODS[method].result
    if follows is None:
        raise KeyError(method)
    return follows(case)


_LEAST: Final = {
    **dict.fromkeys(
        (
            "minimum",
            "price_fen",
            "ceiling_fen",
            "step_fen",
            "duration_s",
            "rounds",
            "round_s",
            "shortlist",
            "long_list",
            "short_list",
        ),
        1,
    ),
    "judges": LEAST_JUDGES,
}
"""Where nothing is less than this; everything else may be nought."""
_MOST: Final = {
    **dict.fromkeys(("start_s", "duration_s", "round_s", "window_s"), 366 * 24 * 3600),
    **dict.fromkeys(("rounds", "extensions"), 1000),
    **dict.fromkeys(("low_of_ceiling_ppm", "low_of_mean_ppm"), prices.ALL),
}
"""So that an auction's last instant is one that can be written."""


def misfits(method: str, parameters: Mapping[str, int]) -> list[str]:
    """The names of parameters that are missing, too many or impossible, ascending; empty where they fit the method."""
    row = METHODS[method]
    weighed = {name for name in parameters if row.weights and _WEIGHT.fullmatch(name)}
    paused = {name for name in parameters if row.live and _PAUSE.fullmatch(name)}
    found = set(row.parameters) ^ (parameters.keys() - weighed - paused)
    found |= paused ^ {name for number in range(1, len(paused) // 3 + 1) for name in _pause_names(number)}
    found |= {name for name in paused if parameters[name] > _MOST["start_s"]}
    found |= {name for name, value in parameters.items() if not _LEAST.get(name, 0) <= value <= _MOST.get(name, value)}
    if not found and row.weights:
        given = weights(parameters)
        if sum(given.values()) != FULL or not any(value for name, value in given.items() if name != merit.PRICE):
            found.add(WEIGHT)
    if not found and ({"ceiling_fen", "max_ppm"} & parameters.keys()):
        least, most = bounds(parameters)
        if least > most or parameters.get("max_ppm", 0) > prices.ALL:
            found |= {"ceiling_fen", "max_ppm"} & parameters.keys()
    return sorted(found)


# Too few

MINIMUM: Final[Mapping[Family, tuple[int, int]]] = {
    Family.DIRECT: (1, 1),
    Family.RANDOM: (3, 1),
    Family.BID: (3, 1),
    Family.CREDIT: (2, 2),
    Family.SCHEME: (2, 1),
}
"""The default `min_valid` for public and for social funds (rules.md §2.4: JS2, GD1; schemes inferred)."""

OUTCOMES: Final[Mapping[Family, tuple[Outcome, Outcome, Outcome, Outcome]]] = {
    Family.DIRECT: (Outcome.CHOOSE_AGAIN, Outcome.WINS, Outcome.WINS, Outcome.WINS),
    Family.RANDOM: (Outcome.UNSUCCESSFUL, Outcome.WINS, Outcome.DRAW, Outcome.DRAW),
    Family.BID: (Outcome.UNSUCCESSFUL, Outcome.WINS, Outcome.BY_PRICE, Outcome.BY_PRICE),
    Family.CREDIT: (Outcome.UNSUCCESSFUL, Outcome.OWNER_DECIDES, Outcome.OWNER_CHOOSES, Outcome.DRAW_THEN_CHOICE),
    Family.SCHEME: (Outcome.UNSUCCESSFUL, Outcome.OWNER_DECIDES, Outcome.OWNER_CHOOSES, Outcome.BY_SCORE),
}
"""What follows from 0, 1, 2, 3 or more valid ones where they are enough (rules.md §2.6)."""


def outcome(method: str, fund: str, *, valid: int, minimum: int | None = None) -> Outcome:
    """What follows from `valid` registrations or unopened envelopes; `fund` is `fiscal`, `state` or `social`.

    `minimum` is the published one (`min_valid.thin`), None for the default of the fund class. Source: rules.md §2.6.
    """
    family = METHODS[method].family
    least = MINIMUM[family][fund == "social"] if minimum is None else minimum
    if valid < least and family is not Family.DIRECT:
        return Outcome.UNSUCCESSFUL
    return OUTCOMES[family][min(valid, 3)]
