"""The shipped list as the market holds it: 13 categories, 74 items, each an act of its own."""

import tomllib
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.audit.check import first_difference
from app.audit.models import Entry
from app.audit.services import timeline
from app.database import db
from app.refusal import NotFound, NotYours, Refused
from marketplace.catalogue import queries, rules, services
from marketplace.catalogue.rules import FIRST_DAY, ItemAct
from marketplace.catalogue.wording import WORDS
from tests.builders.catalogue import SURVEY, a_content, a_version, an_item
from tests.builders.people import an_operator

TODAY = date(2026, 3, 2)


def test_the_shipped_list_is_loaded_once(app: Flask, tick) -> None:
    published = select(func.count()).select_from(Entry).where(Entry.act == ItemAct.PUBLISH)
    assert services.load() == 0, "a second load finds nothing to do"
    assert db.session.execute(published).scalar_one() == 74
    assert len(queries.categories()) == 13
    assert len(queries.items_in_force(TODAY)) == 74
    tick()
    assert first_difference(rows=True) is None


def test_every_first_version_counts_from_the_first_day(app: Flask) -> None:
    assert not queries.items_in_force(FIRST_DAY - timedelta(days=1))
    assert len(queries.items_in_force(FIRST_DAY)) == 74
    assert {version.version for version in queries.items_in_force(TODAY)} == {1}


def test_a_change_becomes_the_next_version_and_the_old_one_stays(app: Flask, tick) -> None:
    before = an_item(SURVEY)
    before_id, name = before.id, before.name
    a_version(SURVEY, since_days=100, name="renamed")
    day = FIRST_DAY + timedelta(days=100)
    assert [version.version for version in queries.versions(SURVEY)] == [2, 1]
    assert queries.version(before_id).name == name
    for on, expected in ((day - timedelta(days=1), name), (day, "renamed")):
        found = queries.item_in_force(SURVEY, on)
        assert found is not None
        assert found.name == expected
    assert [happened.act for happened in timeline(f"item:{SURVEY}")] == [ItemAct.PUBLISH] * 2
    tick()
    assert first_difference(rows=True) is None


def test_a_changed_file_counts_from_the_day_it_is_loaded(app: Flask) -> None:
    a_version(SURVEY, since_days=100, name="not what the file says")
    assert services.load() == 1
    latest = an_item(SURVEY)
    assert (latest.version, latest.effective_from, latest.name) == (3, TODAY, queries.versions(SURVEY)[2].name)


def test_a_file_that_changes_twice_in_a_day_counts_from_the_next(app: Flask) -> None:
    a_version(SURVEY, since_days=(TODAY - FIRST_DAY).days, name="not what the file says")
    assert services.load() == 1
    assert an_item(SURVEY).effective_from == TODAY + timedelta(days=1)


def test_people_do_not_publish_by_this_act(app: Flask) -> None:
    publication = rules.Publication("0199", 1, FIRST_DAY, rules.NamedCategory("01", "01"), (), a_content())
    with pytest.raises(NotYours):
        services.publish(an_operator(), None, publication, key="k")


def test_an_unknown_authority_is_refused_and_leaves_nothing(app: Flask) -> None:
    with pytest.raises(Refused):
        a_version("0199", authorities=("nobody",))
    assert queries.latest_version("0199") is None


def test_who_holds_the_field_satisfies_the_wider_licence(app: Flask) -> None:
    assert queries.satisfies({"geotechnical_survey"}) == {"geotechnical_survey", "engineering_survey"}
    assert queries.satisfies({"engineering_survey"}) == {"engineering_survey"}
    assert queries.qualification("engineering_survey") is not None
    assert queries.qualification("no such licence") is None
    needed = {code for version in queries.items_in_force(TODAY) for code in version.requires}
    assert needed <= {licence.code for licence in queries.qualifications()}


def test_an_item_knows_its_category(app: Flask) -> None:
    assert queries.category_of(SURVEY) == "02"
    with pytest.raises(NotFound):
        queries.category_of("9999")


def test_every_unit_has_its_word(app: Flask) -> None:
    shipped = tomllib.loads((services.DATA / "catalogue.toml").read_text("utf-8"))["units"]
    assert {f"unit.{code}": word for code, word in shipped.items()}.items() <= WORDS.items()


def test_the_machine_reads_the_list_page_by_page(app: Flask) -> None:
    codes: list[str] = []
    after = None
    while True:
        page = queries.resource_page(after, 30, on=TODAY)
        codes += [row["code"] for row in page.rows]
        after = page.after
        if after is None:
            break
    assert codes == sorted(version.item_code for version in queries.items_in_force(TODAY))
    assert {row["category"] for row in queries.resource_page(None, 30, on=TODAY, category="04").rows} == {"04"}
