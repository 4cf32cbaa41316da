"""Two books compared key by key, and a basis that is younger than its book."""

from datetime import date
from types import MappingProxyType

import pytest

from app.openrules import rules
from app.rulebook import Applied, Clause, Evidence


def clause(key: str, value: object = 3, *, basis: str = "本平台推定", applied: Applied = Applied.SYSTEM) -> Clause:
    return Clause(key, value, "workday", basis, Evidence.INFERRED, applied)


A, B = clause("window.days"), clause("window.width")


@pytest.mark.parametrize(
    ("before", "after", "changed", "founded", "added", "removed", "same"),
    [
        ([], [], [], [], [], [], 0),
        ([A, B], [A, B], [], [], [], [], 2),
        ([A], [clause("window.days", 5)], ["window.days"], [], [], [], 0),
        ([A], [clause("window.days", basis="湖南（HN1）")], [], ["window.days"], [], [], 0),
        ([A], [clause("window.days", applied=Applied.PEOPLE)], ["window.days"], [], [], [], 0),
        ([A], [clause("window.days", 5, basis="湖南（HN1）")], ["window.days"], [], [], [], 0),
        ([A], [A, B], [], [], ["window.width"], [], 1),
        ([A, B], [B], [], [], [], ["window.days"], 1),
        (
            [clause("window.marks", MappingProxyType({"a": 1}))],
            [clause("window.marks", MappingProxyType({"a": 1}))],
            [],
            [],
            [],
            [],
            1,
        ),
        (
            [clause("window.marks", MappingProxyType({"a": 1}))],
            [clause("window.marks", MappingProxyType({"a": 2}))],
            ["window.marks"],
            [],
            [],
            [],
            0,
        ),
    ],
)
def test_two_books_side_by_side(before, after, changed, founded, added, removed, same) -> None:
    """M47: every key falls into exactly one of the five."""
    found = rules.compare({one.key: one for one in before}, {one.key: one for one in after})
    assert [one.key for one in found.changed] == changed
    assert [one.key for one in found.founded] == founded
    assert [one.key for one in found.added] == added
    assert [one.key for one in found.removed] == removed
    assert found.same == same


def test_the_order_is_that_of_the_later_book() -> None:
    turned = {one.key: one for one in (clause("window.width", 9), clause("window.days", 9))}
    found = rules.compare({one.key: one for one in (A, B)}, turned)
    assert [one.key for one in found.changed] == ["window.width", "window.days"]


@pytest.mark.parametrize(
    ("basis", "years", "younger"),
    [
        ("本平台推定", (), False),
        ("贵港（S1）", (2017,), False),
        ("重庆（CQ2）", (2020,), True),
        ("贵港（S1）、重庆（CQ2）", (2017, 2020), True),
        ("国办发〔2020〕49号", (), True),
        ("国发〔2004〕20号", (), False),
        ("2018 年起施行", (), True),
        ("2017年办法", (), False),
        ("至少 2020 个", (), False),
        ("编号 32018 年", (), False),
    ],
)
def test_a_basis_is_younger_than_its_book_by_a_source_or_by_its_own_words(basis, years, younger) -> None:
    """rules.md §2: today's catalogue, synthetic history."""
    assert rules.is_younger(basis, years, in_force_from=date(2017, 11, 23)) is younger
