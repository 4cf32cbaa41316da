"""What each reader sees between freeze and result, the record for everybody, and the pages of the beacon."""

import io
import json
import subprocess
import sys

import pytest
from sqlalchemy import select, update

from app.audit.canonical import sha256_hex
from app.chance import fresh_key
from app.database import db
from app.notice.models import Notice
from app.sweep import run_due
from app.watch.models import Alarm
from bidding.offer.models import Offer
from bidding.selection import lottery, pages, queries, records, rules
from marketplace.announcement import services as announcing
from marketplace.announcement.rules import Timetable
from tests import outsider
from tests.builders import direct as direct_builder
from tests.builders.announcement import an_announcement
from tests.builders.direct import an_accepted_commission
from tests.builders.offer import an_offer
from tests.builders.people import a_regulator, a_supervisor, an_admin, an_operator
from tests.builders.purchaser import a_purchaser
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import DIGITS, HALL, closed, drawn, seen, selection
from tests.counting import questions
from tests.grounds import ready


@ready
def waiting(n=3, **what):
    """A fiscal announcement after its closing, waiting for the beacon."""
    found = agencies(n)
    no = an_announcement(**{"fund": "fiscal", "budget_fen": 1_000_000, **what})
    for agency in found:
        a_registration(agency, no)
        if what.get("method") == "BID_LOW":
            an_offer(agency, no, amount_fen=800_000)
    closed(no)
    return no, found


def test_before_the_closing_there_is_nothing(app, client):
    (agency,) = agencies(1)
    no = an_announcement()
    a_registration(agency, no)
    page = client.get(f"/announcements/{no}/record")
    assert page.status_code == 200
    assert agency.code not in page.text
    assert client.get(f"/announcements/{no}/record.json").status_code == 404
    assert pages.page(no, actor=agency) is None


@pytest.mark.parametrize(
    ("login", "sees"),
    [
        (None, False),
        ("agency1", False),
        ("purchaser1", False),
        ("admin1", False),
        ("purchaser_fiscal", True),
        ("operator1", True),
        ("regulator1", True),
        ("supervisor1", True),
    ],
)
def test_between_freeze_and_result_names_are_for_the_offices_and_the_purchaser(app, client, login, sees):
    no, found = waiting()
    for office in (an_operator, a_regulator, a_supervisor, an_admin):
        office()
    an_announcement()
    if login:
        client.sign_in(login)
    page = client.get(f"/announcements/{no}/record").text
    assert all((agency.code in page) is sees for agency in found[1:])
    assert ("有效报名 3 家" in page) is sees
    assert selection(no).frozen in page


def test_after_the_result_everybody_sees_it_and_can_check_it(app, client, tmp_path):
    no, found = waiting()
    drawn(no)
    page = client.get(f"/announcements/{no}/record").text
    for agency in found:
        assert agency.code in page
    assert "第1名" in page
    text = client.get(f"/announcements/{no}/record.json?attempt=1")
    assert text.mimetype == "application/json"
    record = json.loads(text.text)
    assert outsider.check_record(record) == []
    (tmp_path / "record.json").write_text(text.text)
    with client.get("/verify/lottery.py") as verifier:
        (tmp_path / "lottery.py").write_bytes(verifier.data)
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "lottery.py", "record.json"], cwd=tmp_path, capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stdout.decode()
    assert client.get(f"/announcements/{no}/record.json?attempt=2").status_code == 404
    assert client.get("/announcements/450803-2026-999999/record").status_code == 404


def test_a_draw_without_beacon_carries_the_warning(app, client):
    fiscal, found = waiting()
    no = an_announcement()
    a_registration(found[0], no)
    drawn(no)
    warning = "本次抽取未使用外部随机源，不能排除平台运行方预知结果。"
    assert warning in client.get(f"/announcements/{no}/record").text
    assert warning not in client.get(f"/announcements/{fiscal}/record").text


def test_a_tie_is_told_with_names_and_prices_before_the_order(app, client):
    no, found = waiting(method="BID_LOW")
    page = client.get(f"/announcements/{no}/record").text
    assert "名次待定" in page
    assert "8,000.00" in page
    assert found[0].code in page


def test_the_announcement_page_tells_the_result(app, client):
    no, found = waiting()
    drawn(no)
    page = client.get(f"/announcements/{no}")
    assert page.status_code == 200
    assert "怎么选出来的" in page.text
    assert "（共 3 次" in page.text.split('id="record"')[1]
    assert found[0].code in page.text


