"""Winners of the demonstration world: nearly all take the award, one declines and the alternate follows."""

from app.demonstration import World
from app.stage import Demo
from app.values import Nothing
from bidding.award import queries, services
from bidding.award.rules import Declined, Phase


def day(world: World) -> None:
    """Whoever was noticed answers."""
    for plot in world.going("award"):
        no = world.noted(plot, "announcement")
        found = queries.of_announcement(no) if no else []
        for award in found:
            if queries.phase_of(award) is not Phase.NOTICED:
                continue
            winner = world.of_code(award.agency.organisation.code)
            if plot.get("decline", 0) >= award.rank:
                if world.turn(plot, "award.decline"):
                    reason = Declined(world.words["texts"]["decline"])
                    services.decline(winner, award.no, reason, key=f"demonstration:decline:{award.no}")
            elif world.turn(plot, "award.accept"):
                services.accept(winner, award.no, Nothing(), key=f"demonstration:accept:{award.no}")
                world.done(plot, "award")


DEMO = Demo(day=day)
