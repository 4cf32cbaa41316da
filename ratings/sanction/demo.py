"""Sanctions of the demonstration world: a yellow card, a suspension, a black list, each by two hands."""

from datetime import time

from app.approval import services as approvals
from app.demonstration import World
from app.stage import Demo
from app.values import Waiting
from ratings.sanction.rules import Decided, SanctionAct, SanctionKind

DECIDED = (
    (-40, "agency3", SanctionKind.SUSPEND, 6, "regulator2", "natural_resources", "suspend"),
    (-28, "agency47", SanctionKind.BLACKLIST, 12, "regulator4", "housing", "black"),
    (-25, "agency8", SanctionKind.YELLOW, 3, "regulator11", "finance", "yellow"),
)
"""Day, party, kind, months, office, authority, and under which name its facts stand in the data file."""

PREPARED = (0, "agency4", SanctionKind.YELLOW, 3, "regulator3", "environment", "yellow")
"""Waits for the second hand when the world is handed over."""


def day(world: World) -> None:
    """The first account prepares, the second agrees."""
    words = world.words["sanction"]
    for each in (*DECIDED, PREPARED):
        on, login, kind, months, office, authority, name = each
        if on != world.offset:
            continue
        decided = Decided(
            party=world.people[login].code,
            kind=kind,
            months=months,
            facts=words[f"{name}_facts"],
            basis=words[f"{name}_basis"],
            authority=authority,
        )
        key = f"demonstration:sanction:{login}"
        waiting = approvals.submit(SanctionAct.DECIDE, world.actor(office), None, decided, key=key)
        if each is not PREPARED and isinstance(waiting, Waiting):
            approvals.agree(world.actor(f"{office}b"), waiting.prepared)


DEMO = Demo(day=day, at=time(15))
