"""A purchaser's pages: one page of input, nothing lost, nobody else's business."""

import re
from dataclasses import asdict

from marketplace.need import queries
from marketplace.need.forms import shown
from marketplace.need.rules import ROUND_MINUTES, Particulars
from tests.builders.need import a_need, a_need_input, purchaser_for
from tests.builders.people import an_operator
from tests.builders.purchaser import a_purchaser


def typed(**changes):
    """What a person types: everything is text."""
    data = {name: value or "" for name, value in shown(a_need_input()).items()}
    return {**data, "key": "a form", **changes}


def test_a_first_time_purchaser_writes_a_need_on_one_page(app, client):
    owner = purchaser_for("social")
    client.sign_in("purchaser1")
    page = client.get("/needs/new")
    assert page.status_code == 200
    assert "0401" in page.text
    assert len(page.text.split("<fieldset")) > 5
    answer = client.post("/needs/new", data=typed(budget_fen="50,000.29", price_fen="50000.29"))
    assert answer.status_code == 303
    need = queries.mine(owner.party, None).rows[0]
    assert need.budget_fen == need.price_fen == 5_000_029
    assert answer.location.endswith(f"/needs/{need.no}/publish")
    shown_page = client.get(f"/needs/{need.no}").text
    assert f"/needs/{need.no}/publish" in shown_page
    assert f"/needs/{need.no}" in client.get("/needs/").text


def test_the_first_questions_send_elsewhere(app, client):
    purchaser_for("social")
    client.sign_in("purchaser1")
    answer = client.post("/needs/new", data=typed(above_limit="yes", excluded="yes"))
    assert answer.status_code == 409
    assert "政府采购或者招标" in answer.text
    assert "应急、事故调查" in answer.text


def test_what_was_typed_stays(app, client):
    purchaser_for("social")
    client.sign_in("purchaser1")
    wrong = client.post("/needs/new", data=typed(title="一所学校的测量", budget_fen="12,34", expected_days="ten"))
    assert wrong.status_code == 422
    assert "一所学校的测量" in wrong.text
    assert "12,34" in wrong.text
    refused = client.post("/needs/new", data=typed(title="一所学校的测量", price_fen="60000"))
    assert refused.status_code == 409
    assert "一所学校的测量" in refused.text
    assert "服务价格高于预算50,000.00元" in refused.text
    empty = client.post("/needs/new", data={"key": "x"})
    assert empty.status_code == 422
    assert "请选择服务事项" in empty.text
    assert "Not a valid" not in empty.text


def test_it_is_revised_and_given_up(app, client):
    owner = purchaser_for("social")
    no = a_need(owner)
    client.sign_in("purchaser1")
    assert "1:500 topographic survey" in client.get(f"/needs/{no}/revise").text
    assert client.post(f"/needs/{no}/revise", data=typed(expected_days="7")).status_code == 303
    assert queries.own(owner.party, no).expected_days == 7
    assert client.post(f"/needs/{no}/abandon", data={"key": "y"}).status_code == 303
    assert "已放弃" in client.get(f"/needs/{no}").text


def test_nobody_else_comes_near(app, client):
    no = a_need(purchaser_for("social"))
    a_purchaser("purchaser2")
    an_operator()
    for path in ("/needs/", "/needs/new", f"/needs/{no}", f"/needs/{no}/revise"):
        assert client.get(path).status_code == 303
    client.sign_in("purchaser2")
    assert client.get(f"/needs/{no}").status_code == 404
    assert client.get(f"/needs/{no}/revise").status_code == 404
    assert no not in client.get("/needs/").text
    client.sign_in("operator1")
    for path in ("/needs/", "/needs/new", f"/needs/{no}"):
        assert client.get(path).status_code == 403


def test_a_form_shows_everything_an_input_holds(app):
    asked = asdict(a_need_input())
    particulars = asked.pop("particulars")
    assert shown(a_need_input()).keys() == asked.keys() | particulars.keys() | {ROUND_MINUTES}


def test_rounds_judges_and_weights_begin_as_the_rulebook_has_them(app, client):
    owner = purchaser_for("social")
    client.sign_in("purchaser1")
    page = client.get("/needs/new").text
    for name, value in (
        ("rounds", 3),
        ("round_minutes", 3),
        ("judges", 3),
        ("weight_service", 40),
        ("weight_price", 30),
    ):
        assert re.search(rf'name="{name}"[^>]*value="{value}"', page), name
    rounds = typed(method="BID_ROUNDS", price_fen="", rounds="4", round_minutes="0", minutes="30")
    wrong = client.post("/needs/new", data=rounds)
    assert (wrong.status_code, "每轮时长应在 1 至 240 之间" in wrong.text) == (409, True)
    assert client.post("/needs/new", data={**rounds, "round_minutes": "5"}).status_code == 303
    need = queries.mine(owner.party, None).rows[0]
    assert need.asked == Particulars(rounds=4, minutes=5)
    assert re.search(r'name="round_minutes"[^>]*value="5"', client.get(f"/needs/{need.no}/revise").text)


