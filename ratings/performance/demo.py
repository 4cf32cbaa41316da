"""Services of the demonstration world: delivered in time, late, paused for a while, sent back once."""

from datetime import time

from app.demonstration import Plot, World
from app.stage import Demo
from app.values import Nothing
from ratings.performance import queries, services
from ratings.performance.rules import Because, Delivery, Phase


def day(world: World) -> None:
    """One step a day for each contract on record."""
    for plot in world.going("performance"):
        no = world.noted(plot, "contract")
        if no is None:
            continue
        performance = queries.by_contract_no(no)
        phase = queries.phase_of(performance)
        owner = world.actor(plot["purchaser"])
        if phase is Phase.PAUSED:
            if world.turn(plot, "performance.resume", after=6):
                services.resume(owner, no, Nothing(), key=f"demonstration:resume:{no}")
        elif phase is Phase.IN_SERVICE:
            _served(world, plot, no, days=performance.days)
        elif phase is Phase.DELIVERED:
            _looked_at(world, plot, no)
        else:
            world.done(plot, "performance")


def _served(world: World, plot: Plot, no: str, *, days: int) -> None:
    owner, texts = world.actor(plot["purchaser"]), world.words["texts"]
    if plot.get("pause") and not world.noted(plot, "paused"):
        if world.turn(plot, "performance.pause", after=2):
            services.pause(owner, no, Because(texts["pause"]), key=f"demonstration:pause:{no}")
            world.note(plot, "paused", no)
    elif world.turn(plot, "deliverable.submit", after=max(1, days - world.pick(f"margin {plot.key}", (2, 3, 4)))):
        agency = world.of_code(queries.by_contract_no(no).contract.award.agency.organisation.code)
        version = 2 if world.noted(plot, "returned") else 1
        delivery = Delivery(file=world.file(agency, f"deliverable {no} v{version}"), note=texts["note"])
        services.submit(agency, no, delivery, key=f"demonstration:deliver:{no}:{version}")


def _looked_at(world: World, plot: Plot, no: str) -> None:
    owner, texts = world.actor(plot["purchaser"]), world.words["texts"]
    if plot.get("returns") and not world.noted(plot, "returned"):
        if world.turn(plot, "deliverable.return", after=1):
            services.return_(owner, no, Because(texts["returned"]), key=f"demonstration:return:{no}")
            world.note(plot, "returned", no)
    elif world.turn(plot, "deliverable.confirm", after=1):
        services.confirm(owner, no, Nothing(), key=f"demonstration:done:{no}")


DEMO = Demo(day=day, at=time(15))
