"""Who holds a key, what such a key looks like, and how a secret is divided so that any two of three can open it."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations
from typing import ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from app.actor import Role
from app.refusal import Refusal
from app.rulebook import RulebookError, term
from app.values import Opens


class HolderAct(StrEnum):
    """The acts of an office that holds a key."""

    ENROL = "holder.enrol"
    RESIGN = "holder.resign"


HOLDERS = (Role.OPERATOR, Role.REGULATOR, Role.SUPERVISOR)
"""One holder of each kind (protocol.md §2.3)."""

MAY = {HolderAct.ENROL: set(HOLDERS), HolderAct.RESIGN: set(HOLDERS)}
OPENS = {HolderAct.ENROL: Opens.AT_ONCE, HolderAct.RESIGN: Opens.AT_ONCE}

KEY_BYTES = 32
_HEX = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class OpeningTerms:
    """How many holders open offers, and how many working days the opening waits for them (rules.md §2.5)."""

    SECTION: ClassVar[str] = "opening"

    holders: int = term("count")
    max_wait: int = term("workday")

    def __post_init__(self) -> None:
        """One key file, or two of three; and both may take their time. Source: rules.md §2.5."""
        if self.holders not in (1, 2) or self.max_wait < 1:
            raise RulebookError("opening.holders is 1 or 2, and opening.max_wait at least 1")

    @property
    def shared(self) -> bool:
        """Whether two of three named holders open; otherwise the deployment's key file does (protocol.md §2.3)."""
        return self.holders > 1


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a holder's key: a PEM file as OpenSSL writes it, or 64 hex digits."""

    key: str


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A holder's private key as it lies in his key file: PEM (PKCS #8). No repr shows it, hence no log."""

    key: str = field(repr=False)


def pairs() -> tuple[tuple[Role, Role], ...]:
    """The pairs of kinds that can open, each in ascending order (protocol.md §2.3)."""
    return tuple(combinations(HOLDERS, 2))


def pair_name(pair: tuple[Role, Role]) -> str:
    """How a pair is stored: `operator+regulator`."""
    return "+".join(pair)


def combined(one: bytes, other: bytes) -> bytes:
    """XOR: of a secret and fresh random bytes the second half, of the two halves the secret (protocol.md §2.3).

    Raises ValueError where the lengths differ.
    """
    return bytes(left ^ right for left, right in zip(one, other, strict=True))


def public_of(text: str) -> bytes | None:
    """The 32 raw bytes of an X25519 public key as somebody typed it; None for anything else."""
    plain = text.strip()
    if _HEX.fullmatch(plain):
        return bytes.fromhex(plain)
    try:
        found = load_pem_public_key(plain.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return found.public_bytes_raw() if isinstance(found, X25519PublicKey) else None


def private_of(text: str) -> bytes | None:
    """The 32 raw bytes of the X25519 private key in a key file; None for anything else, an encrypted file too."""
    try:
        found = load_pem_private_key(text.strip().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return found.private_bytes_raw() if isinstance(found, X25519PrivateKey) else None


def key_file(private: bytes) -> str:
    """The key file of 32 private bytes: PEM (PKCS #8), as `openssl genpkey -algorithm X25519` writes it."""
    key = X25519PrivateKey.from_private_bytes(private)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def demonstration_key(role: Role) -> bytes:
    """The private key with which a kind of office begins in a demonstration: anybody can compute it, as it must be."""
    return hashlib.sha256(f"zjcs-holder-1 demonstration {role}".encode()).digest()


def fingerprint(public: str) -> str:
    """How people compare a public key of 64 hex digits: its first 16, in groups of four."""
    return " ".join(public[place : place + 4] for place in range(0, 16, 4))


def is_usable(public: bytes) -> bool:
    """Whether anything can be sealed to a key: a point of low order opens for everybody."""
    try:
        X25519PrivateKey.from_private_bytes(bytes(range(KEY_BYTES))).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        return False
    return True


def refusals_to_enrol(public: bytes | None, *, known: bool, taken_by: str | None) -> Iterator[Refusal]:
    """Why a key cannot be published; `known`: it was published before; `taken_by`: another office of the kind holds.

    Source: protocol.md §2.3 (three named holders). That a key is never used by two, and of an office's region and kind
    one is in force, is (inferred).
    """
    if public is None or not is_usable(public):
        yield Refusal("holder_key_malformed", field="public")
    elif known:
        yield Refusal("holder_key_known", field="public")
    if taken_by is not None:
        yield Refusal("holder_taken", params={"name": taken_by})


def refusals_to_divide(found: Collection[Role]) -> Iterator[Refusal]:
    """Why an announcement whose offers two holders open cannot be published: not all three are named.

    Source: rules.md §2.5 opening.holders; protocol.md §2.3.
    """
    missing = [role for role in HOLDERS if role not in found]
    if missing:
        yield Refusal("holders_missing", clause="opening.holders", params={"missing": len(missing)})


def divided(
    secret: bytes, *, pads: Mapping[tuple[Role, Role], bytes]
) -> Iterator[tuple[tuple[Role, Role], Role, bytes]]:
    """(pair, kind of the holder, half) of each half; `pads`: for each pair 32 fresh random bytes (protocol.md §2.3)."""
    for pair, pad in pads.items():
        yield pair, pair[0], pad
        yield pair, pair[1], combined(secret, pad)
