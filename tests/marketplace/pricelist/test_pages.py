"""What each role sees of prices, through HTTP."""

from datetime import date

from app.chance import fresh_key
from tests.builders.agency import an_agency, an_applicant
from tests.builders.people import an_operator
from tests.builders.pricelist import a_price
from tests.counting import questions

FILLED = {
    "item": "0401",
    "unit": "square_kilometre",
    "price": "1234.56",
    "content": "1:500 地形图",
    "basis": "市场调节价",
    "complaint_phone": "0775-12345",
    "committed_days": "8",
    "effective_from": "2026-03-02",
}


def test_an_agency_publishes_a_price(app, client):
    """First the item, then its units and its unified limit; money in 元."""
    an_applicant()
    client.sign_in("agency1")
    assert "下一步" in client.get("/prices/publish").text
    page = client.get("/prices/publish?item=0401").text
    assert "统一服务时限 10 个工作日" in page
    assert "平方千米" in page
    assert 'name="rate"' not in page
    assert client.post("/prices/publish?item=0401", data=FILLED | {"key": fresh_key()}).status_code == 303
    mine = client.get("/prices/").text
    assert "1,234.56 元 / 平方千米" in mine
    assert "现行" in mine


def test_a_share_is_typed_in_per_cent(app, client):
    """1.5 % is 15,000 ppm."""
    an_applicant()
    client.sign_in("agency1")
    assert 'name="rate"' in client.get("/prices/publish?item=0302").text
    data = FILLED | {"item": "0302", "unit": "percent", "price": "", "rate": "1.5"}
    assert client.post("/prices/publish?item=0302", data=data).status_code == 303
    assert "1.50%" in client.get("/prices/").text


def test_a_refused_price_keeps_what_was_typed(app, client):
    """409 with the clause of the unified limit; 422 for what is no amount."""
    an_applicant()
    client.sign_in("agency1")
    answer = client.post("/prices/publish?item=0401", data=FILLED | {"committed_days": "11"})
    assert answer.status_code == 409
    assert "超过统一时限（10个工作日）" in answer.text
    assert "S1" in answer.text
    assert 'value="1234.56"' in answer.text
    for wrong in ("12.345", "1e5", "-5", "NaN", "一千"):
        answer = client.post("/prices/publish?item=0401", data=FILLED | {"price": wrong})
        assert answer.status_code == 422
        assert "金额写法" in answer.text
        assert f'value="{wrong}"' in answer.text


def test_an_unknown_item_leads_back_to_the_choice(app, client):
    """Nothing is offered that the catalogue does not know."""
    an_applicant()
    client.sign_in("agency1")
    assert "下一步" in client.get("/prices/publish?item=9999").text
    assert client.post("/prices/publish", data=FILLED | {"item": "9999"}).status_code == 422


def test_only_agencies_have_a_price_table(app, client):
    """Strangers sign in; other roles 403; another agency's versions stay its own page's."""
    no = a_price(an_applicant())
    an_applicant("agency2")
    an_operator()
    assert client.get("/prices/").status_code == 303
    client.sign_in("operator1")
    assert client.get("/prices/").status_code == 403
    assert client.post("/prices/publish", data=FILLED).status_code == 403
    client.sign_in("agency2")
    assert no not in client.get("/prices/").text


def test_the_public_sees_prices_on_the_card_and_beside_the_item(app, client):
    """M09: price, committed days, basis, complaint phone; a future version says so."""
    actor = an_agency()
    a_price(actor, price_fen=700_000, basis="自主定价")
    a_price(actor, price_fen=800_000, effective_from=date(2026, 4, 1))
    card = client.get(f"/agencies/{actor.code}").text
    for shown in ("7,000.00 元 / 平方千米", "自主定价", "0775-1234567", "8,000.00 元", "未生效"):
        assert shown in card
    item = client.get("/catalogue/0401").text
    assert "7,000.00 元 / 平方千米" in item
    assert f"/agencies/{actor.code}" in item
    assert "8,000.00" not in item


def test_more_prices_beside_an_item_ask_no_more_questions(app, client):
    """The item's page and the list of items, with one price and with five."""
    an_agency(price_fen=100)
    counted = {}
    for address in ("/catalogue/0401", "/catalogue/"):
        client.get(address)
        with questions() as asked:
            client.get(address)
        counted[address] = len(asked)
    for number in range(4):
        an_agency(f"more{number}", name=f"more {number}", price_fen=200 + number)
    for address, few in counted.items():
        with questions() as asked:
            client.get(address)
        assert len(asked) <= few, address
