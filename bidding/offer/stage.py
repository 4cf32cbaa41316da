"""What the chapter offer brings to the house."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for

from app.act import Deed
from app.actor import Actor, Role
from app.stage import Command, Recipient, Stage, Task, Timed
from bidding.offer import queries, rules, services
from bidding.offer.demo import DEMO
from bidding.offer.rules import BodyInput, OfferAct, OfferInput
from bidding.offer.sweeps import SWEEPS
from bidding.offer.views import bp
from bidding.offer.wording import WORDS


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """Bodies that are awaited; announcements decided by price where the agency registered and offered nothing yet."""
    if Role.AGENCY not in actor.roles or actor.party_id is None:
        return
    for unopened in queries.to_hand_in(actor.party_id):
        url = url_for("offer.hand_in", no=unopened.no)
        yield Task(OfferAct.HAND_IN, unopened.title, url, due=unopened.due_at)
    for waiting in queries.without_offer(actor.party_id, now=now):
        yield Task(OfferAct.SUBMIT, waiting.title, url_for("offer.submit", no=waiting.no), due=waiting.closes_at)


def withdrawn(deed: Deed) -> Iterator[Recipient]:
    """The agency whose body did not come in time."""
    offer = queries.by_commitment(deed.public["commitment"])
    title = queries.need_of(offer).title
    yield Recipient(offer.registration.agency.organisation_id, {"no": deed.subject or "", "title": title})


STAGE = Stage(
    name="offer",
    title="报价",
    blueprint=bp,
    acts=OfferAct,
    may=rules.MAY,
    opens=rules.OPENS,
    sealed=rules.SEALED,
    tasks=tasks,
    sweeps=SWEEPS,
    timed={"offer": Timed(queries.provisional, services.settle, public=False)},
    notices={OfferAct.LAPSE: withdrawn},
    commands={
        OfferAct.SUBMIT: Command(OfferInput, services.submit, "announcement"),
        OfferAct.HAND_IN: Command(BodyInput, services.hand_in, "announcement"),
    },
    words=WORDS,
    demo=DEMO,
)
