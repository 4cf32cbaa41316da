"""Who may sanction whom, for how long, and that a term ends by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from app.values import Period
from ratings.sanction import rules
from ratings.sanction.rules import BlackTerms, Decided, Phase, RedTerms, SanctionKind, SanctionTerms, YellowTerms

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
TERMS = SanctionTerms(YellowTerms(3), RedTerms((3, 6, 12)), BlackTerms(12, 36))


def decided(**changes: object) -> Decided:
    members = {
        "party": "91450800MA5K00003X",
        "kind": SanctionKind.BLACKLIST,
        "months": 12,
        "facts": "facts",
        "basis": "basis",
        "authority": "natural_resources",
    }
    return Decided(**(members | changes))


def codes(found: Decided, **changes: object) -> set[str]:
    facts = {
        "known": True,
        "own": False,
        "authorities": frozenset({"natural_resources"}),
        "same_in_force": False,
        "terms": TERMS,
    }
    return {refusal.code for refusal in rules.refusals_to_decide(found, **(facts | changes))}


def test_a_sound_decision_is_not_refused():
    assert codes(decided()) == set()


@pytest.mark.parametrize(
    ("kind", "months", "allowed"),
    [
        (SanctionKind.YELLOW, 3, True),
        (SanctionKind.YELLOW, 4, False),
        (SanctionKind.SUSPEND, 12, True),
        (SanctionKind.SUSPEND, 13, False),
        (SanctionKind.BLACKLIST, 12, True),
        (SanctionKind.BLACKLIST, 36, True),
        (SanctionKind.BLACKLIST, 24, False),
    ],
)
def test_lengths_are_those_of_the_rulebook(kind, months, allowed):
    """rules.md §2.10: yellow.length, red.length, black.length."""
    assert (codes(decided(kind=kind, months=months)) == set()) is allowed


def test_every_reason_at_once():
    found = codes(
        decided(months=7, facts=" ", basis=""), known=False, own=True, authorities=frozenset(), same_in_force=True
    )
    assert found == {
        "party_unknown",
        "own_organisation",
        "authority_not_yours",
        "length_not_allowed",
        "same_sanction_in_force",
        "facts_missing",
        "basis_missing",
    }


def test_a_term_is_half_open():
    term = rules.period(NOW, 12)
    assert term == Period(NOW, NOW.replace(year=2027))
    assert rules.phase_of(term, now=term.closes - timedelta(microseconds=1)) is Phase.IN_FORCE
    assert rules.phase_of(term, now=term.closes) is Phase.EXPIRED
    assert rules.phase_of(term, now=NOW - timedelta(microseconds=1)) is Phase.COMING


def test_a_month_that_is_too_short_ends_on_its_last_day():
    assert rules.period(datetime(2026, 11, 30, 4, tzinfo=UTC), 3).closes == datetime(2027, 2, 28, 4, tzinfo=UTC)
