"""What each side sees and does by page, what was typed stays, and nobody else comes in."""

from io import BytesIO

import pytest

from app.clock import clock
from app.identity.queries import actor_by_login
from app.web.paging import SIZE
from bidding.direct import queries
from marketplace.need import queries as needs
from tests.builders.agency import agencies
from tests.builders.direct import ITEM, PRICE_FEN, a_commission, a_counter, a_direct_need, an_agency
from tests.builders.purchaser import a_purchaser

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def typed(agency, **only):
    plain = {
        "agency": agency.code,
        "amount_fen": "9999.99",
        "days": "10",
        "reason": "small_amount",
        "explanation": "金额较小，另行竞争不经济",
    }
    return {**plain, **only}


def test_a_purchaser_proposes_and_the_agency_accepts(app, client):
    agency, purchaser = an_agency(), a_purchaser()
    no = a_direct_need(purchaser)
    client.sign_in("purchaser1")
    page = client.get(f"/needs/{no}/direct")
    assert page.status_code == 200
    assert agency.code in page.text
    assert f'value="{agency.code}"' in client.get(f"/needs/{no}/direct?agency={agency.code}").text
    done = client.post(f"/needs/{no}/direct", data=typed(agency))
    assert (done.status_code, done.location) == (303, f"/needs/{no}/direct")
    assert "9,999.99" in client.get(f"/needs/{no}/direct").text
    client.sign_in("agency1")
    assert "9,999.99" in client.get("/commissions/").text
    assert "direct.accept" not in client.get(f"/commissions/{no}").text
    assert f"/commissions/{no}/accept" in client.get(f"/commissions/{no}").text
    assert f"/commissions/{no}" in client.get("/desk").text
    done = client.post(f"/commissions/{no}/accept")
    assert (done.status_code, done.location) == (303, f"/commissions/{no}")
    assert f"/commissions/{no}/accept" not in client.get(f"/commissions/{no}").text


def test_every_agency_with_a_price_can_be_chosen(app, client):
    found = agencies(SIZE + 1, items=(ITEM,), price_fen=PRICE_FEN)
    no = a_direct_need(a_purchaser())
    client.sign_in("purchaser1")
    first = client.get(f"/needs/{no}/direct").text
    page = queries.page_for_purchaser(actor_by_login("purchaser1"), no, now=clock().market())
    second = client.get(f"/needs/{no}/direct?after={page.offers.after}").text
    shown = [[one.code for one in found if f"agency={one.code}" in text] for text in (first, second)]
    assert (len(shown[0]), len(shown[1])) == (SIZE, 1)
    assert sorted(shown[0] + shown[1]) == sorted(one.code for one in found)
    assert f"after={page.offers.after}" in first


def test_a_refused_proposal_keeps_what_was_typed(app, client):
    agency, purchaser = an_agency(), a_purchaser()
    no = a_direct_need(purchaser)
    client.sign_in("purchaser1")
    refused = client.post(f"/needs/{no}/direct", data=typed(agency, amount_fen="10000.01", days="11"))
    assert refused.status_code == 409
    assert 'value="10000.01"' in refused.text
    assert "另行竞争不经济" in refused.text
    assert "超过机构自己公布的10,000.00元" in refused.text
    malformed = client.post(f"/needs/{no}/direct", data=typed(agency, amount_fen="1,5"))
    assert malformed.status_code == 422
    assert 'value="1,5"' in malformed.text
    assert queries.open_of(needs.by_no(no).id) is None


def test_minutes_are_kept_over_a_refusal(app, client):
    agency, purchaser = an_agency(), a_purchaser(login="purchaser_fiscal", funds=("fiscal",))
    no = a_direct_need(purchaser, fund="fiscal")
    client.sign_in("purchaser_fiscal")
    refused = client.post(f"/needs/{no}/direct", data=typed(agency, days="11", minutes=(BytesIO(PDF), "minutes.pdf")))
    assert refused.status_code == 409
    kept = refused.text.split('name="kept"')[1].split('value="')[1][:64]
    assert client.post(f"/needs/{no}/direct", data=typed(agency, kept=kept)).status_code == 303
    with client.get(f"/needs/{no}/direct/minutes") as download:
        assert download.data == PDF
    client.sign_in("agency1")
    assert client.get(f"/needs/{no}/direct/minutes").status_code == 403


def test_a_file_that_is_none_is_refused_beside_what_was_typed(app, client):
    agency, purchaser = an_agency(), a_purchaser(login="purchaser_fiscal", funds=("fiscal",))
    no = a_direct_need(purchaser, fund="fiscal")
    client.sign_in("purchaser_fiscal")
    refused = client.post(f"/needs/{no}/direct", data=typed(agency, minutes=(BytesIO(b"not a pdf"), "x.pdf")))
    assert refused.status_code == 409
    assert 'value="9999.99"' in refused.text


def test_bargaining_by_page(app, client):
    agency, purchaser = an_agency(), a_purchaser()
    no = a_commission(purchaser, agency)
    client.sign_in("agency1")
    too_high = client.post(f"/commissions/{no}/counter", data={"amount_fen": "10000.01", "days": "9"})
    assert too_high.status_code == 409
    assert 'value="10000.01"' in too_high.text
    assert client.post(f"/commissions/{no}/counter", data={"amount_fen": "9500", "days": "9"}).status_code == 303
    client.sign_in("purchaser1")
    page = client.get(f"/needs/{no}/direct").text
    assert f"/needs/{no}/direct/counter" in page
    assert client.post(f"/needs/{no}/direct/counter", data={"amount_fen": "9500", "days": "9"}).status_code == 303
    again = client.post(f"/needs/{no}/direct/counter", data={"amount_fen": "9400", "days": "9"})
    assert again.status_code == 409
    assert client.post(f"/needs/{no}/direct/decline").status_code == 303


def test_the_agency_ends_it(app, client):
    no = a_commission(a_purchaser(), an_agency())
    client.sign_in("agency1")
    assert client.post(f"/commissions/{no}/decline").status_code == 303
    assert f"/commissions/{no}/decline" not in client.get(f"/commissions/{no}").text


def test_notices_reach_the_other_side(app, client):
    agency, purchaser = an_agency(), a_purchaser()
    no = a_commission(purchaser, agency)
    a_counter(agency, no, amount_fen=950_000)
    client.sign_in("agency1")
    assert "10,000.00" in client.get("/inbox/").text
    client.sign_in("purchaser1")
    assert "9,500.00" in client.get("/inbox/").text


@pytest.mark.parametrize(
    ("login", "path", "status"),
    [
        ("purchaser2", "/needs/{no}/direct", 404),
        ("agency2", "/commissions/{no}", 404),
        ("agency1", "/needs/{no}/direct", 403),
        ("purchaser1", "/commissions/", 403),
        ("purchaser1", "/commissions/{no}", 403),
    ],
)
def test_nobody_else_comes_in(app, client, login, path, status):
    no = a_commission(a_purchaser(), an_agency())
    a_purchaser(login="purchaser2")
    an_agency("agency2")
    client.sign_in(login)
    assert client.get(path.format(no=no)).status_code == status


def test_a_need_that_must_be_competed_for_says_so(app, client):
    purchaser = a_purchaser()
    no = a_direct_need(purchaser, method="RANDOM")
    client.sign_in("purchaser1")
    page = client.get(f"/needs/{no}/direct").text
    assert "选取方式不是直接委托" in page
    assert 'name="amount_fen"' not in page
