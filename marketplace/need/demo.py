"""The needs of the demonstration world: each plot begins with one."""

from app.cast import number
from app.chronicle import Plot
from app.demonstration import Step, World
from app.stage import Demo
from app.values import Fen
from marketplace.need import services
from marketplace.need.rules import FIXED_PRICE, Method, NeedAct, NeedInput, Particulars, Payer
from marketplace.purchaser.rules import Fund


def _create(world: World, step: Step) -> None:
    """A purchaser writes down what it needs."""
    plot = step.plot
    wanted = _wanted(world, plot, Method(plot["method"]))
    done = services.create(world.actor(plot["purchaser"]), None, wanted, key=f"demonstration:need:{plot.key}")
    world.note(plot, "need", done.subject or "")


def _revise(world: World, step: Step) -> None:
    """It turned out that one alone could come."""
    plot = step.plot
    key = f"demonstration:revise:{plot.key}"
    services.revise(world.actor(plot["purchaser"]), step["need"], _wanted(world, plot, Method.DIRECT), key=key)


def _wanted(world: World, plot: Plot, method: Method) -> NeedInput:
    owner = world.people[plot["purchaser"]]
    fund, region = Fund(plot["fund"]), plot.get("region", owner.region)
    return NeedInput(
        item=plot["item"],
        title=plot["title"],
        content=plot["content"],
        region=region,
        fund=fund,
        payer=Payer.PURCHASER,
        budget_fen=Fen(plot["budget"] * 100),
        price_fen=Fen(plot["price"] * 100) if method in FIXED_PRICE else None,
        expected_days=plot["days"],
        method=method,
        contact=owner.name,
        phone=owner.facts["phone"],
        above_limit=False,
        excluded=False,
        project_code=_project(plot.key, region, world) if fund is Fund.FISCAL else None,
        further=tuple(plot.get("further", ())),
        winners=plot.get("winners", 1),
        particulars=Particulars(**plot.get("particulars", {})),
    )


def _project(key: str, region: str, world: World) -> str:
    return f"{world.days[0]:%y%m}-{region}-04-01-{number(key) % 10**6:06d}"


DEMO = Demo(steps={NeedAct.CREATE: _create, NeedAct.REVISE: _revise})
