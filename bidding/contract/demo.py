"""Contracts of the demonstration world: the agency hands in what was signed, the purchaser confirms or says nothing."""

from app.demonstration import Happened, Step, World
from app.stage import Demo
from app.values import Fen, Nothing
from bidding.award.rules import AwardAct
from bidding.contract import services
from bidding.contract.rules import ContractAct, SignedContract


def _noticed(world: World, happened: Happened) -> None:
    """What was won is remembered; of a direct commission the contract is wanted at once."""
    plot, public = happened.plot, happened.public
    world.note(plot, f"won {happened['award']}", f"{public['amount_fen']} {public['days']}")
    if "contract" in happened.about:
        _wanted(world, happened)


def _wanted(world: World, happened: Happened) -> None:
    facts = {"no": happened["contract"], "award": happened["award"], "agency": happened["agency"]}
    world.plan(happened.plot, ContractAct.UPLOAD, after=1, **facts)


def _uploaded(world: World, happened: Happened) -> None:
    if not happened.plot.get("deemed"):
        world.plan(happened.plot, ContractAct.CONFIRM, after=1, no=happened["contract"])


def _upload(world: World, step: Step) -> None:
    agency, no = world.acting_for(step["agency"]), step["no"]
    amount, days = (world.noted(step.plot, f"won {step['award']}") or "").split()
    signed = SignedContract(
        amount_fen=Fen(int(amount)),
        days=int(days),
        signed_on=world.today,
        file=world.file(agency, f"contract {no}"),
    )
    services.upload(agency, no, signed, key=f"demonstration:upload:{no}")


def _confirm(world: World, step: Step) -> None:
    owner = world.actor(step.plot["purchaser"])
    services.confirm(owner, step["no"], Nothing(), key=f"demonstration:confirm:{step['no']}")


DEMO = Demo(
    hears={AwardAct.NOTICE: _noticed, AwardAct.ACCEPT: _wanted, ContractAct.UPLOAD: _uploaded},
    steps={ContractAct.UPLOAD: _upload, ContractAct.CONFIRM: _confirm},
)
