"""Handing in a price for real: what is stored, what is told, what counts, what the opening shows."""

import hashlib
import json
import traceback

import pytest
from sqlalchemy import select

from app.audit import services as audit
from app.audit.check import first_difference
from app.chance import fresh_key
from app.database import Base, db
from app.refusal import AlreadyDone, NotFound, NotYours, Refused
from app.values import Fen
from bidding.offer import lists, pages, queries, services
from bidding.offer.envelope import parse_body
from bidding.offer.models import Offer
from bidding.offer.rules import OfferDone, OfferInput
from bidding.offer.services import BrokenEnvelope
from bidding.registration import queries as registrations
from marketplace.announcement import queries as announcements
from marketplace.announcement import services as announcing
from marketplace.announcement.rules import Change
from tests.builders.announcement import an_announcement
from tests.builders.offer import an_offer, offer_key, opened
from tests.builders.people import an_operator
from tests.builders.purchaser import a_purchaser
from tests.builders.registration import (
    a_reconfirmation,
    a_registration,
    a_withdrawal,
    agencies,
    an_agency,
    frozen,
    own_registration,
    present,
)
from tests.counting import questions

QUESTIONS = 9
"""Of an offer handed in on SQLite: its key, the lock, what it is about, how the agency stands, itself, the record."""

AMOUNT = 31_415_926
"""Digits that occur nowhere else, so that they can be looked for."""


def codes(refused):
    return [reason.code for reason in refused.value.reasons]


def an_auction(**what):
    return an_announcement(method="BID_LOW", **{"budget_fen": 40_000_000, "days": 10} | what)


def close(app, no):
    """Stand at the announced closing, no sweep having run."""
    app.extensions["market.clock"].instant = announcements.present_attempt(registrations.announced(no)).closes_at


def everything_stored():
    """Every value of every row, as text; bytes also as they are."""
    found = []
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            found += [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row]
    return "\n".join(found)


def test_an_offer_asks_the_same_few_questions_beside_many(app):
    registered = agencies(3)
    no = an_auction()
    counted = []
    for agency in registered:
        a_registration(agency, no)
        offer = OfferInput(Fen(AMOUNT), own_registration(agency, no).promised_days)
        with questions() as asked:
            services.submit(agency, no, offer, key=fresh_key())
        counted.append(len(asked))
    assert max(counted) <= QUESTIONS


def test_an_offer_is_an_envelope_a_commitment_and_a_body_told_once(app, tick):
    agency = an_agency()
    no = an_auction()
    a_registration(agency, no, days=8)
    done = services.submit(agency, no, OfferInput(Fen(AMOUNT), 8), key="k1")
    assert isinstance(done, OfferDone)

    body = parse_body(done.body)
    assert (body.market, body.no, body.attempt, body.id) == ("DEMO-450800", no, 1, agency.code)
    assert (body.total, body.promised_days, body.items, body.files) == (AMOUNT, 8, (), ())
    commitment = hashlib.sha256(done.body.encode()).hexdigest()
    row = db.session.execute(select(Offer)).scalar_one()
    assert (row.commitment, row.revision, row.submitted_at) == (commitment, 1, done.at)
    assert (row.opened_at, row.body, row.amount_fen) == (None, None, None)

    assert done.receipt is not None
    assert done.receipt.text.splitlines()[2:7] == ["offer.submit", no, "1", agency.code, commitment]
    entry = audit.entry_of("offer.submit", f"announcement:{no}")
    assert entry is not None
    assert entry.ref == row.entry_ref
    assert json.loads(entry.payload)["public"] == {"attempt": 1, "commitment": commitment}
    assert "input" not in json.loads(entry.private)
    assert "offer.submit" not in [line.act for line in audit.timeline(f"announcement:{no}")]
    tick()
    assert first_difference(rows=True) is None


def test_the_price_is_stored_nowhere_before_the_opening(app, tick):
    agency = an_agency()
    no = an_auction()
    a_registration(agency, no)
    an_offer(agency, no, amount_fen=AMOUNT)
    tick()
    stored = everything_stored()
    assert no in stored
    for shape in (str(AMOUNT), "314159.26", "314,159.26"):
        assert shape not in stored


def test_a_refusal_and_an_error_say_nothing_of_the_price(app):
    agency = an_agency()
    no = an_auction()
    a_registration(agency, no)
    with pytest.raises(Refused) as refused:
        an_offer(agency, no, amount_fen=91_415_926)
    assert codes(refused) == ["above_ceiling"]
    assert dict(refused.value.reasons[0].params) == {"ceiling_fen": 40_000_000}
    assert "91415926" not in "".join(traceback.format_exception(refused.value))
    assert "91415926" not in everything_stored()


def test_the_same_request_again_gets_the_receipt_and_not_the_body(app):
    agency = an_agency()
    no = an_auction()
    a_registration(agency, no, days=8)
    done = services.submit(agency, no, OfferInput(Fen(AMOUNT), 8), key="k1")
    with pytest.raises(AlreadyDone) as again:
        services.submit(agency, no, OfferInput(Fen(AMOUNT), 8), key="k1")
    assert again.value.receipt == done.receipt
    assert not hasattr(again.value, "body")
    assert len(db.session.execute(select(Offer)).all()) == 1


def test_without_a_registration_or_where_no_price_decides_there_is_no_offer(app):
    agency = an_agency()
    auction, draw = an_auction(), an_announcement()
    for no, expected in ((auction, ["not_registered"]), (draw, ["no_price_asked", "not_registered"])):
        with pytest.raises(Refused) as refused:
            services.submit(agency, no, OfferInput(Fen(100), 5), key=fresh_key())
        assert codes(refused) == expected
    a_registration(agency, auction)
    a_withdrawal(agency, auction)
    with pytest.raises(Refused) as refused:
        services.submit(agency, auction, OfferInput(Fen(100), 10), key=fresh_key())
    assert codes(refused) == ["not_registered"]


