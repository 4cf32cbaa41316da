"""Freezing, opening and drawing as the clockwork does them: rows, record, log, and what an outsider says of it."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from app.actor import Actor, Role
from app.approval import services as approvals
from app.audit import services as records
from app.audit.canonical import sha256_hex
from app.audit.check import first_difference
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import Base, db
from app.notice.models import Notice
from app.refusal import NotFound, NotYours, Refusal, Refused
from app.standing import Standing, answer_with
from app.sweep import run_due
from app.values import Nothing
from app.watch.models import Alarm
from bidding.award import queries as awards
from bidding.offer import lists as offer_lists
from bidding.offer import queries as offers
from bidding.offer import questions as price_questions
from bidding.offer import services as offering
from bidding.offer.models import Offer
from bidding.offer.rules import BodyInput, Judgement, OfferAct, Statement
from bidding.registration import queries as registrations
from bidding.selection import beacons, limits, lottery, pages, queries, rules, services, throws, transcript
from bidding.selection import records as selection_records
from bidding.selection.models import Beacon, BeaconEntry
from bidding.selection.rules import BeaconInput, Phase, SelectionAct
from marketplace.announcement import queries as announcements
from marketplace.announcement import services as announcing
from marketplace.announcement.models import Attempt
from marketplace.announcement.rules import Change, Decision, Timetable
from ratings.credit.models import CreditEvent
from tests import outsider
from tests.builders.announcement import an_announcement
from tests.builders.need import purchaser_for
from tests.builders.offer import an_offer
from tests.builders.people import a_supervisor, an_account, an_operator
from tests.builders.purchaser import a_purchaser
from tests.builders.registration import a_reconfirmation, a_registration, a_withdrawal, agencies
from tests.builders.selection import DIGITS, HALL, VALUE, a_beacon, closed, drawn, seen, selection
from tests.grounds import ready

EVENING = date(2026, 3, 11)


@ready
def market_of(n, **what):
    """Agencies first (their publicity takes days), then the announcement, then everybody registers."""
    found = agencies(n)
    if what.get("method", "RANDOM") != "RANDOM":
        # So small that the prices of most tests need no explanation.
        what.setdefault("budget_fen", 1_000_000)
    no = an_announcement(**what)
    for agency in found:
        a_registration(agency, no)
    return no, found


def decision(no, attempt=None):
    return queries.attempt_of(no, attempt).decision


def acts_about(no):
    return [happened.act for happened in records.timeline(f"announcement:{no}")]


def test_a_random_draw_of_social_funds_is_done_at_the_closing(app):
    no, found = market_of(4)
    assert "registration.submit" not in acts_about(no)
    record = drawn(no)
    assert lottery.verify(record) == []
    assert outsider.check_record(dict(record)) == []
    assert record["decision"] == "drawn"
    assert sorted(record["order"]) == sorted(agency.code for agency in found)
    assert record["names"][found[0].code]
    ranks = queries.result(queries.attempt_of(no, None).id)
    assert [one.registration.agency.organisation.code for one in ranks] == record["order"][:3]
    assert {one.amount_fen for one in ranks} == {5_000_000}
    assert decision(no) is Decision.DRAWN
    row = selection(no)
    assert (row.valid, row.minimum) == (4, 1)
    assert row.frozen_at == queries.attempt_of(no, None).closes_at
    assert queries.phase_of(row) is Phase.DRAWN
    assert acts_about(no).count("registration.submit") == 4
    assert json.loads(selection_records.record_text(no)) == record


def test_a_withdrawn_registration_is_in_no_frozen_text(app):
    found = agencies(2)
    no = an_announcement()
    for agency in found:
        a_registration(agency, no)
    a_withdrawal(found[0], no)
    assert drawn(no)["order"] == [found[1].code]


def test_public_funds_wait_for_the_beacon_of_two_offices(app):
    no, _ = market_of(3, fund="fiscal")
    row = closed(no)
    assert (
        row.drawn_at,
        decision(no),
        limits.next_act(row, head=queries.head_over(row), now=clockwork.clock().market()),
    ) == (None, None, None)
    assert "registration.submit" not in acts_about(no)
    with pytest.raises(NotFound):
        selection_records.record(no)
    record = drawn(no)
    assert record["beacon_value"] == VALUE
    assert record["beacon_on"] == rules.first_day(queries.beacon_after(row)).isoformat()
    assert lottery.verify(record) == outsider.check_record(dict(record)) == []
    assert decision(no) is Decision.DRAWN
    head_at = outsider.when(record["log"]["head"]["timestamp"])
    assert row.frozen_at <= head_at < queries.beacon_after(row)


def test_too_few_end_at_once_and_the_record_follows(app):
    no, _ = market_of(2, fund="fiscal")
    row = closed(no)
    assert decision(no) is Decision.UNSUCCESSFUL
    assert (row.valid, row.minimum, row.drawn_at) == (2, 3, None)
    told = records.timeline(f"announcement:{no}")
    ended = next(one for one in told if one.act == "announcement.close_unsuccessful")
    assert {name: ended.public[name] for name in ("valid", "minimum", "reason")} == {
        "valid": 2,
        "minimum": 3,
        "reason": "too_few_registrations",
    }
    assert acts_about(no).count("registration.submit") == 2
    record = drawn(no)
    assert record["decision"] == "unsuccessful"
    assert lottery.verify(record) == outsider.check_record(dict(record)) == []
    assert queries.result(queries.attempt_of(no, None).id) == []
    assert queries.phase_of(selection(no)) is Phase.UNSUCCESSFUL


def test_nobody_registered(app):
    no = an_announcement()
    record = drawn(no)
    assert (record["decision"], record["order"]) == ("unsuccessful", [])
    assert lottery.verify(record) == outsider.check_record(dict(record)) == []


def test_the_record_of_a_first_attempt_opens_nothing_of_the_second(app):
    no, found = market_of(2, fund="fiscal")
    row = closed(no)
    purchaser = a_purchaser(login="purchaser_fiscal", funds=("fiscal",))
    announcing.repeat(purchaser, no, Timetable(None), key=fresh_key())
    run_due()
    assert queries.attempt_of(no, None).number == 2
    a_registration(found[0], no)
    a_beacon(rules.first_day(queries.beacon_after(row)))
    assert selection_records.record(no, 1)["decision"] == "unsuccessful"
    assert acts_about(no).count("registration.submit") == 2


def test_no_head_in_time_makes_the_attempt_void(app):
    """The clock jumped past the beacon's instant before anything ran: an outage of half an hour."""
    no, found = market_of(3, method="BID_LOW", fund="fiscal")
    for agency in found:
        an_offer(agency, no, amount_fen=800_000)
    closes_at = queries.attempt_of(no, None).closes_at
    app.extensions["market.clock"].instant = closes_at + timedelta(minutes=30)
    run_due()
    db.session.rollback()
    record = selection_records.record(no)
    assert record["decision"] == "void"
    assert record["beacon_value"] is None
    assert lottery.verify(record) == outsider.check_record(dict(record)) == []
    assert decision(no) is Decision.VOID
    assert queries.phase_of(selection(no)) is Phase.VOID
    assert selection(no).frozen_at == closes_at
    assert queries.result(queries.attempt_of(no, None).id) == []
    # Nobody enters the next attempt knowing a price of this one.
    row = selection(no)
    assert (row.attempt.sealed_offer_key, row.opened_at) == (None, None)
    assert row.key_destroyed_at == row.voided_at is not None
    assert [one["reasons"] for one in recomputed(no)["offers"]] == [["unopened"]] * 3


