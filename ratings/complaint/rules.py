"""Who may object to what and until when, who answers, who decides, and what an upheld objection brings about.

Nobody releases, voids or repeats by hand: the effect follows from what was objected to (rules.md §3.1 rows 9, 14, 18).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.rulebook import term
from app.values import Opens, Workdays


class ObjectionAct(StrEnum):
    """The acts on objections."""

    FILE = "objection.file"
    CONCEDE = "objection.concede"
    REJECT = "objection.reject"
    APPEAL = "objection.appeal"
    UPHOLD = "objection.uphold"
    DISMISS = "objection.dismiss"
    RECALL = "objection.recall"
    LAPSE = "objection.lapse"


class Kind(StrEnum):
    """What is objected to (rules.md §2.11)."""

    NOTICE = "notice"
    EXCLUSION = "exclusion"
    RESULT = "result"


class Phase(StrEnum):
    """Derived from the instants and the outcome (rules.md §3.5)."""

    FILED = "filed"
    UNANSWERED = "unanswered"
    ANSWERED = "answered"
    APPEALED = "appealed"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    RECALLED = "recalled"
    LAPSED = "lapsed"


class Outcome(StrEnum):
    """How an objection ended for good."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"
    RECALLED = "recalled"
    LAPSED = "lapsed"


class Effect(StrEnum):
    """What an upheld objection brought about.

    SKIPPED: the candidate fell and the next one follows, seed and order stand. VOID: the attempt ended, the next one
    may be announced. RECORDED: nothing was left to change, because the attempt had ended or its award was accepted.
    """

    SKIPPED = "skipped"
    VOID = "void"
    RECORDED = "recorded"


MAY = {
    ObjectionAct.FILE: {Role.AGENCY},
    ObjectionAct.CONCEDE: {Role.PURCHASER},
    ObjectionAct.REJECT: {Role.PURCHASER},
    ObjectionAct.APPEAL: {Role.AGENCY},
    ObjectionAct.UPHOLD: {Role.REGULATOR},
    ObjectionAct.DISMISS: {Role.REGULATOR},
    ObjectionAct.RECALL: {Role.AGENCY},
    ObjectionAct.LAPSE: {Role.SYSTEM},
}
SECOND = (ObjectionAct.UPHOLD,)
"""Two accounts of the same office: no single person changes a result (rules.md §2.11 operators.dual_control)."""

OPENS = dict.fromkeys(ObjectionAct, Opens.AT_ONCE)
"""Everybody may know that an objection stands and what became of it; whose it is, the public part never says."""

FLOW = Flow(
    {
        (Phase.FILED, ObjectionAct.REJECT): Phase.ANSWERED,
        (Phase.UNANSWERED, ObjectionAct.REJECT): Phase.ANSWERED,
        # The purchaser alone must not be able to change a result: what it concedes the office of the trade decides.
        (Phase.FILED, ObjectionAct.CONCEDE): Phase.APPEALED,
        (Phase.UNANSWERED, ObjectionAct.CONCEDE): Phase.APPEALED,
        (Phase.ANSWERED, ObjectionAct.APPEAL): Phase.APPEALED,
        (Phase.UNANSWERED, ObjectionAct.APPEAL): Phase.APPEALED,
        (Phase.APPEALED, ObjectionAct.UPHOLD): Phase.UPHELD,
        (Phase.APPEALED, ObjectionAct.DISMISS): Phase.DISMISSED,
        (Phase.ANSWERED, ObjectionAct.LAPSE): Phase.LAPSED,
        (Phase.UNANSWERED, ObjectionAct.LAPSE): Phase.LAPSED,
        (Phase.FILED, ObjectionAct.RECALL): Phase.RECALLED,
        (Phase.UNANSWERED, ObjectionAct.RECALL): Phase.RECALLED,
        (Phase.ANSWERED, ObjectionAct.RECALL): Phase.RECALLED,
        (Phase.APPEALED, ObjectionAct.RECALL): Phase.RECALLED,
    }
)


@dataclass(frozen=True)
class ObjectionTerms:
    """Section [objection]: the windows, the times to answer, and whether a result of public money waits."""

    SECTION: ClassVar[str] = "objection"

    notice_before_close: Workdays = term("workday")
    notice_answer_days: Workdays = term("workday")
    exclusion_until: time = term("clock")
    result_days: Workdays = term("workday")
    result_answer_days: Workdays = term("workday")
    result_pauses: bool = term("bool")

    def answer_days(self, kind: Kind) -> Workdays:
        """Working days that the purchaser has; to an exclusion as many as to a result (inferred)."""
        return self.notice_answer_days if kind is Kind.NOTICE else self.result_answer_days


@dataclass(frozen=True)
class DecisionTerms:
    """Of section [complaint]: until when a decision may be asked for, when it is due, how long an award waits."""

    SECTION: ClassVar[str] = "complaint"

    window_days: Workdays = term("workday")
    decide_days: Workdays = term("workday")
    hold_days: int = term("day")


CLAUSES = {
    Kind.NOTICE: "objection.notice_before_close",
    Kind.EXCLUSION: "objection.exclusion_until",
    Kind.RESULT: "objection.result_days",
}
"""Which clause says until when."""


