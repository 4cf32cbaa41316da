"""Bad input, by name, on pages and by machine: a clear answer, and nothing in the database has changed.

Every case says how the page answers and how the machine API does; both are tried against the same market.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from app.identity.rules import SESSION_IDLE
from app.web.paging import token as token_of
from marketplace.announcement.rules import WithdrawReason
from tests.builders.announcement import an_announcement
from tests.builders.people import an_operator
from tests.builders.purchaser import a_filing, a_purchaser, an_unregistered_purchaser, files
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import closed
from tests.conftest import PASSWORD
from tests.story.conftest import PDF, Market, said
from tests.story.scene import DATABASES, Browser, Fingerprint, a_market, fingerprint, numbered

LOGINS = ("agency1", "agency2", "purchaser1", "purchaser2", "operator1")
NOWHERE = "450803-2026-999999"
SIGNING_IN = ("sign_in_attempt", "sign_in_session")
HAN = re.compile(r"[\u4e00-\u9fff]{2}")


@dataclass
class Scene:
    """A market with one announcement open, one by price, one closed; and everybody's browser and token.

    `state` is how the market stood when it was looked at last: what a test left is what the next one found.
    """

    market: Market
    browsers: Mapping[str, Browser]
    tokens: Mapping[str, str]
    names: Mapping[str, str]
    state: Fingerprint


@dataclass(frozen=True)
class Case:
    """One wrong thing: who does it, where on the pages, by which act of the API, and what is answered.

    `says` stands on the page; the machine is told by `code`, of a refusal, a fault or an error.
    """

    name: str
    who: str
    address: str
    form: Mapping[str, Any]
    page: int
    says: str
    act: str
    subject: str | None
    input: Mapping[str, Any]
    api: int
    code: str


OFFER = {"amount_fen": 4_000_000, "days": 10, "files": []}
PROMISE = {"days": 10, "contribution": "", "made": "server"}
PROMISED = {"days": "10"}
PRICE = {
    "item": "0401",
    "unit": "square_kilometre",
    "price_fen": 1_000_000,
    "rate_ppm": None,
    "content": "1:500",
    "basis": "market",
    "complaint_phone": "0775-1234567",
    "committed_days": 10,
}
PRICED = {
    **{name: str(value) for name, value in PRICE.items() if not name.endswith(("_fen", "_ppm"))},
    "price": "10000",
}
WITHDRAWN = {"reason": next(iter(WithdrawReason)).value, "explanation": "no longer needed"}

CASES = (
    Case(
        *("foreign number", "agency2", f"/announcements/{NOWHERE}/register", PROMISED, 404, "没有找到"),
        *("registration.submit", NOWHERE, PROMISE, 404, "not_found"),
    ),
    Case(
        *("no number at all", "agency2", "/announcements/'%20OR%201=1--/register", PROMISED, 404, "没有找到"),
        *("registration.submit", "' OR 1=1--", PROMISE, 404, "not_found"),
    ),
    Case(
        *("closed", "agency2", "/announcements/{closed}/register", PROMISED, 409, "已经截止"),
        *("registration.submit", "{closed}", PROMISE, 409, "not_open"),
    ),
    Case(
        *("closed, and no price was asked", "agency1", "/announcements/{closed}/offer"),
        *({"amount_fen": "100.00", "days": "10"}, 409, "已经截止"),
        *("offer.submit", "{closed}", OFFER, 409, "no_price_asked"),
    ),
    Case(
        *("withdrawn too late", "agency1", "/announcements/{closed}/register/withdraw", {}, 409, "已经截止"),
        *("registration.withdraw", "{closed}", {}, 409, "not_open"),
    ),
    Case(
        *("twice", "agency1", "/announcements/{open}/register", PROMISED, 409, "已经报名"),
        *("registration.submit", "{open}", PROMISE, 409, "already_registered"),
    ),
    Case(
        *("wrong role", "operator1", "/announcements/{open}/register", PROMISED, 403, "没有权限"),
        *("registration.submit", "{open}", PROMISE, 403, "forbidden"),
    ),
    Case(
        *("other organisation", "purchaser2", "/announcements/{open}/withdraw", WITHDRAWN, 404, "没有找到"),
        *("announcement.withdraw", "{open}", WITHDRAWN, 404, "not_found"),
    ),
    Case(
        *("stale version", "operator1", "/purchasers/{waiting}/check", {"version": "99"}, 409, "内容已经变化"),
        *("purchaser.check", "{waiting}", {"version": 99}, 409, "stale"),
    ),
    Case(
        *("oversize", "agency2", "/announcements/{open}/register", {"days": "1" * (1024 * 1024 + 1)}, 413, "太大"),
        *("registration.submit", "{open}", {**PROMISE, "contribution": "a" * 1024 * 1024}, 413, ""),
    ),
    Case(
        *("wrong type of a number", "agency1", "/announcements/{price}/offer", {"amount_fen": "4e6", "days": "10"}),
        *(422, "最多两位小数", "offer.submit", "{price}", {**OFFER, "amount_fen": "4000000"}, 422, "int_type"),
    ),
    Case(
        *("no number of days", "agency2", "/announcements/{open}/register", {"days": "ten"}),
        *(422, "整数", "registration.submit", "{open}", {**PROMISE, "days": 10.5}, 422, "int_type"),
    ),
    Case(
        *("nothing filled in", "agency2", "/announcements/{open}/register", {}, 422, "请填写"),
        *("registration.submit", "{open}", {}, 422, "missing"),
    ),
    Case(
        *("a text that no column holds", "agency2", "/announcements/{open}/register", {"days": "10\x00"}),
        *(400, "请求的方式或内容与这个地址不符"),
        *("registration.submit", "{open}", {**PROMISE, "contribution": "\x00"}, 422, "text_with_nul"),
    ),
    Case(
        *("a price above the ceiling", "agency1", "/announcements/{price}/offer"),
        *({"amount_fen": "50000.01", "days": "10"}, 409, "最高限价"),
        *("offer.submit", "{price}", {**OFFER, "amount_fen": 5_000_001}, 409, "above_ceiling"),
    ),
    Case(
        *("an amount beyond every number", "agency1", "/announcements/{price}/offer"),
        *({"amount_fen": "9" * 40, "days": "10"}, 422, "最多两位小数"),
        *("offer.submit", "{price}", {**OFFER, "amount_fen": 10**40}, 422, ""),
    ),
    Case(
        *("a date in the past", "agency1", "/prices/publish", {**PRICED, "effective_from": "2020-01-01"}, 409, "生效"),
        *("price.publish", None, {**PRICE, "effective_from": "2020-01-01"}, 409, "price_in_the_past"),
    ),
    Case(
        *("no date", "agency1", "/prices/publish", {**PRICED, "effective_from": "2026-02-30"}, 422, "日期"),
        *("price.publish", None, {**PRICE, "effective_from": "2026-02-30"}, 422, "date_parsing"),
    ),
)


@pytest.fixture(scope="module", params=DATABASES)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Everybody is there, and one announcement is over already."""
    with a_market(request.param, tmp_path_factory.mktemp("bad")) as market:
        with market.app.app_context():
            first, _ = agencies(2)
            an_operator()
            over = an_announcement()
            a_registration(first, over)
            closed(over)
            a_purchaser("purchaser2")
            waiting = an_unregistered_purchaser("purchaser3")
            files(waiting, a_filing(funds=("state",)))
            names = {
                "open": an_announcement(),
                "price": an_announcement(method="BID_LOW"),
                "closed": over,
                "waiting": waiting.code or "",
            }
            for no in (names["open"], names["price"]):
                a_registration(first, no)
        numbered(market)
        browsers = {login: Browser(market, login) for login in LOGINS}
        tokens = {login: token(browsers[login]) for login in LOGINS}
        yield Scene(market, browsers, tokens, names, fingerprint(market, besides=SIGNING_IN))


