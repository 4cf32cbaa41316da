"""Keyset paging: a page is asked for by the last row's sort key, never by an offset, and nobody counts."""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from app.refusal import NotFound

T = TypeVar("T")
SIZE = 20
LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page of rows; `after` is the token of the next page, None on the last one."""

    rows: tuple[T, ...]
    after: str | None


def token(*key: str | int) -> str:
    """A sort key as an address part."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def parsed(after: str | None, kinds: Sequence[type]) -> tuple[Any, ...] | None:
    """The sort key of a token; None for the first page. A forged token is `NotFound`, never an error.

    A part of the kind `datetime` is the ISO 8601 text of an instant in the token, and the instant here.
    """
    if not after:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        if not isinstance(key, list) or len(key) != len(kinds):
            raise ValueError(after)
        return tuple(_part(part, kind) for part, kind in zip(key, kinds, strict=True))
    except (ValueError, OverflowError, RecursionError, binascii.Error) as error:
        raise NotFound("after") from error


def _part(part: object, kind: type) -> object:
    """One part of a key as its column has it; raises `ValueError` or `OverflowError` for what none could hold."""
    if kind is datetime and isinstance(part, str):
        found = datetime.fromisoformat(part)
        if found.tzinfo is None:
            raise ValueError(part)
        return found.astimezone(UTC)
    if type(part) is not kind or not _storable(part):
        raise ValueError(part)
    return part


def _storable(part: object) -> bool:
    """Whether a column can be compared with it: an integer that it could hold, a text without U+0000, in whole."""
    if isinstance(part, int):
        return abs(part) < LARGEST
    return not any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in str(part))


def listing(rows: Sequence[T], *, size: int, key: Any) -> Listing[T]:
    """Cut `size + 1` fetched rows to a page; `key(row)` is the sort key as a tuple of str and int."""
    if len(rows) <= size:
        return Listing(tuple(rows), None)
    return Listing(tuple(rows[:size]), token(*key(rows[size - 1])))


def every(page: Callable[[str | None], Listing[T]]) -> Iterator[T]:
    """All rows of a listing, page after page, for a file that holds them all."""
    after: str | None = None
    while True:
        found = page(after)
        yield from found.rows
        if found.after is None:
            return
        after = found.after
