"""An auction between the freeze and the result: who may offer, what counts, when it ends, and what is told of it."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.actor import Actor
from app.audit.check import first_difference
from app.clockwork import services as clockwork
from app.database import db
from app.refusal import Refused
from app.sweep import keep_log, run_due
from bidding.auction import queries, services
from bidding.auction.rules import Phase
from bidding.selection import pages as selection_pages
from bidding.selection import queries as selections
from bidding.selection import records as selection_records
from bidding.selection import transcript as transcripts
from marketplace.announcement.rules import Decision
from tests import outsider
from tests.builders.bidding import CEILING, STEP, a_bid, an_auction, auction_of, begun, fought, over
from tests.builders.registration import an_agency
from tests.builders.selection import a_beacon, closed, selection


def refused(act, *arguments):
    with pytest.raises(Refused) as found:
        act(*arguments)
    db.session.rollback()
    return [(reason.code, dict(reason.params)) for reason in found.value.reasons]


def ranked(no):
    return [
        (one.rank, one.registration.agency.organisation.code, one.amount_fen)
        for one in selections.result(selections.attempt_of(no, None).id)
    ]


def checked(no):
    keep_log()
    found = selection_records.transcript(no)
    assert transcripts.verify(found) == []
    assert outsider.check_transcript(found) == []
    return found


def test_the_lowest_offer_wins_at_the_end_and_names_come_with_it(app):
    no, (first, second, third) = an_auction()
    begun(no)
    stranger = Actor.stranger()
    a_bid(first, no, CEILING)
    assert refused(a_bid, second, no, CEILING - STEP + 1) == [
        ("step_too_small", {"most_fen": CEILING - STEP, "step_fen": STEP})
    ]
    begun(no, seconds=30)
    a_bid(second, no, CEILING - STEP)
    begun(no, seconds=599)
    a_bid(first, no, CEILING - 4 * STEP)
    shown = queries.page(no, actor=first, now=clockwork.clock().market())
    assert (shown.phase, shown.best_fen, shown.offers, shown.extended) == (Phase.RUNNING, CEILING - 4 * STEP, 3, 1)
    assert shown.ends_at == shown.starts_at + timedelta(seconds=659)
    assert (shown.own.rank, shown.own.most_fen, shown.heard) == (1, CEILING - 5 * STEP, ())
    assert queries.page(no, actor=second, now=shown.now).own.rank == 2
    assert queries.page(no, actor=third, now=shown.now).own.rank is None
    assert queries.page(no, actor=stranger, now=shown.now).own is None
    assert selection_pages.page(no, actor=stranger).registrants is None
    assert selection(no).drawn_at is None
    over(no)
    assert ranked(no) == [(1, first.code, CEILING - 4 * STEP), (2, second.code, CEILING - STEP)]
    assert selections.attempt_of(no, None).decision is Decision.DRAWN
    found = checked(no)
    assert [row["amount"] for row in found["live"]] == [CEILING, CEILING - STEP, CEILING - 4 * STEP]
    assert found["result"][0] == {"rank": 1, "id": first.code, "amount": CEILING - 4 * STEP}
    assert refused(a_bid, first, no, 1) == [("auction_over", {})]
    assert first_difference(rows=True) is None


def test_before_the_beginning_and_for_others_it_says_why_not(app):
    late = an_agency("agency9")
    no, (first, *_) = an_auction()
    ahead = refused(a_bid, first, no, CEILING)
    closed(no)
    assert [code for code, _ in ahead] == ["auction_not_begun"]
    assert refused(a_bid, first, no, CEILING) == ahead
    begun(no)
    assert refused(a_bid, late, no, CEILING) == [("not_registered", {})]
    assert refused(a_bid, first, no, CEILING + 1) == [("above_ceiling", {"ceiling_fen": CEILING})]
    assert refused(a_bid, first, no, 0) == [("below_floor", {"floor_fen": 1})]


def test_in_rounds_each_offers_once_and_a_tie_waits_for_the_order(app):
    no, (first, second, third) = an_auction("BID_ROUNDS")
    begun(no)
    a_bid(first, no, CEILING)
    assert refused(a_bid, first, no, CEILING - STEP) == [("round_used", {"round": 1})]
    begun(no, seconds=180)
    a_bid(first, no, CEILING - STEP)
    begun(no, seconds=181)
    a_bid(second, no, CEILING - STEP)
    a_bid(third, no, CEILING)
    over(no)
    order = selection(no)
    assert order.drawn_at is not None
    found = checked(no)
    place = found["record"]["order"]
    tied = sorted((first.code, second.code), key=place.index)
    assert ranked(no) == [(1, tied[0], CEILING - STEP), (2, tied[1], CEILING - STEP), (3, third.code, CEILING)]


def test_a_tie_hides_the_names_until_the_beacon(app):
    no, (first, second, third) = an_auction("BID_ROUNDS", fund="fiscal")
    fought(no, [(first, CEILING, 0), (second, CEILING, 1), (third, CEILING, 2)])
    assert auction_of(no).closed_at is not None
    assert selection_pages.page(no, actor=Actor.stranger()).registrants is None
    assert queries.page(no, actor=first, now=auction_of(no).ends_at).heard == ()
    a_beacon(selections.rules.first_day(selections.beacon_after(selection(no))))
    assert [code for _, code, _ in ranked(no)] == checked(no)["record"]["order"]


def test_without_an_offer_the_attempt_fails_and_its_record_follows(app):
    no, _ = an_auction()
    closed(no)
    over(no)
    assert selections.attempt_of(no, None).decision is Decision.UNSUCCESSFUL
    found = checked(no)
    assert (found["record"]["decision"], found["live"], found["result"]) == ("unsuccessful", [], [])
    found["record"]["decision"] = "drawn"
    assert transcripts.verify(found) == ["竞价没有人出价，却称已产生结果"]
    assert outsider.check_transcript(found) == ["drawn though nobody offered"]


def away(clock, seconds):
    """Nobody sweeps and nobody signs for so long; then the market is there again."""
    clock.instant += timedelta(seconds=seconds)
    run_due()
    db.session.rollback()


def test_an_outage_at_the_end_of_an_auction_is_given_back_whole(app, clock):
    no, (first, second, _) = an_auction()
    begun(no, seconds=500)
    a_bid(first, no, CEILING)
    run_due()
    ends_at = auction_of(no).ends_at
    away(clock, 900)
    auction = auction_of(no)
    assert (auction.closed_at, auction.paused) == (None, 1)
    assert auction.ends_at - auction.resumes_at == ends_at - (clock.instant - timedelta(seconds=900))
    assert auction.resumes_at >= clock.instant + timedelta(minutes=30)
    params = {"resumes_at": auction.resumes_at.isoformat()}
    assert refused(a_bid, second, no, CEILING - STEP) == [("auction_paused", params)]
    shown = queries.page(no, actor=second, now=clock.instant)
    assert (shown.phase, shown.best_fen, shown.heard) == (Phase.PAUSED, CEILING, ())
    told = queries.state(no, 1, 2)
    assert (told["offers"], told["paused"], told["ends_at"]) == (1, 1, auction.ends_at.isoformat())
    assert queries.state(no, 1, 1)["ends_at"] == ends_at.isoformat()
    away(clock, 30)
    assert auction_of(no).paused == 1
    clockwork.go_to(auction.resumes_at)
    a_bid(second, no, CEILING - STEP)
    assert json.loads(queries.news(f"{no}/1", 2, 3))["better"][0]["seq"] == 2
    clockwork.go_to(auction_of(no).ends_at)
    assert ranked(no)[0] == (1, second.code, CEILING - STEP)
    found = checked(no)
    assert found["parameters"]["pause_1_lost_s"] == (auction.ends_at - ends_at).total_seconds()
    assert first_difference(rows=True) is None
    for name, moved in (("since", -400), ("until", 1), ("lost", 86_400)):
        wrong = {**found, "parameters": {**found["parameters"]}}
        wrong["parameters"][f"pause_1_{name}_s"] += moved
        assert outsider.check_transcript(wrong) != [], name
        assert transcripts.verify(wrong) != [], name
    halved = {name: value for name, value in found["parameters"].items() if name != "pause_1_lost_s"}
    assert transcripts.verify({**found, "parameters": halved}) != []
    del wrong["parameters"]["pause_1_since_s"], wrong["parameters"]["pause_1_until_s"]
    assert transcripts.verify(wrong) != []


def test_a_short_silence_and_one_outside_of_the_auction_stop_nothing(app, clock):
    no, (first, *_) = an_auction()
    begun(no)
    a_bid(first, no, CEILING)
    run_due()
    away(clock, 60)
    assert auction_of(no).paused == 0
    away(clock, 61)
    assert auction_of(no).paused == 1
    clock.instant = auction_of(no).resumes_at + timedelta(seconds=1)
    run_due()
    assert auction_of(no).paused == 2
    clockwork.go_to(auction_of(no).resumes_at)
    clockwork.go_to(auction_of(no).ends_at)
    away(clock, 3_600)
    assert auction_of(no).paused == 2
    assert checked(no)["result"][0]["id"] == first.code


def test_too_few_registrations_make_no_auction(app):
    no, (only, _) = an_auction(fund="fiscal", rivals=2)
    closed(no)
    assert selections.attempt_of(no, None).decision is Decision.UNSUCCESSFUL
    assert queries.page(no, actor=only, now=selection(no).frozen_at).phase is None
    assert refused(a_bid, only, no, CEILING) == [("auction_not_held", {})]


COUNTS = """
INSERT INTO auction_offer (auction_id, seq, registration_id, amount_fen, at, entry_ref)
SELECT o.auction_id, 2, o.registration_id, o.amount_fen - 25000, a.last_at, 'x'
FROM auction_offer AS o JOIN auction AS a ON a.id = o.auction_id
"""
WRONG = {
    "UPDATE auction SET best_fen = 1": "moves on by its offers alone",
    "UPDATE auction SET seq = seq + 1, best_fen = 1": "moves on by its offers alone",
    "UPDATE auction SET step_fen = 1": "moves on by its offers alone",
    "UPDATE auction SET ends_at = starts_at, starts_at = ends_at": "moves on by its offers alone",
    "UPDATE auction_offer SET amount_fen = 1": "never changes",
    "DELETE FROM auction_offer": "never taken away",
    COUNTS.replace("25000", "24999"): "does not count",
    COUNTS.replace("25000", "amount_fen"): "does not count",
    COUNTS.replace(" 2,", " 3,"): "does not count",
    COUNTS.replace("last_at", "ends_at"): "does not count",
}


def test_the_database_itself_refuses_what_does_not_count(app):
    no, (first, *_) = an_auction()
    begun(no)
    a_bid(first, no, CEILING)
    for statement, said in WRONG.items():
        with pytest.raises(DBAPIError, match=said):
            db.session.execute(text(statement))
        db.session.rollback()
    db.session.execute(text(COUNTS))
    db.session.rollback()
    assert auction_of(no).best_fen == CEILING


def test_nobody_closes_it_before_its_end(app):
    no, (first, *_) = an_auction()
    begun(no)
    a_bid(first, no, CEILING)
    assert queries.due_for_close(auction_of(no).ends_at - timedelta(microseconds=1)) == []
    with pytest.raises(services.OutOfTurn):
        services.close(Actor.sweeper(), f"{no}/1", services.Nothing(), key="early")
