"""Whether the statistics of the draws are what chance gives, and what the page says of few draws."""

import hashlib
import math
from collections import Counter
from itertools import product

import pytest

from bidding.selection import fairness
from bidding.selection.fairness import ENOUGH, FEWEST, MILLION, Draw, Entrant
from tests.builders.announcement import an_announcement
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import closed
from tests.counting import questions


def draw(first, lots, *, decision="drawn", rule="none"):
    """A register with these lots in order, of which the one at `first` (from 1) was drawn first."""
    standing = [at for at, count in enumerate(lots, 1) if count]
    order = [first, *(at for at in standing if at != first)]
    entrants = tuple(
        Entrant(f"A{at:02}", count, "server", order.index(at) + 1 if count else None)
        for at, count in enumerate(lots, 1)
    )
    return Draw("no", 1, "2026-03-10T01:00:00.000000Z", rule, decision, entrants)


def dice(about, sides):
    """1 … sides, the same for the same words."""
    return int.from_bytes(hashlib.sha256(about.encode()).digest()) % sides + 1


def test_a_position_belongs_to_one_third_and_both_ends_are_alike():
    assert [[fairness.third(at, among) for at in range(1, among + 1)] for among in (2, 3, 4, 7)] == [
        [0, 2],
        [0, 1, 2],
        [0, 1, 1, 2],
        [0, 0, 1, 1, 1, 2, 2],
    ]


def test_for_registers_of_one_length_it_is_pearsons_statistic():
    got = (25, 12, 13)
    draws = [draw(at, [1, 1, 1]) for at, times in zip((1, 2, 3), got, strict=True) for _ in range(times)]
    found = fairness.positions(draws)
    mean = sum(got) / 3
    statistic = sum((each - mean) ** 2 / mean for each in got)
    assert (found.draws, found.got, found.expected) == (50, got, (round(mean * MILLION),) * 3)
    assert found.chance_ppm == round(MILLION * math.exp(-statistic / 2))


def test_registers_of_two_leave_one_degree_of_freedom():
    found = fairness.positions([draw(1, [1, 1])] * 40 + [draw(2, [1, 1])] * 24)
    assert found.chance_ppm == round(MILLION * math.erfc(math.sqrt((40 - 32) ** 2 / 16 / 2)))


def test_fair_draws_deviate_as_often_as_is_told():
    """Over 200 worlds of 60 fair draws of mixed lengths the chances told are themselves even."""
    tenths = Counter[int]()
    for world in range(200):
        lengths = [dice(f"{world} {at} length", 7) + 1 for at in range(60)]
        draws = [draw(dice(f"{world} {at} first", length), [1] * length) for at, length in enumerate(lengths)]
        found = fairness.positions(draws)
        tenths[min(9, (found.chance_ppm or 0) // 100_000)] += 1
    assert min(tenths.values()) > 8
    assert max(tenths.values()) < 36


def test_always_the_first_of_the_register_is_found_out():
    assert (fairness.positions([draw(1, [1, 1, 1, 1])] * ENOUGH).chance_ppm or 0) < 10
    assert fairness.positions([draw(1, [1, 1, 1, 1])] * (ENOUGH - 1)).chance_ppm is None


@pytest.mark.parametrize(
    "silent",
    [draw(1, [1]), draw(2, [0, 1]), draw(1, [1, 1], decision="void"), draw(1, [1, 1], decision="unsuccessful")],
)
def test_what_chance_did_not_decide_says_nothing(silent):
    told = fairness.fairness([silent])
    assert (told.draws, told.told, told.positions.draws, told.agencies) == (1, 0, 0, 0)


def test_with_more_lots_one_is_expected_first_more_often():
    draws = [draw(first, [3, 1, 0]) for first in (1, 1, 1, 2)]
    one, other = fairness.fortunes(draws)
    assert (one.draws, one.wins, one.expected, one.tenths) == (4, 3, 3 * MILLION, 0)
    assert (other.wins, other.expected, other.tenths) == (1, MILLION, 0)
    assert fairness.positions(draws).draws == 0, "positions are compared where lots are equal"


def test_who_always_wins_stands_on_top_and_who_came_seldom_is_not_compared():
    told = fairness.fairness([draw(2, [1, 1, 1, 1])] * FEWEST)
    top = told.deviating[0]
    assert (top.id, top.wins, top.expected) == ("A02", FEWEST, FEWEST * MILLION // 4)
    assert top.tenths == round(10 * (FEWEST - FEWEST / 4) / math.sqrt(FEWEST * 3 / 16))
    assert (told.compared, told.beyond, told.beyond_by_chance) == (4, 1, 4 * 45_500)
    assert fairness.fairness([draw(2, [1, 1])] * (FEWEST - 1)).compared == 0


def test_the_page_is_made_of_the_records_that_it_offers(app, client):
    assert "抽取次数太少，不能说明什么" in client.get("/verify/draws").text
    found = agencies(2)
    nos = [an_announcement() for _ in range(2)]
    for agency, no in product(found, nos):
        a_registration(agency, no)
    with questions() as none:
        client.get("/verify/draws")
    for no in nos:
        closed(no)
    with questions() as two:
        page = client.get("/verify/draws").text
    assert len(two) == len(none)
    assert "只有 2 次，不足 30 次" in page
    rows = client.get("/verify/draws.json").json
    assert [row["no"] for row in rows] == [nos[0], nos[0], nos[1], nos[1]]
    for no in nos:
        record = client.get(f"/announcements/{no}/record.json").json
        told = sorted((row for row in rows if row["no"] == no), key=lambda row: row["place"])
        assert [row["id"] for row in told] == record["order"]
        assert fairness.of_record(record).entrants[0].made == "server"
    text = client.get("/verify/draws.csv").data.decode("utf-8-sig")
    assert text.startswith("公告编号,第几次公告,")
    assert len(text.splitlines()) == 1 + len(rows)
