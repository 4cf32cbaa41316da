"""One agency from entry to refusal and back, as worked in rules.md §2.9; over HTTP, on both databases."""

import json
import re
from datetime import datetime, timedelta
from itertools import count

from app.actor import Role
from app.audit.check import first_difference
from app.calendar.services import calendar
from app.identity.uscc import with_check
from app.region.queries import path
from tests.conftest import SHANGHAI
from tests.story.conftest import Market, Person, local, said, scan

AGENCY = with_check("91450800MA5K00101")
PURCHASER = with_check("91450803MA5K00202")
OFFICE = with_check("11450800MB1234505")
REGION = path("450803")
KEYS = count()


def nth_workday(after: datetime, n: int, clock: str = "10:00") -> datetime:
    """The local time on the n-th working day after the day of an instant."""
    day, _ = calendar().add(after.astimezone(SHANGHAI).date(), n, path=REGION)
    return datetime.fromisoformat(f"{day.isoformat()} {clock}").replace(tzinfo=SHANGHAI)


def announced(
    market: Market, purchaser: Person, *, days: int, fund: str = "social", operator: Person | None = None
) -> str:
    """A need for item 0401 becomes an announcement; its number."""
    form = {
        "above_limit": "no",
        "excluded": "no",
        "item": "0401",
        "title": "某厂区地形图测绘",
        "content": "1:500地形图测绘，面积约2平方公里。",
        "region": "450803",
        "expected_days": str(days),
        "fund": fund,
        "payer": "purchaser",
        "budget_fen": "80000",
        "method": "RANDOM",
        "price_fen": "72000.00",
        "contact": "李工",
        "phone": "0775-1234567",
        "key": f"need-{next(KEYS)}",
    }
    if fund != "social":
        form["project_code"] = "2403-450803-04-01-123456"
    where = purchaser.does("/needs/new", **form)
    need = re.search(r"/needs/([0-9N-]+)", where).group(1)
    purchaser.does(f"/needs/{need}/publish", key=f"publish-{need}")
    if operator is not None:
        operator.does(f"/needs/{need}/approve", key=f"approve-{need}")
        market.walk(market.now + timedelta(seconds=2))
    page = said(purchaser.get(f"/needs/{need}").text)
    return re.search(r"450803-\d{4}-\d{6}", page).group(0)


def registers(agency: Person, no: str, days: int) -> str:
    return agency.does(f"/announcements/{no}/register", days=str(days), key=f"register-{no}")


def closing_of(market: Market, no: str) -> datetime:
    found = market.public(f"/api/v1/announcements/{no}").get_json()
    return datetime.fromisoformat(found["closes_at"].replace("Z", "+00:00"))


def won(market: Market, agency: Person, purchaser: Person, *, days: int) -> str:
    """The agency registers alone, is drawn, accepts, and the contract is signed; the contract's number."""
    no = announced(market, purchaser, days=days)
    registers(agency, no, days)
    market.walk(closing_of(market, no) + timedelta(minutes=5))
    award = f"{no}-A01"
    agency.does(f"/awards/{award}/accept", key=f"accept-{award}")
    contract = f"{no}-C01"
    agency.does(
        f"/contracts/{contract}/upload",
        amount="72000.00",
        days=str(days),
        signed_on=local(market.now),
        file=scan(),
        key=f"upload-{contract}",
    )
    purchaser.does(f"/contracts/{contract}/confirm", key=f"confirm-{contract}")
    return contract


def delivers(agency: Person, purchaser: Person, contract: str) -> None:
    agency.does(f"/performances/{contract}/submit", file=scan(), note="成果", key=f"deliver-{contract}")
    purchaser.does(f"/performances/{contract}/confirm", key=f"accept-{contract}")


def due_day(agency: Person, contract: str) -> datetime:
    """The last day of the promised time, as the performance page says it."""
    text = said(agency.get(f"/performances/{contract}").text)
    day = re.search(r"期限 (\d{4}-\d{2}-\d{2}) 24:00", text).group(1)
    return datetime.fromisoformat(day).replace(tzinfo=SHANGHAI)


def marks_one(purchaser: Person, contract: str) -> None:
    purchaser.does(
        f"/contracts/{contract}/evaluation",
        quality="1",
        fees="1",
        attitude="1",
        conduct="1",
        comment="逾期且成果多次返工。",
        key=f"marks-{contract}",
    )


