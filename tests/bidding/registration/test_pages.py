"""What an agency sees and does about its registration, and what everybody else does not see."""

import re

import pytest

from app.chance import fresh_key
from app.database import db
from app.web.paging import token
from bidding.registration.rules import Made
from marketplace.announcement import services as announcing
from marketplace.announcement.rules import Change
from tests.builders.announcement import an_announcement
from tests.builders.people import a_regulator, a_supervisor, an_operator
from tests.builders.purchaser import a_purchaser
from tests.builders.registration import a_registration, agencies, an_agency, frozen, own_registration

CONTRIBUTION = "ab" * 32


def registering(**changes):
    return {"key": fresh_key(), "days": "8", "contribution": CONTRIBUTION} | changes


def amended(no):
    announcing.amend(a_purchaser(), no, Change(reason="more", content="more", expected_days=9), key=fresh_key())


def hidden(page, name):
    """The value of a form's field."""
    return re.search(rf'name="{name}"[^>]*value="([^"]*)"', re.sub(r"\s+", " ", page))[1]


def test_an_agency_registers_and_reads_what_it_promised(client):
    agency = an_agency()
    no = an_announcement(days=10)
    client.sign_in("agency1")
    box = client.get(f"/announcements/{no}").text
    assert f"/announcements/{no}/register" in box
    form = client.get(f"/announcements/{no}/register").text
    assert "业主期望 10 个工作日" in form
    assert "js/contribution.js" in form

    answer = client.post(f"/announcements/{no}/register", data=registering())
    assert (answer.status_code, answer.location) == (303, f"/announcements/{no}/register")
    own = client.get(answer.location).text
    assert "报名有效" in own
    assert CONTRIBUTION in own
    assert "由本单位的浏览器生成" in own
    assert "撤回报名</button>" in own
    assert "提交报名</button>" not in own
    assert own_registration(agency, no).made is Made.BROWSER
    assert "查看我的报名" in client.get(f"/announcements/{no}").text
    assert no in client.get("/registrations/").text
    assert "提交报名" in client.get("/desk/receipts").text
    # A forged place in a list, an instant without a zone, is none.
    assert client.get("/registrations/", query_string={"after": token("2026-03-02T09:00:00", 1)}).status_code == 404
    assert client.get("/inbox/", query_string={"after": token("2026-03-02T09:00:00", "x")}).status_code == 404


def test_left_empty_the_server_makes_the_contribution(client):
    agency = an_agency()
    no = an_announcement()
    client.sign_in("agency1")
    answer = client.post(f"/announcements/{no}/register", data=registering(contribution=""))
    assert answer.status_code == 303
    db.session.rollback()
    assert own_registration(agency, no).made is Made.SERVER


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ({"days": "eleven"}, 422, "填写最多四位的整数"),
        ({"days": ""}, 422, "请填写承诺时限"),
        ({"days": "0"}, 409, "承诺时限至少为1个工作日"),
        ({"days": "11"}, 409, "承诺的11个工作日超过业主期望的10个工作日"),
        ({"contribution": "xyz"}, 409, "抽取参与值不是64位十六进制数"),
    ],
)
def test_what_was_typed_stays_when_it_is_refused(client, typed, status, sentence):
    an_agency()
    no = an_announcement(days=10)
    client.sign_in("agency1")
    data = registering(**typed)
    answer = client.post(f"/announcements/{no}/register", data=data)
    assert answer.status_code == status
    assert sentence in answer.text
    assert hidden(answer.text, "contribution") == data["contribution"]
    assert hidden(answer.text, "key") == data["key"]
    assert "提交报名</button>" in answer.text


def test_a_refused_promise_shows_the_clause_and_that_it_is_verified(client):
    an_agency()
    no = an_announcement(days=10)
    client.sign_in("agency1")
    page = client.post(f"/announcements/{no}/register", data=registering(days="11")).text
    assert "业主提出期望时限，机构须响应并承诺按时完成才能报名" in page
    assert "请承诺不超过10个工作日" in page


def test_whoever_may_not_register_reads_every_reason_before_trying(client):
    an_agency(login="agency9", admitted=False, credentials=False)
    no = an_announcement()
    client.sign_in("agency9")
    page = client.get(f"/announcements/{no}/register").text
    assert "尚未入驻" in page
    assert "缺少事项" in page
    assert "disabled" in page
    assert 'name="contribution"' not in page


def test_a_second_registration_is_refused_and_the_first_one_shown(client):
    an_agency()
    no = an_announcement()
    client.sign_in("agency1")
    assert client.post(f"/announcements/{no}/register", data=registering()).status_code == 303
    again = client.post(f"/announcements/{no}/register", data=registering())
    assert again.status_code == 409
    assert "报名有效" in again.text


