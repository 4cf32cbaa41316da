"""What each role sees of an evaluation, and what it may do there (M25)."""

import pytest
from flask import Flask, render_template

from app.actor import Role
from app.refusal import NotFound
from bidding.contract import queries as contracts
from ratings.evaluation import queries
from ratings.evaluation.rules import Evaluator
from tests.builders import people
from tests.builders.contract import a_contract
from tests.builders.evaluation import an_evaluation, evaluator_for, marks, sheet_of
from tests.builders.performance import a_delivery
from tests.conftest import Client
from tests.counting import questions

GIVEN = {"quality": "5", "fees": "4", "attitude": "4", "conduct": "3", "comment": "prompt and exact"}
FORM = 'name="quality"'


def address(no: str) -> str:
    return f"/contracts/{no}/evaluation"


def owner_login(no: str) -> str:
    return sheet_of(no).contract.award.announcement.need.purchaser.organisation.name.removeprefix("organisation of ")


def test_everybody_reads_the_page_and_nobody_else_gets_a_form(client: Client) -> None:
    no = a_delivery()
    page = client.get(address(no))
    assert page.status_code == 200
    assert "待评价" in page.text
    assert "5 分，没有逾期" in page.text
    assert FORM not in page.text
    an_evaluation(no, given=marks(2, comment="the scale was wrong"))
    page = client.get(address(no)).text
    for word in (
        "the scale was wrong",
        "已评价，可修改",
        "系统计分：没有逾期",
        "40.000",
        "organisation of purchaser1",
    ):
        assert word in page


def test_before_anything_was_delivered_the_page_says_so(client: Client) -> None:
    no = a_contract()
    page = client.get(address(no))
    assert page.status_code == 200
    assert "评价还没有开启" in page.text


def test_an_unknown_contract_is_not_found(client: Client) -> None:
    assert client.get(address("450803-2026-999999-C01")).status_code == 404


def test_the_owner_marks_and_changes_on_the_page(client: Client) -> None:
    no = a_delivery()
    client.sign_in(owner_login(no))
    assert FORM in client.get(address(no)).text
    done = client.post(address(no), data=GIVEN)
    assert (done.status_code, done.location) == (303, address(no))
    page = client.get(address(no)).text
    assert FORM not in page
    assert "修改评价（只能一次）" in page
    form = client.get(address(no) + "/edit").text
    assert "prompt and exact" in form
    assert client.post(address(no) + "/edit", data={**GIVEN, "quality": "4"}).status_code == 303
    assert sheet_of(no).quality == 4
    assert "已经修改过一次" in client.get(address(no)).text
    assert client.post(address(no) + "/edit", data=GIVEN).status_code == 409


def test_bad_input_keeps_what_was_typed(client: Client) -> None:
    no = a_delivery()
    client.sign_in(owner_login(no))
    missing = client.post(address(no), data={"quality": "5", "comment": "typed before"})
    assert missing.status_code == 422
    assert "请选择1至5分" in missing.text
    assert "typed before" in missing.text
    unexplained = client.post(address(no), data={**GIVEN, "fees": "1", "comment": " "})
    assert unexplained.status_code == 409
    assert "没有写明理由" in unexplained.text
    assert "依据：质量、时效、" in unexplained.text
    assert client.post(address(no), data={**GIVEN, "fees": "9"}).status_code == 422
    assert sheet_of(no).submitted_at is None


def test_nobody_overwrites_the_mark_for_time(client: Client) -> None:
    no = a_delivery()
    client.sign_in(owner_login(no))
    client.post(address(no), data={**GIVEN, "timeliness": "1", "late_days": "99"})
    assert (sheet_of(no).timeliness, sheet_of(no).late_days) == (5, 0)


@pytest.mark.parametrize(
    ("login", "role", "status"),
    [
        ("operator9", Role.OPERATOR, 403),
        ("supervisor9", Role.SUPERVISOR, 403),
        ("admin9", Role.ADMIN, 403),
        ("purchaser9", Role.PURCHASER, 403),
        ("regulator9", Role.REGULATOR, 403),
    ],
)
def test_others_cannot_mark(client: Client, login: str, role: Role, status: int) -> None:
    no = a_delivery()
    people.an_account(login=login, role=role, authorities=("housing",) if role is Role.REGULATOR else ())
    client.sign_in(login)
    assert FORM not in client.get(address(no)).text
    assert client.post(address(no), data=GIVEN).status_code == status
    assert sheet_of(no).submitted_at is None


def test_who_has_not_signed_in_is_asked_to(client: Client) -> None:
    no = a_delivery()
    assert client.post(address(no), data=GIVEN).location.startswith("/login")


