"""P6, small size: 1,000 simultaneous duplicates; one success, clean refusals otherwise."""

from sqlalchemy import func, select

from app.audit.check import first_difference
from app.database import db
from app.sweep import keep_log
from bidding.offer import services as offers
from bidding.offer.models import Offer
from bidding.offer.rules import OfferInput
from bidding.registration import services as registrations
from bidding.registration.models import Registration, RegistrationMember
from bidding.registration.rules import Made, Promise
from tests.builders.announcement import an_announcement
from tests.builders.registration import a_registration, an_agency
from tests.races.conftest import at_once

DUPLICATES = 1_000


def counted(model) -> int:
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


def test_a_thousand_registrations_of_one_agency(live):
    with live.app_context():
        agency = an_agency()
        no = an_announcement(days=25)
    outcomes = at_once(
        live,
        DUPLICATES,
        lambda n: registrations.submit(agency, no, Promise(10, f"{n:064x}", Made.SERVER), key=f"key-{n}"),
    )
    assert outcomes == {"done": 1, "already_registered": DUPLICATES - 1}
    with live.app_context():
        assert counted(Registration) == 1
        assert counted(RegistrationMember) == 1
        keep_log()
        assert first_difference(rows=True) is None


def test_a_thousand_times_the_same_registration(live):
    """The same key: a double click, a lost answer, a retry."""
    with live.app_context():
        agency = an_agency()
        no = an_announcement(days=25)
    promise = Promise(10, "11" * 32, Made.SERVER)
    outcomes = at_once(live, DUPLICATES, lambda n: registrations.submit(agency, no, promise, key="one"))
    assert outcomes == {"done": 1, "AlreadyDone": DUPLICATES - 1}


def test_a_thousand_times_the_same_offer(live):
    with live.app_context():
        agency = an_agency()
        no = an_announcement(days=25, method="BID_LOW")
        a_registration(agency, no, days=10)
    offer = OfferInput(amount_fen=5_000_000, days=10)
    outcomes = at_once(live, DUPLICATES, lambda n: offers.submit(agency, no, offer, key="one"))
    assert outcomes == {"done": 1, "AlreadyDone": DUPLICATES - 1}
    with live.app_context():
        assert counted(Offer) == 1
