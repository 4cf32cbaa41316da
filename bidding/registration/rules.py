"""When an agency may register, and what it promises. Knows nothing of other registrants."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import ClassVar

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.rulebook import term
from app.values import Opens


class RegistrationAct(StrEnum):
    """The acts of registering."""

    SUBMIT = "registration.submit"
    WITHDRAW = "registration.withdraw"
    RECONFIRM = "registration.reconfirm"
    JOIN = "registration.join"
    DECLINE = "registration.decline"


class Made(StrEnum):
    """Where the 32 bytes of the contribution were made (protocol.md §1.2)."""

    BROWSER = "browser"
    SERVER = "server"
    DESK = "desk"


class Phase(StrEnum):
    """Derived from withdrawal, reconfirmation and the verdict of the freeze; never stored."""

    IN_FORCE = "in_force"
    UNCONFIRMED = "unconfirmed"
    VALID = "valid"
    INVALID = "invalid"
    WITHDRAWN = "withdrawn"


MAY = {
    RegistrationAct.SUBMIT: {Role.AGENCY},
    RegistrationAct.WITHDRAW: {Role.AGENCY},
    RegistrationAct.RECONFIRM: {Role.AGENCY},
    RegistrationAct.JOIN: {Role.AGENCY},
    RegistrationAct.DECLINE: {Role.AGENCY},
}
"""Nobody else: nobody registers for an agency, and nobody strikes one out."""

OPENS = {
    RegistrationAct.SUBMIT: Opens.LATER,
    RegistrationAct.WITHDRAW: Opens.LATER,
    RegistrationAct.RECONFIRM: Opens.LATER,
    RegistrationAct.JOIN: Opens.LATER,
    RegistrationAct.DECLINE: Opens.LATER,
}
"""The first act that publishes a result opens them; until the freeze not even their number is told."""

FLOW = Flow[Phase](
    {
        (Phase.IN_FORCE, RegistrationAct.WITHDRAW): Phase.WITHDRAWN,
        (Phase.UNCONFIRMED, RegistrationAct.RECONFIRM): Phase.IN_FORCE,
        (Phase.UNCONFIRMED, RegistrationAct.WITHDRAW): Phase.WITHDRAWN,
    }
)
"""Source: rules.md §2.5 register.withdraw, publish.revision; §3.1 rows 8 and 13."""

_CONTRIBUTION = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class RegistrationTerms:
    """What a region may set about registering."""

    SECTION: ClassVar[str] = "register"

    accept_longer_promise: bool = term("bool")


@dataclass(frozen=True, slots=True)
class Promise:
    """The input: working days, and 32 bytes for the draw as 64 hex digits; left empty, the market makes them.

    `members`: USCCs of those with whom this agency wants to serve as a consortium, itself leading (M20).
    """

    days: int
    contribution: str = ""
    made: Made = Made.SERVER
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """Which consortium a member answers: the USCC of its lead."""

    lead: str


MOST_MEMBERS = 5
"""Members of a consortium beside its lead; the market's own."""


@dataclass(frozen=True, slots=True)
class Part:
    """How one agency of a consortium stands: against it altogether, and against it for each item of the need."""

    code: str
    general: tuple[Refusal, ...]
    lacks: Mapping[str, tuple[Refusal, ...]]


@dataclass(frozen=True, slots=True)
class Named:
    """A member as it was named: whether the market knows an admitted agency of that code, and whose the need is."""

    code: str
    active: bool
    owner: bool


class Bar(StrEnum):
    """Why an announcement takes no registration, offer or change of either now."""

    DIRECT = "direct"
    WITHDRAWN = "withdrawn"
    HELD = "held"
    DECIDED = "decided"
    NOT_YET = "not_yet"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Window:
    """When a public announcement takes registrations: [opens, closes) of its present attempt, unless it ended early."""

    direct: bool
    withdrawn: bool
    held: bool
    decided: bool
    opens: datetime
    closes: datetime

    def bar(self, now: datetime) -> Bar | None:
        """The one reason that holds at `now`, None where the window is open."""
        bars = (
            (self.direct, Bar.DIRECT),
            (self.withdrawn, Bar.WITHDRAWN),
            (self.held, Bar.HELD),
            (now >= self.closes, Bar.CLOSED),
            (self.decided, Bar.DECIDED),
            (now < self.opens, Bar.NOT_YET),
        )
        return next((bar for holds, bar in bars if holds), None)


@dataclass(frozen=True, slots=True)
class Position:
    """How one agency stands to one announcement: its own facts only, so that no rule can tell of a rival.

    `standing` are the refusals that eligibility answers for `registration.submit`; `expected_days` what is asked for.
    """

    own_need: bool
    active: bool
    registered: bool
    standing: tuple[Refusal, ...]
    expected_days: int


def refusals_to_act_now(window: Window, *, now: datetime) -> Iterator[Refusal]:
    """Before the closing and not after it, to the microsecond: periods are half-open. Source: rules.md §3.1 row 13."""
    bar = window.bar(now)
    if bar is not None:
        yield Refusal("not_open", params={"because": f"not_open.{bar}", "closes_at": window.closes.isoformat()})