def test_a_bundle_comes_chosen_from_its_page_and_every_item_is_shown_wherever_the_need_is(app, client):
    owner = purchaser_for("social")
    client.sign_in("purchaser1")
    page = client.get("/needs/new?item=0403&item=0406&item=0404").text
    assert '<option selected value="0403">' in page
    for code in ("0404", "0406"):
        assert re.search(rf'value="{code}"\s+id="further-{code}" checked', page)
    assert re.search(r'name="expected_days"[^>]*value="7"', page), "the unified days of the slowest, not the sum"
    several = typed(item="0403", further=["0404", "0406", "0403"], method="BID_LOW", price_fen="")
    wrong = client.post("/needs/new", data={**several, "title": ""})
    assert wrong.status_code == 422
    assert re.search(r'id="further-0406" checked', wrong.text)
    assert client.post("/needs/new", data=several).status_code == 303
    need = queries.mine(owner.party, None).rows[0]
    assert need.codes == ("0403", "0404", "0406")
    assert f"{need.item.name} 等 3 项" in client.get("/needs/").text
    publishing = client.get(f"/needs/{need.no}/publish").text
    no = announced(client.post(f"/needs/{need.no}/publish", data={"key": "publish"}))
    client.post("/logout")
    shown_page = client.get(f"/announcements/{no}").text
    for item in need.items:
        assert item.name in publishing
        assert item.name in shown_page
        assert f'href="/catalogue/{item.item_code}"' in shown_page
    for found in ("?item=0406", f"?q={need.items[2].name}", "?category=04"):
        assert no in client.get(f"/announcements/{found}").text
    assert no not in client.get("/announcements/?item=0401").text
    for row in (client.get("/api/v1/announcements").json["rows"][0], client.get(f"/api/v1/announcements/{no}").json):
        assert (row["item"], row["items"]) == ("0403", ["0403", "0404", "0406"])


def announced(answer):
    """The number in the address that publishing leads to."""
    assert answer.status_code == 303
    return answer.location.rstrip("/").rpartition("/")[2]


def test_saving_leads_to_the_second_and_last_page(app, client):
    purchaser_for("social")
    client.sign_in("purchaser1")
    assert client.post("/needs/new", data=typed(key="a")).location.endswith("/publish")
    assert client.post("/needs/new", data=typed(key="b", method="DIRECT", price_fen="")).location.endswith("/direct")
    kept = client.post("/needs/new", data=typed(key="c", keep="yes"))
    assert "/publish" not in kept.location


def test_the_rules_are_shown_while_somebody_types(app, client):
    purchaser_for("social")
    client.sign_in("purchaser1")
    query = {"item": "0401", "fund": "state", "payer": "purchaser", "budget_fen": "100,000.01", "expected_days": "10"}
    page = client.get("/needs/outlook", query_string=query)
    assert page.status_code == 200
    assert "财政性、国有资金超过100,000.00元的，不得直接委托" in page.text
    assert "2026-03-16 24:00" in page.text
    assert "先经运营管理机构审核" in page.text
    assert "<html" not in page.text
    social = client.get("/needs/outlook", query_string={**query, "fund": "social"})
    assert "不得直接委托" not in social.text
    assert "现在发布的" in social.text


def test_unfinished_or_odd_input_is_looked_at_without_complaint(app, client):
    purchaser_for("social")
    client.sign_in("purchaser1")
    for query in ({}, {"budget_fen": "12,34", "expected_days": "ten", "fund": "other", "region": "999999"}):
        page = client.get("/needs/outlook", query_string=query)
        assert page.status_code == 200
        assert "填写预算后显示" in page.text


def test_the_rules_stand_beside_a_refused_form_without_any_script(app, client):
    purchaser_for("social")
    client.sign_in("purchaser1")
    refused = client.post("/needs/new", data=typed(price_fen="60000"))
    assert refused.status_code == 409
    assert "现在发布的" in refused.text


def test_what_the_market_knows_already_is_filled_in(app, client):
    purchaser_for("social")
    client.sign_in("purchaser1")
    first = client.get("/needs/new?item=0401").text
    assert 'value="social" id="fund-0" checked' in " ".join(first.split())
    client.post("/needs/new", data=typed(phone="0775-7654321"))
    assert "0775-7654321" in client.get("/needs/new").text
