"""Letters and lists for the operator; the account by a letter; the application filled in (M07, M39)."""

import io

from app.chance import fresh_key
from app.clock import clock
from app.intake import queries as intakes
from marketplace.agency import queries as agencies
from marketplace.invitation import queries
from tests.builders.agency import an_agency_account
from tests.builders.intake import a_csv
from tests.builders.invitation import activation_of, an_invitation
from tests.builders.people import COUNTY, an_operator, organisation_code
from tests.builders.purchaser import a_purchaser

FILLED = {
    "name": "甲测绘有限公司",
    "region": COUNTY,
    "legal_representative": "李四",
    "contact": "王五",
    "phone": "0775-4567890",
    "address": "建设路1号",
    "introduction": "",
}
ACCOUNT = {"name": "张三", "login": "zhangsan", "password": "a-long-password"}


def line(name, **only):
    return FILLED | {"name": name, "code": organisation_code(name)} | only


def test_an_operator_invites_and_prints_the_letter(app, client):
    an_operator()
    client.sign_in("operator1")
    assert "还没有邀请过机构" in client.get("/invitations/").text
    data = line("甲测绘有限公司") | {"key": fresh_key()}
    bad = client.post("/invitations/new", data=data | {"code": "1"})
    assert bad.status_code == 422
    assert "建设路1号" in bad.text
    sent = client.post("/invitations/new", data=data)
    assert sent.status_code == 303
    letter = client.get(sent.location).text
    activation = activation_of(data["code"])
    grouped = "-".join(activation[start : start + 4] for start in range(0, 16, 4))
    assert grouped in letter
    assert "/invitations/accept" in letter
    assert "待接受" in client.get("/invitations/").text
    assert grouped in client.get("/invitations/letters.csv").get_data().decode("utf-8-sig")
    again = client.post("/invitations/new", data=data | {"key": fresh_key()})
    assert again.status_code == 409
    assert "已经邀请过" in again.text


def test_an_invited_agency_comes_by_itself(app, client):
    code = an_invitation()
    page = client.get("/invitations/accept")
    assert page.status_code == 200
    data = ACCOUNT | {"code": code.lower(), "activation": activation_of(code).lower(), "key": fresh_key()}
    wrong = client.post("/invitations/accept", data=data | {"activation": "AAAA"})
    assert wrong.status_code == 409
    assert "代码或激活码不正确" in wrong.text
    assert client.post("/invitations/accept", data=data).status_code == 303
    assert agencies.by_code(code) is None
    client.sign_in("zhangsan", "a-long-password")
    form = client.get("/agencies/apply").text
    assert "李四" in form
    assert "建设路1号" in form
    assert "checked" not in form
    an_operator()
    client.sign_in("operator1")
    letter = client.get(f"/invitations/{code}").text
    assert "已开户" in letter
    assert activation_of(code)[:4] + "-" not in letter
    assert activation_of(code)[:4] + "-" not in client.get("/invitations/letters.csv").text


def test_a_register_becomes_letters(app, client, tick):
    operator = an_operator()
    client.sign_in("operator1")
    lines = [
        line("甲测绘有限公司"),
        line("乙测绘有限公司", region="港南区"),
        line("丙测绘有限公司", code="914508030000000000"),
        line("丁测绘有限公司", region="月球"),
        line("甲测绘有限公司") | {"name": "同一代码公司"},
        line("戊测绘有限公司", phone="="),
    ]
    content = a_csv("agencies", operator, lines, encoding="gb18030")
    sent = client.post("/imports/agencies", data={"file": (io.BytesIO(content), "名册.csv")})
    preview = client.get(sent.location).text
    assert "共 6 行，2 行可办理，4 行有误" in preview
    for word in ("统一社会信用代码不正确", "没有这个所在地", "这一格是公式", "与第2行"):
        assert word in preview, word
    run = client.post(sent.location, data={"rows": "2"}).location
    tick()
    page = client.get(run).text
    assert "全部办理" in page
    assert f"/invitations/{organisation_code('甲测绘有限公司')}" in page
    sent_to = {one.name for one in queries.sent(operator, now=clock().market()).rows}
    assert sent_to == {"甲测绘有限公司", "乙测绘有限公司"}
    again = client.get(sent.location).text
    assert "0 行可办理" in again
    assert "2 行此前已办理" in again


def test_an_operator_of_another_branch_sees_nothing_of_it(app, client):
    an_operator()
    code = an_invitation()
    county = an_operator("operator9", region="450802")
    client.sign_in("operator9")
    assert client.get(f"/invitations/{code}", follow_redirects=True).status_code == 404
    assert "甲测绘有限公司" not in client.get("/invitations/").text
    assert code not in client.get("/invitations/letters.csv").text
    reader = intakes.kinds()["agencies"].reader(county, clock().market())
    form = reader.form(line("乙测绘有限公司"))
    assert form.validate()
    assert [reason.code for reason in reader.refusals(form.value())] == ["outside_branch"]


def test_letters_are_for_operators(app, client):
    code = an_invitation()
    an_agency_account()
    a_purchaser()
    for login in ("agency1", "purchaser1"):
        client.sign_in(login)
        for address in ("/invitations/", "/invitations/new", "/invitations/letters.csv", f"/invitations/{code}"):
            assert client.get(address).status_code == 403, (login, address)
