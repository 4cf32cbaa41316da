"""Evaluations of the demonstration world: mostly good marks, some bad ones, one late, one never given."""

from collections.abc import Sequence
from datetime import time

from app.actor import Actor
from app.demonstration import Plot, World
from app.stage import Demo
from marketplace.catalogue import queries as catalogue
from ratings.evaluation import queries, services
from ratings.evaluation.rules import EXPLAINED_UP_TO, Evaluator, Marks, Phase

USUAL = ((5, 5, 5, 5), (5, 4, 5, 5), (4, 5, 4, 5), (4, 4, 5, 4), (5, 4, 4, 5))


def day(world: World) -> None:
    """Both classes fill in the sheets that are open."""
    for plot in world.going("evaluation"):
        no = world.noted(plot, "contract")
        if no is None or plot.get("unevaluated"):
            continue
        sheets = queries.by_contract(no)
        if sheets and all(queries.phase_of(sheet) is Phase.LOCKED for sheet in sheets):
            world.done(plot, "evaluation")
        for sheet in sheets:
            owner, phase = sheet.evaluator is Evaluator.OWNER, queries.phase_of(sheet)
            if phase is not Phase.OPEN and not (owner and phase is Phase.EXPIRED):
                continue
            if not world.turn(plot, "evaluation.owner" if owner else "evaluation.authority", after=1 if owner else 2):
                continue
            marks = plot.get("marks" if owner else "authority_marks")
            about = f"{no} {sheet.evaluator}"
            services.submit(
                world.actor(plot["purchaser"]) if owner else _office(world, plot),
                no,
                _marks(world, marks or world.pick(about, USUAL), about),
                key=f"demonstration:evaluate:{about}",
            )


def _office(world: World, plot: Plot) -> Actor:
    item = catalogue.item_in_force(plot["item"], world.today)
    if item is None:
        raise LookupError(plot["item"])
    return world.regulator(item.authorities[0])


def _marks(world: World, marks: Sequence[int], about: str) -> Marks:
    quality, fees, attitude, conduct = marks
    worst = min(marks)
    words = "poor" if worst <= EXPLAINED_UP_TO else "fair" if worst < 4 else "good"
    return Marks(quality, fees, attitude, conduct, world.pick(about, world.words["texts"][words]))


DEMO = Demo(day=day, at=time(15))
