"""The service clock: due dates, stops and lateness, to the microsecond; working days of the shipped calendar."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.workdays import WorkCalendar
from ratings.performance import rules
from ratings.performance.rules import Because, Handed, Phase, ServiceClock

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkCalendar.load()
PATH = ("450803", "450800", "450000")
TICK = timedelta.resolution


def at(text: str) -> datetime:
    """An instant in Asia/Shanghai; March 2026 begins on a Sunday, and has no day off."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def clock(*, days: int = 5, pauses: tuple[rules.Stop, ...] = (), handed: tuple[Handed, ...] = ()) -> ServiceClock:
    """A clock that started on Monday 2 March 2026."""
    return ServiceClock(at("2026-03-02 10:00"), days, PATH, pauses, handed)


def late(of: ServiceClock, now: str) -> int:
    return rules.late_days(of, now=at(now), calendar=CALENDAR)


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        ((), "2026-03-10 00:00"),
        # Wednesday to Thursday are touched: two working days later.
        (((at("2026-03-04 12:00"), at("2026-03-05 09:00")),), "2026-03-12 00:00"),
        # The day on which it began never counts anyway.
        (((at("2026-03-02 11:00"), at("2026-03-02 12:00")),), "2026-03-10 00:00"),
        # A pause over the weekend alone moves nothing.
        (((at("2026-03-07 00:00"), at("2026-03-09 00:00")),), "2026-03-10 00:00"),
        # The moved end runs into another pause, and moves on.
        (
            ((at("2026-03-04 00:00"), at("2026-03-05 00:00")), (at("2026-03-10 08:00"), at("2026-03-10 09:00"))),
            "2026-03-12 00:00",
        ),
        # Stopped and let go at the same instant: nothing happened.
        (((at("2026-03-04 12:00"), at("2026-03-04 12:00")),), "2026-03-10 00:00"),
    ],
)
def test_the_end_of_the_promised_days_leaves_pauses_out(pauses: tuple[rules.Stop, ...], due: str) -> None:
    """rules.md §2.1 period.due and §2.8 eval.timeliness_auto."""
    assert rules.due(clock(pauses=pauses), calendar=CALENDAR).at == at(due)


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-03-09 23:59:59.999999", 0),
        ("2026-03-10 00:00", 1),
        ("2026-03-13 23:00", 4),
        ("2026-03-15 12:00", 4),
        ("2026-03-16 00:00", 5),
        ("2026-03-23 23:59:59.999999", 10),
        ("2026-03-24 00:00", 11),
    ],
)
def test_late_days_are_working_days_after_the_due_date(now: str, days: int) -> None:
    """rules.md §2.8: late(t) = working days d with due date < d ≤ date(t)."""
    assert late(clock(), now) == days


def test_the_upload_stops_the_clock_and_the_return_lets_it_go_on() -> None:
    """rules.md §2.8: the clock stops at upload and resumes on return; the upload's own day counts."""
    lying = Handed(at("2026-03-11 15:00"), None, None)
    assert late(clock(handed=(lying,)), "2026-03-20 12:00") == 2
    back = Handed(at("2026-03-11 15:00"), at("2026-03-17 09:00"), None)
    assert late(clock(handed=(back,)), "2026-03-17 23:00") == 2
    assert late(clock(handed=(back,)), "2026-03-18 00:00") == 3
    done = Handed(at("2026-03-19 15:00"), None, at("2026-03-30 09:00"))
    assert late(clock(handed=(back, done)), "2026-04-30 09:00") == 4


def test_a_version_that_lay_with_the_purchaser_moves_the_end() -> None:
    """Handed in on the second day, returned a week later: three days remain from the day after the return."""
    back = Handed(at("2026-03-04 15:00"), at("2026-03-11 09:00"), None)
    assert rules.due(clock(handed=(back,)), calendar=CALENDAR).at == at("2026-03-17 00:00")


