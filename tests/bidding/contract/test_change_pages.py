"""Changing and ending a contract over HTTP: what each side, the offices and the public see, and what a form keeps."""

import io

from flask import Flask

from app.values import Fen
from bidding.contract import queries
from bidding.contract.rules import Phase
from tests.builders.award import accepted_award
from tests.builders.contract import PDF, a_contract, contract_of, last_request
from tests.builders.people import a_regulator, a_supervisor
from tests.builders.performance import performance_of
from tests.conftest import Client
from tests.counting import questions


def agency_of(no: str) -> str:
    """The winner's account, as the builders name it."""
    return queries.by_no(no).award.agency.organisation.name.partition(" ")[0]


def pdf() -> tuple[io.BytesIO, str]:
    return io.BytesIO(PDF), "paper.pdf"


def test_an_extension_from_the_form_to_the_next_version(app: Flask, client: Client) -> None:
    """M23: asked, seen on the other side's desk, granted; the public reads version and reason, not before."""
    no = a_contract()
    client.sign_in(agency_of(no))
    assert f"/contracts/{no}/extend" in client.get(f"/contracts/{no}").text
    typed = {"key": "k1", "days": "5", "cause": "purchaser", "reason": "材料晚交了一周"}
    answer = client.post(f"/contracts/{no}/extend", data={**typed, "file": pdf()})
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "待答复" in page
    assert f"/contracts/{no}/extend" not in page
    client.post("/logout")
    assert "材料晚交了一周" not in client.get(f"/contracts/{no}").text
    client.sign_in("purchaser1")
    assert "答复延期申请" in client.get("/desk").text
    assert "材料晚交了一周" in client.get("/inbox/").text
    number = last_request(no).number
    with client.get(f"/contracts/{no}/requests/{number}/file") as paper:
        assert paper.data.startswith(b"%PDF")
    assert client.post(f"/contracts/{no}/grant", data={"key": "k2", "number": number}).status_code == 303
    client.post("/logout")
    page = client.get(f"/contracts/{no}").text
    assert "第 2 版" in page
    assert "材料晚交了一周" in page
    assert f"/contracts/{no}/requests/{number}/file" not in page
    assert client.get(f"/contracts/{no}/requests/{number}/file").status_code == 303
    assert performance_of(no).days == 15
    assert "15" in client.get(f"/performances/{no}").text


def test_a_refused_form_keeps_what_was_typed_and_the_file(app: Flask, client: Client) -> None:
    no = a_contract()
    client.sign_in("purchaser1")
    price = queries.by_no(no).award.amount_fen
    typed = {"key": "k1", "settlement": f"{price // 100 + 1}", "reason": "项目取消"}
    answer = client.post(f"/contracts/{no}/part", data={**typed, "file": pdf()})
    assert answer.status_code == 409
    assert "结算金额超过合同价" in answer.text
    assert "项目取消" in answer.text
    taken = answer.text.partition('name="taken"')[2].partition('value="')[2].partition('"')[0]
    assert len(taken) == 64
    again = client.post(f"/contracts/{no}/part", data={**typed, "key": "k2", "settlement": "100", "taken": taken})
    assert again.status_code == 303
    assert last_request(no).file == taken


def test_shape_errors_are_said_beside_their_fields(app: Flask, client: Client) -> None:
    no = a_contract()
    client.sign_in(agency_of(no))
    answer = client.post(f"/contracts/{no}/extend", data={"key": "k", "days": "many", "reason": "等材料"})
    assert answer.status_code == 422
    assert "等材料" in answer.text
    assert "请选择原因" in answer.text
    amount = client.post(f"/contracts/{no}/amend", data={"key": "k", "amount": "五万", "content": "c", "reason": "r"})
    assert amount.status_code == 422
    assert "请选择文件" in amount.text


def test_a_change_above_the_share_waits_for_the_supervisor(app: Flask, client: Client) -> None:
    """rules.md contract.change: both sides, then the supervisor's consent on the approval page, then public."""
    no = a_contract()
    a_supervisor()
    price = queries.by_no(no).award.amount_fen * 12 // 10
    client.sign_in(agency_of(no))
    typed = {"key": "k1", "amount": f"{price // 100}", "content": "增加一个地块", "reason": "规划调整", "file": pdf()}
    assert client.post(f"/contracts/{no}/amend", data=typed).status_code == 303
    client.sign_in("purchaser1")
    page = client.get(f"/contracts/{no}").text
    assert f"/contracts/{no}/exceed" in page
    assert f"/contracts/{no}/adopt" not in page
    agreed = {"number": last_request(no).number, "amount_fen": price}
    refused = client.post(f"/contracts/{no}/adopt", data={"key": "k2", **agreed})
    assert refused.status_code == 409
    assert "10%" in refused.text
    assert client.post(f"/contracts/{no}/exceed", data={"key": "k3", **agreed}).status_code == 303
    page = client.get(f"/contracts/{no}").text
    assert (f"/contracts/{no}/exceed" in page, "等监督部门同意" in page) == (False, True)
    twice = client.post(f"/contracts/{no}/exceed", data={"key": "k4", **agreed})
    assert (twice.status_code, "正在等会签" in twice.text) == (409, True)
    client.sign_in("supervisor1")
    listed = client.get("/approvals/").text
    prepared = listed.partition('href="/approvals/')[2].partition('"')[0]
    shown = client.get(f"/approvals/{prepared}").text
    assert f"{price / 100:,.2f} 元" in shown
    assert all(part in shown for part in (f"/contracts/{no}", "增加一个地块", "规划调整", "增加 20.00%", "不超过 10%"))
    assert client.post(f"/approvals/{prepared}/agree", data={}).status_code == 303
    client.post("/logout")
    page = client.get(f"/contracts/{no}").text
    assert "增加一个地块" in page
    assert "规划调整" in page
    assert queries.present_fen(queries.by_no(no)) == Fen(price)


