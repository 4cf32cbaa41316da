"""A year that was published nowhere when a deadline was computed, and the day its arrangement comes (R3).

The worked example of rules.md §2.1: published on Wednesday 30 December, 2027 not yet published, three working days.
"""

import pytest

from app.audit.check import first_difference
from app.audit.services import timeline
from app.calendar.services import unsettled
from tests.builders.announcement import an_announcement
from tests.builders.people import an_admin
from tests.builders.registration import a_registration, an_agency
from tests.builders.selection import closed, selection
from tests.conftest import instant

NOTICE = "国办发明电〔2026〕9号"
YEAR = {
    "year": "2027",
    "notice": NOTICE,
    "days_off": "2027-01-01\n2027-01-04",
    "make_up_days": "2027-01-09",
    "key": "the year 2027",
}
LARGE = {"budget_fen": 30_000_000, "region": "450900"}
"""300,000.00 元 where the province's rules hold: three working days are the minimum (publish.min_days_large)."""


@pytest.fixture
def announced(app, at):
    """A registrant, and an announcement of Wednesday 30 December 2026, 10:00, that closes as early as it may."""
    agency = an_agency()
    at("2026-12-30 10:00")
    no = an_announcement(**LARGE)
    a_registration(agency, no)
    return no, agency


def published(client) -> None:
    an_admin()
    client.sign_in("admin1")
    assert client.post("/calendar/publish", data=YEAR).status_code == 303


def inbox(client, login: str) -> str:
    client.sign_in(login)
    return client.get("/inbox/").text


def test_a_provisional_closing_moves_with_notice(announced, client, tick):
    no, _ = announced
    before = client.get(f"/announcements/{no}").text
    assert "2027-01-06 09:00" in before
    assert "暂定" in before
    published(client)
    assert [subject.rpartition(":")[0] for subject in unsettled()] == [f"announcement:{no}"]
    assert tick() == 1
    after = client.get(f"/announcements/{no}").text
    assert "2027-01-07 09:00" in after
    assert "暂定：" not in after
    assert "报名截止由 2027-01-06 09:00 改为 2027-01-07 09:00" in after
    happened = timeline(f"announcement:{no}")[-1]
    assert (happened.act, happened.public["notice"], happened.public["moved"]) == (
        "calendar.settle",
        NOTICE,
        [{"deadline": "closing", "before": "2027-01-06T01:00:00.000000Z", "after": "2027-01-07T01:00:00.000000Z"}],
    )
    for login in ("purchaser1", "agency1"):
        told = inbox(client, login)
        assert "报名截止由 2027-01-06 09:00 改为 2027-01-07 09:00" in told
        assert NOTICE in told
    assert list(unsettled()) == []
    assert first_difference(rows=True) is None


def test_the_registration_stays_and_the_freeze_waits_for_the_new_closing(announced, client, at, tick):
    no, agency = announced
    published(client)
    tick()
    at("2027-01-06 23:59")
    assert "报名" in client.get(f"/announcements/{no}").text
    frozen = closed(no)
    assert frozen.frozen_at == instant("2027-01-07 09:00")
    assert agency.code in frozen.frozen_text


def test_what_stays_loses_its_mark_alone(announced, client, tick):
    """Monday stays a working day: nothing moves, nobody is told, the mark is gone."""
    no, _ = announced
    an_admin()
    client.sign_in("admin1")
    plain = YEAR | {"days_off": "2027-01-01", "make_up_days": ""}
    assert client.post("/calendar/publish", data=plain).status_code == 303
    assert tick() == 1
    page = client.get(f"/announcements/{no}").text
    assert "2027-01-06 09:00" in page
    assert "暂定：" not in page
    assert timeline(f"announcement:{no}")[-1].public["moved"] == []
    assert "改为" not in inbox(client, "agency1")


def test_what_is_over_stays_over(announced, client, at, tick):
    no, _ = announced
    at("2027-01-06 10:00")
    published(client)
    tick()
    happened = [each for each in timeline(f"announcement:{no}") if each.act == "calendar.settle"]
    assert happened
    assert all(each.public["moved"] == [] for each in happened)
    assert selection(no).frozen_at == instant("2027-01-06 09:00")
