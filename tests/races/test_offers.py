"""An offer against what ends or moves its time, a hold against what it stops: each order has one outcome, explained.

Of every pair the second act begins while the first one is about to commit, on a connection of its own.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

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
from bidding.selection import records as selection_records
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


CLOSINGS = (("2026-03-20 17:00", True), ("2026-03-25 17:00", False))
"""Each order in a market of its own, one after the other in the same world: when it closes, who is first."""


def a_market(found: list[Actor], closes: str = CLOSINGS[0][0]) -> str:
    """A price is asked for, and all of them have registered."""
    no = an_announcement(method="BID_LOW", budget_fen=1_000_000, closes=closes)
    for agency in found:
        a_registration(agency, no)
    return no


def offered(who: Actor, no: str) -> Callable[[], object]:
    return lambda: offering.submit(who, no, OfferInput(Fen(800_000), 10), key=fresh_key())


def held(no: str, who: Actor) -> Callable[[], object]:
    return lambda: announcing.hold(who, no, Because("a report from the county"), key=fresh_key())


def present(no: str) -> tuple[Announcement, Attempt]:
    announcement = announcements.by_no(no)
    assert announcement is not None
    return announcement, announcements.present_attempt(announcement)


def phase(no: str) -> Phase:
    return announcements.phase_of(*present(no), clockwork.clock().market())


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


def frozen(no: str) -> Callable[[], object]:
    return lambda: drawing.freeze(SWEEPER, f"{no}/1", Nothing(), key=f"sweep:selection.freeze:{no}/1")


def goes_on() -> None:
    """The log is numbered, and everything that follows is done."""
    keep_log()
    run_due()


def test_an_offer_while_the_closing_moves(live: Flask) -> None:
    """Both are done, whoever is first: the offer counts, the time that was lost is given back once."""
    with live.app_context():
        (who,) = found = agencies(1)
        nos = [a_market(found) for _ in CLOSINGS]
        clockwork.go_to(instant("2026-03-20 11:00"))
        outage = an_outage("2026-03-20 09:00", "2026-03-20 10:00")
        db.session.remove()
    for no, (_, offer_first) in zip(nos, CLOSINGS, strict=True):
        key = f"sweep:announcement.extend:{no}/{outage}"
        offer, extend = offered(who, no), partial(announcing.extend, SWEEPER, f"{no}/{outage}", Nothing(), key=key)
        assert interleaved(live, *((offer, extend) if offer_first else (extend, offer))) == ("done", "done")
    with live.app_context():
        run_due()
        clockwork.go_to(instant("2026-03-23 09:30"))
        for no in nos:
            attempt = present(no)[1]
            assert attempt.closes_at == instant("2026-03-23 09:00")
            assert [one.amount_fen for one in offers.opened(attempt.id)] == [800_000]
        nothing_differs()


def test_an_offer_at_the_closing(live: Flask) -> None:
    """Whoever holds its place before the closing is opened with the others, however late the freeze comes to see it."""
    with live.app_context():
        first, last = found = agencies(2)
        nos = [a_market(found, closes) for closes, _ in CLOSINGS]
        for no in nos:
            an_offer(first, no, amount_fen=900_000)
        db.session.remove()
    for no, (closes, offer_first) in zip(nos, CLOSINGS, strict=True):
        with live.app_context():
            clockwork.go_to(instant(closes) - TICK)
            db.session.remove()
        offer, freezes = offered(last, no), at(live, instant(closes), frozen(no))
        came = interleaved(live, *((offer, freezes) if offer_first else (freezes, offer)))
        assert came == (("done", "done") if offer_first else ("done", "not_open"))
        with live.app_context():
            goes_on()
            attempt = present(no)[1]
            prices = [one.amount_fen for one in offers.opened(attempt.id)]
            assert sorted(price for price in prices if price) == ([800_000, 900_000] if offer_first else [900_000])
            # Whoever was first, the freeze has counted him.
            frozen_list = selections.of(attempt.id)
            assert frozen_list is not None
            assert frozen_list.valid == len(prices)
            nothing_differs()


def test_an_offer_against_a_hold(live: Flask) -> None:
    """What was taken before the hold stays; after it nothing is taken until it is released."""
    with live.app_context():
        (who,) = found = agencies(1)
        nos, supervisor = [a_market(found, closes) for closes, _ in CLOSINGS], a_supervisor()
        db.session.remove()
    for no, (_, offer_first) in zip(nos, CLOSINGS, strict=True):
        offer, hold = offered(who, no), held(no, supervisor)
        came = interleaved(live, *((offer, hold) if offer_first else (hold, offer)))
        assert came == (("done", "done") if offer_first else ("done", "not_open"))
        with live.app_context():
            assert phase(no) is Phase.HELD
            announcing.release(supervisor, no, Because("nothing was found"), key=fresh_key())
            if not offer_first:
                offer()
            clockwork.go_to(present(no)[1].closes_at)
            assert [one.amount_fen for one in offers.opened(present(no)[1].id)] == [800_000]
            nothing_differs()


def test_a_hold_at_the_closing(live: Flask) -> None:
    """Begun before it the clock stands, and nothing is frozen; begun after it everything is computed all the same."""
    with live.app_context():
        (who,) = found = agencies(1)
        nos, supervisor = [a_market(found, closes) for closes, _ in CLOSINGS], a_supervisor()
        for no in nos:
            an_offer(who, no, amount_fen=900_000)
        db.session.remove()
    for no, (closes, hold_first) in zip(nos, CLOSINGS, strict=True):
        with live.app_context():
            clockwork.go_to(instant(closes) - TICK)
            db.session.remove()
        hold, freezes = held(no, supervisor), at(live, instant(closes), frozen(no))
        came = interleaved(live, *((hold, freezes) if hold_first else (freezes, hold)))
        assert came == (("done", "OutOfTurn") if hold_first else ("done", "done"))
        with live.app_context():
            goes_on()
            attempt = present(no)[1]
            assert (phase(no), attempt.frozen_at is None) == (Phase.HELD, hold_first)
            assert len(offers.opened(attempt.id)) == (0 if hold_first else 1)
            nothing_differs()


def test_a_hold_against_the_draw(live: Flask) -> None:
    """The draw is made and published whoever is first; nobody is given the award before the release."""
    with live.app_context():
        found, supervisor = agencies(3), a_supervisor()
        nos = [an_announcement(fund="fiscal") for _ in CLOSINGS]
        for no in nos:
            for rival in found:
                a_registration(rival, no)
        after = selections.beacon_after(closed(nos[0]))
        assert after is not None
        on = selecting.first_day(after)
        clockwork.go_to(selecting.entry_opens(on))
        for office in (an_operator(), supervisor):
            drawing.enter_beacon(office, on.isoformat(), BeaconInput(on, VALUE), key=fresh_key())
        db.session.remove()
    for no, (_, hold_first) in zip(nos, CLOSINGS, strict=True):
        key = f"sweep:selection.draw:{no}/1"
        hold, draw = held(no, supervisor), partial(drawing.draw, SWEEPER, f"{no}/1", Nothing(), key=key)
        assert interleaved(live, *((hold, draw) if hold_first else (draw, hold))) == ("done", "done")
    with live.app_context():
        nos_of_awards = [award_of(no).no for no in nos]
        assert [(phase(no), selection_records.record(no)["decision"]) for no in nos] == [(Phase.HELD, "drawn")] * 2
        clockwork.go_to(awards.by_no(nos_of_awards[0]).publicity_ends_at + timedelta(days=1))
        assert [awards.by_no(each).noticed_at for each in nos_of_awards] == [None, None]
        for no in nos:
            announcing.release(supervisor, no, Because("nothing was found"), key=fresh_key())
        run_due()
        assert None not in [awards.by_no(each).noticed_at for each in nos_of_awards]
        nothing_differs()


def test_two_holders_at_once_and_one_twice(live: Flask, tmp_path: Path) -> None:
    """The same key counts once; two of three are enough, and each has seen the other."""
    with live.app_context(), two_open(live, tmp_path):
        three = three_holders()
        (who,) = found = agencies(1)
        no = a_market(found)
        an_offer(who, no, amount_fen=900_000)
        closed(no)
        db.session.remove()

        def unseals(role: Role) -> Callable[[], object]:
            return lambda: opening.unseal(three[role], no, PrivateKey(drawer(role)), key=fresh_key())

        twice = interleaved(live, unseals(Role.OPERATOR), unseals(Role.OPERATOR))
        assert twice == ("done", "opening_used")
        assert interleaved(live, unseals(Role.REGULATOR), unseals(Role.SUPERVISOR)) == ("done", "opening_enough")
        attempt = present(no)[1]
        assert len(openings.standing(attempt.id)) == 2
        run_due()
        assert [one.amount_fen for one in offers.opened(attempt.id)] == [900_000]
        nothing_differs()
