"""What follows from a frozen attempt, ranks by price, when a beacon may be typed; boundaries to the microsecond."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.refusal import Refusal
from bidding.selection import lottery, rules
from bidding.selection.rules import BeaconInput, Facts, Phase, SelectionAct, Throw, Witness
from marketplace.announcement.rules import AnnouncementAct
from marketplace.need.rules import Method, Minimum, MinimumTerms, minimum_for
from marketplace.purchaser.rules import Fund

TERMS = MinimumTerms(
    fiscal_state=3, social=1, credit_merit=2, scheme_merit_fiscal_state=2, scheme_merit_social=1, beyond_winners=1
)
FROZEN_AT = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
AFTER = FROZEN_AT + timedelta(minutes=30)
TICK = timedelta(microseconds=1)

WAITING = {
    "sealed": False,
    "keyed": False,
    "auctioning": False,
    "valid": 3,
    "minimum": 3,
    "opened": False,
    "destroyed": False,
    "decided": False,
    "bodies_awaited": False,
    "holders_awaited": False,
    "drawn": False,
    "head_at": FROZEN_AT,
    "beacon_after": AFTER,
    "beacon_known": False,
}
SEALED = {"sealed": True, "keyed": True}
SECOND = {"second": True, "keyed": True, "drawn": True}


@pytest.mark.parametrize(
    ("method", "fund", "winners", "minimum", "clause"),
    [
        (Method.RANDOM, Fund.FISCAL, 1, 3, "min_valid.fiscal_state"),
        (Method.BID_LOW, Fund.STATE, 2, 3, "min_valid.fiscal_state"),
        (Method.BID_LOW, Fund.STATE, 3, 4, "min_valid.beyond_winners"),
        (Method.BID_RATE, Fund.SOCIAL, 1, 1, "min_valid.social"),
        (Method.RANDOM, Fund.SOCIAL, 3, 1, "min_valid.social"),
        (Method.CREDIT_MERIT, Fund.FISCAL, 1, 2, "min_valid.credit_merit"),
        (Method.CREDIT_MERIT, Fund.STATE, 2, 3, "min_valid.beyond_winners"),
        (Method.CREDIT_MERIT, Fund.SOCIAL, 2, 2, "min_valid.credit_merit"),
        (Method.SCHEME_MERIT, Fund.FISCAL, 1, 2, "min_valid.scheme_merit_fiscal_state"),
        (Method.COMPARE, Fund.SOCIAL, 1, 1, "min_valid.scheme_merit_social"),
    ],
)
def test_the_stricter_class_needs_more_and_one_more_than_places(method, fund, winners, minimum, clause):
    assert minimum_for(method, fund, winners=winners, terms=TERMS) == Minimum(minimum, clause)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # an auction
        ({"auctioning": True}, None),
        ({"auctioning": True, "beacon_known": True}, None),
        ({"auctioning": True, "head_at": AFTER}, SelectionAct.DRAW),
        # after a short list
        ({**SECOND, "drawn": False, "beacon_known": True}, SelectionAct.DRAW),
        ({**SECOND}, None),
        ({**SECOND, "offers_closed": True, "envelopes": 3}, SelectionAct.OPEN),
        ({**SECOND, "offers_closed": True, "envelopes": 3, "holders_awaited": True}, None),
        ({**SECOND, "offers_closed": True, "envelopes": 3, "bodies_awaited": True}, None),
        ({**SECOND, "offers_closed": True, "envelopes": 3, "opened": True}, None),
        ({**SECOND, "offers_closed": True, "envelopes": 2}, SelectionAct.DESTROY_KEY),
        ({**SECOND, "offers_closed": True, "destroyed": True}, AnnouncementAct.CLOSE_UNSUCCESSFUL),
        ({**SECOND, "offers_closed": True, "destroyed": True, "decided": True}, None),
        # RANDOM
        ({"head_at": None}, None),
        ({}, None),
        ({"beacon_known": True}, SelectionAct.DRAW),
        ({"beacon_after": None}, SelectionAct.DRAW),
        ({"beacon_after": None, "head_at": None}, None),
        ({"beacon_after": None, "drawn": True}, None),
        ({"valid": 2}, AnnouncementAct.CLOSE_UNSUCCESSFUL),
        ({"valid": 2, "decided": True}, None),
        ({"valid": 2, "decided": True, "beacon_known": True}, SelectionAct.DRAW),
        # the head must be older than the beacon, or nothing but `void` is consistent
        ({"head_at": AFTER - TICK}, None),
        ({"head_at": AFTER}, SelectionAct.DRAW),
        ({"head_at": AFTER, "valid": 2}, SelectionAct.DRAW),
        ({"head_at": AFTER, "sealed": True}, SelectionAct.DRAW),
        ({"head_at": AFTER, "drawn": True}, None),
        # BID_LOW
        ({**SEALED}, SelectionAct.OPEN),
        ({**SEALED, "head_at": None}, None),
        ({**SEALED, "opened": True, "decided": True}, None),
        ({**SEALED, "opened": True, "decided": True, "beacon_known": True}, SelectionAct.DRAW),
        ({**SEALED, "bodies_awaited": True, "beacon_known": True}, None),
        ({**SEALED, "holders_awaited": True, "beacon_known": True}, None),
        ({**SEALED, "holders_awaited": True, "opened": True, "beacon_known": True}, SelectionAct.DRAW),
        ({**SEALED, "holders_awaited": True, "valid": 2}, SelectionAct.DESTROY_KEY),
        ({**SEALED, "valid": 2}, SelectionAct.DESTROY_KEY),
        ({**SEALED, "valid": 2, "destroyed": True}, AnnouncementAct.CLOSE_UNSUCCESSFUL),
        ({**SEALED, "valid": 2, "destroyed": True, "decided": True, "beacon_known": True}, SelectionAct.DRAW),
    ],
)
def test_one_act_follows(change, expected):
    assert rules.next_act(Facts(**{**WAITING, **change})) == expected


@given(
    st.fixed_dictionaries(
        {name: st.booleans() for name in ("sealed", "keyed", "decided", "bodies_awaited", "beacon_known")}
    ),
    st.integers(0, 5),
    st.integers(1, 5),
)
def test_too_few_are_never_opened(flags, valid, minimum):
    opened = rules.next_act(Facts(**{**WAITING, **flags, "valid": valid, "minimum": minimum})) is SelectionAct.OPEN
    assert not (opened and valid < minimum)


@pytest.mark.parametrize(
    ("instants", "phase"),
    [
        ({}, Phase.FROZEN),
        ({"opened": True}, Phase.OPENED),
        ({"stopped": True}, Phase.STOPPED),
        ({"opened": True, "resulted": True}, Phase.DRAWN),
        ({"unsuccessful": True}, Phase.UNSUCCESSFUL),
        ({"resulted": True, "unsuccessful": True}, Phase.DRAWN),
        ({"voided": True}, Phase.VOID),
    ],
)
def test_phase(instants, phase):
    none = dict.fromkeys(("resulted", "voided", "unsuccessful"), False)
    assert rules.phase_of(**{**none, **instants}) is phase


THROWN = {"value": "0123456789", "thrown_at": AFTER, "place": "hall", "names": "Liang"}


@pytest.mark.parametrize(
    ("typed", "known", "codes"),
    [
        ({}, {}, []),
        ({"value": "9" * 40}, {}, []),
        ({"value": "123456789"}, {}, ["throw_malformed"]),
        ({"value": "1" * 41}, {}, ["throw_malformed"]),
        ({"value": "01234-6789"}, {}, ["throw_malformed"]),
        ({"value": "０123456789"}, {}, ["throw_malformed"]),
        ({"thrown_at": AFTER - TICK}, {}, ["throw_too_early"]),
        ({}, {"now": AFTER - TICK}, ["throw_to_come"]),
        ({}, {"head_at": None}, ["throw_unsigned"]),
        ({}, {"head_at": AFTER}, ["throw_unsigned"]),
        ({"place": " "}, {}, ["throw_without_place"]),
        ({"names": " "}, {}, ["throw_without_witness"]),
        ({"place": "x" * 101}, {}, ["throw_too_long"]),
        ({"names": "x" * 201}, {}, ["throw_too_long"]),
        ({}, {"standing": True}, ["throw_entered"]),
        ({}, {"settled": True, "standing": True}, ["throw_settled"]),
    ],
)
def test_a_throw(typed, known, codes):
    throw = Throw(**{**THROWN, "witness": Witness.REGISTRANT, **typed})
    facts = {"now": AFTER, "after": AFTER, "head_at": FROZEN_AT, "standing": False, "settled": False, **known}
    assert [one.code for one in rules.refusals_to_throw(throw, **facts)] == codes


@pytest.mark.parametrize(
    ("other", "agreed"),
    [
        ({}, True),
        ({"place": "room 2", "names": "Su", "witness": Witness.SUPERVISOR}, True),
        ({"value": "0123456780"}, False),
        ({"thrown_at": AFTER + timedelta(minutes=1)}, False),
    ],
)
def test_two_throws_agree_in_digits_and_instant(other, agreed):
    one = Throw(**THROWN, witness=Witness.REGISTRANT)
    assert rules.agree([one, replace(one, **other)]) is agreed


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_day_is_the_one_the_verifier_accepts(after):
    """The day's drawings start at or after the instant, those of the day before did not."""
    on = rules.first_day(after)
    starts = rules.entry_opens(on) - timedelta(hours=2)
    assert starts - timedelta(days=1) < after <= starts


