"""The recorded auction in a real browser: played, slid through, turned by keys, and read without a script."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page

from bidding.selection import replay
from bidding.selection.scenes import Kind, Live
from tests.browser.conftest import Scriptless, Visitor
from tests.builders import auction
from tests.story.conftest import Market

pytestmark = pytest.mark.browser

RECORDED = auction.FILE.read_bytes()
LIVE = next(step.content for step in replay.replay(replay.read(RECORDED)).steps if step.kind is Kind.LIVE)
RECORDS = """body => {
  const put = body.replaceChildren.bind(body);
  window.seen = [];
  body.replaceChildren = (...rows) => {
    put(...rows);
    seen.push(rows.map((row) => ["th", ".letter", ".num"].map((part) => row.querySelector(part).textContent)));
  };
}"""
"""What stood in the table after each step of it."""

WINNER = "清源工程咨询有限公司"


def standings(number: int) -> list[tuple[str, str, str]]:
    """Rank, letter and last amount of everybody after an offer, as the rules have it."""
    assert isinstance(LIVE, Live)
    found = LIVE.offers[number - 1].standings
    return [(str(one.rank), one.bidder.letter, f"{one.amount // 100:,}.{one.amount % 100:02}") for one in found]


@contextmanager
def handed_in(
    chromium: Browser, base: str, *, width: int, script: bool = True, still: bool = False
) -> Iterator[Visitor]:
    """The page of the recorded auction's file, handed in by somebody with such a browser."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        locale="zh-CN",
        java_script_enabled=script,
        reduced_motion="reduce" if still else "no-preference",
    )
    visitor = (Visitor if script else Scriptless)(context, base, None)
    visitor.page.goto(f"{base}/verify/replay")
    file = FilePayload(name="transcript.json", mimeType="application/json", buffer=RECORDED)
    visitor.page.locator("input[type=file]").set_input_files(file)
    visitor.page.get_by_role("button", name="重算并回放").click()
    visitor.page.get_by_text("重算一致").first.wait_for()
    visitor.examines()
    yield visitor
    context.close()
    assert visitor.faults == []


def shown(section: Locator) -> list[tuple[str, str, str]]:
    """Rank, letter and amount as the table beside the picture says them."""
    rows = section.locator(".auction-pair tbody tr")
    return [
        (
            row.locator("th").inner_text(),
            row.locator(".letter").inner_text(),
            row.locator(".num").inner_text(),
        )
        for row in rows.all()
    ]


def the_auction(page: Page) -> Locator:
    """The step with the auction."""
    return page.locator("section.replay-step", has=page.get_by_role("heading", name="竞价过程"))


@pytest.mark.parametrize("width", [1280, 360])
def test_an_auction_is_played(chromium: Browser, served: tuple[Market, str], width: int) -> None:
    with handed_in(chromium, served[1], width=width) as visitor:
        section, page = the_auction(visitor.page), visitor.page
        assert shown(section) == standings(15)
        # Fifteen offers go by, faster than by the page's own clock.
        page.clock.install()
        section.locator(".auction-pair tbody").evaluate(RECORDS)
        section.get_by_role("button", name="播放").click()
        page.clock.run_for(16 * 1200)
        seen = [[tuple(row) for row in rows] for rows in page.evaluate("seen")]
        assert seen == [[], *(standings(number) for number in range(1, 16))]
        assert shown(section) == standings(15)
        assert section.get_by_role("button", name="播放").is_visible()
        assert f"B {WINNER} 报 41,900.00 元" in section.locator("[data-part=says]").inner_text()
        section.get_by_role("button", name="从头").click()
        section.get_by_role("button", name="下一步").click()
        assert shown(section) == [("1", "A", "48,000.00")]
        slide = section.get_by_role("slider")
        slide.focus()
        for _ in range(11):
            page.keyboard.press("ArrowRight")
        assert shown(section) == standings(12)
        assert section.locator("tr[data-frame]:visible").count() == 12
        assert section.locator("svg .mark:visible").count() == 12
        assert "截止顺延到 09:40:12" in section.locator("[data-part=says]").inner_text()
        section.get_by_role("button", name="到底").click()
        assert WINNER in page.locator("section.replay-step").last.inner_text()
        visitor.examines()


@pytest.mark.parametrize("width", [1280, 360])
def test_an_auction_is_read_without_a_script(chromium: Browser, served: tuple[Market, str], width: int) -> None:
    with handed_in(chromium, served[1], width=width, script=False) as visitor:
        section = the_auction(visitor.page)
        assert not section.get_by_role("button", name="播放").is_visible()
        rows = section.locator("tr[data-frame]").all()
        assert len(rows) == 15
        for number, row in enumerate(rows, 1):
            ranks = row.locator(".ranks").inner_text().replace("\xa0", " ")
            assert re.findall(r"(\d) ([A-E])", ranks) == [(rank, letter) for rank, letter, _ in standings(number)]
        result = visitor.page.locator("section.replay-step").last
        assert [row.locator(".num").inner_text() for row in result.locator("tbody tr").all()] == [
            amount for _, _, amount in standings(15)[:3]
        ]
        assert WINNER in result.locator("tbody tr").first.inner_text()
        visitor.page.goto(f"{served[1]}/verify/replay/auction?step=16")
        assert shown(the_auction(visitor.page)) == standings(12)
        visitor.page.get_by_role("link", name="下一步").click()
        assert shown(the_auction(visitor.page)) == standings(13)


def test_without_motion_nothing_plays_by_itself(chromium: Browser, served: tuple[Market, str]) -> None:
    with handed_in(chromium, served[1], width=1280, still=True) as visitor:
        section = the_auction(visitor.page)
        assert not section.get_by_role("button", name="播放").is_visible()
        section.get_by_role("button", name="上一步").click()
        assert shown(section) == standings(14)


def test_the_arrows_turn_the_pages(chromium: Browser, served: tuple[Market, str]) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    visitor = Visitor(context, served[1], None)
    visitor.page.goto(f"{served[1]}/verify/replay/auction?step=5")
    visitor.page.keyboard.press("ArrowRight")
    visitor.page.wait_for_url("**/auction?step=6")
    visitor.page.keyboard.press("ArrowLeft")
    visitor.page.wait_for_url("**/auction?step=5")
    visitor.examines()
    context.close()
    assert visitor.faults == []


def test_a_changed_amount_is_told_in_the_browser(chromium: Browser, served: tuple[Market, str]) -> None:
    found = json.loads(RECORDED)
    found["live"][-1]["amount"] -= 1
    context = chromium.new_context(viewport={"width": 360, "height": 900}, locale="zh-CN")
    visitor = Visitor(context, served[1], None)
    visitor.page.goto(f"{served[1]}/verify/replay")
    visitor.page.get_by_label("或者粘贴它的全文").fill(json.dumps(found, ensure_ascii=False))
    visitor.page.get_by_role("button", name="重算并回放").click()
    visitor.page.get_by_text("这份记录自相矛盾").wait_for()
    assert "结果与重新计算的结果不符" in visitor.said
    assert "记录中写的结果，与计算不符" in visitor.said
    visitor.examines()
    context.close()
    assert visitor.faults == []
