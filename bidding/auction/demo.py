"""Auctions of the demonstration world: on the morning of a closing the agencies of a plot fight it out."""

from datetime import timedelta

from app.chronicle import Plot
from app.clockwork import services as clockwork
from app.demonstration import Happened, World
from app.stage import Demo
from app.values import Fen
from bidding.auction import queries, services
from bidding.auction.rules import BidInput, Phase
from marketplace.announcement.rules import AnnouncementAct


def _published(world: World, happened: Happened) -> None:
    if happened.plot.get("bids"):
        world.note(happened.plot, "auction", happened["announcement"])


def day(world: World) -> None:
    """Every auction of a plot that is running now: its offers in their seconds, of which the last ones move the end."""
    for plot in world.plots:
        no = world.noted(plot, "auction")
        if no is not None and queries.phase_now(no, now=world.now) is Phase.RUNNING:
            _fight(world, plot, no)


def _fight(world: World, plot: Plot, no: str) -> None:
    """A plot's `bids`: which of its agencies, how much in yuan, how many seconds before the announced end."""
    ends_at = queries.announced_end(no)
    for place, (who, amount, before) in enumerate(plot["bids"]):
        clockwork.go_to(ends_at - timedelta(seconds=before))
        login = plot["agencies"][who]
        key = f"demonstration:bid:{plot.key}:{place}"
        services.bid(world.actor(login), no, BidInput(Fen(amount * 100)), key=key)


DEMO = Demo(hears={AnnouncementAct.PUBLISH: _published}, day=day)
