"""Offers of the demonstration world: whoever registered for a price method hands in the price of its plot."""

from app.demonstration import Happened, Step, World
from app.stage import Demo
from app.values import Fen
from bidding.offer import services
from bidding.offer.rules import OfferAct, OfferInput
from bidding.registration.rules import RegistrationAct


def _registered(world: World, happened: Happened) -> None:
    if happened.plot.get("offers"):
        facts = {"no": happened["announcement"], "agency": happened["agency"], "attempt": happened.public["attempt"]}
        world.plan(happened.plot, OfferAct.SUBMIT, days=happened.public["promised_days"], **facts)


def _submit(world: World, step: Step) -> None:
    """On the day of the registration, once."""
    plot, login = step.plot, world.of_code(step["agency"]).login
    offer = OfferInput(Fen(plot["offers"][plot["agencies"].index(login)] * 100), step["days"])
    services.submit(
        world.actor(login), step["no"], offer, key=f"demonstration:offer:{login}:{plot.key}:{step['attempt']}"
    )


DEMO = Demo(hears={RegistrationAct.SUBMIT: _registered}, steps={OfferAct.SUBMIT: _submit})
