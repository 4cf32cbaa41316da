"""Every page that anybody may open: no dead end, and nothing that keeps anybody out (quality.md U1 and U3)."""

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

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
SHOWN_TO_EVERYBODY_DIFFERENTLY = {"announcement.page", "agency.card", "desk.home", "credit.page", "award.page"}


class Found:
    """What one person reaches from the places of the market and the own desk: addresses by endpoint."""

    def __init__(self, app: Flask, reader: Reader) -> None:
        self.app, self.pages, self.broken = app, dict[str, list[str]](), list[str]()
        self._walk(reader)

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
            if len(self.pages.get(endpoint, ())) >= (8 if reader.login is None else 3):
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
    open("/tmp/brief/broken.txt","w").write("\n".join(broken))
    open("/tmp/brief/found.txt","w").write("\n".join(f"{l} {e} {a}" for l,o in found.items() for e,a in o.pages.items()))
    assert broken == []