def test_a_double_click_is_one_registration(client):
    an_agency()
    no = an_announcement()
    client.sign_in("agency1")
    data = registering()
    assert client.post(f"/announcements/{no}/register", data=data).status_code == 303
    again = client.post(f"/announcements/{no}/register", data=data)
    assert again.status_code == 303
    assert "这件事已经办过" in client.get(again.location).text


def test_an_agency_withdraws_and_may_register_again(client):
    agency = an_agency()
    no = an_announcement()
    a_registration(agency, no)
    client.sign_in("agency1")
    answer = client.post(f"/announcements/{no}/register/withdraw", data={"key": fresh_key()})
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "已撤回" in page
    assert "重新报名" in page
    assert client.post(f"/announcements/{no}/register/withdraw", data={"key": fresh_key()}).status_code == 409
    assert client.post(f"/announcements/{no}/register", data=registering()).status_code == 303


def test_after_an_amendment_the_agency_is_asked_on_its_desk_and_confirms(client):
    agency = an_agency()
    no = an_announcement(days=10)
    a_registration(agency, no, days=8)
    amended(no)
    client.sign_in("agency1")
    assert "确认报名继续有效" in client.get("/desk").text
    assert "确认报名继续有效" in client.get("/inbox/").text
    assert "公告已变更" in client.get(f"/announcements/{no}/register").text
    answer = client.post(f"/announcements/{no}/register/reconfirm", data={"key": fresh_key()})
    assert answer.status_code == 303
    assert "报名有效" in client.get(answer.location).text
    assert "确认报名继续有效" not in client.get("/desk").text


def test_an_outgrown_promise_reads_why_instead_of_a_button(client):
    agency = an_agency()
    no = an_announcement(days=10)
    a_registration(agency, no, days=10)
    amended(no)
    client.sign_in("agency1")
    page = client.get(f"/announcements/{no}/register").text
    assert "变更后的期望时限为9个工作日" in page
    assert "确认报名继续有效</button>" not in page


@pytest.mark.parametrize("login", ["purchaser1", "operator1", "regulator1", "supervisor1"])
def test_nobody_else_has_a_door_here(client, login):
    an_operator()
    a_regulator()
    a_supervisor()
    no = an_announcement()
    client.sign_in(login)
    for address in (f"/announcements/{no}/register", "/registrations/"):
        assert client.get(address).status_code == 403
    for verb in ("", "/withdraw", "/reconfirm"):
        assert client.post(f"/announcements/{no}/register{verb}", data=registering()).status_code == 403


def test_a_stranger_signs_in_first_and_nothing_unknown_is_shown(client):
    an_agency()
    no = an_announcement()
    assert "/login" in client.get(f"/announcements/{no}/register").location
    assert "机构登录后报名" in client.get(f"/announcements/{no}").text
    client.sign_in("agency1")
    assert client.get("/announcements/450803-2026-000099/register").status_code == 404
    assert client.post("/announcements/450803-2026-000099/register", data=registering()).status_code == 404


def told(page):
    """A page without what may move with every act: the head in the footer, tokens and keys of forms."""
    page = re.sub(r"<footer.*</footer>", "", page, flags=re.DOTALL)
    return re.sub(r'name="(csrf_token|key)"[^>]*>', "", page)


def test_until_the_closing_no_page_of_anybody_else_changes_when_an_agency_registers(client):
    an_operator()
    a_regulator()
    a_supervisor()
    first, *others = agencies(3)
    no = an_announcement()
    addresses = [f"/announcements/{no}", "/announcements/", "/desk", "/inbox/", f"/agencies/{first.code}"]
    watchers = ["purchaser1", "operator1", "regulator1", "supervisor1", "agency2"]

    def seen():
        found = {}
        for login in watchers:
            client.sign_in(login)
            found |= {(login, address): told(client.get(address).text) for address in addresses}
        client.post("/logout")
        public = [*addresses[:2], f"/api/v1/announcements/{no}", f"/agencies/{first.code}", "/opendata/changes?after=0"]
        return found | {("", address): told(client.get(address).text) for address in public[:4]}

    before = seen()
    a_registration(first, no)
    a_registration(others[1], no)
    after = seen()
    assert before == after
    client.sign_in("agency2")
    assert first.code not in client.get(f"/announcements/{no}").text


def test_the_verdict_is_told_to_the_agency_in_words(app, client):
    agency = an_agency()
    no = an_announcement()
    a_registration(agency, no)
    app.extensions["market.clock"].instant = own_registration(agency, no).attempt.closes_at
    frozen(no, {agency.code: ("price_entry_missing",)})
    client.sign_in("agency1")
    page = client.get(f"/announcements/{no}/register").text
    assert "资格核验未通过" in page
    assert "没有公布事项" in page
    assert "撤回报名</button>" not in page
