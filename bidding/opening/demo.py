"""Openings of the demonstration world: two holders come on the next morning, or one now, or nobody in time."""

from app.cast import number
from app.demonstration import Happened, Step, World
from app.stage import Demo
from bidding.opening import queries, services
from bidding.opening.rules import OpeningAct, Phase
from marketplace.holder import rules as holders
from marketplace.holder.demo import HOLDERS
from marketplace.holder.rules import PrivateKey


def _frozen(world: World, happened: Happened) -> None:
    """Where a plot says nothing of `holders`, two of them come."""
    no = happened["announcement"]
    if "holders" not in happened.plot.facts and queries.divided(queries.present(no)) is not None:
        world.plan(happened.plot, OpeningAct.UNSEAL, no=no)


def _together(world: World, step: Step) -> None:
    """One of the three stays away, never the same."""
    away = number(f"away {step['no']}") % len(HOLDERS)
    for place, login in enumerate(HOLDERS):
        if place != away:
            _comes(world, login, step["no"])


def end(world: World) -> None:
    """One has just come; whoever tries the market may be the second within the hour."""
    for plot in world.plots:
        no = world.noted(plot, "announcement")
        if no is None or plot.get("holders") != "half":
            continue
        if queries.phase_of(queries.present(no), now=world.now) is Phase.WAITING:
            _comes(world, HOLDERS[0], no)


def _comes(world: World, login: str, no: str) -> None:
    actor = world.actor(login)
    (role,) = actor.roles & set(holders.HOLDERS)
    file = PrivateKey(holders.key_file(holders.demonstration_key(role)))
    services.unseal(actor, no, file, key=f"demonstration:unseal:{login}:{no}")


DEMO = Demo(hears={"selection.freeze": _frozen}, steps={OpeningAct.UNSEAL: _together}, end=end)
