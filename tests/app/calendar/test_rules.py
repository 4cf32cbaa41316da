"""What a year's arrangement must be to be taken (rules.md §2.1, calendar)."""

from datetime import date

import pytest

from app.calendar import rules
from app.calendar.forms import days_in
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


def test_a_year_is_published_once():
    assert codes(SOUND, known=True) == ["calendar_known"]


def test_days_are_read_as_people_write_them():
    assert days_in("2027-01-01\n2027-02-08，2027-01-01 ") == (date(2027, 1, 1), date(2027, 2, 8))


@pytest.mark.parametrize("text", ["2027-13-01", "1 Jan", "2027/01/01"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"isoformat|month"):
        days_in(text)