def test_nobody_else_offers_and_nothing_unknown_is_offered_for(app):
    no = an_auction()
    for actor in (a_purchaser(), an_operator()):
        with pytest.raises(NotYours):
            services.submit(actor, no, OfferInput(Fen(100), 5), key=fresh_key())
    with pytest.raises(NotFound):
        services.submit(an_agency(), "450803-2026-000099", OfferInput(Fen(100), 5), key=fresh_key())


def test_at_the_closing_it_is_too_late(app):
    agency = an_agency()
    no = an_auction()
    a_registration(agency, no)
    close(app, no)
    with pytest.raises(Refused) as refused:
        an_offer(agency, no, amount_fen=100)
    assert codes(refused) == ["not_open"]


def test_the_last_of_several_counts_and_the_earlier_ones_stay_sealed(app, tick):
    first, second = agencies(2)
    no = an_auction()
    for agency in (first, second):
        a_registration(agency, no)
    an_offer(first, no, amount_fen=400_000)
    an_offer(second, no, amount_fen=300_000)
    last = an_offer(first, no, amount_fen=500_000)
    page = pages.page(first, no, now=app.extensions["market.clock"].market())
    assert [offer.counts for offer in page.own] == [True, False]
    assert page.own[0].commitment == hashlib.sha256(last.body.encode()).hexdigest()
    with pytest.raises(NotFound):
        lists.published(no)

    close(app, no)
    frozen(no)
    assert queries.envelopes(present(no)) == 2
    found = opened(no)
    assert {(one.amount_fen, one.days) for one in found} == {(500_000, 10), (300_000, 10)}
    tick()
    lines = lists.published(no)
    assert [line.id for line in lines] == sorted(line.id for line in lines)
    assert sorted(line.body is None for line in lines) == [False, False, True]
    for line in lines:
        assert line.index is not None
        if line.body is not None:
            assert hashlib.sha256(line.body.encode()).hexdigest() == line.commitment
    assert first_difference(rows=True) is None


def test_only_envelopes_of_valid_registrations_count(app):
    valid, excluded, without = agencies(3)
    no = an_auction()
    for agency in (valid, excluded, without):
        a_registration(agency, no)
    an_offer(valid, no, amount_fen=400_000)
    an_offer(excluded, no, amount_fen=100_000)
    close(app, no)
    frozen(no, {excluded.code: ("grade_too_low",)})
    counting = queries.counting(present(no))
    assert [offer.registration.agency.organisation.code for offer in counting] == [valid.code]
    assert [one.amount_fen for one in opened(no)] == [400_000]


def test_after_an_amendment_an_offer_is_handed_in_anew(app):
    agency = an_agency()
    no = an_auction()
    a_registration(agency, no)
    an_offer(agency, no, amount_fen=400_000)
    announcing.amend(a_purchaser(), no, Change(reason="more", content="more"), key=fresh_key())
    with pytest.raises(Refused) as refused:
        an_offer(agency, no, amount_fen=450_000)
    assert codes(refused) == ["registration_unconfirmed"]
    a_reconfirmation(agency, no)
    page = pages.page(agency, no, now=app.extensions["market.clock"].market())
    assert [offer.counts for offer in page.own] == [False]
    assert [line.no for line in lists.without_offer(agency.party, now=page.closes_at - page.closes_at.resolution)]
    an_offer(agency, no, amount_fen=450_000)
    assert lists.without_offer(agency.party, now=app.extensions["market.clock"].market()) == []
    close(app, no)
    frozen(no)
    assert [one.amount_fen for one in opened(no)] == [450_000]


def test_an_offer_that_was_never_renewed_does_not_count(app):
    agency = an_agency()
    no = an_auction()
    a_registration(agency, no)
    an_offer(agency, no, amount_fen=400_000)
    announcing.amend(a_purchaser(), no, Change(reason="more", content="more"), key=fresh_key())
    a_reconfirmation(agency, no)
    close(app, no)
    frozen(no)
    assert [row.agency.organisation.code for row in registrations.valid(present(no))] == [agency.code]
    assert queries.envelopes(present(no)) == 0


def test_an_envelope_that_does_not_open_stops_everything_and_is_named(app):
    agency, other = agencies(2)
    no = an_auction()
    for one in (agency, other):
        a_registration(one, no)
        an_offer(one, no, amount_fen=400_000)
    close(app, no)
    frozen(no)
    attempt = announcements.present_attempt(registrations.announced(no))
    good, bad = queries.counting(attempt.id)
    with db.session.no_autoflush:
        good.envelope, bad.envelope = good.envelope, good.envelope
        with pytest.raises(BrokenEnvelope) as broken:
            services.open_all(None, attempt, [good, bad], offer_key(no))
        assert [(one.offer, one.legible) for one in broken.value.broken] == [(bad, False)]
        assert (good.opened_at, good.body, good.amount_fen) == (None, None, None)
        db.session.expire_all()


def test_a_body_of_another_attempt_or_agency_is_broken_too(app):
    agency, other = agencies(2)
    no = an_auction()
    for one in (agency, other):
        a_registration(one, no)
        an_offer(one, no, amount_fen=400_000)
    close(app, no)
    frozen(no)
    attempt = announcements.present_attempt(registrations.announced(no))
    good, swapped = queries.counting(attempt.id)
    private = offer_key(no)
    with db.session.no_autoflush:
        swapped.envelope, swapped.commitment = good.envelope, good.commitment
        with pytest.raises(BrokenEnvelope):
            services.open_all(None, attempt, [swapped], private)
        db.session.expire_all()
