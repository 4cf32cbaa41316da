"""The needs of the demonstration world: each plot begins with one."""

from app.demonstration import World, number
from app.stage import Demo
from app.values import Fen
from marketplace.need import services
from marketplace.need.rules import Method, NeedInput, Payer
from marketplace.purchaser.rules import Fund


def day(world: World) -> None:
    """The purchasers whose day it is write down what they need."""
    for plot in world.plots:
        if plot.day != world.offset or not world.turn(plot, "need.create"):
            continue
        owner = world.people[plot["purchaser"]]
        fund, method = Fund(plot["fund"]), Method(plot["method"])
        wanted = NeedInput(
            item=plot["item"],
            title=plot["title"],
            content=plot["content"],
            region=owner.region,
            fund=fund,
            payer=Payer.PURCHASER,
            budget_fen=Fen(plot["budget"] * 100),
            price_fen=Fen(plot["price"] * 100) if method is Method.RANDOM else None,
            expected_days=plot["days"],
            method=method,
            contact=owner.name,
            phone=owner.facts["phone"],
            above_limit=False,
            excluded=False,
            project_code=_project(plot.key, owner.region, world) if fund is Fund.FISCAL else None,
        )
        done = services.create(world.actor(plot["purchaser"]), None, wanted, key=f"demonstration:need:{plot.key}")
        world.note(plot, "need", done.subject or "")


def _project(key: str, region: str, world: World) -> str:
    return f"{world.days[0]:%y%m}-{region}-04-01-{number(key) % 10**6:06d}"


DEMO = Demo(day=day)
