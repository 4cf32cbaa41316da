"""Whom an operator may invite, and what a letter opens."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.invitation import rules
from marketplace.invitation.rules import Invitation, Phase

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LINE = {
    "code": "91450803MA5KXXXXXX",
    "name": "甲测绘有限公司",
    "region": "450803",
    "legal_representative": "李四",
    "contact": "王五",
    "phone": "0775-4567890",
    "address": "建设路1号",
}


def codes(phase=None, here=False, code_valid=True, region_known=True, **only):
    reasons = rules.refusals_to_send(
        Invitation(**(LINE | only)), code_valid=code_valid, region_known=region_known, here=here, phase=phase
    )
    return [(reason.code, reason.field) for reason in reasons]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"introduction": ""}, []),
        ({"phase": Phase.LAPSED}, []),
        ({"phase": Phase.OPEN}, [("invited_already", "code")]),
        ({"phase": Phase.ACCEPTED, "here": True}, [("invited_is_here", "code")]),
        ({"here": True}, [("invited_is_here", "code")]),
        ({"code_valid": False}, [("invited_code_invalid", "code")]),
        ({"region_known": False}, [("invited_region_unknown", "region")]),
        ({"contact": " "}, [("invited_field_missing", "contact")]),
        ({"name": "", "address": ""}, [("invited_field_missing", "name"), ("invited_field_missing", "address")]),
    ],
)
def test_sending(options, expected):
    assert codes(**options) == expected


@pytest.mark.parametrize(
    ("after", "accepted", "phase"),
    [
        (timedelta(0), False, Phase.OPEN),
        (rules.COUNTS_FOR - timedelta(microseconds=1), False, Phase.OPEN),
        (rules.COUNTS_FOR, False, Phase.LAPSED),
        (rules.COUNTS_FOR, True, Phase.ACCEPTED),
    ],
)
def test_a_letter_counts_until_its_half_open_end(after, accepted, phase):
    found = rules.phase_of(expires_at=NOW + rules.COUNTS_FOR, accepted_at=NOW if accepted else None, now=NOW + after)
    assert found is phase


@pytest.mark.parametrize(
    ("phase", "right", "expected"),
    [
        (Phase.OPEN, True, []),
        (Phase.OPEN, False, ["invitation_unknown"]),
        (None, False, ["invitation_unknown"]),
        (Phase.ACCEPTED, True, ["invitation_used"]),
        (Phase.LAPSED, True, ["invitation_lapsed"]),
        (Phase.LAPSED, False, ["invitation_unknown"]),
    ],
)
def test_accepting(phase, right, expected):
    assert [reason.code for reason in rules.refusals_to_accept(phase=phase, activation_right=right)] == expected


@pytest.mark.parametrize("typed", ["97YQ-T962-GQS2-YQD0", "97yqt962gqs2yqd0", " 97YQ T962 GQS2 YQDO "])
def test_a_code_is_read_as_people_write_it(typed):
    assert rules.activation_read(typed) == "97YQT962GQS2YQD0"


def test_one_is_written_for_i():
    assert rules.activation_read("iI1") == "111"
