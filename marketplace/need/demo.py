"""The needs of the demonstration world: each plot begins with one."""

from app.cast import number
from app.demonstration import Step, World
from app.stage import Demo
from app.values import Fen
from marketplace.need import services
from marketplace.need.rules import FIXED_PRICE, Method, NeedInput, Particulars, Payer
from marketplace.purchaser.rules import Fund


def _create(world: World, step: Step) -> None:
    """A purchaser writes down what it needs."""
    plot = step.plot
    owner = world.people[plot["purchaser"]]
    fund, method, region = Fund(plot["fund"]), Method(plot["method"]), plot.get("region", owner.region)
    wanted = NeedInput(
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
    done = services.create(world.actor(plot["purchaser"]), None, wanted, key=f"demonstration:need:{plot.key}")
    world.note(plot, "need", done.subject or "")


def _project(key: str, region: str, world: World) -> str:
    return f"{world.days[0]:%y%m}-{region}-04-01-{number(key) % 10**6:06d}"


DEMO = Demo(steps={"need.create": _create})