def test_a_late_sweep_is_no_harm_while_a_head_is_in_time(app):
    no, _ = market_of(3, fund="fiscal")
    closes_at = queries.attempt_of(no, None).closes_at
    app.extensions["market.clock"].instant = closes_at + timedelta(minutes=30) - timedelta(microseconds=1)
    run_due()
    db.session.rollback()
    assert (decision(no), selection(no).frozen_at) == (None, closes_at)
    assert drawn(no)["decision"] == "drawn"


def test_the_lowest_price_wins_at_the_opening(app):
    no, found = market_of(3, method="BID_LOW")
    prices = [900_000, 700_000, 800_000]
    for agency, price in zip(found, prices, strict=True):
        an_offer(agency, no, amount_fen=price + 1)
        an_offer(agency, no, amount_fen=price)
    row = closed(no)
    assert [one.amount_fen for one in queries.result(row.attempt_id)] == sorted(prices)
    assert (row.resulted_at, decision(no)) == (row.opened_at, Decision.DRAWN)
    assert row.attempt.sealed_offer_key is None
    opening = next(one for one in records.timeline(f"announcement:{no}") if one.act == "selection.open")
    assert [one["amount_fen"] for one in opening.public["offers"]] == [
        price for _, price in sorted(zip((agency.code for agency in found), prices, strict=True))
    ]
    assert acts_about(no).count("offer.submit") == 6
    for line in offer_lists.published(no):
        assert line.body is None or outsider.check_offer(line.body, line.commitment) == []
    assert sum(line.body is None for line in offer_lists.published(no)) == 3
    record = selection_records.record(no)
    assert lottery.verify(record) == outsider.check_record(dict(record)) == []


def test_a_tie_waits_for_the_order(app):
    no, found = market_of(3, method="BID_LOW", fund="fiscal")
    for agency in found:
        an_offer(agency, no, amount_fen=800_000)
    row = closed(no)
    assert row.opened_at is not None
    assert (row.resulted_at, decision(no), queries.phase_of(row)) == (None, None, Phase.OPENED)
    record = drawn(no)
    ranks = queries.result(queries.attempt_of(no, None).id)
    assert [one.registration.agency.organisation.code for one in ranks] == record["order"]
    assert decision(no) is Decision.DRAWN


