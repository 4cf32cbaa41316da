"""Roles that exclude each other, lock-out, how long a session lives."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from app.actor import Role
from app.identity import rules

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("pair", list(combinations([role for role in Role if role is not Role.PUBLIC], 2)))
def test_no_account_holds_two_roles_but_purchaser_and_agency(pair):
    """mission.md: no account may hold two of these roles (管办分离); one organisation may both need and serve."""
    refused = [found.code for found in rules.refusals_to_grant(pair)]
    assert refused == ([] if set(pair) == {Role.PURCHASER, Role.AGENCY} else ["roles_exclude"])


@pytest.mark.parametrize(
    ("minutes_ago", "locked"), [([1, 2, 3, 4], False), ([1, 2, 3, 4, 5], True), ([1, 2, 3, 4, 15], False)]
)
def test_five_failures_in_a_quarter_of_an_hour(minutes_ago, locked):
    failures = [NOW - minutes * MINUTE for minutes in minutes_ago]
    assert (rules.locked_until(failures, now=NOW) is not None) is locked


def test_the_lock_ends_a_quarter_of_an_hour_after_the_fifth_last_failure():
    failures = [NOW - minutes * MINUTE for minutes in (1, 2, 3, 4, 5)]
    assert rules.locked_until(failures, now=NOW) == NOW + 10 * MINUTE


@pytest.mark.parametrize(("seen", "ends"), [(0, 30), (60, 90), (11 * 60 + 45, 12 * 60)])
def test_a_session_ends_when_idle_and_at_the_latest_after_twelve_hours(seen, ends):
    found = rules.session_ends(created_at=NOW, seen_at=NOW + seen * MINUTE)
    assert found == NOW + ends * MINUTE


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("a-long-password", []),
        ("123456789", ["password_short"]),
        ("zhangsan-2026", ["password_is_login"]),
        ("ZhangSan", ["password_short", "password_is_login"]),
    ],
)
def test_passwords(password, codes):
    assert [found.code for found in rules.refusals_to_password(password, login="zhangsan")] == codes
