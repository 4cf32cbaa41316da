"""The list of a branch, the page of one alarm with its two answers, the sentence everybody reads, the desk."""

from datetime import timedelta

import pytest

from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import db
from app.watch.models import Alarm
from app.watch.rules import Level
from bidding.selection import queries as selections
from tests.app.watch.test_services import an_unreviewed_need, rows
from tests.builders.announcement import an_announcement
from tests.builders.people import a_regulator, a_supervisor, an_operator
from tests.builders.registration import a_registration, an_agency
from tests.builders.selection import closed
from tests.conftest import instant
from tests.counting import questions


@pytest.fixture
def alarm(app, at):
    """A review that is over its time: warned and raised."""
    an_unreviewed_need()
    a_regulator()
    at("2026-03-04 09:00")
    return rows("announcement_review")[-1].ref


def test_the_branchs_offices_see_it_and_nobody_else(alarm, client):
    an_operator("operator9", region="450900")
    seen = {}
    for login in ("operator1", "supervisor1", "regulator1", "operator9", "fiscal"):
        client.sign_in(login) if login != "fiscal" else client.post("/logout")
        seen[login] = (alarm in client.get("/alarms/").text, client.get(f"/alarms/{alarm}").status_code)
    assert seen == {
        "operator1": (True, 200),
        "supervisor1": (True, 200),
        "regulator1": (False, 404),
        "operator9": (False, 404),
        "fiscal": (False, 303),
    }


def test_a_list_is_filtered(alarm, client):
    client.sign_in("supervisor1")

    def found(query):
        return alarm in client.get(f"/alarms/?{query}").text

    shown = ("", "state=all", "state=unassigned", "level=alarm", "region=450800&watch=announcement_review")
    assert all(map(found, shown))
    assert not any(map(found, ("state=closed", "level=warning", "region=450900", "watch=award_answer")))
    assert [client.get(f"/alarms/?{bad}").status_code for bad in ("state=x", "level=x", "watch=x", "after=x")] == [
        404
    ] * 4


def test_it_is_assigned_and_closed_on_its_page(alarm, client):
    a_supervisor()
    client.sign_in("supervisor1")
    assert "交办超期报警" in client.get("/desk").text
    office = a_supervisor().code
    refused = client.post(
        f"/alarms/{alarm}/close", data={"key": fresh_key(), "reason": "remedied", "explanation": "补办了"}
    )
    assert refused.status_code == 409
    assert "报警还没有交办。" in refused.text
    assert "补办了" in refused.text
    to = f"{office}/supervisor1"
    assert client.post(f"/alarms/{alarm}/assign", data={"key": fresh_key(), "to": to}).status_code == 303
    assert "处理交办的报警" in client.get("/desk").text
    bad = client.post(f"/alarms/{alarm}/close", data={"key": fresh_key(), "explanation": "补办了"})
    assert bad.status_code == 422
    done = client.post(
        f"/alarms/{alarm}/close", data={"key": fresh_key(), "reason": "remedied", "explanation": "补办了"}
    )
    assert done.status_code == 303
    page = client.get(f"/alarms/{alarm}").text
    assert "已经补办" in page
    assert "补办了" in page
    assert alarm in client.get("/alarms/?state=closed").text
    assert alarm not in client.get("/alarms/").text


def test_whoever_must_act_reads_it_but_does_not_answer(alarm, client):
    client.sign_in("operator1")
    page = client.get(f"/alarms/{alarm}").text
    assert "operating office" in page
    client.post(f"/alarms/{alarm}/assign", data={"key": fresh_key(), "to": an_operator().code})
    refused = client.post(
        f"/alarms/{alarm}/close", data={"key": fresh_key(), "reason": "unfounded", "explanation": "无事"}
    )
    assert refused.status_code == 409
    assert "不能自己结束对自己的报警" in refused.text


def test_an_unrevealed_secret_is_told_to_everybody_and_closed_by_nobody(app, client):
    an_operator(), a_supervisor()
    agencies = [an_agency(name) for name in ("one", "two", "three")]
    no = an_announcement(fund="fiscal")
    for agency in agencies:
        a_registration(agency, no)
    found = closed(no)
    assert "监督报警" not in client.get(f"/announcements/{no}").text
    clockwork.go_to(found.frozen_at + timedelta(days=4))
    db.session.rollback()
    for address in (f"/announcements/{no}", f"/announcements/{no}/record"):
        text = client.get(address).text
        assert "监督报警" in text
        assert "任何人都不能人工结束这个报警" in text
        assert not any(name in text for name in ("agency one", "agency two"))
    ref = next(one.ref for one in rows("secret_reveal") if one.level is Level.ALARM)
    client.sign_in("supervisor1")
    page = client.get(f"/alarms/{ref}").text
    assert "任何人都不能人工结束这个报警" in page
    assert f"/alarms/{ref}/close" not in page
    answer = client.post(f"/alarms/{ref}/close", data={"key": fresh_key(), "reason": "remedied", "explanation": "x"})
    assert answer.status_code == 409


def test_nothing_public_before_the_closing(app, client):
    an_operator(), a_supervisor()
    agency = an_agency("one")
    no = an_announcement(fund="social")
    a_registration(agency, no)
    clockwork.go_to(selections.attempt_of(no, None).closes_at - timedelta.resolution)
    db.session.rollback()
    assert "监督报警" not in client.get(f"/announcements/{no}").text
    for login in ("operator1", "supervisor1"):
        client.sign_in(login)
        assert no not in client.get("/alarms/?state=all").text


def test_a_list_of_many_asks_as_often_as_a_list_of_few_and_pages_by_keyset(alarm, client):
    client.sign_in("supervisor1")

    def asked():
        client.get("/alarms/?state=all")
        with questions() as each:
            client.get("/alarms/?state=all")
        return len(each)

    few = asked()
    table = Alarm.__table__
    known = dict(db.session.execute(table.select().where(table.c.ref == alarm)).mappings().one())
    for number in range(30):
        values = known | {
            "id": 1000 + number,
            "ref": f"MANY{number}",
            "no": f"N{number}",
            "since_at": instant("2026-03-04 10:00"),
        }
        db.session.execute(table.insert().values(**values))
    db.session.commit()
    assert asked() == few
    first = client.get("/alarms/?state=all").text
    assert first.count("/alarms/MANY") == 20
    after = first.split('rel="next"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert client.get(after).text.count("/alarms/MANY") == 10