def test_handed_in_and_returned_on_one_day_moves_nothing() -> None:
    back = Handed(at("2026-03-04 09:00"), at("2026-03-04 15:00"), None)
    assert rules.due(clock(handed=(back,)), calendar=CALENDAR).at == at("2026-03-10 00:00")


@pytest.mark.parametrize(("level", "begins"), [(11, "2026-03-24 00:00"), (31, "2026-04-23 00:00")])
def test_a_level_begins_with_its_late_day(level: int, begins: str) -> None:
    """rules.md §2.9 V06; 6 April 2026 (清明) and 20 April (三月三) are days off here."""
    begun = rules.late_from(clock(), level, calendar=CALENDAR)
    assert begun == at(begins)
    assert rules.late_days(clock(), now=begun, calendar=CALENDAR) == level
    assert rules.late_days(clock(), now=begun - TICK, calendar=CALENDAR) == level - 1


@pytest.mark.parametrize("days", [1, 7, 40, 240])
@pytest.mark.parametrize("level", rules.LEVELS)
def test_late_days_follow_from_the_end_where_nothing_stops_them(days: int, level: int) -> None:
    """The clock's own reckoning and the short one agree, also over the long holidays."""
    running = clock(days=days)
    due_at = rules.due(running, calendar=CALENDAR).at
    exact = rules.late_from(running, level, calendar=CALENDAR)
    assert rules.late_after(due_at, level, path=running.path, calendar=CALENDAR) == exact


def test_a_clock_that_stands_still_reaches_no_level() -> None:
    assert rules.late_from(clock(pauses=((at("2026-03-03 09:00"), None),)), 11, calendar=CALENDAR) is None
    assert rules.late_from(clock(handed=(Handed(at("2026-03-03 09:00"), None, None),)), 11, calendar=CALENDAR) is None


@pytest.mark.parametrize(
    ("days", "recorded", "level"),
    [(10, 0, None), (11, 0, 11), (11, 11, None), (30, 11, None), (31, 11, 31), (40, 0, 11), (40, 31, None)],
)
def test_each_level_is_recorded_once_and_in_order(days: int, recorded: int, level: int | None) -> None:
    """rules.md §2.9 V06: 5 points at 11, 10 more at 31, each once per contract."""
    assert rules.level_due(days, recorded) == level


MOMENTS = st.integers(0, 120 * 24 * 60).map(lambda minutes: at("2026-03-02 12:00") + timedelta(minutes=minutes))


@given(days=st.integers(1, 60), marks=st.lists(MOMENTS, max_size=6), now=MOMENTS)
def test_due_date_and_lateness_agree(days: int, marks: list[datetime], now: datetime) -> None:
    """Not late one tick before the end whatever the pauses were; late is what is used beyond the promise."""
    ordered = sorted(marks)
    pauses = tuple(zip(ordered[::2], ordered[1::2], strict=False))
    of = clock(days=days, pauses=pauses)
    end = rules.due(of, calendar=CALENDAR).at
    assert rules.used_days(of, until=end - TICK, calendar=CALENDAR) == days
    assert rules.late_days(of, now=end - TICK, calendar=CALENDAR) == 0
    assert (rules.late_days(of, now=now, calendar=CALENDAR) == 0) or now >= end
    assert end >= rules.due(clock(days=days), calendar=CALENDAR).at


@given(days=st.integers(1, 20), marks=st.lists(MOMENTS, max_size=4), level=st.sampled_from(rules.LEVELS))
def test_a_level_begins_exactly_where_the_count_says(days: int, marks: list[datetime], level: int) -> None:
    """What the sweep waits for is what `due` finds."""
    ordered = sorted(marks)
    of = clock(days=days, pauses=tuple(zip(ordered[::2], ordered[1::2], strict=False)))
    begun = rules.late_from(of, level, calendar=CALENDAR)
    assert begun is not None
    assert rules.late_days(of, now=begun, calendar=CALENDAR) == level
    assert rules.late_days(of, now=begun - TICK, calendar=CALENDAR) == level - 1


