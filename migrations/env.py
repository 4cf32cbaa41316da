"""Alembic's environment: our metadata, plain SQL types in the files, batch mode for SQLite."""

from importlib import import_module
from pathlib import Path

from alembic import context
from flask import current_app
from sqlalchemy.types import TypeDecorator

ROOT = Path(__file__).parents[1]
for models in (*sorted(ROOT.glob("*/*/models.py")), ROOT / "app" / "files.py"):
    import_module(".".join(models.relative_to(ROOT).with_suffix("").parts))

database = current_app.extensions["migrate"].db
metadata = database.metadatas[None]
SHORT = {"Instant": "sa.DateTime(timezone=True)", "Listed": "sa.Text()"}


def render_item(kind, item, autogenerate_context):
    """A migration imports nothing of the project: our column types are written as the SQL types they stand on."""
    if kind == "type":
        if isinstance(item, TypeDecorator):
            return SHORT[type(item).__name__]
        if type(item).__name__ == "Code":
            members = ", ".join(repr(value) for value in item.enums)
            options = f"name={item.name!r}, native_enum=False, create_constraint=True, length={item.length}"
            return f"sa.Enum({members}, {options})"
    return False


OPTIONS = {
    "target_metadata": metadata,
    "render_item": render_item,
    "render_as_batch": True,
    "compare_type": False,
}

with database.engine.connect() as connection:
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        # A table is altered by putting another in its place, which references to its rows would forbid meanwhile.
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
    context.configure(connection=connection, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    if sqlite:
        connection.connection.cursor().execute("PRAGMA foreign_keys=ON")
