"""Two auctions through HTTP only, from the need to the award: what is seen, by whom, and that an outsider agrees."""

import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.actor import Actor
from app.clockwork import services as clockwork
from app.database import db
from tests import outsider
from tests.builders.bidding import CEILING, STEP, an_auction, auction_of, begun
from tests.builders.registration import agencies
from tests.story.conftest import Market
from tests.story.scene import DATABASES, Browser, a_market, numbered

RIVALS: list[Actor] = []
"""The agencies of the market under test."""


@pytest.fixture(scope="module", params=DATABASES)
def market(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A market on a database of its own."""
    with a_market(request.param, tmp_path_factory.mktemp("auction")) as market:
        with market.app.app_context():
            RIVALS[:] = agencies(3)
            db.session.remove()
        yield market


def walk(market: Market, no: str, *, seconds: int | None = None) -> None:
    """So many seconds after the beginning of the auction, or to its end."""
    with market.app.app_context():
        if seconds is None:
            clockwork.go_to(auction_of(no).ends_at)
        else:
            begun(no, seconds=seconds)
        db.session.remove()


def offers(browser: Browser, no: str, fen: int, status: int = 303) -> Any:
    """An agency offers on the page."""
    data = {"amount_fen": f"{fen // 100}.{fen % 100:02d}", "key": f"{no}-{browser.login}-{fen}"}
    answer = browser.post(f"/announcements/{no}/auction/offer", data=data)
    assert answer.status_code == status, answer.text
    assert status != 303 or answer.location == f"/announcements/{no}/auction"
    return answer


def transcript(market: Market, no: str, folder: Path) -> dict[str, Any]:
    """As anybody fetches it; the verifier that the market hands out and the outsider's own both agree."""
    numbered(market)
    public = Browser(market, None)
    (folder / "transcript.json").write_bytes(public.get(f"/announcements/{no}/transcript.json").data)
    (folder / "transcript.zip").write_bytes(public.get("/verify/transcript.zip").data)
    command = [sys.executable, "-I", "-S", "transcript.zip", "transcript.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
    found: dict[str, Any] = json.loads((folder / "transcript.json").read_text())
    assert outsider.check_transcript(found) == []
    return found


def test_live_from_the_beginning_to_the_award(market: Market, tmp_path: Path) -> None:
    with market.app.app_context():
        no, rivals = an_auction(among=RIVALS)
        codes = [rival.code or "" for rival in rivals]
        db.session.remove()
    public = Browser(market, None)
    assert "网上竞价开始" in public.get(f"/announcements/{no}").text
    assert public.get(f"/announcements/{no}/auction/1/state.json").status_code == 404
    walk(market, no, seconds=0)
    first, second = Browser(market, "agency1"), Browser(market, "agency2")
    assert "正在竞价" in public.get(f"/announcements/{no}/auction").text
    offers(first, no, CEILING)
    refused = offers(second, no, CEILING - 1, 409)
    assert "现在最高只能报49,750.00元" in refused.text
    assert f'value="{(CEILING - 1) // 100}.99"' in refused.text
    offers(second, no, CEILING - STEP)
    page = second.get(f"/announcements/{no}/auction").text
    assert "第 1 名" in page
    assert 'value="49500.00"' in page
    assert "第 2 名" in first.get(f"/announcements/{no}/auction").text
    state = public.get(f"/announcements/{no}/auction/1/state.json")
    assert [one["amount_fen"] for one in state.json["better"]] == [CEILING, CEILING - STEP]
    again = public.get(f"/announcements/{no}/auction/1/state.json", headers={"If-None-Match": state.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert public.get(f"/announcements/{no}/auction/1/state.json?at=1").json["best_fen"] == CEILING
    own = first.get(f"/announcements/{no}/auction/1/own.json").json
    assert (own["rank"], own["last_fen"], own["most_fen"]) == (2, CEILING, CEILING - 2 * STEP)
    for where in ("", "/auction", "/record", "/auction/1/state.json"):
        shown = public.get(f"/announcements/{no}{where}").text
        assert not [told for told in codes if told in shown], where
    numbered(market)
    assert "auction.bid" not in public.get("/opendata/changes?after=0").text
    walk(market, no)
    page = public.get(f"/announcements/{no}/auction").text
    assert codes[1] in page
    index = re.findall(r'href="/log/(\d+)">\d+</a>', page)[-1]
    assert f'"amount_fen":{CEILING - STEP}' in html.unescape(public.get(f"/log/{index}").text)
    told = transcript(market, no, tmp_path)
    assert told["result"][0] == {"rank": 1, "id": codes[1], "amount": CEILING - STEP}
    assert public.get(f"/api/v1/awards/{no}-A01").json["amount_fen"] == CEILING - STEP
    assert "auction.bid" in public.get("/opendata/changes?after=0").text
    assert "网上竞价，最低的" in public.get(f"/announcements/{no}/record").text


def test_in_rounds_to_the_award(market: Market, tmp_path: Path) -> None:
    with market.app.app_context():
        no, rivals = an_auction("BID_ROUNDS", among=RIVALS)
        codes = [rival.code or "" for rival in rivals]
        db.session.remove()
    walk(market, no, seconds=10)
    first, second = Browser(market, "agency1"), Browser(market, "agency2")
    offers(first, no, CEILING)
    assert "第1轮已经出过价" in offers(first, no, CEILING - STEP, 409).text
    offers(second, no, CEILING)
    walk(market, no, seconds=530)
    offers(first, no, CEILING - STEP)
    state = Browser(market, None).get(f"/announcements/{no}/auction/1/state.json").json
    assert (state["extended"], [one["seq"] for one in state["better"]]) == (1, [1, 3])
    walk(market, no)
    told = transcript(market, no, tmp_path)
    assert [row["id"] for row in told["result"]] == [codes[0], codes[1]]
    table = Browser(market, None).get(f"/announcements/{no}/auction").text
    assert re.findall(r"<td[^>]*>第 (\d) 轮</td>", table) == ["1", "1", "3"]
    award = Browser(market, None).get(f"/api/v1/awards/{no}-A01").json
    assert (award["agency"]["code"], award["amount_fen"]) == (codes[0], CEILING - STEP)