def test_a_result_without_tie_stands_and_the_record_follows(app):
    no, found = market_of(3, method="BID_LOW", fund="fiscal")
    for agency, price in zip(found, (800_003, 800_002, 800_001), strict=True):
        an_offer(agency, no, amount_fen=price)
    row = closed(no)
    ranked = [one.registration_id for one in queries.result(row.attempt_id)]
    assert len(ranked) == 3
    assert drawn(no)["decision"] == "drawn"
    assert [one.registration_id for one in queries.result(selection(no).attempt_id)] == ranked


def test_too_few_envelopes_destroy_the_key_unopened(app):
    no, found = market_of(3, method="BID_LOW", fund="fiscal")
    for agency in found[:2]:
        an_offer(agency, no, amount_fen=800_000)
    row = closed(no)
    assert (row.valid, row.opened_at, decision(no)) == (2, None, Decision.UNSUCCESSFUL)
    assert row.key_destroyed_at is not None
    assert row.attempt.sealed_offer_key is None
    assert len(registrations.valid(row.attempt_id)) == 3
    with pytest.raises(NotFound):
        offer_lists.published(no)
    done = acts_about(no)
    assert done.index("selection.destroy_key") < done.index("announcement.close_unsuccessful")
    assert drawn(no)["decision"] == "unsuccessful"


def broken_market(*which, prices=(900_000, 700_000, 800_000), **what):
    """Closed, with the envelopes of these agencies broken: what a disk, or a thief with the database, could do.

    Everybody's body as it was told, by agency.
    """
    no, found = market_of(len(prices), method="BID_LOW", **what)
    bodies = {
        agency.code: an_offer(agency, no, amount_fen=price).body for agency, price in zip(found, prices, strict=True)
    }
    for place in which:
        commitment = sha256_hex(bodies[found[place].code])
        db.session.execute(update(Offer).where(Offer.commitment == commitment).values(envelope=b"no box"))
    db.session.commit()
    return no, found, bodies, closed(no)


def handed_in(agency, no, body):
    done = offering.hand_in(agency, no, BodyInput(body), key=fresh_key())
    run_due()
    db.session.rollback()
    return done


def test_a_broken_envelope_stops_the_selection(app):
    no, _, _, row = broken_market(0, 1, 2)
    assert (row.opened_at, decision(no), queries.phase_of(row)) == (None, None, Phase.STOPPED)
    assert all(one.amount_fen is None for one in offers.counting(row.attempt_id))
    assert limits.next_act(row, head=queries.head_over(row), now=clockwork.clock().market()) is None
    stop = next(one for one in records.timeline(f"announcement:{no}") if one.act == "selection.open")
    assert len(stop.public["unopened"]) == 3
    assert "offers" not in stop.public
    told = db.session.execute(select(Notice.body).where(Notice.act == "selection.open")).scalars().all()
    assert sum("补交" in text and "贵单位" in text for text in told) == 3


def test_a_body_that_hashes_to_the_commitment_stands_in_for_its_envelope(app):
    no, found, bodies, row = broken_market(1)
    changed = bodies[found[1].code].replace("700000", "600000")
    for wrong, code in (
        (bodies[found[0].code], "body_not_committed"),
        (changed, "body_not_committed"),
        ("", "body_missing"),
    ):
        with pytest.raises(Refused) as refused:
            handed_in(found[1], no, wrong)
        assert [reason.code for reason in refused.value.reasons] == [code]
    with pytest.raises(Refused) as refused:
        handed_in(found[0], no, bodies[found[0].code])
    assert [reason.code for reason in refused.value.reasons] == ["no_body_awaited"]
    # As a browser sends what was pasted, the last line end lost.
    done = handed_in(found[1], no, bodies[found[1].code].replace("\n", "\r\n").rstrip())
    assert done.receipt.text.splitlines()[6] == sha256_hex(bodies[found[1].code])
    row = selection(no)
    assert [one.amount_fen for one in queries.result(row.attempt_id)] == [700_000, 800_000, 900_000]
    assert {line.body for line in offer_lists.published(no)} == set(bodies.values())
    assert acts_about(no).count("selection.open") == 2
    assert queries.phase_of(row) is Phase.DRAWN
    assert lottery.verify(selection_records.record(no)) == []
    assert first_difference(rows=True) is None


def test_what_was_handed_in_is_in_no_row_before_the_opening(app):
    no, found, bodies, _ = broken_market(0, 1, prices=(31_415_926, 27_182_818, 14_142_135), budget_fen=40_000_000)
    handed_in(found[0], no, bodies[found[0].code])
    assert queries.phase_of(selection(no)) is Phase.STOPPED
    stored = [
        value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for table in Base.metadata.sorted_tables
        for row in db.session.execute(select(table))
        for value in row
    ]
    assert not any(price in text for text in stored for price in ("31415926", "27182818", "14142135"))
    with pytest.raises(NotFound):
        offer_lists.published(no)
    with pytest.raises(Refused) as refused:
        handed_in(found[0], no, bodies[found[0].code])
    assert [reason.code for reason in refused.value.reasons] == ["no_body_awaited"]


