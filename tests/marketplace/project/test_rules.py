"""Bundles and stages as plain values: what the shipped files say, what they may not say, and days added up."""

import tomllib
from dataclasses import replace

import pytest

from marketplace.project import rules
from marketplace.project.queries import DATA, plan, shipped_bundles
from marketplace.project.rules import Part, Spread

ITEMS = {item["code"] for item in tomllib.loads((DATA / "catalogue.toml").read_text("utf-8"))["item"]}
OFFICES = {one["id"] for one in tomllib.loads((DATA / "authorities.toml").read_text("utf-8"))["authority"]}


def test_the_shipped_files_name_only_items_and_authorities_that_exist() -> None:
    assert rules.faults(plan(), shipped_bundles(), items=ITEMS, authorities=OFFICES) == ()


def test_there_are_five_stages_of_five_types_and_two_bundles() -> None:
    """rules.md §5.2, §5.3."""
    assert [step.name for step in plan().steps] == ["立项", "用地审批", "规划许可", "施工许可", "竣工验收"]
    assert [step.days for step in plan().steps] == [5, 15, 10, 8, 10]
    assert len(plan().types) == 5
    assert [kind.read for kind in plan().types] == [True, True, True, True, False]
    assert [len(bundle.parts) for bundle in shipped_bundles()] == [8, 3]
    assert all(bundle.name_read and not bundle.read for bundle in shipped_bundles())


def test_every_fault_is_named_at_once() -> None:
    found, bundles = plan(), shipped_bundles()
    first = found.types[0]
    broken = replace(
        found,
        days=49,
        types=(replace(first, stages=dict(list(first.stages.items())[1:])), *found.types[1:]),
    )
    odd = replace(bundles[0], parts=(Part((), "never"), *bundles[0].parts))
    said = rules.faults(broken, (odd, *bundles[1:]), items=ITEMS - {"0501"}, authorities=OFFICES - {"heritage"})
    assert len(said) == 5
    for word in ("0501", "heritage", first.code, "never", "49"):
        assert any(word in fault for fault in said), word


@pytest.mark.parametrize(
    ("item", "stages"),
    [
        ("0101", {"initiation": ["government"]}),
        ("0601", {"planning": ["government", "housing", "industry", "park", "linear"]}),
        ("0801", {"planning": ["industry"], "completion": ["industry"]}),
        ("0708", {"planning": ["linear"]}),
        ("0605", {"planning": []}),
        ("1307", {}),
    ],
)
def test_where_an_item_stands(item: str, stages: dict[str, list[str]]) -> None:
    """M05; an item that the stage names for no type in particular stands there all the same."""
    found = rules.places_of(item, plan())
    assert {place.step.code: [kind.code for kind in place.types] for place in found} == stages


@pytest.mark.parametrize(
    ("choices", "spread"),
    [
        ([], Spread((0, 0), (0, 0))),
        ([[7]], Spread((7, 7), (7, 7))),
        ([[5], [25, 15], [10]], Spread((30, 40), (15, 25))),
        ([[5], []], Spread((5, 5), (5, 5))),
    ],
)
def test_days_one_after_another_and_all_at_once(choices: list[list[int]], spread: Spread) -> None:
    assert rules.spread(choices) == spread