def refusals_to_take_part(position: Position, *, window: Window, now: datetime) -> Iterator[Refusal]:
    """Say every reason at once (M15), before anything was typed; the page shows them beside the disabled button."""
    yield from refusals_to_act_now(window, now=now)
    if position.own_need:
        yield Refusal("same_organisation")
    if position.registered:
        yield Refusal("already_registered")
    yield from refusals_by_standing(position)


def refusals_by_standing(position: Position) -> Iterator[Refusal]:
    """Not admitted, or admitted and something against it; asked again when a price is handed in (protocol.md §2.2)."""
    if not position.active:
        yield Refusal("agency_not_active", clause="entry.mode")
    yield from position.standing


def refusals_to_days(days: int, *, expected: int, terms: RegistrationTerms) -> Iterator[Refusal]:
    """`days` working days are promised; a longer time than was asked for is no answer to the need.

    Source: rules.md §2.5 register.commit_time (贵港, S1).
    """
    if days < 1:
        yield Refusal("promise_not_positive", field="days")
    elif days > expected and not terms.accept_longer_promise:
        yield Refusal(
            "promise_too_long",
            clause="register.accept_longer_promise",
            field="days",
            params={"promised": days, "expected": expected},
        )


def refusals_to_contribution(promise: Promise) -> Iterator[Refusal]:
    """32 bytes as lower-case hex; only the hall's counter may say `desk`. Source: protocol.md §1.2."""
    if not _CONTRIBUTION.fullmatch(promise.contribution):
        yield Refusal("contribution_malformed", field="contribution")
    if promise.made is Made.DESK:
        yield Refusal("contribution_not_from_desk", field="contribution")


def refusals_to_submit(
    promise: Promise, *, position: Position, window: Window, terms: RegistrationTerms, now: datetime
) -> Iterator[Refusal]:
    """Say every reason at once (M15). Knows nothing of other registrants. Source: rules.md §2.5; protocol.md §1.2."""
    return chain(
        refusals_to_take_part(position, window=window, now=now),
        refusals_to_days(promise.days, expected=position.expected_days, terms=terms),
        refusals_to_contribution(promise),
    )


def refusals_to_members(named: Sequence[Named], *, lead: str, several: bool) -> Iterator[Refusal]:
    """Admitted agencies, each once, not the lead itself; for a need of several items only (mission.md M20)."""
    if not named:
        return
    if not several:
        yield Refusal("consortium_not_asked", field="members")
    if len(named) > MOST_MEMBERS:
        yield Refusal("consortium_too_many", field="members", params={"most": MOST_MEMBERS})
    codes = [one.code for one in named]
    if lead in codes or len(set(codes)) < len(codes):
        yield Refusal("consortium_member_twice", field="members")
    for one in named:
        if one.owner:
            yield Refusal("consortium_member_owner", field="members", params={"member": one.code})
        elif not one.active:
            yield Refusal("consortium_member_unknown", field="members", params={"member": one.code})


def refusals_together(parts: Sequence[Part], items: Sequence[str]) -> Iterator[Refusal]:
    """Each agency must stand well for itself, the lead first; for every item one of them must be able to serve it.

    Source: mission.md M20; that they are joined item by item is (inferred).
    """
    for place, part in enumerate(parts):
        if place and part.general:
            yield Refusal("consortium_member_barred", params={"member": part.code})
        yield from part.general
    for item in items:
        if all(part.lacks[item] for part in parts):
            yield Refusal("consortium_item_uncovered", params={"item": item})


def refusals_to_unconfirmed(count: int) -> Iterator[Refusal]:
    """Nobody is in a consortium by another's word: who did not confirm until the closing makes it invalid.

    Source: rules.md §2.5 register.consortium; the consequence (inferred).
    """
    if count:
        yield Refusal("consortium_unconfirmed", params={"count": count})


def refusals_to_answer(*, named: bool, window: Window, now: datetime) -> Iterator[Refusal]:
    """Whether an agency was named by that lead, and may still say yes or no."""
    yield from refusals_to_act_now(window, now=now)
    if not named:
        yield Refusal("not_named")


def refusals_to_reconfirm(
    *,
    promised: int,
    expected: int,
    window: Window,
    standing: Sequence[Refusal],
    terms: RegistrationTerms,
    now: datetime,
) -> Iterator[Refusal]:
    """The promise as it was must still answer what is asked now; else withdraw and register anew.

    Source: rules.md §2.5 publish.revision.
    """
    yield from refusals_to_act_now(window, now=now)
    if promised > expected and not terms.accept_longer_promise:
        yield Refusal(
            "promise_outgrown",
            clause="register.accept_longer_promise",
            params={"promised": promised, "expected": expected},
        )
    yield from standing


def phase_of(
    *, withdrawn: bool, judged: bool, reasons: Sequence[str] | None, revision: int, announced_revision: int
) -> Phase:
    """Where a registration stands; `revision` is what it answers, `announced_revision` what is announced.

    One that was never confirmed again before the closing stays UNCONFIRMED: silence counts as withdrawal without
    penalty (rules.md §2.5 publish.revision), and the frozen text does not name it.
    """
    if withdrawn:
        return Phase.WITHDRAWN
    if judged:
        return Phase.INVALID if reasons else Phase.VALID
    return Phase.IN_FORCE if revision == announced_revision else Phase.UNCONFIRMED