def test_no_body_in_time_counts_as_a_refusal_and_the_others_are_opened(app):
    no, found, bodies, row = broken_market(1)
    due = offers.awaited(row.attempt_id, found[1].party).hand_in_due_at
    clockwork.go_to(due)
    db.session.rollback()
    row = selection(no)
    assert row.valid == 2
    assert [one.amount_fen for one in queries.result(row.attempt_id)] == [800_000, 900_000]
    assert {line.body for line in offer_lists.published(no)} == {bodies[found[0].code], bodies[found[2].code], None}
    with pytest.raises(Refused) as refused:
        handed_in(found[1], no, bodies[found[1].code])
    assert [reason.code for reason in refused.value.reasons] == ["no_body_awaited"]
    lines = db.session.execute(select(CreditEvent.party_id, CreditEvent.code)).all()
    assert (found[1].party, "V01") in [tuple(line) for line in lines]


def test_too_few_bodies_and_nothing_is_opened(app):
    no, found, _, row = broken_market(0, fund="fiscal")
    clockwork.go_to(offers.awaited(row.attempt_id, found[0].party).hand_in_due_at)
    db.session.rollback()
    row = selection(no)
    assert (row.valid, row.opened_at, decision(no)) == (2, None, Decision.UNSUCCESSFUL)
    assert row.key_destroyed_at is not None
    assert row.attempt.sealed_offer_key is None


def test_a_lost_key_breaks_every_envelope(app):
    no, found = market_of(2, method="BID_LOW")
    bodies = [an_offer(agency, no, amount_fen=800_000 + place).body for place, agency in enumerate(found)]
    db.session.execute(update(Attempt).where(Attempt.sealed_offer_key.is_not(None)).values(sealed_offer_key=b"lost"))
    db.session.commit()
    assert queries.phase_of(closed(no)) is Phase.STOPPED
    for agency, body in zip(found, bodies, strict=True):
        handed_in(agency, no, body)
    assert [one.amount_fen for one in queries.result(selection(no).attempt_id)] == [800_000, 800_001]


def recomputed(no, attempt=None):
    """The transcript as it is published, checked by its own verifier, told again, and bound by the freeze's entry."""
    found = json.loads(json.dumps(selection_records.transcript(no, attempt)))
    assert transcript.verify(found) == outsider.check_transcript(found) == []
    told = selection_records.replayed(no, attempt)
    assert told.faults == ()
    assert all(step.content is not None for step in told.steps)
    for fault in ({**found, "result": found["result"][::-1]}, {**found, "attempt": 2}):
        assert fault == found or outsider.check_transcript(fault) != []
    fixed = json.loads(found["record"]["log"]["freeze"]["payload"])["public"]
    assert fixed["terms"] == transcript.terms(
        method=found["method"],
        parameters=found["parameters"],
        rulebook=found["rulebook"]["id"],
        rulebook_sha256=found["rulebook"]["sha256"],
    )
    return found


def ranked(no):
    return [
        (one.rank, one.registration.agency.organisation.code, one.amount_fen)
        for one in queries.result(queries.attempt_of(no, None).id)
    ]


def told(found):
    return [(one["rank"], one["id"], one["amount"]) for one in found["result"]]


@pytest.mark.parametrize(
    "prices", [(900_000, 700_000, 800_000, 850_000), (800_005, 800_004, 800_003, 800_006, 800_001, 800_002, 800_007)]
)
def test_the_mean_waits_for_its_factor_and_the_nearest_wins(app, prices):
    no, found = market_of(len(prices), method="BID_AVG", fund="fiscal", budget_fen=1_000_000)
    for agency, price in zip(found, prices, strict=True):
        an_offer(agency, no, amount_fen=price)
    row = closed(no)
    assert row.opened_at is not None
    assert (row.resulted_at, queries.phase_of(row)) == (None, Phase.OPENED)
    record = drawn(no)
    percent = int(record["factor"][0])
    rest = sorted(prices)[1:-1] if len(prices) >= 6 else prices
    middle = (2 * percent * sum(rest) + 100 * len(rest)) // (200 * len(rest))
    first = ranked(no)[0]
    assert first[2] == min(rest, key=lambda price: (abs(price - middle), price))
    assert told(recomputed(no)) == ranked(no)
    assert outsider.check_record(dict(record)) == []
    draws = [one for one in records.timeline(f"announcement:{no}") if one.act == "selection.draw"]
    assert draws[0].public["factor"] == record["factor"]


