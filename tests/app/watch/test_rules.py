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
    given = {"fixed": False, "assigned": True, "mine": True, "own": False} | facts
    closing = Closing(Reason.REMEDIED, explanation)
    return [one.code for one in rules.refusals_to_close(closing, **given)]


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        ({}, []),
        ({"explanation": "  "}, ["alarm_without_explanation"]),
        ({"fixed": True}, ["alarm_fixed"]),
        ({"fixed": True, "own": True, "assigned": False}, ["alarm_fixed"]),
        ({"assigned": False, "mine": False}, ["alarm_unassigned"]),
        ({"mine": False}, ["alarm_of_another"]),
        ({"own": True}, ["alarm_about_you"]),
        ({"own": True, "mine": False}, ["alarm_of_another", "alarm_about_you"]),
    ],
)
def test_who_may_close_an_alarm(facts, codes):
    assert closing_codes(**facts) == codes


@pytest.mark.parametrize(
    ("role", "named", "kinds", "own"),
    [
        (Role.OPERATOR, False, (Role.OPERATOR,), True),
        (Role.REGULATOR, False, (Role.REGULATOR,), True),
        (Role.OPERATOR, False, (Role.REGULATOR,), False),
        (Role.SUPERVISOR, False, (Role.OPERATOR, Role.SUPERVISOR), False),
        (Role.REGULATOR, True, (), True),
        (Role.SUPERVISOR, True, (), True),
        (Role.REGULATOR, False, (), False),
    ],
)
def test_whose_limit_it_was(role, named, kinds, own):
    assert rules.is_own(role=role, named=named, kinds=kinds) is own


def test_an_alarm_goes_to_an_office_of_its_place_or_to_one_of_its_people():
    def codes(office, account=None, *, own=False, assigned=False):
        known = {"offices": {"A", "B"}, "accounts": {"regulator1"}, "own": own, "assigned": assigned}
        return [one.code for one in rules.refusals_to_assign(Assignment(office, account), **known)]

    assert codes("A") == codes("A", "regulator1") == []
    assert codes("C") == codes("C", "regulator1") == ["alarm_office_unknown"]
    assert codes("A", "regulator2") == ["alarm_account_unknown"]
    assert codes("A", own=True) == codes("A", assigned=True) == []
    assert codes("A", own=True, assigned=True) == ["alarm_about_you_assigned"]


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
    reasons = rules.refusals_to_record(outage, region_known=True, recorded=None, evidence_known=known, now=END)
    assert [one.code for one in reasons] == codes


def test_an_outage_lies_somewhere_and_was_not_recorded_before():
    outage = Outage(END - DAY, END, "450899", Failed.ALL, "power", "ab" * 32)
    recorded = ("ABC", END - DAY, END - DAY + TICK)
    reasons = list(
        rules.refusals_to_record(outage, region_known=False, recorded=recorded, evidence_known=True, now=END)
    )
    assert [one.code for one in reasons] == ["outage_region_unknown", "outage_recorded"]
    assert reasons[1].params["no"] == "ABC"
