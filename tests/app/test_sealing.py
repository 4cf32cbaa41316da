"""Sealed boxes: what opens them, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sealing import Unopenable, open_box, public_key, seal

HOLDER, OTHER, EPHEMERAL = b"\x01" * 32, b"\x02" * 32, b"\x03" * 32


def sealed(plaintext=b"42", associated=b"a", info=b"i"):
    return seal(plaintext, recipient=public_key(HOLDER), associated=associated, info=info, ephemeral=EPHEMERAL)


@given(st.binary(max_size=200), st.binary(max_size=40), st.binary(max_size=20))
def test_the_holder_opens_it(plaintext, associated, info):
    box = sealed(plaintext, associated, info)
    assert box[:32] == public_key(EPHEMERAL)
    assert len(box) == 32 + len(plaintext) + 16
    assert open_box(box, private=HOLDER, associated=associated, info=info) == plaintext


@given(st.data())
def test_one_changed_byte_closes_it_for_ever(data):
    box = bytearray(sealed())
    box[data.draw(st.integers(0, len(box) - 1))] ^= data.draw(st.integers(1, 127))
    with pytest.raises(Unopenable):
        open_box(bytes(box), private=HOLDER, associated=b"a", info=b"i")


@pytest.mark.parametrize("wrong", [{"private": OTHER}, {"associated": b"b"}, {"info": b"j"}])
def test_another_key_purpose_or_association_does_not_open_it(wrong):
    with pytest.raises(Unopenable):
        open_box(sealed(), **({"private": HOLDER, "associated": b"a", "info": b"i"} | wrong))


@pytest.mark.parametrize("box", [b"", bytes(31), bytes(32), bytes(64)])
def test_what_is_no_box_does_not_open(box):
    with pytest.raises(Unopenable):
        open_box(box, private=HOLDER, associated=b"a", info=b"i")


def test_a_recipient_without_secrecy_is_refused():
    with pytest.raises(ValueError, match="shared key"):
        seal(b"42", recipient=bytes(32), associated=b"", info=b"", ephemeral=EPHEMERAL)


def test_the_construction_is_the_one_on_the_page():
    """Written out once more from docs/protocol.md §2.2, with HMAC for HKDF, so that another language can follow."""
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    ours, theirs = X25519PrivateKey.from_private_bytes(EPHEMERAL), X25519PublicKey.from_public_bytes(public_key(HOLDER))
    extracted = hmac.digest(public_key(EPHEMERAL) + public_key(HOLDER), ours.exchange(theirs), hashlib.sha256)
    key = hmac.digest(extracted, b"i" + b"\x01", hashlib.sha256)
    assert AESGCM(key).decrypt(bytes(12), sealed()[32:], b"a") == b"42"
