"""Canonical JSON: one text for one value, so that a hash of it means something (docs/protocol.md §3.1, RFC 8785)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import cast

SAFE = 2**53
_WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
"""Made once: every act writes half a dozen texts."""
_LEAVES = frozenset({str, bool, type(None)})
_SIMPLE = _LEAVES | {int}


class NotCanonical(ValueError):
    """A value without canonical form: a float, a great integer, a key beyond ASCII, a naive instant, another type."""


def canonical(value: object) -> str:
    """RFC 8785 under the limits of docs/protocol.md §3.1; raises NotCanonical for what lies outside them.

    Takes None, booleans, integers with |n| < 2⁵³, text, lists, tuples and mappings with ASCII keys.
    """
    text = _WRITER.encode(_plain(value))
    if not text.isascii():
        _whole(text)
    return text


def canonical_row(row: Mapping[str, object]) -> str:
    """The canonical row, an object column → value (docs/protocol.md §0, §3.1): dates `YYYY-MM-DD`, bytes as hex.

    Members of enumerations stand by their value; lists and mappings (JSON columns) keep their structure. Raises
    NotCanonical, also for Decimal and float: money is integer fen.
    """
    return canonical({column: value if type(value) in _SIMPLE else _column(value) for column, value in row.items()})


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
    # By exact type first: that is what almost every value has.
    kind = type(value)
    if kind in _LEAVES:
        return value
    if kind is int:
        return _safe(cast(int, value))
    if kind is dict or isinstance(value, Mapping):
        return _members(cast(Mapping[object, object], value))
    if kind is list or isinstance(value, list | tuple):
        return [member if type(member) in _LEAVES else _plain(member) for member in cast(Sequence[object], value)]
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, int):
        return _safe(int(value))
    if isinstance(value, str):
        return str(value)
    raise NotCanonical(kind.__name__)


def _safe(value: int) -> int:
    if not -SAFE < value < SAFE:
        raise NotCanonical("integer of 2^53 or more")
    return value


def _members(value: Mapping[object, object]) -> dict[str, object]:
    plain: dict[str, object] = {}
    for key, member in value.items():
        if not isinstance(key, str) or not key.isascii():
            raise NotCanonical("key that is not ASCII text")
        plain[str(key)] = member if type(member) in _LEAVES else _plain(member)
    return plain


def _whole(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("lone surrogate") from error