@dataclass(frozen=True, slots=True)
class Filing:
    """An objection: to what, why, why it concerns the agency, what proves it (SHA-256).

    `against`: the USCC of the winner that should have been excluded; None = the notice, the own exclusion, or the
    selection as a whole.
    """

    kind: Kind
    reason: str
    interest: str = ""
    against: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Because:
    """A reason that becomes public with the answer or decision."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ground:
    """How an agency stands to an announcement's present attempt when it objects.

    `until`: the half-open end of the time for this kind of objection; None = there is nothing of the kind to object to
    now. `excluded`, `registered`: its own registration of a frozen attempt. `winners`: the codes of those who won and
    stand.
    """

    code: str
    own_need: bool
    active: bool
    direct: bool
    until: datetime | None
    excluded: bool
    registered: bool
    winners: frozenset[str]
    open_already: bool


def refusals_to_file(filing: Filing, ground: Ground, *, now: datetime) -> Iterator[Refusal]:
    """Every reason why this agency cannot object; before the freeze nothing depends on who registered.

    Source: rules.md §2.11 objection.notice, objection.result, objection.exclusion; that an interest must be said by
    whoever did not register is (inferred).
    """
    if ground.direct:
        yield Refusal("objection_direct")
    if not ground.active:
        yield Refusal("objection_agency_not_active")
    if ground.own_need:
        yield Refusal("objection_own")
    if ground.open_already:
        yield Refusal("objection_open_already")
    if ground.until is None:
        yield Refusal("objection_nothing", field="kind")
    elif now >= ground.until:
        params = {"until_at": ground.until.isoformat()}
        yield Refusal("objection_window_closed", CLAUSES[filing.kind], "kind", params)
    if filing.kind is Kind.EXCLUSION and ground.until is not None and not ground.excluded:
        yield Refusal("objection_not_excluded", field="kind")
    interested = filing.kind is Kind.EXCLUSION or (filing.kind is Kind.RESULT and ground.registered)
    if not interested and not filing.interest.strip():
        yield Refusal("objection_interest_missing", field="interest")
    if not filing.reason.strip():
        yield Refusal("objection_reason_missing", field="reason")
    if filing.against is not None and (filing.kind is not Kind.RESULT or filing.against not in ground.winners):
        yield Refusal("objection_against_unknown", field="against")
    elif filing.against == ground.code:
        yield Refusal("objection_against_self", field="against")


def refusals_to_answer(answer: Because) -> Iterator[Refusal]:
    """An answer says why. Source: rules.md §4 document 17."""
    if not answer.reason.strip():
        yield Refusal("objection_answer_missing", field="reason")


def refusals_to_appeal(*, appeal_due_at: datetime, now: datetime) -> Iterator[Refusal]:
    """Why no decision can be asked for any more; half-open. Source: rules.md §2.11 complaint.window."""
    if now >= appeal_due_at:
        yield Refusal("objection_appeal_late", "complaint.window_days", params={"due_at": appeal_due_at.isoformat()})


def refusals_to_lapse(*, appeal_due_at: datetime, now: datetime) -> Iterator[Refusal]:
    """Why an objection is not over yet. Source: rules.md §2.11 complaint.window."""
    if now < appeal_due_at:
        yield Refusal("objection_appeal_open", "complaint.window_days")


def refusals_to_decide(decision: Because, *, frozen: bool, drawn: bool) -> Iterator[Refusal]:
    """Why nothing can be decided now; between freeze and draw the computation goes first.

    Source: rules.md §2.11 hold.effect; protocol.md §0 (after its freeze an attempt always publishes its record).
    """
    if frozen and not drawn:
        yield Refusal("objection_draw_pending", "hold.after_freeze")
    if not decision.reason.strip():
        yield Refusal("objection_decision_missing", field="reason")


def phase_of(
    *,
    outcome: Outcome | None,
    appealed_at: datetime | None,
    answered_at: datetime | None,
    answer_due_at: datetime,
    now: datetime,
) -> Phase:
    """The phase that the instants tell; silence counts from `answer_due_at` on. Source: rules.md §3.5."""
    if outcome is not None:
        return Phase(outcome.value)
    if appealed_at is not None:
        return Phase.APPEALED
    if answered_at is not None:
        return Phase.ANSWERED
    return Phase.FILED if now < answer_due_at else Phase.UNANSWERED


def effect_of(kind: Kind, *, against: bool, ended: bool, target_open: bool, accepted: bool) -> Effect:
    """What upholding brings about.

    `ended`: the attempt is no longer the present one, or ended without a result; `target_open`: the award of the
    candidate objected to stands and is not yet accepted; `accepted`: some award of the attempt is.
    Source: rules.md §2.11 objection.exclusion, §3.1 rows 9 and 18; protocol.md §0. That an accepted award is left to
    its contract is (inferred).
    """
    if ended:
        return Effect.RECORDED
    if kind is Kind.RESULT and against:
        return Effect.SKIPPED if target_open else Effect.RECORDED
    return Effect.RECORDED if accepted else Effect.VOID


def result_until(*, made_at: datetime, publicity_ends_at: datetime, without_publicity: datetime) -> datetime:
    """Until when a result may be objected to: inside its publicity, or where it has none for the days of the clause.

    Source: rules.md §2.11 objection.result; which of the two where is (inferred).
    """
    return publicity_ends_at if publicity_ends_at > made_at else without_publicity


def held_until(*, filed_at: datetime, terms: DecisionTerms) -> datetime:
    """Until when an award waits at the longest. Source: rules.md §2.11 complaint.accept, §3.1 row 11 (30 days)."""
    return filed_at + timedelta(days=terms.hold_days)


def is_named(*, decided: bool, frozen: bool, ended: bool) -> bool:
    """Whether the public learns who objected: after the decision, and never before the freeze of an attempt that runs.

    An agency that objects to a notice may well register; until the freeze nobody learns of it (protocol.md, rules.md
    §2.5 visibility.registrants).
    """
    return decided and (frozen or ended)
