"""The texts of the log, line by line, and their signatures."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit import texts
from app.audit.canonical import NotCanonical, sha256_hex
from tests import outsider

AT = datetime(2026, 11, 19, 2, 11, 7, 125000, tzinfo=UTC)
PRIVATE = b"\x09" * 32
PUBLIC = Ed25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes_raw()
PARTS = {
    "market": "DEMO-450800",
    "act": "registration.submit",
    "no": "450800-2026-000017",
    "attempt": 1,
    "id": "91450800MA5K000013",
    "hash": "11" * 32,
    "at": AT,
    "leaf": "22" * 32,
}


def test_a_member_without_value_is_absent_but_private_is_not():
    text = texts.payload_text(
        act="clock.step", at=AT, basis=None, private=None, public={}, role=None, subjects=["clock:1"]
    )
    assert text == (
        '{"act":"clock.step","at":"2026-11-19T02:11:07.125000Z","format":"zjcs-act-1","private":null,'
        '"subjects":["clock:1"]}'
    )
    full = texts.payload_text(
        act="a.b",
        at=AT,
        basis="参考广东（GD1）",
        private="0" * 64,
        public={"b": None, "a": 1},
        role="system",
        subjects=["x:1"],
    )
    assert full == (
        '{"act":"a.b","at":"2026-11-19T02:11:07.125000Z","basis":"参考广东（GD1）","format":"zjcs-act-1",'
        f'"private":"{"0" * 64}","public":{{"a":1,"b":null}},"role":"system","subjects":["x:1"]}}'
    )


def test_payloads_without_canonical_form_are_refused():
    for public in ({"rate": 0.5}, {"价": 1}):
        with pytest.raises(NotCanonical):
            texts.payload_text(act="a.b", at=AT, basis=None, private=None, public=public, role=None, subjects=["x:1"])
    with pytest.raises(texts.Malformed):
        texts.payload_text(act="a.b", at=AT, basis=None, private="x", public=None, role=None, subjects=["x:1"])


def test_digests_are_salted():
    assert texts.entry_digest("cd" * 32, "{}") == sha256_hex("cd" * 32 + "\n{}\n")
    assert texts.private_digest("ce" * 32, {"rows": []}) == sha256_hex("ce" * 32 + '\n{"rows":[]}\n')
    assert texts.input_hash({"b": 1, "a": "甲"}) == sha256_hex('{"a":"甲","b":1}')
    for salt in ("cd", "CD" * 32, ""):
        with pytest.raises(texts.Malformed):
            texts.entry_digest(salt, "{}")


def test_a_head():
    head = texts.signed_head(
        market="DEMO-450800", tree_size=12, root=b"\x01" * 32, timestamp=AT, private_key=PRIVATE, public_key=PUBLIC
    )
    assert head.text == f"zjcs-sth-1\nDEMO-450800\n12\n{'01' * 32}\n2026-11-19T02:11:07.125000Z\n"
    assert texts.verify_signature(PUBLIC, head.text, head.signature)
    assert head.key_id == sha256_hex(PUBLIC)[:16] == texts.key_id(PUBLIC)
    assert list(head.members()) == ["market", "tree_size", "root_hash", "timestamp", "key_id", "signature"]
    assert outsider.signed(PUBLIC, head.text, head.signature)


def test_a_receipt():
    text = texts.receipt_text(**PARTS)
    assert text == (
        "zjcs-receipt-1\nDEMO-450800\nregistration.submit\n450800-2026-000017\n1\n91450800MA5K000013\n"
        f"{'11' * 32}\n2026-11-19T02:11:07.125000Z\n{'22' * 32}\n"
    )
    lines = texts.parse_receipt_text(text)
    assert (lines.no, lines.attempt, lines.leaf) == ("450800-2026-000017", 1, "22" * 32)
    bare = texts.receipt_text(**{**PARTS, "no": None, "attempt": None})
    assert bare.split("\n")[3:5] == ["-", "-"]
    assert texts.parse_receipt_text(bare).attempt is None
    assert outsider.RECEIPT.fullmatch(bare)


@pytest.mark.parametrize(
    "wrong",
    [{"id": "a\nb"}, {"hash": "11"}, {"leaf": "GG" * 32}, {"attempt": 0}, {"no": "n o"}, {"act": "x"}, {"market": ""}],
)
def test_no_line_is_smuggled_into_a_receipt(wrong):
    with pytest.raises(texts.Malformed):
        texts.receipt_text(**{**PARTS, **wrong})


@pytest.mark.parametrize(
    "change", [("\n1\n", "\n01\n"), ("zjcs-receipt-1", "zjcs-receipt-2"), ("125000Z\n", "125000Z\n\n")]
)
def test_another_form_is_no_receipt(change):
    with pytest.raises(texts.Malformed):
        texts.parse_receipt_text(texts.receipt_text(**PARTS).replace(*change))


@given(st.text(max_size=40), st.data())
@settings(max_examples=25)
def test_signatures_hold_for_both_implementations_and_break_together(text, data):
    signature = texts.sign(PRIVATE, text)
    assert texts.verify_signature(PUBLIC, text, signature)
    assert outsider.signed(PUBLIC, text, signature)
    raw = bytearray.fromhex(signature)
    raw[data.draw(st.integers(0, 63))] ^= 1 << data.draw(st.integers(0, 7))
    for other_text, other in ((text, raw.hex()), (text + "x", signature), (text, ""), (text, "zz")):
        assert not texts.verify_signature(PUBLIC, other_text, other)
        assert not outsider.signed(PUBLIC, other_text, other)
