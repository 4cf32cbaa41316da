"""A draw's record checked in a real browser: what holds, what was tampered with, and where no check is possible."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page

from app.actor import Actor
from app.database import db
from app.identity.queries import actor_by_login
from bidding.selection import lottery
from bidding.selection import records as selection_records
from tests.builders.announcement import an_announcement
from tests.builders.purchaser import a_purchaser
from tests.builders.registration import a_registration
from tests.builders.selection import drawn
from tests.story.conftest import Market

pytestmark = pytest.mark.browser

EXAMPLE_SEED = "a2fde1fdfab4e182bb390e3393929ea231abced5279d2ebd8b8407d2acf15407"
RUN = """async ([record, key]) => {
  const { check } = await import("/static/js/draw.js");
  const found = [];
  for await (const one of check(record, key)) found.push(one);
  return found;
}"""


REFUSED = """async (text) => {
  const { strict } = await import("/static/js/draw.js");
  try { strict(text) } catch { return true }
  return false;
}"""


def someone(login: str) -> Actor:
    """The actor behind an account of the market that serves."""
    found = actor_by_login(login)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def records(served: tuple[Market, str]) -> dict[str, dict[str, Any]]:
    """Real records: with the evening's numbers, without a beacon, and one that found too few."""
    market, _ = served
    found: dict[str, dict[str, Any]] = {}
    with market.app.app_context():
        parties = [someone(f"agency{number}") for number in (1, 2, 3)]
        fiscal = a_purchaser("purchaser9", funds=("fiscal", "social"))
        for name, fund, count in (("lottery", "fiscal", 3), ("none", "social", 2), ("few", "fiscal", 2)):
            no = an_announcement(fiscal, fund=fund)
            for agency in parties[:count]:
                a_registration(agency, no)
            drawn(no)
            found[name] = json.loads(selection_records.record_text(no))
        db.session.remove()
    return found


@pytest.fixture
def page(chromium: Browser, served: tuple[Market, str]) -> Iterator[Page]:
    """A reader's page on the market's own origin."""
    context = chromium.new_context(base_url=served[1], locale="zh-CN")
    opened = context.new_page()
    opened.goto("/verify")
    yield opened
    context.close()


@pytest.fixture
def checked(page: Page) -> Callable[..., dict[str, bool | None]]:
    """The outcome of every check of a record, by name."""

    def run(record: Any, key: str = "") -> dict[str, bool | None]:
        return {one["name"]: one["holds"] for one in page.evaluate(RUN, [record, key])}

    return run


@pytest.mark.parametrize("name", ["lottery", "none", "few"])
def test_every_check_of_a_real_record_holds(page, checked, records, name):
    key = page.evaluate("fetch('/log/key').then(answer => answer.json())")["public_key"]
    outcome = checked(records[name], key)
    assert len(outcome) == 11
    assert set(outcome.values()) == {True}
    assert checked(records[name])["signature"] is None


def with_frozen(record, old, new):
    record["frozen_text"] = record["frozen_text"].replace(old, new, 1)


def turned(text):
    return ("1" if text[0] != "1" else "2") + text[1:]


TAMPERED = {
    "the order turned round": (lambda record: record["order"].reverse(), "order"),
    "another secret": (lambda record: record.update(secret=turned(record["secret"])), "commitment"),
    "another beacon": (lambda record: record.update(beacon_value="000-00000"), "seed"),
    "a beacon misspelt": (lambda record: record.update(beacon_value="00000000"), "beacon"),
    "a beacon of the day before": (lambda record: record.update(beacon_on="2026-03-01"), "beacon"),
    "a day without a value": (lambda record: record.update(beacon_value=None), "beacon"),
    "another seed": (lambda record: record.update(seed=turned(record["seed"])), "seed"),
    "another attempt": (lambda record: record.update(attempt=2), "terms"),
    "a registrant with more lots": (lambda record: with_frozen(record, " 1 ", " 2 "), "frozen"),
    "a line of another rule": (lambda record: with_frozen(record, "lottery 3d+pl5", "witness"), "form"),
    "an impossible instant": (lambda record: record.update(drawn_at="2026-02-30T00:00:00.000000Z"), "form"),
    "drawn before the numbers": (lambda record: record.update(drawn_at="2026-03-02T00:00:00.000000Z"), "beacon"),
    "one more member": (lambda record: record.update(note=1), "form"),
    "a name that cannot be printed": (lambda record: record["names"].update(A="\x1b[2J"), "form"),
    "another place in the log": (lambda record: record["log"]["freeze"].update(index=1), "inclusion"),
    "a shorter path": (lambda record: record["log"]["publish"]["path"].pop(), "inclusion"),
    "a payload with a space": (
        lambda record: record["log"]["freeze"].update(payload=record["log"]["freeze"]["payload"] + " "),
        "frozen",
    ),
    "a payload with half a character": (
        lambda record: record["log"]["freeze"].update(
            payload=record["log"]["freeze"]["payload"].replace('"public":{', '"public":{"aside":"\\ud800",')
        ),
        "frozen",
    ),
    "one judge drawn twice": (lambda record: record.update(judges=["J-7", "J-7"]), "order"),
    "the freeze in the place of the publication": (
        lambda record: record["log"].update(publish=record["log"]["freeze"]),
        "publish",
    ),
    "a head signed too late": (
        lambda record: record["log"]["head"].update(timestamp="2026-12-01T00:00:00.000000Z"),
        "head",
    ),
}


