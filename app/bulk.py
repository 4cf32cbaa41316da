"""Synthetic rows for measurements: written past the acts, many at a time, and only where nothing counts."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Table, delete, func, insert, select

from app import built
from app.audit import texts, tree
from app.audit.canonical import canonical
from app.audit.services import plain
from app.database import Base, db, is_sqlite
from app.deployment import Misconfigured
from app.settings import Settings
from app.values import Opens

T = TypeVar("T")
BATCH = 5_000
PRIVATE: dict[str, Any] = {"rows": []}


@dataclass(frozen=True, slots=True)
class Noted:
    """One entry of the log that an act would have written; `opened_by`: the place of its opener in the same batch."""

    act: str
    at: datetime
    role: str
    subjects: tuple[str, ...]
    public: Mapping[str, Any]
    opens: Opens = Opens.AT_ONCE
    opened_by: int | None = None


def only_where_nothing_counts() -> None:
    """Raise `Misconfigured` anywhere but in a demonstration: these rows are in no act, and `log verify` says so."""
    settings: Settings = built.part("settings")
    if not settings.demonstration:
        raise Misconfigured("synthetic rows go into a demonstration's database only")


def batches(rows: Iterable[T]) -> Iterator[list[T]]:
    """Rows in lists of `BATCH`."""
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        yield batch


def next_id(name: str) -> int:
    """The first free key of a table."""
    table = _table(name)
    last = db.session.execute(select(func.max(table.c.id))).scalar()
    return 1 if last is None else int(last) + 1


def write(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that bring their own keys."""
    db.session.connection().execute(insert(_table(name)), [dict(row) for row in rows])


def empty(name: str) -> None:
    """Leave nothing in a table that is written anew."""
    db.session.connection().execute(delete(_table(name)))


def keep() -> None:
    """Commit: behind the record's back, as nothing else may."""
    db.session.commit()


def settle(*names: str) -> None:
    """After rows with keys of their own: let PostgreSQL count on from the last one."""
    if is_sqlite():
        return
    for name in names:
        last = select(func.max(_table(name).c.id)).scalar_subquery()
        db.session.execute(select(func.setval(func.pg_get_serial_sequence(name, "id"), last)))


def note(first: int, notes: Sequence[Noted]) -> None:
    """Write entries with the keys from `first` on, their subjects and disclosures; the sequencer numbers them later."""
    entries: list[dict[str, Any]] = []
    subjects: list[dict[str, Any]] = []
    disclosures: list[dict[str, Any]] = []
    for place, each in enumerate(notes):
        key = first + place
        salt, private_salt, ref = (hashlib.sha256(f"{name} {key}".encode()).hexdigest() for name in ("a", "b", "c"))
        payload = texts.payload_text(
            act=each.act,
            at=each.at,
            basis=None,
            private=texts.private_digest(private_salt, PRIVATE),
            public=plain(each.public),
            role=each.role,
            subjects=each.subjects,
        )
        digest = texts.entry_digest(salt, payload)
        entries.append(
            {
                "id": key,
                "ref": ref[:32],
                "act": each.act,
                "at": each.at,
                "opens": each.opens,
                "salt": salt,
                "payload": payload,
                "private_salt": private_salt,
                "private": canonical(PRIVATE),
                "digest": digest,
                "leaf": tree.leaf_hash(digest).hex(),
            }
        )
        subjects.extend({"entry_id": key, "subject": subject} for subject in each.subjects)
        if each.opened_by is not None:
            disclosures.append({"entry_id": key, "by_entry_id": first + each.opened_by})
    write("entry", entries)
    write("entry_subject", subjects)
    if disclosures:
        write("disclosure", disclosures)


def _table(name: str) -> Table:
    return Base.metadata.tables[name]
