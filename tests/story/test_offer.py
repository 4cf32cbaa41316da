"""A price that was handed in can be read nowhere before the opening: not on disk, not in a log, on nobody's page.

Searched after offers that were taken, replaced, refused, malformed, repeated under a used key, and broken by the
database itself; in every spelling an amount can have (quality.md R10).
"""

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import text

from app import files
from app.actor import Role
from app.chance import fresh_key
from app.database import db, is_sqlite
from app.sweep import run_due
from app.values import Ppm
from bidding.opening import services as opening
from marketplace.holder.rules import PrivateKey
from marketplace.need.rules import Particulars
from tests.builders.announcement import an_announcement
from tests.builders.holder import an_office, drawer, three_holders, two_open
from tests.builders.judging import pdf
from tests.builders.people import a_clerk, a_regulator, a_supervisor, an_admin, an_operator
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import drawn
from tests.conftest import PASSWORD
from tests.story.conftest import Market
from tests.story.scene import (
    DATABASES,
    Browser,
    Haystack,
    a_market,
    addresses,
    crawl,
    database_files,
    found_in,
    numbered,
    spellings,
    tables,
)

CEILING = 50_000_000
ITEMS = ("0401", "0405")
TAKEN, REPLACED, BY_MACHINE = 43_219_877, 49_876_543, 47_119_083
ABOVE, ABOVE_BY_MACHINE = 98_765_431, 91_239_877
MALFORMED, REUSED = 42_198_763, 48_765_127
BROKEN_OFFER, BROKEN_ENTRY, BROKEN_BY_MACHINE = 46_532_981, 43_987_613, 45_672_139
PARTS, PARTS_BY_MACHINE, PARTS_ABOVE = (21_347_891, 17_653_409), (19_871_233, 18_349_117), (31_765_423, 29_871_541)
"""What two items are to cost, handed in by page, by machine, and too much together; where two of three holders open."""
RATE, DISCOUNTED, RATE_OUTSIDE = 187_300, 40_635_000, 413_700
"""A discount in ppm, what it leaves of the ceiling, and one that was refused."""
WITH_A_PROPOSAL = 38_617_219
PROPOSAL = "the secret way of agency1 to survey it"
SECRET = (
    *(TAKEN, REPLACED, BY_MACHINE, ABOVE, ABOVE_BY_MACHINE, MALFORMED, REUSED),
    *(BROKEN_OFFER, BROKEN_ENTRY, BROKEN_BY_MACHINE),
    *(*PARTS, sum(PARTS), *PARTS_BY_MACHINE, sum(PARTS_BY_MACHINE), *PARTS_ABOVE, sum(PARTS_ABOVE)),
    *(RATE, DISCOUNTED, RATE_OUTSIDE, WITH_A_PROPOSAL),
)
SAID = tuple(text.encode() for text in (PROPOSAL, "18.73", "41.37"))
"""What else is sealed, as it was typed or handed in."""
EVERYBODY = (
    *(None, "purchaser1", "agency1", "agency2", "agency3", "operator1", "regulator1", "supervisor1", "admin1"),
    "clerk1",
)
SOME = (None, "purchaser1", "agency3")
"""Whose pages are read on both databases: pages are made by the same code."""

BREAKS = {
    True: ("CREATE TRIGGER broken BEFORE INSERT ON {} BEGIN SELECT RAISE(ABORT, 'broken'); END",),
    False: (
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$",
        "CREATE TRIGGER broken BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION broken()",
    ),
}
HEALS = {True: ("DROP TRIGGER broken",), False: ("DROP FUNCTION broken CASCADE",)}