def test_the_circle(market: Market) -> None:
    operator = market.office("operator1", Role.OPERATOR)
    first = market.office("regulator2", Role.REGULATOR, code=OFFICE, authorities=("natural_resources",))
    second = market.office("regulator2b", Role.REGULATOR, code=OFFICE)

    # need: a purchaser joins, for social funds at once, for fiscal ones after the operator's check
    purchaser = market.joins("owner", "某制造有限公司", role="purchaser", code=PURCHASER)
    purchaser.does(
        "/purchasers/register",
        kind="enterprise",
        funds=["social", "state"],
        contact="李工",
        phone="0775-1234567",
        key="register",
    )
    version = re.search(r'name="version"[^>]*value="(\d+)"', operator.get(f"/purchasers/{PURCHASER}").text).group(1)
    operator.does(f"/purchasers/{PURCHASER}/check", version=version, key="check")

    # agency: application, formal check, publicity, certificate, prices
    agency = market.joins("surveyor", "甲测绘有限公司", role="agency", code=AGENCY)
    form = agency.get("/agencies/apply").text
    agency.does(
        "/agencies/apply",
        legal_representative="王五",
        contact="张三",
        phone="0775-7654321",
        address="贵港市港南区",
        introduction="测绘",
        commitments=re.findall(r'name="commitments"[^>]*value="([a-z_]+)"', form),
        key="apply",
    )
    operator.does(f"/agencies/{AGENCY}/pass", key="pass")
    certificate = agency.does(
        "/credentials/submit",
        qualification="surveying_mapping",
        grade=re.search(r'value="(甲级?)"', agency.get("/credentials/submit").text).group(1),
        certificate_no="4550000001",
        valid_from="2023-01-01",
        valid_until="2030-12-31",
        key="credential",
    )
    credential = re.search(r"450\d{3}-\d{4}-Q\d{6}", certificate + agency.get("/credentials/").text).group(0)
    first.does(f"/credentials/{credential}/verify", key="verify")
    agency.does(
        "/prices/publish",
        item="0401",
        unit="square_kilometre",
        price="80000",
        content="1:500地形图",
        basis="市场调节价",
        complaint_phone="0775-7654321",
        committed_days="10",
        effective_from=local(market.now),
        key="price",
    )
    market.walk(market.now + timedelta(days=8))
    assert "甲测绘有限公司" in market.public("/agencies/").text

    # three contracts of one category, in which no other agency has a counted contract
    contracts = {name: won(market, agency, purchaser, days=days) for name, days in (("A", 5), ("B", 25), ("C", 25))}
    due = {name: due_day(agency, contract) for name, contract in contracts.items()}
    with market.app.app_context():
        tenth, eleventh = (nth_workday(due["A"], n) for n in (10, 11))

    # on A's tenth late day it may still register, on the eleventh it is refused, with exactly A named
    market.walk(tenth)
    spare = announced(market, purchaser, days=25)
    registers(agency, spare, 25)
    agency.does(f"/announcements/{spare}/register/withdraw", key="withdraw")
    market.walk(eleventh)
    text = agency.is_refused(f"/announcements/{spare}/register", days="25", key="late")
    assert contracts["A"] in text
    assert contracts["B"] not in text
    assert contracts["C"] not in text
    assert market.public(f"/credit/{AGENCY}").status_code == 200

    # each is delivered 11 working days late, and marked 1 throughout
    delivers(agency, purchaser, contracts["A"])
    marks_one(purchaser, contracts["A"])
    for name in ("B", "C"):
        with market.app.app_context():
            late = nth_workday(due[name], 11)
        market.walk(max(late, market.now))
        delivers(agency, purchaser, contracts[name])
        marks_one(purchaser, contracts[name])
    with market.app.app_context():
        locked = nth_workday(market.now, 5)
    market.walk(locked)

    page = said(market.public(f"/credit/{AGENCY}").text)
    for figure in ("85.000", "31.250", "58.125", "D 不良"):
        assert figure in page
    assert page.count("服务逾期超过10个工作日") == 3

    # D: refused where public money is spent, admitted to social work
    fiscal = announced(market, purchaser, days=25, fund="state", operator=operator)
    text = agency.is_refused(f"/announcements/{fiscal}/register", days="25", key="fiscal")
    assert "58.125" in text
    social = announced(market, purchaser, days=25)
    registers(agency, social, 25)

    # blacklisted by two accounts: refused everywhere
    waiting = first.does(
        "/sanctions/new",
        party=AGENCY,
        kind="blacklist",
        months="12",
        authority="natural_resources",
        facts="三份合同均严重逾期，成果不合格。",
        basis="平台规则",
        key="sanction",
    )
    assert first.post(waiting + "/agree").status_code == 409
    second.does(waiting + "/agree")
    assert "甲测绘有限公司" in market.public("/lists/black").text
    another = announced(market, purchaser, days=25)
    assert "S000001" in agency.is_refused(f"/announcements/{another}/register", days="25", key="black")
    listed = market.public("/api/v1/sanctions").get_json()
    until = datetime.fromisoformat(json.dumps(listed).partition('"until": "')[2].partition('"')[0])

    # the term is over: nothing bars any more; and a year later nothing counts any more
    market.walk(until - timedelta(hours=20))
    assert "甲测绘有限公司" in market.public("/lists/black").text
    market.walk(until + timedelta(days=3))
    assert "甲测绘有限公司" not in market.public("/lists/black").text
    with market.app.app_context():
        market.walk(nth_workday(market.now, 1))
    registers(agency, announced(market, purchaser, days=25), 25)
    page = said(market.public(f"/credit/{AGENCY}").text)
    assert "75.000" in page
    assert "新入驻" in page

    with market.app.app_context():
        assert first_difference(rows=True) is None
