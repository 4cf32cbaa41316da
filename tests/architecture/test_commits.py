"""One door to a commit, and nothing written behind the record's back (layout.md §6)."""

import ast
from pathlib import Path

from tests.architecture.reading import calls, trees

SEQUENCER = Path("app/audit/services.py")
"""It numbers committed entries, which are their own record; no row of the market."""

DOOR = Path("app/act.py")
"""It writes the answer under its own key, whose row was never part of the record."""

SYNTHETIC = Path("app/bulk.py")
"""It writes rows for measurements, which no act made, and only into a demonstration's database."""

READING = Path("app/database.py")
"""It ends pages that only looked: what they left unsaved is dropped (tests/app/test_reading.py)."""

INSERTING = {SEQUENCER, SYNTHETIC, DOOR, Path("app/notice/services.py"), Path("app/numbering.py")}
"""They write the record, its keys and the outbox in plain SQL, which are in `UNHASHED`; a counter is flushed after."""

BULK = {"update", "delete", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"}


def test_only_the_door_commits() -> None:
    committing = {str(path) for path, tree in trees() if any(calls(tree, "commit"))}
    assert committing == {str(DOOR), str(SYNTHETIC), str(READING)}


def test_no_statement_changes_rows_past_the_record() -> None:
    past = {
        f"{path}: {name.name}"
        for path, tree in trees()
        if path not in {SEQUENCER, DOOR, SYNTHETIC}
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for name in node.names
        if name.name in BULK
    }
    past |= {
        f"{path}: {name}"
        for path, tree in trees()
        for name in BULK
        if name.startswith("bulk") and any(calls(tree, name))
    }
    assert past == set()


def test_rows_of_chapters_are_inserted_where_they_are_hashed() -> None:
    """The session hashes what it flushes (`app.act`); a plain INSERT passes it by (protocol.md §3.1)."""
    inserting = {
        path
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for name in node.names
        if name.name in {"insert", "sqlite", "postgresql"}
    }
    assert inserting == INSERTING


def test_statements_in_plain_sql_change_nothing() -> None:
    texts = {
        f"{path}:{call.lineno}"
        for path, tree in trees()
        for call in calls(tree, "text")
        for said in call.args
        if isinstance(said, ast.Constant) and str(said.value).upper().startswith(("UPDATE", "DELETE", "INSERT"))
    }
    assert texts == set()
