"""Takes docs/screenshots/ from a demonstration that runs: `python -m tests.browser.screenshots [http://127.0.0.1:8000]`.

Pages are found as a visitor finds them, by following links; a picture shows what a screen shows at once.
"""

import argparse
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import PLACES, SWITCHES
from tests.conftest import PASSWORD

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
DESK, PHONE = (1160, 700), (360, 680)


@dataclass(frozen=True)
class Shot:
    """One picture: its name, who looks, from where, which links are followed, and to which heading it is scrolled."""

    name: str
    start: str
    links: Sequence[str] = ()
    login: str | None = None
    at: str | None = None
    size: tuple[int, int] = DESK


DECIDED = "/announcements/?phase=decided&method=RANDOM"
AN_ANNOUNCEMENT = r"main table a[href^='/announcements/']"
A_RECORD = "main a[href*='/record']"
A_CREDIT = "main tr:has-text('A 优秀') a[href^='/credit/']"

SHOTS = (
    Shot("home", "/"),
    Shot("announcements", "/announcements/"),
    Shot("announcement", DECIDED, (AN_ANNOUNCEMENT,)),
    Shot("record", DECIDED, (AN_ANNOUNCEMENT, A_RECORD), at="自己核验"),
    Shot("agency", "/credit/", (A_CREDIT, "main a:text('机构名片')")),
    Shot("credit", "/credit/", (A_CREDIT,)),
    Shot("item", "/catalogue/0401"),
    Shot("statistics", "/statistics/"),
    Shot("rules", "/rules/"),
    Shot("need", "/needs/new?item=0401", login="purchaser1"),
    Shot("desk-agency", "/desk", login="agency1"),
    Shot("desk-operator", "/desk", login="operator1"),
    Shot("phone-home", "/", size=PHONE),
    Shot("phone-announcement", DECIDED, (AN_ANNOUNCEMENT,), size=PHONE),
    Shot("phone-credit", "/credit/", (A_CREDIT,), at="四、逐条记录", size=PHONE),
)


def take(browser: Browser, base: str, shot: Shot) -> None:
    """One picture into the folder."""
    width, height = shot.size
    page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce")
    if shot.login is not None:
        page.goto(f"{base}/login")
        page.get_by_label("登录名").fill(shot.login)
        page.get_by_label("密码").fill(PASSWORD)
        page.locator("main").get_by_role("button", name="登录").click()
    page.goto(base + shot.start)
    for link in shot.links:
        page.goto(base + (page.locator(link).first.get_attribute("href") or ""))
    if shot.name == "need":
        fill(page)
    if shot.name == "record":
        page.get_by_role("button", name=re.compile("在浏览器里核验")).click()
        page.locator(".checks").get_by_text("一致").last.wait_for()
    if shot.at is not None:
        page.get_by_role("heading", name=shot.at).first.evaluate("one => one.scrollIntoView()")
    page.screenshot(path=FOLDER / f"{shot.name}.png")
    page.close()


def fill(page: Page) -> None:
    """The part of a need that the rules answer to."""
    page.get_by_label("项目名称").fill("第三初级中学扩建地形图测绘")
    page.get_by_label("期望的服务时限（工作日）").fill("10")
    page.get_by_role("group", name="资金性质").last.get_by_label("财政性资金").check()
    page.get_by_label("服务预算（含税）").fill("60000")
    page.wait_for_timeout(1500)
    page.get_by_label("中介服务事项").evaluate("one => one.scrollIntoView()")


def main() -> None:
    """All of them."""
    reads = argparse.ArgumentParser(description=__doc__)
    reads.add_argument("base", nargs="?", default="http://127.0.0.1:8000")
    base = reads.parse_args().base
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as started:
        found = next(filter(None, map(shutil.which, PLACES)), None)
        browser = started.chromium.launch(executable_path=found, args=[*SWITCHES])
        for shot in SHOTS:
            take(browser, base.rstrip("/"), shot)
        browser.close()


if __name__ == "__main__":
    main()
