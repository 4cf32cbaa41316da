"""Working days and deadlines: the worked examples of the rules, the order of the sources, and arithmetic properties."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.workdays import BASE_YEARS, SHIPPED, Answer, CalendarError, Deadline, PublishedYear, WorkCalendar

LOCAL = ZoneInfo("Asia/Shanghai")
NATIONAL = ()
GUANGXI = ("450803", "450800", "450000")
OPENS = time(9)
CALENDAR = WorkCalendar.load()


def at(text: str) -> datetime:
    """A local instant as the rules write it, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "days", "path", "closing", "provisional"),
    [
        ("2026-11-09T10:00", 1, NATIONAL, "2026-11-11T09:00", False),
        ("2026-11-09T08:00", 1, NATIONAL, "2026-11-11T09:00", False),
        ("2026-11-13T16:00", 1, NATIONAL, "2026-11-17T09:00", False),
        ("2026-11-14T12:00", 1, NATIONAL, "2026-11-17T09:00", False),
        ("2026-09-18T10:00", 1, NATIONAL, "2026-09-21T09:00", False),
        ("2026-09-30T10:00", 3, NATIONAL, "2026-10-12T09:00", False),
        ("2026-04-17T10:00", 1, NATIONAL, "2026-04-21T09:00", False),
        ("2026-04-17T10:00", 1, GUANGXI, "2026-04-22T09:00", False),
        ("2026-12-30T10:00", 3, NATIONAL, "2027-01-06T09:00", True),
    ],
)
def test_a_period_that_protects_somebody_as_in_the_worked_examples(start, days, path, closing, provisional):
    deadline = CALENDAR.earliest(at(start), days, path=path, opening=OPENS)
    assert (deadline.at, deadline.provisional) == (at(closing), provisional)
    assert deadline.at.tzinfo is UTC


def test_a_duty_ends_with_the_last_working_day_as_in_the_worked_example():
    assert CALENDAR.due(at("2026-11-09T10:00"), 2, path=NATIONAL) == Deadline(at("2026-11-12T00:00"), provisional=False)


def test_the_local_day_of_the_event_counts_not_that_of_utc():
    late_in_the_evening = datetime(2026, 11, 9, 16, 30, tzinfo=UTC)
    assert CALENDAR.due(late_in_the_evening, 1, path=NATIONAL).at == at("2026-11-12T00:00")


def test_publishing_a_year_settles_what_was_provisional():
    arrangement = PublishedYear(
        2027, frozenset({date(2027, 1, 1), date(2027, 1, 4)}), frozenset({date(2027, 1, 9)}), "国办发明电〔2026〕1号"
    )
    calendar = CALENDAR.published([arrangement])
    deadline = calendar.earliest(at("2026-12-30T10:00"), 3, path=NATIONAL, opening=OPENS)
    assert deadline == Deadline(at("2027-01-07T09:00"), provisional=False)
    assert calendar.is_workday(date(2027, 1, 9), path=NATIONAL) == Answer(True, False, False)
    assert CALENDAR.is_workday(date(2027, 1, 4), path=NATIONAL) == Answer(True, True, False)


def test_a_published_year_stands_above_the_base_and_may_reach_into_the_december_before():
    calendar = CALENDAR.published([PublishedYear(2026, frozenset(), frozenset(), "更正通知")])
    assert calendar.is_workday(date(2026, 10, 1), path=NATIONAL).working
    december = frozenset({date(2026, 12, 26)})
    calendar = CALENDAR.published([PublishedYear(2027, frozenset({date(2026, 12, 31)}), december, "通知")])
    assert calendar.is_workday(date(2026, 12, 26), path=NATIONAL).working
    assert not calendar.is_workday(date(2026, 12, 31), path=NATIONAL).working
    assert calendar.is_workday(date(2026, 12, 30), path=NATIONAL).working


def test_of_two_arrangements_of_one_year_the_later_counts():
    first = PublishedYear(2027, frozenset({date(2027, 1, 5)}), frozenset(), "通知")
    second = PublishedYear(2027, frozenset(), frozenset(), "更正通知")
    assert CALENDAR.published([first]).published([second]).is_workday(date(2027, 1, 5), path=NATIONAL).working


