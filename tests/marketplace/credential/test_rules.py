"""When a certificate counts, from plain values."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.refusal import OutOfTurn
from marketplace.agency import rules as agencies
from marketplace.credential import rules
from marketplace.credential.rules import Certificate, CredentialAct, Doubt, Phase

TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)
PLAIN = Certificate("surveying_mapping", "甲级", "No. 1", date(2025, 1, 1), date(2026, 12, 31))
GRADES = ("甲级", "乙级")


@pytest.mark.parametrize(
    ("since", "until", "verified", "refused", "phase"),
    [
        (TODAY, TODAY, True, False, Phase.VALID),
        (TODAY - DAY, TODAY - DAY, True, False, Phase.EXPIRED),
        (TODAY + DAY, TODAY + DAY, True, False, Phase.NOT_YET),
        (TODAY, TODAY, False, False, Phase.PENDING),
        (TODAY + DAY, TODAY + DAY, False, False, Phase.PENDING),
        (TODAY - DAY, TODAY - DAY, False, False, Phase.EXPIRED),
        (TODAY - DAY, TODAY - DAY, False, True, Phase.REFUSED),
    ],
)
def test_the_last_day_counts_and_expiry_comes_by_itself(since, until, verified, refused, phase):
    """M08; both days belong to the validity."""
    found = rules.phase_of(valid_from=since, valid_until=until, verified=verified, refused=refused, today=TODAY)
    assert found is phase


def refusals(certificate=PLAIN, *, phase=agencies.Phase.ACTIVE, grades=GRADES, known=()):
    return [
        refusal.code
        for refusal in rules.refusals_to_submit(
            certificate, agency_phase=phase, grades=grades, known=known, today=TODAY
        )
    ]


@pytest.mark.parametrize(
    ("phase", "refused"),
    [(None, True), *((phase, phase in {agencies.Phase.LAPSED, agencies.Phase.REJECTED}) for phase in agencies.Phase)],
)
def test_a_certificate_follows_an_application(phase, refused):
    """Whoever has applied may hand in; whoever was rejected applies again first."""
    assert (refusals(phase=phase) == ["credential_before_entry"]) is refused


@pytest.mark.parametrize(
    ("grades", "grade", "code"),
    [
        (GRADES, "乙级", []),
        (GRADES, "丙级", ["grade_unknown"]),
        (GRADES, "", ["grade_unknown"]),
        ((), "", []),
        ((), "甲级", ["grade_unknown"]),
        (None, "甲级", ["credential_qualification_unknown"]),
    ],
)
def test_the_grade_is_one_of_the_qualification(grades, grade, code):
    """A qualification without grades has none."""
    assert refusals(replace(PLAIN, grade=grade), grades=grades) == code


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (TODAY, TODAY, []),
        (TODAY, TODAY - DAY, ["validity_reversed"]),
        (TODAY - 9 * DAY, TODAY - DAY, ["certificate_expired"]),
        (TODAY + DAY, TODAY + DAY, []),
    ],
)
def test_an_expired_certificate_is_not_taken(since, until, code):
    """entry.expiry_reminders (JX3): an expired certificate is a violation."""
    assert refusals(replace(PLAIN, valid_from=since, valid_until=until)) == code


def test_a_renewal_begins_after_the_period_that_is_known():
    """The same number again is a renewal, not a second certificate."""
    known = ((date(2025, 1, 1), date(2026, 12, 31)),)
    assert refusals(known=known) == ["credential_known"]
    renewed = replace(PLAIN, valid_from=date(2027, 1, 1), valid_until=date(2029, 12, 31))
    assert refusals(renewed, known=known) == []


@given(st.dates(), st.dates(), st.dates(), st.dates())
def test_periods_overlap_where_they_share_a_day(a, b, c, d):
    """Both ends included, and it does not matter which one is asked about the other."""
    first, second = sorted((a, b)), sorted((c, d))
    one = replace(PLAIN, valid_from=first[0], valid_until=first[1])
    other = replace(PLAIN, valid_from=second[0], valid_until=second[1])
    shared = max(first[0], second[0]) <= min(first[1], second[1])
    assert rules.overlap(one, [tuple(second)]) is shared
    assert rules.overlap(other, [tuple(first)]) is shared


def test_every_reason_at_once():
    """M15's way of speaking."""
    nothing = Certificate("", "", " ", TODAY, TODAY - DAY)
    assert refusals(nothing, phase=None, grades=None) == [
        "credential_before_entry",
        "credential_qualification_unknown",
        "certificate_no_missing",
        "validity_reversed",
    ]


def test_a_doubt_has_a_reason():
    """Otherwise nobody could cure it."""
    assert [refusal.code for refusal in rules.refusals_to_refuse(Doubt(" "))] == ["credential_reason_missing"]


@pytest.mark.parametrize("phase", [Phase.VALID, Phase.EXPIRED, Phase.REFUSED, Phase.NOT_YET])
def test_only_what_waits_is_judged(phase):
    """rules.md §3.2."""
    with pytest.raises(OutOfTurn):
        rules.FLOW.after(phase, CredentialAct.VERIFY)