def test_a_failed_attempt_is_told_with_its_rule(app, client):
    no, _ = waiting(2)
    page = client.get(f"/announcements/{no}").text
    assert "为什么流标" in page
    assert "有效报名不足：有效的 2 家，规则要求至少 3 家" in page
    assert "依据：" in page.split("为什么流标")[1].split("</div>")[0]
    assert f"/announcements/{no}/record?attempt=1" in page


def test_the_proof_is_told_in_steps_with_its_values_and_two_verifiers(app, client):
    no, _ = waiting()
    record = drawn(no)
    page = client.get(f"/announcements/{no}/record").text
    for step in (
        "公告时先封存了一个随机数",
        "截止时冻结名单",
        "取当晚的彩票开奖号码",
        "三者按公开算法排出次序",
        "您可以自己算一遍",
    ):
        assert step in page
    for value in (record["secret"], record["seed"], record["beacon_value"], record["log"]["head"]["root_hash"]):
        assert value in page
    for name in ("publish", "freeze"):
        assert f'/log/{record["log"][name]["index"]}"' in page
    assert "python -I -S lottery.py record.json" in page
    assert 'src="/static/js/verify.js"' in page


def test_two_offices_type_the_beacon_by_page(app, client, at):
    no, _ = waiting()
    an_operator()
    a_supervisor()
    on = rules.first_day(queries.beacon_after(selection(no))).isoformat()
    client.sign_in("operator1")
    assert no in client.get("/beacon/").text
    early = client.post(f"/beacon/{on}", data={"number": "372-90418"})
    assert early.status_code == 409
    assert 'value="372-90418"' in early.text
    at(f"{on} 22:00")
    client.sign_in("operator1")
    assert f"/beacon/{on}" in client.get("/desk").text
    assert client.post(f"/beacon/{on}", data={"number": "37290418"}).status_code == 409
    assert client.post(f"/beacon/{on}", data={"number": ""}).status_code == 422
    done = client.post(f"/beacon/{on}", data={"number": "372-90418"})
    assert (done.status_code, done.location) == (303, "/beacon/")
    assert "372-90418" in client.get("/beacon/").text
    client.sign_in("supervisor1")
    assert "372-90418" not in client.get("/beacon/").text
    assert "372-90418" not in client.get(f"/beacon/{on}").text.replace("例如 372-90418", "")
    assert client.post(f"/beacon/{on}", data={"number": "372-90418"}).status_code == 303
    client.post("/logout")
    public = client.get("/beacon/").text
    assert "372-90418" in public
    assert "演示数据" in public
    at(f"{on} 22:01")
    assert records.record(no)["beacon_value"] == "372-90418"


def test_two_offices_type_a_throw_that_nobody_typed_in_time(app, client, at):
    """Announced with place and hour, told at the freeze, alarmed over; then typed blind, settled and drawn."""
    an_operator(), a_supervisor()
    other = an_announcement(fund="fiscal", budget_fen=1_000_000, region=HALL)
    no, (agency, *_) = waiting(region=HALL)
    typed, address = seen(no), f"/beacon/{no}/1"
    body = {"digits": "3704 9182 5600", "thrown_at": "2026-03-10T09:15", "witness": "registrant", "names": "梁某"}
    assert typed.thrown_at.isoformat() == "2026-03-10T01:15:00+00:00"
    assert "桂平市公共资源交易大厅（演示）当众用十面骰子" in client.get(f"/announcements/{no}").text
    assert "可以派人到场见证" in client.get(f"/announcements/{no}/record").text
    client.sign_in("agency1")
    assert client.get(address).status_code == 403
    assert "2026-03-10 09:10 起在桂平市公共资源交易大厅（演示）当众掷出" in "".join(
        db.session.execute(select(Notice.body).where(Notice.party_id == agency.party_id)).scalars()
    )
    at("2026-03-11 12:00")
    levels = select(Alarm.level).where(Alarm.watch == "throw_entry", Alarm.no == f"{no}/1").order_by(Alarm.id)
    assert [level.value for level in db.session.execute(levels).scalars()] == ["warning", "alarm"]
    client.sign_in("operator1")
    assert address in client.get("/desk").text
    again = client.post(address, data={**body, "place": "二楼开标室", "digits": "123"})
    assert (again.status_code, 'value="123"' in again.text, 'value="二楼开标室"' in again.text) == (409, True, True)
    assert client.post(address, data={**body, "place": "", "thrown_at": "yesterday"}).status_code == 422
    assert client.post(address, data={**body, "place": "二楼开标室"}).status_code == 303
    assert DIGITS in client.get(address).text
    client.sign_in("supervisor1")
    assert not {DIGITS, "梁某"} & set(client.get(address).text.split('"'))
    with questions() as two:
        waits = client.get("/beacon/").text
    assert (no in waits, other in waits, DIGITS in waits) == (True, True, False)
    assert client.post(address, data={**body, "place": "二楼开标室"}).status_code == 303
    with questions() as one:
        client.get("/beacon/")
    assert len(one) == len(two)
    client.post("/logout")
    at("2026-03-11 12:01")
    for page in ("/beacon/", f"/announcements/{no}", f"/announcements/{no}/record"):
        text = client.get(page).text
        assert (DIGITS in text, "二楼开标室" in text, "梁某" in text) == (True, True, False)
    record = client.get(f"/announcements/{no}/record.json").json
    assert (lottery.verify(record), outsider.check_record(record)) == ([], [])
    logged = client.get("/log/entries?start=0&end=1000").text
    assert (logged.count(DIGITS) > 0, "梁某" in logged) == (True, False)


