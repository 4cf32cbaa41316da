"""How a world that nobody looks at yet is made fast: what was read stays read, and the disk is not waited for.

Only its maker has the database then, so that nobody else's commit can make stale what the session remembers. What the
maker's own acts change is forgotten one by one: collections that gained or lost a row, and references of changed rows.
"""

import gc
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapper, ORMExecuteState, RelationshipProperty, Session, lazyload
from sqlalchemy.orm.interfaces import ONETOMANY
from sqlalchemy.orm.util import identity_key

from app.database import Base, db, is_sqlite

RARELY = 100_000
"""So many new objects between two looks of the garbage collector: a world makes few cycles and many rows."""


LARGE, USUAL = 131_072, 2_000
"""KiB of pages that SQLite keeps meanwhile and otherwise, which is its own default."""

ALONE = lazyload("*")


class Memory:
    """Holds what was read since it was last emptied, and forgets what an act has made stale."""

    def __init__(self) -> None:
        self._held: list[object] = []
        self._references: dict[Mapper[Any], tuple[str, ...]] = {}
        self._collections: dict[Mapper[Any], list[tuple[type, str, str]]] = defaultdict(list)
        for mapper in Base.registry.mappers:
            relationships: list[RelationshipProperty[Any]] = list(mapper.relationships)
            self._references[mapper] = tuple(one.key for one in relationships if one.direction is not ONETOMANY)
            for one in relationships:
                if one.direction is ONETOMANY:
                    remote = next(iter(one.local_remote_pairs or ()))[1]
                    column = one.mapper.get_property_by_column(remote).key
                    self._collections[one.mapper].append((mapper.class_, one.key, column))

    def empty(self) -> None:
        """Begin anew, as a new session would."""
        self._held.clear()
        db.session.remove()
        db.session().expire_on_commit = False

    def read(self, _: Session, row: object) -> None:
        self._held.append(row)

    def lightly(self, state: ORMExecuteState) -> None:
        """What hangs on a row is mostly remembered already, and need not be joined to it."""
        if state.is_select and not state.is_relationship_load and not state.is_column_load:
            state.statement = state.statement.options(ALONE)

    def flushed(self, session: Session, _: object) -> None:
        stale: list[tuple[object, tuple[str, ...]]] = []
        for row in (*session.new, *session.deleted):
            for parent, collection, column in self._collections.get(inspect(row).mapper, ()):
                found = session.identity_map.get(identity_key(parent, getattr(row, column)))
                if found is not None and collection not in inspect(found).unloaded:
                    stale.append((found, (collection,)))
        for row in session.dirty:
            state = inspect(row)
            keys = tuple(key for key in self._references[state.mapper] if key not in state.unloaded)
            if keys:
                stale.append((row, keys))
        session.info["stale"] = stale

    def after(self, session: Session, _: object) -> None:
        for row, keys in session.info.pop("stale", ()):
            if row in session:
                session.expire(row, keys)


@contextmanager
def haste() -> Iterator[Memory]:
    """Meanwhile the session remembers, SQLite does not wait for the disk, and garbage is looked for rarely."""
    memory = Memory()
    listeners = (
        ("loaded_as_persistent", memory.read),
        ("pending_to_persistent", memory.read),
        ("do_orm_execute", memory.lightly),
        ("after_flush", memory.flushed),
        ("after_flush_postexec", memory.after),
    )
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(RARELY, 20, 50)
    _tune(synchronous="OFF", cache=LARGE)
    for name, listener in listeners:
        event.listen(db.session, name, listener)
    memory.empty()
    try:
        yield memory
    finally:
        for name, listener in listeners:
            event.remove(db.session, name, listener)
        db.session.remove()
        _tune(synchronous="FULL", cache=USUAL)
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _tune(*, synchronous: str, cache: int) -> None:
    """Whether SQLite waits for the disk at every commit, and how many KiB of pages it keeps."""
    if is_sqlite():
        db.session.remove()
        connection = db.engine.raw_connection()
        try:
            connection.cursor().execute(f"PRAGMA synchronous={synchronous}")
            connection.cursor().execute(f"PRAGMA cache_size=-{cache}")
        finally:
            connection.close()
