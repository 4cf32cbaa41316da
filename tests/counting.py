"""How many questions a page asks the database: the same number for one row and for many."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from app.database import db


@contextmanager
def questions() -> Iterator[list[str]]:
    """Every statement sent while the block runs; savepoints are the test's own and do not count."""
    asked: list[str] = []

    def note(*found: object) -> None:
        statement = str(found[2])
        if "SAVEPOINT" not in statement:
            asked.append(statement)

    # A builder may move the test to another connection meanwhile: the engine hears them all.
    listen = (db.engine.engine, "before_cursor_execute", note)
    event.listen(*listen)
    try:
        yield asked
    finally:
        event.remove(*listen)
