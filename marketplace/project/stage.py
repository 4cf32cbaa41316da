"""What the chapter project brings to the house: pages, a panel, and a check of its data; it performs nothing."""

from collections.abc import Mapping
from typing import Any

from app.stage import Stage
from marketplace.project import queries
from marketplace.project.views import bp


def stages_of_item(*, item: str, **_: object) -> Mapping[str, Any] | None:
    """Where an item stands on the map of projects; None where the map does not name it."""
    places = queries.places_of(item)
    if not places:
        return None
    return {
        "template": "marketplace/project/panel.html",
        "places": places,
        "bundles": queries.bundles_with(item),
    }


STAGE = Stage(
    name="project",
    title="项目全流程",
    blueprint=bp,
    panels={"stages_of_item": stages_of_item},
    reference=queries.check,
)