def token(browser: Browser) -> str:
    made = browser.post("/api/v1/tokens", json={"username": browser.login, "password": PASSWORD})
    return str(made.get_json()["token"])


@pytest.fixture
def nothing_changes(scene: Scene) -> Iterator[None]:
    """By this test, however it ends: the state it leaves is the one that the next test finds."""
    yield
    before, scene.state = scene.state, fingerprint(scene.market, besides=SIGNING_IN)
    assert scene.state == before


def act(scene: Scene, case: Case, **headers: str) -> Any:
    """The case by machine."""
    headers.setdefault("Authorization", f"Bearer {scene.tokens[case.who]}")
    subject = None if case.subject is None else case.subject.format(**scene.names)
    return scene.browsers[case.who].post(
        f"/api/v1/acts/{case.act}",
        json={"subject": subject, "input": case.input},
        headers={"Idempotency-Key": f"bad {case.name}", **headers},
    )


def post(scene: Scene, address: str, who: str, form: Mapping[str, Any]) -> Any:
    """A form handed in."""
    return scene.browsers[who].post(address.format(**scene.names), data={"key": f"bad {address}"[:60], **form})


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_on_a_page(scene: Scene, case: Case) -> None:
    answer = post(scene, case.address, case.who, case.form)
    assert answer.status_code == case.page, said(answer.text)
    assert case.says in said(answer.text)
    assert "Traceback" not in answer.text
    if answer.status_code == 422:
        # What was typed is still there, in the form that is shown again.
        for name, typed in case.form.items():
            assert f'name="{name}"' in answer.text
            assert typed in answer.text
    if answer.status_code == 409:
        assert re.search(r'class="(refusals|stale)|内容已经变化', answer.text)


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_by_machine(scene: Scene, case: Case) -> None:
    answer = act(scene, case)
    assert answer.status_code == case.api, answer.text
    assert answer.mimetype == "application/json"
    told = answer.get_json()
    if answer.status_code == 409:
        (refusal,) = [one for one in told["refusals"] if one["code"] == case.code]
        assert HAN.search(refusal["sentence"])
        assert HAN.search(refusal["cure"])
    elif answer.status_code == 422:
        assert case.code in {fault["type"] for fault in told["errors"]} | {""}
    else:
        assert case.code in (told["error"], "")


