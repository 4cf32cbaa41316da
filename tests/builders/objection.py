"""Objections as agencies file them, purchasers answer them and offices decide them."""

from app.actor import Actor
from app.approval import services as approvals
from app.chance import fresh_key
from app.database import db
from app.identity import queries as identities
from app.values import Nothing
from marketplace.announcement import queries as announcements
from ratings.complaint import queries, services
from ratings.complaint.models import Objection
from ratings.complaint.rules import Because, Filing, Kind, ObjectionAct
from tests.builders.announcement import an_announcement
from tests.builders.award import award_of
from tests.builders.need import purchaser_for
from tests.builders.people import a_regulator
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import drawn
from tests.grounds import ready

BECAUSE = Because("so it is written in the rules")


@ready
def a_public_result(*, n: int = 3, fund: str = "fiscal", **what: object) -> str:
    """The number of an announcement of public money whose lots are drawn: the publicity runs."""
    rivals = agencies(n)
    no = an_announcement(fund=fund, **what)
    for rival in rivals:
        a_registration(rival, no)
    drawn(no)
    return no


def losers(no: str) -> list[str]:
    """The logins of the agencies that registered and did not win."""
    winner = award_of(no).agency.organisation.name.partition(" ")[0]
    return [login for login in ("agency1", "agency2", "agency3") if login != winner]


def loser(no: str, place: int = 0) -> Actor:
    """One of them."""
    actor = identities.actor_by_login(losers(no)[place])
    if actor is None:
        raise LookupError(no)
    return actor


def against_the_winner(no: str, by: Actor | None = None, *, whole: bool = False) -> Objection:
    """A loser objects that the winner should have been excluded; `whole`: to the selection itself."""
    target = None if whole else award_of(no).agency.organisation.code
    return filed(by or loser(no), no, Filing(Kind.RESULT, "its certificate had expired", against=target))


def filed(by: Actor, no: str, filing: Filing) -> Objection:
    """An objection just filed."""
    db.session.rollback()
    done = services.file(by, no, filing, key=fresh_key())
    return objection(done.subject or "")


def objection(no: str) -> Objection:
    """An objection, read anew."""
    db.session.rollback()
    return queries.by_no(no)


def purchaser_of(one: Objection) -> Actor:
    """Who answers: the builders have one purchaser for each fund."""
    return purchaser_for(one.announcement.need.fund.value)


def rejected(one: Objection) -> Objection:
    """The purchaser rejects it."""
    services.reject(purchaser_of(one), one.no, BECAUSE, key=fresh_key())
    return objection(one.no)


def appealed(one: Objection) -> Objection:
    """Rejected, and a decision asked for by whoever filed it."""
    no, party = one.no, one.party.name.partition(" ")[0]
    rejected(one)
    by = identities.actor_by_login(party)
    if by is None:
        raise LookupError(party)
    services.appeal(by, no, Nothing(), key=fresh_key())
    return objection(no)


def upheld(one: Objection) -> Objection:
    """Both hands of the office uphold it."""
    no = one.no
    waiting = approvals.submit(ObjectionAct.UPHOLD, a_regulator(), no, BECAUSE, key=fresh_key())
    approvals.agree(identities.actor_by_login("regulator1b"), waiting.prepared)
    return objection(no)


def dismissed(one: Objection) -> Objection:
    """The office dismisses it."""
    services.dismiss(a_regulator(), one.no, BECAUSE, key=fresh_key())
    return objection(one.no)


def present_decision(no: str) -> str | None:
    """How the present attempt ended."""
    db.session.rollback()
    found = announcements.by_no(no)
    if found is None:
        raise LookupError(no)
    decision = announcements.present_attempt(found).decision
    return None if decision is None else decision.value
