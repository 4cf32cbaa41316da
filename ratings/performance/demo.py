"""Services of the demonstration world: delivered in time, late, paused for a while, sent back once."""

from datetime import time

from app.demonstration import Happened, Step, World
from app.stage import Demo
from app.values import Nothing
from bidding.contract.rules import ContractAct
from ratings.performance import services
from ratings.performance.rules import Because, Delivery, PerformanceAct

VERY_LATE = 34
"""So many working days after the end some agencies deliver: both steps of lateness are recorded by then."""


def _begun(world: World, happened: Happened) -> None:
    """The clock runs; the service is ready some days before its end, or long after it."""
    plot, days = happened.plot, happened.public["days"]
    facts = {"no": happened["contract"], "agency": happened["agency"]}
    if plot.get("pause"):
        world.plan(plot, PerformanceAct.PAUSE, after=2, **facts, left=days - 3)
        return
    margin = world.pick(f"margin {plot.key}", (2, 3, 4))
    late = world.of_code(happened["agency"]).facts.get("quality") == "late"
    world.plan(
        plot, PerformanceAct.SUBMIT, after=days + VERY_LATE if late else max(1, days - margin), **facts, version=1
    )


def _delivered(world: World, happened: Happened) -> None:
    plot, no = happened.plot, happened["contract"]
    first = not world.noted(plot, "returned")
    verb = PerformanceAct.RETURN if plot.get("returns") and first else PerformanceAct.CONFIRM
    world.plan(plot, verb, after=1, no=no, agency=happened["agency"])


def _pause(world: World, step: Step) -> None:
    reason = Because(world.words["texts"]["pause"])
    owner = world.actor(step.plot["purchaser"])
    services.pause(owner, step["no"], reason, key=f"demonstration:pause:{step['no']}")
    world.plan(step.plot, PerformanceAct.RESUME, after=6, **step.facts)


def _resume(world: World, step: Step) -> None:
    owner = world.actor(step.plot["purchaser"])
    services.resume(owner, step["no"], Nothing(), key=f"demonstration:resume:{step['no']}")
    world.plan(step.plot, PerformanceAct.SUBMIT, after=max(1, step["left"] - 1), **step.facts, version=1)


def _submit(world: World, step: Step) -> None:
    if step["no"] == world.noted(step.plot, "broken"):
        return
    agency, no, version = world.acting_for(step["agency"]), step["no"], step["version"]
    delivery = Delivery(file=world.file(agency, f"deliverable {no} v{version}"), note=world.words["texts"]["note"])
    services.submit(agency, no, delivery, key=f"demonstration:deliver:{no}:{version}")


def _return(world: World, step: Step) -> None:
    owner, no = world.actor(step.plot["purchaser"]), step["no"]
    services.return_(owner, no, Because(world.words["texts"]["returned"]), key=f"demonstration:return:{no}")
    world.note(step.plot, "returned", no)
    world.plan(step.plot, PerformanceAct.SUBMIT, after=1, no=no, agency=step["agency"], version=2)


def _confirm(world: World, step: Step) -> None:
    owner, no = world.actor(step.plot["purchaser"]), step["no"]
    services.confirm(owner, no, Nothing(), key=f"demonstration:done:{no}")


DEMO = Demo(
    at=time(15),
    hears={
        ContractAct.CONFIRM: _begun,
        ContractAct.DEEM: _begun,
        PerformanceAct.SUBMIT: _delivered,
    },
    steps={
        PerformanceAct.PAUSE: _pause,
        PerformanceAct.RESUME: _resume,
        PerformanceAct.SUBMIT: _submit,
        PerformanceAct.RETURN: _return,
        PerformanceAct.CONFIRM: _confirm,
    },
)