@pytest.mark.parametrize(
    ("days_off", "make_up_days"),
    [({date(2028, 1, 1)}, set()), (set(), {date(2026, 11, 30)}), ({date(2027, 1, 9)}, {date(2027, 1, 9)})],
)
def test_an_arrangement_that_cannot_be_is_refused(days_off, make_up_days):
    with pytest.raises(CalendarError, match="通知"):
        PublishedYear(2027, frozenset(days_off), frozenset(make_up_days), "通知")


@pytest.mark.parametrize(
    "day",
    [date(2017, 3, 30), date(2018, 4, 19), date(2019, 4, 8), date(2023, 4, 23), date(2026, 4, 20)],
)
def test_the_days_of_sanyuesan_are_off_in_guangxi_alone_and_marked_unverified(day):
    assert CALENDAR.is_workday(day, path=GUANGXI) == Answer(working=False, provisional=False, unverified=True)
    assert CALENDAR.is_workday(day, path=("440100", "440000")) == Answer(
        working=True, provisional=False, unverified=False
    )


def test_a_deadline_over_an_unverified_day_says_so():
    assert CALENDAR.due(at("2026-04-17T10:00"), 1, path=GUANGXI).unverified
    assert not CALENDAR.due(at("2026-04-17T10:00"), 1, path=NATIONAL).unverified


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2027, 1, 1), False),
        (date(2027, 1, 2), False),
        (date(2027, 1, 4), True),
        (date(2027, 5, 3), True),
        (date(2028, 5, 1), False),
        (date(2027, 10, 1), False),
        (date(2027, 10, 4), True),
        (date(2003, 10, 1), False),
    ],
)
def test_an_unpublished_year_has_weekends_and_fixed_days_only_and_is_provisional(day, working):
    assert CALENDAR.is_workday(day, path=NATIONAL) == Answer(working, provisional=True, unverified=False)


def test_the_base_knows_the_years_we_rely_on():
    assert BASE_YEARS.start <= 2017
    assert BASE_YEARS.stop == 2027


@pytest.fixture
def write(tmp_path):
    """Write a calendar file and return its folder."""

    def _write(region, days, *, evidence="read", name=None):
        head = f'[meta]\nregion = "{region}"\nname = "地方"\nbasis = "通知"\nevidence = "{evidence}"\n'
        (tmp_path / (name or f"{region}.toml")).write_text(head + days, encoding="utf-8")
        return tmp_path

    return _write


def test_a_later_folder_corrects_a_day_and_a_nearer_region_stands_above_a_wider_one(write):
    day = "[[day]]\ndate = 2026-04-20\nworking = true\n"
    write("450800", "[[day]]\ndate = 2026-04-21\nworking = false\nconfirm = true\n")
    calendar = WorkCalendar.load([SHIPPED, write("450000", day)])
    assert calendar.is_workday(date(2026, 4, 20), path=GUANGXI) == Answer(True, False, False)
    assert calendar.is_workday(date(2018, 4, 18), path=GUANGXI).working is False
    assert calendar.is_workday(date(2026, 4, 21), path=GUANGXI) == Answer(False, False, unverified=True)
    assert calendar.is_workday(date(2026, 4, 21), path=("450900", "450000")).working is True
    assert calendar.regional_day(date(2026, 4, 20), path=GUANGXI).verified


def test_a_regional_day_stands_above_a_published_year_and_that_above_a_national_correction(write):
    write("000000", "[[day]]\ndate = 2026-11-10\nworking = false\n[[day]]\ndate = 2027-03-02\nworking = false\n")
    calendar = WorkCalendar.load([SHIPPED, write("450000", "[[day]]\ndate = 2027-03-01\nworking = false\n")])
    assert not calendar.is_workday(date(2026, 11, 10), path=GUANGXI).working
    published = calendar.published([PublishedYear(2027, frozenset(), frozenset(), "通知")])
    assert published.is_workday(date(2027, 3, 1), path=GUANGXI).working is False
    assert published.is_workday(date(2027, 3, 2), path=GUANGXI).working is True