@pytest.mark.usefixtures("nothing_changes")
def test_a_file_of_the_wrong_type_or_size(scene: Scene) -> None:
    form = {
        "qualification": "surveying_mapping",
        "grade": "甲级",
        "certificate_no": "4550000002",
        "valid_from": "2025-01-01",
        "valid_until": "2030-12-31",
    }
    bearer = {"Authorization": f"Bearer {scene.tokens['agency1']}"}
    for content, name, status, says in (
        (b"MZ\x90\x00" + b"\0" * 200, "scan.pdf", (409, 422), "PDF"),
        (b"", "scan.pdf", (409, 422), "空"),
        (b"PK\x03\x04" + b"\0" * 100, "../../etc/passwd", (409, 422), "PDF"),
        (PDF + b"\0" * 22 * 1024 * 1024, "scan.pdf", (413,), "太大"),
    ):
        body, kind = multipart({**form, "key": "bad file"}, "scan", name, content)
        answer = scene.browsers["agency1"].post("/credentials/submit", data=body, content_type=kind)
        assert answer.status_code in status, (name, answer.status_code, said(answer.text))
        assert says in said(answer.text)
        body, kind = multipart({}, "file", name, content)
        sent = scene.browsers["agency1"].post("/api/v1/files", data=body, headers=bearer, content_type=kind)
        assert sent.status_code in (413, 422), (name, sent.text)
        assert sent.mimetype == "application/json"


