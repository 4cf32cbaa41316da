"""What documents say and how: amounts in capitals, data that are never commands, equal data as equal bytes."""

import json
from datetime import UTC, datetime

import pytest
import typst

from app.paper.typeset import DOCUMENTS, square, typeset

AT = datetime(2026, 3, 12, tzinfo=UTC)
ADDRESS = "https://market.example/awards/450800-2026-000017-A01/verify"
DATA = {
    "no": "450800-2026-000017-A01",
    "edition": 1,
    "replaces": None,
    "market": "MARKET-450800",
    "demonstration": False,
    "log": {
        "position": 12,
        "tree_size": 13,
        "timestamp": "2026-03-12T00:00:01.000000Z",
        "key_id": "ab" * 8,
        "root_hash": "ab" * 32,
        "signature": "cd" * 64,
    },
    "seal": {"name": "seal", "issuer": "issuer", "own": False, "fingerprint": "ef" * 32},
    "address": ADDRESS,
    "square": square(ADDRESS),
    "agency": "agency",
    "agency_code": "91450800MA5K000013",
    "agency_address": "street",
    "purchaser": "purchaser",
    "purchaser_code": "U-AAAA",
    "title": "title",
    "announcement": "450800-2026-000017",
    "attempt": 1,
    "selected": True,
    "item": "item",
    "items": [],
    "members": [],
    "method": "method",
    "fund": "fund",
    "rank": 1,
    "places": 1,
    "rate": "",
    "amount": "22,000.00",
    "amount_fen": 2_200_000,
    "days": 10,
    "made_at": "2026-03-10 09:00",
    "publicity_ends_at": None,
    "noticed_at": "2026-03-12 00:00",
    "accept_due_at": "2026-03-13 24:00",
    "provisional": False,
    "sign_by": "2026-03-25 24:00",
    "sign_provisional": True,
    "contact": "contact",
    "phone": "phone",
    "book": "450800@2017-11-23",
    "clauses": {"confirm_days": ["basis", False], "sign_days": ["basis", True]},
}


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (1, "零元零壹分"),
        (10, "零元壹角整"),
        (100, "壹元整"),
        (2_200_000, "贰万贰仟元整"),
        (1_000_500, "壹万零伍元整"),
        (10_010_000, "壹拾万零壹佰元整"),
        (123_456_789, "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
        (100_000_001_005, "壹拾亿零壹拾元零伍分"),
        (1_000_000_000_000, "壹佰亿元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (200_300_000, "贰佰万叁仟元整"),
    ],
)
def test_amounts_in_capitals(fen: int, words: str) -> None:
    """As cheques and contracts write them; each zero between figures once."""
    said = f'#import "money.typ": capital\n#metadata(capital({fen}))<words>'
    assert json.loads(typst.query(said.encode(), "<words>", field="value", one=True, root=DOCUMENTS)) == words


def test_equal_data_are_equal_bytes() -> None:
    first, second = (typeset("notice", DATA, at=AT) for _ in range(2))
    assert first == second
    assert first != typeset("notice", {**DATA, "days": 11}, at=AT)


def test_the_file_is_an_archivable_one_with_its_fonts() -> None:
    """PDF/A-2a, which typst refuses to make of a document without fonts, language or title."""
    made = typeset("notice", DATA, at=AT)
    assert made.startswith(b"%PDF-1.")
    assert b"<pdfaid:part>2</pdfaid:part>" in made
    assert b"NotoSerifSC" in made


@pytest.mark.parametrize(
    "changed",
    [
        {"demonstration": True},
        {"seal": None},
        {"accept_due_at": None},
        {"selected": False},
        {"edition": 2, "replaces": "ab" * 32},
        {"rank": 3},
        {"places": 2},
        {"publicity_ends_at": "2026-03-11 24:00"},
        {"rate": "12.35%"},
        {"members": ["a member"]},
        {"items": [{"item": "0401 item", "amount": "22,000.00", "days": 10}]},
        {"seal": {**DATA["seal"], "own": True}},
    ],
)
def test_every_turn_of_the_template_is_another_document(changed: dict[str, object]) -> None:
    assert typeset("notice", {**DATA, **changed}, at=AT) != typeset("notice", DATA, at=AT)


@pytest.mark.parametrize(
    "evil", ['#panic("x")', "$x$ *b* _i_ `c` @ref <label>", '"); panic("', "\\u{0} \\", "]#[", "名" * 300]
)
def test_nothing_in_the_data_is_a_command(evil: str) -> None:
    """The data are one JSON text beside the template: whatever a purchaser typed stays what he typed."""
    assert typeset("notice", {**DATA, "title": evil, "agency": evil, "contact": evil}, at=AT).startswith(b"%PDF")


def test_the_square_is_a_drawing_of_the_address() -> None:
    drawn = square(ADDRESS)
    assert drawn.startswith("<svg")
    assert drawn == square(ADDRESS)
    assert drawn != square(ADDRESS + "2")
