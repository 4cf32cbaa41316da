"""From result to notice to answer: boundaries to the microsecond, and whose price may follow."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rulebook import Rulebooks
from bidding.award import rules
from bidding.award.rules import AwardTerms, Declined, Excuse, Judged, Phase, ResultTerms, SmallTerms
from marketplace.purchaser.rules import Fund
from tests.conftest import instant

T = datetime(2026, 3, 5, tzinfo=UTC)
TICK = timedelta.resolution
BOOK = Rulebooks.load().get("450800@2017-11-23")


@pytest.mark.parametrize(
    ("set_", "phase"),
    [
        ((), Phase.PUBLICITY),
        (("accepted_at",), Phase.PUBLICITY),
        (("noticed_at",), Phase.NOTICED),
        (("noticed_at", "accepted_at"), Phase.ACCEPTED),
        (("noticed_at", "declined_at"), Phase.DECLINED),
        (("noticed_at", "lapsed_at"), Phase.LAPSED),
        (("noticed_at", "accepted_at", "fallen_at"), Phase.FALLEN),
    ],
)
def test_the_phase_follows_from_instants(set_: tuple[str, ...], phase: Phase) -> None:
    """rules.md §3.1 rows 18-24; a direct commission is accepted before its notice."""
    names = ("noticed_at", "accepted_at", "declined_at", "lapsed_at", "fallen_at")
    assert rules.phase_of(**{name: T if name in set_ else None for name in names}) is phase


@pytest.mark.parametrize(
    ("fund", "budget_fen", "days"),
    [
        (Fund.SOCIAL, 99_000_000, 0),
        (Fund.FISCAL, 10_000_000, 1),
        (Fund.FISCAL, 10_000_001, 3),
        (Fund.STATE, 10_000_000, 1),
        (Fund.STATE, 10_000_001, 3),
    ],
)
def test_publicity_depends_on_funds_and_budget(fund: Fund, budget_fen: int, days: int) -> None:
    """rules.md §2.7 result.publicity."""
    terms = {"result": BOOK.terms(ResultTerms), "small": BOOK.terms(SmallTerms)}
    assert rules.publicity_days(fund=fund, budget_fen=budget_fen, direct=False, **terms) == days
    # §2.6 DIRECT: one day, whatever it costs
    assert rules.publicity_days(fund=fund, budget_fen=budget_fen, direct=True, **terms) == min(days, 1)


@pytest.mark.parametrize(("now", "codes"), [(T - TICK, []), (T, ["award_answer_late"])])
def test_the_answer_is_half_open(now: datetime, codes: list[str]) -> None:
    """rules.md §2.7 award.confirm: at the first instant that is too late, silence has refused."""
    assert [one.code for one in rules.refusals_to_accept(accept_due_at=T, now=now)] == codes
    assert bool(list(rules.refusals_to_lapse(accept_due_at=T, now=now))) is not bool(codes)


def test_everything_wrong_with_a_refusal_is_said_at_once() -> None:
    terms = dataclasses.replace(BOOK.terms(AwardTerms), excused=("terms_changed",))
    late = rules.refusals_to_decline(Declined("  ", Excuse.FORCE_MAJEURE), accept_due_at=T, now=T, terms=terms)
    assert [one.code for one in late] == ["award_answer_late", "award_reason_missing", "award_excuse_unknown"]


@pytest.mark.parametrize(("now", "early"), [(T - TICK, True), (T, False)])
def test_no_notice_before_the_publicity_is_over(now: datetime, early: bool) -> None:
    assert bool(list(rules.refusals_to_notice(publicity_ends_at=T, held_until=None, held=False, now=now))) is early


def test_no_notice_while_the_announcement_is_held() -> None:
    refusals = rules.refusals_to_notice(publicity_ends_at=T, held_until=None, held=True, now=T + TICK)
    assert [one.code for one in refusals] == ["award_announcement_held"]


@pytest.mark.parametrize(("now", "codes"), [(T - TICK, ["award_held"]), (T, [])])
def test_no_notice_while_somebody_objects(now: datetime, codes: list[str]) -> None:
    refusals = rules.refusals_to_notice(publicity_ends_at=T - 2 * TICK, held_until=T, held=False, now=now)
    assert [one.code for one in refusals] == codes


@pytest.mark.parametrize(
    ("next_fen", "last_fen", "ceiling_fen", "follows"),
    [
        (105_000, 100_000, 200_000, True),
        (105_001, 100_000, 200_000, False),
        (105_000, 100_000, 104_999, False),
        (105_000, 100_000, 105_000, True),
        (100_000, 100_000, 100_000, True),
    ],
)
def test_the_next_price_may_be_five_per_cent_above(
    next_fen: int, last_fen: int, ceiling_fen: int, follows: bool
) -> None:
    """rules.md §2.7 award.replacement: within the ceiling and <= 5 % above."""
    found = rules.may_follow(by_price=True, next_fen=next_fen, last_fen=last_fen, ceiling_fen=ceiling_fen, above=50_000)
    assert found is follows


@given(last=st.integers(1, 10**13), above=st.integers(0, 10**6))
def test_the_limit_is_exact(last: int, above: int) -> None:
    """The dearest price that may follow is the floor of last × (1 + above), and not a fen more."""
    limit = last * (1_000_000 + above) // 1_000_000
    shared = {"by_price": True, "last_fen": last, "ceiling_fen": 10**14, "above": above}
    assert rules.may_follow(next_fen=limit, **shared)
    assert not rules.may_follow(next_fen=limit + 1, **shared)


def test_of_drawn_candidates_everybody_may_follow() -> None:
    assert rules.may_follow(by_price=False, next_fen=2, last_fen=1, ceiling_fen=1, above=0)


@pytest.mark.parametrize(
    ("declined", "lapsed", "excuse", "excused", "counts"),
    [
        (False, False, None, None, False),
        (False, True, None, None, True),
        (True, False, None, None, True),
        (True, False, "force_majeure", None, False),
        (True, False, "force_majeure", True, False),
        (True, False, "terms_changed", False, True),
    ],
)
def test_only_what_is_not_excused_counts(
    declined: bool, lapsed: bool, excuse: str | None, excused: bool | None, counts: bool
) -> None:
    """rules.md §2.7 award.refusal: silence has no excuse, a claimed one waits for its judgement."""
    found = rules.counts_as_refusal(declined=declined, lapsed=lapsed, excuse=excuse, excused=excused)
    assert found is counts


@pytest.mark.parametrize(
    ("excuse", "judged_at", "reason", "codes"),
    [
        ("force_majeure", None, "a flood", []),
        (None, None, "a flood", ["award_excuse_unclaimed"]),
        ("force_majeure", T, " ", ["award_excuse_judged", "award_judge_reason_missing"]),
    ],
)
def test_an_excuse_is_judged_once_and_with_a_reason(
    excuse: str | None, judged_at: datetime | None, reason: str, codes: list[str]
) -> None:
    found = rules.refusals_to_judge(Judged(True, reason), excuse=excuse, judged_at=judged_at, now=T)
    assert [one.code for one in found] == codes


@pytest.mark.parametrize(
    ("at", "since"),
    [("2026-03-10 09:00", "2025-03-10 09:00"), ("2024-02-29 12:00", "2023-02-28 23:59:59.999999")],
)
def test_a_year_is_twelve_months_of_local_time(at: str, since: str) -> None:
    """What ceased to count on 28 February does not count on the 29th again."""
    assert rules.a_year_before(instant(at)) == instant(since)