def test_the_agency_reads_and_does_not_mark(client: Client) -> None:
    no = a_delivery()
    client.sign_in(sheet_of(no).contract.award.agency.organisation.name.partition(" ")[0])
    assert FORM not in client.get(address(no)).text
    assert client.post(address(no), data=GIVEN).status_code == 403


def test_the_desk_names_what_waits_and_until_when(client: Client) -> None:
    no = a_delivery()
    office = evaluator_for(sheet_of(no).contract, Evaluator.AUTHORITY)
    people.a_regulator("housing", login="housing2")
    for login, waits in ((owner_login(no), True), ("regulator_natural_resources", True), ("housing2", False)):
        client.sign_in(login)
        assert (address(no) in client.get("/desk").text) is waits
    assert office.authorities == {"natural_resources"}
    an_evaluation(no, by=Evaluator.AUTHORITY)
    client.sign_in("regulator_natural_resources")
    assert address(no) not in client.get("/desk").text


def test_machines_read_what_was_handed_in(app: Flask, client: Client) -> None:
    no = a_delivery()
    an_evaluation(no)
    an_evaluation(no, by=Evaluator.AUTHORITY)
    assert len(client.get("/api/v1/evaluations").json["rows"]) == 2
    page = queries.public_list(None, 1)
    assert [row["evaluator"] for row in page.rows] == ["authority"]
    rest = queries.public_list(page.after, 1)
    assert [row["evaluator"] for row in rest.rows] == ["owner"]
    assert rest.after is None
    assert rest.rows[0]["marks"] == {"quality": 4, "timeliness": 5, "fees": 4, "attitude": 4, "conduct": 4}
    agency = rest.rows[0]["agency"]["code"]
    assert len(queries.public_list(None, agency=agency).rows) == 2
    assert queries.public_list(None, agency="91450803MA00000000").rows == ()
    assert [row["contract"] for row in queries.public_list(None, evaluator="authority").rows] == [no]
    assert queries.public_list(None, evaluator="nobody").rows == ()
    for forged in ("x", "WyIyMDI2LTAzLTAyIiwxXQ", "WyJ4IiwxXQ"):
        with pytest.raises(NotFound):
            queries.public_list(forged)


def test_an_earlier_page_shows_the_marks_in_short(app: Flask) -> None:
    no = a_delivery()
    an_evaluation(no)
    with app.test_request_context("/"):
        panel = app.extensions["market.panels"]["evaluation_box"](no=no)
        box = render_template(panel["template"], panel=panel)
    assert f'href="{address(no)}"' in box
    assert "得分 80.000" in box
    assert "待评价" in box


def test_an_evaluator_sees_what_waits_and_what_was_given(client: Client) -> None:
    """Due and done, for the owner and for the office, each its own; nobody else has such a list."""
    no = a_delivery()
    client.sign_in(owner_login(no))
    page = client.get("/evaluations/").text
    assert f"/contracts/{no}/evaluation" in page.partition("已评价")[0]
    assert "还没有提交过评价" in page
    an_evaluation(no)
    page = client.get("/evaluations/").text
    assert "现在没有待评价的合同" in page
    assert f"/contracts/{no}/evaluation" in page.partition("已评价")[2]
    evaluator_for(contracts.by_no(no), Evaluator.AUTHORITY)
    client.sign_in("regulator_natural_resources")
    page = client.get("/evaluations/").text
    assert f"/contracts/{no}/evaluation" in page.partition("已评价")[0]
    assert "还没有提交过评价" in page
    people.an_operator()
    client.sign_in("operator1")
    assert client.get("/evaluations/").status_code == 403


def test_the_card_tells_what_was_thought_of_the_work(client: Client) -> None:
    no = a_delivery()
    code = contracts.by_no(no).award.agency.organisation.code
    assert "还没有收到评价" in client.get(f"/agencies/{code}").text
    an_evaluation(no, given=marks(2))
    card = client.get(f"/agencies/{code}").text
    assert "the reasons" in card
    assert "1 份评价，满分 100" in card


def test_a_row_asks_no_question_of_its_own(client: Client) -> None:
    """An office's list while it is empty, and with one sheet given."""
    people.a_regulator("natural_resources", login="regulator_natural_resources")
    client.sign_in("regulator_natural_resources")
    client.get("/evaluations/")
    with questions() as few:
        client.get("/evaluations/")
    an_evaluation(by=Evaluator.AUTHORITY)
    client.sign_in("regulator_natural_resources")
    with questions() as many:
        page = client.get("/evaluations/").text
    assert page.partition("已评价")[2].count('/evaluation"') == 1
    assert len(many) <= len(few)
