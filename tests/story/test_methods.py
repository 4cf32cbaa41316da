"""Several winners, a discount rate, offers after a draw, a choice by credit: each from its form to its contract.

Over HTTP, on both databases; what the public reads of each is recomputed by our verifier and by an outsider's.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from bidding.selection import transcript
from tests import outsider
from tests.builders.need import purchaser_for
from tests.builders.registration import agencies
from tests.story.conftest import Market, Person, local, said, scan
from tests.story.scene import DATABASES, a_market

BUDGET = "50000.00"
ALL = 4


class Cast:
    """A market with a purchaser and four agencies, who act by page."""

    def __init__(self, market: Market) -> None:
        self.market = market
        with market.app.app_context():
            self.codes = {one.code or "": f"agency{place}" for place, one in enumerate(agencies(ALL), 1)}
            purchaser_for("social")
        self.owner = Person(market, "purchaser1")
        self.agencies = {login: Person(market, login) for login in self.codes.values()}

    def announced(self, method: str, **particulars: str) -> str:
        """A need for item 0401 of social funds, published at once; the announcement's number."""
        where = self.owner.does(
            "/needs/new",
            above_limit="no",
            excluded="no",
            item="0401",
            title=f"某厂区地形图测绘 {method}",
            content="1:500地形图测绘，面积约2平方公里。",
            region="450803",
            expected_days="10",
            fund="social",
            payer="purchaser",
            budget_fen=BUDGET,
            method=method,
            contact="李工",
            phone="0775-1234567",
            key=f"need-{method}",
            **particulars,
        )
        need = re.search(r"/needs/([0-9N-]+)", where).group(1)  # type: ignore[union-attr]
        self.owner.does(f"/needs/{need}/publish", key=f"publish-{need}")
        page = said(self.owner.get(f"/needs/{need}").text)
        no = re.search(r"450803-\d{4}-\d{6}", page).group(0)  # type: ignore[union-attr]
        for login, agency in self.agencies.items():
            agency.does(f"/announcements/{no}/register", days="8", key=f"register-{no}-{login}")
        return no

    def offers(self, no: str, login: str, **said_in_it: str) -> None:
        """One agency hands in a sealed offer and receives its body."""
        form = {"days": "8", "key": f"offer-{no}-{login}", **said_in_it}
        answer = self.agencies[login].post(f"/announcements/{no}/offer", **form)
        assert "zjcs-offer-1" in answer.text, said(answer.text)

    def closes(self, no: str) -> None:
        """Registration ends, and whatever follows at once."""
        found = self.json(f"/api/v1/announcements/{no}")["closes_at"]
        self.market.walk(datetime.fromisoformat(found) + timedelta(minutes=1))

    def json(self, path: str) -> Any:
        return self.market.public(path).get_json()

    def told(self, no: str) -> Any:
        """The public transcript, recomputed twice, and told again to its result."""
        found = self.json(f"/announcements/{no}/transcript.json")
        assert transcript.verify(found) == outsider.check_transcript(found) == []
        assert "与记录中写的结果逐项相同" in self.market.public(f"/announcements/{no}/replay").text
        return found

    def contracted(self, award: str, amount: str, *, days: str = "8") -> None:
        """The winner accepts and hands in the contract, the owner confirms it; another price is refused."""
        login = self.codes[self.json(f"/api/v1/awards/{award}")["agency"]["code"]]
        agency, contract = self.agencies[login], award.replace("-A", "-C")
        agency.does(f"/awards/{award}/accept", key=f"accept-{award}")
        form = {"days": days, "signed_on": local(self.market.now)}
        where = f"/contracts/{contract}/upload"
        assert "中选" in agency.is_refused(where, amount="1.00", file=scan(), key=f"wrong-{award}", **form)
        agency.does(where, amount=amount, file=scan(), key=f"upload-{award}", **form)
        self.owner.does(f"/contracts/{contract}/confirm", key=f"confirm-{award}")


