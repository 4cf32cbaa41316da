"""Registrations of the demonstration world: who is meant to register does, one takes it back, changes are confirmed."""

from app.demonstration import Happened, Step, World
from app.stage import Demo
from app.values import Nothing
from bidding.registration import services
from bidding.registration.rules import Membership, Promise, RegistrationAct
from marketplace.announcement.rules import AnnouncementAct


def _published(world: World, happened: Happened) -> None:
    plot, attempt = happened.plot, happened.public["attempt"]
    for login in plot["agencies"] if attempt == 1 else plot["second"]:
        facts = {"no": happened["announcement"], "attempt": attempt, "days": happened.public["expected_days"]}
        world.plan(plot, RegistrationAct.SUBMIT, login=login, **facts)


def _registered(world: World, happened: Happened) -> None:
    lead = world.of_code(happened["agency"]).login
    if lead == happened.plot.get("leaves"):
        world.plan(happened.plot, RegistrationAct.WITHDRAW, after=1, no=happened["announcement"])
    for member in happened.plot.get("members", {}).get(lead, ()):
        facts = {"no": happened["announcement"], "lead": happened["agency"], "member": member}
        world.plan(happened.plot, RegistrationAct.JOIN, **facts)


def _amended(world: World, happened: Happened) -> None:
    """The first of them answers the change, the others have not looked yet."""
    world.plan(happened.plot, RegistrationAct.RECONFIRM, no=happened["announcement"])


def _submit(world: World, step: Step) -> None:
    key = f"{step['login']}:{step.plot.key}:{step['attempt']}"
    members = step.plot.get("members", {}).get(step["login"], ())
    promise = Promise(
        max(1, step["days"] - world.pick(f"days {key}", (0, 0, 1, 2))),
        members=tuple(world.people[member].code for member in members),
    )
    services.submit(world.actor(step["login"]), step["no"], promise, key=f"demonstration:register:{key}")


def _join(world: World, step: Step) -> None:
    """A member answers on the day on which it was named."""
    key = f"demonstration:join:{step['member']}:{step.plot.key}"
    services.join(world.actor(step["member"]), step["no"], Membership(step["lead"]), key=key)


def _withdraw(world: World, step: Step) -> None:
    actor = world.actor(step.plot["leaves"])
    services.withdraw(actor, step["no"], Nothing(), key=f"demonstration:leave:{step.plot.key}")


def _reconfirm(world: World, step: Step) -> None:
    actor = world.actor(step.plot["agencies"][0])
    services.reconfirm(actor, step["no"], Nothing(), key=f"demonstration:reconfirm:{step.plot.key}")


DEMO = Demo(
    hears={
        AnnouncementAct.PUBLISH: _published,
        RegistrationAct.SUBMIT: _registered,
        AnnouncementAct.AMEND: _amended,
    },
    steps={
        RegistrationAct.SUBMIT: _submit,
        RegistrationAct.JOIN: _join,
        RegistrationAct.WITHDRAW: _withdraw,
        RegistrationAct.RECONFIRM: _reconfirm,
    },
)
