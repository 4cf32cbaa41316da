"""What the chapter selection brings to the house."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for

from app.actor import Actor
from app.refusal import Refusal
from app.stage import Command, Stage, Task
from bidding.offer.rules import OfferAct
from bidding.registration.rules import RegistrationAct
from bidding.selection import queries, rules, services
from bidding.selection.demo import DEMO
from bidding.selection.rules import BeaconInput, MinimumTerms, SelectionAct
from bidding.selection.sweeps import SWEEPS
from bidding.selection.views import box, bp
from bidding.selection.wording import WORDS
from marketplace.announcement.rules import AnnouncementAct

HANDED_IN = frozenset({RegistrationAct.SUBMIT, RegistrationAct.WITHDRAW, RegistrationAct.RECONFIRM, OfferAct.SUBMIT})
"""What was hidden until the result: whichever act publishes it opens all of them."""


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """The days that a draw waits for first and whose beacon this office may type now."""
    if not actor.roles & queries.TYPISTS:
        return
    for day in queries.beacon_days(actor, now=now):
        if day.open:
            yield Task(SelectionAct.ENTER_BEACON, day.on.isoformat(), url_for("selection.enter", on=day.on.isoformat()))


STAGE = Stage(
    name="selection",
    title="选取",
    blueprint=bp,
    acts=SelectionAct,
    may=rules.MAY,
    opens=rules.OPENS,
    discloses={
        SelectionAct.OPEN: HANDED_IN,
        SelectionAct.DRAW: HANDED_IN,
        AnnouncementAct.CLOSE_UNSUCCESSFUL: HANDED_IN,
        SelectionAct.ENTER_BEACON: {SelectionAct.ENTER_BEACON},
    },
    sweeps=SWEEPS,
    notices={
        SelectionAct.FREEZE: services.told_the_verdict,
        SelectionAct.OPEN: services.told_the_result,
        SelectionAct.DRAW: services.told_the_result,
        AnnouncementAct.CLOSE_UNSUCCESSFUL: services.told_the_result,
    },
    tasks=tasks,
    panels={"selection_result": box},
    commands={SelectionAct.ENTER_BEACON: Command(BeaconInput, services.enter_beacon, "beacon")},
    terms=(MinimumTerms,),
    words=WORDS,
    constraints={"uq_beacon_entry_role": Refusal("beacon_entered", field="number")},
    demo=DEMO,
)
