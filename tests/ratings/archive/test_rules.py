"""Thirty days after the end, and not while anything is open (rules.md §3.1 row 35)."""

from datetime import timedelta

from ratings.archive import rules
from tests.conftest import instant

END = instant("2026-05-01 12:00")
DUE = END + timedelta(days=30)


def test_sealed_from_the_thirtieth_day_on_and_never_while_something_is_open() -> None:
    assert [one.code for one in rules.refusals_to_seal(over_since=None, now=DUE)] == ["archive_open"]
    early = list(rules.refusals_to_seal(over_since=END, now=DUE - timedelta(microseconds=1)))
    assert [(one.code, one.params) for one in early] == [("archive_early", {"due_at": DUE.isoformat()})]
    assert list(rules.refusals_to_seal(over_since=END, now=DUE)) == []


def test_a_supplement_needs_a_change() -> None:
    assert [one.code for one in rules.refusals_to_supplement(changed=0)] == ["archive_unchanged"]
    assert list(rules.refusals_to_supplement(changed=1)) == []
