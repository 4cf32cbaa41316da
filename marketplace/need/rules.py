"""What may be asked for here, from which funds, by which method."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from app.actor import Actor, Role
from app.flow import Flow
from app.refusal import Refusal
from app.rulebook import term
from app.values import LONGEST_DAYS, Fen, Opens, Ppm
from marketplace.purchaser.rules import Fund


class NeedAct(StrEnum):
    """The acts on needs."""

    CREATE = "need.create"
    REVISE = "need.revise"
    ABANDON = "need.abandon"


class Method(StrEnum):
    """Selection methods of rules.md §2.6 that this market runs."""

    DIRECT = "DIRECT"
    RANDOM = "RANDOM"
    BID_LOW = "BID_LOW"
    BID_LIVE = "BID_LIVE"
    BID_ROUNDS = "BID_ROUNDS"
    BID_AVG = "BID_AVG"
    BID_RATE = "BID_RATE"
    SHORTLIST_THEN_BID = "SHORTLIST_THEN_BID"
    CREDIT_MERIT = "CREDIT_MERIT"
    SCHEME_MERIT = "SCHEME_MERIT"
    COMPARE = "COMPARE"


OFFERED = (
    Method.RANDOM,
    Method.BID_LOW,
    Method.BID_AVG,
    Method.BID_RATE,
    Method.BID_LIVE,
    Method.BID_ROUNDS,
    Method.SHORTLIST_THEN_BID,
    Method.CREDIT_MERIT,
    Method.SCHEME_MERIT,
    Method.COMPARE,
    Method.DIRECT,
)
"""What may be chosen, in the order in which it is shown."""

SEALED = frozenset({Method.BID_LOW, Method.BID_AVG, Method.BID_RATE, Method.SCHEME_MERIT, Method.COMPARE})
"""Envelopes are handed in until registration closes, and all are opened in one act."""

BY_PROPOSAL = frozenset({Method.SCHEME_MERIT, Method.COMPARE})
"""A proposal is handed in with the price, and judged on published weights."""

SECOND = frozenset({Method.SHORTLIST_THEN_BID})
"""Envelopes are handed in by those whom the draw invited, until a closing of their own."""

LIVE = frozenset({Method.BID_LIVE, Method.BID_ROUNDS})
"""An auction after the freeze."""

RATED = frozenset({Method.BID_RATE})
"""The offer says by how much less than the budget, as a rate; its price follows from it."""

FIXED_PRICE = frozenset({Method.RANDOM, Method.CREDIT_MERIT})
"""The price is announced; nobody competes by it."""

ITEMIZED = (SEALED | SECOND) - {Method.BID_RATE}
"""Offers are sums of money in envelopes: one for several items says price and days of each (M20)."""


class Payer(StrEnum):
    """Who pays: a service that an approving authority commissions itself is paid from its budget."""

    PURCHASER = "purchaser"
    AUTHORITY = "authority"


class Exceptional(StrEnum):
    """Why public money above the small limit may go direct all the same. Source: rules.md §2.4 method matrix."""

    TWO_FAILURES = "two_failures"
    SOLE_QUALIFIED = "sole_qualified"


class Phase(StrEnum):
    """Derived from the instants and from what became of the need."""

    OPEN = "open"
    ABANDONED = "abandoned"
    ANNOUNCED = "announced"


MAY = {
    NeedAct.CREATE: {Role.PURCHASER},
    NeedAct.REVISE: {Role.PURCHASER},
    NeedAct.ABANDON: {Role.PURCHASER},
}
OPENS = {
    NeedAct.CREATE: Opens.LATER,
    NeedAct.REVISE: Opens.LATER,
    NeedAct.ABANDON: Opens.NEVER,
}
FLOW = Flow(
    {
        (Phase.OPEN, NeedAct.REVISE): Phase.OPEN,
        (Phase.OPEN, NeedAct.ABANDON): Phase.ABANDONED,
    }
)

PUBLIC_MONEY = frozenset({Fund.FISCAL, Fund.STATE})

PROJECT_CODE = re.compile(r"[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}")
"""投资项目代码 of the national online approval platform; the format is recalled (rules.md owner.project_code)."""


@dataclass(frozen=True)
class ScopeTerms:
    """What is bought here and not by tender, and up to which amount it is small."""

    SECTION: ClassVar[str] = "scope"

    upper_limit: Fen = term("fen")
    small_limit: Fen = term("fen")


@dataclass(frozen=True)
class HandsTerms:
    """From which amount on public money passes two people's hands."""

    SECTION: ClassVar[str] = "owner"

    two_people_above: Fen = term("fen")


