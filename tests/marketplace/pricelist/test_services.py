"""Public prices on a real database."""

from datetime import date

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
    assert [line.agency_code for line in queries.of_item(MAPPING, on=today)] == [second.code, first.code]
    assert queries.of_item(PROPOSAL, on=today) == []


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
