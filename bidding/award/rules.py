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
from app.values import SHANGHAI, Fen, Opens, Ppm, Workdays
from marketplace.purchaser.rules import Fund

TICK = datetime.resolution


class AwardAct(StrEnum):
    """The acts on awards."""

    NOTICE = "award.notice"
    ACCEPT = "award.accept"
    DECLINE = "award.decline"
    LAPSE = "award.lapse"
    JUDGE = "award.judge"
    ISSUE = "award.issue"


class Excuse(StrEnum):
    """What excuses a refusal (rules.md §2.7 award.refusal); the winner claims it, the office of the trade decides."""

    FORCE_MAJEURE = "force_majeure"
    TERMS_CHANGED = "terms_changed"


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
    AwardAct.JUDGE: {Role.REGULATOR},
    AwardAct.ISSUE: {Role.SYSTEM},
}
OPENS = {
    AwardAct.NOTICE: Opens.AT_ONCE,
    AwardAct.ACCEPT: Opens.AT_ONCE,
    AwardAct.DECLINE: Opens.AT_ONCE,
    AwardAct.LAPSE: Opens.AT_ONCE,
    AwardAct.JUDGE: Opens.AT_ONCE,
    AwardAct.ISSUE: Opens.AT_ONCE,
}
FLOW = Flow(
    {
        # A direct commission was accepted before its publicity: its notice leads straight to ACCEPTED.
        (Phase.PUBLICITY, AwardAct.NOTICE): Phase.NOTICED,
        (Phase.NOTICED, AwardAct.ACCEPT): Phase.ACCEPTED,
        (Phase.NOTICED, AwardAct.DECLINE): Phase.DECLINED,
        (Phase.NOTICED, AwardAct.LAPSE): Phase.LAPSED,
        (Phase.NOTICED, AwardAct.ISSUE): Phase.NOTICED,
        (Phase.ACCEPTED, AwardAct.ISSUE): Phase.ACCEPTED,
        (Phase.DECLINED, AwardAct.JUDGE): Phase.DECLINED,
    }
)

BY_PRICE = frozenset({"BID_LOW", "BID_AVG", "BID_RATE", "BID_ROUNDS", "BID_LIVE", "SHORTLIST_THEN_BID"})
"""The methods in which the next in rank has a price of his own (rules.md §2.6, §2.7 award.replacement)."""