@dataclass(frozen=True)
class DirectTerms:
    """Whether public money above the small limit may go direct."""

    SECTION: ClassVar[str] = "direct"

    above_small_fiscal_state: bool = term("bool")


@dataclass(frozen=True)
class ShortlistTerms:
    """How many are usually drawn to offer."""

    SECTION: ClassVar[str] = "shortlist"

    size: int = term("count")


@dataclass(frozen=True)
class ListTerms:
    """How long the two lists by credit usually are."""

    SECTION: ClassVar[str] = "merit"

    long_list: int = term("count")
    short_list: int = term("count")


@dataclass(frozen=True)
class RoundTerms:
    """How many rounds an auction in rounds usually has, and how long each is, in minutes."""

    SECTION: ClassVar[str] = "rounds"

    count: int = term("count")
    minutes: int = term("minute")


@dataclass(frozen=True)
class SchemeTerms:
    """How proposals are usually weighed: service, team and price, in per cent."""

    SECTION: ClassVar[str] = "scheme"

    weights: Mapping[str, int] = term("percent")


@dataclass(frozen=True)
class CompareTerms:
    """How many judges are drawn at least, and usually."""

    SECTION: ClassVar[str] = "compare"

    judges: int = term("count")


@dataclass(frozen=True)
class MinimumTerms:
    """How many valid registrations, or unopened envelopes in a price method, a selection needs (rules.md §2.4).

    `beyond_winners`: how many more than places there are to fill, where public money is spent.
    """

    SECTION: ClassVar[str] = "min_valid"

    fiscal_state: int = term("count")
    social: int = term("count")
    credit_merit: int = term("count")
    scheme_merit_fiscal_state: int = term("count")
    scheme_merit_social: int = term("count")
    beyond_winners: int = term("count")


@dataclass(frozen=True, slots=True)
class Minimum:
    """The fewest that make a selection, and the rulebook key behind it."""

    count: int
    clause: str


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a method asks of its purchaser beyond budget and price; None where it asks for nothing.

    Rates in ppm; `minutes`: the length of an auction, in rounds that of each; `shortlist`: how many are drawn to offer;
    `long_list`, `short_list`: the sizes of the lists by credit; weights in per cent. Source: rules.md §2.6.
    """

    min_ppm: Ppm | None = None
    max_ppm: Ppm | None = None
    minutes: int | None = None
    rounds: int | None = None
    shortlist: int | None = None
    long_list: int | None = None
    short_list: int | None = None
    judges: int | None = None
    weight_service: int | None = None
    weight_team: int | None = None
    weight_price: int | None = None

    @classmethod
    def kept(cls, text: str | None) -> "Particulars":
        """As a row keeps them: the JSON object of what was given, or None."""
        return cls() if text is None else cls(**json.loads(text))

    @property
    def auction_minutes(self) -> int:
        """The length of a whole auction, all rounds together; 0 where there is none."""
        return (self.minutes or 0) * (self.rounds or 1)

    def given(self) -> dict[str, int]:
        """The numbers that were given, by name."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}


WEIGHTS = ("weight_service", "weight_team", "weight_price")

ASKED: Mapping[Method, tuple[str, ...]] = {
    Method.BID_RATE: ("min_ppm", "max_ppm"),
    Method.BID_LIVE: ("minutes",),
    Method.BID_ROUNDS: ("rounds", "minutes"),
    Method.SHORTLIST_THEN_BID: ("shortlist",),
    Method.CREDIT_MERIT: ("long_list", "short_list"),
    Method.SCHEME_MERIT: WEIGHTS,
    Method.COMPARE: ("judges", *WEIGHTS),
}
"""The particulars of each method, each of them and no other."""