@pytest.mark.parametrize(("login", "status"), [("purchaser1", 403), ("agency1", 403), (None, 303)])
def test_nobody_else_types_a_beacon(app, client, login, status):
    agencies(1)
    an_announcement()
    if login:
        client.sign_in(login)
    assert client.get("/beacon/2026-03-11").status_code == status
    assert client.get("/beacon/").status_code == 200


def test_no_such_day(app, client):
    an_operator()
    client.sign_in("operator1")
    assert client.get("/beacon/2026-02-30").status_code == 404


def test_everybody_hears_his_own_verdict_and_rank(app, client):
    no, found = waiting()
    record = drawn(no)
    winner = next(agency for agency in found if agency.code == record["order"][0])
    client.sign_in(f"agency{found.index(winner) + 1}")
    inbox = client.get("/inbox/").text
    assert "通过核验" in inbox
    assert "列第1名" in inbox
    assert lottery.verify(record) == []


def test_every_attempt_keeps_its_record_and_a_direct_commission_has_none(app, client):
    no, _ = waiting(2)
    announcing.repeat(a_purchaser(login="purchaser_fiscal", funds=("fiscal",)), no, Timetable(None), key=fresh_key())
    run_due()
    db.session.rollback()
    assert "还没有截止" in client.get(f"/announcements/{no}/record").text
    assert f"/announcements/{no}/record?attempt=1" in client.get(f"/announcements/{no}/record").text
    assert "流标" in client.get(f"/announcements/{no}/record?attempt=1").text
    assert "选取结果" in client.get(f"/announcements/{no}").text
    direct = an_accepted_commission(a_purchaser(), direct_builder.an_agency("agency9"))
    assert "没有报名和抽取" in client.get(f"/announcements/{direct}/record").text


