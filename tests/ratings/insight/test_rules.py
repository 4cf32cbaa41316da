"""The arithmetic of the published figures: exact, half up, and adding up."""

from datetime import UTC, datetime
from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.region.divisions import divisions, path
from marketplace.announcement.rules import WithdrawReason
from ratings.insight import rules
from ratings.insight.rules import GUIGANG, Asked, Outcome, Tally

TALLIES = st.builds(Tally, *(st.integers(0, 10**12) for _ in range(4)))


def test_the_source_s_own_figures():
    """rules.md §8: printed 6.18 %, computed 6.19 %."""
    assert GUIGANG.saving_fen == 602_690_000
    assert GUIGANG.saving_ppm == 61_900


@pytest.mark.parametrize(
    ("part", "whole", "ppm"),
    [(0, 7, 0), (7, 7, 1_000_000), (1, 3, 333_300), (2, 3, 666_700), (1, 20_000, 100), (1, 20_001, 0), (1, 0, None)],
)
def test_a_share_is_rounded_half_up_to_a_hundredth_of_a_per_cent(part, whole, ppm):
    assert rules.share(part, whole) == ppm


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_share_is_never_further_off_than_half_a_hundredth(part, whole):
    assert abs(Fraction(rules.share(part, whole), 1_000_000) - Fraction(part, whole)) <= Fraction(1, 20_000)


@given(st.lists(TALLIES))
def test_sums_are_sums_of_every_member(tallies):
    whole = sum(tallies, Tally())
    assert whole.announcements == sum(each.announcements for each in tallies)
    assert whole.saving_fen == sum(each.saving_fen for each in tallies)


@given(st.lists(st.integers(0, 60), max_size=40))
def test_the_median_of_counted_values(values):
    counted = {value: values.count(value) for value in values}
    assert rules.median(counted) == (Fraction(median(values)) if values else None)


def test_every_division_rolls_up_to_one_part_of_its_branch():
    """M04: province → city → county; what is a branch's own stays its own."""
    codes = [division.code for division in divisions()]
    assert {rules.child("450000", code) for code in codes} == {code for code in codes if code.endswith("00")}
    assert rules.child("450800", "450803") == "450803"
    assert rules.child("450800", "450800") == "450800"
    assert all(rules.child("450000", code) in path(code) for code in codes)


def test_months_are_walked_to_the_last_one():
    assert list(rules.months("2017-11", "2018-02")) == ["2017-11", "2017-12", "2018-01", "2018-02"]


def test_what_is_asked_is_half_open_at_local_midnight():
    asked = Asked(since="2025-12", until="2025-12")
    assert asked.starts_at == datetime(2025, 11, 30, 16, tzinfo=UTC)
    assert asked.ends_at == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert rules.of_year(datetime(2025, 12, 31, 16, tzinfo=UTC)).since == "2026-01"


@pytest.mark.parametrize("month", ["2026-3", "2026-13", "2026-00", "1999-12", "3026-01", "2026/03", "２０２６-03", "x"])
def test_what_is_no_month_is_said(month):
    assert [one.field for one in rules.refusals_to_show(since=month, until="", known=True)] == ["from"]


def test_every_reason_at_once():
    refused = rules.refusals_to_show(since="2026-03", until="2026-02", known=False)
    assert [one.code for one in refused] == ["months_reversed", "region_unknown"]


def test_every_reason_to_withdraw_is_an_outcome():
    assert {reason.value for reason in WithdrawReason} <= {outcome.value for outcome in Outcome}