LIMITS: Mapping[str, tuple[int, int]] = {
    "min_ppm": (0, 999_999),
    "max_ppm": (1, 999_999),
    "minutes": (1, 240),
    "rounds": (1, 20),
    "shortlist": (1, 100),
    "long_list": (1, 100),
    "short_list": (1, 100),
    "judges": (3, 15),
    **dict.fromkeys(WEIGHTS, (0, 100)),
}
"""The least and the most of each, both included; the market's own."""

LONGEST_AUCTION = 240
"""Minutes of a whole auction, all rounds together: it must fit into the hours of one working day; the market's own."""

MOST_WINNERS = 20
MOST_ITEMS = 12
"""Items of one need, the main one counted; the market's own."""
FULL_WEIGHT = 100


@dataclass(frozen=True, slots=True)
class NeedInput:
    """What a purchaser fills in; money in fen. `above_limit` and `excluded` are the two first questions (M55).

    `winners`: how many are to be chosen, each for the whole price or for his own (several winners, M17). `further`:
    codes of the items beside the main one (M20).
    """

    item: str
    title: str
    content: str
    region: str
    fund: Fund
    payer: Payer
    budget_fen: Fen
    expected_days: int
    method: Method
    contact: str
    phone: str
    above_limit: bool
    excluded: bool
    budget_line: str | None = None
    price_fen: Fen | None = None
    project_code: str | None = None
    approval: str | None = None
    authority: str | None = None
    winners: int = 1
    particulars: Particulars = Particulars()
    further: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a purchaser has filled in so far, for a look ahead at the rules; None where nothing usable stands yet."""

    item: str | None = None
    region: str | None = None
    fund: Fund | None = None
    payer: Payer | None = None
    budget_fen: Fen | None = None
    expected_days: int | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """What a purchaser need not type again. `phone` is one that stood in public before, never a registered one.

    `sizes`: what the rulebook in force has for the particulars, by the form's own names.
    """

    fund: Fund | None
    days: int | None
    contact: str | None
    phone: str | None
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Known:
    """What the market knows around a need, as plain values.

    `unusable`: why the purchaser may not use the fund now; whether the item is in force and its authority's own to pay,
    whether the further items are in force and `two_payers`: some of all are the authority's to pay and some not;
    whether the division and the authority exist; `exceptional`: it was found that the need may go direct.
    """

    unusable: tuple[Refusal, ...]
    item: bool
    authority_pays: bool
    region: bool
    authority: bool
    further: bool = True
    two_payers: bool = False
    exceptional: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """The sections a need is judged by."""

    scope: ScopeTerms
    direct: DirectTerms
    enough: MinimumTerms
    compare: CompareTerms


REQUIRED: Mapping[str, int] = {"title": 100, "content": 10_000, "contact": 40, "phone": 40}
"""What is never empty, and its longest; the market's own."""


def refusals_to_need(need: NeedInput, *, known: Known, terms: Terms) -> Iterator[Refusal]:
    """Every reason against a need, for creating, revising and announcing it.

    Source: rules.md §2.3 and §2.4; mission.md M14, M16, M55.
    """
    if need.above_limit:
        yield Refusal("need_above_limit", clause="scope.upper_limit", field="above_limit")
    if need.excluded:
        yield Refusal("need_excluded", field="excluded")
    yield from known.unusable
    yield from _refusals_to_what(need, known=known)
    yield from _refusals_to_money(need, terms=terms)
    yield from _refusals_to_method(need, terms=terms, exceptional=known.exceptional)


def _refusals_to_what(need: NeedInput, *, known: Known) -> Iterator[Refusal]:
    for name, longest in REQUIRED.items():
        text = getattr(need, name).strip()
        if not text:
            yield Refusal("need_incomplete", field=name, params={"what": f"need_field.{name}"})
        elif len(text) > longest:
            yield Refusal("need_too_long", field=name, params={"what": f"need_field.{name}", "longest": longest})
    if not known.item:
        yield Refusal("need_item_unknown", field="item")
    if not known.region:
        yield Refusal("need_region_unknown", field="region")
    if not known.authority:
        yield Refusal("need_authority_unknown", field="authority")
    if not 1 <= need.expected_days <= LONGEST_DAYS:
        yield Refusal("need_days_out_of_range", field="expected_days", params={"most": LONGEST_DAYS})
    if need.project_code is None:
        if need.fund is Fund.FISCAL:
            yield Refusal("need_project_code_missing", field="project_code")
    elif not PROJECT_CODE.fullmatch(need.project_code):
        yield Refusal("need_project_code_malformed", field="project_code")
    if known.item and known.authority_pays and need.payer is not Payer.AUTHORITY:
        yield Refusal("need_authority_pays", field="payer")
    yield from _refusals_to_further(need, known=known)


