"""Rosters of judges, proposals as agencies hand them in, and sheets as judges lock them."""

import hashlib
from collections.abc import Mapping
from io import BytesIO

from app.actor import Actor, Role
from app.chance import fresh_key
from app.database import db
from app.identity import queries as identities
from app.sweep import run_due
from app.values import Fen
from bidding.judging import queries, services
from bidding.judging.rules import Declaration, JudgeInput, Sheet, SheetLine
from bidding.offer import services as offering
from bidding.offer.rules import OfferDone, OfferInput
from bidding.selection.models import Selection
from tests.builders.people import a_colleague
from tests.builders.registration import own_registration
from tests.grounds import ready


def pdf(content: str) -> bytes:
    """A file that is one, with something of its own in it."""
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n% " + content.encode() + b"\n%%EOF\n"


def a_proposal(agency: Actor, no: str, *, amount_fen: int, content: str = "") -> OfferDone:
    """A registered agency hands in a price and one file."""
    file = pdf(content or f"how {agency.code} does it")
    sha256, box = offering.take_in(agency, no, BytesIO(file), key="tests")
    promised = own_registration(agency, no).promised_days
    offer = OfferInput(Fen(amount_fen), promised, files=(sha256,), boxes=(box,))
    done = offering.submit(agency, no, offer, key=fresh_key())
    if not isinstance(done, OfferDone) or hashlib.sha256(file).hexdigest() not in done.body:
        raise TypeError(type(done))
    return done


@ready
def a_roster(owner: Actor, n: int) -> dict[str, Actor]:
    """So many colleagues of the owner, each entered as a judge: the actors by roster number."""
    found = {}
    for place in range(1, n + 1):
        judge = a_colleague(owner, login=f"{owner.code}-judge{place}", role=Role.PURCHASER)
        entered = JudgeInput(f"{owner.code}-judge{place}", f"judge {place}", f"unit {place}", "surveying")
        done = services.enrol(owner, None, entered, key=fresh_key())
        found[done.subject or ""] = judge
    return found


def seated(selection: Selection) -> list[str]:
    """The numbers of those who judge, as they were seated, without those who stepped back."""
    panel = queries.panel_of(selection.attempt_id)
    return [] if panel is None else [seat.judge.no for seat in queries.active(panel)]


def declared(judge: Actor, no: str, selection: Selection) -> None:
    """A judge declares to be free of every agency."""
    free = tuple(one.agency.organisation.code for one in queries.judged(selection))
    services.declare(judge, no, Declaration(free, False), key=fresh_key())


def a_sheet(points: Mapping[str, tuple[int, int]]) -> Sheet:
    """A whole sheet: service and team by agency."""
    return Sheet(tuple(SheetLine(code, *each, f"because of {code}") for code, each in sorted(points.items())))


def locked(judge: Actor, no: str, points: Mapping[str, tuple[int, int]]) -> None:
    """A judge locks his sheet, and what follows happens."""
    services.lock(judge, no, a_sheet(points), key=fresh_key())
    run_due()
    db.session.rollback()


def account_of(login: str) -> Actor:
    """The actor of a login that exists."""
    found = identities.actor_by_login(login)
    if found is None:
        raise LookupError(login)
    return found
