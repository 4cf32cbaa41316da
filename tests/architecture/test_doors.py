"""Nobody reaches a page that does not say for whom it is (layout.md §6)."""

from pathlib import Path

from app.factory import create_app
from story import STORY
from tests.architecture.reading import STAGES
from tests.conftest import settings_for

FILES = {"static", "bootstrap.static"}
LABELS = {"public", "members", *(str(act) for stage in STAGES for act in stage.acts or ())}


def test_every_endpoint_has_a_door(tmp_path: Path) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'doors.db'}", tmp_path), story=STORY)
    doors = {name: getattr(view, "door", None) for name, view in app.view_functions.items() if name not in FILES}
    assert {name: door for name, door in doors.items() if door not in LABELS} == {}