def _refusals_to_further(need: NeedInput, *, known: Known) -> Iterator[Refusal]:
    """Several items: each once, all of one payer, by a method that can tell their prices (rules.md §5.2; M20)."""
    if not need.further:
        return
    if len({need.item, *need.further}) <= len(need.further):
        yield Refusal("need_item_twice", field="further")
    if len(need.further) >= MOST_ITEMS:
        yield Refusal("need_items_too_many", field="further", params={"most": MOST_ITEMS})
    if not known.further:
        yield Refusal("need_item_unknown", field="further")
    if known.two_payers:
        yield Refusal("need_two_payers", field="further")
    if need.method not in ITEMIZED | FIXED_PRICE:
        yield Refusal("need_method_for_one_item", field="method")


def _refusals_to_money(need: NeedInput, *, terms: Terms) -> Iterator[Refusal]:
    if need.budget_fen < 1:
        yield Refusal("need_budget_not_positive", field="budget_fen")
    if need.budget_fen > terms.scope.upper_limit:
        yield Refusal(
            "need_budget_above_limit",
            clause="scope.upper_limit",
            field="budget_fen",
            params={"limit_fen": terms.scope.upper_limit},
        )
    if need.payer is Payer.AUTHORITY and not (need.budget_line or "").strip():
        yield Refusal("need_budget_line_missing", field="budget_line")
    if need.price_fen is not None and need.price_fen < 1:
        yield Refusal("need_price_not_positive", field="price_fen")
    if need.price_fen is not None and need.price_fen > need.budget_fen:
        yield Refusal("need_price_above_budget", field="price_fen", params={"budget_fen": need.budget_fen})


def takes_two(fund: Fund | None, budget_fen: Fen | None, *, terms: HandsTerms) -> bool:
    """Whether such money passes the hands of two people of its owner. Source: rules.md §2.3 owner.approval_chain."""
    return fund in PUBLIC_MONEY and (budget_fen or 0) > terms.two_people_above


def refusals_to_hands(actor: Actor, *, version: int, terms: HandsTerms) -> Iterator[Refusal]:
    """Why an act on a need that takes two people is not theirs: no colleague agreed, or to another `version` of it.

    Source: rules.md §2.3 owner.approval_chain; that what was agreed to is what is done: (inferred).
    """
    hand = actor.agreed
    if hand is None or hand.account_id == actor.account_id or hand.party_id != actor.party_id:
        above = {"above_fen": terms.two_people_above}
        yield Refusal("two_people_needed", clause="owner.two_people_above", params=above)
    elif hand.version != version:
        yield Refusal("prepared_outdated", clause="owner.two_people_above")


def _refusals_to_method(need: NeedInput, *, terms: Terms, exceptional: bool) -> Iterator[Refusal]:
    if need.method not in OFFERED:
        yield Refusal("need_method_not_offered", field="method")
    if need.method in FIXED_PRICE and need.price_fen is None:
        yield Refusal("need_price_missing", field="price_fen")
    if need.method not in FIXED_PRICE and need.price_fen is not None:
        yield Refusal("need_price_without_draw", field="price_fen")
    if not 1 <= need.winners <= (1 if need.method is Method.DIRECT else MOST_WINNERS):
        yield Refusal("need_winners_out_of_range", field="winners", params={"most": MOST_WINNERS})
    yield from refusals_to_particulars(need.method, need.particulars)
    yield from _refusals_to_lists(need, terms=terms.enough)
    yield from _refusals_to_judges(need.particulars, terms=terms.compare)
    money = Money(need.fund, need.payer, need.budget_fen)
    yield from refusals_to_method(need.method, money, terms=terms, exceptional=exceptional)


