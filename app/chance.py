"""Where randomness enters the market, as bytes; nowhere else."""

import hashlib
import secrets
from typing import Protocol

ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class Chance(Protocol):
    """A source of unpredictable bytes."""

    def secret(self) -> bytes:
        """32 fresh bytes."""
        ...


class SystemChance:
    """The operating system's generator."""

    def secret(self) -> bytes:
        return secrets.token_bytes(32)


class FixedChance:
    """A reproducible source for tests: the factory takes it only with the tests' own token."""

    def __init__(self, start: int = 0) -> None:
        self._next = start

    def secret(self) -> bytes:
        self._next += 1
        return hashlib.sha256(b"fixed chance %d" % self._next).digest()


def letters(raw: bytes, length: int) -> str:
    """`length` characters of 0-9A-Z (without I and O), for references that tell no count."""
    number = int.from_bytes(raw, "big")
    found = []
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        found.append(ALPHABET[digit])
    return "".join(found)


def fresh_key() -> str:
    """A new idempotency key or nonce for a form: 32 hex digits."""
    return secrets.token_hex(16)
