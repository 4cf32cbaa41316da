"""One door to a commit, and nothing written behind the record's back (layout.md §6)."""

import ast
from pathlib import Path

from tests.architecture.reading import calls, trees

SEQUENCER = Path("app/audit/services.py")
"""It numbers committed entries, which are their own record; no row of the market."""

DOOR = Path("app/act.py")
"""It writes the answer under its own key, whose row was never part of the record."""

BULK = {"update", "delete", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"}


def test_only_the_door_commits() -> None:
    committing = {str(path) for path, tree in trees() if any(calls(tree, "commit"))}
    # Synthetic rows are for measurements, in a demonstration's database alone.
    assert committing == {"app/act.py", "app/bulk.py"}


def test_no_statement_changes_rows_past_the_record() -> None:
    past = {
        f"{path}: {name.name}"
        for path, tree in trees()
        if path not in {SEQUENCER, DOOR}
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


def test_statements_in_plain_sql_change_nothing() -> None:
    texts = {
        f"{path}:{call.lineno}"
        for path, tree in trees()
        for call in calls(tree, "text")
        for said in call.args
        if isinstance(said, ast.Constant) and str(said.value).upper().startswith(("UPDATE", "DELETE", "INSERT"))
    }
    assert texts == set()
