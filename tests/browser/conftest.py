"""A market that serves on this machine, and people with a real browser: a mouse, a keyboard only, or no JavaScript."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    FilePayload,
    Locator,
    Page,
    Response,
    sync_playwright,
)
from werkzeug.serving import make_server

from app.clock import FixedClock
from app.database import db
from tests.builders import purchaser, registration
from tests.conftest import PASSWORD, START, build
from tests.story.conftest import Market

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
UNLIKE = """() => {
  const grounds = new Map([[null, 0]]), known = new Map(), met = new Map();
  const number = (found) => known.get(found) ?? known.set(found, known.size + 1).get(found);
  const ground = (one) => {
    if (!grounds.has(one)) {
      const { backgroundColor, backgroundImage, opacity, filter, mixBlendMode, position, clip } = getComputedStyle(one);
      const own = [one.localName, backgroundColor, backgroundImage, opacity, filter, mixBlendMode, position, clip];
      grounds.set(one, number(JSON.stringify([ground(one.parentElement), ...own])));
    }
    return grounds.get(one);
  };
  for (const one of document.body.querySelectorAll("*")) {
    const written = [...one.childNodes].some((part) => part.nodeType === Node.TEXT_NODE && part.data.trim());
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(one);
    const ink = [ground(one), color, fontSize, fontWeight, textShadow, one.checkVisibility()];
    const alike = JSON.stringify(written ? ink : [...ink, "no text"]);
    met.set(alike, (met.get(alike) ?? 0) + 1);
    one.toggleAttribute("data-unlike", one.matches("input, select, textarea") || met.get(alike) <= 3);
  }
}"""
"""Marks what a page says in a way of its own: the colours of the letters, their size and all that lies behind them.

A list says a thousand words in the same way: whether its colours tell enough apart is decided on three of them.
"""
ALIKE = """axe.configure({rules: [{id: "color-contrast", selector: "[data-unlike]"}]})"""
VIOLATIONS = """only => axe.run({resultTypes: ["violations"], ...(only && {runOnly: only})}).then(
  found => found.violations.map(one => one.id + ": " + one.nodes.map(node => node.html).join(" | "))
)"""
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run")
PLACES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
PARTIES = 4
"""As many pairs of a purchaser and an agency as tests need; each test has its own."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; without one the tests are skipped, unless it is demanded."""
    found = next(filter(None, map(shutil.which, PLACES)), None)
    if found is None and os.environ.get("MARKET_REQUIRE_BROWSER") != "1":
        pytest.skip("for want of Chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=[*SWITCHES])
        yield browser
        browser.close()


@contextmanager
def serving(folder: Path, fill: Callable[[Flask], None]) -> Iterator[tuple[Market, str]]:
    """A market on its own SQLite database, filled, and the address where it answers."""
    app = build(f"sqlite:///{folder / 'market.sqlite3'}", folder, clock=FixedClock(START))
    app.config.update(WTF_CSRF_ENABLED=True, PROPAGATE_EXCEPTIONS=False)
    fill(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Market(app), f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def admit(app: Flask) -> None:
    """As many pairs of a purchaser and an agency as tests need."""
    with app.app_context():
        for number in range(1, PARTIES + 1):
            purchaser.a_purchaser(f"purchaser{number}")
        registration.agencies(PARTIES)
        db.session.remove()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Market, str]]:
    """A market with admitted parties, and the address where it answers."""
    with serving(tmp_path_factory.mktemp("browser"), admit) as market:
        yield market