@pytest.mark.parametrize(
    ("days", "name"),
    [
        ("[[day]]\ndate = 2026-04-20\nworking = 1\n", None),
        ("[[day]]\ndate = 2026-04-20T00:00:00\nworking = true\n", None),
        ("[[day]]\nworking = true\n", None),
        ("[[day]]\ndate = 2026-04-20\nworking = true\n" * 2, None),
        ("day = [[", None),
        ("", "guangxi.toml"),
    ],
)
def test_a_malformed_file_is_refused_by_name(write, days, name):
    folder = write("450000", days, name=name)
    with pytest.raises(CalendarError, match=name or r"450000\.toml"):
        WorkCalendar.load([folder])


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CalendarError, match="nowhere"):
        WorkCalendar.load([SHIPPED, tmp_path / "nowhere"])


DUE = at("2026-11-12T00:00")


@pytest.mark.parametrize(
    ("until", "late"),
    [
        ("2026-11-09T10:00", 0),
        ("2026-11-11T23:59", 0),
        ("2026-11-12T00:00", 1),
        ("2026-11-12T17:00", 1),
        ("2026-11-13T09:00", 2),
        ("2026-11-14T09:00", 2),
        ("2026-11-15T23:00", 2),
        ("2026-11-16T08:00", 3),
        ("2026-11-27T08:00", 12),
    ],
)
def test_lateness_counts_working_days_after_the_due_date(until, late):
    assert CALENDAR.late(DUE, at(until), path=NATIONAL) == late


def test_lateness_from_a_due_instant_inside_a_day_begins_on_the_next():
    assert CALENDAR.late(at("2026-11-11T12:00"), at("2026-11-11T18:00"), path=NATIONAL) == 0
    assert CALENDAR.late(at("2026-11-11T12:00"), at("2026-11-12T00:00"), path=NATIONAL) == 1


@pytest.mark.parametrize(
    ("paused", "late"),
    [
        ([], 5),
        ([("2026-11-13T00:00", "2026-11-14T00:00")], 4),
        ([("2026-11-13T16:00", "2026-11-13T16:01")], 4),
        ([("2026-11-12T23:59", "2026-11-13T00:01")], 3),
        ([("2026-11-10T00:00", "2026-11-12T00:00")], 5),
        ([("2026-11-14T00:00", "2026-11-16T00:00")], 5),
        ([("2026-11-16T12:00", None)], 2),
        ([("2026-11-13T00:00", "2026-11-14T00:00"), ("2026-11-13T10:00", "2026-11-16T10:00")], 3),
        ([("2026-11-13T10:00", "2026-11-13T10:00")], 5),
    ],
)
def test_a_day_touched_by_a_pause_is_left_out(paused, late):
    pauses = [(at(since), None if to is None else at(to)) for since, to in paused]
    assert CALENDAR.late(DUE, at("2026-11-18T10:00"), path=NATIONAL, paused=pauses) == late


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        CALENDAR.due(datetime(2026, 11, 9, 10), 1, path=NATIONAL)  # noqa: DTZ001 - the point of the test
    with pytest.raises(ValueError, match="at least one"):
        CALENDAR.due(DUE, 0, path=NATIONAL)
    with pytest.raises(ValueError, match="at least one"):
        CALENDAR.earliest(DUE, 0, path=NATIONAL, opening=OPENS)
    with pytest.raises(ValueError, match="forwards"):
        CALENDAR.add(date(2026, 11, 9), -1, path=NATIONAL)


days = st.dates(date(2016, 1, 1), date(2028, 6, 30))
instants = st.datetimes(datetime(2016, 1, 1), datetime(2028, 6, 30), timezones=st.just(UTC))  # noqa: DTZ001
counts = st.integers(1, 40)
paths = st.sampled_from([NATIONAL, GUANGXI])


@given(days, st.integers(0, 40), st.integers(0, 40), paths)
def test_adding_is_additive(day, first, second, path):
    halfway, provisional = CALENDAR.add(day, first, path=path)
    end, provisional_after = CALENDAR.add(halfway, second, path=path)
    assert CALENDAR.add(day, first + second, path=path) == (end, provisional or provisional_after)


