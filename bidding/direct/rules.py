"""When a purchaser may go direct, and how the price is agreed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.rulebook import term
from app.values import Fen, Opens, Ppm
from marketplace.need.rules import PUBLIC_MONEY, Exceptional, Method, Payer
from marketplace.purchaser.rules import Fund


class DirectAct(StrEnum):
    """The acts of a direct commission."""

    PROPOSE = "direct.propose"
    PROPOSE_AFTER_FAILURES = "direct.propose_after_failures"
    COUNTER = "direct.counter"
    ACCEPT = "direct.accept"
    DECLINE = "direct.decline"
    LAPSE = "direct.lapse"


class Reason(StrEnum):
    """Reason codes of rules.md §2.6 DIRECT; the last two are the exceptions of §2.4, each under its own condition."""

    SMALL_AMOUNT = "small_amount"
    CONTINUITY = "continuity"
    URGENT = "urgent"
    TWO_FAILURES = "two_failures"
    SOLE_QUALIFIED = "sole_qualified"


class Side(StrEnum):
    """Who named a price."""

    PURCHASER = "purchaser"
    AGENCY = "agency"


class Cap(StrEnum):
    """What one purchaser's direct awards to one agency exceed in a year."""

    AWARDS = "awards"
    SHARE = "share"


class Phase(StrEnum):
    """Derived from the instants."""

    WITH_AGENCY = "with_agency"
    WITH_PURCHASER = "with_purchaser"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"


MAY = {
    DirectAct.PROPOSE: {Role.PURCHASER},
    DirectAct.PROPOSE_AFTER_FAILURES: {Role.PURCHASER},
    DirectAct.COUNTER: {Role.PURCHASER, Role.AGENCY},
    DirectAct.ACCEPT: {Role.AGENCY},
    DirectAct.DECLINE: {Role.PURCHASER, Role.AGENCY},
    DirectAct.LAPSE: {Role.SYSTEM},
}
CONSENT = {DirectAct.PROPOSE_AFTER_FAILURES: Role.SUPERVISOR}
"""After two failures the purchaser performs and the supervisor consents. Source: rules.md §2.4, §3.1 row 37."""
OPENS = {
    DirectAct.PROPOSE: Opens.LATER,
    DirectAct.PROPOSE_AFTER_FAILURES: Opens.LATER,
    DirectAct.COUNTER: Opens.LATER,
    DirectAct.ACCEPT: Opens.AT_ONCE,
    DirectAct.DECLINE: Opens.NEVER,
    DirectAct.LAPSE: Opens.NEVER,
}
FLOW: Flow[Phase] = Flow(
    {
        (Phase.WITH_AGENCY, DirectAct.ACCEPT): Phase.ACCEPTED,
        (Phase.WITH_AGENCY, DirectAct.COUNTER): Phase.WITH_PURCHASER,
        (Phase.WITH_AGENCY, DirectAct.DECLINE): Phase.DECLINED,
        (Phase.WITH_AGENCY, DirectAct.LAPSE): Phase.LAPSED,
        (Phase.WITH_PURCHASER, DirectAct.COUNTER): Phase.WITH_AGENCY,
        (Phase.WITH_PURCHASER, DirectAct.DECLINE): Phase.DECLINED,
        (Phase.WITH_PURCHASER, DirectAct.LAPSE): Phase.LAPSED,
    }
)
"""充分洽谈: a price goes to and fro until one accepts, declines, or says nothing until it is due."""


@dataclass(frozen=True)
class DirectTerms:
    """Section [direct] of a rulebook, as far as it is decided by."""

    SECTION: ClassVar[str] = "direct"

    reasons: tuple[str, ...] = term("code")
    exception_reasons: tuple[str, ...] = term("code")
    accept_days: int = term("workday")
    above_small_fiscal_state: bool = term("bool")
    minutes_fiscal_state: bool = term("bool")
    annual_awards: int = term("count")
    annual_share: Ppm = term("ppm")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A purchaser's first price to one agency: its USCC, fen, working days, why direct, and SHA-256 of the minutes."""

    agency: str
    amount_fen: int
    days: int
    reason: Reason
    explanation: str
    minutes: str | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """A price in fen and working days that one side names in answer to the other's."""

    amount_fen: int
    days: int


