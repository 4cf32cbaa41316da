"""Public prices on a real database."""

from datetime import date
from operator import attrgetter

import pytest

from app.audit.services import timeline
from app.chance import fresh_key
from app.refusal import NotYours, Refused
from marketplace.pricelist import queries, rules, services
from marketplace.pricelist.rules import Standing
from tests.builders.agency import a_publicised, agencies, agency_of, an_agency_account, an_applicant
from tests.builders.people import an_operator
from tests.builders.pricelist import a_price, a_price_input

MONDAY = date(2026, 3, 2)
MAPPING = "0401"
PROPOSAL = "0101"
SUPERVISION = "0303"
BY_THE_POINT = "0507"
BY_RATE = "0104"


def test_a_price_counts_from_its_date_and_the_past_stays(app):
    """M09: versions with effect from a date."""
    actor = an_applicant()
    agency = agency_of(actor).id
    assert a_price(actor, price_fen=100) == "450803-2026-T000001"
    a_price(actor, price_fen=200, effective_from=date(2026, 4, 1))
    assert queries.entry_at(agency, MAPPING, date(2026, 3, 1)) is None
    for day, fen in ((MONDAY, 100), (date(2026, 3, 31), 100), (date(2026, 4, 1), 200), (date(2030, 1, 1), 200)):
        assert queries.entry_at(agency, MAPPING, day).price_fen == fen
        assert [entry.price_fen for entry in queries.entries_of(agency, day)] == [fen]


def test_a_price_is_told_to_everybody(app):
    """The record is disclosed at once, about the agency and the item."""
    actor = an_applicant()
    no = a_price(actor, price_fen=12_345)
    for subject in (f"price:{no}", f"agency:{actor.code}", f"item:{MAPPING}"):
        (happened,) = [each for each in timeline(subject) if each.act == "price.publish"]
        assert happened.public["price_fen"] == 12_345


def test_own_prices_for_a_whole_project_are_compared_only(app):
    """Direct commission asks for the unit `project`; other units and rates are no answer."""
    actor = an_applicant()
    agency = agency_of(actor).id
    a_price(actor, price_fen=100)
    assert queries.own_price_at(agency, MAPPING, MONDAY) is None
    a_price(actor, PROPOSAL, price_fen=900)
    assert queries.own_price_at(agency, PROPOSAL, MONDAY) == 900


def test_units_of_one_item_stand_beside_each_other(app):
    """One entry in force per unit."""
    actor = an_applicant()
    agency = agency_of(actor).id
    a_price(actor, SUPERVISION, unit="square_metre", price_fen=200)
    a_price(actor, SUPERVISION, unit="percent", rate_ppm=15_000, price_fen=None)
    found = {entry.unit: (entry.price_fen, entry.rate_ppm) for entry in queries.entries_of(agency, MONDAY)}
    assert found == {"square_metre": (200, None), "percent": (None, 15_000)}
    assert queries.entry_at(agency, SUPERVISION, MONDAY, "percent").rate_ppm == 15_000


def test_the_same_day_is_published_once(app):
    """No second version of the same item, unit and day."""
    actor = an_applicant()
    a_price(actor)
    with pytest.raises(Refused) as refused:
        a_price(actor, price_fen=5)
    assert [reason.code for reason in refused.value.reasons] == ["price_known"]


def test_without_an_application_there_is_no_price(app):
    """entry first; and only agencies have prices."""
    with pytest.raises(Refused) as refused:
        services.publish(an_agency_account(), None, a_price_input(), key=fresh_key())
    assert [reason.code for reason in refused.value.reasons] == ["price_before_entry"]
    with pytest.raises(NotYours):
        services.publish(an_operator(), None, a_price_input(), key=fresh_key())


def test_an_item_lists_admitted_agencies_the_cheapest_first(app):
    """Agencies that are not admitted yet do not show."""
    first, second = agencies(2)
    a_price(first, price_fen=300)
    a_price(second, price_fen=200)
    a_price(a_publicised("agency9"), price_fen=100)
    today = date(2026, 3, 6)
    found = queries.compared(MAPPING, on=today)
    assert [line.agency_code for line in found.lines.rows] == [second.code, first.code]
    assert (found.agencies, dict(found.units)) == (2, {found.unit: 2})
    assert queries.compared(PROPOSAL, on=today).lines.rows == ()


