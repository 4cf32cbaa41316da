"""What a price entry must say, from plain values."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from marketplace.agency import rules as agencies
from marketplace.pricelist import rules
from marketplace.pricelist.forms import ppm
from marketplace.pricelist.rules import Offered, Price, PriceTerms, Standing

TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)
TERMS = PriceTerms(price_table_required=True, committed_days_required=True)
ITEM = Offered(("project", "percent"), 10)
PLAIN = Price("0401", "project", 100, None, "content", "market", "12345", 10, TODAY)
SHARE = replace(PLAIN, unit="percent", price_fen=None, rate_ppm=15_000)


def refusals(price=PLAIN, *, phase=agencies.Phase.ACTIVE, item=ITEM, known=False, terms=TERMS):
    return list(rules.refusals_to_publish(price, agency_phase=phase, item=item, known=known, terms=terms, today=TODAY))


def codes(*args, **options):
    return [refusal.code for refusal in refusals(*args, **options)]


@pytest.mark.parametrize(
    ("price", "found"),
    [
        (PLAIN, []),
        (SHARE, []),
        (replace(SHARE, rate_ppm=1_000_000), []),
        (replace(SHARE, rate_ppm=1_000_001), ["rate_wanted"]),
        (replace(SHARE, rate_ppm=0), ["rate_wanted"]),
        (replace(SHARE, rate_ppm=None), ["rate_wanted"]),
        (replace(SHARE, price_fen=100), ["rate_wanted"]),
        (replace(PLAIN, price_fen=0), ["price_wanted"]),
        (replace(PLAIN, price_fen=None), ["price_wanted"]),
        (replace(PLAIN, rate_ppm=1), ["price_wanted"]),
        (replace(PLAIN, unit="hectare"), ["price_unit_unknown"]),
    ],
)
def test_a_share_has_a_rate_and_everything_else_a_price(price, found):
    """Exactly one of the two, by the unit."""
    assert codes(price) == found


@pytest.mark.parametrize(("since", "refused"), [(TODAY - DAY, True), (TODAY, False), (TODAY + 400 * DAY, False)])
def test_the_past_is_never_rewritten(since, refused):
    """M09."""
    assert (codes(replace(PLAIN, effective_from=since)) == ["price_in_the_past"]) is refused


@pytest.mark.parametrize(
    ("days", "item", "found"),
    [
        (0, ITEM, ["days_out_of_range"]),
        (3_651, Offered(("project",), None), ["days_out_of_range"]),
        (1, ITEM, []),
        (10, ITEM, []),
        (11, ITEM, ["days_above_unified"]),
        (900, Offered(("project",), None), []),
    ],
)
def test_no_more_days_than_the_unified_limit(days, item, found):
    """entry.committed_days_required (S1); an item that lasts as long as the works has no limit."""
    assert codes(replace(PLAIN, committed_days=days), item=item) == found


def test_the_unified_limit_names_its_clause():
    """So that the page can show basis and evidence; a region may do without."""
    late = replace(PLAIN, committed_days=11)
    (refusal,) = refusals(late)
    assert (refusal.clause, dict(refusal.params)) == ("entry.committed_days_required", {"days": 10})
    assert codes(late, terms=replace(TERMS, committed_days_required=False)) == []


def test_every_reason_at_once():
    """Nothing is said twice, nothing is left for a second try."""
    nothing = Price("9999", "project", None, None, " ", "", "", 0, TODAY - DAY)
    assert codes(nothing, phase=None, item=None, known=True) == [
        "price_before_entry",
        "price_item_unknown",
        "price_wanted",
        *["price_field_missing"] * 3,
        "price_in_the_past",
        "days_out_of_range",
        "price_known",
    ]


@pytest.mark.parametrize(
    ("since", "replaced", "standing"),
    [
        (TODAY + DAY, None, Standing.FUTURE),
        (TODAY, None, Standing.CURRENT),
        (TODAY, TODAY + DAY, Standing.CURRENT),
        (TODAY - DAY, TODAY, Standing.PAST),
    ],
)
def test_where_an_entry_stands(since, replaced, standing):
    """A later entry replaces from its own date."""
    assert rules.standing_on(effective_from=since, replaced_from=replaced, day=TODAY) is standing


def test_a_rate_is_typed_in_per_cent_and_kept_in_ppm_exactly():
    """Optional on the form."""
    assert ppm("") is None
    assert ppm("  ") is None
    assert ppm("1.5") == 15_000
