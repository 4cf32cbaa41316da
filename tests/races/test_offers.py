"""An offer against what ends or moves its time, a hold against what it stops: each order has one outcome, explained.

Of every pair the second act begins while the first one is about to commit, on a connection of its own.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.actor import Actor, Role
from app.audit.check import first_difference
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import db
from app.sweep import keep_log, run_due
from app.values import Fen, Nothing
from bidding.award import queries as awards
from bidding.offer import queries as offers
from bidding.offer import services as offering
from bidding.offer.rules import OfferInput
from bidding.opening import queries as openings
from bidding.opening import services as opening
from bidding.selection import queries as selections
from bidding.selection import rules as selecting
from bidding.selection import services as drawing
from bidding.selection.rules import BeaconInput
from marketplace.announcement import queries as announcements
from marketplace.announcement import services as announcing
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import Because, Phase
from marketplace.holder.rules import PrivateKey
from tests.app.watch.test_services import an_outage
from tests.builders.announcement import an_announcement
from tests.builders.award import award_of
from tests.builders.holder import drawer, three_holders, two_open
from tests.builders.offer import an_offer
from tests.builders.people import a_supervisor, an_operator
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import VALUE, closed
from tests.conftest import instant
from tests.races.test_award import interleaved

TICK = timedelta(microseconds=1)
SWEEPER = Actor.sweeper()


def a_market(n: int = 1, **what: object) -> tuple[str, list[Actor]]:
    """A price is asked for; n agencies have registered."""
    found = agencies(n)
    no = an_announcement(method="BID_LOW", budget_fen=1_000_000, closes="2026-03-20 17:00", **what)
    for agency in found:
        a_registration(agency, no)
    return no, found


def offered(who: Actor, no: str) -> Callable[[], object]:
    return lambda: offering.submit(who, no, OfferInput(Fen(800_000), 10), key=fresh_key())


def held(no: str, who: Actor) -> Callable[[], object]:
    return lambda: announcing.hold(who, no, Because("a report from the county"), key=fresh_key())


def found(no: str) -> tuple[Announcement, Attempt]:
    announcement = announcements.by_no(no)
    assert announcement is not None
    return announcement, announcements.present_attempt(announcement)


def phase(no: str) -> Phase:
    return announcements.phase_of(*found(no), clockwork.clock().market())


def nothing_differs() -> None:
    """The tables are what the log says of them."""
    keep_log()
    assert first_difference(rows=True) is None


def at(app: Flask, instant: datetime, deed: Callable[[], object]) -> Callable[[], object]:
    """The same, the market's clock first put on, as it goes on while somebody waits."""

    def later() -> object:
        app.extensions["market.clock"].instant = instant
        return deed()

    return later


@pytest.mark.parametrize("offer_first", [True, False])
def test_an_offer_while_the_closing_moves(live: Flask, offer_first: bool) -> None:
    """Both are done, whoever is first: the offer counts, the time that was lost is given back once."""
    with live.app_context():
        no, (who,) = a_market()
        clockwork.go_to(instant("2026-03-20 11:00"))
        outage = an_outage("2026-03-20 09:00", "2026-03-20 10:00")
        db.session.remove()

    def extend() -> object:
        return announcing.extend(SWEEPER, f"{no}/{outage}", Nothing(), key=f"sweep:announcement.extend:{no}/{outage}")

    offer = offered(who, no)
    assert interleaved(live, *((offer, extend) if offer_first else (extend, offer))) == ("done", "done")
    with live.app_context():
        run_due()
        clockwork.go_to(instant("2026-03-23 09:30"))
        attempt = found(no)[1]
        assert attempt.closes_at == instant("2026-03-23 09:00")
        assert [one.amount_fen for one in offers.opened(attempt.id)] == [800_000]
        nothing_differs()


@pytest.mark.parametrize("offer_first", [True, False])
def test_an_offer_at_the_closing(live: Flask, offer_first: bool) -> None:
    """Whoever holds its place before the closing is opened with the others, however late the freeze comes to see it."""
    with live.app_context():
        no, (first, last) = a_market(2)
        an_offer(first, no, amount_fen=900_000)
        closes = found(no)[1].closes_at
        clockwork.go_to(closes - TICK)
        db.session.remove()

    def freeze() -> object:
        return drawing.freeze(SWEEPER, f"{no}/1", Nothing(), key=f"sweep:selection.freeze:{no}/1")

    offer, freezes = offered(last, no), at(live, closes, freeze)
    came = interleaved(live, *((offer, freezes) if offer_first else (freezes, offer)))
    assert came == (("done", "done") if offer_first else ("done", "not_open"))
    with live.app_context():
        keep_log()
        run_due()
        prices = [one.amount_fen for one in offers.opened(found(no)[1].id)]
        assert sorted(price for price in prices if price) == ([800_000, 900_000] if offer_first else [900_000])
        nothing_differs()


