"""From the result to the notice, and from silence to the next alternate."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.rulebook import term
from app.values import Fen, Opens, Ppm, Workdays
from marketplace.purchaser.rules import Fund


class AwardAct(StrEnum):
    """The acts on awards."""

    NOTICE = "award.notice"
    ACCEPT = "award.accept"
    DECLINE = "award.decline"
    LAPSE = "award.lapse"


class Phase(StrEnum):
    """Derived from the instants (rules.md §3.1 rows 18-22)."""

    PUBLICITY = "publicity"
    NOTICED = "noticed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    FALLEN = "fallen"


MAY = {
    AwardAct.NOTICE: {Role.SYSTEM},
    AwardAct.ACCEPT: {Role.AGENCY},
    AwardAct.DECLINE: {Role.AGENCY},
    AwardAct.LAPSE: {Role.SYSTEM},
}
OPENS = {
    AwardAct.NOTICE: Opens.AT_ONCE,
    AwardAct.ACCEPT: Opens.AT_ONCE,
    AwardAct.DECLINE: Opens.AT_ONCE,
    AwardAct.LAPSE: Opens.AT_ONCE,
}
FLOW = Flow(
    {
        # A direct commission was accepted before its publicity: its notice leads straight to ACCEPTED.
        (Phase.PUBLICITY, AwardAct.NOTICE): Phase.NOTICED,
        (Phase.NOTICED, AwardAct.ACCEPT): Phase.ACCEPTED,
        (Phase.NOTICED, AwardAct.DECLINE): Phase.DECLINED,
        (Phase.NOTICED, AwardAct.LAPSE): Phase.LAPSED,
    }
)


@dataclass(frozen=True)
class AwardTerms:
    """Section [award]: how long the winner may think, how much dearer the next may be, when refusals suspend."""

    SECTION: ClassVar[str] = "award"

    confirm_days: Workdays = term("workday")
    replacement_above: Ppm = term("ppm")
    refusals_before_suspension: int = term("count")


@dataclass(frozen=True)
class ResultTerms:
    """Section [result]: how long a result is shown before the notice."""

    SECTION: ClassVar[str] = "result"

    publicity_small: Workdays = term("workday")
    publicity_large: Workdays = term("workday")
    publicity_social: Workdays = term("workday")


@dataclass(frozen=True)
class SmallTerms:
    """Of section [publish]: up to which budget a purchase is small."""

    SECTION: ClassVar[str] = "publish"

    small_limit: Fen = term("fen")


@dataclass(frozen=True)
class SigningTerms:
    """Of section [contract]: by when the notice wants the contract signed."""

    SECTION: ClassVar[str] = "contract"

    sign_days: Workdays = term("workday")


@dataclass(frozen=True, slots=True)
class Declined:
    """Why the winner does not want the award."""

    reason: str


def phase_of(
    *,
    noticed_at: datetime | None,
    accepted_at: datetime | None,
    declined_at: datetime | None,
    lapsed_at: datetime | None,
    fallen_at: datetime | None,
) -> Phase:
    """The phase that the instants tell. Source: rules.md §3.1 rows 18-24."""
    if fallen_at is not None:
        return Phase.FALLEN
    if declined_at is not None:
        return Phase.DECLINED
    if lapsed_at is not None:
        return Phase.LAPSED
    if noticed_at is None:
        return Phase.PUBLICITY
    return Phase.NOTICED if accepted_at is None else Phase.ACCEPTED


def publicity_days(*, fund: Fund, budget_fen: int, result: ResultTerms, small: SmallTerms) -> int:
    """Working days from result to notice; 0 = the notice follows at once. Source: rules.md §2.7 result.publicity."""
    if fund is Fund.SOCIAL:
        return result.publicity_social
    return result.publicity_small if budget_fen <= small.small_limit else result.publicity_large


def refusals_to_notice(*, publicity_ends_at: datetime, now: datetime) -> Iterator[Refusal]:
    """Why the notice cannot be issued yet. Source: rules.md §3.1 row 19."""
    if now < publicity_ends_at:
        yield Refusal("award_publicity_open", params={"until_at": publicity_ends_at.isoformat()})


def refusals_to_lapse(*, accept_due_at: datetime | None, now: datetime) -> Iterator[Refusal]:
    """Why silence is not yet a refusal. Source: rules.md §2.7 award.confirm."""
    if accept_due_at is None or now < accept_due_at:
        yield Refusal("award_answer_open", "award.confirm_days")


def refusals_to_accept(*, accept_due_at: datetime | None, now: datetime) -> Iterator[Refusal]:
    """Why the winner can no longer answer; `accept_due_at` is half-open. Source: rules.md §2.7 award.confirm."""
    if accept_due_at is not None and now >= accept_due_at:
        yield Refusal("award_answer_late", "award.confirm_days", params={"due_at": accept_due_at.isoformat()})


def refusals_to_decline(declined: Declined, *, accept_due_at: datetime | None, now: datetime) -> Iterator[Refusal]:
    """Why an award cannot be declined now: too late, or no reason said. Source: rules.md §2.7 award.refusal."""
    yield from refusals_to_accept(accept_due_at=accept_due_at, now=now)
    if not declined.reason.strip():
        yield Refusal("award_reason_missing", field="reason")


def may_follow(*, by_price: bool, next_fen: int, last_fen: int, ceiling_fen: int, above: int) -> bool:
    """Whether the next candidate's price is one the purchaser must accept.

    Where the price decided: within the ceiling, and at most `above` ppm more than the award that fell; elsewhere all
    candidates have the stated price. Source: rules.md §2.7 award.replacement.
    """
    if not by_price:
        return True
    return next_fen <= ceiling_fen and next_fen * 1_000_000 <= last_fen * (1_000_000 + above)
