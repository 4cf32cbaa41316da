"""Schemes through HTTP: what agencies hand in, what the owner and each judge see, what everybody sees at the end."""

import re
from io import BytesIO

from app.actor import Role
from app.chance import fresh_key
from bidding.judging import queries, services
from bidding.judging.rules import JudgeInput
from bidding.selection import records as selection_records
from tests.bidding.judging.test_services import market
from tests.bidding.selection.test_services import recomputed
from tests.builders.announcement import an_announcement
from tests.builders.judging import account_of, pdf, seated
from tests.builders.need import purchaser_for
from tests.builders.people import a_colleague
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import closed, drawn, selection
from tests.counting import questions


def filled(codes, *, service="80", team="70", reason="staff and instruments fit", **more):
    """A sheet as a browser sends it."""
    fields = {"key": fresh_key(), **more}
    for place, code in enumerate(codes):
        fields |= {
            f"lines-{place}-agency": code,
            f"lines-{place}-service": service,
            f"lines-{place}-team": team,
            f"lines-{place}-reason": reason,
        }
    return fields


def offering(*contents, **changes):
    files = [(BytesIO(content), f"proposal{place}.pdf") for place, content in enumerate(contents)]
    return {"key": fresh_key(), "amount_fen": "8000", "days": "10", "files": files} | changes


def test_a_scheme_from_the_envelope_to_the_published_sheets(app, client):
    found = agencies(3)
    owner = purchaser_for("social")
    a_colleague(owner, login="judge1", role=Role.PURCHASER)
    no = an_announcement(owner, method="SCHEME_MERIT", budget_fen=1_000_000)
    assert "总分最高的中选" in client.get(f"/announcements/{no}").text
    for place, agency in enumerate(found):
        a_registration(agency, no)
        client.sign_in(f"agency{place + 1}")
        path = f"/announcements/{no}/offer"
        assert "方案文件" in client.get(path).text
        assert client.post(path, data=offering()).status_code == 409
        refused = client.post(path, data=offering(pdf(f"plan of {place}"), amount_fen="20000"))
        assert refused.status_code == 409
        assert "已收到 1 个文件并已密封" in refused.text
        taken = re.search(r'name="taken"[^>]*value="([^"]+)"', refused.text)[1]
        body = client.post(path, data=offering(amount_fen=str(8000 + place), taken=taken))
        assert (body.status_code, body.text.count("file ")) == (200, 1)
    wrong = client.post(path, data=offering(b"no document at all"))
    assert wrong.status_code == 409
    closed(no)

    client.sign_in("purchaser1")
    assert "登记评审人" in client.get("/judges/").text
    entered = {"key": "e", "login": "judge1", "name": "蒙工", "unit": "测绘学会", "trade": "工程测量"}
    assert client.post("/judges/new", data={**entered, "trade": ""}).status_code == 422
    assert client.post("/judges/new", data=entered).status_code == 303
    (judge,) = queries.roster(owner.party)
    assert "确定评审人" in client.get("/desk").text
    assert client.post(f"/announcements/{no}/judges", data={"key": "n", "judges": [judge.no]}).status_code == 303
    page = client.get(f"/announcements/{no}/judges").text
    assert "1 人评审，0 人已提交" in page
    file = f"/announcements/{no}/1/proposals/{found[0].code}/1"
    assert client.get(file).data == pdf("plan of 0")
    assert client.get(f"/announcements/{no}/sheet").status_code == 404

    client.sign_in("judge1")
    codes = [one.code for one in queries.own_page(no, account_of("judge1")).candidates]
    assert "声明没有利害关系" in client.get("/desk").text
    assert client.get(f"/announcements/{no}/sheet").location == f"/announcements/{no}/declaration"
    assert client.get(file).status_code == 404
    path = f"/announcements/{no}/declaration"
    assert client.post(path, data={"key": "d1", "free": codes[:2]}).status_code == 409
    assert client.post(path, data={"key": "d2", "step_back": "y"}).status_code == 409
    assert client.post(path, data={"key": "d3", "free": codes}).status_code == 303
    assert client.get(file).status_code == 200
    path = f"/announcements/{no}/sheet"
    assert client.post(path, data=filled(codes, service="101")).status_code == 422
    assert client.post(path, data=filled(codes, team="", reason="")).status_code == 303
    kept = client.get(path).text
    assert kept.count('value="80"') == 3
    gaps = client.post(path, data=filled(codes, team="", reason="", lock="yes"))
    assert gaps.status_code == 409
    assert ("还有3个分数没有填" in gaps.text, "还有3家机构没有写理由" in gaps.text) == (True, True)
    assert client.post(path, data=filled(codes, lock="yes")).status_code == 303
    assert client.post(path, data=filled(codes, service="99", lock="yes")).status_code in (303, 409)

    drawn(no)
    client.post("/logout")
    page = client.get(f"/announcements/{no}/record").text
    assert ("蒙工的评分表" in page, page.count("staff and instruments fit")) == (True, 3)
    assert client.get(file).status_code == 303
    assert recomputed(no)["result"][0]["id"] == found[0].code
    assert client.get(f"/announcements/{no}/transcript.json").json["scores"][0]["judge"] == judge.no