def multipart(form: Mapping[str, str], part: str, name: str, content: bytes) -> tuple[bytes, str]:
    """A form with one file as a browser sends it: body and content type."""
    edge = "----part"
    fields = [f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{form[key]}\r\n' for key in form]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\n\r\n'
    body = "".join(fields).encode() + head.encode() + content + f"\r\n--{edge}--\r\n".encode()
    return body, f"multipart/form-data; boundary={edge}"


@pytest.mark.usefixtures("nothing_changes")
def test_without_the_forms_own_token_and_without_any(scene: Scene) -> None:
    address = "/announcements/{open}/register"
    scene.market.app.config["WTF_CSRF_ENABLED"] = True
    try:
        for form in (PROMISED, {**PROMISED, "csrf_token": "of somebody else"}):
            answer = post(scene, address, "agency2", form)
            assert answer.status_code == 400
            assert "页面已过期" in said(answer.text)
    finally:
        scene.market.app.config["WTF_CSRF_ENABLED"] = False
    case = next(case for case in CASES if case.name == "twice")
    for authorization in ("Bearer none", "Basic YWdlbmN5MTph", "Bearer"):
        answer = act(scene, case, Authorization=authorization)
        assert (answer.status_code, answer.get_json()) == (401, {"error": "unauthorized"})


@pytest.mark.usefixtures("nothing_changes")
def test_what_is_no_request_at_all(scene: Scene) -> None:
    headers = {"Authorization": f"Bearer {scene.tokens['agency2']}", "Idempotency-Key": "k"}
    machine = scene.browsers["agency2"]
    for body, status in ((b"", 422), (b"{", 422), (b"[]", 422), (b"\xff\xfe", 422), (b'{"subject":1,"input":{}}', 422)):
        answer = machine.post("/api/v1/acts/registration.submit", data=body, headers=headers)
        assert (answer.status_code, answer.mimetype) == (status, "application/json"), body
    good = {"subject": scene.names["open"], "input": PROMISE}
    unkeyed = machine.post("/api/v1/acts/registration.submit", json=good, headers={**headers, "Idempotency-Key": ""})
    assert unkeyed.status_code == 422
    unknown = {**good, "input": {**PROMISE, "admin": True}}
    assert machine.post("/api/v1/acts/registration.submit", json=unknown, headers=headers).status_code == 422
    assert machine.post("/api/v1/acts/selection.draw", json=good, headers=headers).status_code == 404


HUGE = "9" * 30
DAY = "2026-03-02T00:00:00+00:00"
FORGED = (
    *(token_of(10**30), token_of(DAY, 10**30), token_of("\x00", 1), token_of("\ud800", 1), token_of("\ud800", "x")),
    *(token_of("x", "y"), token_of("x", 1), token_of(None), "%00", "é", "W10"),
)
LISTS = (
    *("/announcements/", "/agencies/", "/awards/", "/credit/", "/lists/black", "/inbox/", "/registrations/"),
    *("/desk/receipts", "/prices/", "/credentials/", "/performances/", "/contracts/", "/log/"),
    *("/api/v1/announcements", "/api/v1/agencies", "/api/v1/awards", "/api/v1/sanctions"),
)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "/announcements/%00",
            "/announcements/{open}%00",
            "/agencies/?q=a&q=%00",
            "/beacon/never",
            "/agencies/%F0%9F%98%80",
            "/needs/-1",
        ),
        *(f"/announcements/{{closed}}/{page}?attempt={HUGE}" for page in ("record", "record.json", "offers.json")),
        *(f"{page}?attempt=-1" for page in ("/announcements/{closed}/record", "/announcements/{price}/offers.json")),
        *(f"/log/?at={HUGE}", f"/log/?after={HUGE}", f"/log/entries?start={HUGE}&end=1", "/log/entries?start=5&end=1"),
        *(f"/catalogue/0401?version={at}" for at in (HUGE, "0", "-1", "x", "%00")),
        *(f"/log/proof/{kind}?index={HUGE}&tree_size=1&first=0&second={HUGE}" for kind in ("inclusion", "consistency")),
        *(f"/opendata/changes?after={HUGE}", f"/api/v1/announcements?limit={HUGE}", "/api/v1/announcements?limit=0"),
        *(f"{page}?after={forged}" for page in LISTS for forged in FORGED),
    ],
)
def test_an_address_that_nobody_was_given(scene: Scene, address: str) -> None:
    answer = scene.browsers["agency1"].get(address.format(**scene.names))
    assert answer.status_code < 500
    assert answer.mimetype != "text/html" or HAN.search(said(answer.text))


def test_a_session_and_a_token_that_are_over(scene: Scene) -> None:
    """Last, for the clock moves on: the page asks to sign in and leads back, the machine is a stranger."""
    scene.market.walk(scene.market.now + SESSION_IDLE + timedelta(seconds=1))
    numbered(scene.market)
    before = fingerprint(scene.market, besides=SIGNING_IN)
    answer = post(scene, "/announcements/{open}/register", "agency2", PROMISED)
    assert answer.status_code == 303
    assert answer.location == f"/login?next=/announcements/{scene.names['open']}/register"
    assert "登录" in said(scene.browsers["agency2"].get(answer.location).text)
    assert fingerprint(scene.market, besides=SIGNING_IN) == before
    scene.market.walk(scene.market.now + timedelta(days=1))
    numbered(scene.market)
    before = fingerprint(scene.market, besides=SIGNING_IN)
    case = next(case for case in CASES if case.name == "twice")
    answer = act(scene, case)
    assert (answer.status_code, answer.get_json()) == (401, {"error": "unauthorized"})
    assert fingerprint(scene.market, besides=SIGNING_IN) == before
