"""When an agency may register: every boundary to the microsecond, every reason at once, nothing about rivals."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.refusal import OutOfTurn, Refusal
from bidding.registration import rules
from bidding.registration.rules import (
    FLOW,
    Made,
    Phase,
    Position,
    Promise,
    RegistrationAct,
    RegistrationTerms,
    Window,
)

OPENS = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CLOSES = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
WINDOW = Window(direct=False, withdrawn=False, held=False, decided=False, opens=OPENS, closes=CLOSES)
STRICT = RegistrationTerms(accept_longer_promise=False)
LENIENT = RegistrationTerms(accept_longer_promise=True)
POSITION = Position(own_need=False, active=True, registered=False, standing=(), expected_days=10)
PROMISE = Promise(days=10, contribution="ab" * 32, made=Made.BROWSER)


def window(**changes):
    return Window(**{field.name: getattr(WINDOW, field.name) for field in fields(Window)} | changes)


def position(**changes):
    return Position(**{field.name: getattr(POSITION, field.name) for field in fields(Position)} | changes)


def codes(refusals):
    return [refusal.code for refusal in refusals]


def submit(promise=PROMISE, *, position=POSITION, window=WINDOW, terms=STRICT, now=OPENS):
    return list(rules.refusals_to_submit(promise, position=position, window=window, terms=terms, now=now))


@pytest.mark.parametrize(
    ("at", "because"),
    [
        (OPENS - MICROSECOND, "not_open.not_yet"),
        (OPENS, None),
        (CLOSES - MICROSECOND, None),
        (CLOSES, "not_open.closed"),
        (CLOSES + MICROSECOND, "not_open.closed"),
    ],
)
def test_registration_is_open_from_the_publication_up_to_but_not_at_the_closing(at, because):
    refusals = submit(now=at)
    assert [refusal.params["because"] for refusal in refusals] == ([] if because is None else [because])


@pytest.mark.parametrize(
    ("changes", "at", "because"),
    [
        ({"direct": True}, OPENS, "not_open.direct"),
        ({"withdrawn": True}, OPENS, "not_open.withdrawn"),
        ({"withdrawn": True, "decided": True}, CLOSES, "not_open.withdrawn"),
        ({"decided": True}, OPENS, "not_open.decided"),
        ({"decided": True}, CLOSES, "not_open.closed"),
    ],
)
def test_an_announcement_that_ended_takes_nothing_and_says_why(changes, at, because):
    assert [refusal.params["because"] for refusal in submit(window=window(**changes), now=at)] == [because]


@pytest.mark.parametrize(
    ("days", "terms", "code"),
    [
        (0, STRICT, "promise_not_positive"),
        (-1, LENIENT, "promise_not_positive"),
        (1, STRICT, None),
        (10, STRICT, None),
        (11, STRICT, "promise_too_long"),
        (11, LENIENT, None),
    ],
)
def test_a_promise_is_as_long_as_asked_or_shorter(days, terms, code):
    refusals = submit(Promise(days, PROMISE.contribution), terms=terms)
    assert codes(refusals) == ([] if code is None else [code])


def test_a_promise_that_is_too_long_names_clause_field_and_both_figures():
    (refusal,) = submit(Promise(12, PROMISE.contribution))
    assert refusal == Refusal(
        "promise_too_long",
        clause="register.accept_longer_promise",
        field="days",
        params={"promised": 12, "expected": 10},
    )


@pytest.mark.parametrize("contribution", ["", "ab" * 31, "ab" * 33, "AB" * 32, "zz" * 32, "ab" * 32 + "\n"])
def test_a_contribution_is_64_hex_digits_in_lower_case(contribution):
    assert codes(submit(Promise(5, contribution))) == ["contribution_malformed"]


def test_an_agency_cannot_say_that_its_contribution_was_thrown_at_the_counter():
    assert codes(submit(Promise(5, "ab" * 32, Made.DESK))) == ["contribution_not_from_desk"]


def test_every_reason_is_said_at_once():
    standing = (Refusal("grade_too_low"), Refusal("credential_missing"))
    refusals = submit(
        Promise(11, "x"),
        position=position(own_need=True, active=False, registered=True, standing=standing),
        now=CLOSES,
    )
    assert codes(refusals) == [
        "not_open",
        "same_organisation",
        "already_registered",
        "agency_not_active",
        "grade_too_low",
        "credential_missing",
        "promise_too_long",
        "contribution_malformed",
    ]


def test_what_keeps_an_agency_out_is_said_before_it_types_anything():
    refusals = rules.refusals_to_take_part(position(active=False), window=WINDOW, now=OPENS)
    assert codes(refusals) == ["agency_not_active"]


@pytest.mark.parametrize(
    ("promised", "expected", "terms", "code"),
    [(10, 10, STRICT, None), (10, 9, STRICT, "promise_outgrown"), (10, 9, LENIENT, None), (9, 10, STRICT, None)],
)
def test_after_an_amendment_the_promise_must_still_answer(promised, expected, terms, code):
    refusals = rules.refusals_to_reconfirm(
        promised=promised, expected=expected, window=WINDOW, standing=(), terms=terms, now=OPENS
    )
    assert codes(refusals) == ([] if code is None else [code])


def test_reconfirming_asks_for_the_time_and_the_standing_too():
    refusals = rules.refusals_to_reconfirm(
        promised=5, expected=5, window=WINDOW, standing=(Refusal("grade_too_low"),), terms=STRICT, now=CLOSES
    )
    assert codes(refusals) == ["not_open", "grade_too_low"]


@pytest.mark.parametrize(
    ("withdrawn", "judged", "reasons", "revision", "phase"),
    [
        (False, False, None, 2, Phase.IN_FORCE),
        (False, False, None, 1, Phase.UNCONFIRMED),
        (False, True, (), 2, Phase.VALID),
        (False, True, ("grade_too_low",), 2, Phase.INVALID),
        (True, False, None, 2, Phase.WITHDRAWN),
        (True, False, None, 1, Phase.WITHDRAWN),
    ],
)
def test_the_phase_follows_from_what_is_stored(withdrawn, judged, reasons, revision, phase):
    found = rules.phase_of(withdrawn=withdrawn, judged=judged, reasons=reasons, revision=revision, announced_revision=2)
    assert found is phase


def test_only_what_is_in_force_can_be_taken_back_and_only_what_is_unconfirmed_confirmed():
    assert FLOW.after(Phase.IN_FORCE, RegistrationAct.WITHDRAW) is Phase.WITHDRAWN
    assert FLOW.after(Phase.UNCONFIRMED, RegistrationAct.RECONFIRM) is Phase.IN_FORCE
    for phase, act in (
        (Phase.WITHDRAWN, RegistrationAct.WITHDRAW),
        (Phase.VALID, RegistrationAct.WITHDRAW),
        (Phase.IN_FORCE, RegistrationAct.RECONFIRM),
    ):
        with pytest.raises(OutOfTurn):
            FLOW.after(phase, act)


@given(st.integers(-5, 5000), st.integers(1, 5000), st.booleans())
def test_a_promise_accepted_without_leniency_is_positive_and_never_longer_than_asked(days, expected, lenient):
    refused = list(rules.refusals_to_days(days, expected=expected, terms=RegistrationTerms(lenient)))
    assert (not refused) == (days >= 1 and (lenient or days <= expected))


@given(st.text(max_size=70), st.sampled_from(Made))
def test_only_a_contribution_that_the_frozen_text_can_hold_is_accepted(text, made):
    refused = list(rules.refusals_to_contribution(Promise(1, text, made)))
    fits = len(text) == 64 and set(text) <= set("0123456789abcdef") and made is not Made.DESK
    assert (not refused) == fits
