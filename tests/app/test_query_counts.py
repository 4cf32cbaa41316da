"""No page asks the database once for each of its rows: every address without parameters, for everybody who may open it.

The addresses come from the application itself, so that a list made tomorrow is asked too. How often a page asks does
not depend on who answers: SQLite alone is asked here, both databases by the lists' own tests.
"""

import pytest

from app.exchange import gathered
from tests.builders.announcement import an_announcement
from tests.builders.evaluation import a_locked_evaluation
from tests.builders.people import a_regulator, a_supervisor, an_admin, an_operator
from tests.builders.registration import a_registration, an_agency
from tests.counting import questions

FEW, MANY = 3, 21
READERS = (None, "purchaser1", "agency1", "operator1", "regulator1", "supervisor1", "admin1")


def addresses(app):
    """Every page that takes nothing and is only looked at, and every resource of the machine API."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments:
            yield rule.rule
    yield from (f"/api/v1/{name}" for name in gathered.resources())


def asked(app, client):
    """How many questions each address asks for each reader: the second time, when nothing is new to the process."""
    found = {}
    for login in READERS:
        if login is not None:
            client.sign_in(login)
        for address in addresses(app):
            # Closed at once: some of them are files.
            with client.get(address) as answer:
                opened = answer.status_code == 200
            if opened:
                with questions() as each, client.get(address):
                    pass
                found[login, address] = len(each)
        client.post("/logout")
    return found


@pytest.mark.parametrize("built", ["sqlite"], indirect=True)
def test_no_page_asks_once_for_each_row(app, client):
    for office in (an_operator, a_regulator, a_supervisor, an_admin):
        office()
    a_locked_evaluation()

    def grow(first, last):
        for place in range(first, last):
            a_registration(an_agency(f"counted{place}"), an_announcement(fund="social"))

    grow(0, FEW)
    few = asked(app, client)
    assert len(few) > 100
    grow(FEW, MANY)
    many = asked(app, client)
    assert {place: (few[place], count) for place, count in many.items() if count > few[place]} == {}
