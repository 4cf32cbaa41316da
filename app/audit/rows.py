"""Canonical rows: which tables are hashed, and the SHA-256 of each row that an act wrote (protocol.md §3.1)."""

import hashlib
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

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
    state: InstanceState[Base] = inspect(row)
    return "/".join(str(getattr(row, state.mapper.get_property_by_column(c).key)) for c in state.mapper.primary_key)


def row_hash(row: Base) -> str:
    """SHA-256 of the canonical row: column → value."""
    mapper = inspect(row).mapper
    values: dict[str, Any] = {}
    for column in mapper.columns:
        value = getattr(row, mapper.get_property_by_column(column).key)
        values[column.name] = canonical(value) if isinstance(value, list | dict | tuple) else value
    return hashlib.sha256(canonical_row(values).encode()).hexdigest()


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
    if value is None or isinstance(value, Nothing):
        return None if value is None else {}
    if is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: input_members(getattr(value, f.name), whole=whole)
            for f in fields(value)
            if whole or not f.metadata.get("secret")
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
