"""The body of an offer to the byte, its commitment, and its envelope."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sealing import Unopenable, public_key
from bidding.offer.envelope import (
    Body,
    Envelope,
    Item,
    Kind,
    Malformed,
    body_text,
    commitment,
    new_attempt_key,
    open_offer,
    open_proposal,
    parse_body,
    proposal_key,
    seal_offer,
    seal_proposal,
)
from tests import outsider

BODY = Body(
    market="DEMO-450800",
    no="450800-2026-000017",
    attempt=1,
    id="91450800MA5K000013",
    kind=Kind.AMOUNT,
    total=123_456,
    promised_days=20,
    nonce="ab" * 32,
    items=(Item("0101", 100_000, 15), Item("0102", 23_456, 20)),
    files=("00" * 32, "ff" * 32),
)
TEXT = (
    "zjcs-offer-1\nDEMO-450800\n450800-2026-000017\n1\n91450800MA5K000013\namount\n123456\n20\n"
    + "ab" * 32
    + "\nitem 0101 100000 15\nitem 0102 23456 20\nfile "
    + "00" * 32
    + "\nfile "
    + "ff" * 32
    + "\n"
)
PRIVATE, PUBLIC = new_attempt_key(b"\x05" * 32)


def test_the_body_is_written_line_by_line():
    assert body_text(BODY) == TEXT
    assert parse_body(TEXT) == BODY
    assert outsider.check_offer(TEXT, commitment(TEXT)) == []


codes = st.from_regex(r"[0-9A-Z][0-9A-Z-]{0,8}", fullmatch=True)
hexes = st.binary(min_size=32, max_size=32).map(bytes.hex)


@st.composite
def bodies(draw):
    kind = draw(st.sampled_from(Kind))
    most = 1_000_000 if kind is Kind.RATE else 10**12
    items = tuple(
        Item(code, draw(st.integers(0, most)), draw(st.integers(0, 999)))
        for code in sorted(draw(st.sets(codes, max_size=4)))
    )
    total = sum(item.value for item in items) if items and kind is Kind.AMOUNT else draw(st.integers(0, most))
    files = tuple(sorted(draw(st.sets(hexes, max_size=3))))
    days = draw(st.integers(0, 999))
    return replace(BODY, kind=kind, total=total, promised_days=days, nonce=draw(hexes), items=items, files=files)


@given(bodies())
def test_what_is_written_can_be_read_sealed_and_opened(body):
    text = body_text(body)
    assert parse_body(text) == body
    assert outsider.check_offer(text, commitment(text)) == []
    envelope = seal_offer(text, attempt_key=PUBLIC, ephemeral=b"\x06" * 32)
    assert envelope.commitment == commitment(text)
    assert text.encode() not in envelope.box
    assert open_offer(envelope, private=PRIVATE) == text


@pytest.mark.parametrize(
    "wrong",
    [
        {"total": 123_457},
        {"items": BODY.items[::-1]},
        {"items": (BODY.items[0], BODY.items[0])},
        {"files": BODY.files[::-1]},
        {"files": ("AA" * 32,)},
        {"nonce": "ab"},
        {"attempt": 0},
        {"total": -1, "items": ()},
        {"promised_days": -1},
        {"id": "lower"},
        {"no": "A\nB"},
        {"kind": Kind.RATE, "total": 1_000_001, "items": ()},
    ],
)
def test_what_cannot_stand_in_a_body_is_refused_without_naming_the_price(wrong):
    with pytest.raises(Malformed) as refused:
        replace(BODY, **wrong)
    assert "12345" not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n1\n", "\n01\n"),
        ("amount", "sum"),
        ("123456", "0123456"),
        ("123456", "+123456"),
        ("123456", "１２３４５６"),
        ("item 0101 100000 15\nitem 0102 23456 20\n", "item 0102 23456 20\nitem 0101 100000 15\n"),
        ("item 0101", "item  0101"),
        ("item 0101", "price 0101"),
        ("zjcs-offer-1", "zjcs-offer-2"),
        ("\n", "\r\n"),
        ("ab" * 32, "AB" * 32),
        (TEXT[-67:], TEXT[-67:] + "\n"),
        (TEXT[-67:], TEXT[-67:-1]),
        ("file", "item 0103 0 1\nfile"),
        (TEXT[TEXT.index("item") : TEXT.index("file")], ""),
    ],
)
def test_every_other_form_is_not_read_or_is_another_offer(old, new):
    changed = TEXT.replace(old, new, 1)
    assert changed != TEXT
    assert outsider.check_offer(changed, commitment(TEXT))
    try:
        assert body_text(parse_body(changed)) == changed
    except Malformed:
        return
    assert commitment(changed) != commitment(TEXT)


def test_lines_after_files_and_strange_lines_are_not_read():
    for changed in (
        TEXT + "item 0103 0 1\n",
        TEXT.replace("item 0102", "price 0102"),
        TEXT.replace("file 00", "file  00"),
    ):
        with pytest.raises(Malformed):
            parse_body(changed)


def test_an_envelope_opens_with_its_own_key_and_commitment_only():
    envelope = seal_offer(TEXT, attempt_key=PUBLIC, ephemeral=b"\x06" * 32)
    with pytest.raises(Unopenable):
        open_offer(envelope, private=b"\x07" * 32)
    with pytest.raises(Unopenable):
        open_offer(Envelope("0" * 64, envelope.box), private=PRIVATE)
    with pytest.raises(Unopenable):
        open_offer(Envelope(envelope.commitment, envelope.box[:-1]), private=PRIVATE)
    assert public_key(PRIVATE) == PUBLIC


def test_only_a_body_is_sealed():
    with pytest.raises(Malformed):
        seal_offer("123456", attempt_key=PUBLIC, ephemeral=b"\x06" * 32)


def test_a_file_opens_by_its_own_key_and_as_itself_only():
    first, second = b"how we measure", b"who measures"
    sha256 = hashlib.sha256(first).hexdigest()
    box = seal_proposal(first, recipient=PUBLIC, ephemeral=b"\x06" * 32)
    other = seal_proposal(second, recipient=PUBLIC, ephemeral=b"\x07" * 32)
    key = proposal_key(box, private=PRIVATE, sha256=sha256)
    assert first not in box
    assert open_proposal(box, key=key, sha256=sha256) == first
    for opening in (
        lambda: proposal_key(box, private=b"\x08" * 32, sha256=sha256),
        lambda: proposal_key(box, private=PRIVATE, sha256=hashlib.sha256(second).hexdigest()),
        lambda: open_proposal(other, key=key, sha256=hashlib.sha256(second).hexdigest()),
        lambda: open_proposal(box[:-1], key=key, sha256=sha256),
        lambda: open_proposal(box, key=b"", sha256=sha256),
        lambda: proposal_key(box[:20], private=PRIVATE, sha256=sha256),
    ):
        with pytest.raises(Unopenable):
            opening()
