"""When a time limit warns and when it raises an alarm, who may close one, and what an outage must say."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.values import Opens


class WatchAct(StrEnum):
    """Warnings and alarms are the clockwork's; people assign and close alarms, and record outages."""

    WARN = "alarm.warn"
    RAISE = "alarm.raise"
    RAISE_UNSEEN = "alarm.raise_unseen"
    SETTLE = "alarm.settle"
    ASSIGN = "alarm.assign"
    CLOSE = "alarm.close"
    RECORD = "outage.record"


class Level(StrEnum):
    """Before the end of a limit, and after it."""

    WARNING = "warning"
    ALARM = "alarm"


class Phase(StrEnum):
    """Derived from the instants of the row."""

    WARNED = "warned"
    RAISED = "raised"
    ASSIGNED = "assigned"
    CLOSED = "closed"


class Reason(StrEnum):
    """Why a hand closes an alarm (the members inferred)."""

    REMEDIED = "remedied"
    EXCUSED = "excused"
    REFERRED = "referred"
    UNFOUNDED = "unfounded"


class Failed(StrEnum):
    """What did not work in an outage (inferred)."""

    ALL = "all"
    SIGNING_IN = "signing_in"
    REGISTERING = "registering"
    OFFERING = "offering"


OFFICES = frozenset({Role.OPERATOR, Role.REGULATOR, Role.SUPERVISOR})
"""Who may be assigned an alarm and close it; the list of a branch is shown to them."""

MAY = {
    WatchAct.WARN: {Role.SYSTEM},
    WatchAct.RAISE: {Role.SYSTEM},
    WatchAct.RAISE_UNSEEN: {Role.SYSTEM},
    WatchAct.SETTLE: {Role.SYSTEM},
    WatchAct.ASSIGN: {Role.OPERATOR, Role.SUPERVISOR},
    WatchAct.CLOSE: OFFICES,
    WatchAct.RECORD: {Role.OPERATOR},
}
CONSENT = {WatchAct.RECORD: Role.SUPERVISOR}
"""An outage moves closings, so a second office agrees to it (mission.md: extension after an outage)."""

OPENS = {
    WatchAct.WARN: Opens.NEVER,
    WatchAct.RAISE: Opens.AT_ONCE,
    WatchAct.RAISE_UNSEEN: Opens.NEVER,
    WatchAct.SETTLE: Opens.NEVER,
    WatchAct.ASSIGN: Opens.NEVER,
    WatchAct.CLOSE: Opens.NEVER,
    WatchAct.RECORD: Opens.AT_ONCE,
}
FLOW = Flow(
    {
        (Phase.WARNED, WatchAct.SETTLE): Phase.CLOSED,
        # Done late, an alarm stays for somebody to look into; one that no hand may close ends here.
        (Phase.RAISED, WatchAct.SETTLE): Phase.RAISED,
        (Phase.ASSIGNED, WatchAct.SETTLE): Phase.ASSIGNED,
        (Phase.RAISED, WatchAct.ASSIGN): Phase.ASSIGNED,
        (Phase.ASSIGNED, WatchAct.ASSIGN): Phase.ASSIGNED,
        (Phase.RAISED, WatchAct.CLOSE): Phase.CLOSED,
        (Phase.ASSIGNED, WatchAct.CLOSE): Phase.CLOSED,
    }
)

LONGEST = timedelta(days=30)
"""An outage lasts at most this long and is recorded at most this long after its end (inferred from row 11 of §3.1)."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """To which office (its code) an alarm goes, and to which of its accounts where one is named."""

    office: str
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """Why an alarm is closed, and what was found."""

    reason: Reason
    explanation: str


@dataclass(frozen=True, slots=True)
class Outage:
    """What did not work [since, until), where (a whole branch), and the evidence: a file's SHA-256."""

    since: datetime
    until: datetime
    region: str
    failed: Failed
    explanation: str
    evidence: str