@pytest.mark.parametrize("offer_first", [True, False])
def test_an_offer_against_a_hold(live: Flask, offer_first: bool) -> None:
    """What was taken before the hold stays; after it nothing is taken until it is released."""
    with live.app_context():
        no, (who,) = a_market()
        supervisor = a_supervisor()
        db.session.remove()
    offer, hold = offered(who, no), held(no, supervisor)
    came = interleaved(live, *((offer, hold) if offer_first else (hold, offer)))
    assert came == (("done", "done") if offer_first else ("done", "not_open"))
    with live.app_context():
        assert phase(no) is Phase.HELD
        announcing.release(supervisor, no, Because("nothing was found"), key=fresh_key())
        if not offer_first:
            offer()
        clockwork.go_to(found(no)[1].closes_at)
        assert [one.amount_fen for one in offers.opened(found(no)[1].id)] == [800_000]
        nothing_differs()


@pytest.mark.parametrize("hold_first", [True, False])
def test_a_hold_at_the_closing(live: Flask, hold_first: bool) -> None:
    """Begun before it the clock stands, and nothing is frozen; begun after it everything is computed all the same."""
    with live.app_context():
        no, (who,) = a_market()
        an_offer(who, no, amount_fen=900_000)
        supervisor = a_supervisor()
        closes = found(no)[1].closes_at
        clockwork.go_to(closes - TICK)
        db.session.remove()

    def freeze() -> object:
        return drawing.freeze(SWEEPER, f"{no}/1", Nothing(), key=f"sweep:selection.freeze:{no}/1")

    hold, freezes = held(no, supervisor), at(live, closes, freeze)
    came = interleaved(live, *((hold, freezes) if hold_first else (freezes, hold)))
    assert came == (("done", "OutOfTurn") if hold_first else ("done", "done"))
    with live.app_context():
        keep_log()
        run_due()
        attempt = found(no)[1]
        assert (phase(no), attempt.frozen_at is None) == (Phase.HELD, hold_first)
        assert len(offers.opened(attempt.id)) == (0 if hold_first else 1)
        nothing_differs()


@pytest.mark.parametrize("hold_first", [True, False])
def test_a_hold_against_the_draw(live: Flask, hold_first: bool) -> None:
    """The draw is made and published, the same one either way; nobody is given the award before the release."""
    with live.app_context():
        rivals = agencies(3)
        no = an_announcement(fund="fiscal")
        for rival in rivals:
            a_registration(rival, no)
        after = selections.beacon_after(closed(no))
        assert after is not None
        on = selecting.first_day(after)
        clockwork.go_to(selecting.entry_opens(on))
        for office in (an_operator(), a_supervisor()):
            drawing.enter_beacon(office, on.isoformat(), BeaconInput(on, VALUE), key=fresh_key())
        supervisor = a_supervisor()
        db.session.remove()

    def draw() -> object:
        return drawing.draw(SWEEPER, f"{no}/1", Nothing(), key=f"sweep:selection.draw:{no}/1")

    hold = held(no, supervisor)
    assert interleaved(live, *((hold, draw) if hold_first else (draw, hold))) == ("done", "done")
    with live.app_context():
        award = award_of(no).no
        assert (phase(no), selections.record(no)["decision"]) == (Phase.HELD, "drawn")
        clockwork.go_to(awards.by_no(award).publicity_ends_at + timedelta(days=1))
        assert awards.by_no(award).noticed_at is None
        announcing.release(supervisor, no, Because("nothing was found"), key=fresh_key())
        run_due()
        assert awards.by_no(award).noticed_at is not None
        nothing_differs()


def test_two_holders_at_once_and_one_twice(live: Flask, tmp_path: Path) -> None:
    """The same key counts once; two of three are enough, and each has seen the other."""
    with live.app_context(), two_open(live, tmp_path):
        three = three_holders()
        no, (who,) = a_market()
        an_offer(who, no, amount_fen=900_000)
        closed(no)
        db.session.remove()

        def unseals(role: Role) -> Callable[[], object]:
            return lambda: opening.unseal(three[role], no, PrivateKey(drawer(role)), key=fresh_key())

        twice = interleaved(live, unseals(Role.OPERATOR), unseals(Role.OPERATOR))
        assert twice == ("done", "opening_used")
        assert interleaved(live, unseals(Role.REGULATOR), unseals(Role.SUPERVISOR)) == ("done", "opening_enough")
        attempt = found(no)[1]
        assert len(openings.standing(attempt.id)) == 2
        run_due()
        assert [one.amount_fen for one in offers.opened(attempt.id)] == [900_000]
        nothing_differs()
