"""How far an opening has come, and why a key may not be used."""

from datetime import UTC, datetime, timedelta

import pytest

from bidding.opening import rules
from bidding.opening.rules import Divided, Phase

CLOSED = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
DUE = CLOSED + timedelta(days=1)
TICK = timedelta(microseconds=1)


def phase(now, *, uses=0, gone=False, frozen=True):
    at = CLOSED if frozen else None
    return rules.phase_of(Divided(opens_at=at, due_at=DUE if frozen else None, gone=gone, uses=uses), now=now)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (phase(CLOSED, frozen=False), Phase.TO_COME),
        (phase(CLOSED - TICK), Phase.TO_COME),
        (phase(CLOSED), Phase.WAITING),
        (phase(CLOSED, uses=1), Phase.HALF),
        (phase(CLOSED, uses=2), Phase.COMPLETE),
        (phase(DUE - TICK, uses=1), Phase.HALF),
        (phase(DUE, uses=1), Phase.PASSED),
        (phase(DUE), Phase.PASSED),
        # two who came in time open, however long an envelope that did not open holds everything up
        (phase(DUE, uses=2), Phase.COMPLETE),
        (phase(CLOSED, uses=2, gone=True), Phase.OVER),
        (phase(CLOSED, frozen=False, gone=True), Phase.OVER),
    ],
)
def test_phase(found, expected):
    assert found is expected


def test_a_use_counts_for_an_hour():
    assert not rules.is_stale(CLOSED, now=CLOSED + timedelta(hours=1) - TICK)
    assert rules.is_stale(CLOSED, now=CLOSED + timedelta(hours=1))


@pytest.mark.parametrize(
    ("phase", "used", "fits", "codes"),
    [
        (Phase.WAITING, False, True, []),
        (Phase.HALF, False, True, []),
        (Phase.HALF, True, True, ["opening_used"]),
        (Phase.TO_COME, False, True, ["opening_too_early"]),
        (Phase.TO_COME, False, None, ["opening_too_early", "key_file_malformed"]),
        (Phase.COMPLETE, False, True, ["opening_enough"]),
        (Phase.PASSED, False, True, ["opening_passed"]),
        (Phase.OVER, False, False, ["opening_over", "key_file_wrong"]),
    ],
)
def test_why_a_key_may_not_be_used(phase, used, fits, codes):
    found = rules.refusals_to_unseal(phase, used=used, fits=fits, closes_at=CLOSED, due_at=DUE)
    assert [one.code for one in found] == codes
