"""Direct commissions of the demonstration world: a price goes to and fro, and is taken or still considered."""

from app.demonstration import Plot, World
from app.stage import Demo
from app.values import Nothing
from bidding.direct import services
from bidding.direct.rules import Price, Proposal, Reason
from marketplace.announcement import queries as announcements
from marketplace.need.rules import PUBLIC_MONEY, Method
from marketplace.purchaser.rules import Fund


def day(world: World) -> None:
    """Every plot that goes direct takes its next step."""
    for plot in world.plots:
        need_no = world.noted(plot, "need")
        if need_no is None or Method(plot["method"]) is not Method.DIRECT or world.noted(plot, "announcement"):
            continue
        if not world.noted(plot, "proposed"):
            _proposed(world, plot, need_no)
        elif plot.get("counter") and not world.noted(plot, "countered"):
            _countered(world, plot, need_no)
        else:
            _accepted(world, plot, need_no)


def _proposed(world: World, plot: Plot, need_no: str) -> None:
    if not world.turn(plot, "direct.propose"):
        return
    owner, agency = world.actor(plot["purchaser"]), world.actor(plot["agencies"][0])
    minutes = world.file(owner, f"minutes {need_no}") if Fund(plot["fund"]) in PUBLIC_MONEY else None
    proposal = Proposal(
        agency=agency.code or "",
        amount_fen=plot["price"] * 100,
        days=plot["days"],
        reason=Reason(plot["reason"]),
        explanation=world.words["texts"]["explanation"],
        minutes=minutes,
    )
    services.propose(owner, need_no, proposal, key=f"demonstration:propose:{plot.key}")
    world.note(plot, "proposed", need_no)
    if plot.get("counter") and world.last:
        _countered(world, plot, need_no)


def _countered(world: World, plot: Plot, need_no: str) -> None:
    """The agency asks for more; where the plot goes on, the purchaser names that price himself."""
    if not world.turn(plot, "direct.counter"):
        return
    price = Price(plot["counter"] * 100, plot["days"])
    agency, owner = world.actor(plot["agencies"][0]), world.actor(plot["purchaser"])
    services.counter(agency, need_no, price, key=f"demonstration:counter:{plot.key}")
    world.note(plot, "countered", need_no)
    if world.turn(plot, "direct.accept"):
        services.counter(owner, need_no, price, key=f"demonstration:answer:{plot.key}")


def _accepted(world: World, plot: Plot, need_no: str) -> None:
    if not world.turn(plot, "direct.accept"):
        return
    actor = world.actor(plot["agencies"][0])
    services.accept(actor, need_no, Nothing(), key=f"demonstration:accept:{plot.key}")
    found = announcements.by_need(need_no)
    world.note(plot, "announcement", "" if found is None else found.no or "")


DEMO = Demo(day=day)
