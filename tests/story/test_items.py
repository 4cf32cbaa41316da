"""One need for several items, through pages only: priced item by item, sealed, opened, won, and told on every page."""

import html
import re

from app.chance import fresh_key
from app.sweep import keep_log
from bidding.award import reports
from bidding.selection import transcript
from tests import outsider
from tests.builders.announcement import an_announcement
from tests.builders.award import accepted, award_of
from tests.builders.contract import contract_of
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import drawn

ITEMS = ("0401", "0405")


def a_bundle(**what):
    """The number of an announcement of two items, the lowest total wins."""
    wanted = {"method": "BID_LOW", "item": ITEMS[0], "further": ITEMS[1:], "budget_fen": 2_500_000, "days": 10}
    return an_announcement(**wanted | what)


def priced(first, other, *, second=ITEMS[1], **changes):
    """What an agency types: prices in yuan; both items may be served at the same time."""
    typed = {"amount_0401": first, "days_0401": "10", f"amount_{second}": other, f"days_{second}": "6", "days": "10"}
    return {"key": fresh_key(), **typed, **changes}


def offered(client, login, no, **typed):
    """The body that one agency gets when it hands in its price by the page."""
    client.sign_in(login)
    answer = client.post(f"/announcements/{no}/offer", data=typed)
    assert answer.status_code == 200, answer.text
    return html.unescape(re.search(r"<pre[^>]*报价正文[^>]*>(.*?)</pre>", answer.text, re.DOTALL)[1])


def test_each_item_has_its_price_and_the_lowest_total_wins(app, client):
    rivals = agencies(2, items=ITEMS)
    no = a_bundle()
    for each in rivals:
        a_registration(each, no)
    client.sign_in("agency1")
    form = client.get(f"/announcements/{no}/offer").text
    for part in ("amount_0401", "days_0401", "amount_0405", "days_0405"):
        assert f'name="{part}"' in form
    assert 'name="amount_fen"' not in form
    wrong = client.post(f"/announcements/{no}/offer", data=priced("20000.05", "5000.00", days_0405="11"))
    assert wrong.status_code == 409
    assert "事项0405的时限应为1至10个工作日" in wrong.text
    assert "报价超过最高限价25,000.00元" in wrong.text
    assert 'value="20000.05"' in wrong.text
    assert "25,000.05 元" in wrong.text
    assert "20000.05" not in client.get(f"/announcements/{no}/offer").text
    body = offered(client, "agency1", no, **priced("12,000.50", "9000"))
    assert body.splitlines()[6:8] == ["2100050", "10"]
    assert body.splitlines()[9:] == ["item 0401 1200050 10", "item 0405 900000 6"]
    offered(client, "agency2", no, **priced("11000", "10000.51"))
    drawn(no)
    client.post("/logout")
    record = client.get(f"/announcements/{no}/record").text
    for shown in ("12,000.50", "9,000.00", "21,000.50", "11,000.00", "10,000.51", "21,000.51"):
        assert shown in record
    told = client.get(f"/announcements/{no}/transcript.json").json
    assert transcript.verify(told) == outsider.check_transcript(told) == []
    assert body in [line["body"] for line in client.get(f"/announcements/{no}/offers.json").json]
    award = award_of(no)
    assert (award.amount_fen, award.agency.organisation.code) == (2_100_050, rivals[0].code)
    keep_log()
    said = reports.members(award, by=None, page="https://market.example/verify")
    assert [line["amount"] for line in said["items"]] == ["12,000.50", "9,000.00"]
    accepted(award)
    for address in (f"/awards/{award.no}", f"/contracts/{contract_of(award.no).no}"):
        shown = client.get(address).text
        assert "12,000.50" in shown
        assert "变形监测" in shown


SURVEYED_AND_MEASURED = {"item": "0401", "further": ("0505",)}
NAMED = "agency2 咨询有限公司"


