"""What a published year must be to be taken: the State Council's arrangement, typed in the day it is announced."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.refusal import Refusal
from app.rulebook import term
from app.values import Opens


class CalendarAct(StrEnum):
    """The acts on working days."""

    PUBLISH = "calendar.publish"
    SETTLE = "calendar.settle"
    SETTLE_UNSEEN = "calendar.settle_unseen"


MAY = {
    CalendarAct.PUBLISH: {Role.ADMIN},
    CalendarAct.SETTLE: {Role.SYSTEM},
    CalendarAct.SETTLE_UNSEEN: {Role.SYSTEM},
}
OPENS = {
    CalendarAct.PUBLISH: Opens.AT_ONCE,
    CalendarAct.SETTLE: Opens.AT_ONCE,
    CalendarAct.SETTLE_UNSEEN: Opens.NEVER,
}
"""`settle_unseen` is about what the public does not know of: applications, reviews, negotiations."""


@dataclass(frozen=True)
class HoursTerms:
    """The hours of a working day within which something may close; both ends are inside."""

    SECTION: ClassVar[str] = "calendar"

    opens: time = term("clock")
    closes: time = term("clock")


@dataclass(frozen=True, slots=True)
class Year:
    """A year's arrangement (rules.md §2.1): days off, make-up working days on weekends, the notice's number.

    A notice may also name days of the December before. `names`: what a day (`YYYY-MM-DD`) is for, where it is said.
    """

    year: int
    days_off: tuple[date, ...]
    make_up_days: tuple[date, ...]
    notice: str
    names: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, day: date) -> bool:
        """Whether the notice of this year may speak of the day."""
        return day.year == self.year or (day.year, day.month) == (self.year - 1, 12)


def anew(before: datetime, *, exact: datetime, floor: datetime, now: datetime) -> datetime:
    """Where a date by which somebody must act stands, once the days on the way are known.

    As the rule says (`exact`); but what is over by `now` stays over, and whoever must act keeps the next working day
    at least (`floor`: its end), so that a make-up day that was announced today takes nobody by surprise.
    Source: rules.md §2.1 (recomputed with notice to the parties); the floor is (inferred).
    """
    if before <= now:
        return before
    return exact if exact >= before else max(exact, min(before, floor))


def refusals_to_publish(year: Year, *, known: bool) -> Iterator[Refusal]:
    """Every fault of the arrangement at once."""
    if known:
        yield Refusal("calendar_known", field="year", params={"year": year.year})
    for name, days in (("days_off", year.days_off), ("make_up_days", year.make_up_days)):
        for day in days:
            if day not in year:
                yield Refusal("day_of_other_year", field=name, params={"day": day.isoformat()})
    for day in set(year.days_off) & set(year.make_up_days):
        yield Refusal("day_both", field="make_up_days", params={"day": day.isoformat()})
    for day in year.make_up_days:
        if day.weekday() < 5:
            yield Refusal("make_up_on_weekday", field="make_up_days", params={"day": day.isoformat()})
    if not year.days_off:
        yield Refusal("no_days_off", field="days_off")
    if not year.notice.strip():
        yield Refusal("notice_missing", field="notice")
