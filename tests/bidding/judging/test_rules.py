"""Who may be entered, named, declare and score, and what a sheet must hold before it is locked."""

import hashlib

import pytest

from bidding.judging import rules
from bidding.judging.rules import Declaration, JudgeInput, Named, Phase, Sheet, SheetLine

AGENCIES = ("A1", "B2")
WHOLE = (SheetLine("A1", 0, 100, "thin"), SheetLine("B2", 80, 70, "sound"))


def codes(refusals):
    return [refusal.code for refusal in refusals]


@pytest.mark.parametrize(
    ("judge", "colleague", "enrolled", "expected"),
    [
        (JudgeInput("j", "n", "u", "t"), True, False, []),
        (JudgeInput("j", " ", "u", "t"), True, False, ["judge_incomplete"]),
        (JudgeInput("j", "n", "u" * 61, "t"), True, False, ["judge_too_long"]),
        (JudgeInput("j", "n", "u", "t"), False, False, ["judge_account_unknown"]),
        (JudgeInput("j", "n", "u", "t"), True, True, ["judge_enrolled"]),
    ],
)
def test_enrolling(judge, colleague, enrolled, expected):
    assert codes(rules.refusals_to_enrol(judge, colleague=colleague, enrolled=enrolled)) == expected


@pytest.mark.parametrize(
    ("judges", "state", "expected"),
    [
        (("J-1",), {}, []),
        (("J-1", "J-2"), {}, []),
        ((), {}, ["judges_unknown"]),
        (("J-1", "J-1"), {}, ["judges_unknown"]),
        (("J-9",), {}, ["judges_unknown"]),
        (("J-1",), {"drawn": True}, ["judges_are_drawn"]),
        (("J-1",), {"awaited": False}, ["no_sheets_awaited"]),
        (("J-1",), {"seated": 1}, ["judges_named"]),
    ],
)
def test_naming(judges, state, expected):
    known = {"awaited": True, "drawn": False, "seated": 0, "known": ("J-1", "J-2")}
    assert codes(rules.refusals_to_name(Named(judges), **{**known, **state})) == expected


@pytest.mark.parametrize(
    ("said", "phase", "expected"),
    [
        (Declaration(AGENCIES, False), Phase.SEATED, []),
        (Declaration(("A1",), False), Phase.SEATED, ["declaration_incomplete"]),
        (Declaration((*AGENCIES, "C3"), False), Phase.SEATED, ["declaration_incomplete"]),
        (Declaration((), True, "a cousin"), Phase.SEATED, []),
        (Declaration(AGENCIES, True, " "), Phase.SEATED, ["step_back_without_reason"]),
        (Declaration(AGENCIES, False), Phase.DECLARED, ["declared_already"]),
        (Declaration((), True, "late"), Phase.STEPPED_BACK, ["declared_already"]),
    ],
)
def test_declaring(said, phase, expected):
    assert codes(rules.refusals_to_declare(said, awaited=True, phase=phase, agencies=AGENCIES)) == expected
    late = rules.refusals_to_declare(said, awaited=False, phase=phase, agencies=AGENCIES)
    assert codes(late) == ["no_sheets_awaited"]


@pytest.mark.parametrize(
    ("lines", "kept", "locked"),
    [
        (WHOLE, [], []),
        ((), [], ["sheet_incomplete", "sheet_without_reasons"]),
        (WHOLE[:1], [], ["sheet_incomplete", "sheet_without_reasons"]),
        ((WHOLE[0], SheetLine("B2", None, 70, "sound")), [], ["sheet_incomplete"]),
        ((WHOLE[0], SheetLine("B2", 80, 70, " ")), [], ["sheet_without_reasons"]),
        ((WHOLE[0], SheetLine("B2", 101, 70, "x")), ["points_outside"], ["points_outside"]),
        ((WHOLE[0], SheetLine("B2", -1, 70, "x")), ["points_outside"], ["points_outside"]),
        ((*WHOLE, SheetLine("C3", 1, 1, "x")), ["sheet_other_agency"], ["sheet_other_agency"]),
        ((*WHOLE, WHOLE[0]), ["sheet_other_agency"], ["sheet_other_agency"]),
    ],
)
def test_a_sheet_may_have_gaps_until_it_is_locked(lines, kept, locked):
    for lock, expected in ((False, kept), (True, locked)):
        found = rules.refusals_to_score(
            Sheet(tuple(lines)), awaited=True, phase=Phase.DECLARED, agencies=AGENCIES, lock=lock
        )
        assert codes(found) == expected


def test_what_a_sheet_lacks_is_counted():
    """A point that was not given, and the two points and the sentence of an agency that was left out."""
    sheet = Sheet((SheetLine("A1", None, 70, "sound"),))
    found = rules.refusals_to_score(sheet, awaited=True, phase=Phase.DECLARED, agencies=AGENCIES, lock=True)
    assert [refusal.params for refusal in found] == [{"missing": 3}, {"missing": 1}]


@pytest.mark.parametrize(
    ("awaited", "phase", "expected"),
    [
        (False, Phase.DECLARED, ["no_sheets_awaited"]),
        (True, Phase.SEATED, ["not_declared"]),
        (True, Phase.STEPPED_BACK, ["not_declared"]),
        (True, Phase.LOCKED, ["sheet_locked"]),
    ],
)
def test_only_who_has_declared_and_not_locked_scores(awaited, phase, expected):
    found = rules.refusals_to_score(Sheet(WHOLE), awaited=awaited, phase=phase, agencies=AGENCIES, lock=False)
    assert codes(found) == expected


def test_the_digest_of_a_roster_does_not_depend_on_its_sequence():
    expected = hashlib.sha256(b"J-1\nJ-2\n").hexdigest()
    assert rules.roster_digest(["J-2", "J-1"]) == rules.roster_digest(["J-1", "J-2"]) == expected
    assert rules.roster_digest(["J-1"]) != expected