def test_a_consortium_that_holds_together_what_none_holds_alone_wins(app, client):
    (lead,) = agencies(1, items=("0401",))
    (member,) = agencies(1, first=2, items=("0505",))
    (rival,) = agencies(1, first=3, items=("0401", "0505"))
    no = a_bundle(**SURVEYED_AND_MEASURED)
    register = f"/announcements/{no}/register"
    client.sign_in("agency1")
    alone = client.post(register, data={"key": fresh_key(), "days": "10"})
    assert alone.status_code == 409
    assert "缺少事项0505要求的有效资质" in alone.text
    assert "没有公布事项0505的价目" in alone.text
    uncovered = client.post(register, data={"key": fresh_key(), "days": "10", "members": lead.code})
    assert uncovered.status_code == 409
    assert "写了本单位" in uncovered.text
    named = {"key": fresh_key(), "days": "10", "members": f"{member.code}\n"}
    assert client.post(register, data=named).status_code == 303
    mine = client.get(register).text
    assert NAMED in mine
    assert "待确认" in mine
    client.sign_in("agency2")
    assert "确认加入联合体" in client.get("/desk").text
    assert "邀请贵单位组成联合体" in client.get("/inbox/").text
    assert "agency1 咨询有限公司" in client.get(register).text
    assert client.post(f"{register}/join", data={"key": fresh_key(), "lead": rival.code}).status_code == 409
    assert client.post(f"{register}/join", data={"key": fresh_key(), "lead": lead.code}).status_code == 303
    assert "已确认加入" in client.get(register).text
    assert "联合体成员，agency1 咨询有限公司 牵头" in client.get("/registrations/").text
    assert "您的单位已经报名" in client.post(register, data={"key": fresh_key(), "days": "10"}).text
    a_registration(rival, no)
    offered(client, "agency1", no, **priced("12000", "9000", second="0505"))
    offered(client, "agency3", no, **priced("12000", "9000.01", second="0505"))
    client.post("/logout")
    assert NAMED not in client.get(f"/announcements/{no}").text
    drawn(no)
    told = client.get(f"/announcements/{no}/transcript.json").json
    assert transcript.verify(told) == outsider.check_transcript(told) == []
    assert f"{lead.code} 1 " in told["record"]["frozen_text"]
    assert f" server {member.code} -" in told["record"]["frozen_text"]
    award = award_of(no)
    assert award.agency.organisation.code == lead.code
    keep_log()
    assert reports.members(award, by=None, page="https://market.example/verify")["members"] == [
        f"{NAMED}（{member.code}）"
    ]
    accepted(award)
    for address in (f"/announcements/{no}/record", f"/awards/{award.no}", f"/contracts/{contract_of(award.no).no}"):
        assert f'href="/agencies/{member.code}"' in client.get(address).text, address


def test_naming_a_rival_tells_nothing_of_him_and_nobody_is_a_member_by_anothers_word(app, client):
    lead, rival = agencies(2, items=ITEMS)
    no = a_bundle()
    a_registration(rival, no)
    client.sign_in("agency1")
    register = f"/announcements/{no}/register"
    assert client.post(register, data={"key": fresh_key(), "days": "10", "members": rival.code}).status_code == 303
    client.sign_in("agency2")
    refused = client.post(f"{register}/join", data={"key": fresh_key(), "lead": lead.code})
    assert refused.status_code == 409
    assert "您的单位已经报名" in refused.text
    client.sign_in("agency1")
    assert "待成员确认" in client.get(register).text
    client.sign_in("agency2")
    assert client.post(f"{register}/decline", data={"key": fresh_key(), "lead": lead.code}).status_code == 303
    client.sign_in("agency1")
    assert [client.get(address).text.count("有成员不加入") for address in (register, "/registrations/")] == [2, 1]
    assert f'href="{register}"' in client.get("/desk").text
    offered(client, "agency1", no, **priced("10000", "9000"))
    offered(client, "agency2", no, **priced("12000", "9000"))
    record = drawn(no)
    lines = record["frozen_text"].splitlines()
    assert sum(line.endswith(" consortium_unconfirmed") and " - " in line for line in lines) == 1
    assert award_of(no).agency.organisation.code == rival.code
    assert "有1家联合体成员在截止前没有确认加入" in client.get(f"/announcements/{no}/record").text
