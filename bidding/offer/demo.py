"""Offers of the demonstration world: whoever registered for a price method hands in the price of its plot."""

from app.demonstration import World
from app.stage import Demo
from app.values import Fen
from bidding.offer import queries, services
from bidding.offer.rules import OfferInput
from bidding.registration.queries import announced
from marketplace.announcement import queries as announcements
from marketplace.announcement.rules import Phase


def day(world: World) -> None:
    """On the day of the registration, once."""
    for plot in world.going("offer"):
        no = world.noted(plot, "announcement")
        if no is None or not plot.get("offers"):
            continue
        announcement = announced(no)
        present = announcements.present_attempt(announcement)
        if announcements.phase_of(announcement, present, world.now) is not Phase.REGISTERING:
            continue
        if not world.turn(plot, "offer.submit"):
            continue
        for login, yuan in zip(plot["agencies"], plot["offers"], strict=True):
            actor = world.actor(login)
            page = queries.page(actor, no, now=world.now)
            offer = OfferInput(Fen(yuan * 100), page.promised_days or announcement.expected_days)
            services.submit(actor, no, offer, key=f"demonstration:offer:{login}:{plot.key}")
        world.done(plot, "offer")


DEMO = Demo(day=day)
