"""The arithmetic of the published figures: what counts as completed, what rolls up where, how shares are rounded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar

from app.refusal import Refusal
from app.rulebook import term
from app.values import SHANGHAI, Ppm

PROVINCE = "450000"
"""The root of the region tree: where nobody asks for a branch, the whole market is shown."""

ALL = 1_000_000
HUNDREDTH = 100
"""Shares are shown to 0.01 %: that many ppm."""

ENOUGH = 5
"""Fewer selections of one item in one district say nothing about who holds it; our own choice, and shown."""

LEADS = 20
"""So many rows of the concentration list are shown at most, the largest share first."""

CHARTED = 24
"""So many months a chart shows at most, the latest ones; its table shows all."""


class Table(StrEnum):
    """The figures by one property of the announcement; each adds up to the whole."""

    MONTH = "month"
    REGION = "region"
    CATEGORY = "category"
    METHOD = "method"
    FUND = "fund"
    OUTCOME = "outcome"


DRAWN = (Table.MONTH, Table.REGION, Table.CATEGORY, Table.METHOD, Table.FUND)
"""The tables with amounts and a picture; the outcomes are counted only."""


class Outcome(StrEnum):
    """Where an announcement stands; everything but COMPLETED and OPEN is a failure with its reason.

    The last four are the reasons of `marketplace.announcement.rules.WithdrawReason`.
    """

    COMPLETED = "completed"
    OPEN = "open"
    TOO_FEW = "too_few"
    NOBODY_LEFT = "nobody_left"
    VOID = "void"
    DIRECT_ENDED = "direct_ended"
    NEED_CEASED = "need_ceased"
    TERMS_WRONG = "terms_wrong"
    PROJECT_CHANGED = "project_changed"
    FUNDS_WITHDRAWN = "funds_withdrawn"


@dataclass(frozen=True, slots=True)
class Tally:
    """Announcements, and of those with a completed selection: how many, their budgets, what was awarded; in fen."""

    announcements: int = 0
    completed: int = 0
    budget_fen: int = 0
    award_fen: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.announcements + other.announcements,
            self.completed + other.completed,
            self.budget_fen + other.budget_fen,
            self.award_fen + other.award_fen,
        )

    @property
    def saving_fen(self) -> int:
        """What the completed selections cost less than was budgeted for them."""
        return self.budget_fen - self.award_fen

    @property
    def saving_ppm(self) -> Ppm | None:
        """The saving's share of the budget, None without one. Source: rules.md §8 (S1's four numbers)."""
        return share(self.saving_fen, self.budget_fen)

    @property
    def completed_ppm(self) -> Ppm | None:
        """The completed share of the announcements, None without any."""
        return share(self.completed, self.announcements)


GUIGANG = Tally(2_356, 2_216, 9_735_790_000, 9_133_100_000)
"""What the source prints of 贵港 since 2017-11-23, with a saving rate of 6.18 %. Source: rules.md §8 (S1)."""


def share(part: int, whole: int) -> Ppm | None:
    """part / whole in ppm, rounded half up to 0.01 %, from integers alone; None where there is no whole."""
    if whole == 0:
        return None
    return Ppm((2 * part * (ALL // HUNDREDTH) + whole) // (2 * whole) * HUNDREDTH)


def child(branch: str, region: str) -> str:
    """The row of a branch's table that a region of it belongs to: the city in a province, the county in a city.

    What belongs to no part, because it is the branch's own, stays under the branch's own code. Source: M04.
    """
    return f"{region[:4]}00" if branch.endswith("0000") else region


def median(counted: Mapping[int, int]) -> Fraction | None:
    """The median of values that occur so many times each; the mean of the two middle ones where they are even."""
    total = sum(counted.values())
    if total == 0:
        return None
    low, high, seen = None, 0, 0
    for value in sorted(counted):
        seen += counted[value]
        if low is None and 2 * seen >= total:
            low = value
        if 2 * seen > total:
            high = value
            break
    return Fraction((low or 0) + high, 2)


@dataclass(frozen=True)
class SupervisionTerms:
    """Section [supervision]: above which share of one item in one district an agency is marked as a lead."""

    SECTION: ClassVar[str] = "supervision"

    item_share: Ppm = term("ppm")


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which branch, and of announcements published in which months: both ends included, `2026-03`, None = open."""

    region: str = PROVINCE
    since: str | None = None
    until: str | None = None

    @property
    def starts_at(self) -> datetime | None:
        """The first instant of the first month."""
        return None if self.since is None else _first(self.since)

    @property
    def ends_at(self) -> datetime | None:
        """The first instant after the last month: half-open."""
        return None if self.until is None else _first(following(self.until))


def of_year(now: datetime) -> Asked:
    """The whole market from 1 January of the local year of `now` on."""
    return Asked(since=f"{now.astimezone(SHANGHAI).year}-01")


def readable(month: str) -> bool:
    """Whether a text is a month as this market writes it, of a year that it can know."""
    year, dash, number = month.partition("-")
    return (
        month.isascii()
        and len(month) == len("2026-03")
        and dash == "-"
        and year.isdigit()
        and number.isdigit()
        and 1 <= int(number) <= 12
        and 2000 <= int(year) < 2100
    )


def following(month: str) -> str:
    """The month after a month."""
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]), 12)
    return f"{year}-{number + 1:02d}"


def months(first: str, last: str) -> Iterator[str]:
    """Every month from the first to the last one, both included."""
    while first <= last:
        yield first
        first = following(first)


def _first(month: str) -> datetime:
    return datetime.combine(date(int(month[:4]), int(month[5:]), 1), datetime.min.time(), SHANGHAI)


def refusals_to_show(*, since: str, until: str, known: bool) -> Iterator[Refusal]:
    """Why what the address asks for cannot be shown. `known`: whether the region is one of the tree."""
    for name, month in (("from", since), ("until", until)):
        if month and not readable(month):
            yield Refusal("month_unreadable", field=name, params={"month": month})
    if readable(since) and readable(until) and until < since:
        yield Refusal("months_reversed", field="until")
    if not known:
        yield Refusal("region_unknown", field="region")
