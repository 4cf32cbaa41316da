"""Handing in a price on a page: the body once, the amount nowhere afterwards, the door for nobody else."""

import hashlib
import html
import json
import re

import pytest

from app.chance import fresh_key
from app.database import db
from bidding.offer import pages
from bidding.offer.forms import OfferForm
from bidding.registration import queries as registrations
from marketplace.announcement import queries as announcements
from tests.builders.announcement import an_announcement
from tests.builders.offer import an_offer, opened
from tests.builders.people import a_supervisor, an_operator
from tests.builders.registration import a_registration, an_agency, frozen

TYPED = "314159.26"
FEN = "31415926"


def an_auction(**what):
    return an_announcement(method="BID_LOW", **{"budget_fen": 40_000_000, "days": 10} | what)


def offering(**changes):
    return {"key": fresh_key(), "amount_fen": TYPED, "days": "10"} | changes


@pytest.fixture
def agency(app):
    return an_agency()


@pytest.fixture
def no(app, agency):
    number = an_auction()
    a_registration(agency, number)
    return number


def test_the_body_is_in_the_answer_itself_and_only_there(client, no):
    client.sign_in("agency1")
    form = client.get(f"/announcements/{no}/offer").text
    assert "400,000.00 元" in form
    assert 'value="10"' in form
    data = offering()
    answer = client.post(f"/announcements/{no}/offer", data=data)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = html.unescape(re.search(r"<pre[^>]*报价正文[^>]*>(.*?)</pre>", answer.text, re.DOTALL)[1])
    assert FEN in body.splitlines()
    commitment = hashlib.sha256(body.encode()).hexdigest()
    assert commitment in answer.text
    assert "下载回执" in answer.text
    assert FEN not in "".join(answer.headers.getlist("Set-Cookie"))

    again = client.post(f"/announcements/{no}/offer", data=data)
    assert (again.status_code, again.location) == (303, f"/announcements/{no}/offer")
    for address in (again.location, "/desk", "/desk/receipts", f"/announcements/{no}/register", "/registrations/"):
        page = client.get(address).text
        assert FEN not in page
        assert TYPED not in page
        assert "314,159.26" not in page
    page = client.get(again.location).text
    assert commitment in page
    assert "以最后一次为准" in page


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ({"amount_fen": ""}, 422, "请填写报价"),
        ({"amount_fen": "12.345"}, 422, "最多两位小数"),
        ({"amount_fen": "1,00"}, 422, "最多两位小数"),
        ({"amount_fen": "-5"}, 422, "最多两位小数"),
        ({"amount_fen": "0"}, 409, "报价必须大于零"),
        ({"amount_fen": "400000.01"}, 409, "报价超过最高限价400,000.00元"),
        ({"days": "9"}, 409, "与报名时承诺的10个工作日不一致"),
    ],
)
def test_a_refused_form_is_filled_again_from_its_own_answer_only(client, no, typed, status, sentence):
    client.sign_in("agency1")
    data = offering(**typed)
    answer = client.post(f"/announcements/{no}/offer", data=data)
    assert answer.status_code == status
    assert sentence in answer.text
    assert f'value="{data["amount_fen"]}"' in answer.text
    with client.session_transaction() as kept:
        assert set(kept) <= {"_user_id", "_fresh", "_id", "csrf_token"}
    empty = client.get(f"/announcements/{no}/offer").text
    assert 'value=""' in re.search(r'<input[^>]*name="amount_fen"[^>]*>', empty)[0]


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("0.01", 1), ("19.99", 1999), ("1.1", 110), (" 400000 ", 40_000_000), ("99999999999.99", 9_999_999_999_999)],
)
def test_yuan_become_fen_exactly(app, typed, fen):
    with app.test_request_context(method="POST", data=offering(amount_fen=typed)):
        form = OfferForm()
        assert form.validate()
        assert form.value().amount_fen == fen


def test_why_not_is_said_before_a_price_is_typed(client, agency):
    no, draw = an_auction(), an_announcement()
    client.sign_in("agency1")
    page = client.get(f"/announcements/{no}/offer").text
    assert "您的单位没有有效的报名" in page
    assert 'name="amount_fen"' not in page
    assert "不比较价格" in client.get(f"/announcements/{draw}/offer").text


def test_the_desk_asks_for_the_price_until_it_is_in(client, agency, no):
    client.sign_in("agency1")
    assert f"/announcements/{no}/offer" in client.get("/desk").text
    assert "提交报价" in client.get(f"/announcements/{no}").text
    an_offer(agency, no, amount_fen=100_000)
    assert f"/announcements/{no}/offer" not in client.get("/desk").text


@pytest.mark.parametrize("login", ["purchaser1", "operator1", "supervisor1"])
def test_nobody_else_has_a_door_here(client, no, login):
    an_operator()
    a_supervisor()
    client.sign_in(login)
    assert client.get(f"/announcements/{no}/offer").status_code == 403
    assert client.post(f"/announcements/{no}/offer", data=offering()).status_code == 403


def test_another_agency_sees_nothing_of_it(app, client, agency, no):
    an_offer(agency, no, amount_fen=int(FEN))
    (own,) = pages.page(agency, no, now=app.extensions["market.clock"].market()).own
    other = an_agency(login="agency2", admitted=False)
    assert other.code != agency.code
    client.sign_in("agency2")
    assert own.commitment not in client.get(f"/announcements/{no}/offer").text


def test_the_list_of_offers_is_public_after_the_opening_and_not_before(app, client, agency, no, tick):
    an_offer(agency, no, amount_fen=500_000)
    last = an_offer(agency, no, amount_fen=400_000)
    assert client.get(f"/announcements/{no}/offers.json").status_code == 404
    app.extensions["market.clock"].instant = announcements.present_attempt(registrations.announced(no)).closes_at
    frozen(no)
    assert client.get(f"/announcements/{no}/offers.json").status_code == 404
    opened(no)
    db.session.rollback()
    lines = json.loads(client.get(f"/announcements/{no}/offers.json").text)
    assert [sorted(line) for line in lines] == [["body", "commitment", "id", "index"]] * 2
    assert [line["body"] for line in lines] == [None, last.body]
    assert client.get(f"/announcements/{no}/offers.json?attempt=2").status_code == 404
