"""A year is in force the moment it is published, and provisional deadlines of it are none any more (R3)."""

from app.audit.check import first_difference
from app.audit.services import timeline
from app.calendar.services import calendar
from app.region.queries import path
from tests.builders.people import an_admin, an_operator
from tests.conftest import instant

FORM = {
    "year": "2027",
    "notice": "国办发明电〔2026〕1号",
    "days_off": "2027-01-01\n2027-02-08",
    "make_up_days": "2027-02-20",
    "key": "one",
}
REGION = path("450800")


def test_from_the_form_to_the_deadline(app, client, tick):
    an_admin()
    before = calendar().due(instant("2026-12-30 10:00"), 3, path=REGION)
    assert before.provisional
    client.sign_in("admin1")
    assert client.post("/calendar/publish", data=FORM).status_code == 303
    after = calendar().due(instant("2026-12-30 10:00"), 3, path=REGION)
    assert (after.at, after.provisional) == (before.at, False)
    # Monday 8 February 2027 is now a day off, Saturday the 20th a working day.
    assert calendar().due(instant("2027-02-05 10:00"), 1, path=REGION).at == instant("2027-02-10 00:00")
    assert calendar().due(instant("2027-02-19 10:00"), 1, path=REGION).at == instant("2027-02-21 00:00")
    assert "国办发明电〔2026〕1号" in client.get("/calendar/").text
    tick()
    assert [happened.act for happened in timeline("calendar:2027")] == ["calendar.publish"]
    assert first_difference(rows=True) is None


def test_what_was_typed_stays(app, client):
    an_admin()
    client.sign_in("admin1")
    answer = client.post("/calendar/publish", data=FORM | {"make_up_days": "2027-02-22"})
    assert answer.status_code == 409
    assert "2027-02-22本来就是周一至周五" in answer.text
    assert "国办发明电〔2026〕1号" in answer.text
    assert client.post("/calendar/publish", data=FORM | {"days_off": "元旦"}).status_code == 422


def test_nobody_else_publishes(app, client):
    an_operator()
    client.sign_in("operator1")
    assert client.post("/calendar/publish", data=FORM).status_code == 403
