"""Awards as they come about: a need published, agencies registered, the lots drawn, the notice issued."""

from collections.abc import Sequence

from sqlalchemy import update

from app.actor import Actor
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import db
from app.identity import queries as identities
from app.sweep import run_due
from app.values import Nothing
from bidding.award import queries, services
from bidding.award.models import Award
from bidding.registration import queries as registrations
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Attempt
from tests.builders.announcement import an_announcement
from tests.builders.offer import an_offer
from tests.builders.registration import a_registration, agencies
from tests.grounds import ready


@ready
def a_result(
    *,
    n: int = 3,
    prices: tuple[int, ...] = (),
    days: int = 10,
    winners: int = 1,
    alternates: int = 2,
    rivals: Sequence[Actor] = (),
    **what: object,
) -> str:
    """The number of an announcement whose result is known: n agencies registered, or one for each sealed price.

    Social funds: no beacon is waited for and no publicity is kept, so the notice is issued at once. `rivals`: agencies
    that are there already, instead of new ones.
    """
    rivals = rivals or agencies(len(prices) or n)
    method = {"method": "BID_LOW"} if prices else {}
    no = an_announcement(days=days, **{**method, **what})
    if (winners, alternates) != (1, 2):
        _with_places(no, winners=winners, alternates=alternates)
    for rival in rivals:
        a_registration(rival, no)
    for rival, price in zip(rivals, prices, strict=False):
        an_offer(rival, no, amount_fen=price)
    closing = announcements.present_attempt(registrations.announced(no)).closes_at
    clockwork.go_to(closing)
    settle()
    return no


def _with_places(no: str, *, winners: int, alternates: int) -> None:
    """Other figures than the form offers; what follows from them is decided by the attempt's row alone."""
    present = announcements.present_attempt(registrations.announced(no)).id
    db.session.execute(update(Attempt).where(Attempt.id == present).values(winners=winners, alternates=alternates))
    db.session.commit()


def settle() -> None:
    """Whatever is due now, until nothing is."""
    run_due()
    db.session.rollback()


def award_of(no: str) -> Award:
    """The award of an announcement that was made last, read anew."""
    db.session.rollback()
    return queries.by_no(queries.of_announcement(no)[-1].no)


def winner(award: Award) -> Actor:
    """Somebody of the agency that won; the builders' agencies have one account each, named like the agency."""
    login = award.agency.organisation.name.partition(" ")[0]
    found = identities.actor_by_login(login)
    if found is None:
        raise LookupError(login)
    return found


def accepted(award: Award) -> str:
    """The winner accepts; the award's number."""
    no, who = award.no, winner(award)
    services.accept(who, no, Nothing(), key=fresh_key())
    return no


@ready
def accepted_award(no: str | None = None, **what: object) -> str:
    """The number of an accepted award, of an announcement with a result or of a new one."""
    return accepted(award_of(no or a_result(**what)))  # type: ignore[arg-type]
