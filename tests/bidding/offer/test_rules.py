"""When a sealed offer may be handed in; and that neither input nor answer shows a price by accident."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.refusal import Refusal
from app.values import Fen, Ppm
from bidding.offer import rules
from bidding.offer.body import Body, Kind, body_text
from bidding.offer.rules import Ground, ItemOffer, OfferDone, OfferInput
from bidding.registration.rules import Position, RegistrationTerms, Window

OPENS = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CLOSES = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
WINDOW = Window(direct=False, withdrawn=False, held=False, decided=False, opens=OPENS, closes=CLOSES)
POSITION = Position(own_need=False, active=True, registered=True, standing=(), expected_days=10)
GROUND = Ground(by_price=True, ceiling_fen=Fen(5_000_000), promised_days=8, confirmed=True)
OFFER = OfferInput(Fen(4_321_987), 8)
TERMS = RegistrationTerms(accept_longer_promise=False)


def submit(offer=OFFER, *, position=POSITION, ground=GROUND, now=OPENS, terms=TERMS):
    found = rules.refusals_to_submit(offer, position=position, ground=ground, window=WINDOW, terms=terms, now=now)
    return list(found)


def codes(refusals):
    return [refusal.code for refusal in refusals]


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (-1, "amount_not_positive"),
        (0, "amount_not_positive"),
        (1, None),
        (4_999_999, None),
        (5_000_000, None),
        (5_000_001, "above_ceiling"),
    ],
)
def test_a_price_is_more_than_nothing_and_at_most_the_ceiling(amount, code):
    assert codes(submit(OfferInput(Fen(amount), 8))) == ([] if code is None else [code])


RATED = Ground(
    by_price=True, ceiling_fen=Fen(5_000_000), promised_days=8, confirmed=True, rates=(Ppm(20_000), Ppm(300_000))
)


@pytest.mark.parametrize(
    ("rate", "fits"),
    [
        (19_900, False),
        (20_000, True),
        (123_400, True),
        (123_450, False),
        (300_000, True),
        (300_100, False),
        (None, False),
    ],
)
def test_a_discount_lies_within_what_was_published_and_is_never_repeated(rate, fits):
    found = submit(OfferInput(None, 8, rate_ppm=rate), ground=RATED)
    bounds = {"least": "2.00%", "most": "30.00%"}
    assert found == ([] if fits else [Refusal("rate_out_of_bounds", field="rate_ppm", params=bounds)])


def test_an_offer_says_what_is_asked_for_and_nothing_else():
    assert codes(submit(OfferInput(Fen(100), 8, rate_ppm=Ppm(20_000)), ground=RATED)) == ["amount_not_asked"]
    assert codes(submit(OfferInput(Fen(100), 8, rate_ppm=Ppm(20_000)))) == ["rate_not_asked"]
    assert codes(submit(OfferInput(None, 8))) == ["amount_not_positive"]
    assert "123400" not in repr(OfferInput(None, 8, rate_ppm=Ppm(123_400)))


@pytest.mark.parametrize(
    ("base", "rate", "left"),
    [(5_000_000, 123_400, 4_383_000), (1, 400_000, 1), (3, 500_000, 2), (5, 900_000, 1), (1, 999_900, 1)],
)
def test_what_a_discount_leaves_is_rounded_half_up_and_never_nothing(base, rate, left):
    assert rules.discounted(base, rate) == left


def test_a_refused_price_is_told_the_ceiling_and_never_itself():
    (refusal,) = submit(OfferInput(Fen(7_654_321), 8))
    assert refusal == Refusal("above_ceiling", field="amount_fen", params={"ceiling_fen": 5_000_000})
    assert "7654321" not in repr(refusal)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (8, []),
        (7, ["days_not_promised"]),
        (9, ["days_not_promised"]),
        (11, ["promise_too_long", "days_not_promised"]),
        (0, ["promise_not_positive", "days_not_promised"]),
    ],
)
def test_the_time_offered_is_the_time_promised(days, expected):
    assert codes(submit(OfferInput(Fen(100), days))) == expected


@pytest.mark.parametrize(
    ("ground", "expected"),
    [
        (Ground(False, Fen(5_000_000), 8, True), ["no_price_asked"]),
        (Ground(True, Fen(5_000_000), None, False), ["not_registered"]),
        (Ground(True, Fen(5_000_000), 8, False), ["registration_unconfirmed"]),
    ],
)
def test_an_offer_stands_on_a_confirmed_registration_where_the_price_decides(ground, expected):
    assert codes(submit(ground=ground)) == expected


ITEMIZED = Ground(True, Fen(5_000_000), 8, True, items=("0403", "0404"))
PARTS = (ItemOffer("0404", Fen(1_000_000), 3), ItemOffer("0403", Fen(2_000_000), 8))


@pytest.mark.parametrize(
    ("amount", "parts", "expected"),
    [
        (3_000_000, PARTS, []),
        (3_000_001, PARTS, ["items_do_not_add_up"]),
        (2_000_000, PARTS[1:], ["items_not_all_priced"]),
        (5_000_000, (*PARTS, PARTS[1]), ["items_not_all_priced"]),
        (3_000_000, (), ["items_not_all_priced"]),
        (3_000_000, (PARTS[0], replace(PARTS[1], code="0406")), ["items_not_all_priced"]),
        (1_000_000, (PARTS[0], replace(PARTS[1], amount_fen=Fen(0))), ["item_amount_not_positive"]),
        (3_000_000, (replace(PARTS[0], days=9), PARTS[1]), ["item_days_out_of_range"]),
        (3_000_000, (replace(PARTS[0], days=0), PARTS[1]), ["item_days_out_of_range"]),
        (6_000_000, (replace(PARTS[0], amount_fen=Fen(4_000_000)), PARTS[1]), ["above_ceiling"]),
    ],
)
def test_every_item_has_its_price_and_days_and_together_they_are_the_offer(amount, parts, expected):
    assert codes(submit(OfferInput(Fen(amount), 8, items=parts), ground=ITEMIZED)) == expected


def test_where_one_total_is_asked_for_no_items_are_taken():
    assert codes(submit(replace(OFFER, items=PARTS))) == ["no_items_asked"]


def test_at_the_closing_it_is_too_late():
    assert codes(submit(now=CLOSES - timedelta(microseconds=1))) == []
    assert codes(submit(now=CLOSES)) == ["not_open"]


def test_whoever_may_no_longer_register_may_not_offer():
    lost = Position(own_need=False, active=False, registered=True, standing=(Refusal("suspended"),), expected_days=10)
    assert codes(submit(position=lost)) == ["agency_not_active", "suspended"]


@pytest.mark.parametrize(
    ("files", "fits"),
    [
        ((), True),
        (("ab" * 32,), True),
        (("ab" * 32, "cd" * 32), True),
        (("cd" * 32, "ab" * 32), False),
        (("ab" * 32, "ab" * 32), False),
        (("AB" * 32,), False),
    ],
)
def test_files_are_named_by_their_digests_ascending_each_once(files, fits):
    assert codes(submit(OfferInput(Fen(100), 8, files))) == ([] if fits else ["offer_files_malformed"])


DIGESTS = tuple(f"{n:064x}" for n in range(rules.MOST_FILES + 1))


@pytest.mark.parametrize(
    ("asked", "files", "boxes", "expected"),
    [
        (True, 1, 1, []),
        (True, rules.MOST_FILES, rules.MOST_FILES, []),
        (True, rules.MOST_FILES + 1, rules.MOST_FILES + 1, ["proposal_too_many"]),
        (True, 0, 0, ["proposal_missing"]),
        (True, 2, 1, ["proposal_missing"]),
        (True, 1, 0, ["proposal_missing"]),
        (False, 1, 0, []),
        (False, 1, 1, ["no_proposal_asked"]),
    ],
)
def test_a_proposal_comes_sealed_where_one_is_asked_for(asked, files, boxes, expected):
    ground = replace(GROUND, by_proposal=asked)
    assert codes(submit(OfferInput(Fen(100), 8, DIGESTS[:files], DIGESTS[:boxes]), ground=ground)) == expected


def test_neither_the_input_nor_the_answer_shows_the_price_when_it_is_printed():
    done = OfferDone("offer.submit", "450800-2026-000001", OPENS, None, body="zjcs-offer-1\n4321987\n")
    assert "4321987" not in repr(OFFER) + str(OFFER) + repr(done)


@given(st.integers(-10, 10**12), st.integers(1, 10**12))
def test_what_is_accepted_lies_between_one_fen_and_the_ceiling(amount, ceiling):
    refused = list(rules.refusals_to_amount(OfferInput(Fen(amount), 8), ceiling=Fen(ceiling)))
    assert (not refused) == (1 <= amount <= ceiling)


BODY = body_text(
    Body("DEMO-450800", "450800-2026-000017", 1, "91450800MA5K000013", Kind.AMOUNT, 4_500_000, 8, "ab" * 32)
)
COMMITTED = hashlib.sha256(BODY.encode()).hexdigest()
MOMENT = timedelta(microseconds=1)


AWAITED = rules.Missing(COMMITTED, CLOSES, body=True)
FILE = hashlib.sha256(b"a proposal").hexdigest()
FILE_AWAITED = rules.Missing(COMMITTED, CLOSES, body=False, files=(FILE,), count=1)


@pytest.mark.parametrize(
    ("text", "files", "missing", "now", "code"),
    [
        (BODY, [], AWAITED, CLOSES - MOMENT, None),
        (BODY, [], AWAITED, CLOSES, "body_too_late"),
        ("another\n", [], AWAITED, CLOSES - MOMENT, "body_not_committed"),
        ("", [], AWAITED, OPENS, "body_missing"),
        (BODY, [], None, OPENS, "no_body_awaited"),
        ("", [FILE], FILE_AWAITED, CLOSES - MOMENT, None),
        ("", [FILE], FILE_AWAITED, CLOSES, "body_too_late"),
        ("", [], FILE_AWAITED, OPENS, "proposal_not_handed_in"),
        ("", [COMMITTED], FILE_AWAITED, OPENS, "proposal_not_committed"),
        ("", [FILE, FILE], FILE_AWAITED, OPENS, "proposal_not_committed"),
    ],
)
def test_what_did_not_open_is_handed_in_before_the_limit_and_is_what_was_committed_to(text, files, missing, now, code):
    found = rules.refusals_to_hand_in(text, files, boxes=len(files), missing=missing, now=now)
    assert codes(found) == ([code] if code else [])


@pytest.mark.parametrize(
    ("text", "due_at", "stated", "now", "code"),
    [
        ("labour and car", CLOSES, False, CLOSES - MOMENT, None),
        ("labour and car", CLOSES, False, CLOSES, "explanation_too_late"),
        ("labour and car", CLOSES, True, OPENS, "explained_already"),
        ("labour and car", None, False, OPENS, "no_explanation_asked"),
        (" ", CLOSES, False, OPENS, "explanation_missing"),
        ("x" * 5_001, CLOSES, False, OPENS, "explanation_too_long"),
    ],
)
def test_a_low_price_is_explained_once_and_before_the_limit(text, due_at, stated, now, code):
    found = rules.refusals_to_explain(text, due_at=due_at, stated=stated, now=now)
    assert codes(found) == ([code] if code else [])
