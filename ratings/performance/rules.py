"""The service clock in working days; what late means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.rulebook import term
from app.values import Opens, Ppm, Workdays
from app.workdays import LOCAL, Deadline, WorkCalendar


class PerformanceAct(StrEnum):
    """The acts of keeping a contract."""

    PAUSE = "performance.pause"
    RESUME = "performance.resume"
    SUBMIT = "deliverable.submit"
    RETURN = "deliverable.return"
    CONFIRM = "deliverable.confirm"
    OVERDUE = "performance.overdue"


class Phase(StrEnum):
    """Derived from the deliverables, the pauses and the contract's end. STOPPED: it ended before it was performed."""

    IN_SERVICE = "in_service"
    PAUSED = "paused"
    DELIVERED = "delivered"
    DONE = "done"
    STOPPED = "stopped"


MAY = {
    PerformanceAct.PAUSE: {Role.PURCHASER},
    PerformanceAct.RESUME: {Role.PURCHASER},
    PerformanceAct.SUBMIT: {Role.AGENCY},
    PerformanceAct.RETURN: {Role.PURCHASER},
    PerformanceAct.CONFIRM: {Role.PURCHASER},
    PerformanceAct.OVERDUE: {Role.SYSTEM},
}
OPENS = {
    PerformanceAct.PAUSE: Opens.AT_ONCE,
    PerformanceAct.RESUME: Opens.AT_ONCE,
    PerformanceAct.SUBMIT: Opens.AT_ONCE,
    PerformanceAct.RETURN: Opens.AT_ONCE,
    PerformanceAct.CONFIRM: Opens.AT_ONCE,
    PerformanceAct.OVERDUE: Opens.AT_ONCE,
}
FLOW = Flow(
    {
        (Phase.IN_SERVICE, PerformanceAct.SUBMIT): Phase.DELIVERED,
        (Phase.IN_SERVICE, PerformanceAct.PAUSE): Phase.PAUSED,
        (Phase.PAUSED, PerformanceAct.RESUME): Phase.IN_SERVICE,
        (Phase.PAUSED, PerformanceAct.SUBMIT): Phase.DELIVERED,
        (Phase.DELIVERED, PerformanceAct.RETURN): Phase.IN_SERVICE,
        (Phase.DELIVERED, PerformanceAct.CONFIRM): Phase.DONE,
        # Lateness changes no phase; it is recorded whatever the clock does by then.
        (Phase.IN_SERVICE, PerformanceAct.OVERDUE): Phase.IN_SERVICE,
        (Phase.PAUSED, PerformanceAct.OVERDUE): Phase.PAUSED,
        (Phase.DELIVERED, PerformanceAct.OVERDUE): Phase.DELIVERED,
        (Phase.DONE, PerformanceAct.OVERDUE): Phase.DONE,
    }
)

LEVELS = (11, 31)
"""Working days late at which `performance.overdue` is recorded, each once. Source: rules.md §2.9 V06."""

ONE_DAY = timedelta(days=1)
Stop = tuple[datetime, datetime | None]
"""A stretch [from, to) in which the clock stands still; open where `to` is None."""


@dataclass(frozen=True)
class ServiceTerms:
    """Section [service]: how late an open delivery may be before it blocks new registrations."""

    SECTION: ClassVar[str] = "service"

    late_blocks_after: Workdays = term("workday")


@dataclass(frozen=True)
class DeliverableTerms:
    """Section [deliverable]: how long the purchaser may look at what was delivered."""

    SECTION: ClassVar[str] = "deliverable"

    confirm_days: Workdays = term("workday")


@dataclass(frozen=True, slots=True)
class Because:
    """Why the clock is stopped, or a deliverable returned."""

    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One version of what was delivered: the file's SHA-256 and what the purchaser should know."""

    file: str
    note: str


@dataclass(frozen=True, slots=True)
class Handed:
    """One delivered version as the clock sees it."""

    uploaded_at: datetime
    returned_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ServiceClock:
    """Everything the clock of one contract depends on; working days by the region path, most specific first.

    `silences` are the stretches in which the purchaser owed an answer to an agency that wanted more time; `ended_at` is
    the end of a contract that was not performed.
    """

    started_at: datetime
    days: int
    path: tuple[str, ...]
    pauses: tuple[Stop, ...] = ()
    handed: tuple[Handed, ...] = ()
    silences: tuple[Stop, ...] = ()
    ended_at: datetime | None = None

    @property
    def standing(self) -> Handed | None:
        """The version that stops the clock: delivered, and not returned."""
        last = self.handed[-1] if self.handed else None
        return None if last is None or last.returned_at is not None else last

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Pauses, silences, and the stretches in which a version that was returned later lay with the purchaser.

        The day of the upload still counts: time runs until the upload. Source: rules.md §2.8 eval.timeliness_auto.
        """
        lying = tuple((_next_midnight(one.uploaded_at), one.returned_at) for one in self.handed if one.returned_at)
        return (*self.pauses, *self.silences, *lying)

    @property
    def stopped(self) -> bool:
        """Whether the clock stands still: over, delivered, paused, or waiting for the purchaser's late answer."""
        return (
            self.ended_at is not None
            or self.standing is not None
            or any(until is None for _, until in (*self.pauses, *self.silences))
        )