def test_the_highest_discount_wins_and_its_price_follows_from_the_budget(app):
    no, found = market_of(4, method="BID_RATE", fund="fiscal", budget_fen=1_000_050)
    for agency, rate in zip(found, (80_000, 123_400, 123_300, 20_000), strict=True):
        an_offer(agency, no, rate_ppm=rate)
    row = closed(no)
    assert [one.rate_ppm for one in queries.result(row.attempt_id)] == [123_400, 123_300, 80_000]
    assert [one.amount_fen for one in queries.result(row.attempt_id)] == [876_644, 876_744, 920_046]
    assert {one.amount_fen for one in offers.opened(row.attempt_id)} == {920_046, 876_644, 876_744, 980_049}
    award = awards.in_force(row.attempt_id)[0]
    assert (award.agency.organisation.code, award.amount_fen, award.rate_ppm) == (found[1].code, 876_644, 123_400)
    drawn(no)
    assert [one["rate"] for one in recomputed(no)["result"]] == [123_400, 123_300, 80_000]
    assert first_difference() is None


def test_every_method_is_recomputed_from_its_transcript(app):
    draw, found = market_of(3, fund="fiscal")
    drawn(draw)
    assert told(recomputed(draw)) == ranked(draw)
    tie, few = (an_announcement(method="BID_LOW", fund="fiscal", budget_fen=1_000_000) for _ in range(2))
    for agency in found:
        a_registration(agency, tie)
        an_offer(agency, tie, amount_fen=800_001)
        an_offer(agency, tie, amount_fen=800_000)
    for agency in found:
        a_registration(agency, few)
        an_offer(agency, few, amount_fen=800_000)
    announcing.amend(purchaser_for("fiscal"), few, Change(reason="more", content="more"), key=fresh_key())
    for agency in found:
        a_reconfirmation(agency, few)
    for agency in found[:2]:
        an_offer(agency, few, amount_fen=800_000)
    drawn(tie)
    told_of_tie = recomputed(tie)
    assert told(told_of_tie) == ranked(tie)
    assert sum(one["valid"] for one in told_of_tie["offers"]) == 3
    assert [one["reasons"] for one in told_of_tie["offers"] if not one["valid"]] == [["replaced"]] * 3
    drawn(few)
    told_of_few = recomputed(few)
    assert (told_of_few["result"], told_of_few["record"]["decision"]) == ([], "unsuccessful")
    assert {one["body"] for one in told_of_few["offers"]} == {None}
    reasons = {one["id"]: [] for one in told_of_few["offers"]}
    for one in told_of_few["offers"]:
        reasons[one["id"]] += one["reasons"]
    renewed = ["outdated", "replaced", "unopened"]
    assert reasons == {found[0].code: renewed, found[1].code: renewed, found[2].code: ["outdated"]}


def test_a_transcript_follows_bodies_that_came_and_bodies_that_did_not(app):
    no, found, bodies, row = broken_market(0, 1)
    handed_in(found[0], no, bodies[found[0].code])
    clockwork.go_to(offers.awaited(row.attempt_id, found[1].party).hand_in_due_at)
    db.session.rollback()
    assert told(recomputed(no)) == ranked(no)
    assert [one["reasons"] for one in recomputed(no)["offers"] if not one["valid"]] == [["unopened"]]


def low_market(prices=(900_000, 690_000, 800_000), **what):
    """Opened, with every price below 70 % of the ceiling of 10,000 yuan asked about."""
    no, found = market_of(len(prices), method="BID_LOW", **what)
    for agency, price in zip(found, prices, strict=True):
        an_offer(agency, no, amount_fen=price)
    return no, found, closed(no)


def explained(agency, no, text="two surveyors, five days, own instruments"):
    return offering.explain(agency, no, Statement(text), key=fresh_key())


def agreed(no, judgement, *, owner=None):
    """The purchaser decides, a supervisor of the branch consents."""
    waiting = approvals.submit(OfferAct.JUDGE, owner or a_purchaser(), no, judgement, key=fresh_key())
    assert queries.result(queries.attempt_of(no, None).id) == []
    approvals.agree(a_supervisor(), waiting.prepared)


def decided_on(no, agency, *, accepted):
    agreed(no, Judgement(agency.code, accepted, "the costs add up" if accepted else "wages are missing"))
    run_due()
    db.session.rollback()


def codes_of(refused):
    return [reason.code for reason in refused.value.reasons]


def test_a_low_price_is_asked_about_before_anybody_is_ranked(app):
    no, found, row = low_market()
    assert (row.resulted_at, decision(no), queries.phase_of(row)) == (None, None, Phase.OPENED)
    opening = next(one for one in records.timeline(f"announcement:{no}") if one.act == "selection.open")
    assert opening.public["low"] == [found[1].code]
    for stranger in (found[0], found[2]):
        with pytest.raises(Refused) as refused:
            explained(stranger, no)
        assert codes_of(refused) == ["no_explanation_asked"]
    early = Judgement(found[1].code, True, "cheap is good")
    with pytest.raises(Refused) as refused:
        agreed(no, early)
    assert codes_of(refused) == ["explanation_awaited"]
    with pytest.raises(NotYours):
        offering.judge_price(a_purchaser(), no, early, key=fresh_key())
    explained(found[1], no)
    with pytest.raises(Refused) as refused:
        explained(found[1], no)
    assert codes_of(refused) == ["explained_already"]
    with pytest.raises(NotYours):
        offering.judge_price(found[1], no, early, key=fresh_key())
    with pytest.raises(Refused) as refused:
        agreed(no, Judgement(found[0].code, True, "x"))
    assert codes_of(refused) == ["no_price_to_judge"]
    with pytest.raises(NotFound):
        selection_records.transcript(no)