@dataclass(frozen=True, slots=True)
class Need:
    """What a direct commission is judged by: the need's own figures and conditions."""

    method: Method
    payer: Payer
    fund: Fund
    budget_fen: Fen
    expected_days: int
    exceptional: Exceptional | None = None

    @property
    def public_funds(self) -> bool:
        """Whether fiscal or state money pays."""
        return self.fund in PUBLIC_MONEY


@dataclass(frozen=True, slots=True)
class Chosen:
    """The agency at the instant: admitted, its own public price, its refusals, whether it is the purchaser."""

    active: bool
    own_price_fen: Fen | None
    standing: tuple[Refusal, ...]
    same_organisation: bool


@dataclass(frozen=True, slots=True)
class Past:
    """A purchaser's direct awards of the year before: to one agency, and to all, this one counted; how many, in fen."""

    awards: int = 0
    amount_fen: int = 0
    all_awards: int = 0
    all_fen: int = 0


YEAR = timedelta(days=365)
"""How far back direct awards are counted, half-open: (now − a year, now]; rolling: (inferred)."""
WHOLE = 1_000_000


def cap_exceeded(past: Past, *, amount_fen: int, terms: DirectTerms) -> Cap | None:
    """What one more award of that amount exceeds: an alarm, never a refusal.

    The share counts only where the purchaser has more awards than one agency may have: among so few as that, nobody's
    could be below it (inferred). Source: rules.md direct.annual_share_cap.
    """
    if past.awards + 1 > terms.annual_awards:
        return Cap.AWARDS
    if past.all_awards + 1 <= terms.annual_awards:
        return None
    share = (past.amount_fen + amount_fen) * WHOLE > terms.annual_share * (past.all_fen + amount_fen)
    return Cap.SHARE if share else None


@dataclass(frozen=True, slots=True)
class Failures:
    """What a need follows: how many attempts failed, how many it takes, who was found valid in them (USCC).

    `same_terms`: whether it still asks for what was announced.
    """

    attempts: int
    needed: int
    registrants: frozenset[str]
    same_terms: bool


@dataclass(frozen=True, slots=True)
class Sole:
    """The published count of those who could register: what stands against using it, and whom it named (USCC)."""

    refusals: tuple[Refusal, ...]
    agencies: tuple[str, ...]


def phase_of(
    *,
    last: Side,
    accepted_at: datetime | None,
    declined_at: datetime | None,
    ended_at: datetime | None,
    due_at: datetime,
    now: datetime,
) -> Phase:
    """Whose turn it is, or how it ended; silence ends it at `due_at` whenever the sweep runs."""
    if accepted_at is not None:
        return Phase.ACCEPTED
    if declined_at is not None:
        return Phase.DECLINED
    if ended_at is not None or now >= due_at:
        return Phase.LAPSED
    return Phase.WITH_AGENCY if last is Side.PURCHASER else Phase.WITH_PURCHASER


def turn(phase: Phase) -> Side | None:
    """Whose turn it is to name a price, None when it is over."""
    return {Phase.WITH_AGENCY: Side.AGENCY, Phase.WITH_PURCHASER: Side.PURCHASER}.get(phase)


def reasons_for(need: Need, *, small_limit: Fen, terms: DirectTerms) -> tuple[str, ...]:
    """The reason codes that a need may go direct by; none: it must be competed for.

    Source: rules.md §2.4: above the small limit public money goes direct for the two exceptions alone. That a need
    which stands in the place of two failures goes by that reason and no other, at every amount: (inferred).
    """
    found = () if need.exceptional is None else (need.exceptional.value,)
    exceptions = tuple(code for code in found if code in terms.exception_reasons)
    above = need.public_funds and need.budget_fen > small_limit
    if need.exceptional is Exceptional.TWO_FAILURES or (above and not terms.above_small_fiscal_state):
        return exceptions
    return (*terms.reasons, *exceptions)