def _refusals_to_lists(need: NeedInput, *, terms: MinimumTerms) -> Iterator[Refusal]:
    """A list that nobody competes on: an owner chooses among more than there are places; of those drawn to offer there
    are as many as a selection needs. Source: (inferred); rules.md §2.4 min_valid.
    """
    given = need.particulars
    if given.short_list is not None and given.short_list <= need.winners:
        yield Refusal("need_list_too_short", field="short_list", params={"least": need.winners + 1})
    public = need.fund in PUBLIC_MONEY
    offering = max(terms.fiscal_state, need.winners + terms.beyond_winners) if public else terms.social
    least = max(offering, need.winners)
    if given.shortlist is not None and given.shortlist < least:
        yield Refusal("need_list_too_short", field="shortlist", params={"least": least})


def _refusals_to_judges(given: Particulars, *, terms: CompareTerms) -> Iterator[Refusal]:
    """Source: rules.md §2.6 COMPARE (>= 3 judges; inferred)."""
    if given.judges is not None and LIMITS["judges"][0] <= given.judges < terms.judges:
        yield Refusal("need_judges_too_few", clause="compare.judges", field="judges", params={"least": terms.judges})


ROUND_MINUTES = "round_minutes"


def field_of(method: Method, name: str) -> str:
    """How the form calls a particular: minutes are those of an auction, or of each of its rounds."""
    return ROUND_MINUTES if (method, name) == (Method.BID_ROUNDS, "minutes") else name


def minimum_for(method: Method, fund: Fund, *, winners: int, terms: MinimumTerms) -> Minimum:
    """The fewest that make a selection by the method; public money wants more of them than there are places.

    For social funds a place that nobody is there for stays empty. Source: rules.md §2.4 min_valid (JS2, GD1); several
    winners inferred: without one more than places nobody would compete.
    """
    public = fund is not Fund.SOCIAL
    if method is Method.CREDIT_MERIT:
        least = Minimum(terms.credit_merit, "min_valid.credit_merit")
    elif method in BY_PROPOSAL and public:
        least = Minimum(terms.scheme_merit_fiscal_state, "min_valid.scheme_merit_fiscal_state")
    elif method in BY_PROPOSAL:
        least = Minimum(terms.scheme_merit_social, "min_valid.scheme_merit_social")
    elif public:
        least = Minimum(terms.fiscal_state, "min_valid.fiscal_state")
    else:
        least = Minimum(terms.social, "min_valid.social")
    if public and winners + terms.beyond_winners > least.count:
        return Minimum(winners + terms.beyond_winners, "min_valid.beyond_winners")
    return least


def refusals_to_particulars(method: Method, particulars: Particulars) -> Iterator[Refusal]:
    """Each number that the method asks for, within its bounds, and no other. Source: rules.md §2.6."""
    asked, given = ASKED.get(method, ()), particulars.given()
    for name in sorted(given.keys() - set(asked)):
        yield Refusal("need_particular_not_asked", field=name, params={"what": f"particular.{name}"})
    for name in asked:
        least, most = LIMITS[name]
        field = field_of(method, name)
        if name not in given:
            yield Refusal("need_particular_missing", field=field, params={"what": f"particular.{field}"})
        elif not least <= given[name] <= most:
            bounds = {"least": _spoken(name, least), "most": _spoken(name, most)}
            yield Refusal("need_particular_out_of_range", field=field, params={"what": f"particular.{field}", **bounds})
    for lower, upper in (("min_ppm", "max_ppm"), ("short_list", "long_list")):
        if lower in given and upper in given and given[lower] > given[upper]:
            crossed = {"lower": f"particular.{lower}", "upper": f"particular.{upper}"}
            yield Refusal("need_particulars_crossed", field=lower, params=crossed)
    if particulars.auction_minutes > LONGEST_AUCTION and "rounds" in asked:
        yield Refusal("need_auction_too_long", field="rounds", params={"longest": LONGEST_AUCTION})
    weights = [given.get(name, 0) for name in WEIGHTS if name in asked]
    if weights and (sum(weights) != FULL_WEIGHT or given.get("weight_price") == FULL_WEIGHT):
        yield Refusal("need_weights_not_full", field="weight_service")


