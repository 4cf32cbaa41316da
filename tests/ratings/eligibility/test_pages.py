"""Before posting a need: who could answer it, and why the others could not; for the purchaser alone."""

import pytest

from app.chance import fresh_key
from app.values import Nothing
from marketplace.need import services as needs
from tests.builders.agency import an_agency, an_agency_account
from tests.builders.credit import a_poor_record
from tests.builders.need import a_need
from tests.builders.purchaser import a_purchaser
from tests.conftest import START
from tests.counting import questions


@pytest.fixture
def agencies(app):
    """One that could answer, one without a price, one of grade D."""
    sound = an_agency("agency1", name="sound survey", price_fen=1_000_000)
    bare = an_agency("agency2", name="bare survey")
    poor = an_agency("agency3", name="poor survey", price_fen=1_000_000)
    a_poor_record(poor, at=START)
    return sound, bare, poor


def test_my_need_says_who_could_answer_it(agencies, client):
    """M57: on the need before it is announced, with the reasons and how many each keeps out."""
    sound, bare, poor = agencies
    no = a_need()
    client.sign_in("purchaser1")
    page = client.get(f"/needs/{no}").text
    assert "2 家符合条件" in page
    assert f'href="/needs/{no}/agencies?reason=price_entry_missing"' in page
    listed = client.get(f"/needs/{no}/agencies").text
    assert sound.code in listed
    assert poor.code in listed, "social funds: a D may take part"
    assert bare.code not in listed
    out = client.get(f"/needs/{no}/agencies?reason=price_entry_missing").text
    assert bare.code in out
    assert "没有公布事项0401的价目" in out
    assert "请先在“价目与承诺”中公布" in out


def test_public_money_keeps_a_d_out(agencies, client):
    _, _, poor = agencies
    no = a_need(fund="fiscal", method="BID_LOW")
    client.sign_in("purchaser_fiscal")
    assert poor.code not in client.get(f"/needs/{no}/agencies").text
    assert "信用等级为D" in client.get(f"/needs/{no}/agencies?reason=grade_too_low").text


def test_a_need_that_is_not_announced_is_nobody_elses(agencies, client):
    """Who asks for another's need hears what he hears for none at all."""
    no = a_need()
    a_purchaser(login="purchaser2")
    assert client.get(f"/needs/{no}/agencies").status_code == 303
    client.sign_in("purchaser2")
    assert client.get(f"/needs/{no}/agencies").status_code == 404
    client.sign_in("agency1")
    assert client.get(f"/needs/{no}/agencies").status_code == 403
    client.sign_in("purchaser1")
    assert client.get("/needs/450803-2026-N999999/agencies").status_code == 404


def test_an_abandoned_need_asks_no_more(agencies, client):
    no = a_need(purchaser := a_purchaser(login="purchaser1"))
    needs.abandon(purchaser, no, Nothing(), key=fresh_key())
    client.sign_in("purchaser1")
    assert "现在谁能报名" not in client.get(f"/needs/{no}").text


def test_an_item_says_the_same_to_everybody(agencies, client):
    """By the kind of money; forged reasons and pages name nothing."""
    _, bare, poor = agencies
    assert "2 家符合条件" in client.get("/catalogue/0401").text
    assert poor.code in client.get("/catalogue/0401/agencies").text
    fiscal = client.get("/catalogue/0401/agencies?fund=fiscal").text
    assert poor.code not in fiscal
    assert 'href="/catalogue/0401/agencies?fund=fiscal&amp;reason=grade_too_low"' in fiscal
    assert bare.code in client.get("/catalogue/0401/agencies?reason=price_entry_missing").text
    assert client.get("/catalogue/9999/agencies").status_code == 404
    assert client.get("/catalogue/0401/agencies?after=forged").status_code == 404
    assert client.get("/catalogue/0401/agencies?reason=%3Cscript%3E").status_code == 200


def test_the_card_says_what_keeps_it_out(agencies, client):
    """A D is kept from public money only, so nothing stands on its card but the grade."""
    _, _, poor = agencies
    card = client.get(f"/agencies/{poor.code}").text
    assert "现在不能报名新的项目" not in card
    assert "D 不良" in card


def test_the_list_asks_the_same_number_of_questions_for_more_agencies(agencies, client):
    client.get("/catalogue/0401/agencies?fund=fiscal")
    with questions() as few:
        client.get("/catalogue/0401/agencies?fund=fiscal")
    an_agency("agency8", name="more survey", price_fen=1_000_000)
    an_agency_account("agency9")
    with questions() as many:
        client.get("/catalogue/0401/agencies?fund=fiscal")
    assert len(many) == len(few)
