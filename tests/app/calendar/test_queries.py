"""A year as its page shows it."""

from datetime import date

from app.calendar import queries
from app.calendar.queries import DayKind, Source
from app.calendar.rules import Year
from app.calendar.services import calendar

PLAIN = Year(
    2027,
    (date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2), date(2027, 5, 3)),
    (date(2027, 1, 9),),
    "通知",
    {"2027-01-01": "元旦"},
)


def cells(page: queries.YearPage) -> dict[date, queries.Cell]:
    return {cell.day: cell for month in page.months for week in month.weeks for cell in week if cell is not None}


def test_a_known_year(app):
    page = queries.page(2026, days=calendar(), published={})
    found = cells(page)
    assert page.source is Source.BASE
    assert len(found) == 365
    assert [len(month.weeks) for month in page.months][:2] == [5, 5]
    assert all(len(week) == 7 for month in page.months for week in month.weeks)
    assert found[date(2026, 2, 17)].kind is DayKind.OFF
    assert found[date(2026, 2, 14)].kind is DayKind.MAKE_UP
    assert found[date(2026, 3, 7)].kind is DayKind.REST
    assert (found[date(2026, 4, 20)].kind, found[date(2026, 4, 20)].unverified) == (DayKind.LOCAL, True)
    assert sum(page.counts.values()) == 365
    spring = next(span for span in page.spans if span.name == "Spring Festival" and span.kind is DayKind.OFF)
    assert (spring.first, spring.last, spring.days) == (date(2026, 2, 15), date(2026, 2, 23), 9)


def test_an_unknown_year_is_provisional(app):
    page = queries.page(2027, days=calendar(), published={})
    assert page.source is Source.UNKNOWN
    assert all(cell.provisional for cell in cells(page).values())
    assert [span.name for span in page.spans] == ["New Year's Day", "Labour Day", "National Day"]


def test_a_year_before_it_is_published(app):
    found = cells(queries.previewed(PLAIN, days=calendar()))
    assert (found[date(2027, 1, 1)].kind, found[date(2027, 1, 1)].name) == (DayKind.OFF, "元旦")
    assert found[date(2027, 1, 2)].kind is DayKind.OFF
    assert found[date(2027, 1, 3)].kind is DayKind.REST
    assert found[date(2027, 1, 9)].kind is DayKind.MAKE_UP


def test_what_differs_from_the_assumption(app):
    differences = [(one.day, one.working) for one in queries.differences(PLAIN, days=calendar())]
    assert differences == [
        (date(2026, 12, 31), False),
        (date(2027, 1, 9), True),
        (date(2027, 5, 3), False),
        (date(2027, 10, 1), True),
    ]


def test_what_was_probably_forgotten(app):
    assert queries.overlooked(PLAIN) == (date(2027, 10, 1),)
