"""The exact texts of the log: payload, digests, head, receipt, and their signatures (docs/protocol.md §3)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.audit.canonical import canonical, instant, sha256_hex

_HEX = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9A-Z][0-9A-Z-]{0,39}")
_ACT = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")

ACT_FORMAT = "zjcs-act-1"
RECEIPT_FORMAT = "zjcs-receipt-1"


class Malformed(ValueError):
    """A text or a value does not have the form of docs/protocol.md §0 and §3."""


def payload_text(
    *,
    act: str,
    at: datetime,
    basis: str | Sequence[str] | None,
    private: str | None,
    public: Mapping[str, object] | None,
    role: str | None,
    subjects: Sequence[str],
) -> str:
    """The payload of an act's entry, without a line end (§3.1).

    A member that is None or empty is absent, except `private`: null, or the digest of `private_digest`. The order of
    `subjects` is kept. Raises NotCanonical or Malformed.
    """
    members = {"act": act, "at": instant(at), "basis": basis, "public": public, "role": role, "subjects": subjects}
    present = {member: value for member, value in members.items() if value}
    return canonical({**present, "format": ACT_FORMAT, "private": None if private is None else _hex(private)})


def entry_digest(salt: str, payload: str) -> str:
    """`digest` = SHA-256(`<salt, 64 hex>` LF payload LF), 64 hex digits (§3.2). Raises Malformed for another salt."""
    return sha256_hex(f"{_hex(salt)}\n{payload}\n")


def private_digest(salt: str, private: object) -> str:
    """The payload's `private`: SHA-256(`<salt2>` LF canonical JSON LF) of personal data and row hashes (§3.1)."""
    return private_text_digest(salt, canonical(private))


def private_text_digest(salt: str, private: str) -> str:
    """The same of what is canonical JSON already."""
    return sha256_hex(f"{_hex(salt)}\n{private}\n")


def input_hash(value: object) -> str:
    """A receipt's `hash` of an act's input that is no offer: SHA-256 of its canonical JSON, no line end (§3.5)."""
    return sha256_hex(canonical(value))


def head_text(*, market: str, tree_size: int, root_hash: str, timestamp: datetime | str) -> str:
    """The text a head's signature is over (§3.4); `timestamp` an aware instant, or already written as in §0."""
    written = timestamp if isinstance(timestamp, str) else instant(timestamp)
    return f"zjcs-sth-1\n{market}\n{tree_size}\n{root_hash}\n{written}\n"


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head as it is served and kept by outsiders: the object of §3.4 with the market's id beside it."""

    market: str
    tree_size: int
    root_hash: str
    timestamp: str
    key_id: str
    signature: str

    @property
    def text(self) -> str:
        """What the signature is over."""
        return head_text(
            market=self.market, tree_size=self.tree_size, root_hash=self.root_hash, timestamp=self.timestamp
        )

    def members(self) -> dict[str, Any]:
        """The JSON object that `/log/head` answers."""
        return asdict(self)


def signed_head(
    *, market: str, tree_size: int, root: bytes, timestamp: datetime, private_key: bytes, public_key: bytes
) -> SignedHead:
    """Signs a head (§3.4)."""
    text = head_text(market=market, tree_size=tree_size, root_hash=root.hex(), timestamp=timestamp)
    return SignedHead(
        market=market,
        tree_size=tree_size,
        root_hash=root.hex(),
        timestamp=instant(timestamp),
        key_id=key_id(public_key),
        signature=sign(private_key, text),
    )


def receipt_text(
    *, market: str, act: str, no: str | None, attempt: int | None, id: str, hash: str, at: datetime, leaf: str
) -> str:
    """The text of a receipt (§3.5): `hash` an offer's commitment, else `input_hash`; `leaf` the leaf hash in hex.

    Raises Malformed for a part that does not have the form of §0, so that no line can be smuggled in.
    """
    rows = (
        RECEIPT_FORMAT,
        _must(_ID, market),
        _must(_ACT, act),
        "-" if no is None else _must(_ID, no),
        "-" if attempt is None else _must(_NUMBER, str(attempt)),
        _must(_ID, id),
        _hex(hash),
        instant(at),
        _hex(leaf),
    )
    return "".join(f"{row}\n" for row in rows)


@dataclass(frozen=True, slots=True)
class ReceiptLines:
    """The parts of a receipt's text, as written."""

    market: str
    act: str
    no: str | None
    attempt: int | None
    id: str
    hash: str
    at: str
    leaf: str


def parse_receipt_text(text: str) -> ReceiptLines:
    """Reads a receipt's text strictly (§3.5). Raises Malformed."""
    rows = text.split("\n")
    if len(rows) != 10 or rows[0] != RECEIPT_FORMAT or rows[9]:
        raise Malformed("receipt")
    return ReceiptLines(
        market=_must(_ID, rows[1]),
        act=_must(_ACT, rows[2]),
        no=None if rows[3] == "-" else _must(_ID, rows[3]),
        attempt=None if rows[4] == "-" else int(_must(_NUMBER, rows[4])),
        id=_must(_ID, rows[5]),
        hash=_hex(rows[6]),
        at=_must(_INSTANT, rows[7]),
        leaf=_hex(rows[8]),
    )


def receipt_file(*, text: str, input: object, key_id: str, signature: str) -> dict[str, Any]:
    """The file an outside party takes home (§3.5); `input` None where only the receipt is answered again."""
    return {"format": RECEIPT_FORMAT, "text": text, "input": input, "key_id": key_id, "signature": signature}


def key_id(public_key: bytes) -> str:
    """First 16 hex digits of SHA-256 of the raw Ed25519 public key (§3.4)."""
    return sha256_hex(public_key)[:16]


def sign(private_key: bytes, text: str) -> str:
    """The Ed25519 signature of a text in UTF-8, 128 hex digits; the key is its 32 raw bytes (§0)."""
    return _signer(private_key).sign(text.encode()).hex()


@lru_cache(maxsize=4)
def _signer(private_key: bytes) -> Ed25519PrivateKey:
    # To read the key takes as long as to sign with it, and a deployment has one.
    return Ed25519PrivateKey.from_private_bytes(private_key)


def verify_signature(public_key: bytes, text: str, signature: str) -> bool:
    """Whether `signature`, hex, is the Ed25519 signature of `text` under the raw public key."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(bytes.fromhex(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _hex(text: str) -> str:
    return _must(_HEX, text)


def _must(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise Malformed(text)
    return text