def refusals_to_propose(
    proposal: Proposal,
    *,
    need: Need,
    chosen: Chosen,
    small_limit: Fen,
    open_already: bool,
    owner: tuple[Refusal, ...] = (),
    failures: Failures | None = None,
    sole: Sole | None = None,
    terms: DirectTerms,
) -> Iterator[Refusal]:
    """Every reason why this purchaser cannot commission this agency directly; `owner`: what stands against it itself.

    `failures`: what the need follows, where it is proposed because of them; `sole`: the count, where the agency is
    the only one. Source: rules.md §2.4 method matrix and direct.conditions; M16.
    """
    if open_already:
        yield Refusal("direct_open_already", field="agency")
    yield from owner
    yield from refusals_to_go_direct(need=need, small_limit=small_limit, terms=terms)
    known = reasons_for(need, small_limit=small_limit, terms=terms)
    if known and proposal.reason.value not in known:
        yield Refusal("direct_reason_unknown", "direct.reasons", "reason")
    if (proposal.reason is Reason.TWO_FAILURES) != (failures is not None):
        yield Refusal("direct_consent_missing", "direct.exception_reasons", "reason")
    if failures is not None:
        yield from refusals_after_failures(proposal.agency, failures)
    if sole is not None:
        yield from refusals_to_sole(proposal.agency, sole)
    if need.public_funds and terms.minutes_fiscal_state and proposal.minutes is None:
        yield Refusal("direct_minutes_missing", "direct.minutes_fiscal_state", "minutes")
    yield from refusals_of_agency(chosen)
    yield from refusals_to_price(Price(proposal.amount_fen, proposal.days), need=need, chosen=chosen)


def refusals_to_go_direct(*, need: Need, small_limit: Fen, terms: DirectTerms) -> Iterator[Refusal]:
    """Why this need must be competed for: said before any agency is chosen. Source: rules.md §2.4."""
    if need.method is not Method.DIRECT:
        yield Refusal("direct_other_method")
    if need.payer is Payer.AUTHORITY:
        yield Refusal("direct_authority_pays")
    if not reasons_for(need, small_limit=small_limit, terms=terms):
        yield Refusal("direct_above_small_amount", "direct.above_small_fiscal_state", params={"limit_fen": small_limit})


def refusals_after_failures(agency: str, failures: Failures) -> Iterator[Refusal]:
    """Why this agency cannot be commissioned because of failures. Source: rules.md attempts.max, §3.1 row 37."""
    if failures.attempts < failures.needed:
        yield Refusal("direct_not_failed", "attempts.max", "reason", params={"attempts": failures.needed})
    if not failures.same_terms:
        yield Refusal("direct_terms_changed", "attempts.afterwards", "reason")
    if agency not in failures.registrants:
        yield Refusal("direct_not_registrant", "attempts.afterwards", "agency")


def refusals_to_sole(agency: str, sole: Sole) -> Iterator[Refusal]:
    """Why this agency is not the only one. Source: rules.md min_valid.thin; that it must be one alone: (inferred)."""
    yield from sole.refusals
    if sole.agencies and sole.agencies != (agency,):
        yield Refusal("direct_not_sole", "min_valid.thin", "agency")


def refusals_of_agency(chosen: Chosen) -> Iterator[Refusal]:
    """Why this agency cannot be commissioned now, whatever the price."""
    if not chosen.active:
        yield Refusal("direct_agency_not_active", field="agency")
    if chosen.same_organisation:
        yield Refusal("direct_same_organisation", field="agency")
    yield from chosen.standing


def refusals_to_price(price: Price, *, need: Need, chosen: Chosen) -> Iterator[Refusal]:
    """Why a price or a time cannot be named, by either side: never worse than the budget, nor than the public price.

    Source: rules.md §2.4 direct.conditions (price not above budget nor above the agency's own public price).
    """
    if price.amount_fen < 1:
        yield Refusal("direct_price_missing", field="amount_fen")
    if price.amount_fen > need.budget_fen:
        yield Refusal("direct_above_budget", field="amount_fen", params={"budget_fen": need.budget_fen})
    if chosen.own_price_fen is None:
        yield Refusal("direct_no_public_price", field="agency")
    elif price.amount_fen > chosen.own_price_fen:
        yield Refusal("direct_above_public_price", field="amount_fen", params={"public_fen": chosen.own_price_fen})
    if price.days < 1:
        yield Refusal("direct_days_missing", field="days")
    if price.days > need.expected_days:
        yield Refusal("direct_too_long", field="days", params={"days": need.expected_days})


def may_act(act: DirectAct, *, side: Side, phase: Phase) -> bool:
    """Whether a side may do this in the phase: prices alternate, the agency alone accepts, either may end it."""
    if act is DirectAct.DECLINE:
        return True
    if act is DirectAct.COUNTER:
        return turn(phase) is side
    return act is DirectAct.ACCEPT and side is Side.AGENCY
