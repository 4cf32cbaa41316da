"""Contracts uploaded by one side and confirmed by the other; what either asks for after that."""

import hashlib
import io

from app import files
from app.actor import Actor
from app.chance import fresh_key
from app.database import db
from app.identity import queries as identities
from app.values import Fen, Nothing
from bidding.award import queries as awards
from bidding.contract import queries, services
from bidding.contract.models import Contract, ContractRequest
from bidding.contract.rules import (
    Accusation,
    Amendment,
    Breach,
    Cause,
    Extension,
    Parting,
    Side,
    SignedContract,
)
from tests.builders.award import accepted_award, winner
from tests.grounds import ready

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def a_file(actor: Actor, content: str = "a contract") -> str:
    """The SHA-256 of a file that the actor handed in just now."""
    stream = io.BytesIO(PDF + b"% " + hashlib.sha256(content.encode()).hexdigest().encode() + b"\n")
    return files.store(stream, account_id=actor.account_id or 0, name="scan.pdf").sha256


def contract_of(award_no: str) -> Contract:
    """The contract of an award, read anew."""
    db.session.rollback()
    found = queries.of_award(awards.by_no(award_no).id)
    if found is None:
        raise LookupError(award_no)
    return found


def parties(contract: Contract) -> tuple[Actor, Actor]:
    """Somebody of the purchaser, somebody of the agency."""
    login = contract.award.announcement.need.purchaser.organisation.name.removeprefix("organisation of ")
    purchaser = identities.actor_by_login(login)
    if purchaser is None:
        raise LookupError(login)
    return purchaser, winner(contract.award)


def signed(
    contract: Contract, actor: Actor, *, amount_fen: int | None = None, days: int | None = None
) -> SignedContract:
    """What both signed: the award's price and days unless told otherwise, on the day of the award."""
    award = contract.award
    return SignedContract(
        amount_fen=Fen(award.amount_fen if amount_fen is None else amount_fen),
        days=award.promised_days if days is None else days,
        signed_on=award.made_at.date(),
        file=a_file(actor),
    )


@ready
def uploaded(award_no: str) -> str:
    """The agency uploads the contract of an award; its number."""
    contract = contract_of(award_no)
    agency, no = parties(contract)[1], contract.no
    services.upload(agency, no, signed(contract, agency), key=fresh_key())
    return no


@ready
def a_contract(award_no: str | None = None, **what: object) -> str:
    """The number of an effective contract, of an accepted award or of a new one."""
    no = uploaded(award_no or accepted_award(**what))
    db.session.rollback()
    services.confirm(parties(queries.by_no(no))[0], no, Nothing(), key=fresh_key())
    return no


def extension_asked(no: str, *, days: int = 5, cause: Cause = Cause.SCOPE) -> int:
    """The agency asks for more time; the request's number."""
    db.session.rollback()
    services.extend(
        parties(queries.by_no(no))[1], no, Extension(days, cause, "the client moved", None), key=fresh_key()
    )
    return last_request(no).number


def change_asked(no: str, amount_fen: int, *, by: Side = Side.AGENCY) -> int:
    """One side hands in a changed price; the request's number."""
    db.session.rollback()
    actor = parties(queries.by_no(no))[by is Side.AGENCY]
    amendment = Amendment(Fen(amount_fen), "one more plot", "the plan grew", a_file(actor, f"change {amount_fen}"))
    services.amend(actor, no, amendment, key=fresh_key())
    return last_request(no).number


def end_proposed(no: str, settlement_fen: int = 1_000_000, *, by: Side = Side.PURCHASER) -> int:
    """One side proposes to end the contract; the request's number."""
    db.session.rollback()
    actor = parties(queries.by_no(no))[by is Side.AGENCY]
    services.part_(actor, no, Parting(Fen(settlement_fen), "the project stops", None), key=fresh_key())
    return last_request(no).number


def breach_reported(no: str, breach: Breach = Breach.SERVICE) -> int:
    """The purchaser reports a breach; the filing's number."""
    db.session.rollback()
    services.accuse(parties(queries.by_no(no))[0], no, Accusation(breach, "nobody came", None), key=fresh_key())
    return last_request(no).number


def last_request(no: str) -> ContractRequest:
    """What was asked last about a contract, read anew."""
    db.session.rollback()
    return queries.by_no(no).requests[-1]