@dataclass(frozen=True)
class AwardTerms:
    """Section [award]: the time to think, what excuses a refusal, who may follow, whether the notice is sealed."""

    SECTION: ClassVar[str] = "award"

    confirm_days: Workdays = term("workday")
    excused: tuple[str, ...] = term("code")
    notice_signed: bool = term("bool")
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
    """Why the winner does not want the award, which excuse he claims, if any, and what proves it (SHA-256)."""

    reason: str
    excuse: Excuse | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether the claimed excuse holds, and why."""

    excused: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Issued:
    """The file of a notice as it was made: SHA-256 in hex, size in bytes, fingerprint of the seal, if any.

    And the two limits that it states: of the answer (None where none is asked for) and of the signing.
    """

    sha256: str
    size: int
    seal: str | None
    accept_due_at: datetime | None = None
    sign_due_at: datetime | None = None


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


def publicity_days(*, fund: Fund, budget_fen: int, direct: bool, result: ResultTerms, small: SmallTerms) -> int:
    """Working days from result to notice; 0 = the notice follows at once.

    A direct commission is shown as long as a small purchase, whatever it costs. Source: rules.md §2.7 result.publicity,
    §2.6 DIRECT.
    """
    if fund is Fund.SOCIAL:
        return result.publicity_social
    if direct:
        return result.publicity_small
    return result.publicity_small if budget_fen <= small.small_limit else result.publicity_large


def refusals_to_notice(
    *, publicity_ends_at: datetime, held_until: datetime | None, held: bool, now: datetime
) -> Iterator[Refusal]:
    """Why the notice cannot be issued yet; both ends are half-open. Source: rules.md §3.1 rows 11 and 19.

    `held`: the announcement itself is, until somebody releases it.
    """
    if held:
        yield Refusal("award_announcement_held")
    if now < publicity_ends_at:
        yield Refusal("award_publicity_open", params={"until_at": publicity_ends_at.isoformat()})
    if held_until is not None and now < held_until:
        yield Refusal("award_held", "objection.result_pauses", params={"until_at": held_until.isoformat()})


def refusals_to_lapse(*, accept_due_at: datetime | None, now: datetime) -> Iterator[Refusal]:
    """Why silence is not yet a refusal. Source: rules.md §2.7 award.confirm."""
    if accept_due_at is None or now < accept_due_at:
        yield Refusal("award_answer_open", "award.confirm_days")


def refusals_to_accept(*, accept_due_at: datetime | None, now: datetime) -> Iterator[Refusal]:
    """Why the winner can no longer answer; `accept_due_at` is half-open. Source: rules.md §2.7 award.confirm."""
    if accept_due_at is not None and now >= accept_due_at:
        yield Refusal("award_answer_late", "award.confirm_days", params={"due_at": accept_due_at.isoformat()})


def refusals_to_decline(
    declined: Declined, *, accept_due_at: datetime | None, now: datetime, terms: AwardTerms
) -> Iterator[Refusal]:
    """Why an award cannot be declined now: too late, no reason said, or an excuse that the rulebook does not know.

    Source: rules.md §2.7 award.refusal.
    """
    yield from refusals_to_accept(accept_due_at=accept_due_at, now=now)
    if not declined.reason.strip():
        yield Refusal("award_reason_missing", field="reason")
    if declined.excuse is not None and declined.excuse not in terms.excused:
        yield Refusal("award_excuse_unknown", "award.excused", "excuse")


def refusals_to_judge(
    judged: Judged, *, excuse: str | None, judged_at: datetime | None, now: datetime
) -> Iterator[Refusal]:
    """Why a refusal cannot be judged: no excuse was claimed, it was judged before, or no reason is said.

    Source: rules.md §2.7 award.refusal; that the office of the trade decides is (inferred).
    """
    if excuse is None:
        yield Refusal("award_excuse_unclaimed", "award.excused")
    if judged_at is not None:
        yield Refusal("award_excuse_judged", params={"at": judged_at.isoformat()})
    if not judged.reason.strip():
        yield Refusal("award_judge_reason_missing", field="reason")


def counts_as_refusal(*, declined: bool, lapsed: bool, excuse: str | None, excused: bool | None) -> bool:
    """Whether a refused award counts against the winner: silence always; a refusal unless its excuse holds.

    While an excuse waits for its judgement nothing counts. Source: rules.md §2.7 award.refusal, §2.9 V01.
    """
    return lapsed or (declined and (excuse is None or excused is False))


def a_year_before(instant: datetime) -> datetime:
    """The instant after which refusals count: the same local time twelve months earlier, of 29 February the 28th's end.

    Source: rules.md §2.7 award.refusal; what 29 February less twelve months is (inferred).
    """
    local = instant.astimezone(SHANGHAI)
    try:
        return local.replace(year=local.year - 1)
    except ValueError:
        return local.replace(year=local.year - 1, month=3, day=1, hour=0, minute=0, second=0, microsecond=0) - TICK


def may_follow(*, by_price: bool, next_fen: int, last_fen: int, ceiling_fen: int, above: int) -> bool:
    """Whether the next candidate's price is one the purchaser must accept.

    Where prices decide: within the ceiling, and at most `above` ppm more than the award that fell; elsewhere all
    candidates have the stated price. Source: rules.md §2.7 award.replacement.
    """
    if not by_price:
        return True
    return next_fen <= ceiling_fen and next_fen * 1_000_000 <= last_fen * (1_000_000 + above)
