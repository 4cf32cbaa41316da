"""What each role sees of agencies, through HTTP."""

from app.actor import Role
from app.chance import fresh_key
from marketplace.agency import services
from marketplace.agency.rules import Asking
from tests.builders.agency import COMMITMENTS, a_publicised, agency_of, an_agency, an_agency_account, an_applicant
from tests.builders.people import a_regulator, an_account, an_operator

FILLED = {
    "legal_representative": "李四",
    "contact": "王五",
    "phone": "0775-1234567",
    "address": "建设路1号",
    "introduction": "简介",
    "commitments": list(COMMITMENTS),
}


def test_an_agency_applies_and_sees_how_far_it_is(app, client):
    """The form, then the status on the same page; the desk says what waits."""
    an_agency_account()
    client.sign_in("agency1")
    assert "申请入驻" in client.get("/desk").text
    assert "遵守统一的服务时限" in client.get("/agencies/apply").text
    answer = client.post("/agencies/apply", data=FILLED | {"key": fresh_key()})
    assert answer.status_code == 303
    page = client.get("/agencies/apply").text
    assert "待核验" in page
    assert "2026-03-04 24:00" in page


def test_a_refused_application_keeps_what_was_typed(app, client):
    """409: every commitment that was not accepted by name, its clause, and nothing lost."""
    an_agency_account()
    client.sign_in("agency1")
    answer = client.post("/agencies/apply", data=FILLED | {"commitments": ["fee"], "contact": "赵六"})
    assert answer.status_code == 409
    assert "没有作出承诺：廉洁从业" in answer.text
    assert "四个统一" in answer.text
    assert 'value="赵六"' in answer.text
    assert answer.text.count("没有作出承诺") >= 6


def test_bad_shape_is_said_beside_the_field(app, client):
    """422 with the typed phone."""
    an_agency_account()
    client.sign_in("agency1")
    answer = client.post("/agencies/apply", data=FILLED | {"phone": "call me"})
    assert answer.status_code == 422
    assert "电话为6至20位数字" in answer.text
    assert 'value="call me"' in answer.text


def test_the_operator_checks_from_the_desk(app, client):
    """Waiting list, decision page, publicity."""
    actor = an_applicant()
    an_operator()
    client.sign_in("operator1")
    assert f"/agencies/{actor.code}/check" in client.get("/desk").text
    assert actor.code in client.get("/agencies/waiting").text
    page = client.get(f"/agencies/{actor.code}/check").text
    assert "王五" in page
    assert "通过并公示" in page
    assert client.post(f"/agencies/{actor.code}/ask", data={"missing": ""}).status_code == 422
    assert client.post(f"/agencies/{actor.code}/pass", data={"key": fresh_key()}).status_code == 303
    assert "公示到 2026-03-06 09:00" in client.get("/agencies/").text
    assert client.post(f"/agencies/{actor.code}/reject", data={"reason": "迟到的理由"}).status_code == 409


def test_the_agency_answers_what_was_asked(app, client):
    """The one-time notification on its page, with the form filled in."""
    actor = an_applicant(contact="孙七")
    services.ask(an_operator(), actor.code, Asking("缺少营业执照"), key=fresh_key())
    client.sign_in("agency1")
    page = client.get("/agencies/apply").text
    assert "缺少营业执照" in page
    assert 'value="孙七"' in page
    assert client.post("/agencies/supplement", data=FILLED).status_code == 303
    assert "待核验" in client.get("/agencies/apply").text


def test_an_application_is_nobody_elses_business(app, client):
    """404 for everybody but its own people; 403 for the wrong role; strangers sign in first."""
    actor = an_applicant()
    an_agency_account("agency2")
    a_regulator()
    assert client.get(f"/agencies/{actor.code}").status_code == 404
    assert client.get("/agencies/914508030000000000").status_code == 404
    assert client.get("/agencies/apply").status_code == 303
    assert actor.code not in client.get("/agencies/").text
    client.sign_in("agency2")
    assert client.get(f"/agencies/{actor.code}").status_code == 404
    assert client.get(f"/agencies/{actor.code}/check").status_code == 403
    assert client.post(f"/agencies/{actor.code}/pass").status_code == 403
    client.sign_in("regulator1")
    assert client.get("/agencies/waiting").status_code == 403
    assert client.get("/agencies/apply").status_code == 403
    client.sign_in("agency1")
    assert client.get(f"/agencies/{actor.code}").status_code == 200


def test_contacts_are_for_signed_in_purchasers(app, client):
    """M40: no person on a public page."""
    actor = an_agency()
    an_account(login="purchaser1", role=Role.PURCHASER)
    an_operator()
    url = f"/agencies/{actor.code}"
    public = client.get(url)
    assert public.status_code == 200
    assert "入驻承诺" in public.text
    for person in ("李四", "王五", "0775-4567890"):
        assert person not in public.text
    client.sign_in("operator1")
    assert "王五" not in client.get(url).text
    client.sign_in("purchaser1")
    assert "王五" in client.get(url).text


def test_the_card_tells_the_record_and_the_qualifications(app, client):
    """M57: timeline and the later chapters' panels."""
    actor = an_agency(price_fen=1_234_500)
    page = client.get(f"/agencies/{actor.code}").text
    for shown in ("入驻形式核验通过", "测绘资质", "12,345.00 元", "在库"):
        assert shown in page


def test_the_directory_is_a_resource(app, client):
    """interface.md: /api/v1/agencies, without persons."""
    actor = an_agency(credentials=False)
    waiting = a_publicised("agency2")
    answer = client.get("/api/v1/agencies")
    assert answer.status_code == 200
    assert actor.code in answer.text
    assert waiting.code not in answer.text
    assert "王五" not in answer.text
    assert client.get(f"/api/v1/agencies/{actor.code}").status_code == 200
    assert client.get(f"/api/v1/agencies/{waiting.code}").status_code == 404
    assert agency_of(actor).contact == "王五"