class Everything(logging.Handler):
    """Every line that any logger writes, statements of the database and tracebacks too."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@dataclass
class Sealed:
    """A market in which offers lie sealed; `answers` is what their own agencies got back when nothing was taken."""

    market: Market
    no: str
    log: Everything
    browsers: dict[str | None, Browser]
    answers: list[tuple[int, str]]
    known: dict[str, list[str]]
    items: str
    rated: str
    proposed: str


@pytest.fixture(scope="module", params=DATABASES)
def sealed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    """Two agencies offered by page and by machine, well and badly, and the database broke twice meanwhile."""
    log = Everything()
    root = logging.getLogger()
    level = root.level
    books = tmp_path_factory.mktemp("books")
    with a_market(request.param, tmp_path_factory.mktemp("sealed")) as market, ExitStack() as county:
        with market.app.app_context():
            rivals = agencies(3, items=ITEMS)
            a_regulator()
            for office in (an_operator, a_supervisor, an_admin, a_clerk):
                office()
            no = an_announcement(method="BID_LOW", budget_fen=CEILING)
            county.enter_context(two_open(market.app, books))
            three_holders()
            rates = Particulars(min_ppm=Ppm(20_000), max_ppm=Ppm(400_000))
            weights = Particulars(weight_service=40, weight_team=30, weight_price=30)
            asked: dict[str, dict[str, Any]] = {
                "items": {"method": "BID_LOW", "item": ITEMS[0], "further": ITEMS[1:]},
                "rated": {"method": "BID_RATE", "particulars": rates},
                "proposed": {"method": "SCHEME_MERIT", "particulars": weights},
            }
            others = {name: an_announcement(budget_fen=CEILING, **what) for name, what in asked.items()}
            for each in (no, *others.values()):
                for rival in rivals[:2]:
                    a_registration(rival, each)
            codes = [rival.code or "" for rival in rivals]
        known = {
            "announcements": [no, *others.values()],
            "agencies": codes,
            "credit": codes,
            "catalogue": ["0401"],
            "api/name": sorted(market.app.extensions["market.resources"]),
            "api/id": [no, *others.values(), *codes],
        }
        browsers = {login: Browser(market, login) for login in EVERYBODY}
        root.addHandler(log)
        root.setLevel(logging.DEBUG)
        market.app.logger.setLevel(logging.DEBUG)
        scene = Sealed(market, no, log, browsers, [], known, **others)
        try:
            _offers(scene)
            _further_offers(scene)
            numbered(market)
        finally:
            root.removeHandler(log)
            root.setLevel(level)
        yield scene


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _offers(scene: Sealed) -> None:
    def by_page(fen: int, status: int, *, key: str, days: str = "10") -> None:
        answer = scene.browsers["agency1"].post(
            f"/announcements/{scene.no}/offer", data={"amount_fen": yuan(fen), "days": days, "key": key}
        )
        assert answer.status_code == status, answer.text
        if status != 200:
            scene.answers.append((fen, answer.text))

    def by_machine(fen: int, status: int, *, key: str) -> None:
        answer = machine(scene.browsers["agency2"], scene.no, fen, key)
        assert answer.status_code == status, answer.text
        if status != 200:
            scene.answers.append((fen, answer.text))

    by_page(ABOVE, 409, key="above")
    by_page(MALFORMED, 422, key="malformed", days="soon")
    by_machine(ABOVE_BY_MACHINE, 409, key="above")
    for table, fen in (("offer", BROKEN_OFFER), ("entry", BROKEN_ENTRY)):
        _statements(scene.market, BREAKS, table)
        by_page(fen, 500, key=f"broken-{table}")
        by_machine(BROKEN_BY_MACHINE, 500, key=f"broken-{table}")
        _statements(scene.market, HEALS, table)
    by_page(REPLACED, 200, key="first")
    by_page(REUSED, 409, key="first")
    by_page(TAKEN, 200, key="second")
    by_page(TAKEN, 303, key="second")
    by_machine(BY_MACHINE, 200, key="machine")


def _further_offers(scene: Sealed) -> None:
    """Of several items, of a rate, and with a proposal: taken, refused, repeated, by page and by machine."""
    agency, other = scene.browsers["agency1"], scene.browsers["agency2"]

    def by_page(no: str, status: int, key: str, **typed: Any) -> None:
        answer = agency.post(f"/announcements/{no}/offer", data={"days": "10", "key": key, **typed})
        assert answer.status_code == status, answer.text

    def priced(parts: tuple[int, int]) -> dict[str, str]:
        priced = {f"amount_{item}": yuan(fen) for item, fen in zip(ITEMS, parts, strict=True)}
        return {**priced, **{f"days_{item}": "10" for item in ITEMS}}

    def lines(parts: tuple[int, int]) -> list[dict[str, Any]]:
        return [{"code": item, "amount_fen": fen, "days": 10} for item, fen in zip(ITEMS, parts, strict=True)]

    by_page(scene.items, 409, "parts-above", **priced(PARTS_ABOVE))
    by_page(scene.items, 200, "parts", **priced(PARTS))
    by_page(scene.items, 409, "parts", **priced(PARTS_BY_MACHINE))
    for parts, status in ((PARTS_ABOVE, 409), (PARTS_BY_MACHINE, 200)):
        answer = machine(other, scene.items, sum(parts), f"parts-{status}", items=lines(parts))
        assert answer.status_code == status, answer.text
    by_page(scene.rated, 409, "rate-outside", rate_ppm="41.37")
    by_page(scene.rated, 200, "rate", rate_ppm="18.73")
    for typed, status in ((RATE_OUTSIDE, 409), (RATE, 200)):
        answer = machine(other, scene.rated, None, f"rate-{status}", rate_ppm=typed)
        assert answer.status_code == status, answer.text
    file = (BytesIO(pdf(PROPOSAL)), "proposal.pdf")
    by_page(scene.proposed, 200, "proposal", amount_fen=yuan(WITH_A_PROPOSAL), files=file)


def machine(browser: Browser, no: str, fen: int | None, key: str, **more: Any) -> Any:
    """Offer by the machine API, with a token of the browser's account."""
    token = browser.post("/api/v1/tokens", json={"username": browser.login, "password": PASSWORD}).get_json()["token"]
    return browser.post(
        "/api/v1/acts/offer.submit",
        json={"subject": no, "input": {"amount_fen": fen, "days": 10, "files": [], **more}},
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key},
    )