def _spoken(name: str, value: int) -> str:
    return f"{Decimal(value) / 10_000}%" if name.endswith("_ppm") else str(value)


@dataclass(frozen=True, slots=True)
class Money:
    """Whose money a service costs, who pays it out, and how much it may be, in fen."""

    fund: Fund
    payer: Payer
    budget_fen: Fen


def refusals_to_method(method: Method, money: Money, *, terms: Terms, exceptional: bool = False) -> Iterator[Refusal]:
    """Every reason against a method for such money, whoever asks and for whatever (the method matrix).

    Source: rules.md §2.4: services that an authority pays are always competed for; public money above the small limit
    does not go direct, unless the region says otherwise or one of the two exceptions was found (`exceptional`).
    """
    if method is not Method.DIRECT:
        return
    if money.payer is Payer.AUTHORITY:
        yield Refusal("need_authority_pays_competes", field="method")
    above_small = money.fund in PUBLIC_MONEY and money.budget_fen > terms.scope.small_limit
    if above_small and not terms.direct.above_small_fiscal_state and not exceptional:
        yield Refusal(
            "need_direct_above_small",
            clause="scope.small_limit",
            field="method",
            params={"limit_fen": terms.scope.small_limit},
        )


@dataclass(frozen=True, slots=True)
class Allowed:
    """One method for some money: allowed where `refusals` is empty."""

    method: Method
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One row of the method matrix: whose money, of which amounts in fen (`above` excluded, `up_to` included)."""

    funds: tuple[Fund, ...]
    payer: Payer
    above_fen: Fen | None
    up_to_fen: Fen
    methods: tuple[Allowed, ...]

    def holds(self, money: Money) -> bool:
        """Whether this is the row that such money falls into."""
        amount = money.budget_fen <= self.up_to_fen and (self.above_fen is None or money.budget_fen > self.above_fen)
        return amount and money.payer is self.payer and money.fund in self.funds


def matrix(terms: Terms) -> tuple[MatrixRow, ...]:
    """The method matrix as people read it, asked of the very rule that judges a need (rules.md §2.4)."""
    small, upper = terms.scope.small_limit, terms.scope.upper_limit
    public = (Fund.FISCAL, Fund.STATE)
    bands = (
        (public, Payer.PURCHASER, None, small),
        (public, Payer.PURCHASER, small, upper),
        (public, Payer.AUTHORITY, None, upper),
        ((Fund.SOCIAL,), Payer.PURCHASER, None, upper),
    )
    return tuple(
        MatrixRow(funds, payer, above, up_to, allowed(Money(funds[0], payer, up_to), terms=terms))
        for funds, payer, above, up_to in bands
    )


def allowed(money: Money, *, terms: Terms) -> tuple[Allowed, ...]:
    """Each method, with what stands against it for such money."""
    return tuple(Allowed(method, tuple(refusals_to_method(method, money, terms=terms))) for method in OFFERED)


def same_service(one: NeedInput, other: NeedInput) -> bool:
    """Whether two needs ask for the same thing under the same conditions, by whichever method.

    Source: rules.md attempts.max (the same terms); that method, its price and its numbers are none of it: (inferred).
    """
    return _service(one) == _service(other)


def same_terms(one: NeedInput, other: NeedInput) -> bool:
    """Whether announcing one would be announcing the other again. Source: rules.md attempts.max."""
    return same_service(one, other) and _way(one) == _way(other)


def _service(need: NeedInput) -> tuple[object, ...]:
    items = (need.item, *need.further)
    return items, need.region, need.fund, need.payer, need.budget_fen, need.expected_days, need.content.strip()


def _way(need: NeedInput) -> tuple[object, ...]:
    return need.method, need.price_fen, need.winners, need.particulars


def phase_of(*, abandoned_at: datetime | None, taken_at: datetime | None) -> Phase:
    """Derived: a need that was handed in for announcement, or is being commissioned directly, is taken."""
    if abandoned_at is not None:
        return Phase.ABANDONED
    return Phase.OPEN if taken_at is None else Phase.ANNOUNCED
