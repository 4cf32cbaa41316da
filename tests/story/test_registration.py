"""Before the freeze nobody learns who registered or how many: two markets, alike but for it, look alike to all others.

In one market two rivals register, one withdraws, one offers a price; in the other they only look on. Everything that
follows is the same in both, and so must be every page, header, answer and refusal, for every role (rules.md §2.5).
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from difflib import unified_diff

import pytest

from app.sweep import keep_log
from marketplace.announcement import services as announcing
from marketplace.announcement.rules import Change
from tests.builders.agency import an_agency_account
from tests.builders.announcement import an_announcement
from tests.builders.offer import an_offer
from tests.builders.people import a_clerk, a_regulator, a_supervisor, an_admin, an_operator
from tests.builders.pricelist import a_price
from tests.builders.purchaser import a_purchaser
from tests.builders.registration import a_registration, a_withdrawal, agencies
from tests.story.conftest import Market
from tests.story.scene import (
    DATABASES,
    WHOLE_LOG,
    Browser,
    Shown,
    a_market,
    addresses,
    answer_of,
    crawl,
    look,
    numbered,
)

OTHERS = (None, "agency3", "operator1")
"""The public, a rival, an office: they look on both databases."""
OTHERS_STILL = ("purchaser1", "agency4", "regulator1", "supervisor1", "admin1", "clerk1")
"""With these it is everybody but the two whose registration is the secret: one database is enough for them."""

LOG = ("/log/", "/opendata/changes", "/readyz")
RUNNING = (
    # The one number that is public: how many acts there are in all, and with it the root and the place of an act.
    (
        r'存证日志</a>：\d+ 条，根哈希 <code title="[0-9a-f]{64}"><span class="screen-only">[0-9a-f]{16}…</span>'
        r'<span class="print-only">[0-9a-f]{64}<',
        "the head",
    ),
    (r"/log/(\?at=)?\d+", "/log/n"),
    (r"第 ?\d+ 条|>存证 \d+<", "a place in the log"),
    (r"/inbox/[0-9A-Z]{16}/read", "a notice"),
    (r'name="csrf_token" value="[^"]+"', "of the session"),
    # Made by chance, and chance has been asked oftener in one of the two: keys of forms, salts, references.
    (r"(?<![0-9a-f])[0-9a-f]{32,128}(?![0-9a-f])", "by chance"),
    (r'<span class="screen-only">[0-9a-f]{16}…', "the beginning of it"),
)


@dataclass(frozen=True)
class Twin:
    """A market after the same common acts, with or without the registrations before them."""

    market: Market
    no: str
    known: dict[str, list[str]]


@pytest.fixture(scope="module", params=DATABASES)
def twins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Twin, Twin]]:
    """The market with the secret, and the one without it."""
    with ExitStack() as stack:
        yield (
            _twin(stack.enter_context(a_market(request.param, tmp_path_factory.mktemp("with"))), registers=True),
            _twin(stack.enter_context(a_market(request.param, tmp_path_factory.mktemp("without"))), registers=False),
        )


def _twin(market: Market, *, registers: bool) -> Twin:
    with market.app.app_context():
        first, second, third, fourth = agencies(4)
        a_regulator()
        for office in (an_operator, a_supervisor, an_admin, a_clerk):
            office()
        no, price_no = an_announcement(), an_announcement(method="BID_LOW")
        if registers:
            for announcement in (no, price_no):
                a_registration(first, announcement)
                a_registration(second, announcement)
            an_offer(first, price_no, amount_fen=4_444_444)
            a_withdrawal(second, no)
        keep_log()
        # What follows is the same in both, and touches everything that numbers or tells.
        for announcement in (no, price_no):
            a_registration(third, announcement)
        an_offer(third, price_no, amount_fen=4_000_000)
        purchaser = a_purchaser()
        for announcement in (no, price_no):
            announcing.amend(purchaser, announcement, Change("typo", content="1:500 survey"), key=f"a-{announcement}")
        a_price(fourth, price_fen=4_900_000)
        another = an_announcement(purchaser)
        codes = [agency.code or "" for agency in (first, second, third, fourth)]
        needs = [f"450803-2026-N{number:06d}" for number in (1, 2, 3)]
    numbered(market)
    known = {
        "announcements": [no, price_no, another],
        "needs": needs,
        "agencies": codes,
        "credit": codes,
        "purchasers": [purchaser.code or ""],
        "catalogue": ["0401"],
        "api/name": sorted(market.app.extensions["market.resources"]),
        "api/id": [no, *codes],
    }
    return Twin(market, no, known)


def plain(text: str) -> str:
    """A page without what the log's length and chance make of it."""
    for pattern, instead in RUNNING:
        text = re.sub(pattern, instead, text)
    return text


def lines(shown: Shown) -> list[str]:
    """Status, headers and body, line by line.

    Left out are an ETag, the digest of a body that is compared itself, and Expires: Cache-Control, counted from when
    the file was really sent.
    """
    headers = [
        f"{name}: {'of the body' if name == 'ETag' else plain(value)}"
        for name, value in shown.headers
        if name not in ("Content-Length", "Date", "Expires", "Set-Cookie")
    ]
    return [str(shown.status), *headers, *plain(shown.content.decode(errors="replace")).splitlines()]


