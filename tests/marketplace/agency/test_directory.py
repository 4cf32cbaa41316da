"""The directory: found by name, place, item, licence and grade; by name only it is sorted, and nobody counts."""

import re
from datetime import date

import pytest

from marketplace.agency import queries
from tests.builders.agency import a_publicised, an_agency
from tests.builders.credit import a_poor_record
from tests.builders.people import CITY, COUNTY
from tests.builders.pricelist import a_price
from tests.conftest import START, made_once, rolled_back
from tests.counting import questions

OTHER = "450881"


def directory():
    """Three admitted ones in two places, one in publicity."""
    return {
        "bei": an_agency("agency1", name="北江测绘有限公司", price_fen=1_000_000),
        "an": an_agency("agency2", ("0101",), name="安环咨询有限公司", region=OTHER, price_fen=2_000_000),
        "digits": an_agency("agency3", name="3S surveying"),
        "waiting": a_publicised("agency4", name="北海测绘有限公司"),
    }


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(request, tmp_path_factory):
    """The directory, once per database."""
    with made_once(request.param, tmp_path_factory.mktemp("directory"), directory) as made:
        yield made


@pytest.fixture
def app(made):
    """The directory's market, as every test finds it."""
    with rolled_back(made.app, made.at) as app:
        yield app


@pytest.fixture
def found(app, made):
    """Who stands in the directory."""
    return made.kept


def listed(client, address: str) -> list[str]:
    """The codes of the agencies in the table of a page, in its order."""
    text = client.get(address).text
    table = text.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'href="/agencies/(9\w{17})"', table)


def test_by_name_and_never_otherwise(found, client):
    """Pinyin: a before b, whoever was admitted first; who is in publicity stands apart."""
    assert listed(client, "/agencies/") == [found[name].code for name in ("digits", "an", "bei")]
    text = client.get("/agencies/").text
    assert found["waiting"].code in text.partition("入驻公示")[2]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("q=北江", ["bei"]),
        ("q=bjch", ["bei"]),
        ("q=beijiang", ["bei"]),
        ("q=chyxgs", ["bei"]),
        ("q=无此机构", []),
        ("letter=a", ["an"]),
        ("letter=b", ["bei"]),
        ("letter=%23", ["digits"]),
        ("region=450881", ["an"]),
        ("region=450800", ["digits", "an", "bei"]),
        ("region=450100", []),
        ("item=0401", ["bei"]),
        ("item=0101", ["an"]),
        ("item=0101&region=450803", []),
        ("qualification=surveying_mapping", ["digits", "bei"]),
        ("grade=new", ["digits", "an", "bei"]),
        ("grade=D", []),
        ("grade=Z", []),
        ("item=%27", []),
    ],
)
def test_narrowed_by_what_the_reader_asks(found, client, asked, names):
    assert listed(client, f"/agencies/?{asked}") == [found[name].code for name in names]


def test_by_grade(found, client):
    """Reckoned when it is asked for: who has a D is no longer among the new ones."""
    a_poor_record(found["bei"], at=START)
    assert listed(client, "/agencies/?grade=D") == [found["bei"].code]
    assert found["bei"].code not in listed(client, "/agencies/?grade=new")
    assert "D 不良" in client.get("/agencies/").text


def test_a_line_says_what_it_does(found, client):
    a_price(found["bei"], "0402", price_fen=100)
    a_price(found["bei"], "0403", price_fen=100)
    a_price(found["bei"], "0404", price_fen=100)
    text = client.get("/agencies/?q=bjch").text
    assert "等 4 项" in text
    assert "港南区" in text
    assert "还没有公布价目" in client.get("/agencies/?letter=%23").text


def test_page_by_page(found):
    """Every one once, also where names agree."""
    for login, name in (("same1", "同安公司"), ("same2", "同按公司"), ("same3", "童安公司")):
        an_agency(login, name=name)
    seen, after = [], None
    while True:
        page = queries.directory(after, size=2)
        seen += [agency.organisation.code for agency in page.rows]
        after = page.after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 7, "the one in publicity was admitted meanwhile"


def test_the_letters_and_places_that_lead_somewhere(found):
    assert queries.letters() == {"a", "b", "#"}
    assert {code for code, _ in queries.branches()} == {OTHER, COUNTY, CITY, "450000"}


def test_the_number_of_questions_does_not_grow(found, client):
    """One line or many: prices, grades and sanctions are asked for the whole page at once."""
    client.get("/agencies/")
    with questions() as few:
        client.get("/agencies/")
    for number in range(4):
        an_agency(f"more{number}", name=f"more {number}", price_fen=1_000_000)
    with questions() as many:
        client.get("/agencies/")
    assert len(many) <= len(few)


def test_the_card_asks_no_more_for_a_long_price_table(found, client):
    actor = found["bei"]
    client.get(f"/agencies/{actor.code}")
    with questions() as few:
        client.get(f"/agencies/{actor.code}")
    for item in ("0402", "0403", "0404", "0101", "0102"):
        a_price(actor, item, price_fen=100, effective_from=date(2026, 4, 1))
    with questions() as many:
        client.get(f"/agencies/{actor.code}")
    assert len(many) == len(few)


def test_own_people_are_led_to_their_own_pages(found, client):
    code = found["bei"].code
    assert "我的价目表" not in client.get(f"/agencies/{code}").text
    client.sign_in("agency1")
    assert "我的价目表" in client.get(f"/agencies/{code}").text
    assert "我的价目表" not in client.get(f"/agencies/{found['an'].code}").text
