"""Objections of the demonstration world: one dismissed, one upheld, one that waits for its purchaser's answer."""

from collections.abc import Sequence

from app.actor import Actor
from app.approval import services as approvals
from app.demonstration import Happened, Step, World
from app.stage import Demo
from app.values import Nothing, Waiting
from bidding.selection.rules import SelectionAct
from ratings.complaint import services
from ratings.complaint.rules import Because, Filing, Kind, ObjectionAct


def _chosen(world: World, happened: Happened) -> None:
    """The first of those who did not win objects that the winner should have been excluded."""
    plot, winner = happened.plot, happened.public.get("winner")
    if plot.get("objection") is None or winner is None or world.noted(plot, "objected"):
        return
    world.note(plot, "objected", winner)
    by = next(login for login in plot["agencies"] if world.people[login].code != winner)
    world.plan(plot, ObjectionAct.FILE, no=happened["announcement"], by=by, against=winner)


def _filed(world: World, happened: Happened) -> None:
    if "answer" in happened.plot["objection"]:
        world.plan(happened.plot, ObjectionAct.REJECT, after=1, no=happened["objection"])


def _answered(world: World, happened: Happened) -> None:
    world.plan(happened.plot, ObjectionAct.APPEAL, after=1, no=happened["objection"])


def _ruled(world: World, happened: Happened) -> None:
    upheld = happened.plot["objection"].get("upheld", False)
    verb = ObjectionAct.UPHOLD if upheld else ObjectionAct.DISMISS
    world.plan(happened.plot, verb, after=2, no=happened["objection"])


def _file(world: World, step: Step) -> None:
    by = world.actor(step["by"])
    filing = Filing(
        Kind.RESULT,
        step.plot["objection"]["reason"],
        against=step["against"],
        file=world.file(by, f"objection {step['no']}"),
    )
    services.file(by, step["no"], filing, key=f"demonstration:object:{step.plot.key}")
    world.note(step.plot, "objector", step["by"])


def _reject(world: World, step: Step) -> None:
    owner, answer = world.actor(step.plot["purchaser"]), Because(step.plot["objection"]["answer"])
    services.reject(owner, step["no"], answer, key=f"demonstration:object:reject:{step['no']}")


def _appeal(world: World, step: Step) -> None:
    by = world.actor(world.noted(step.plot, "objector") or "")
    services.appeal(by, step["no"], Nothing(), key=f"demonstration:object:appeal:{step['no']}")


def _dismiss(world: World, step: Step) -> None:
    office, ruling = _office(world, step)[0], Because(step.plot["objection"]["ruling"])
    services.dismiss(office, step["no"], ruling, key=f"demonstration:object:dismiss:{step['no']}")


def _uphold(world: World, step: Step) -> None:
    """By two accounts of the office."""
    first, second = _office(world, step)[:2]
    ruling, key = Because(step.plot["objection"]["ruling"]), f"demonstration:object:uphold:{step['no']}"
    waiting = approvals.submit(ObjectionAct.UPHOLD, first, step["no"], ruling, key=key)
    if isinstance(waiting, Waiting):
        approvals.agree(second, waiting.prepared)


def _office(world: World, step: Step) -> Sequence[Actor]:
    authority = step.plot["objection"]["office"]
    return [world.actor(person.login) for person in world.people.values() if authority in person.authorities]


DEMO = Demo(
    hears={
        SelectionAct.OPEN: _chosen,
        SelectionAct.DRAW: _chosen,
        ObjectionAct.FILE: _filed,
        ObjectionAct.REJECT: _answered,
        ObjectionAct.APPEAL: _ruled,
    },
    steps={
        ObjectionAct.FILE: _file,
        ObjectionAct.REJECT: _reject,
        ObjectionAct.APPEAL: _appeal,
        ObjectionAct.DISMISS: _dismiss,
        ObjectionAct.UPHOLD: _uphold,
    },
)
