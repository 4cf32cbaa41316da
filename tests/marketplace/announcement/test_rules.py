"""When a need may become public, change, or end: boundaries to the microsecond."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calendar.rules import HoursTerms
from app.refusal import OutOfTurn
from app.rulebook import RulebookError
from marketplace.announcement import rules
from marketplace.announcement.rules import (
    FLOW,
    AnnouncementAct,
    AnnouncementKind,
    AttemptTerms,
    Change,
    Conclusion,
    Counted,
    Decision,
    DrawTerms,
    Ending,
    HoldKind,
    Instants,
    Phase,
    PublishTerms,
    Window,
    phase_of,
)
from marketplace.need.rules import Fund, Method, Minimum, Payer

CLOSING = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
WINDOW = Window(CLOSING, "publish.min_days_small", HoursTerms(opens=time(9), closes=time(17, 30)))
PUBLISH = PublishTerms(
    review_fiscal_state=True,
    review_social=False,
    review_deadline=1,
    small_limit=10_000_000,
    min_days_small=1,
    min_days_large=3,
)


def facts(**changes):
    return Instants(
        **{
            "kind": AnnouncementKind.OPEN,
            "approved_at": None,
            "returned_at": None,
            "published_at": CLOSING - timedelta(days=2),
            "repeat_at": None,
            "withdrawn_at": None,
            "closes_at": CLOSING,
            "decision": None,
            "held_at": None,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("changes", "now", "phase"),
    [
        ({"published_at": None}, CLOSING, Phase.IN_REVIEW),
        ({"published_at": None, "approved_at": CLOSING}, CLOSING, Phase.SCHEDULED),
        ({"published_at": None, "returned_at": CLOSING}, CLOSING, Phase.RETURNED),
        ({}, CLOSING - TICK, Phase.REGISTERING),
        ({}, CLOSING, Phase.SELECTING),
        ({"decision": Decision.DRAWN}, CLOSING, Phase.DECIDED),
        ({"decision": Decision.UNSUCCESSFUL}, CLOSING, Phase.UNSUCCESSFUL),
        ({"decision": Decision.VOID}, CLOSING, Phase.VOID),
        ({"decision": Decision.VOID, "repeat_at": CLOSING}, CLOSING, Phase.SCHEDULED),
        ({"decision": Decision.WITHDRAWN, "withdrawn_at": CLOSING}, CLOSING - TICK, Phase.WITHDRAWN),
        ({"kind": AnnouncementKind.DIRECT, "decision": Decision.DRAWN}, CLOSING, Phase.DIRECT),
        ({"held_at": CLOSING - TICK}, CLOSING + TICK, Phase.HELD),
        ({"held_at": CLOSING, "decision": Decision.DRAWN}, CLOSING + TICK, Phase.HELD),
        ({"held_at": CLOSING, "decision": Decision.UNSUCCESSFUL}, CLOSING + TICK, Phase.UNSUCCESSFUL),
    ],
)
def test_the_phase_follows_from_instants_and_decisions(changes, now, phase):
    assert phase_of(facts(**changes), now=now) is phase


@pytest.mark.parametrize(
    ("wish", "workday", "codes"),
    [
        (CLOSING, True, []),
        (CLOSING - TICK, True, ["closing_too_early", "closing_outside_hours"]),
        (CLOSING + timedelta(hours=8, minutes=30), True, []),
        (CLOSING + timedelta(hours=8, minutes=30) + TICK, True, ["closing_outside_hours"]),
        (CLOSING + timedelta(days=3), False, ["closing_not_workday"]),
        (CLOSING - timedelta(days=400), True, ["closing_too_early"]),
        (CLOSING + timedelta(days=366), True, []),
        (CLOSING + timedelta(days=367), True, ["closing_too_late"]),
    ],
)
def test_a_closing_lies_after_the_earliest_on_a_working_day_within_the_hours(wish, workday, codes):
    reasons = list(rules.refusals_to_closing(wish, workday=workday, window=WINDOW))
    assert [reason.code for reason in reasons] == codes
    assert all(reason.params["earliest_at"] == CLOSING.isoformat() for reason in reasons)
    assert {reason.clause for reason in reasons} <= {"publish.min_days_small", "calendar.opens", None}


@pytest.mark.parametrize(
    ("budget", "days", "clause"),
    [(10_000_000, 1, "publish.min_days_small"), (10_000_001, 3, "publish.min_days_large")],
)
def test_the_minimum_depends_on_the_budget(budget, days, clause):
    assert PUBLISH.minimum(budget) == (days, clause)


@pytest.mark.parametrize(("fund", "reviewed"), [(Fund.FISCAL, True), (Fund.STATE, True), (Fund.SOCIAL, False)])
def test_public_money_is_reviewed(fund, reviewed):
    assert PUBLISH.reviewed(fund) is reviewed
    way = {reason.code for reason in rules.refusals_to_way(act=AnnouncementAct.PUBLISH, reviewed=reviewed)}
    assert way == ({"review_needed"} if reviewed else set())


def test_what_cannot_be_announced_says_every_reason():
    reasons = rules.refusals_to_announce(method=Method.DIRECT, abandoned=True)
    assert {reason.code for reason in reasons} == {"need_abandoned", "announce_direct"}


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (Change("larger", content="five hectares"), []),
        (Change("longer", expected_days=11), []),
        (Change("later", closes_at=CLOSING + TICK), []),
        (Change("", content="five hectares"), ["amend_without_reason"]),
        (Change("none"), ["nothing_amended"]),
        (Change("none", content="four hectares", expected_days=10, closes_at=CLOSING), ["nothing_amended"]),
        (Change("empty", content=" "), ["need_incomplete"]),
        (Change("days", expected_days=0), ["need_days_out_of_range"]),
        (Change("days", expected_days=2**40), ["need_days_out_of_range"]),
    ],
)
def test_an_amendment_changes_something_for_a_reason(change, codes):
    reasons = rules.refusals_to_amend(change, content="four hectares", expected_days=10, closes_at=CLOSING)
    assert [reason.code for reason in reasons] == codes


@given(before=st.datetimes(timezones=st.just(UTC)), earliest=st.datetimes(timezones=st.just(UTC)))
def test_an_amended_closing_never_leaves_less_than_the_minimum(before, earliest):
    closing = rules.amended_closing(Change("any"), closes_at=before, earliest=earliest)
    assert closing >= earliest
    assert closing >= before


@pytest.mark.parametrize(("attempts", "refused"), [(1, False), (2, True), (3, True)])
def test_the_same_terms_are_announced_twice_at_most(attempts, refused):
    reasons = list(rules.refusals_to_repeat(attempts=attempts, concluded=False, terms=AttemptTerms(max=2)))
    assert bool(reasons) is refused
    assert all(reason.clause == "attempts.max" for reason in reasons)


def test_an_attempt_fails_at_its_freeze_and_not_before():
    assert [reason.code for reason in rules.refusals_to_close_unsuccessful(frozen=False)] == ["attempt_not_frozen"]
    assert not list(rules.refusals_to_close_unsuccessful(frozen=True))


def test_an_act_out_of_turn_is_an_error():
    allowed = {(phase, act) for phase, act, _ in FLOW}
    for phase, act in product(Phase, AnnouncementAct):
        if (phase, act) not in allowed:
            with pytest.raises(OutOfTurn):
                FLOW.after(phase, act)


@pytest.mark.parametrize(
    ("workday", "earliest", "earliest_now", "closing"),
    [
        (True, 4, 9, 5),
        (True, 5, 9, 5),
        (True, 6, 3, 6),
        (True, 6, 8, 8),
        (False, 4, 3, 7),
        (False, 4, 9, 9),
    ],
)
def test_a_provisional_closing_moves_later_or_not_at_all(workday, earliest, earliest_now, closing):
    """rules.md §2.1 and publish.revision: lawful it stays; moved, the minimum remains from now on."""
    at = [datetime(2027, 1, day, 1, tzinfo=UTC) for day in range(1, 12)]
    found = rules.settled_closing(
        closes_at=at[5],
        workday=workday,
        next_workday_at=at[7],
        earliest=at[earliest],
        earliest_now=at[earliest_now],
    )
    assert found == at[closing]


@pytest.mark.parametrize(
    ("reason", "held", "codes"),
    [
        ("why", timedelta(0), []),
        ("why", timedelta(days=30) - TICK, []),
        ("why", timedelta(days=30), ["hold_used_up"]),
        (" ", timedelta(days=31), ["hold_used_up", "hold_without_reason"]),
    ],
)
def test_a_hold_says_why_and_ends(reason, held, codes):
    assert [one.code for one in rules.refusals_to_hold(reason, held=held)] == codes


@pytest.mark.parametrize(
    ("act", "kind", "evidence", "codes"),
    [
        (AnnouncementAct.RELEASE, HoldKind.SUPERVISION, False, []),
        (AnnouncementAct.RELEASE, HoldKind.FAULT, True, ["hold_of_fault"]),
        (AnnouncementAct.RELEASE_FAULT, HoldKind.FAULT, True, []),
        (AnnouncementAct.RELEASE_FAULT, HoldKind.FAULT, False, ["release_without_evidence"]),
        (AnnouncementAct.RELEASE_FAULT, HoldKind.SUPERVISION, True, ["hold_of_supervision"]),
    ],
)
def test_who_held_releases(act, kind, evidence, codes):
    assert [one.code for one in rules.refusals_to_release("why", kind=kind, act=act, evidence=evidence)] == codes
    more = [one.code for one in rules.refusals_to_release("", kind=kind, act=act, evidence=evidence)]
    assert sorted(more) == sorted([*codes, "release_without_reason"])


@pytest.mark.parametrize(
    ("held_at", "stops"), [(None, False), (CLOSING - TICK, True), (CLOSING, False), (CLOSING + TICK, False)]
)
def test_only_a_hold_before_the_closing_stops_the_clock(held_at, stops):
    assert rules.stops_clock(held_at=held_at, closes_at=CLOSING) is stops


@pytest.mark.parametrize(("public", "social"), [("none", "none"), ("coin", "none"), ("lottery 3d+pl5", "dice")])
def test_no_rulebook_asks_for_a_beacon_that_could_not_be_followed(public, social):
    DrawTerms(beacon_fiscal_state="lottery 3d+pl5", beacon_social="none", witness_place="hall")
    DrawTerms(beacon_fiscal_state="witness", beacon_social="witness", witness_place="hall")
    with pytest.raises(RulebookError):
        DrawTerms(beacon_fiscal_state=public, beacon_social=social, witness_place="hall")


@pytest.mark.parametrize(
    ("ending", "failed", "void", "payer", "codes"),
    [
        (Ending.CANCEL, 1, False, Payer.PURCHASER, []),
        (Ending.CHANGE, 1, False, Payer.PURCHASER, ["attempts_left"]),
        (Ending.CHANGE, 2, False, Payer.PURCHASER, []),
        # rules.md §3.1 row 38: what is void is corrected
        (Ending.CHANGE, 0, True, Payer.PURCHASER, []),
        (Ending.DIRECT, 1, True, Payer.PURCHASER, ["attempts_left"]),
        (Ending.DIRECT, 2, False, Payer.PURCHASER, []),
        (Ending.DIRECT, 2, False, Payer.AUTHORITY, ["need_authority_pays_competes"]),
    ],
)
def test_after_so_many_failures_three_ways_are_left(ending, failed, void, payer, codes):
    asked = {"failed": failed, "void": void, "payer": payer, "terms": AttemptTerms(max=2)}
    found = rules.refusals_to_conclude(Conclusion(ending, "why"), concluded=False, **asked)
    assert [one.code for one in found] == codes
    again = rules.refusals_to_conclude(Conclusion(ending, " "), concluded=True, **asked)
    assert [one.code for one in again] == ["concluded_already", "conclude_without_explanation", *codes]


@pytest.mark.parametrize(
    ("able", "winners", "direct", "codes"),
    [
        (1, 1, False, []),
        (2, 2, False, []),
        (3, 1, False, ["count_enough"]),
        (0, 1, False, ["count_nobody"]),
        (1, 2, False, ["count_below_winners"]),
        (1, 1, True, ["count_direct"]),
    ],
)
def test_a_count_is_published_where_it_changes_something(able, winners, direct, codes):
    found = rules.refusals_to_count(
        direct=direct, able=able, winners=winners, minimum=Minimum(3, "min_valid.fiscal_state")
    )
    assert [one.code for one in found] == codes


@pytest.mark.parametrize(
    ("changed", "now", "codes"),
    [
        ({}, CLOSING, []),
        ({}, CLOSING - TICK, ["thin_publicity_open"]),
        ({"same": False}, CLOSING, ["thin_outdated"]),
        ({"able": 2}, CLOSING, ["thin_outdated"]),
        ({"able": 0}, CLOSING, []),
    ],
)
def test_what_was_counted_holds_while_it_is_true(changed, now, codes):
    counted = replace(Counted(("one",), CLOSING, same=True, able=1), **changed)
    assert [one.code for one in rules.refusals_to_thin(counted, winners=1, now=now)] == codes
    assert [one.code for one in rules.refusals_to_thin(None, winners=1, now=now)] == ["thin_not_counted"]
