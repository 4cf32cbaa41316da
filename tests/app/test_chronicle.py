"""The plan of a world: its sums are exact, its prices and days possible, its cast complete; nothing of it is loaded."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import chronicle
from app.actor import Role
from app.cast import OPENING, SCALES, Figures, Person, Scale, asked, people, trades
from app.chronicle import CHEAPEST, ENDS_BY, PUBLIC, PUBLIC_MOST, SOCIAL_MOST, STEP, Plot, plots, to_sum
from app.demonstration import working_days
from app.identity.uscc import is_uscc
from app.values import Fen
from tests.conftest import START

LENGTH = 275

DIVISIONS = {"450800", "450802", "450803", "450804", "450821", "450881"}


@pytest.fixture(scope="module")
def cast() -> tuple[Person, ...]:
    """Everybody at the source's scale."""
    return tuple(people(SCALES["guigang"]))


@pytest.fixture(scope="module")
def plan(cast: Sequence[Person]) -> tuple[Plot, ...]:
    """What happens at the source's scale."""
    return plots(SCALES["guigang"], length=LENGTH, cast=cast)


def completes(plot: Plot) -> bool:
    """Whether somebody takes the award in the end, by the rules of the market."""
    wanted = 3 if plot["fund"] in PUBLIC else 1
    enough = plot["method"] == "DIRECT" or len(plot["agencies"]) >= wanted
    return enough and not plot.get("withdraw") and plot.get("decline", 0) < len(plot["agencies"])


def won(plot: Plot) -> int:
    """The price of the award, in yuan."""
    return int(plot["offers"][0] if plot.get("offers") else plot["price"])


def test_its_figures_are_those_of_the_source(plan: Sequence[Plot]) -> None:
    """mission.md, introduction: 2,356 announcements, 2,216 completed, 9,735.79 and 9,133.10 in units of 10,000 yuan."""
    done = [plot for plot in plan if completes(plot)]
    assert (len(plan), len(done)) == (2_356, 2_216)
    assert sum(plot["budget"] for plot in done) * 100 == 9_735_790_000
    assert sum(won(plot) for plot in done) * 100 == 9_133_100_000


def test_every_price_is_possible(plan: Sequence[Plot], cast: Sequence[Person]) -> None:
    """Within the budget, never so low that it must be explained, and directly never above the agency's public price."""
    asks = {
        (person.login, row["item"]): int(row["price"])
        for person in cast
        for row in person.facts.get("items", ())
        if row["unit"] == "project"
    }
    for plot in plan:
        budget = plot["budget"]
        assert 0 < budget <= (PUBLIC_MOST if plot["fund"] in PUBLIC else SOCIAL_MOST)
        assert budget % STEP == 0
        assert all(won(plot) <= price <= budget for price in plot.get("offers", ()))
        if completes(plot):
            assert budget * CHEAPEST <= won(plot) * 100 <= budget * 100
        if plot["method"] == "DIRECT":
            assert won(plot) <= asks[plot["agencies"][0], plot["item"]]
        assert len(set(plot.get("offers", ()))) == len(plot.get("offers", ()))


def test_every_day_is_one_of_the_world_and_leaves_time(plan: Sequence[Plot]) -> None:
    """Spread over all its days; who registers is admitted by then."""
    days = Counter(LENGTH - 1 + plot.day for plot in plan)
    assert min(days) == 0
    assert max(days) < LENGTH - ENDS_BY
    assert len(days) == LENGTH - ENDS_BY


def test_only_agencies_that_may_are_asked(plan: Sequence[Plot], cast: Sequence[Person]) -> None:
    """Admitted, priced for the item, and there by that day; nobody twice."""
    known = {person.login: person for person in cast}
    for plot in plan:
        assert len(set(plot["agencies"])) == len(plot["agencies"])
        for login in plot["agencies"]:
            agency = known[login]
            since = agency.facts.get("joins", 0) + OPENING
            assert agency.facts["fate"] == "admitted"
            assert plot["item"] in {row["item"] for row in agency.facts["items"]}
            assert since <= LENGTH - 1 + plot.day + plot.get("wait", {}).get("registration.submit", 0)


