"""A live auction in real browsers: watchers see every price unasked, bidders sit at a phone or without a script."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Dialog, expect

from app.database import db
from tests.browser.conftest import Scriptless, Visitor, serving
from tests.builders.bidding import an_auction, begun
from tests.builders.registration import agencies
from tests.story.conftest import Market

pytestmark = pytest.mark.browser

FOUND: list[str] = []
"""The number of the announcement whose auction runs."""


def fill(app: Flask) -> None:
    """Three agencies, and an auction that has just begun."""
    with app.app_context():
        no, _ = an_auction(among=agencies(3))
        begun(no, seconds=5)
        FOUND[:] = [no]
        db.session.remove()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Market, str]]:
    """A market with an auction."""
    with serving(tmp_path_factory.mktemp("auction"), fill) as market:
        yield market


def sits(chromium: Browser, base: str, login: str | None, *, width: int, script: bool = True) -> Visitor:
    """Somebody at the page of the auction, who says yes when asked whether he means it."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN", java_script_enabled=script)
    visitor = (Visitor if script else Scriptless)(context, base, login)

    def agrees(asked: Dialog) -> None:
        asked.accept()

    visitor.page.on("dialog", agrees)
    if login is not None:
        visitor.goes("/desk")
    visitor.goes(f"/announcements/{FOUND[0]}/auction")
    return visitor


def offers(visitor: Visitor, yuan: str) -> None:
    """Types an amount and hands it in."""
    visitor.page.locator("input[name=amount_fen]").fill(yuan)
    visitor.page.get_by_role("button", name="出价", exact=True).click()
    visitor.page.wait_for_load_state()


def test_all_see_the_same_auction(chromium: Browser, running: tuple[Market, str]) -> None:
    base = running[1]
    public = sits(chromium, base, None, width=360)
    asked: list[str] = []
    public.page.on("request", lambda request: asked.append(request.url))
    phone = sits(chromium, base, "agency1", width=360)
    plain = sits(chromium, base, "agency2", width=1280, script=False)
    offers(phone, "50000.00")
    expect(public.page.locator('[data-show="best"]')).to_have_text("50,000.00 元")
    offers(plain, "49999.99")
    assert "现在最高只能报49,750.00元" in plain.page.inner_text("main")
    assert plain.page.locator("input[name=amount_fen]").input_value() == "49999.99"
    offers(plain, "49500.00")
    assert "第 1 名" in plain.page.inner_text("main")
    # What lies behind the page stays as it was; the news alone bring the prices, and the difference between them.
    expect(public.page.locator('[data-show="best"]')).to_have_text("49,500.00 元")
    rows = public.page.locator("#bettered tbody tr")
    expect(rows).to_have_count(2)
    assert [rows.nth(place).locator("td").last.inner_text() for place in (0, 1)] == ["降 500.00 元", ""]
    assert not [url for url in asked if "state.json" in url]
    expect(phone.page.locator('[data-show="rank"]')).to_contain_text("2")
    expect(phone.page.locator("input[name=amount_fen]")).to_have_value("49250.00")
    late = sits(chromium, base, "agency3", width=1280)
    assert "49,500.00 元" in late.page.locator('[data-show="best"]').inner_text()
    offers(late, "49250.00")
    expect(public.page.locator('[data-show="best"]')).to_have_text("49,250.00 元")
    assert [rows.nth(place).locator("td").last.inner_text() for place in (0, 1)] == ["降 250.00 元", "降 500.00 元"]
    for name in ("agency1", "agency2", "agency3"):
        assert name not in public.page.content()
    for visitor in (public, phone, plain, late):
        assert visitor.faults == []
        visitor.page.context.close()
