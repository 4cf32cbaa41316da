"""What an item version must say, and from when it counts (M01-M03, rules.md §5)."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue import rules
from marketplace.catalogue.rules import FIRST_DAY, Licence, NamedCategory, Publication
from tests.builders.catalogue import a_content

NEXT_DAY = FIRST_DAY + timedelta(days=1)


def a_publication(version: int = 1, since: date = FIRST_DAY, code: str = "0299", **only: Any) -> Publication:
    licences = only.pop("licences", ())
    return Publication(code, version, since, NamedCategory("02", "survey"), licences, a_content(**only))


NARROW = Licence("narrow", "narrow", (), "housing", "wide")
WIDE = Licence("wide", "wide", (), "housing", None)


@pytest.mark.parametrize(
    ("publication", "latest", "codes"),
    [
        (a_publication(), None, []),
        (a_publication(days=None), None, []),
        (a_publication(2, NEXT_DAY), (1, FIRST_DAY), []),
        (a_publication(2), (1, FIRST_DAY), ["item_effective_too_early"]),
        (a_publication(3, NEXT_DAY), (1, FIRST_DAY), ["item_version_out_of_order"]),
        (a_publication(2), None, ["item_version_out_of_order"]),
        (a_publication(code="0399"), None, ["item_outside_category"]),
        (a_publication(days=0), None, ["item_days_below_one"]),
        (a_publication(days=1), None, []),
        (a_publication(authorities=("nobody",)), None, ["authority_unknown"]),
        (a_publication(verified=("basis",), sources=("S1",)), None, []),
        (a_publication(verified=("basis",)), None, ["item_source_missing"]),
        (a_publication(verified=("colour",), sources=("S1",)), None, ["item_column_unknown"]),
        (a_publication(q=rules.Q.MANDATORY, requires=("narrow",), licences=(NARROW, WIDE)), None, []),
        (
            a_publication(q=rules.Q.MANDATORY, requires=("narrow",), licences=(NARROW,)),
            None,
            ["qualification_unknown"],
        ),
        (a_publication(q=rules.Q.VOLUNTARY, requires=("wide",), licences=(WIDE,)), None, ["licence_not_mandatory"]),
        (
            a_publication(2, days=0, authorities=("nobody",)),
            None,
            ["item_version_out_of_order", "item_days_below_one", "authority_unknown"],
        ),
    ],
)
def test_every_fault_of_a_version_is_said_at_once(
    publication: Publication, latest: tuple[int, date] | None, codes: list[str]
) -> None:
    refusals = rules.refusals_to_publish(publication, authorities={"housing"}, latest=latest)
    assert [refusal.code for refusal in refusals] == codes


def test_a_field_satisfies_the_wider_licence_and_not_the_other_way_round() -> None:
    part_of = {"narrow": "wide", "wide": None, "other": None}
    assert rules.with_wider({"narrow"}, part_of) == {"narrow", "wide"}
    assert rules.with_wider({"wide"}, part_of) == {"wide"}
    assert rules.with_wider((), part_of) == frozenset()


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef") | st.none()),
    st.sets(st.sampled_from("abcdef")),
)
def test_satisfying_ends_and_adds_nothing_the_second_time(part_of: dict[str, str | None], held: set[str]) -> None:
    once = rules.with_wider(held, part_of)
    assert held <= once
    assert rules.with_wider(once, part_of) == once


@given(st.dates(), st.dates(max_value=date(9999, 12, 30)))
def test_a_changed_version_counts_after_the_one_before(today: date, previous: date) -> None:
    since = rules.effective_from(previous, today=today)
    assert since > previous
    assert since in (today, previous + timedelta(days=1))
    assert rules.effective_from(None, today=today) == FIRST_DAY