@pytest.fixture(scope="module", params=DATABASES)
def cast(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with a_market(request.param, tmp_path_factory.mktemp("methods")) as market:
        yield Cast(market)


def page(cast: Cast, no: str, part: str = "") -> str:
    return said(cast.market.public(f"/announcements/{no}{part}").text)


def test_each_of_two_winners_has_a_contract_at_his_own_price(cast: Cast) -> None:
    no = cast.announced("BID_LOW", winners="2")
    assert "中选机构数 2" in page(cast, no)
    for place, login in enumerate(cast.agencies):
        cast.offers(no, login, amount_fen=f"4{place}000.00")
    cast.closes(no)
    record = page(cast, no, "/record")
    assert "第1名，中选" in record
    assert "第2名，中选" in record
    assert "第3名（候补）" in record
    assert [one["amount"] for one in cast.told(no)["result"]] == [4_000_000, 4_100_000, 4_200_000, 4_300_000]
    cast.contracted(f"{no}-A01", "40000.00")
    cast.contracted(f"{no}-A02", "41000.00")


def test_the_highest_rate_wins_and_its_price_is_the_contract_s(cast: Cast) -> None:
    no = cast.announced("BID_RATE", min_ppm="2", max_ppm="20.5")
    assert "下浮率范围 2.00% 至 20.50%" in page(cast, no)
    refused = cast.agencies["agency1"].is_refused(f"/announcements/{no}/offer", rate_ppm="20.51", days="8", key="above")
    assert "下浮率须在 2.00% 至 20.50% 之间" in refused
    for login, rate in zip(cast.agencies, ("20.5", "12.35", "2", "8.01"), strict=True):
        cast.offers(no, login, rate_ppm=rate)
    for address in (
        f"/announcements/{no}",
        f"/announcements/{no}/record",
        "/log/entries?start=0&end=1000",
        "/opendata/changes?after=0",
    ):
        found = cast.market.public(address).text
        assert not any(sealed in found for sealed in ("12.35", "123500", "205000", "39750", "39,750"))
    cast.closes(no)
    assert "20.50%" in page(cast, no, "/record")
    assert [one["rate"] for one in cast.told(no)["result"]] == [205_000, 123_500, 80_100]
    award = cast.json(f"/api/v1/awards/{no}-A01")
    assert (award["amount_fen"], award["rate_ppm"]) == (3_975_000, 205_000)
    assert "下浮 20.50%" in said(cast.market.public(f"/awards/{no}-A01").text)
    cast.contracted(f"{no}-A01", "39750.00")


def test_those_drawn_offer_until_their_own_closing(cast: Cast) -> None:
    no = cast.announced("SHORTLIST_THEN_BID", shortlist="2")
    assert "最前的 2 家获邀报价" in page(cast, no)
    early = cast.agencies["agency1"].post(f"/announcements/{no}/offer", amount_fen="1.00", days="8", key="early")
    assert "先抽取、后报价" in early.text
    cast.closes(no)
    order = cast.json(f"/announcements/{no}/record.json")["order"]
    assert "抽中的机构正在报价" in page(cast, no, "/record")
    invited, others = order[:2], order[2:]
    for place, code in enumerate(invited):
        assert "被抽中" in said(cast.agencies[cast.codes[code]].get("/inbox/").text)
        assert f'href="/announcements/{no}/offer"' in cast.agencies[cast.codes[code]].get(f"/announcements/{no}").text
        cast.offers(no, cast.codes[code], amount_fen=f"4{place}500.00")
    assert (
        f'href="/announcements/{no}/offer"' not in cast.agencies[cast.codes[others[0]]].get(f"/announcements/{no}").text
    )
    late = cast.agencies[cast.codes[others[0]]].post(
        f"/announcements/{no}/offer", amount_fen="40000.00", days="8", key="others"
    )
    assert "没有被抽中" in late.text
    assert cast.market.public(f"/announcements/{no}/transcript.json").status_code == 404
    cast.market.walk(cast.market.now + timedelta(days=7))
    assert [(one["id"], one["amount"]) for one in cast.told(no)["result"]] == [
        (invited[0], 4_050_000),
        (invited[1], 4_150_000),
    ]


def test_the_owner_chooses_from_the_short_list_and_says_why(cast: Cast) -> None:
    no = cast.announced("CREDIT_MERIT", price_fen="48000.00", long_list="4", short_list="2")
    cast.closes(no)
    order = cast.json(f"/announcements/{no}/record.json")["order"]
    assert "等待业主选定" in page(cast, no)
    assert "选定机构" in said(cast.owner.get("/desk").text)
    assert f'href="/announcements/{no}/choice"' in cast.owner.get(f"/announcements/{no}").text
    assert f'href="/announcements/{no}/choice"' not in cast.agencies["agency1"].get(f"/announcements/{no}").text
    cast.owner.is_refused(f"/announcements/{no}/choice", agencies=order[1], reason="　", key="no-reason")
    reason = "近两年同类项目多，成果一次通过。"
    cast.owner.does(f"/announcements/{no}/choice", agencies=order[1], reason=reason, key="choice")
    assert reason in page(cast, no, "/record")
    found = cast.told(no)
    assert [one["id"] for one in found["result"]] == [order[1], order[0]]
    assert [(one["criterion"], one["id"]) for one in found["scores"]] == [("choice", order[1])]
    cast.market.walk(cast.market.now + timedelta(minutes=1))
    cast.contracted(f"{no}-A01", "48000.00")
