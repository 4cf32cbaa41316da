"""A key read from what people have, and a secret of which a single half says nothing."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.actor import Role
from app.rulebook import RulebookError
from app.sealing import public_key
from marketplace.holder import rules

PRIVATE = bytes(range(32))
PUBLIC = public_key(PRIVATE)


def pem(label, prefix, key):
    return f"-----BEGIN {label}-----\n{b64encode(bytes.fromhex(prefix) + key).decode()}\n-----END {label}-----\n"


SPKI = pem("PUBLIC KEY", "302a300506032b656e032100", PUBLIC)
"""As OpenSSL writes it (RFC 8410)."""


@pytest.mark.parametrize("text", [SPKI, SPKI.replace("\n", "\r\n"), f"  {PUBLIC.hex()}\n", PUBLIC.hex().upper()])
def test_a_public_key_is_read_from_what_people_paste(text):
    assert rules.public_of(text) == PUBLIC


def test_a_key_file_is_what_openssl_would_write():
    assert rules.key_file(PRIVATE) == pem("PRIVATE KEY", "302e020100300506032b656e04220420", PRIVATE)
    assert rules.private_of("\n" + rules.key_file(PRIVATE).replace("\n", "\r\n")) == PRIVATE


@pytest.mark.parametrize("text", ["", "密钥", "0" * 63, rules.key_file(PRIVATE), SPKI.replace("K", "L", 3)])
def test_what_is_no_public_key_is_none(text):
    assert rules.public_of(text) is None


@pytest.mark.parametrize(
    "text", ["", "密钥", PRIVATE.hex(), SPKI, pem("PRIVATE KEY", "302e020100300506032b657004220420", PRIVATE)]
)
def test_what_is_no_key_file_is_none(text):
    """The last one is of another kind: Ed25519."""
    assert rules.private_of(text) is None


@given(st.binary(min_size=32, max_size=32), st.lists(st.binary(min_size=32, max_size=32), min_size=3, max_size=3))
def test_any_two_of_three_have_the_secret_and_one_alone_has_noise(secret, pads):
    halves = list(rules.divided(secret, pads=dict(zip(rules.pairs(), pads, strict=True))))
    assert len(halves) == 6
    for pair in rules.pairs():
        (one, other) = (half for of, _, half in halves if of == pair)
        assert rules.combined(one, other) == secret
    for role in rules.HOLDERS:
        own = [(pair, half) for pair, whose, half in halves if whose is role]
        assert {half for _, half in own} <= {
            each for pair, pad in zip(rules.pairs(), pads, strict=True) for each in (pad, rules.combined(secret, pad))
        }
        assert [pair for pair, _ in own] == [pair for pair in rules.pairs() if role in pair]


def codes(refusals):
    return [one.code for one in refusals]


@pytest.mark.parametrize(
    ("public", "known", "taken", "expected"),
    [
        (PUBLIC, False, None, []),
        (None, False, None, ["holder_key_malformed"]),
        (bytes(32), False, None, ["holder_key_malformed"]),
        (PUBLIC, True, None, ["holder_key_known"]),
        (PUBLIC, True, "another", ["holder_key_known", "holder_taken"]),
    ],
)
def test_why_a_key_is_not_published(public, known, taken, expected):
    """A point of low order opens for everybody: nothing may be sealed to it."""
    assert codes(rules.refusals_to_enrol(public, known=known, taken_by=taken)) == expected


def test_all_three_must_be_named():
    assert codes(rules.refusals_to_divide(rules.HOLDERS)) == []
    (refusal,) = rules.refusals_to_divide([Role.OPERATOR])
    assert (refusal.code, refusal.params["missing"]) == ("holders_missing", 2)


@pytest.mark.parametrize(("holders", "days"), [(0, 1), (3, 1), (2, 0)])
def test_no_rulebook_asks_for_an_opening_that_nobody_could_make(holders, days):
    assert not rules.OpeningTerms(holders=1, max_wait=1).shared
    with pytest.raises(RulebookError):
        rules.OpeningTerms(holders=holders, max_wait=days)
