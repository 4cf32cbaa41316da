"""What many tests begin with is made once: a builder asked twice for the same on untouched ground keeps a database.

A test stands on a ground: a database inside one outer transaction that is rolled back. A builder marked `@ready` that
is called before anything was written there leads to the same market whichever test calls it. The second time it is
asked it happens on a copy of the ground, for good; from then on a test is moved there and nothing is built.
"""

import copy
import shutil
import tempfile
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import psycopg
from flask import Flask, current_app, has_app_context
from sqlalchemy import Connection, RootTransaction, event, make_url, select
from sqlalchemy.engine import Engine

from app import files
from app.clock import FixedClock
from app.database import Base, db
from app.files import Upload

P = ParamSpec("P")
T = TypeVar("T")

NAME = "tests.grounds"
SERVER = "MARKET_TEST_PG_URL"
KEPT = 40
"""Grounds at a time; each keeps a connection, and of PostgreSQL's there are 200."""

HARMLESS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "PRAGMA")
"""How the statements begin that leave a ground as it is."""

Call = tuple[object, ...]


@dataclass(eq=False)
class Ground:
    """A database, how one came there, and what the last builder on the way answered at which instant."""

    calls: tuple[Call, ...]
    database: str
    instant: datetime
    answer: Any = None
    files: frozenset[str] = frozenset()
    connection: Connection | None = None