def test_the_world_is_a_whole_market(plan: Sequence[Plot], cast: Sequence[Person]) -> None:
    """All 13 categories, all divisions, all funds and methods, sixty surveyors, every fate."""
    assert {plot["item"][:2] for plot in plan} == {f"{place:02d}" for place in range(1, 14)}
    assert {plot["region"] for plot in plan} == DIVISIONS
    assert {plot["fund"] for plot in plan} == {"fiscal", "state", "social"}
    assert {plot["method"] for plot in plan} == {"DIRECT", "RANDOM", "BID_LOW"}
    agencies = [person for person in cast if person.role is Role.AGENCY]
    assert len(agencies) == 530
    surveyors = [one for one in agencies if "0402" in {row["item"] for row in one.facts.get("items", ())}]
    assert len(surveyors) >= 60
    assert any(plot.get("withdraw") for plot in plan)
    assert any(plot.get("decline") for plot in plan)


def test_everybody_is_invented_and_has_a_number_that_checks(cast: Sequence[Person]) -> None:
    """One organisation, one name, one valid USCC."""
    organisations = {person.code: person.organisation for person in cast}
    assert len(set(organisations.values())) == len(organisations)
    assert all(is_uscc(code) for code in organisations)
    assert all(name.endswith("\uff08\u6f14\u793a\uff09") for name in organisations.values())


def test_the_same_world_comes_again(plan: Sequence[Plot], cast: Sequence[Person]) -> None:
    """No chance in it."""
    assert plots(SCALES["guigang"], length=LENGTH, cast=cast) == tuple(plan)


def test_stories_and_the_rest_make_up_the_small_world() -> None:
    """150 announcements, the written ones among them."""
    scale = SCALES["small"]
    found = plots(scale, length=120, cast=tuple(people(scale)))
    assert sum(chronicle._announcements(plot) for plot in found) == 150
    assert len({plot.key for plot in found}) == len(found)
    assert all(-120 < plot.day <= 0 for plot in found)


def test_a_dear_world_is_refused() -> None:
    """A sum that the bounds do not allow is no world."""
    scale = SCALES["guigang"]
    dear = Scale(530, 518, Figures(20, 18, Fen(99_999_999_900), Fen(99_999_999_900)), stories=False, first=scale.first)
    with pytest.raises(ValueError, match="cannot be reached"):
        plots(dear, length=LENGTH, cast=tuple(people(scale)))


@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=40),
    st.integers(0, 100),
    st.sampled_from([1, 7, 100]),
)
def test_values_are_brought_to_a_sum(rows: list[tuple[int, int, int]], share: int, step: int) -> None:
    """Within the bounds of each, and exact."""
    least = [low * step for _, low, _ in rows]
    most = [(low + width) * step for _, low, width in rows]
    total = sum(least) + (sum(most) - sum(least)) // step * share // 100 * step
    found = to_sum([value * step for value, _, _ in rows], total, least=least, most=most, step=step)
    assert sum(found) == total
    assert all(low <= value <= high for value, low, high in zip(found, least, most, strict=True))
    assert all(value % step == 0 for value in found)


def test_public_prices_lie_above_what_is_usual() -> None:
    """Whatever an agency asks, a usual purchase is not above it."""
    for work in trades()["work"]:
        if work["unit"] == "project":
            assert all(int(asked(work, place)) >= work["most"] // 100 * 100 for place in range(13, 200))


@pytest.mark.usefixtures("app")
def test_the_source_had_so_many_working_days() -> None:
    """From its first day on; the last one before 2018-12-31 was a Saturday that was worked."""
    days = working_days(SCALES["guigang"], START)
    assert (days[0], days[-1]) == (date(2017, 11, 23), date(2018, 12, 29))
    assert len(days) == LENGTH