@given(days, counts, paths)
def test_adding_lands_on_a_working_day_with_as_many_between(day, n, path):
    end, _ = CALENDAR.add(day, n, path=path)
    between = [day + timedelta(days=ahead) for ahead in range(1, (end - day).days + 1)]
    assert CALENDAR.is_workday(end, path=path).working
    assert sum(CALENDAR.is_workday(each, path=path).working for each in between) == n


@given(instants, instants, counts, paths)
def test_deadlines_are_monotone_in_the_start(one, other, n, path):
    earlier, later = sorted((one, other))
    assert CALENDAR.due(earlier, n, path=path).at <= CALENDAR.due(later, n, path=path).at
    first, second = (CALENDAR.earliest(start, n, path=path, opening=OPENS).at for start in (earlier, later))
    assert first <= second


@given(instants, counts, paths)
def test_deadlines_are_strictly_monotone_in_the_days_and_after_the_start(start, n, path):
    due, longer = CALENDAR.due(start, n, path=path).at, CALENDAR.due(start, n + 1, path=path).at
    assert start < due < longer
    assert due < CALENDAR.earliest(start, n, path=path, opening=OPENS).at < longer


@given(instants, counts, st.integers(0, 40), paths)
def test_lateness_inverts_adding(start, n, late, path):
    due = CALENDAR.due(start, n, path=path).at
    due_on = (due - timedelta(microseconds=1)).astimezone(LOCAL).date()
    until, _ = CALENDAR.add(due_on, late, path=path)
    assert CALENDAR.late(due, datetime.combine(until, OPENS, LOCAL), path=path) == late


@given(instants, counts, instants, st.timedeltas(timedelta(0), timedelta(days=60)), paths)
def test_a_pause_never_makes_later(start, n, since, length, path):
    due = CALENDAR.due(start, n, path=path).at
    until = due + timedelta(days=45)
    without = CALENDAR.late(due, until, path=path)
    paused = CALENDAR.late(due, until, path=path, paused=[(since, since + length)])
    assert 0 <= paused <= without
    assert CALENDAR.late(due, until, path=path, paused=[(due, None)]) == 0


@pytest.mark.parametrize(("day", "provisional"), [(date(2026, 12, 24), False), (date(2026, 12, 25), True)])
def test_the_last_days_of_december_wait_for_the_notice_of_the_year_after(day, provisional):
    """29 December 2018 was worked and 31 December off by the notice of 2019."""
    assert CALENDAR.is_workday(day, path=NATIONAL).provisional is provisional
    following = PublishedYear(2027, frozenset({date(2027, 1, 1)}), frozenset(), "通知")
    assert not CALENDAR.published([following]).is_workday(day, path=NATIONAL).provisional


def test_a_deadline_names_the_first_year_that_is_unknown():
    assert CALENDAR.due(at("2026-11-09T10:00"), 2, path=NATIONAL).unknown_year is None
    assert CALENDAR.due(at("2026-12-24T10:00"), 1, path=NATIONAL).unknown_year == 2027
    assert CALENDAR.due(at("2026-11-09T10:00"), 600, path=NATIONAL).unknown_year == 2027
    first = CALENDAR.published([PublishedYear(2027, frozenset({date(2027, 1, 1)}), frozenset(), "通知")])
    assert first.due(at("2026-11-09T10:00"), 600, path=NATIONAL).unknown_year == 2028


def test_until_when_the_calendar_is_certain():
    assert CALENDAR.first_unknown == 2027
    assert CALENDAR.certain_until == at("2026-12-25T00:00")
    later = PublishedYear(2028, frozenset({date(2028, 1, 3)}), frozenset(), "通知")
    assert CALENDAR.published([later]).first_unknown == 2027
    both = CALENDAR.published([later, PublishedYear(2027, frozenset({date(2027, 1, 1)}), frozenset(), "通知")])
    assert both.certain_until == at("2028-12-25T00:00")
