"""Who serves which part of the region tree (mission.md M04)."""

import pytest

from app.region import rules

CITY, PROVINCE = "450800", "450000"
NORTH, SOUTH, ELSEWHERE = "450802", "450803", "450100"


def test_a_path_leads_from_the_county_to_the_province():
    assert rules.path("450803") == ("450803", "450800", "450000")
    assert rules.path("450800") == ("450800", "450000")
    assert rules.path("450000") == ("450000",)


@pytest.mark.parametrize(
    ("region", "of", "covered"),
    [
        (CITY, CITY, True),
        (CITY, NORTH, True),
        (NORTH, NORTH, True),
        (NORTH, CITY, False),
        (NORTH, SOUTH, False),
        (PROVINCE, NORTH, True),
        (PROVINCE, ELSEWHERE, True),
        (CITY, ELSEWHERE, False),
        (CITY, PROVINCE, False),
        ("450881", "450800", False),
    ],
)
def test_an_office_covers_its_own_branch(region, of, covered):
    assert rules.covers(region, of) is covered


@pytest.mark.parametrize(
    ("region", "of", "offices", "served"),
    [
        (CITY, NORTH, {CITY, NORTH}, True),
        (NORTH, NORTH, {CITY, NORTH}, True),
        (NORTH, SOUTH, {CITY, NORTH}, False),
        (NORTH, CITY, {CITY, NORTH}, False),
        # Nobody covers it: every office does, so that nobody is turned away for want of a market at home.
        (CITY, ELSEWHERE, {CITY, NORTH}, True),
        (NORTH, ELSEWHERE, {CITY, NORTH}, True),
        (NORTH, CITY, {NORTH}, True),
        # The province covers it: nobody else does.
        (CITY, ELSEWHERE, {CITY, PROVINCE}, False),
        (PROVINCE, ELSEWHERE, {CITY, PROVINCE}, True),
    ],
)
def test_what_nobody_covers_is_served_by_all(region, of, offices, served):
    assert rules.serves(region, of=of, offices=offices) is served


@pytest.mark.parametrize(
    ("region", "of", "offices", "competent"),
    [
        (CITY, NORTH, {CITY}, True),
        (CITY, NORTH, {CITY, NORTH}, False),
        (NORTH, NORTH, {CITY, NORTH}, True),
        (CITY, SOUTH, {CITY, NORTH}, True),
        (PROVINCE, SOUTH, {CITY, PROVINCE}, False),
        (PROVINCE, ELSEWHERE, {CITY, PROVINCE}, True),
        (NORTH, CITY, {CITY, NORTH}, False),
        (NORTH, ELSEWHERE, {CITY, NORTH}, True),
    ],
)
def test_of_a_trade_the_nearest_office_is_competent(region, of, offices, competent):
    assert rules.competent(region, of=of, offices=offices) is competent
