"""Sanctions of the demonstration world: a yellow card, a suspension, a black list, each by two hands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from app.approval import services as approvals
from app.cast import Person
from app.demonstration import World
from app.stage import Demo
from app.values import Waiting
from ratings.sanction.rules import Decided, SanctionAct, SanctionKind


@dataclass(frozen=True, slots=True)
class Case:
    """What is decided on which day before the end, about whom, by which office; `told` names its facts in the data."""

    day: int
    login: str
    kind: SanctionKind
    months: int
    office: str
    authority: str
    told: str
    waits: bool = False


def cases(world: World) -> Iterator[Case]:
    """One of each kind, and one that waits for the second hand when the world is handed over."""
    late = _first(world, "quality", "late")
    rejected = _first(world, "fate", "rejected")
    suspended = "agency3" if world.scale.stories or late is None else late.login
    yield Case(-40, suspended, SanctionKind.SUSPEND, 6, "regulator2", "natural_resources", "suspend")
    if rejected is not None:
        yield Case(-28, rejected.login, SanctionKind.BLACKLIST, 12, "regulator4", "housing", "black")
    if world.scale.stories:
        yield Case(-25, "agency8", SanctionKind.YELLOW, 3, "regulator11", "finance", "yellow")
        yield Case(0, "agency4", SanctionKind.YELLOW, 3, "regulator3", "environment", "yellow", waits=True)


def _first(world: World, fact: str, value: str) -> Person | None:
    return next((person for person in world.people.values() if person.facts.get(fact) == value), None)


def day(world: World) -> None:
    """The first account prepares, the second agrees."""
    words = world.words["sanction"]
    for case in cases(world):
        if case.day != world.offset:
            continue
        decided = Decided(
            party=world.people[case.login].code,
            kind=case.kind,
            months=case.months,
            facts=words[f"{case.told}_facts"],
            basis=words[f"{case.told}_basis"],
            authority=case.authority,
        )
        key = f"demonstration:sanction:{case.login}"
        waiting = approvals.submit(SanctionAct.DECIDE, world.actor(case.office), None, decided, key=key)
        if not case.waits and isinstance(waiting, Waiting):
            approvals.agree(world.actor(f"{case.office}b"), waiting.prepared)


DEMO = Demo(day=day, at=time(15))
