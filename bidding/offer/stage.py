"""What the chapter offer brings to the house."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for

from app.actor import Actor, Role
from app.stage import Command, Stage, Task
from bidding.offer import queries, rules, services
from bidding.offer.demo import DEMO
from bidding.offer.rules import OfferAct, OfferInput
from bidding.offer.views import bp
from bidding.offer.wording import WORDS


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """Announcements decided by price where the agency is registered and has handed in no price yet."""
    if Role.AGENCY not in actor.roles or actor.party_id is None:
        return
    for waiting in queries.without_offer(actor.party_id, now=now):
        yield Task(OfferAct.SUBMIT, waiting.title, url_for("offer.submit", no=waiting.no), due=waiting.closes_at)


STAGE = Stage(
    name="offer",
    title="报价",
    blueprint=bp,
    acts=OfferAct,
    may=rules.MAY,
    opens=rules.OPENS,
    sealed=rules.SEALED,
    tasks=tasks,
    commands={OfferAct.SUBMIT: Command(OfferInput, services.submit, "announcement")},
    words=WORDS,
    demo=DEMO,
)