@pytest.mark.parametrize(("accepted", "first"), [(True, 1), (False, 2)])
def test_the_purchaser_decides_with_reasons_and_the_supervisor_consents(app, accepted, first):
    no, found, _ = low_market()
    explained(found[1], no)
    decided_on(no, found[1], accepted=accepted)
    assert ranked(no)[0][1] == found[first].code
    assert len(ranked(no)) == 2 + accepted
    assert awards.by_no(f"{no}-A01").agency.organisation.code == found[first].code
    told_of = recomputed(no)
    assert told(told_of) == ranked(no)
    assert [one["reasons"] for one in told_of["offers"] if not one["valid"]] == (
        [] if accepted else [["low_price_refused"]]
    )
    assert first_difference(rows=True) is None


def test_a_supervisor_of_another_branch_does_not_consent(app):
    no, found, _ = low_market()
    explained(found[1], no)
    judgement = Judgement(found[1].code, True, "the costs add up")
    waiting = approvals.submit(OfferAct.JUDGE, a_purchaser(), no, judgement, key=fresh_key())
    a_supervisor()
    with pytest.raises(NotYours):
        approvals.agree(an_account(login="far", role=Role.SUPERVISOR, region="450821"), waiting.prepared)
    with pytest.raises(NotFound):
        approvals.submit(OfferAct.JUDGE, purchaser_for("fiscal"), no, judgement, key=fresh_key())
    assert queries.result(queries.attempt_of(no, None).id) == []


def test_the_mean_of_the_others_counts_too(app):
    no, found, _ = low_market(prices=(999_999, 790_000, 999_999))
    assert [question.code for question in price_questions.questions_of(no)] == [found[1].code]
    no_question = an_announcement(method="BID_LOW", budget_fen=1_000_000)
    for agency, price in zip(found, (999_999, 800_000, 999_999), strict=True):
        a_registration(agency, no_question)
        an_offer(agency, no_question, amount_fen=price)
    closed(no_question)
    assert price_questions.questions_of(no_question) == []


def test_silence_makes_the_offer_invalid(app):
    no, found, _ = low_market()
    due = price_questions.questions_of(no)[0].due_at
    clockwork.go_to(due)
    db.session.rollback()
    assert [code for _, code, _ in ranked(no)] == [found[2].code, found[0].code]
    assert [one["reasons"] for one in recomputed(no)["offers"] if not one["valid"]] == [["low_price_unexplained"]]
    with pytest.raises(Refused) as refused:
        explained(found[1], no)
    assert codes_of(refused) == ["no_explanation_asked"]


def test_the_purchaser_is_reminded_to_decide_and_an_alarm_follows(app):
    """offer.low_price_decide_days: two working days from the statement; nothing is decided by itself."""
    no, found, _ = low_market()
    question = price_questions.question_of_party(queries.attempt_of(no, None).id, found[1].party)
    assert question.decide_due_at is None
    explained(found[1], no)
    due = price_questions.questions_of(no)[0].decide_due_at
    owner = a_purchaser().party
    assert [at for *_, at in price_questions.unanswered(purchaser=owner)] == [due]
    clockwork.go_to(due - timedelta(days=1) - timedelta.resolution)
    raised = select(Alarm.level, Alarm.party_id, Alarm.ends_at).where(Alarm.watch == "low_price_decision")
    assert db.session.execute(raised).all() == []
    clockwork.go_to(due)
    levels = [(row.level.value, row.party_id, row.ends_at) for row in db.session.execute(raised.order_by(Alarm.id))]
    assert levels == [("warning", owner, due), ("alarm", owner, due)]
    assert queries.result(queries.attempt_of(no, None).id) == []
    decided_on(no, found[1], accepted=True)
    assert next(code for _, code, _ in ranked(no)) == found[1].code


def test_where_the_order_is_known_first_it_is_kept_for_the_decision(app):
    no, found, _ = low_market(prices=(690_000, 690_000, 690_000), fund="fiscal")
    record = drawn(no)
    assert (decision(no), queries.result(queries.attempt_of(no, None).id)) == (None, [])
    for agency in found[:2]:
        explained(agency, no)
    clockwork.go_to(price_questions.questions_of(no)[2].due_at)
    db.session.rollback()
    owner = purchaser_for("fiscal")
    for agency in found[:2]:
        agreed(no, Judgement(agency.code, True, "the costs add up"), owner=owner)
    kept = [code for code in record["order"] if code != found[2].code]
    assert [code for _, code, _ in ranked(no)] == kept
    assert told(recomputed(no)) == ranked(no)


