"""Bundles of items, and the stages that a project passes through: which items each names, and how long they take."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """One service that is needed: one of `items`, and in which projects (`when`, empty = in every one)."""

    items: tuple[str, ...]
    when: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Services that are often needed together; each keeps its own price and days (rules.md §5.2).

    `name_read`: the name was read in a source; `read`: the list of items was.
    """

    code: str
    name: str
    about: str
    parts: tuple[Part, ...]
    basis: str
    name_read: bool
    read: bool


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval of a stage, and the authorities that give it."""

    name: str
    authorities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One of the five stages: `days` working days for its approvals, `items` all that may occur in it."""

    code: str
    name: str
    days: int
    items: tuple[str, ...]
    approvals: tuple[Approval, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one type of project needs in one stage: how it is decided there, and which services."""

    note: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ProjectType:
    """One of the five types; `stages` by the code of the stage; `read`: the type was read in a source."""

    code: str
    name: str
    basis: str
    read: bool
    stages: Mapping[str, Wanted]


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole map: `days` working days for all approvals together (rules.md §5.3)."""

    days: int
    days_basis: str
    basis: str
    steps: tuple[Step, ...]
    types: tuple[ProjectType, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands on the map: a stage, and the names of the types that list it there (may be none)."""

    step: Step
    types: tuple[ProjectType, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """Working days from the fewest to the most, as choices fall: one service after another, or all at once."""

    in_turn: tuple[int, int]
    at_once: tuple[int, int]


def bundles_of(content: Mapping[str, Any]) -> tuple[Bundle, ...]:
    """The bundles of the shipped file; raises KeyError where a column is missing."""
    return tuple(
        Bundle(
            code=row["code"],
            name=row["name"],
            about=row["about"],
            parts=tuple(_part(part) for part in row["part"]),
            basis=row["basis"],
            name_read=row["name_evidence"] == "read",
            read=row["evidence"] == "read",
        )
        for row in content["bundle"]
    )


def plan_of(content: Mapping[str, Any]) -> Plan:
    """The map of the shipped file; raises KeyError where a column is missing."""
    return Plan(
        days=content["meta"]["days"],
        days_basis=content["meta"]["days_basis"],
        basis=content["meta"]["basis"],
        steps=tuple(
            Step(
                code=row["code"],
                name=row["name"],
                days=row["days"],
                items=tuple(row["items"]),
                approvals=tuple(Approval(one["name"], tuple(one["authorities"])) for one in row["approval"]),
            )
            for row in content["stage"]
        ),
        types=tuple(
            ProjectType(
                code=row["code"],
                name=row["name"],
                basis=row["basis"],
                read=row["evidence"] == "read",
                stages={
                    code: Wanted(wanted["note"], tuple(_part(part) for part in wanted["parts"]))
                    for code, wanted in row["stages"].items()
                },
            )
            for row in content["type"]
        ),
    )


def _part(row: Mapping[str, Any]) -> Part:
    return Part(tuple(row["items"]), row["when"])


def faults(
    plan: Plan, bundles: Sequence[Bundle], *, items: Collection[str], authorities: Collection[str]
) -> tuple[str, ...]:
    """What the two files say that cannot be: items and authorities nobody knows, stages missing, days that differ.

    Source: rules.md §5.2, §5.3 (five stages in every type; 48 working days together, S1).
    """
    parts = [part for bundle in bundles for part in bundle.parts]
    parts += [part for kind in plan.types for wanted in kind.stages.values() for part in wanted.parts]
    named = {item for part in parts for item in part.items} | {item for step in plan.steps for item in step.items}
    offices = {office for step in plan.steps for one in step.approvals for office in one.authorities}
    codes = [step.code for step in plan.steps]
    found = [f"no such item: {item}" for item in sorted(named - set(items))]
    found += [f"no such authority: {office}" for office in sorted(offices - set(authorities))]
    found += [f"{kind.code} has other stages than {codes}" for kind in plan.types if list(kind.stages) != codes]
    found += [f"a part of nothing, for {part.when}" for part in parts if not part.items]
    if sum(step.days for step in plan.steps) != plan.days:
        found.append(f"the days of the stages are not {plan.days} together")
    return tuple(found)


def places_of(item: str, plan: Plan) -> tuple[Place, ...]:
    """The stages in which an item occurs, in their order, each with the types that list it there."""
    places = []
    for step in plan.steps:
        types = tuple(kind for kind in plan.types if any(item in part.items for part in kind.stages[step.code].parts))
        if types or item in step.items:
            places.append(Place(step, types))
    return tuple(places)


def spread(choices: Sequence[Sequence[int]]) -> Spread:
    """The working days of services done one after another, and all at once; each of `choices` is one of its numbers.

    Source: mission.md M20 (time is set per item and in total).
    """
    least = [min(days) for days in choices if days]
    most = [max(days) for days in choices if days]
    return Spread((sum(least), sum(most)), (max(least, default=0), max(most, default=0)))
