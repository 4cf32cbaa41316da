"""The pages of sanctions, for those who decide and for everybody."""

from app.actor import Role
from tests.builders.people import a_regulator, an_account, an_operator

FORM = {
    "kind": "blacklist",
    "months": "12",
    "authority": "natural_resources",
    "facts": "提交虚假材料",
    "basis": "平台规则第十条",
    "key": "one",
}


def test_from_the_form_to_the_black_list(app, client):
    a_regulator("natural_resources")
    party = an_account(login="agency1", role=Role.AGENCY, organisation="甲测绘有限公司")
    client.sign_in("regulator1")
    answer = client.post("/sanctions/new", data=FORM | {"party": party.code})
    assert answer.status_code == 303
    page = answer.headers["Location"]
    assert "提交虚假材料" in client.get(page).text
    assert "甲测绘有限公司" not in client.get("/lists/black").text
    client.sign_in("regulator1b")
    assert page in client.get("/desk").text
    assert client.post(page + "/agree").status_code == 303
    listed = client.get("/lists/black").text
    assert "甲测绘有限公司" in listed
    client.post("/logout")
    assert "甲测绘有限公司" in client.get("/sanctions/").text
    assert client.get("/sanctions/450800-2026-S000001").status_code == 200


def test_what_was_typed_stays_and_every_reason_is_said(app, client):
    a_regulator("natural_resources")
    client.sign_in("regulator1")
    answer = client.post("/sanctions/new", data=FORM | {"party": "U-000000000000"})
    assert answer.status_code == 409
    assert "没有找到这个单位" in answer.text
    assert "提交虚假材料" in answer.text
    client.sign_in("regulator1b")
    assert 'href="/approvals/' not in client.get("/approvals/").text.split("<main")[1].split("</main")[0]


def test_nobody_else_decides(app, client):
    an_operator()
    client.sign_in("operator1")
    assert client.get("/sanctions/new").status_code == 403
    assert client.post("/sanctions/new", data=FORM).status_code == 403


def test_an_unknown_sanction_is_not_found(client):
    assert client.get("/sanctions/450800-2026-S999999").status_code == 404