def test_an_end_by_agreement_is_public_with_its_reason(app: Flask, client: Client) -> None:
    no = a_contract()
    client.sign_in("purchaser1")
    client.post(f"/contracts/{no}/part", data={"key": "k1", "settlement": "10000", "reason": "项目调整"})
    number = last_request(no).number
    client.sign_in(agency_of(no))
    assert client.get(f"/contracts/{no}/refuse?number={number}").status_code == 200
    wrong = client.post(f"/contracts/{no}/terminate", data={"key": "k2", "number": number, "amount_fen": 1})
    assert wrong.status_code == 409
    right = {"key": "k3", "number": number, "amount_fen": 1_000_000}
    assert client.post(f"/contracts/{no}/terminate", data=right).status_code == 303
    client.post("/logout")
    page = client.get(f"/contracts/{no}").text
    assert "已终止" in page
    assert "项目调整" in page
    assert "10,000.00" in page
    assert "已终止" in client.get(f"/performances/{no}").text
    announcement = queries.by_no(no).award.announcement.no or ""
    assert "已终止" in client.get(f"/announcements/{announcement}").text


def test_a_breach_is_decided_on_the_regulators_desk(app: Flask, client: Client) -> None:
    """Filed by the purchaser, secret until found, decided by the item's authority, then public with the finding."""
    no = a_contract()
    a_regulator("natural_resources", login="regulator2")
    client.sign_in("purchaser1")
    filed = {"key": "k1", "breach": "V04", "reason": "张某一直没有到场"}
    assert client.post(f"/contracts/{no}/accuse", data=filed).status_code == 303
    number = last_request(no).number
    client.post("/logout")
    assert "违约" not in client.get(f"/contracts/{no}").text
    client.sign_in("regulator2")
    assert f"/contracts/{no}" in client.get("/desk").text
    assert "张某一直没有到场" in client.get("/inbox/").text
    form = client.get(f"/contracts/{no}/uphold?number={number}&breach=V04").text
    assert "张某一直没有到场" in form
    found = {"key": "k2", "number": number, "breach": "V04", "reason": "现场记录证明未提供服务"}
    assert client.post(f"/contracts/{no}/uphold", data=found).status_code == 303
    client.sign_in("purchaser1")
    assert f"/contracts/{no}/reselect" in client.get("/desk").text
    assert client.get(f"/contracts/{no}/reselect").status_code == 200
    client.post("/logout")
    page = client.get(f"/contracts/{no}").text
    assert "因机构违约终止" in page
    assert "现场记录证明未提供服务" in page
    assert "张某" not in page
    code = queries.by_no(no).award.agency.organisation.code
    assert "未按公告、合同提供服务" in client.get(f"/credit/{code}").text


def test_wrong_people_are_turned_away(app: Flask, client: Client) -> None:
    """The other side's acts, strangers and other trades: 403; no such contract or request: 404."""
    no = a_contract()
    a_regulator("transport", login="regulator6")
    a_regulator("natural_resources", login="regulator2")
    client.sign_in("purchaser1")
    for verb in ("extend", "protest"):
        assert client.get(f"/contracts/{no}/{verb}").status_code == 403
    client.sign_in(agency_of(no))
    for verb in ("grant", "accuse", "uphold", "reselect"):
        assert client.post(f"/contracts/{no}/{verb}", data={"key": verb, "number": 1}).status_code == 403
    client.sign_in("regulator6")
    assert client.get(f"/contracts/{no}/uphold?number=1").status_code == 403
    client.sign_in("regulator2")
    assert client.get(f"/contracts/{no}/uphold?number=1").status_code == 404
    assert client.get("/contracts/none/uphold?number=1").status_code == 404
    assert queries.phase_of(queries.by_no(no)) is Phase.EFFECTIVE


def test_an_agency_reports_a_purchaser_who_does_not_sign(app: Flask, client: Client, at) -> None:
    no = contract_of(accepted_award()).no
    agency = agency_of(no)
    at("2026-03-25 09:00")
    client.sign_in(agency)
    assert f"/contracts/{no}/protest" in client.get(f"/contracts/{no}").text
    assert client.post(f"/contracts/{no}/protest", data={"key": "k1", "reason": "多次催办"}).status_code == 303
    client.sign_in("purchaser1")
    assert f"/contracts/{no}/lapse" not in client.get(f"/contracts/{no}").text
    assert "多次催办" in client.get(f"/contracts/{no}").text
    client.post("/logout")
    assert "不签约" not in client.get(f"/contracts/{no}").text


def test_a_page_asks_the_same_however_long_its_history_is(app: Flask, client: Client) -> None:
    no = a_contract()
    client.sign_in(agency_of(no))

    def asked_and_recalled(times: int) -> int:
        for turn in range(times):
            typed = {"key": f"e{turn}-{times}", "days": "5", "cause": "other", "reason": "r"}
            client.post(f"/contracts/{no}/extend", data=typed)
            number = last_request(no).number
            client.post(f"/contracts/{no}/recall", data={"key": f"r{turn}-{times}", "number": number})
        client.get(f"/contracts/{no}")
        with questions() as each:
            client.get(f"/contracts/{no}")
        return len(each)

    assert asked_and_recalled(1) == asked_and_recalled(6)
