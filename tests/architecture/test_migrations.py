"""The migrations make the tables that the models describe, and take them away again (layout.md §10)."""

from pathlib import Path

import pytest
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect

from app.database import db
from app.factory import create_app
from story import STORY
from tests.architecture.reading import ROOT
from tests.conftest import fresh_database, settings_for

MIGRATIONS = str(ROOT / "migrations")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_up_from_empty_without_a_difference_and_down_again(kind: str, tmp_path: Path) -> None:
    with fresh_database(kind, tmp_path) as url:
        app = create_app(settings_for(url, tmp_path), story=STORY)
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            check(directory=MIGRATIONS)
            downgrade(directory=MIGRATIONS, revision="base")
            assert inspect(db.engine).get_table_names() == ["alembic_version"]
            db.engine.dispose()


def test_migrations_import_nothing_of_the_project() -> None:
    for file in sorted((ROOT / "migrations" / "versions").glob("*.py")):
        text = file.read_text(encoding="utf-8")
        assert not any(f"import {package}" in text or f"from {package}" in text for package in ("app", "story")), file
