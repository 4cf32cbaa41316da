"""An outsider follows draws without a beacon, with a lottery's and with a throw in the hall, and an opening, over HTTP.

The outsider (`tests/outsider.py`) knows the protocol's page and the standard library only; here it reads a market that
is really served, in which agencies registered, offered and were chosen.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from tests import outsider
from tests.builders.announcement import an_announcement
from tests.builders.offer import an_offer
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import HALL, drawn
from tests.story.conftest import Market
from tests.story.scene import DATABASES, Browser, a_market, numbered

SCRIPT = Path(outsider.__file__)
PRICES = (4_200_000, 4_100_000, 4_300_000)


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def served(market: Market) -> Iterator[str]:
    """The market's address while it is served on this machine."""
    server = make_server("127.0.0.1", 0, market.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Seen:
    """What happened, and where an outsider can read of it; `head` and `receipts` are what he kept from earlier."""

    url: str
    plain: str
    lottery: str
    thrown: str
    priced: str
    head: dict[str, Any]
    receipts: tuple[dict[str, Any], ...]
    folder: Path


@pytest.fixture(scope="module", params=DATABASES)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Four announcements with three registered agencies each, all decided."""
    folder = tmp_path_factory.mktemp("outside")
    with a_market(request.param, folder) as market, served(market) as url:
        with market.app.app_context():
            rivals = agencies(3)
            plain, lottery = an_announcement(), an_announcement(fund="state", budget_fen=3_000_000)
            thrown = an_announcement(fund="state", budget_fen=3_000_000, region=HALL)
            priced = an_announcement(method="BID_LOW")
            numbered(market)
            head = outsider.over_http(url)("/log/head")
            for rival, price in zip(rivals, PRICES, strict=True):
                for no in (plain, lottery, thrown, priced):
                    a_registration(rival, no)
                an_offer(rival, priced, amount_fen=price + 50_000)
                an_offer(rival, priced, amount_fen=price)
            for no in (plain, priced, thrown, lottery):
                drawn(no)
        numbered(market)
        receipts = tuple(receipts_of(Browser(market, "agency1")))
        yield Seen(url, plain, lottery, thrown, priced, head, receipts, folder)


def receipts_of(browser: Browser) -> Iterator[dict[str, Any]]:
    for part in browser.get("/desk/receipts").text.split('href="/desk/receipts/')[1:]:
        yield json.loads(browser.get("/desk/receipts/" + part.partition('"')[0]).text)


def run(seen: Seen, *arguments: str) -> tuple[int, str]:
    """The script as an outsider runs it: a Python of its own, without our packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", SCRIPT, seen.url, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=seen.folder,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def kept(seen: Seen, name: str, content: object) -> str:
    file = seen.folder / name
    file.write_text(json.dumps(content), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("which", ["plain", "lottery", "thrown", "priced"])
def test_each_record_holds(seen: Seen, which: str) -> None:
    no = getattr(seen, which)
    record = outsider.over_http(seen.url)(f"/announcements/{no}/record.json")
    assert record["decision"] == "drawn"
    assert len(record["order"]) == 3
    assert (record["beacon_value"] is None) == (which in ("plain", "priced"))
    assert ("\nlottery 3d+pl5 after " in record["frozen_text"]) == (which == "lottery")
    assert ("\nwitness after " in record["frozen_text"]) == (which == "thrown")
    assert outsider.check_record(record) == []
    assert run(seen, "--announcement", no) == (0, "holds\n")


def test_the_winner_shown_is_the_first_of_the_order(seen: Seen) -> None:
    fetch = outsider.over_http(seen.url)
    for no in (seen.plain, seen.lottery):
        order = fetch(f"/announcements/{no}/record.json")["order"]
        assert fetch(f"/api/v1/awards/{no}-A01")["agency"]["code"] == order[0]


def test_each_opened_offer_is_what_was_committed_to_before_the_closing(seen: Seen) -> None:
    fetch = outsider.over_http(seen.url)
    found = fetch(f"/announcements/{seen.priced}/offers.json")
    opened = [offer for offer in found if offer["body"] is not None]
    assert len(found) == 6
    assert sorted(int(offer["body"].splitlines()[6]) for offer in opened) == sorted(PRICES)
    for offer in opened:
        assert outsider.check_offer(offer["body"], offer["commitment"]) == []
        assert outsider.check_logged(offer, fetch) == []
    lowest = min(opened, key=lambda offer: int(offer["body"].splitlines()[6]))
    assert fetch(f"/api/v1/awards/{seen.priced}-A01")["agency"]["code"] == lowest["id"]


def test_each_receipt_is_under_the_head_and_the_log_continues_the_one_kept(seen: Seen) -> None:
    fetch = outsider.over_http(seen.url)
    acts = [receipt["text"].splitlines()[2] for receipt in seen.receipts]
    assert {"registration.submit", "offer.submit", "agency.apply", "credential.submit", "price.publish"} <= set(acts)
    for receipt in seen.receipts:
        assert outsider.check_receipt(receipt, fetch) == []
    assert seen.head["tree_size"] < fetch("/log/head")["tree_size"]
    own = kept(seen, "receipt.json", seen.receipts[0])
    assert run(seen, "--receipt", own, "--head", kept(seen, "head.json", seen.head)) == (0, "holds\n")


def test_what_was_never_so_does_not_hold(seen: Seen) -> None:
    fetch = outsider.over_http(seen.url)
    forged = {**seen.head, "root_hash": "0" * 64}
    assert run(seen, "--head", kept(seen, "forged.json", forged))[0] == 1
    receipt = dict(seen.receipts[0])
    receipt["text"] = receipt["text"].replace(receipt["text"].splitlines()[-1], "1" * 64)
    assert run(seen, "--receipt", kept(seen, "forged-receipt.json", receipt))[0] == 1
    record = fetch(f"/announcements/{seen.lottery}/record.json")
    assert outsider.check_record({**record, "order": record["order"][::-1]}) != []
    assert outsider.check_record({**record, "beacon_value": "372-90419"}) != []
    opened = next(offer for offer in fetch(f"/announcements/{seen.priced}/offers.json") if offer["body"])
    cheaper = opened["body"].replace(opened["body"].splitlines()[6], "1")
    assert outsider.check_offer(cheaper, opened["commitment"]) != []
    assert outsider.check_logged({**opened, "commitment": "2" * 64}, fetch) != []