@pytest.mark.parametrize(
    ("done", "pauses", "handed", "phase"),
    [
        (False, (), (), Phase.IN_SERVICE),
        (False, ((at("2026-03-03 09:00"), None),), (), Phase.PAUSED),
        (False, ((at("2026-03-03 09:00"), at("2026-03-04 09:00")),), (), Phase.IN_SERVICE),
        (False, (), (Handed(at("2026-03-03 09:00"), None, None),), Phase.DELIVERED),
        (False, (), (Handed(at("2026-03-03 09:00"), at("2026-03-04 09:00"), None),), Phase.IN_SERVICE),
        (True, (), (Handed(at("2026-03-03 09:00"), None, at("2026-03-04 09:00")),), Phase.DONE),
    ],
)
def test_the_phase_follows_from_instants(
    done: bool, pauses: tuple[rules.Stop, ...], handed: tuple[Handed, ...], phase: Phase
) -> None:
    of = clock(pauses=pauses, handed=handed)
    assert rules.phase_of(done_at=at("2026-03-04 09:00") if done else None, clock=of) is phase


def test_a_stop_needs_a_reason() -> None:
    assert [one.code for one in rules.refusals_to_give_reason(Because(" "))] == ["performance_reason_missing"]
    assert not list(rules.refusals_to_give_reason(Because("the drawings changed")))


def silent(since: str, until: str | None, **other: object) -> ServiceClock:
    """A clock of five days whose purchaser owed an answer in [since, until)."""
    stretch = (at(since), None if until is None else at(until))
    return replace(clock(**other), silences=(stretch,))  # type: ignore[arg-type]


def test_the_purchasers_silence_is_left_out_like_a_pause() -> None:
    """rules.md §2.7 contract.extension: owner-caused delay stops the clock."""
    still = silent("2026-03-05 00:00", None)
    assert rules.phase_of(done_at=None, clock=still) is Phase.PAUSED
    assert late(still, "2026-04-30 12:00") == 0
    assert rules.late_from(still, 11, calendar=CALENDAR) is None
    # Thursday 5th and Friday 6th are left out: the end moves from the 9th to the 11th.
    over = silent("2026-03-05 00:00", "2026-03-06 10:00")
    assert rules.due(over, calendar=CALENDAR).at == at("2026-03-12 00:00")
    assert rules.phase_of(done_at=None, clock=over) is Phase.IN_SERVICE


def test_the_clock_of_an_ended_contract_counts_to_its_end_and_no_further() -> None:
    """rules.md §3.1 rows 28 and 29."""
    ended = replace(clock(), ended_at=at("2026-03-12 15:00"))
    assert rules.phase_of(done_at=None, clock=ended) is Phase.STOPPED
    assert rules.phase_of(done_at=at("2026-03-12 14:00"), clock=ended) is Phase.DONE
    assert (late(ended, "2026-03-12 15:00"), late(ended, "2026-06-30 12:00")) == (3, 3)
    assert rules.late_from(ended, 11, calendar=CALENDAR) is None
    assert list(rules.FLOW.acts_in(Phase.STOPPED)) == []


@pytest.mark.parametrize(
    ("now", "stopped", "said"),
    [
        ("2026-03-09 23:59:59.999999", False, []),
        ("2026-03-10 00:00", False, ["performance_over"]),
        ("2026-03-10 00:00", True, []),
    ],
)
def test_more_time_is_asked_for_while_the_clock_has_some(now: str, stopped: bool, said: list[str]) -> None:
    """Half-open; a clock that stands still is not over."""
    asked = clock(pauses=((at("2026-03-09 10:00"), None),)) if stopped else clock()
    found = rules.refusals_to_extend(clock=asked, due_at=at("2026-03-10 00:00"), now=at(now))
    assert [one.code for one in found] == said
