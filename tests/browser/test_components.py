"""Every component in every state, on a desk and on a phone: nothing keeps anybody out (quality.md U1, U3)."""

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Scriptless, Visitor
from tests.story.conftest import Market

pytestmark = pytest.mark.browser
PAGES = ("/components", "/", "/help/", "/help/agency", "/help/glossary", "/login", "/join", "/nothing/清源")


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_keeps_anybody_out(chromium: Browser, served: tuple[Market, str], width: int) -> None:
    _, base = served
    visitor = Visitor(chromium.new_context(viewport={"width": width, "height": 800}, locale="zh-CN"), base, None)
    for page in PAGES:
        visitor.goes(page)
    visitor.page.context.close()
    assert visitor.faults == []


def test_one_pale_word_among_many_is_seen(chromium: Browser, served: tuple[Market, str]) -> None:
    """Though the colours of a list are looked at on a few of its words."""
    _, base = served
    visitor = Visitor(chromium.new_context(viewport={"width": 1280, "height": 800}), base, None)
    visitor.goes("/login")
    assert visitor.faults == []
    visitor.page.evaluate(
        """() => {
          const list = document.createElement("ul");
          for (let at = 0; at < 30; at += 1) list.append(document.createElement("li"));
          for (const [at, one] of [...list.children].entries()) one.append(`line ${at}`);
          list.children[20].style.color = "#bbb";
          document.querySelector("main").append(list);
        }"""
    )
    visitor.examines()
    (fault,) = visitor.faults
    assert "color-contrast" in fault
    assert ">line 20</li>" in fault
    visitor.page.context.close()


def test_a_phone_opens_the_places_without_a_script(chromium: Browser, served: tuple[Market, str]) -> None:
    _, base = served
    context = chromium.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=False)
    visitor = Scriptless(context, base, None)
    visitor.goes("/")
    places = visitor.page.get_by_role("navigation", name="全部栏目")
    assert not places.is_visible()
    visitor.page.get_by_text("全部栏目").first.click()
    places.get_by_role("link", name="帮助").click()
    assert visitor.path == "/help/"
    context.close()


def test_a_row_on_a_phone_is_a_card_with_its_heads(chromium: Browser, served: tuple[Market, str]) -> None:
    _, base = served
    visitor = Visitor(chromium.new_context(viewport={"width": 360, "height": 800}), base, None)
    visitor.goes("/components")
    cell = visitor.page.locator(".cards td[data-label='报价（元）']").first
    assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"报价（元）"'
    assert visitor.page.locator(".cards thead").first.bounding_box()["width"] <= 1
    visitor.page.context.close()


def test_large_enough_to_touch(chromium: Browser, served: tuple[Market, str]) -> None:
    """44 px for buttons, fields and places (docs/design.md)."""
    _, base = served
    visitor = Visitor(chromium.new_context(viewport={"width": 360, "height": 800}), base, None)
    visitor.goes("/components")
    low = visitor.page.locator(".btn, .form-control, .form-select, .top a:visible, .tabs a, .contents a").evaluate_all(
        "all => all.filter(one => one.offsetHeight && one.offsetHeight < 43.5).map(one => one.outerHTML)"
    )
    assert low == []
    visitor.page.context.close()


def test_paper_unfolds_and_leaves_the_places_out(chromium: Browser, served: tuple[Market, str]) -> None:
    _, base = served
    visitor = Visitor(chromium.new_context(viewport={"width": 1280, "height": 800}), base, None)
    visitor.goes("/components")
    visitor.page.emulate_media(media="print")
    assert not visitor.page.locator(".top").is_visible()
    assert not visitor.page.get_by_role("link", name="次要按钮").is_visible()
    folded = visitor.page.locator(".timeline details:not([open]) li").first
    assert folded.is_visible()
    visitor.page.context.close()
