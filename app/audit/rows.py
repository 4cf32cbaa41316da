"""Canonical rows: which tables are hashed, and the SHA-256 of each row that an act wrote (protocol.md §3.1)."""

import hashlib
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, inspect

from app.audit.canonical import canonical, canonical_row
from app.database import Base
from app.values import Nothing

UNHASHED = frozenset(
    {
        "entry",
        "entry_subject",
        "disclosure",
        "node",
        "head",
        "deployment",
        "idempotency_key",
        "notice",
        "delivery",
        "sign_in_attempt",
        "sign_in_session",
        "api_token",
        "upload",
        "intake",
        "intake_row",
        "region",
        "authority",
        "clock",
        "pulse",
    }
)
"""The record itself, idempotency keys, the outbox, and what housekeeping may write; no chapter's tables."""


def row_key(row: Base) -> str:
    """The primary key as text, several columns joined by `/`."""
    held = row.__dict__
    # What the row holds already needs no mapper; what it does not is read.
    return "/".join([str(held[key] if key in held else getattr(row, key)) for key in _shape(type(row)).keys])


def row_hash(row: Base) -> str:
    """SHA-256 of the canonical row: column → value."""
    held = row.__dict__
    values: dict[str, Any] = {}
    for column, key in _shape(type(row)).columns:
        value = held[key] if key in held else getattr(row, key)
        values[column] = canonical(value) if isinstance(value, list | dict | tuple) else value
    return hashlib.sha256(canonical_row(values).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Shape:
    """Of a class of rows: the attributes of its primary key, and each column with its attribute."""

    keys: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]


@cache
def _shape(kind: type[Base]) -> _Shape:
    mapper = inspect(kind)

    def key(column: ColumnElement[Any]) -> str:
        return mapper.get_property_by_column(column).key

    return _Shape(
        tuple(key(column) for column in mapper.primary_key),
        tuple((column.name, key(column)) for column in mapper.columns),
    )


@dataclass
class Written:
    """The rows one transaction wrote; hashed at its end, so that the last value counts."""

    rows: dict[tuple[str, str], Base | None] = field(default_factory=dict)

    def kept(self, row: Base) -> None:
        self.rows[(row.__tablename__, row_key(row))] = row

    def gone(self, row: Base) -> None:
        self.rows[(row.__tablename__, row_key(row))] = None

    def hashes(self) -> list[list[str | None]]:
        """[table, key, hash or null] ascending."""
        return [
            [table, key, None if row is None else row_hash(row)]
            for (table, key), row in sorted(self.rows.items(), key=lambda item: item[0])
        ]


def input_members(value: object, *, whole: bool = False) -> Any:
    """An act's input as JSON values; members marked secret (a password) stay out unless `whole`."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Nothing):
        return {}
    if is_dataclass(value) and not isinstance(value, type):
        return {
            name: member if type(member := getattr(value, name)) in _PLAIN else input_members(member, whole=whole)
            for name in _members(type(value), whole)
        }
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list | frozenset):
        members = [input_members(member, whole=whole) for member in value]
        return sorted(members) if isinstance(value, frozenset) else members
    return value


_PLAIN = frozenset({str, int, bool, type(None)})


@cache
def _members(kind: type, whole: bool) -> tuple[str, ...]:
    return tuple(member.name for member in fields(kind) if whole or not member.metadata.get("secret"))
