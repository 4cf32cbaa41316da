"""Every page that anybody may open: no dead end, and nothing that keeps anybody out (quality.md U1 and U3)."""

import re
from collections.abc import Container, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.browser.conftest import Visitor, serving
from tests.browser.world import EVERYBODY, fill
from tests.story.conftest import Market
from tests.story.scene import Browser as Reader
from tests.story.scene import look, numbered

pytestmark = pytest.mark.browser

FILES = re.compile(r"^/(static|bootstrap|log/(entries|head|key|proof)|opendata/changes|logout)")
DIFFERS = {"announcement.page", "agency.card", "agency.directory", "announcement.listed", "award.page", "desk.home"}
"""Pages for everybody that show each role something else."""


class Found:
    """What one person reaches from the places of the market and the own desk: addresses by endpoint."""

    def __init__(self, app: Flask, reader: Reader) -> None:
        self.app, self.pages, self.broken = app, dict[str, list[str]](), list[str]()
        self._walk(reader)

    def own(self, login: str | None, *, but: Container[str]) -> list[list[str]]:
        """One page of each kind that is not shown to others alike, and announcements in three phases."""
        return [
            addresses[: 3 if endpoint == "announcement.page" else 1]
            for endpoint, addresses in self.pages.items()
            if endpoint not in but and (login is None or endpoint in DIFFERS or self._door(endpoint) != "public")
        ]

    def _door(self, endpoint: str) -> str:
        return str(getattr(self.app.view_functions.get(endpoint), "door", ""))

    def _enough(self, endpoint: str, login: str | None) -> int:
        """How many pages of a kind are read: what all see alike is read as the public and as one of an office."""
        if self._door(endpoint) != "public":
            return 2
        if login is None:
            return 4
        return 1 if login == "operator1" or endpoint in DIFFERS else 0

    def _walk(self, reader: Reader) -> None:
        adapter = self.app.url_map.bind("localhost")
        waiting = [("", "/"), ("", "/desk")] if reader.login else [("", "/")]
        known = {address for _, address in waiting}
        while waiting:
            origin, address = waiting.pop()
            try:
                endpoint, _ = adapter.match(address.partition("?")[0])
            except RequestRedirect:
                endpoint = ""
            except HTTPException:
                self.broken.append(f"{origin} → {address}: nothing there")
                continue
            if len(self.pages.get(endpoint, ())) >= self._enough(endpoint, reader.login):
                continue
            shown = look(reader, address)
            if shown.status not in (200, 303):
                self.broken.append(f"{origin} → {address}: {shown.status}")
            if dict(shown.headers).get("Content-Type", "").startswith("text/html") and shown.status == 200:
                self.pages.setdefault(endpoint, []).append(address)
                for link in re.findall(r'<a [^>]*href="(/[^"#]*)', shown.text):
                    link = link.replace("&amp;", "&")
                    if link not in known and not FILES.match(link):
                        known.add(link)
                        waiting.append((address, link))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Market, str, dict[str | None, Found]]]:
    """The filled market, where it answers, and what everybody reaches in it."""
    with serving(tmp_path_factory.mktemp("pages"), fill) as (market, base):
        numbered(market)
        market.app.config["WTF_CSRF_ENABLED"] = False
        found = {login: Found(market.app, Reader(market, login)) for login in EVERYBODY}
        market.app.config["WTF_CSRF_ENABLED"] = True
        yield market, base, found


def test_no_link_leads_nowhere(everything: tuple[Market, str, dict[str | None, Found]]) -> None:
    _, _, found = everything
    broken = [f"{login or 'public'}: {fault}" for login, one in found.items() for fault in one.broken]
    assert broken == []


@pytest.mark.parametrize("login", [login for login in EVERYBODY if login not in ("regulator1b", "clerk1")])
def test_nothing_keeps_anybody_out(
    chromium: Browser, everything: tuple[Market, str, dict[str | None, Found]], login: str | None
) -> None:
    """Each kind of page, on a desk and on a phone."""
    _, base, found = everything
    visitor = Visitor(chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN"), base, login)
    visitor.page.set_default_timeout(30_000)
    # A newcomer sees what agencies see, and what they no longer do.
    known = found["agency1"].pages if login == "agency9" else {}
    for addresses in found[login].own(login, but=known):
        for address in addresses:
            visitor.goes(address)
            visitor.turns(360)
    visitor.page.context.close()
    assert visitor.faults == []