@pytest.mark.parametrize(
    ("after", "on"),
    [
        (datetime(2026, 3, 4, 12, 0, tzinfo=UTC), date(2026, 3, 4)),  # 20:00 sharp in Shanghai
        (datetime(2026, 3, 4, 12, 0, 0, 1, tzinfo=UTC), date(2026, 3, 5)),
        (datetime(2026, 3, 4, 16, 0, tzinfo=UTC), date(2026, 3, 5)),  # midnight there
    ],
)
def test_first_day(after, on):
    assert rules.first_day(after) == on


@pytest.mark.parametrize(
    ("value", "now", "state", "expected"),
    [
        ("372-90418", datetime(2026, 3, 4, 14, 0, tzinfo=UTC), {}, []),
        ("372-90418", datetime(2026, 3, 4, 14, 0, tzinfo=UTC) - TICK, {}, ["beacon_too_early"]),
        ("37290418", datetime(2026, 3, 4, 14, 0, tzinfo=UTC), {}, ["beacon_malformed"]),
        ("372-9041٣", datetime(2026, 3, 4, 14, 0, tzinfo=UTC), {}, ["beacon_malformed"]),
        ("372-90418\n", datetime(2026, 3, 4, 14, 0, tzinfo=UTC), {}, ["beacon_malformed"]),
        ("372-90418", datetime(2026, 3, 4, 14, 0, tzinfo=UTC), {"settled": True}, ["beacon_settled"]),
        ("372-90418", datetime(2026, 3, 4, 14, 0, tzinfo=UTC), {"standing": True}, ["beacon_entered"]),
        ("x", datetime(2026, 3, 4, tzinfo=UTC), {}, ["beacon_malformed", "beacon_too_early"]),
    ],
)
def test_typing_a_beacon(value, now, state, expected):
    state = {"standing": False, "settled": False, **state}
    found = rules.refusals_to_enter(BeaconInput(date(2026, 3, 4), value), now=now, **state)
    assert [refusal.code for refusal in found] == expected


def test_reasons_stand_in_the_frozen_text_once_and_ascending():
    found = rules.codes([Refusal("b.c"), Refusal("a"), Refusal("b.c", "register.commit")])
    assert found == ("a", "b.c")
    lottery.Line("91450800MA5K000013", 0, "11" * 32, "browser", (), found)