@pytest.mark.parametrize("order", list(queries.Order))
def test_prices_side_by_side_page_by_page_in_each_order(app, order):
    """Every agency once, ascending, over pages of one; a token of another order names nothing."""
    actors = agencies(3)
    for actor, price, days in zip(actors, (300, 100, 200), (9, 8, 10), strict=True):
        a_price(actor, price_fen=price, committed_days=days)
    today, after, seen = date(2026, 3, 6), None, []
    for _ in actors:
        page = queries.compared(MAPPING, on=today, order=order, after=after, size=1)
        seen += page.lines.rows
        after = page.lines.after
    assert after is None
    key = {"price": "price_fen", "days": "committed_days", "name": "agency_name"}[order.value]
    assert seen == sorted(seen, key=attrgetter(key))
    assert {line.agency_code for line in seen} == {actor.code for actor in actors}


def test_prices_in_different_units_are_not_compared(app):
    """By the point and for the whole project: two tables, the commonest unit first."""
    first, second = agencies(2)
    for actor, fen in ((first, 300), (second, 100)):
        a_price(actor, BY_THE_POINT, unit="point", price_fen=fen)
    a_price(second, BY_THE_POINT, unit="project", price_fen=50)
    today = date(2026, 3, 6)
    found = queries.compared(BY_THE_POINT, on=today)
    assert (found.units, found.unit, found.agencies) == ((("point", 2), ("project", 1)), "point", 2)
    assert [line.price_fen for line in found.lines.rows] == [100, 300]
    whole = queries.compared(BY_THE_POINT, on=today, unit="project")
    assert [line.price_fen for line in whole.lines.rows] == [50]
    assert queries.compared(BY_THE_POINT, on=today, unit="parsec").unit == "point"


def test_a_rate_is_compared_as_a_rate(app):
    """Shares of a cost stand in ppm and are sorted by it."""
    first, second = agencies(2)
    a_price(first, BY_RATE, unit="percent", rate_ppm=20_000)
    a_price(second, BY_RATE, unit="percent", rate_ppm=9_000)
    page = queries.compared(BY_RATE, on=date(2026, 3, 6), unit="percent", size=1)
    assert [line.rate_ppm for line in page.lines.rows] == [9_000]
    rest = queries.compared(BY_RATE, on=date(2026, 3, 6), unit="percent", after=page.lines.after, size=1)
    assert [line.rate_ppm for line in rest.lines.rows] == [20_000]


def test_what_agencies_offer_is_counted_by_agency(app):
    """A price for tomorrow is none today; one agency with two units counts once."""
    first, second = agencies(2)
    today = date(2026, 3, 6)
    a_price(first, BY_THE_POINT, unit="point", price_fen=300)
    a_price(first, BY_THE_POINT, unit="project", price_fen=300)
    a_price(second, MAPPING, price_fen=300, effective_from=date(2026, 4, 1))
    assert queries.counts(today) == {BY_THE_POINT: 1}
    keys = [agency_of(actor).id for actor in (first, second)]
    assert {key: len(items) for key, items in queries.offered_by(keys, on=today).items()} == {keys[0]: 1}
    assert queries.counts(date(2026, 4, 1)) == {BY_THE_POINT: 1, MAPPING: 1}


@pytest.mark.parametrize("day", [date(2026, 3, 1), MONDAY, date(2026, 3, 31), date(2026, 4, 1), date(2026, 5, 1)])
def test_the_sql_twin_agrees_with_the_standing(app, day):
    """Current, future and past, over the boundary days."""
    actor = an_applicant()
    days = [MONDAY, date(2026, 4, 1), date(2026, 5, 1)]
    for since in days:
        a_price(actor, effective_from=since)
    lines = queries.mine(actor.party, on=day).rows
    assert {line.effective_from: line.standing for line in lines} == {
        since: rules.standing_on(effective_from=since, replaced_from=later, day=day)
        for since, later in zip(days, [*days[1:], None], strict=True)
    }
    shown = {line.effective_from for line in queries.public_of(actor.code, on=day)}
    assert shown == {line.effective_from for line in lines if line.standing is not Standing.PAST}


def test_the_history_is_paged_by_key(app):
    """Newest first, every version once."""
    actor = an_applicant()
    numbers = [a_price(actor, effective_from=date(2026, 4, day)) for day in range(1, 6)]
    agency = agency_of(actor).id
    first = queries.history(agency, size=3)
    rest = queries.history(agency, first.after, size=3)
    assert [entry.no for entry in (*first.rows, *rest.rows)] == numbers[::-1]
    assert rest.after is None
