"""Deliverables handed in, returned and confirmed."""

from app.chance import fresh_key
from app.database import db
from app.values import Nothing
from ratings.performance import queries, services
from ratings.performance.models import Performance
from ratings.performance.rules import Because, Delivery
from tests.builders.contract import a_contract, a_file, parties
from tests.grounds import ready


def performance_of(no: str) -> Performance:
    """How a contract is kept, read anew."""
    db.session.rollback()
    return queries.by_contract_no(no)


def handed_in(no: str, content: str = "a report") -> None:
    """The agency hands in a version of a contract's deliverable."""
    agency = parties(performance_of(no).contract)[1]
    services.submit(agency, no, Delivery(a_file(agency, content), "a note"), key=fresh_key())


def sent_back(no: str) -> None:
    """The purchaser returns the version that lies with it."""
    services.return_(parties(performance_of(no).contract)[0], no, Because("a reason"), key=fresh_key())


def paused(no: str) -> None:
    """The purchaser stops the clock."""
    services.pause(parties(performance_of(no).contract)[0], no, Because("a reason"), key=fresh_key())


def resumed(no: str) -> None:
    """The purchaser lets the clock go on."""
    services.resume(parties(performance_of(no).contract)[0], no, Nothing(), key=fresh_key())


@ready
def a_delivery(no: str | None = None, **what: object) -> str:
    """The number of a contract whose deliverable was handed in and confirmed."""
    contract_no = no or a_contract(**what)
    handed_in(contract_no)
    services.confirm(parties(performance_of(contract_no).contract)[0], contract_no, Nothing(), key=fresh_key())
    return contract_no
