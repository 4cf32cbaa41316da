"""Bundles and the map of projects, with the items of the list as they stand on a day."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import app
from app.refusal import NotFound
from app.region import queries as regions
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import ItemVersion
from marketplace.project import rules
from marketplace.project.rules import Bundle, Part, Place, Plan, ProjectType, Spread, Step

DATA = Path(app.__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class ShownPart:
    """One service that is needed: the items to choose one from, and in which projects."""

    items: tuple[ItemVersion, ...]
    when: str


@dataclass(frozen=True, slots=True)
class ShownBundle:
    """A bundle with its items; `spread` over all its parts, working days."""

    bundle: Bundle
    parts: tuple[ShownPart, ...]
    spread: Spread


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One stage of one type: its approvals with the names of those who give them, and the services."""

    step: Step
    note: str
    approvals: tuple[tuple[str, str], ...]
    parts: tuple[ShownPart, ...]


@dataclass(frozen=True, slots=True)
class MapPage:
    """The map of one type of project, and all types to choose from."""

    plan: Plan
    chosen: ProjectType
    steps: tuple[ShownStep, ...]


@cache
def plan() -> Plan:
    """The shipped map."""
    return rules.plan_of(tomllib.loads((DATA / "projects.toml").read_text("utf-8")))


@cache
def shipped_bundles() -> tuple[Bundle, ...]:
    """The shipped bundles."""
    return rules.bundles_of(tomllib.loads((DATA / "bundles.toml").read_text("utf-8")))


def check() -> int:
    """Compare both files with the list of items and the authorities; raises ValueError with every fault.

    Returns 0: nothing had to be loaded.
    """
    items = {version.item_code for version in catalogue.latest_versions()}
    found = rules.faults(plan(), shipped_bundles(), items=items, authorities=regions.authorities().keys())
    if found:
        raise ValueError("\n".join(found))
    return 0


def bundles(*, on: date) -> tuple[ShownBundle, ...]:
    """Every bundle with its items as they stand on a local day."""
    known = _items(on)
    shown = []
    for bundle in shipped_bundles():
        parts = _parts(bundle.parts, known)
        spread = rules.spread([[item.days for item in part.items if item.days is not None] for part in parts])
        shown.append(ShownBundle(bundle, parts, spread))
    return tuple(shown)


def map_of(code: str | None, *, on: date) -> MapPage:
    """The map of a type of project, of the first one where none is named; raises `NotFound`."""
    found = plan()
    chosen = found.types[0] if not code else next((kind for kind in found.types if kind.code == code), None)
    if chosen is None:
        raise NotFound(code or "")
    known, names = _items(on), regions.authorities()
    return MapPage(
        plan=found,
        chosen=chosen,
        steps=tuple(
            ShownStep(
                step=step,
                note=chosen.stages[step.code].note,
                approvals=tuple(
                    (one.name, "、".join(names.get(office, office) for office in one.authorities))
                    for one in step.approvals
                ),
                parts=_parts(chosen.stages[step.code].parts, known),
            )
            for step in found.steps
        ),
    )


def places_of(item: str) -> tuple[Place, ...]:
    """The stages in which an item occurs; none where the map does not name it."""
    return rules.places_of(item, plan())


def bundles_with(item: str) -> tuple[Bundle, ...]:
    """The bundles that an item is part of."""
    return tuple(bundle for bundle in shipped_bundles() if any(item in part.items for part in bundle.parts))


def _items(on: date) -> Mapping[str, ItemVersion]:
    return {version.item_code: version for version in catalogue.items_in_force(on)}


def _parts(parts: Sequence[Part], known: Mapping[str, ItemVersion]) -> tuple[ShownPart, ...]:
    """Parts with the items that are in force; a part of which none is falls away."""
    shown = (ShownPart(tuple(known[code] for code in part.items if code in known), part.when) for part in parts)
    return tuple(part for part in shown if part.items)