def told_apart(one: Shown, other: Shown, *, address: str = "") -> list[str]:
    """The lines that only one of two answers has."""
    if one == other:
        return []
    pair = lines(one), lines(other)
    if pair[0] == pair[1]:
        return []
    if address.startswith("/inbox/"):
        # Notices of one instant stand in an order that chance made.
        pair = sorted(pair[0]), sorted(pair[1])
    if address == "/desk/receipts":
        # The place of one's own act in the log, whose length is public.
        pair = ([re.sub(r'<td class="num"[^>]*>\d+</td>', "", line) for line in part] for part in pair)
    found = unified_diff(*pair, n=0, lineterm="")
    return [line for line in found if line[:3] not in ("---", "+++") and not line.startswith("@@")]


@pytest.mark.parametrize("login", OTHERS)
def test_no_page_or_answer_tells(twins: tuple[Twin, Twin], login: str | None) -> None:
    nothing_tells(twins, login)


@pytest.mark.parametrize("twins", ["sqlite"], indirect=True, scope="module")
@pytest.mark.parametrize("login", OTHERS_STILL)
def test_no_page_or_answer_tells_whoever_it_is(twins: tuple[Twin, Twin], login: str) -> None:
    nothing_tells(twins, login)


def nothing_tells(twins: tuple[Twin, Twin], login: str | None) -> None:
    secret, empty = (crawl(Browser(twin.market, login), addresses(twin.market.app, twin.known)) for twin in twins)
    pages = {plain(address): shown for address, shown in secret.items() if not address.startswith(LOG)}
    others = {plain(address): shown for address, shown in empty.items() if not address.startswith(LOG)}
    assert sorted(pages) == sorted(others)
    assert pages[f"/announcements/{twins[0].no}"].status == 200
    found = {address: told_apart(shown, others[address], address=address) for address, shown in pages.items()}
    assert {address: difference for address, difference in found.items() if difference} == {}


def test_the_two_who_registered_do_see_it_themselves(twins: tuple[Twin, Twin]) -> None:
    for login in ("agency1", "agency2"):
        secret, empty = (look(Browser(twin.market, login), "/registrations/") for twin in twins)
        assert told_apart(secret, empty)


def test_the_log_and_the_feed_show_that_something_was_done_and_nothing_else(twins: tuple[Twin, Twin]) -> None:
    sizes = []
    for twin in twins:
        entries, changes = (json.loads(look(Browser(twin.market, None), address).text) for address in WHOLE_LOG[:2])
        hidden = [entry for entry in entries if entry["disclosed"] is None]
        assert all(set(entry) == {"index", "digest", "disclosed"} for entry in hidden)
        opened = [json.loads(entry["disclosed"]["payload"])["act"] for entry in entries if entry["disclosed"]]
        assert not [act for act in opened if act.startswith(("registration.", "offer."))]
        feed = changes["changes"] if isinstance(changes, dict) else changes
        by_place = {change["seq"]: change for change in feed}
        assert all(by_place[entry["index"] + 1] == {"seq": entry["index"] + 1} for entry in hidden)
        sizes.append(len(entries))
    # Two registrations and one withdrawal, two more registrations, one offer: how many acts is public, which is not.
    assert sizes[0] - sizes[1] == 6


def test_no_refusal_tells(twins: tuple[Twin, Twin]) -> None:
    for login, address, form in (
        ("agency4", "register", {"days": "99"}),
        ("agency4", "offer", {"amount_fen": "1.00", "days": "10"}),
        ("agency3", "register", {"days": "10"}),
        ("purchaser1", "withdraw", {"explanation": " "}),
        ("purchaser1", "amend", {"reason": "", "expected_days": "0"}),
        ("operator1", "register", {"days": "10"}),
        (None, "register", {"days": "10"}),
    ):
        secret, empty = (
            answer_of(
                Browser(twin.market, login).post(
                    f"/announcements/{twin.no}/{address}", data={**form, "key": f"{login}-{address}"}
                )
            )
            for twin in twins
        )
        assert secret.status in (303, 403, 409, 422), (login, address)
        assert told_apart(secret, empty) == [], (login, address)


def test_ones_own_list_holds_no_number_that_counts_others(twins: tuple[Twin, Twin]) -> None:
    lists = []
    for twin in twins:
        with twin.market.app.app_context():
            third = an_agency_account("agency3")
            for _ in range(21):
                twin.market.clock.instant += timedelta(seconds=1)
                a_withdrawal(third, twin.no)
                a_registration(third, twin.no)
        numbered(twin.market)
        lists.append(look(Browser(twin.market, "agency3"), "/registrations/"))
        following = re.search(r'href="(/registrations/\?after=[^"]+)"', lists[-1].text)
        assert following is not None
        lists.append(look(Browser(twin.market, "agency3"), following[1]))
        assert [shown.text.count("<tr>") for shown in lists[-2:]] == [21, 4]
    assert told_apart(lists[0], lists[2]) == []
    assert told_apart(lists[1], lists[3]) == []
