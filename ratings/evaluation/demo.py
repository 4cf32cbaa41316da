"""Evaluations of the demonstration world: marks as the agency works, some given late, some never."""

from collections.abc import Mapping, Sequence
from datetime import time

from app.actor import Actor
from app.chronicle import Plot
from app.demonstration import Happened, Step, World
from app.stage import Demo
from marketplace.catalogue import queries as catalogue
from ratings.evaluation import services
from ratings.evaluation.rules import EXPLAINED_UP_TO, EvaluationAct, Evaluator, Marks
from ratings.performance.rules import PerformanceAct

USUAL: Mapping[str, Sequence[Sequence[int]]] = {
    "good": ((5, 5, 5, 5), (5, 4, 5, 5), (4, 5, 4, 5), (4, 4, 5, 4), (5, 4, 4, 5)),
    "fair": ((4, 3, 4, 4), (3, 4, 3, 4), (4, 4, 3, 3), (3, 3, 4, 3)),
    "weak": ((1, 2, 2, 2), (2, 1, 2, 1), (1, 1, 2, 2), (2, 2, 1, 2)),
    "late": ((1, 2, 1, 1), (1, 1, 2, 1), (2, 1, 1, 1)),
}
"""Marks for quality, fees, attitude and conduct that agencies of each kind get."""

OWNER, AUTHORITY = "evaluation.owner", "evaluation.authority"


def _opened(world: World, happened: Happened) -> None:
    plot = happened.plot
    if plot.get("unevaluated"):
        return
    facts = {"no": happened["contract"], "agency": happened["agency"]}
    world.plan(plot, OWNER, after=1, **facts)
    if not plot.get("silent_authority"):
        world.plan(plot, AUTHORITY, after=2, **facts)


def _owner(world: World, step: Step) -> None:
    _evaluate(world, step, Evaluator.OWNER, world.actor(step.plot["purchaser"]), "marks")


def _authority(world: World, step: Step) -> None:
    _evaluate(world, step, Evaluator.AUTHORITY, _office(world, step.plot), "authority_marks")


def _evaluate(world: World, step: Step, evaluator: Evaluator, actor: Actor, told: str) -> None:
    about = f"{step['no']} {evaluator}"
    quality = world.of_code(step["agency"]).facts.get("quality", "good")
    marks = step.plot.get(told) or world.pick(about, USUAL[quality])
    services.submit(actor, step["no"], _marks(world, marks, about), key=f"demonstration:evaluate:{about}")


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


DEMO = Demo(
    at=time(15),
    hears={PerformanceAct.CONFIRM: _opened, EvaluationAct.OPEN: _opened},
    steps={OWNER: _owner, AUTHORITY: _authority},
)
