"""One order, told five times; one name for every act (layout.md §1, §5, §12)."""

import tomllib
from collections import Counter
from importlib import import_module

import pytest
from sqlalchemy import Table

from app.act import CHORES
from app.actor import OUTSIDE, Role
from app.audit.rows import UNHASHED
from app.database import Base
from app.values import Opens
from tests.architecture.reading import PACKAGES, ROOT, STAGES, calls, chapters, trees

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in SETTINGS["tool"]["importlinter"]["contracts"]}
ACTS = [str(act) for stage in STAGES for act in stage.acts or ()]


def tables() -> dict[str, list[Table]]:
    """Tables by the package path of their model."""
    found: dict[str, list[Table]] = {}
    for mapper in Base.registry.mappers:
        found.setdefault(mapper.class_.__module__.rpartition(".")[0], []).append(mapper.local_table)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_the_story_is_the_contract_is_the_docstring(package: str) -> None:
    told = [chapter.partition(".")[2] for chapter in chapters() if chapter.startswith(package + ".")]
    assert CONTRACTS[f"story-{package}"]["layers"] == told[::-1]
    listed = (import_module(package).__doc__ or "").partition(":")[2].strip(" .\n").replace(" commission", "")
    assert listed.split(", ") == told


def test_foreign_keys_point_back() -> None:
    order = {table: place for place, chapter in enumerate(chapters(), 1) for table in tables().get(chapter, ())}
    forward = [
        f"{table} → {key.column.table}"
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if order.get(key.column.table, 0) > order.get(table, 0)
    ]
    assert forward == []


def test_every_act_has_roles_and_says_when_it_opens() -> None:
    for stage in STAGES:
        acts = set(stage.acts or ())
        assert acts == set(stage.may) == set(stage.opens), stage.name
        assert all(stage.may[act] for act in acts), stage.name


def test_every_act_is_opened_by_one_service() -> None:
    opened = Counter(
        getattr(getattr(import_module(".".join(path.with_suffix("").parts)), call.args[0].value.id), call.args[0].attr)
        for path, tree in trees()
        if path.name == "services.py"
        for call in calls(tree, "act")
    )
    assert {act: opened[act] for act in ACTS if opened[act] != 1} == {}


def test_every_heard_told_or_commanded_act_exists() -> None:
    for stage in STAGES:
        named = {
            *stage.hears,
            *stage.notices,
            *stage.commands,
            *stage.discloses,
            *stage.consent,
            *stage.second,
            *stage.passes,
        }
        assert {str(act) for act in named} <= set(ACTS), stage.name


def test_who_hears_stands_later_than_what_it_hears() -> None:
    place = {str(act): number for number, stage in enumerate(STAGES) for act in stage.acts or ()}
    early = [
        (stage.name, str(act)) for number, stage in enumerate(STAGES) for act in stage.hears if place[str(act)] > number
    ]
    assert early == []


def test_whatever_opens_later_is_opened_by_an_act() -> None:
    later = {str(act) for stage in STAGES for act, opens in stage.opens.items() if opens is Opens.LATER}
    opened = {str(act) for stage in STAGES for acts in stage.discloses.values() for act in acts}
    assert later == opened


def test_whatever_people_may_do_is_a_command() -> None:
    """M48: machines can do everything a person can; preparing is done by asking for the act that needs another hand."""
    people = {str(act) for stage in STAGES for act, roles in stage.may.items() if set(roles) - {Role.SYSTEM}}
    assert people - {str(act) for stage in STAGES for act in stage.commands} == {"approval.prepare"}


def test_everybody_from_outside_gets_a_receipt() -> None:
    """protocol.md §3.5: the officials and the market itself need none, everybody else does."""
    officials = {Role.OPERATOR, Role.REGULATOR, Role.SUPERVISOR, Role.ADMIN}
    assert set(Role) - officials - {Role.SYSTEM} == OUTSIDE


def test_no_table_of_a_chapter_is_left_unhashed() -> None:
    told = {str(table) for chapter in chapters() for table in tables().get(chapter, ())}
    assert told & UNHASHED == set()
    assert frozenset().union(*CHORES.values()) <= UNHASHED
    assert set(Base.metadata.tables) >= UNHASHED


def test_every_named_constraint_is_one_of_the_databases() -> None:
    known = {str(one.name) for table in Base.metadata.tables.values() for one in (*table.constraints, *table.indexes)}
    assert {name for stage in STAGES for name in stage.constraints} - known == set()