def _statements(market: Market, by_database: dict[bool, tuple[str, ...]], table: str) -> None:
    with market.app.app_context(), db.engine.begin() as connection:
        for statement in by_database[is_sqlite()]:
            connection.execute(text(statement.format(table)))


def said_in(haystacks: Iterable[Haystack]) -> list[str]:
    """Where a rate as it was typed, or a proposal, stands; empty when nowhere."""
    return [f"{hay.name}: {said.decode()}" for hay in haystacks for said in SAID if said in hay.content]


def test_the_search_would_find_it(sealed: Sealed) -> None:
    for name, needle in spellings(TAKEN).items():
        assert found_in([Haystack("here", b"..." + needle + b"...")], [TAKEN]), name
    assert found_in([Haystack("here", json.dumps({"amount_fen": TAKEN}).encode())], [TAKEN])
    assert found_in([Haystack("the ceiling", b"%d" % CEILING)], SECRET) == []
    rows = {hay.name: hay for hay in tables(sealed.market)}
    assert found_in([rows["table need"]], [CEILING]) == ["table need: 50000000 as fen"]


def test_not_in_the_rows_nor_in_the_files_of_the_database(sealed: Sealed) -> None:
    rows = tables(sealed.market)
    assert {"table offer", "table idempotency_key", "table prepared_act", "table notice"} <= {hay.name for hay in rows}
    offers = next(hay for hay in rows if hay.name == "table offer")
    assert offers.content
    assert found_in(rows, SECRET) == said_in(rows) == []
    written = database_files(sealed.market)
    assert sum(len(hay.content) for hay in written) > 500_000
    with sealed.market.app.app_context():
        boxes = [Haystack(part.name, part.read_bytes()) for part in files.folder().rglob("*") if part.is_file()]
    assert any(len(box.content) > len(pdf(PROPOSAL)) for box in boxes)
    assert found_in([*written, *boxes], SECRET) == said_in([*written, *boxes]) == []


def test_not_in_any_log_though_the_database_broke(sealed: Sealed) -> None:
    written = "\n".join(sealed.log.lines)
    assert "INSERT INTO offer" in written
    assert "Traceback" in written
    assert "broken" in written
    logs = [Haystack("logs", written.encode())]
    assert found_in(logs, SECRET) == said_in(logs) == []


def test_not_in_an_answer_but_the_form_that_was_refused(sealed: Sealed) -> None:
    pages = dict(sealed.answers)
    for fen in (ABOVE, MALFORMED, REUSED):
        # What was typed stays typed, in the same answer and nowhere else.
        assert found_in([Haystack("form", pages.pop(fen).encode())], SECRET) == [f"form: {fen} as yuan"]
    told = [Haystack(f"answer to {fen}", page.encode()) for fen, page in pages.items()]
    assert found_in(told, SECRET) == []


@pytest.mark.parametrize("login", EVERYBODY)
def test_not_on_any_page(sealed: Sealed, login: str | None) -> None:
    with sealed.market.app.app_context():
        if login not in SOME and not is_sqlite():
            pytest.skip("the same code makes the pages: everybody's are read on SQLite")
    browser = sealed.browsers[login]
    seen = crawl(browser, addresses(sealed.market.app, sealed.known))
    assert seen[f"/announcements/{sealed.no}"].status == 200
    for no in (sealed.no, sealed.items, sealed.rated, sealed.proposed):
        assert seen[f"/announcements/{no}/offers.json"].status == 404
    shown = [Haystack(address, page.content + str(page.headers).encode()) for address, page in seen.items()]
    assert found_in(shown, SECRET) == said_in(shown) == []
    assert found_in([Haystack("cookies", browser.cookies().encode())], SECRET) == []
    assert [address for address, page in seen.items() if page.status >= 500] == []


def test_and_after_the_opening_everybody_reads_it(sealed: Sealed) -> None:
    with sealed.market.app.app_context():
        drawn(sealed.no)
        for role in (Role.OPERATOR, Role.SUPERVISOR):
            office = an_office(role)
            opening.unseal(office, sealed.items, PrivateKey(drawer(role)), key=fresh_key())
        run_due()
        db.session.remove()
    numbered(sealed.market)
    page = Browser(sealed.market, None).get(f"/announcements/{sealed.no}/offers.json")
    assert found_in([Haystack("offers", page.data)], SECRET) == [
        f"offers: {fen} as fen" for fen in sorted((TAKEN, BY_MACHINE))
    ]
    page = Browser(sealed.market, None).get(f"/announcements/{sealed.items}/offers.json")
    opened = {*PARTS, sum(PARTS), *PARTS_BY_MACHINE, sum(PARTS_BY_MACHINE)}
    assert found_in([Haystack("items", page.data)], SECRET) == [
        f"items: {fen} as fen" for fen in SECRET if fen in opened
    ]
    # What was replaced stays sealed for ever (protocol.md §2.4), and what nobody has opened yet as well.
    left = {place.partition(": ")[2].split(" ")[0] for place in found_in(tables(sealed.market), SECRET)}
    assert left == {str(fen) for fen in (TAKEN, BY_MACHINE, *opened)}
