"""The database: one session, our own Base, column types that refuse what the market must not store."""

import enum
import json
import re
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any, TypeVar, TypeVarTuple

import psycopg
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    Result,
    Select,
    Text,
    event,
)
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, registry
from sqlalchemy.types import TypeDecorator

from app.values import Fen, Ppm, Workdays

Row = TypeVar("Row")
Ts = TypeVarTuple("Ts")

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BIG = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key that still autoincrements on SQLite."""


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC with microseconds; a naive value is an error, not a guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        utc = value.astimezone(UTC)
        # SQLite keeps no zone; the text it stores must still sort by instant.
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        # A list has hundreds of instants: each is read in one step.
        return _instant_of_text if dialect.name == "sqlite" else _instant_in_utc


def _instant_in_utc(stored: datetime | None) -> datetime | None:
    return None if stored is None else stored.astimezone(UTC)


def _instant_of_text(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(f"{stored}+00:00")


class Listed(TypeDecorator[tuple[str, ...]]):
    """A short list of codes, stored as a JSON array; replaced as a whole, never edited in place."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(list(value), ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(json.loads(value))


class Code(Enum):
    """A StrEnum by value, with a CHECK that the database enforces by itself."""

    def __init__(self, *values: Any, **options: Any) -> None:
        options.setdefault("native_enum", False)
        options.setdefault("create_constraint", True)
        options.setdefault("values_callable", lambda members: [member.value for member in members])
        options.setdefault("length", 40)
        super().__init__(*values, **options)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        # What is stored has passed the CHECK: one look in a table.
        if self.enum_class is None:
            processor: Callable[[Any], Any] | None = super().result_processor(dialect, coltype)  # type: ignore[no-untyped-call]
            return processor
        return {None: None, **{member.value: member for member in self.enum_class}}.__getitem__


class Base(DeclarativeBase):
    """The common ground of all tables. The type map sits in the registry: Flask-SQLAlchemy copies the class."""

    registry = registry(
        metadata=MetaData(naming_convention=CONVENTION),
        type_annotation_map={
            datetime: Instant(),
            Fen: BigInteger(),
            Ppm: BigInteger(),
            Workdays: Integer(),
            str: Text(),
            bytes: LargeBinary(),
            bool: Boolean(),
            tuple[str, ...]: Listed(),
            enum.StrEnum: Code(enum.StrEnum),
        },
    )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self, 'no', None) or getattr(self, 'id', None)})"


STATEMENTS = 1_024
"""More than the market has: the driver's own 128 would be prepared again and again."""

db = SQLAlchemy(model_class=Base, session_options={"join_transaction_mode": "create_savepoint"})


def values(query: Select[*Ts], given: Mapping[str, Any]) -> Result[*Ts]:
    """The rows of a question that asks for values and not for objects: past the mapper, which takes as long again."""
    session = db.session()
    # What an act has changed so far counts, as it does for the mapper's own questions.
    session.flush()
    return session.connection().execute(query, given)


HELD = 500
"""Among so many rows one is found more quickly than the database answers."""


def at_hand(entity: type[Row], **known: object) -> Row | None:
    """The row with these values that this session has read and may still rely on: to ask again gives the same object.

    What a commit, a rollback or a lock has made doubtful has no values, and is asked for again. None also where the
    session holds so much that asking is quicker.
    """
    rows = db.session().identity_map
    if len(rows) > HELD:
        return None
    for row in rows.values():
        if type(row) is entity:
            held = row.__dict__
            if all(held.get(name) == value for name, value in known.items()):
                return row
    return None


def normalised(url: str) -> str:
    """Any postgres:// or postgresql:// address as the psycopg driver wants it."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


class Columns(Sequence[tuple[Any, ...]]):
    """(name, type) and five times nothing for each column of an answer; found out when it is looked at: rarely."""

    __slots__ = ("_answer",)

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __len__(self) -> int:
        columns: int = self._answer.nfields
        return columns

    def __getitem__(self, place: Any) -> Any:
        """One column or a slice of them."""
        found = self._answer
        return [
            ((found.fname(column) or b"").decode(), found.ftype(column), None, None, None, None, None)
            for column in range(found.nfields)
        ][place]


class TerseCursor(psycopg.Cursor[Any]):
    """A cursor that tells of its columns what SQLAlchemy asks of them, their names and types, and nothing else.

    The driver's own looks up every column's type anew after each statement: a tenth of all a page costs.
    """

    @property
    def description(self) -> Any:
        """What is known of each column; None where no rows came."""
        found = self.pgresult
        if found is None or not (found.nfields or found.status == psycopg.pq.ExecStatus.TUPLES_OK):
            return None
        return Columns(found)


def engine_options(url: str, *, threads: int) -> dict[str, Any]:
    """What the engine is made with: one connection a thread; on SQLite all statements of the market stay prepared.

    What a statement was given is in no error, and so in no log: a row may hold what is not public yet.
    """
    arguments: dict[str, Any] = (
        {"cached_statements": STATEMENTS} if url.startswith("sqlite") else {"cursor_factory": TerseCursor}
    )
    return {"pool_size": threads, "connect_args": arguments, "hide_parameters": True}


def _on_connect(connection: Any, _: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        # The driver's own transaction control is off: BEGIN is said by _on_begin, in the mode that was chosen.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _on_begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        mode = connection.get_execution_options().get("sqlite_begin", "")
        connection.exec_driver_sql(f"BEGIN {mode}".strip())
    connection.info[WROTE] = False


WROTE = "wrote"
"""Whether a connection's transaction did anything but read."""


def _on_session_begin(_: Session, transaction: SessionTransaction, connection: Connection) -> None:
    # A session may live inside a transaction of somebody else's, which has written before.
    if not transaction.nested:
        connection.info[WROTE] = False


def _on_execute(connection: Connection, _: object, statement: str, *__: object) -> None:
    if not statement.startswith("SELECT"):
        connection.info[WROTE] = True


event.listen(Engine, "connect", _on_connect)
event.listen(Engine, "begin", _on_begin)
event.listen(Engine, "before_cursor_execute", _on_execute)
event.listen(Session, "after_begin", _on_session_begin)


def only_read(session: Session) -> bool:
    """Whether the session's transaction has nothing to lose: neither a row waits to be written nor was one written.

    Such a one ends with COMMIT: at a ROLLBACK the PostgreSQL driver drops every prepared statement.
    """
    if session.new or session.dirty or session.deleted:
        return False
    return not session.in_transaction() or not session.connection().info.get(WROTE, True)


def end_reading(app: Flask) -> None:
    """Let whoever only looked end with COMMIT; what was left unsaved is dropped as ever.

    An act has committed by then; to flush anything outside one is refused (`app.act`).
    """

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        if error is None and db.session.registry.has():
            session = db.session()
            if only_read(session):
                session.commit()


_writer = threading.Lock()


def one_writer() -> AbstractContextManager[object]:
    """On SQLite one writer at a time, queued in this process: its own busy handler sleeps and polls instead.

    Between processes the write lock of the file decides, as ever; on PostgreSQL there is nothing to queue for.
    """
    return _writer if is_sqlite() else nullcontext()


def is_sqlite() -> bool:
    """Whether the application in context stands on SQLite (locks are the whole file's, not a row's)."""
    return db.engine.dialect.name == "sqlite"