def level_due(
    *, ends_at: datetime, before: timedelta | None, warned: bool, alarms: bool, now: datetime
) -> Level | None:
    """What a running limit now calls for; half-open: at its end it is over. No warning is given after the end.

    `alarms`: whether its end calls for an alarm, or has a consequence of its own.

    Source: M33 (warnings before and alarms after).
    """
    if now >= ends_at:
        return Level.ALARM if alarms else None
    return Level.WARNING if before is not None and not warned and now >= ends_at - before else None


def phase_of(*, level: Level, assigned: bool, closed: bool) -> Phase:
    """The phase of a row."""
    if closed:
        return Phase.CLOSED
    if level is Level.WARNING:
        return Phase.WARNED
    return Phase.ASSIGNED if assigned else Phase.RAISED


def refusals_to_assign(
    assignment: Assignment, *, offices: Collection[str], accounts: Collection[str], own: bool, assigned: bool
) -> Iterator[Refusal]:
    """Why an alarm cannot go there; `offices` serve its place, `accounts` are the open ones of the office named.

    `own`: it was the assigning office's own limit. Such an office may hand the alarm to somebody, but not take it out
    of the hands that have it. Source: M33; who clears whom: (inferred).
    """
    if own and assigned:
        yield Refusal("alarm_about_you_assigned")
    if assignment.office not in offices:
        yield Refusal("alarm_office_unknown", field="to")
    elif assignment.account is not None and assignment.account not in accounts:
        yield Refusal("alarm_account_unknown", field="to")


def is_own(*, role: Role, named: bool, kinds: Collection[Role]) -> bool:
    """Whether an office let the limit itself pass.

    `named`: it is one of those that had to act; `kinds`: where none was named, the kinds of offices that had to. The
    supervisor, who as a kind is responsible for none but the beacon beside the operator, clears that too (inferred).
    """
    return named or (role in kinds and role is not Role.SUPERVISOR)


def refusals_to_close(closing: Closing, *, fixed: bool, assigned: bool, mine: bool, own: bool) -> Iterator[Refusal]:
    """Why this hand may not close an alarm.

    `fixed`: it ends by itself alone; `mine`: assigned to this office, and to this account where one is named; `own`: as
    `is_own` says, and an office does not clear itself. Source: M33; protocol.md §1 (an alarm that no operator can
    close); who clears whom: (inferred).
    """
    if fixed:
        yield Refusal("alarm_fixed")
        return
    if not assigned:
        yield Refusal("alarm_unassigned")
    elif not mine:
        yield Refusal("alarm_of_another")
    if own:
        yield Refusal("alarm_about_you")
    if not closing.explanation.strip():
        yield Refusal("alarm_without_explanation", field="explanation")


def refusals_to_record(
    outage: Outage,
    *,
    region_known: bool,
    recorded: tuple[str, datetime, datetime] | None,
    evidence_known: bool,
    now: datetime,
) -> Iterator[Refusal]:
    """Why this is no outage to be recorded.

    `recorded`: number, begin and end of a recorded one that meets it in time and place; the same hours are given back
    once. Source: mission.md (extension after an outage); lengths, and one record for the same hours (inferred).
    """
    if not region_known:
        yield Refusal("outage_region_unknown", field="region")
    if recorded is not None:
        no, since, until = recorded
        params = {"no": no, "since_at": since.isoformat(), "until_at": until.isoformat()}
        yield Refusal("outage_recorded", field="since", params=params)
    if outage.until <= outage.since:
        yield Refusal("outage_backward", field="until")
    elif outage.until - outage.since > LONGEST:
        yield Refusal("outage_too_long", field="until", params={"days": LONGEST.days})
    if outage.until > now:
        yield Refusal("outage_not_over", field="until")
    elif now - outage.until > LONGEST:
        yield Refusal("outage_too_old", field="until", params={"days": LONGEST.days})
    if not outage.explanation.strip():
        yield Refusal("outage_without_explanation", field="explanation")
    if not evidence_known:
        yield Refusal("outage_without_evidence", field="evidence")