@pytest.mark.parametrize("change", TAMPERED)
def test_a_tampered_record_fails_where_the_verifier_fails_it(checked, records, change):
    tamper, fails = TAMPERED[change]
    record = copy.deepcopy(records["lottery"])
    tamper(record)
    outcome = checked(record)
    assert outcome[fails] is False
    assert lottery.verify(record) != []


def test_a_forged_head_is_told_by_its_signature(page, checked, records):
    key = page.evaluate("fetch('/log/key').then(answer => answer.json())")["public_key"]
    record = copy.deepcopy(records["lottery"])
    record["log"]["head"]["signature"] = turned(record["log"]["head"]["signature"])
    assert checked(record, key)["signature"] is False


def test_the_protocols_own_example(page):
    orders = page.evaluate(
        """async (seed) => {
          const { orderOf } = await import("/static/js/draw.js");
          return [
            await orderOf(seed, "order", [["91450800MA5K000013", 1], ["91450800MA5K000021", 87]]),
            await orderOf(seed, "factor", ["95", "96", "97", "98"].map((k) => [k, 1])),
          ];
        }""",
        EXAMPLE_SEED,
    )
    assert orders == [["91450800MA5K000021", "91450800MA5K000013"], ["97", "96", "98", "95"]]


def test_many_lots_stand_in_the_order_of_the_algorithm(page):
    lots = {f"91450800MA5K{number:06d}": number % 7 * 100 for number in range(60)}
    found = page.evaluate(
        "async ([seed, lots]) => (await import('/static/js/draw.js')).orderOf(seed, 'order', lots)",
        [EXAMPLE_SEED, list(lots.items())],
    )
    assert found == lottery.order(EXAMPLE_SEED, "order", lots)


FORBIDDEN = [
    '{"a":1,"a":1}',
    '{"a":1.0}',
    "[1e3]",
    '{"a":"x","\\u0061":1}',
    "{",
    "NaN",
    "01",
    "9007199254740992",
    "-9007199254740992",
    "9" * 5000,
    '{"é":1}',
    "\ufeff{}",
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_json_that_the_protocol_does_not_allow_is_read_by_neither(page, text):
    assert page.evaluate(REFUSED, text)
    with pytest.raises(lottery.Malformed):
        lottery.strict_json(text)


@pytest.mark.parametrize("text", ["9007199254740991", "-0", '{"a":"é","b":"\\ud83d\\ude00"}'])
def test_json_that_the_protocol_allows_is_read_by_both(page, text):
    assert not page.evaluate(REFUSED, text)
    lottery.strict_json(text)


def test_a_citizen_checks_a_draw_on_its_page(page, records):
    page.goto(f"/announcements/{records['lottery']['no']}/record")
    page.get_by_role("button", name="在浏览器里核验").click()
    page.wait_for_selector("#checker[data-verdict]")
    said = page.locator("#checker").inner_text()
    assert "核验通过" in said
    assert said.count("一致") >= 11
    assert records["lottery"]["log"]["head"]["root_hash"] in said
    assert records["lottery"]["order"][0] in said


def test_a_record_from_the_disk_is_checked_and_a_tampered_one_is_told(page, records, tmp_path: Path):
    record = copy.deepcopy(records["none"])
    for name, content, says in (
        ("record.json", json.dumps(record), "核验通过"),
        ("tampered.json", json.dumps({**record, "order": record["order"][::-1]}), "核验不通过"),
        ("other.json", '{"format": "zjcs-receipt-1"}', "无法核验"),
        ("picture.json", "\x89PNG", "无法核验"),
        ("marked.json", "\ufeff" + json.dumps(record), "无法核验"),
    ):
        page.goto("/verify")
        file = FilePayload(name=name, mimeType="application/json", buffer=content.encode())
        page.locator("input[type=file]").set_input_files(file)
        page.wait_for_selector("#checker[data-verdict]")
        assert says in page.locator("[data-part=outcome]").inner_text()
    page.goto("/verify?no=450803-2026-009999")
    page.get_by_role("button", name="在浏览器里核验").click()
    page.wait_for_selector("#checker[data-verdict]")
    assert "还没有抽取记录" in page.locator("[data-part=outcome]").inner_text()


def test_what_was_wrong_is_shown_with_both_values(page, records):
    file = FilePayload(
        name="record.json",
        mimeType="application/json",
        buffer=json.dumps({**records["none"], "seed": "0" * 64}).encode(),
    )
    page.locator("input[type=file]").set_input_files(file)
    page.wait_for_selector("#checker[data-verdict=fails]")
    line = page.locator("[data-check=seed]").inner_text()
    assert "有矛盾" in line
    assert f"记录：{'0' * 64}" in line
    assert f"重算：{records['none']['seed']}" in line


def test_one_entry_of_the_log_is_checked(page, records):
    page.goto(f"/log/{records['lottery']['log']['freeze']['index']}")
    page.locator("#entry button").click()
    page.wait_for_selector("#entry[data-verdict=holds]")
    assert page.locator("#entry .status-done").count() == 3


def test_without_webcrypto_and_without_javascript_the_other_way_is_told(chromium, served, records):
    address = f"{served[1]}/announcements/{records['none']['no']}/record"
    plain = chromium.new_context()
    plain.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', {get: () => undefined})")
    scriptless = chromium.new_context(java_script_enabled=False)
    for context, says in ((plain, "http 方式打开"), (scriptless, "没有运行本页的程序")):
        page = context.new_page()
        page.goto(address)
        assert says in page.locator("#checker").inner_text()
        assert not page.get_by_role("button", name="在浏览器里核验").is_visible()
        assert page.get_by_role("link", name="lottery.py").is_visible()
        context.close()
