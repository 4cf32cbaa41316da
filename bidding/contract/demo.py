"""Contracts of the demonstration world: the agency hands in what was signed, the purchaser confirms or says nothing."""

from app.demonstration import World
from app.stage import Demo
from app.values import Fen, Nothing
from bidding.contract import queries, services
from bidding.contract.rules import Phase, SignedContract


def day(world: World) -> None:
    """One step a day for each."""
    for plot in world.going("contract"):
        no = world.noted(plot, "announcement")
        for contract in queries.of_announcement(no) if no else []:
            phase, award = queries.phase_of(contract), contract.award
            agency = world.of_code(award.agency.organisation.code)
            if phase is Phase.TO_SIGN and world.turn(plot, "contract.upload", after=1):
                signed = SignedContract(
                    amount_fen=Fen(award.amount_fen),
                    days=award.promised_days,
                    signed_on=world.today,
                    file=world.file(agency, f"contract {contract.no}"),
                )
                services.upload(agency, contract.no, signed, key=f"demonstration:upload:{contract.no}")
            elif phase is Phase.TO_CONFIRM and not plot.get("deemed") and world.turn(plot, "contract.confirm", after=1):
                owner = world.actor(plot["purchaser"])
                services.confirm(owner, contract.no, Nothing(), key=f"demonstration:confirm:{contract.no}")
            elif phase is Phase.EFFECTIVE:
                world.note(plot, "contract", contract.no)
                world.done(plot, "contract")


DEMO = Demo(day=day)