@pytest.mark.parametrize("method", ["RANDOM", "BID_LOW", "BID_AVG"])
def test_a_stranger_recomputes_the_ranks_with_two_files(app, client, tmp_path, method):
    found = agencies(3)
    no = an_announcement(fund="fiscal", method=method, budget_fen=1_000_000)
    for place, agency in enumerate(found):
        a_registration(agency, no)
        if method != "RANDOM":
            an_offer(agency, no, amount_fen=800_000 + 10 * place)
    assert client.get(f"/announcements/{no}/transcript.json").status_code == 404
    drawn(no)
    page = client.get(f"/announcements/{no}/record").text
    for name, address in (
        ("transcript.json", f"/announcements/{no}/transcript.json?attempt=1"),
        ("transcript.zip", "/verify/transcript.zip"),
    ):
        assert address in page
        with client.get(address) as answer:
            (tmp_path / name).write_bytes(answer.data)
    if method == "BID_AVG":
        percent = records.record(no)["factor"][0]
        assert f"<strong>{percent}%</strong>" in page
    command = [sys.executable, "-I", "-S", "transcript.zip", "transcript.json"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    told = json.loads((tmp_path / "transcript.json").read_text())
    told["result"].reverse()
    (tmp_path / "transcript.json").write_text(json.dumps(told))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_the_body_of_a_broken_envelope_is_handed_in_by_page(app, client):
    found = agencies(2)
    no = an_announcement(method="BID_LOW", budget_fen=1_000_000)
    bodies = []
    for agency in found:
        a_registration(agency, no)
        bodies.append(an_offer(agency, no, amount_fen=800_000 + len(bodies)).body)
    db.session.execute(update(Offer).where(Offer.commitment == sha256_hex(bodies[0])).values(envelope=b"no box"))
    db.session.commit()
    closed(no)
    page = client.get(f"/announcements/{no}/record").text
    assert sha256_hex(bodies[0]) in page
    assert "市场不猜测任何价格" in page
    assert not any(agency.code in page for agency in found)
    address = f"/announcements/{no}/offer/body"
    client.sign_in("agency2")
    assert client.get(address).status_code == 404
    client.get("/logout")
    client.sign_in("agency1")
    assert "补交报价正文" in client.get("/desk").text
    assert sha256_hex(bodies[0]) in client.get(address).text
    refused = client.post(address, data={"key": fresh_key(), "body": bodies[1]})
    assert refused.status_code == 409
    assert "它的摘要不等于已存证的承诺值" in refused.text
    answer = client.post(address, data={"key": fresh_key(), "body": bodies[0].rstrip()}, follow_redirects=True)
    assert "已经补交" in answer.text
    run_due()
    db.session.rollback()
    assert "8,000.00" in client.get(f"/announcements/{no}/record").text


def test_a_low_price_is_explained_and_decided_on_by_page(app, client):
    found = agencies(2)
    no = an_announcement(method="BID_LOW", budget_fen=1_000_000)
    for agency, price in zip(found, (900_000, 600_000), strict=True):
        a_registration(agency, no)
        an_offer(agency, no, amount_fen=price)
    a_supervisor()
    closed(no)
    public = client.get(f"/announcements/{no}/record").text
    assert "等待说明" in public
    assert "报价已开启，名次待定" in public
    address, judging = f"/announcements/{no}/offer/explanation", f"/announcements/{no}/offers/{found[1].code}/judgement"
    client.sign_in("agency1")
    assert client.get(address).status_code == 404
    client.get("/logout")
    client.sign_in("agency2")
    assert "说明报价成本" in client.get("/desk").text
    empty = client.post(address, data={"key": fresh_key(), "statement": " "})
    assert "请写明为什么能以这个价格完成。" in empty.text
    said = {"key": fresh_key(), "statement": "two surveyors\r\nfive days"}
    sheet = {"file": (io.BytesIO(b"%PDF-1.4 what it costs"), "costs.pdf")}
    assert "已说明，等待决定" in client.post(address, data={**said, **sheet}, follow_redirects=True).text
    client.get("/logout")
    reading = f"/announcements/{no}/offers/{found[1].code}/explanation"
    for login, status in (("agency1", 404), ("agency2", 200), ("purchaser1", 200), ("supervisor1", 200)):
        client.sign_in(login)
        assert client.get(reading).status_code == status
        with client.get(f"{reading}/file") as sent:
            assert sent.status_code == status
    assert reading in client.get(f"/announcements/{no}/record").text
    client.post("/logout")
    assert reading not in client.get(f"/announcements/{no}/record").text
    client.sign_in("purchaser1")
    assert "决定是否认可低价" in client.get("/desk").text
    page = client.get(judging).text
    assert f"{reading}/file" in page
    assert "two surveyors\nfive days" in page
    assert "6,000.00 元" in page
    decision = {"key": fresh_key(), "accepted": "yes", "reason": "the costs add up"}
    waits = client.post(judging, data=decision)
    assert waits.status_code == 303
    prepared = waits.headers["Location"]
    client.get("/logout")
    client.sign_in("supervisor1")
    asked = client.get(prepared).text
    assert all(
        part in asked for part in ("the costs add up", "two surveyors\nfive days", "6,000.00 元", f"{reading}/file")
    )
    assert client.post(f"{prepared}/agree", data={"key": fresh_key()}).status_code == 303
    public = client.get(f"/announcements/{no}/record").text
    assert "已认可" in public
    assert "the costs add up" in public
    assert "two surveyors" not in public
    assert "第1名，中选" in public