def test_drawn_judges_are_named_to_nobody_before_the_end(app, client):
    no, found, owner, roster = market("COMPARE", fund="fiscal", judges=4)
    closed(no)
    drawn(no)
    row = selection(no)
    standing, codes = seated(row), sorted(agency.code for agency in found)
    idle = next(one for one in roster if one not in standing)
    logins = {number: f"{owner.code}-judge{place}" for place, number in enumerate(roster, 1)}
    client.sign_in("purchaser_fiscal")
    page = client.get(f"/announcements/{no}/judges").text
    assert "3 人评审，0 人已提交" in page
    assert not any(number in page or f"judge {place}" in page for place, number in enumerate(roster, 1))
    client.sign_in(logins[idle])
    assert client.get(f"/announcements/{no}/sheet").status_code == 404
    for place, number in enumerate(standing):
        client.sign_in(logins[number])
        path = f"/announcements/{no}"
        assert client.post(f"{path}/declaration", data={"key": fresh_key(), "free": codes}).status_code == 303
        public = client.get(f"{path}/record").text
        assert not any(each in public for each in roster)
        points = str(90 - place)
        assert client.post(f"{path}/sheet", data=filled(codes, service=points, lock="yes")).status_code == 303
    drawn(no)
    client.post("/logout")
    page = client.get(f"/announcements/{no}/record").text
    assert all(number in page for number in roster)
    assert "评审人怎样抽取" in page
    assert selection_records.record(no)["judges"][:3] == standing


def test_two_schemes_are_chosen_from_on_a_page(app, client):
    no, found, _, _ = market("SCHEME_MERIT", prices=(900_000, 800_000), fund="fiscal", judges=1)
    closed(no)
    drawn(no)
    client.sign_in("purchaser_fiscal")
    assert "选定机构" in client.get("/desk").text
    path = f"/announcements/{no}/choice"
    page = client.get(path).text
    assert (found[0].code in page, "方案文件 1" in page) == (True, True)
    assert client.post(path, data={"key": "c", "agencies": found[0].code}).status_code == 422
    chosen = {"key": "c", "agencies": found[0].code, "reason": "the instruments are newer"}
    assert client.post(path, data=chosen).status_code == 303
    assert "the instruments are newer" in client.get(f"/announcements/{no}/record").text


def test_a_longer_roster_asks_no_more(app, client):
    owner = purchaser_for("social")
    asked = []
    for judges in (range(1, 3), range(3, 8)):
        for place in judges:
            a_colleague(owner, login=f"judge{place}", role=Role.PURCHASER)
            entered = JudgeInput(f"judge{place}", f"judge {place}", "unit", "surveying")
            services.enrol(owner, None, entered, key=fresh_key())
        client.sign_in("purchaser1")
        client.get("/judges/")
        with questions() as statements:
            assert client.get("/judges/").text.count("移出名册") == judges.stop - 1
        asked.append(len(statements))
    assert asked[0] == asked[1]
