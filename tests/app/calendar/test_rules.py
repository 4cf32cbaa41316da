"""What a year's arrangement must be to be taken (rules.md §2.1, calendar)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.calendar import rules
from app.calendar.forms import days_in, lines_of
from app.calendar.rules import Year

SOUND = Year(2027, (date(2027, 1, 1), date(2027, 2, 8)), (date(2027, 2, 20),), "国办发明电〔2026〕1号")


def codes(year: Year, *, known: bool = False) -> list[str]:
    return [refusal.code for refusal in rules.refusals_to_publish(year, known=known)]


def test_a_sound_year_is_taken():
    assert codes(SOUND) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"days_off": (date(2026, 11, 30),)}, "day_of_other_year"),
        ({"days_off": (date(2028, 1, 1),)}, "day_of_other_year"),
        ({"make_up_days": (date(2027, 2, 22),)}, "make_up_on_weekday"),
        ({"days_off": (date(2027, 2, 20),)}, "day_both"),
        ({"days_off": ()}, "no_days_off"),
        ({"notice": " "}, "notice_missing"),
    ],
)
def test_each_fault_is_named(changes, code):
    members = {
        "year": SOUND.year,
        "days_off": SOUND.days_off,
        "make_up_days": SOUND.make_up_days,
        "notice": SOUND.notice,
    }
    assert codes(Year(**(members | changes))) == [code]


def test_a_notice_may_name_the_december_before():
    """29 December 2018 was worked and 31 December off by the notice of 2019."""
    days = (date(2018, 12, 31), date(2019, 1, 1))
    assert codes(Year(2019, days, (date(2018, 12, 29),), "国办发明电〔2018〕15号")) == []


def test_a_year_is_published_once():
    assert codes(SOUND, known=True) == ["calendar_known"]


JANUARY, FEBRUARY = date(2027, 1, 1), date(2027, 2, 8)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2027-01-01\n2027-02-08，2027-01-01 ", {JANUARY: "", FEBRUARY: ""}),
        ("2027/1/1 元旦", {JANUARY: "元旦"}),
        ("2027年1月1日 元旦；2027.2.8", {JANUARY: "元旦", FEBRUARY: ""}),
        ("2026-12-31 至 2027-01-01 元旦", {date(2026, 12, 31): "元旦", JANUARY: "元旦"}),
        ("2027-01-01 元旦\n2027-01-01", {JANUARY: "元旦"}),
        ("", {}),
    ],
)
def test_days_are_read_as_people_write_them(text, days):
    assert days_in(text) == days


@pytest.mark.parametrize(
    "text",
    ["2027-13-01", "1 Jan", "元旦", "2027-02-11至2027-02-05", "2027-01-01至2028-01-02", "2027-01-01至", "2027-02-30"],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        days_in(text)


def test_the_lines_of_the_fields_are_read_back():
    days = {date(2026, 12, 31): "元旦", JANUARY: "元旦", date(2027, 1, 2): "", FEBRUARY: ""}
    names = {day.isoformat(): name for day, name in days.items()}
    assert lines_of(days, names) == "2026-12-31至2027-01-01 元旦\n2027-01-02\n2027-02-08"
    assert days_in(lines_of(days, names)) == days


NOW = datetime(2026, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "exact", "floor", "after"),
    [
        (5, 6, 2, 6),
        (5, 5, 2, 5),
        (5, 3, 2, 3),
        (5, 1, 2, 2),
        (5, 4, 7, 5),
        (0, 9, 2, 0),
    ],
)
def test_a_date_to_act_by_is_computed_anew(before, exact, floor, after):
    """Later as the rule says, nearer not below the next working day; what is over stays over."""
    at = [NOW + timedelta(days=day) for day in range(10)]
    assert rules.anew(at[before], exact=at[exact], floor=at[floor], now=NOW) == at[after]