class Grounds:
    """All grounds of one application."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._clock: FixedClock = app.extensions["market.clock"]
        self._parts: dict[str, object] = {}
        with app.app_context():
            self._engine: Engine = db.engine
        database = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).database or ""
        self._present = self._root = Ground((), database, self._clock.instant)
        self._made: OrderedDict[tuple[Call, ...], Ground] = OrderedDict()
        self._asked: Counter[tuple[Call, ...]] = Counter()
        self._idle: set[tuple[Call, ...]] = set()
        self._connecting = database
        self._count = 0
        self._touched = self._busy = True
        self._outer: RootTransaction | None = None
        self._room = tempfile.TemporaryDirectory(prefix="market-grounds-")
        event.listen(self._engine, "do_connect", self._route)
        event.listen(self._engine, "before_cursor_execute", self._note)

    def remember_parts(self) -> None:
        """As the application is now, so it makes grounds; a test that changes a part of it goes its own way."""
        self._parts = dict(self._app.extensions)

    def _route(self, _: object, __: object, arguments: list[Any], options: dict[str, Any]) -> None:
        if self._engine.dialect.name == "sqlite":
            arguments[0] = self._connecting
        else:
            options["dbname"] = self._connecting

    def _note(self, _: object, __: object, statement: str, *___: object) -> None:
        if not statement.startswith(HARMLESS):
            self._touched = True

    @contextmanager
    def stand(self, at: datetime, *, ready: bool) -> Iterator[None]:
        """In the application's context at an instant, on its first ground; `ready`: builders may lead to others."""
        self._clock.instant = at
        self._root.calls = ((at,),)
        self._enter(self._root)
        self._busy = not ready
        try:
            yield
        finally:
            db.session.remove()
            self._leave()
            self._busy = True

    def _enter(self, ground: Ground) -> None:
        known = ground.connection
        if known is not None and (known.closed or known.invalidated or known.in_transaction()):
            # What a test did to it is over with that test.
            self._disconnect(ground)
        if ground.connection is None:
            self._connecting = ground.database
            ground.connection = self._engine.connect()
            # It is the ground's own: the pool would lend it to another.
            ground.connection.detach()
        self._present = ground
        self._outer = ground.connection.begin()
        db.engines[None] = ground.connection  # type: ignore[assignment]
        ground.instant = self._clock.instant
        self._touched = False

    def _leave(self) -> None:
        if self._outer is not None:
            self._outer.rollback()
            self._outer = None
        db.engines[None] = self._engine

    def untouched(self) -> bool:
        """Whether the market is exactly what the present ground is, and a builder may lead to another."""
        return not (
            self._busy
            or self._touched
            or self._clock.instant != self._present.instant
            or self._parts != self._app.extensions
        )

    def after(self, make: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """What `make` answers, on the ground where it has happened; here, the first time."""
        calls = (*self._present.calls, (make, args, tuple(sorted(options.items()))))
        try:
            ground = self._made.get(calls)
        except TypeError:
            return make(*args, **options)
        if ground is None:
            self._asked[calls] += 1
            if self._asked[calls] != 2 or calls in self._idle:
                found = make(*args, **options)
                if self.untouched():
                    self._idle.add(calls)
                return found
        db.session.rollback()
        if self._present.connection is None or self._present.connection.in_nested_transaction():
            return make(*args, **options)
        self._leave()
        if ground is None:
            ground = self._new(calls, lambda: make(*args, **options))
            if ground is None:
                return make(*args, **options)
        self._made.move_to_end(calls)
        self._clock.instant = ground.instant
        for sha256 in ground.files:
            self._bring_back(sha256)
        self._enter(ground)
        answer: T = copy.deepcopy(ground.answer)
        return answer

    def _new(self, calls: tuple[Call, ...], make: Callable[[], object]) -> Ground | None:
        """A copy of the present ground on which `make` has happened; None where that failed: the test must see it."""
        present, instant = self._present, self._clock.instant
        # PostgreSQL copies only what nobody is connected to; SQLite then has everything in its one file.
        self._disconnect(present)
        self._count += 1
        database = self._connecting = self._name()
        self._busy = True
        try:
            self._copy(present.database, database)
            answer = make()
        except Exception:
            db.session.rollback()
            self._engine.dispose()
            self._drop(database)
            self._clock.instant = instant
            self._enter(present)
            return None
        finally:
            self._busy = False
        if not _plain(answer):
            raise TypeError(f"{answer!r} belongs to a session: a ready builder answers with plain values")
        named = frozenset(db.session.scalars(select(Upload.sha256)))
        db.session.rollback()
        self._engine.dispose()
        for sha256 in named:
            if not (kept := Path(self._room.name) / sha256).exists():
                shutil.copy(files.path(sha256), kept)
        if len(self._made) >= KEPT:
            _, oldest = self._made.popitem(last=False)
            self._asked[oldest.calls] = 1
            self._disconnect(oldest)
            self._drop(oldest.database)
        ground = Ground(calls, database, self._clock.instant, answer, named)
        self._made[calls] = ground
        return ground

    def _name(self) -> str:
        if self._engine.dialect.name == "sqlite":
            return str(Path(self._room.name) / f"{self._count}.sqlite3")
        return f"{self._root.database}_{self._count}"

    def _copy(self, database: str, name: str) -> None:
        if self._engine.dialect.name == "sqlite":
            shutil.copyfile(database, name)
        else:
            self._say(f'CREATE DATABASE "{name}" TEMPLATE "{database}"')

    def _drop(self, database: str) -> None:
        if self._engine.dialect.name == "sqlite":
            for file in Path(self._room.name).glob(f"{Path(database).name}*"):
                file.unlink()
        else:
            self._say(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _say(self, statement: str) -> None:
        url = self._engine.url.set(drivername="postgresql", database="postgres")
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(statement.encode())

    @staticmethod
    def _disconnect(ground: Ground) -> None:
        if ground.connection is not None:
            ground.connection.close()
            ground.connection = None

    def _bring_back(self, sha256: str) -> None:
        """A file of the ground's that another test's market has thrown away."""
        file = files.path(sha256)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(self._room.name) / sha256, file)

    def close(self) -> None:
        """Give every database back but the first, which is somebody else's."""
        self._disconnect(self._root)
        for ground in self._made.values():
            self._disconnect(ground)
            self._drop(ground.database)
        self._made.clear()
        self._room.cleanup()
        self._engine.dispose()


def grounds_of(app: Flask) -> Grounds:
    """The grounds of an application, begun when they are first asked for: by then it is built."""
    found: Grounds | None = app.extensions.get(NAME)
    if found is None:
        found = app.extensions[NAME] = Grounds(app)
        found.remember_parts()
    return found


def ready(make: Callable[P, T]) -> Callable[P, T]:
    """A builder that leads to the same market from the same ground, and answers with plain values."""

    @wraps(make)
    def given(*args: P.args, **options: P.kwargs) -> T:
        found: Grounds | None = current_app.extensions.get(NAME) if has_app_context() else None
        if found is None or not found.untouched():
            return make(*args, **options)
        return found.after(make, *args, **options)

    return given


def _plain(answer: object) -> bool:
    if isinstance(answer, Mapping):
        return all(map(_plain, answer.values()))
    if isinstance(answer, (list, tuple)):
        return all(map(_plain, answer))
    return not isinstance(answer, Base)
