"""What the chapter opening brings to the house."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for

from app.actor import Actor
from app.refusal import Refusal
from app.stage import Command, Stage, Task
from bidding.opening import queries, rules, services
from bidding.opening.demo import DEMO
from bidding.opening.rules import OpeningAct
from bidding.opening.sweeps import SWEEPS
from bidding.opening.views import bp, keys
from bidding.opening.wording import WORDS
from marketplace.holder.rules import PrivateKey


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """The openings that wait for this office's key."""
    if actor.party_id is None or not actor.roles & rules.MAY[OpeningAct.UNSEAL]:
        return
    for page in queries.to_unseal(actor.party_id, now=now):
        yield Task(OpeningAct.UNSEAL, page.title, url_for("opening.unseal", no=page.no), due=page.due_at)


STAGE = Stage(
    name="opening",
    title="开启",
    blueprint=bp,
    acts=OpeningAct,
    may=rules.MAY,
    opens=rules.OPENS,
    sealed=rules.SEALED,
    sweeps=SWEEPS,
    notices={OpeningAct.UNSEAL: services.told, OpeningAct.LAPSE: services.told},
    tasks=tasks,
    panels={"opening_keys": keys},
    commands={OpeningAct.UNSEAL: Command(PrivateKey, services.unseal, "announcement")},
    words=WORDS,
    demo=DEMO,
    constraints={"uq_key_use_standing": Refusal("opening_used")},
)
