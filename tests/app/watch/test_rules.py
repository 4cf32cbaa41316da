"""When a limit warns and when it alarms; who may close an alarm; what an outage must say."""

from datetime import UTC, datetime, timedelta

import pytest

from app.actor import Role
from app.watch import rules
from app.watch.rules import Assignment, Closing, Failed, Level, Outage, Phase, Reason

END = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)
TICK = timedelta.resolution
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("now", "before", "warned", "alarms", "level"),
    [
        (END - DAY - TICK, DAY, False, True, None),
        (END - DAY, DAY, False, True, Level.WARNING),
        (END - DAY, DAY, True, True, None),
        (END - TICK, DAY, False, True, Level.WARNING),
        (END - TICK, None, False, True, None),
        (END, DAY, False, True, Level.ALARM),
        (END, DAY, True, True, Level.ALARM),
        (END + DAY, None, False, True, Level.ALARM),
        (END, DAY, True, False, None),
        (END, DAY, False, False, None),
    ],
)
def test_a_limit_warns_before_its_end_and_alarms_from_it_on(now, before, warned, alarms, level):
    """M33: half-open, to the microsecond; no warning is given once it is over."""
    assert rules.level_due(ends_at=END, before=before, warned=warned, alarms=alarms, now=now) is level


@pytest.mark.parametrize(
    ("level", "assigned", "closed", "phase"),
    [
        (Level.WARNING, False, False, Phase.WARNED),
        (Level.WARNING, False, True, Phase.CLOSED),
        (Level.ALARM, False, False, Phase.RAISED),
        (Level.ALARM, True, False, Phase.ASSIGNED),
        (Level.ALARM, True, True, Phase.CLOSED),
    ],
)
def test_the_phase_follows_from_the_row(level, assigned, closed, phase):
    assert rules.phase_of(level=level, assigned=assigned, closed=closed) is phase


def closing_codes(explanation="done", **facts):
    given = {"fixed": False, "assigned": True, "mine": True, "role": Role.SUPERVISOR, "responsible": ()} | facts
    closing = Closing(Reason.REMEDIED, explanation)
    return [one.code for one in rules.refusals_to_close(closing, **given)]


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        ({}, []),
        ({"explanation": "  "}, ["alarm_without_explanation"]),
        ({"fixed": True}, ["alarm_fixed"]),
        ({"fixed": True, "role": Role.OPERATOR, "assigned": False}, ["alarm_fixed"]),
        ({"assigned": False, "mine": False}, ["alarm_unassigned"]),
        ({"mine": False}, ["alarm_of_another"]),
        ({"role": Role.OPERATOR, "responsible": (Role.OPERATOR,)}, ["alarm_about_you"]),
        ({"role": Role.REGULATOR, "responsible": (Role.REGULATOR,)}, ["alarm_about_you"]),
        ({"role": Role.OPERATOR, "responsible": (Role.REGULATOR,)}, []),
        ({"role": Role.SUPERVISOR, "responsible": (Role.OPERATOR, Role.SUPERVISOR)}, []),
    ],
)
def test_who_may_close_an_alarm(facts, codes):
    assert closing_codes(**facts) == codes


def test_an_alarm_goes_to_an_office_of_its_place_or_to_one_of_its_people():
    def codes(office, account=None):
        known = {"offices": {"A", "B"}, "accounts": {"regulator1"}}
        return [one.code for one in rules.refusals_to_assign(Assignment(office, account), **known)]

    assert codes("A") == codes("A", "regulator1") == []
    assert codes("C") == codes("C", "regulator1") == ["alarm_office_unknown"]
    assert codes("A", "regulator2") == ["alarm_account_unknown"]


@pytest.mark.parametrize(
    ("since", "until", "explanation", "known", "codes"),
    [
        (END - DAY, END, "power", True, []),
        (END - rules.LONGEST, END, "power", True, []),
        (END, END, "power", True, ["outage_backward"]),
        (END - rules.LONGEST - TICK, END, "power", True, ["outage_too_long"]),
        (END, END + TICK, "power", True, ["outage_not_over"]),
        (END - rules.LONGEST - DAY, END - rules.LONGEST - TICK, "power", True, ["outage_too_old"]),
        (END - DAY, END, " ", False, ["outage_without_explanation", "outage_without_evidence"]),
    ],
)
def test_an_outage_is_over_recent_explained_and_proved(since, until, explanation, known, codes):
    outage = Outage(since, until, "450800", Failed.ALL, explanation, "ab" * 32)
    assert [one.code for one in rules.refusals_to_record(outage, evidence_known=known, now=END)] == codes
