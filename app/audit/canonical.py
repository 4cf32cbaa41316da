"""Canonical JSON: one text for one value, so that a hash of it means something (docs/protocol.md §3.1, RFC 8785)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum

SAFE = 2**53


class NotCanonical(ValueError):
    """A value without canonical form: a float, a great integer, a key beyond ASCII, a naive instant, another type."""


def canonical(value: object) -> str:
    """RFC 8785 under the limits of docs/protocol.md §3.1; raises NotCanonical for what lies outside them.

    Takes None, booleans, integers with |n| < 2⁵³, text, lists, tuples and mappings with ASCII keys.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_row(row: Mapping[str, object]) -> str:
    """The canonical row, an object column → value (docs/protocol.md §0, §3.1): dates `YYYY-MM-DD`, bytes as hex.

    Members of enumerations stand by their value; lists and mappings (JSON columns) keep their structure. Raises
    NotCanonical, also for Decimal and float: money is integer fen.
    """
    return canonical({column: _column(value) for column, value in row.items()})


def sha256_hex(content: str | bytes) -> str:
    """SHA-256 of bytes, or of a text in UTF-8, as 64 hex digits."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def instant(at: datetime) -> str:
    """An aware instant as `YYYY-MM-DDTHH:MM:SS.ffffffZ` in UTC (docs/protocol.md §0); a naive one is NotCanonical."""
    if at.tzinfo is None:
        raise NotCanonical("naive instant")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _column(value: object) -> object:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return value


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) >= SAFE:
            raise NotCanonical("integer of 2^53 or more")
        return int(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, Mapping):
        return {_key(key): _plain(member) for key, member in value.items()}
    raise NotCanonical(type(value).__name__)


def _key(key: object) -> str:
    if not isinstance(key, str) or not key.isascii():
        raise NotCanonical("key that is not ASCII text")
    return str(key)


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("lone surrogate") from error
    return str(text)