def test_no_valid_offer_is_left(app):
    no, _, _ = low_market(prices=(690_000,))
    clockwork.go_to(price_questions.questions_of(no)[0].due_at)
    db.session.rollback()
    assert (decision(no), ranked(no)) == (Decision.UNSUCCESSFUL, [])
    assert recomputed(no)["result"] == []
    announcing.repeat(a_purchaser(), no, Timetable(), key=fresh_key())


def test_no_transcript_before_the_record(app):
    no, found = market_of(3, method="BID_LOW", fund="fiscal")
    for agency in found:
        an_offer(agency, no, amount_fen=800_000)
    with pytest.raises(NotFound):
        selection_records.transcript(no)
    closed(no)
    with pytest.raises(NotFound):
        selection_records.transcript(no)


def test_eligibility_is_judged_as_of_the_closing(app):
    no, found = market_of(2)
    asked = []

    def answers(party_id, *, now, scope):
        asked.append(now)
        against = (Refusal("case_open", "register.accept_longer_promise", params={"case": "S-1"}),)
        return Standing(refusals={"registration.submit": against} if party_id == found[0].party else {})

    known = next(stage.standing for stage in app.extensions["market.stages"] if stage.standing)
    answer_with(answers)
    try:
        row = closed(no)
    finally:
        answer_with(known)
    assert set(asked) == {row.frozen_at}
    assert row.valid == 1
    line = next(one for one in lottery.parse_frozen_text(row.frozen_text).lines if one.id == found[0].code)
    assert (line.lots, line.reasons) == (0, ("case_open",))
    page = pages.page(no, actor=Actor.stranger())
    shown = next(one for one in page.registrants if one.code == found[0].code)
    assert (shown.reasons[0].clause, dict(shown.reasons[0].params)) == (
        "register.accept_longer_promise",
        {"case": "S-1"},
    )
    record = selection_records.record(no)
    assert record["order"] == [found[1].code]


def test_the_freeze_says_nothing_of_names_or_numbers(app):
    no, _ = market_of(3, fund="fiscal")
    closed(no)
    frozen = next(one for one in records.timeline(f"announcement:{no}") if one.act == "selection.freeze")
    assert set(frozen.public) == {"attempt", "frozen", "terms"}
    entry = records.entry_by_ref(selection(no).freeze_ref)
    assert json.loads(entry.payload)["subjects"] == [f"announcement:{no}"]


def test_nobody_but_the_clockwork_touches_a_selection(app):
    no, _ = market_of(1)
    for command in (services.freeze, services.draw, services.open_offers, services.destroy_key):
        with pytest.raises(NotYours):
            command(an_operator(), f"{no}/1", Nothing(), key=fresh_key())


# The beacon


def test_unequal_entries_are_set_aside_and_typed_anew(app, at):
    at("2026-03-11 22:00")
    operator, supervisor, day = an_operator(), a_supervisor(), EVENING.isoformat()
    services.enter_beacon(operator, day, BeaconInput(EVENING, "111-11111"), key=fresh_key())
    shown = beacons.beacon_day(EVENING, supervisor, now=app.extensions["market.clock"].instant)
    assert (shown.mine, shown.set_aside) == (None, ())
    assert records.timeline(f"beacon:{day}") == ()
    with pytest.raises(Refused) as again:
        services.enter_beacon(operator, day, BeaconInput(EVENING, "222-22222"), key=fresh_key())
    assert [one.code for one in again.value.reasons] == ["beacon_entered"]
    services.enter_beacon(supervisor, day, BeaconInput(EVENING, "222-22222"), key=fresh_key())
    assert db.session.get(Beacon, EVENING) is None
    assert [one.public["value"] for one in records.timeline(f"beacon:{day}")] == ["111-11111", "222-22222"]
    shown = beacons.beacon_day(EVENING, supervisor, now=app.extensions["market.clock"].instant)
    assert shown.set_aside[0].values == ("111-11111", "222-22222")
    a_beacon(EVENING)
    assert db.session.get(Beacon, EVENING).value == VALUE
    assert db.session.query(BeaconEntry).count() == 4
    with pytest.raises(Refused) as settled:
        services.enter_beacon(operator, day, BeaconInput(EVENING, VALUE), key=fresh_key())
    assert [one.code for one in settled.value.reasons] == ["beacon_settled"]


def test_no_entry_before_ten_in_the_evening(app, at):
    at("2026-03-11 21:59")
    with pytest.raises(Refused) as early:
        services.enter_beacon(an_operator(), "2026-03-11", BeaconInput(EVENING, VALUE), key=fresh_key())
    assert [one.code for one in early.value.reasons] == ["beacon_too_early"]


def test_the_page_and_the_value_name_the_same_day(app, at):
    at("2026-03-11 22:00")
    with pytest.raises(NotFound):
        services.enter_beacon(an_operator(), "2026-03-10", BeaconInput(EVENING, VALUE), key=fresh_key())


