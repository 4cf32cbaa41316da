"""The envelope of a sealed offer `zjcs-offer-1`: how it is sealed and opened (docs/protocol.md §2.2, §2.5)."""

import hashlib
from dataclasses import dataclass
from typing import Final

from app import sealing
from bidding.offer.body import (
    FORMAT,
    Body,
    Item,
    Kind,
    Malformed,
    body_text,
    commitment,
    parse_body,
)

__all__ = [
    "Body",
    "Envelope",
    "Item",
    "Kind",
    "Malformed",
    "body_text",
    "commitment",
    "new_attempt_key",
    "open_offer",
    "parse_body",
    "seal_offer",
]

INFO: Final = FORMAT.encode()


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is stored of a sealed offer: its commitment, 64 hex digits, and the box (e_pub ‖ ciphertext)."""

    commitment: str
    box: bytes


def new_attempt_key(private: bytes) -> tuple[bytes, bytes]:
    """(private, public) of K, made anew for every attempt from 32 bytes of fresh chance (§2.1). Raises ValueError."""
    return private, sealing.public_key(private)


def seal_offer(text: str, *, attempt_key: bytes, ephemeral: bytes) -> Envelope:
    """Seals a body to the attempt's public key, bound to its commitment; `ephemeral`: 32 bytes of fresh chance (§2.2).

    Raises Malformed for a text that is no body, so that whatever opens can also be read.
    """
    parse_body(text)
    digest = commitment(text)
    box = sealing.seal(
        text.encode(), recipient=attempt_key, associated=bytes.fromhex(digest), info=INFO, ephemeral=ephemeral
    )
    return Envelope(commitment=digest, box=box)


def open_offer(envelope: Envelope, *, private: bytes) -> str:
    """The body text of an envelope. Raises sealing.Unopenable, also when it does not match its commitment (§2.5)."""
    plaintext = sealing.open_box(
        envelope.box, private=private, associated=bytes.fromhex(envelope.commitment), info=INFO
    )
    if hashlib.sha256(plaintext).hexdigest() != envelope.commitment:
        raise sealing.Unopenable
    return plaintext.decode()