class Visitor:
    """Somebody with a browser and a mouse, who looks at every page for what would keep others from using it."""

    def __init__(self, context: BrowserContext, base: str, login: str | None) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.base, self.login = base, login
        self.faults: list[str] = []
        self.page.on("console", self._hears)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("response", self._receives)

    def _hears(self, message: ConsoleMessage) -> None:
        # A refused form is answered by 409 or 422 on purpose; what breaks the content policy is an error here too.
        if message.type == "error" and "status of 4" not in message.text:
            self.faults.append(f"console: {message.text}")

    def _receives(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and response.request.resource_type != "document"):
            self.faults.append(f"{response.status} for {urlsplit(response.url).path}")

    def goes(self, path: str) -> None:
        """Type an address; sign in where it asks for that."""
        self.page.goto(self.base + path)
        if urlsplit(self.page.url).path == "/login" and self.login is not None and path != "/login":
            self.fills("登录名", self.login)
            self.fills("密码", PASSWORD)
            self.presses("登录")
            if self.path != path:
                self.page.goto(self.base + path)
        self.examines()

    def turns(self, width: int) -> None:
        """The same page on a screen of another width, and back: what depends on the width alone."""
        usual = self.page.viewport_size
        self.page.set_viewport_size({"width": width, "height": 800})
        self._axe(["scrollable-region-focusable", "target-size", "heading-order"])
        self._measures()
        self.page.set_viewport_size(usual or {"width": 1280, "height": 800})

    def follows(self, name: str | re.Pattern[str]) -> None:
        """Follow a link of the page's content."""
        self._acts_on(self.page.locator("main").get_by_role("link", name=name, exact=True).first)

    def presses(self, name: str) -> None:
        """Press a button."""
        self._acts_on(self.page.locator("main").get_by_role("button", name=name, exact=True).first)

    def _acts_on(self, there: Locator) -> None:
        with self.page.expect_navigation():
            self._clicks(there)
        self.examines()

    def _clicks(self, there: Locator) -> None:
        there.click()

    def fills(self, label: str, text: str) -> None:
        """Fill in a field by its label."""
        self.page.get_by_label(label).first.fill(text)

    def chooses(self, label: str, starts: str) -> None:
        """Choose from a list by how the choice begins."""
        there = self.page.get_by_label(label)
        there.select_option(there.locator("option").filter(has_text=re.compile(f"^{starts}")).inner_text())

    def ticks(self, group: str, choice: str) -> None:
        """Take one of several."""
        self._choice(group, choice).check()

    def _choice(self, group: str, choice: str) -> Locator:
        return self.page.get_by_role("group", name=group).last.get_by_label(choice)

    def hands_in(self, label: str, content: bytes) -> None:
        """Choose a file."""
        file = FilePayload(name="scan.pdf", mimeType="application/pdf", buffer=content)
        self.page.get_by_label(label).set_input_files(file)

    @property
    def said(self) -> str:
        """The words of the page's content."""
        return self.page.locator("main").inner_text()

    @property
    def path(self) -> str:
        """Where one is."""
        return urlsplit(self.page.url).path

    def examines(self) -> None:
        """What axe-core finds on this page, and whether it scrolls sideways."""
        self._axe(None)
        ids = self.page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
        self.faults += [f"{self.path} has {one} twice" for one in set(ids) if ids.count(one) > 1]
        self._measures()

    def _axe(self, only: list[str] | None) -> None:
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(f"{AXE};{ALIKE};0")
        if only is None:
            self.page.evaluate(UNLIKE)
        self.faults += [f"{self.path} {found}" for found in self.page.evaluate(VIOLATIONS, only)]

    def _measures(self) -> None:
        width, seen = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if width > seen:
            self.faults.append(f"{self.path} scrolls sideways: {width} > {seen}")


class Scriptless(Visitor):
    """Somebody whose browser runs no JavaScript; axe-core would not run there either."""

    def examines(self) -> None:
        """What can be told without a script: that something stands there."""
        if not self.said:
            self.faults.append(f"{self.path} is empty")


class Typist(Visitor):
    """Somebody who has a keyboard only: Tab, arrows, letters, Enter."""

    def _reaches(self, there: Locator) -> None:
        for _ in range(300):
            try:
                if there.evaluate("wanted => wanted === document.activeElement"):
                    return
            except Error:
                pass
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {there}")

    def _clicks(self, there: Locator) -> None:
        self._reaches(there)
        self.page.keyboard.press("Enter")

    def fills(self, label: str, text: str) -> None:
        there = self.page.get_by_label(label).first
        self._reaches(there)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def chooses(self, label: str, starts: str) -> None:
        self._reaches(self.page.get_by_label(label))
        self.page.keyboard.type(starts)

    def ticks(self, group: str, choice: str) -> None:
        wanted = self._choice(group, choice)
        self._reaches(self.page.get_by_role("group", name=group).last.get_by_role("radio").first)
        self.page.keyboard.press("Space")
        for _ in range(10):
            if wanted.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows do not reach {choice}")
