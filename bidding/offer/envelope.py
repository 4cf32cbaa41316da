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
    "open_proposal",
    "parse_body",
    "proposal_key",
    "seal_offer",
    "seal_proposal",
]

INFO: Final = FORMAT.encode()
PROPOSAL_INFO: Final = b"zjcs-proposal-1"


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


def seal_proposal(content: bytes, *, recipient: bytes, ephemeral: bytes) -> bytes:
    """Seals a file of an offer to a public key, bound to its own SHA-256, the `file` line of the body.

    The attempt's key; of a file that is handed in after the closing, the deployment's own.

    The construction is the envelope's (§2.2), with an `info` of its own. That files are sealed so is inferred:
    protocol.md says what of a file stands in the body, and nothing of its bytes.
    """
    return sealing.seal(
        content,
        recipient=recipient,
        associated=hashlib.sha256(content).digest(),
        info=PROPOSAL_INFO,
        ephemeral=ephemeral,
    )


def proposal_key(box: bytes, *, private: bytes, sha256: str) -> bytes:
    """The key of one sealed file, known from the opening on; it opens this file alone.

    Raises sealing.Unopenable unless the file opens and is the one of that `file` line.
    """
    key = sealing.key_of(box, private=private, info=PROPOSAL_INFO)
    open_proposal(box, key=key, sha256=sha256)
    return key


def open_proposal(box: bytes, *, key: bytes, sha256: str) -> bytes:
    """The bytes of a sealed file. Raises sealing.Unopenable, also when it is not the file of that `file` line."""
    content = sealing.open_with(box, key=key, associated=bytes.fromhex(sha256))
    if hashlib.sha256(content).hexdigest() != sha256:
        raise sealing.Unopenable
    return content
