"""Contracts of the demonstration world: handed in, confirmed or met with silence; extended, changed, broken."""

from app.demonstration import Happened, Step, World
from app.stage import Demo
from app.values import Fen, Nothing
from bidding.award.rules import AwardAct
from bidding.contract import services
from bidding.contract.rules import (
    Accusation,
    Agreed,
    AgreedPrice,
    Amendment,
    Breach,
    Cause,
    ContractAct,
    Extension,
    Finding,
    Reselection,
    SignedContract,
    Successor,
)


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


def _effective(world: World, happened: Happened) -> None:
    """What is asked for later; a breach only of the first contract, whose successor keeps to his."""
    plot, facts = happened.plot, {"no": happened["contract"], "agency": happened["agency"]}
    if plot.get("extend"):
        world.plan(plot, ContractAct.EXTEND, after=3, **facts)
    if plot.get("change"):
        world.plan(plot, ContractAct.AMEND, after=4, **facts)
    if plot.get("breach") and not world.noted(plot, "broken"):
        world.note(plot, "broken", happened["contract"])
        world.plan(plot, ContractAct.ACCUSE, after=6, **facts)


def _asked(world: World, happened: Happened) -> None:
    """The other side agrees on the next day; one purchaser has not answered yet."""
    plot, act = happened.plot, ContractAct.GRANT if happened.act == ContractAct.EXTEND else ContractAct.ADOPT
    facts = {"no": happened["contract"], "number": happened.public["number"]}
    if not plot.get("unanswered"):
        world.plan(plot, act, after=1, amount=happened.public.get("amount_fen"), **facts)


def _accused(world: World, happened: Happened) -> None:
    facts = {"no": happened["contract"], "number": happened.public["number"]}
    world.plan(happened.plot, ContractAct.UPHOLD, after=3, **facts)


def _broken(world: World, happened: Happened) -> None:
    world.plan(happened.plot, ContractAct.RESELECT, after=1, no=happened["contract"])


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


def _extend(world: World, step: Step) -> None:
    agency, no = world.acting_for(step["agency"]), step["no"]
    reason, file = world.words["texts"]["extend"], world.file(agency, f"extension {no}")
    extension = Extension(step.plot["extend"], Cause.PURCHASER, reason, file)
    services.extend(agency, no, extension, key=f"demonstration:extend:{no}")


def _grant(world: World, step: Step) -> None:
    owner, agreed = world.actor(step.plot["purchaser"]), Agreed(step["number"])
    services.grant(owner, step["no"], agreed, key=f"demonstration:grant:{step['no']}")


def _amend(world: World, step: Step) -> None:
    agency, no, plot = world.acting_for(step["agency"]), step["no"], step.plot
    amendment = Amendment(
        Fen(plot["change"]["price"] * 100),
        plot["change"]["content"],
        plot["change"]["reason"],
        world.file(agency, f"amendment {no}"),
    )
    services.amend(agency, no, amendment, key=f"demonstration:amend:{no}")


def _adopt(world: World, step: Step) -> None:
    owner, agreed = world.actor(step.plot["purchaser"]), AgreedPrice(step["number"], Fen(step["amount"]))
    services.adopt(owner, step["no"], agreed, key=f"demonstration:adopt:{step['no']}")


def _accuse(world: World, step: Step) -> None:
    owner, no, breach = world.actor(step.plot["purchaser"]), step["no"], step.plot["breach"]
    accusation = Accusation(Breach(breach["what"]), breach["reason"], world.file(owner, f"breach {no}"))
    services.accuse(owner, no, accusation, key=f"demonstration:accuse:{no}")


def _uphold(world: World, step: Step) -> None:
    breach = step.plot["breach"]
    finding = Finding(step["number"], breach["found"], Breach(breach["what"]))
    services.uphold(world.regulator(breach["office"]), step["no"], finding, key=f"demonstration:uphold:{step['no']}")


def _reselect(world: World, step: Step) -> None:
    owner, chosen = world.actor(step.plot["purchaser"]), Reselection(Successor.ALTERNATE)
    services.reselect(owner, step["no"], chosen, key=f"demonstration:reselect:{step['no']}")


DEMO = Demo(
    hears={
        AwardAct.NOTICE: _noticed,
        AwardAct.ACCEPT: _wanted,
        ContractAct.UPLOAD: _uploaded,
        ContractAct.CONFIRM: _effective,
        ContractAct.DEEM: _effective,
        ContractAct.EXTEND: _asked,
        ContractAct.AMEND: _asked,
        ContractAct.ACCUSE: _accused,
        ContractAct.UPHOLD: _broken,
    },
    steps={
        ContractAct.UPLOAD: _upload,
        ContractAct.CONFIRM: _confirm,
        ContractAct.EXTEND: _extend,
        ContractAct.GRANT: _grant,
        ContractAct.AMEND: _amend,
        ContractAct.ADOPT: _adopt,
        ContractAct.ACCUSE: _accuse,
        ContractAct.UPHOLD: _uphold,
        ContractAct.RESELECT: _reselect,
    },
)
