"""The desk: what is most urgent comes first, and an end at midnight belongs to the day before."""

from datetime import UTC, datetime, timedelta

import pytest

from app.stage import Task
from app.web.desk import Urgency, in_order, urgency
from marketplace.announcement import services
from marketplace.announcement.rules import Timetable
from tests.builders.need import a_need, purchaser_for
from tests.builders.people import an_operator

NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (None, Urgency.OPEN),
        (NOW - TICK, Urgency.OVERDUE),
        (NOW, Urgency.OVERDUE),
        (NOW + TICK, Urgency.TODAY),
        (MIDNIGHT, Urgency.TODAY),
        (MIDNIGHT + TICK, Urgency.SOON),
        (NOW + timedelta(days=7), Urgency.SOON),
        (NOW + timedelta(days=7) + TICK, Urgency.LATER),
    ],
)
def test_how_near_the_end_is(due, expected):
    assert urgency(due, now=NOW) is expected


def test_a_heap_without_end_hides_no_single_thing():
    heap = [Task("alarm.assign", str(number), "/") for number in range(3)]
    single, due = Task("beacon.enter", "day", "/"), Task("need.review", "need", "/", NOW)
    assert in_order([*heap, single, due]) == [due, single, *heap]


def test_what_waits_is_one_click_away_and_says_by_when(app, client):
    owner = purchaser_for("state")
    no = a_need(owner, fund="state")
    services.submit(owner, no, Timetable(None), key="handed in")
    an_operator("operator1")
    client.sign_in("operator1")
    page = client.get("/desk").text
    assert f'href="/needs/{no}/review"' in page
    assert "七天内到期" in page
    assert "2026-03-03 24:00" in page
    assert "现在没有等您办理的事" not in page
    assert ">1</a>" in "".join(page.partition("等我办理")[2][:200].split())


def test_nothing_waits_is_said(app, client):
    purchaser_for("social")
    client.sign_in("purchaser1")
    assert "现在没有等您办理的事" in client.get("/desk").text
