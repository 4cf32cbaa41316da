"""Canonical rows: which tables are hashed, and the SHA-256 of each row that an act wrote (protocol.md §3.1)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, inspect
from sqlalchemy.sql.schema import ScalarElementColumnDefault

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
    return values_hash(
        {column: held[key] if key in held else getattr(row, key) for column, key in _shape(type(row)).columns}
    )


def values_hash(values: Mapping[str, Any]) -> str:
    """The same of the values of all its columns, by name."""
    plain = {
        column: canonical(value) if isinstance(value, list | dict | tuple) else value
        for column, value in values.items()
    }
    return hashlib.sha256(canonical_row(plain).encode()).hexdigest()


def values_of(kind: type[Base], given: Mapping[str, Any]) -> dict[str, Any]:
    """Column → value of a new row, its key left out where the database makes it: what was given, else the default.

    Raises TypeError for what is no attribute, and for a default that only the database knows.
    """
    shape = _shape(kind)
    values: dict[str, Any] = {}
    left = len(given)
    for column, key in shape.columns:
        if key in given:
            values[column] = given[key]
            left -= 1
        elif key in shape.defaults:
            values[column] = shape.defaults[key]
        elif key not in shape.keys:
            raise TypeError(f"{kind.__name__} needs {key}")
    if left:
        raise TypeError(f"{kind.__name__} has not all of {', '.join(sorted(given))}")
    return values


@dataclass(frozen=True, slots=True)
class _Shape:
    """Of a class of rows: the attributes of its primary key, each column with its attribute, what stands unasked."""

    keys: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    defaults: Mapping[str, Any]


@cache
def _shape(kind: type[Base]) -> _Shape:
    mapper = inspect(kind)

    def key(column: ColumnElement[Any]) -> str:
        return mapper.get_property_by_column(column).key

    return _Shape(
        tuple(key(column) for column in mapper.primary_key),
        tuple((column.name, key(column)) for column in mapper.columns),
        {
            key(column): column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None
            for column in mapper.columns
            if column.nullable or isinstance(column.default, ScalarElementColumnDefault)
        },
    )


@dataclass
class Written:
    """The rows one transaction wrote; hashed at its end, so that the last value counts."""

    rows: dict[tuple[str, str], Base | str | None] = field(default_factory=dict)

    def kept(self, row: Base) -> None:
        self.rows[(row.__tablename__, row_key(row))] = row

    def hashed(self, kind: type[Base], values: Mapping[str, Any]) -> None:
        """A new row by the values of its columns, which nobody changes before the commit without `kept`."""
        columns = {key: column for column, key in _shape(kind).columns}
        key = "/".join(str(values[columns[one]]) for one in _shape(kind).keys)
        self.rows[(kind.__tablename__, key)] = values_hash(values)

    def gone(self, row: Base) -> None:
        self.rows[(row.__tablename__, row_key(row))] = None

    def hashes(self) -> list[list[str | None]]:
        """[table, key, hash or null] ascending."""
        return [
            [table, key, row if row is None or isinstance(row, str) else row_hash(row)]
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
