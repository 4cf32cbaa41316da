"""Winners of the demonstration world: nearly all take the award, some decline, one says nothing."""

from app.demonstration import Happened, Step, World
from app.stage import Demo
from app.values import Nothing
from bidding.award import services
from bidding.award.rules import AwardAct, Declined


def _noticed(world: World, happened: Happened) -> None:
    """A direct commission was accepted before; the first `decline` winners of any other do not want it."""
    if "accept_due_at" not in happened.public:
        return
    plot, place = happened.plot, int(happened["award"].rpartition("A")[2])
    if place <= plot.get("silent", 0):
        return
    step = AwardAct.DECLINE if place <= plot.get("decline", 0) else AwardAct.ACCEPT
    world.plan(plot, step, no=happened["award"], agency=happened["agency"])


def _decline(world: World, step: Step) -> None:
    reason = Declined(world.words["texts"]["decline"])
    services.decline(world.acting_for(step["agency"]), step["no"], reason, key=f"demonstration:decline:{step['no']}")


def _accept(world: World, step: Step) -> None:
    services.accept(world.acting_for(step["agency"]), step["no"], Nothing(), key=f"demonstration:accept:{step['no']}")


DEMO = Demo(hears={AwardAct.NOTICE: _noticed}, steps={AwardAct.DECLINE: _decline, AwardAct.ACCEPT: _accept})