def test_a_day_without_drawing_is_passed_over(app):
    no, _ = market_of(3, fund="fiscal")
    row = closed(no)
    first = rules.first_day(queries.beacon_after(row))
    a_beacon(first + timedelta(days=1))
    record = selection_records.record(no)
    assert record["beacon_on"] == (first + timedelta(days=1)).isoformat()
    assert lottery.verify(record) == []


def test_one_evening_serves_all_draws_that_wait_for_it(app):
    found = agencies(3)
    nos = [an_announcement(fund="fiscal") for _ in range(2)]
    for no in nos:
        for agency in found:
            a_registration(agency, no)
    rows = [closed(no) for no in nos]
    waiting = beacons.waiting_draws()
    assert waiting == {rules.first_day(queries.beacon_after(rows[0])): tuple(nos)}
    a_beacon(next(iter(waiting)))
    assert [selection_records.record(no)["decision"] for no in nos] == ["drawn", "drawn"]
    assert selection_records.record(nos[0])["seed"] != selection_records.record(nos[1])["seed"]


# The throw in the hall


def to_throw(n=3, **what):
    """Registered in the region that throws, closed, and the clock at the first instant of the throw."""
    no, found = market_of(n, **{"fund": "fiscal", "region": HALL, **what})
    clockwork.go_to(queries.beacon_after(closed(no)))
    return no, found


def refused(actor, no, typed):
    with pytest.raises(Refused) as found:
        services.enter_throw(actor, f"{no}-1", typed, key=fresh_key())
    return [one.code for one in found.value.reasons]


def test_unequal_throws_are_set_aside_and_an_equal_pair_draws(app, at):
    no, _ = to_throw()
    operator, supervisor, typed = an_operator(), a_supervisor(), seen(no)
    assert "\nwitness after " in selection(no).frozen_text
    assert refused(operator, no, typed) == ["throw_to_come"]
    clockwork.go_to(typed.thrown_at)
    early = replace(typed, thrown_at=typed.thrown_at - timedelta(minutes=6))
    assert refused(operator, no, early) == ["throw_too_early"]
    services.enter_throw(operator, f"{no}-1", typed, key=fresh_key())
    assert records.timeline(f"throw:{no}-1") == ()
    assert throws.throw_page(f"{no}-1", supervisor, now=typed.thrown_at).mine is None
    assert refused(operator, no, typed) == ["throw_entered"]
    both = replace(operator, roles=frozenset({Role.SUPERVISOR}))
    assert refused(both, no, typed) == ["throw_entered"], "one account is not two"
    with pytest.raises(NotYours):
        services.enter_throw(purchaser_for("fiscal"), f"{no}-1", typed, key=fresh_key())
    services.enter_throw(supervisor, f"{no}-1", replace(typed, value="0" * 12), key=fresh_key())
    shown = throws.throw_page(f"{no}-1", supervisor, now=typed.thrown_at)
    assert [[one.value for one in pair] for pair in shown.set_aside] == [[DIGITS, "0" * 12]]
    assert (queries.throw_of(selection(no).id), selection(no).drawn_at) == (None, None)
    services.enter_throw(operator, f"{no}-1", typed, key=fresh_key())
    services.enter_throw(supervisor, f"{no}-1", typed, key=fresh_key())
    page = pages.page(no, actor=Actor.stranger())
    assert (page.throw.value, page.throw.witness) == (DIGITS, None), "a witness would tell that somebody registered"
    run_due()
    db.session.rollback()
    record = selection_records.record(no)
    assert (record["beacon_value"], record["beacon_on"]) == (DIGITS, "2026-03-10")
    assert (lottery.verify(record), outsider.check_record(record)) == ([], [])
    said = records.timeline(f"throw:{no}-1")
    assert [one.public.get("agreed") for one in said] == [None, False, None, True]
    assert {frozenset(one.public) - {"agreed"} for one in said} == {
        frozenset({"attempt", "value", "thrown_at", "place"})
    }
    assert refused(operator, no, typed) == ["throw_settled"]
    page = pages.page(no, actor=Actor.stranger())
    assert (page.throw.place, page.throw.witness) == ("the hall", rules.Witness.REGISTRANT)
    assert first_difference(rows=True) is None


def test_only_an_attempt_that_asks_for_a_throw_has_one(app):
    no, _ = market_of(3, fund="fiscal")
    closed(no)
    assert throws.waiting_throws(a_supervisor(), now=app.extensions["market.clock"].instant) == []
    for key in (f"{no}-1", f"{no}-9", f"{no}-{10**30}", f"{no}-²", no, "nothing"):
        with pytest.raises(NotFound):
            throws.of_throw(key)


@pytest.mark.parametrize("announced", [True, False])
def test_an_attempt_is_asked_for_by_number(app, announced):
    no = an_announcement()
    if announced:
        assert announcements.present_attempt(announcements.by_no(no)).number == 1
    else:
        with pytest.raises(NotFound):
            pages.page(no, 7, actor=Actor.stranger())
    assert pages.page(no, actor=Actor.stranger()) is None
    assert SelectionAct.FREEZE not in acts_about(no)