def phase_of(*, done_at: datetime | None, clock: ServiceClock) -> Phase:
    """The phase that instants, deliverables and stops tell. Source: rules.md §3.1 rows 25-32."""
    if done_at is not None:
        return Phase.DONE
    if clock.ended_at is not None:
        return Phase.STOPPED
    if clock.standing is not None:
        return Phase.DELIVERED
    return Phase.PAUSED if clock.stopped else Phase.IN_SERVICE


def used_days(clock: ServiceClock, *, until: datetime, calendar: WorkCalendar) -> int:
    """Working days d with date(start) < d ≤ date(until) that no stop touches; the upload or the end ends the count.

    Source: rules.md §2.8 eval.timeliness_auto, §2.1 period.due (the day of the event never counts).
    """
    end = until if clock.standing is None else min(until, clock.standing.uploaded_at)
    end = end if clock.ended_at is None else min(end, clock.ended_at)
    return calendar.late(_next_midnight(clock.started_at), end, path=clock.path, paused=clock.stops)


def late_days(clock: ServiceClock, *, now: datetime, calendar: WorkCalendar) -> int:
    """Working days late at `now`, or at the upload that stands; never negative. Source: rules.md §2.8."""
    return max(0, used_days(clock, until=now, calendar=calendar) - clock.days)


def due(clock: ServiceClock, *, calendar: WorkCalendar) -> Deadline:
    """The end of the promised working days, stops left out: the first instant of the next day.

    A pause that is still open has no length yet; the end is computed again when it is resumed.
    """
    return _end_of(clock, clock.days, calendar)


def late_from(clock: ServiceClock, level: int, *, calendar: WorkCalendar) -> datetime | None:
    """The first instant of the level-th late day; None while the clock stands still. Source: rules.md §2.9 V06."""
    return None if clock.stopped else _end_of(clock, clock.days + level, calendar).at - ONE_DAY


def late_after(due_at: datetime, level: int, *, path: Sequence[str], calendar: WorkCalendar) -> datetime:
    """`late_from` of a clock that no stop touches after the end `due_at` of its promised days."""
    return calendar.due(due_at - timedelta.resolution, level, path=path).at - ONE_DAY


def _end_of(clock: ServiceClock, days: int, calendar: WorkCalendar) -> Deadline:
    """The end of the days-th working day of the clock that no closed stop touches."""
    closed = tuple((since, until) for since, until in clock.stops if until is not None)
    begin, ahead = _next_midnight(clock.started_at), days
    while True:
        end = calendar.due(clock.started_at, ahead, path=clock.path)
        used = calendar.late(begin, end.at - timedelta.resolution, path=clock.path, paused=closed)
        if used >= days:
            return end
        ahead += days - used


def level_due(late: int, recorded: int) -> int | None:
    """The next level that `late` working days reach, after the highest that is recorded; None where there is none."""
    return next((level for level in LEVELS if recorded < level <= late), None)


def share(part: int, whole: int) -> Ppm:
    """Part of a whole in parts per million, cut down; the whole is not zero."""
    return Ppm(1_000_000 * part // whole)


def refusals_to_give_reason(because: Because) -> Iterator[Refusal]:
    """A stop or a return needs a reason. Source: rules.md §2.7 contract.extension, §3.1 row 31."""
    if not because.reason.strip():
        yield Refusal("performance_reason_missing", field="reason")


def refusals_to_resume(*, paused: bool) -> Iterator[Refusal]:
    """Nothing to resume where the clock waits for the purchaser's own answer. Source: rules.md contract.extension."""
    if not paused:
        yield Refusal("performance_answer_first", "contract.answer_days")


def refusals_to_change(*, phase: Phase) -> Iterator[Refusal]:
    """A service that is done is neither changed, nor ended, nor broken any more. Source: rules.md §3.1 rows 27-29."""
    if phase is Phase.DONE:
        yield Refusal("performance_done")


def refusals_to_extend(*, clock: ServiceClock, due_at: datetime, now: datetime) -> Iterator[Refusal]:
    """More time is asked for before the time is over; half-open. Source: rules.md §3.1 row 27; this is (inferred)."""
    if not clock.stopped and now >= due_at:
        yield Refusal("performance_over", "contract.extension", params={"due_at": due_at.isoformat()})


def refusals_to_submit(*, file_known: bool) -> Iterator[Refusal]:
    """Why this cannot be handed in. Source: rules.md §3.1 row 30."""
    if not file_known:
        yield Refusal("performance_file_unknown", field="file")


def refusals_to_overdue(*, level: int | None) -> Iterator[Refusal]:
    """Nothing to record: no level is reached that was not recorded."""
    if level is None:
        yield Refusal("performance_not_overdue")


def _next_midnight(instant: datetime) -> datetime:
    """The end of an instant's local day."""
    day = instant.astimezone(LOCAL).date() + ONE_DAY
    return datetime.combine(day, time(), LOCAL).astimezone(instant.tzinfo)
