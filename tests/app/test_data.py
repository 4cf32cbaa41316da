"""The shipped reference data: complete, consistent with itself, and honest about its sources."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from chinese_calendar import constants
from stdnum import numdb

from app.region.divisions import Level, divisions
from app.region.rules import path
from app.rulebook import Applied, Evidence, Rulebooks
from app.workdays import SHIPPED as WORKDAYS
from bidding.selection import methods
from marketplace.need.rules import OFFERED

ROOT = Path(__file__).parents[2]
DATA = ROOT / "app" / "data"
SOURCE = re.compile(r"\b(?:S|[A-Z]{2})\d+\b")


def load(name):
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


CATALOGUE = load("catalogue.toml")
ITEMS = {item["code"]: item for item in CATALOGUE["item"]}
AUTHORITIES = {authority["id"]: authority for authority in load("authorities.toml")["authority"]}
QUALIFICATIONS = {qualification["id"]: qualification for qualification in load("qualifications.toml")["qualification"]}
REGISTER = set(
    re.findall(r"^\| ([A-Z]{1,2}\d+) \|", (ROOT / "docs" / "rules-sources.md").read_text(encoding="utf-8"), re.M)
)
BOOKS = Rulebooks.load().all()
CLAUSES = [
    pytest.param(book, clause, id=f"{book.region} {clause.key}") for book in BOOKS for clause in book.clauses.values()
]


@pytest.mark.parametrize(("book", "clause"), CLAUSES)
def test_every_clause_cites_only_sources_of_the_register_and_read_ones_cite_some(book, clause):
    cited = set(SOURCE.findall(clause.basis))
    behaviours = {name.partition(".")[2].partition("_")[0] for name in book.clauses if name.startswith("points.")}
    assert cited - behaviours <= REGISTER
    if clause.evidence is Evidence.READ:
        assert cited
    else:
        assert re.search("推定|凭记忆", clause.basis), "what was not read says so"


def test_weights_add_up_and_grades_descend():
    for book in BOOKS:
        assert sum(book.value("eval.weights").values()) == 100
        assert sum(book.value("eval.dimensions").values()) == 100
        assert book.value("credit.grade_a") > book.value("credit.grade_b") > book.value("credit.grade_c")
        assert 0 <= book.value("award.alternates") <= 5
        assert book.value("calendar.opens") < book.value("calendar.closes")
        assert book.value("draw.beacon_fiscal_state") != "none"
        assert [late for late, _ in book.value("eval.timeliness_marks")] == [0, 2, 5, 10]


def test_the_deduct_list_holds_what_the_record_or_a_regulator_establishes():
    codes = {
        key.removeprefix("points.")
        for key, clause in BOOKS[0].clauses.items()
        if key.startswith("points.") and clause.applied is Applied.SYSTEM
    }
    assert codes == {"V01", "V02", "V03", "V04", "V06_11", "V06_31", "V10", "V13", "V14"}


@pytest.mark.parametrize(
    ("section", "method"),
    [("random", "RANDOM"), ("bid", "BID_LOW"), ("merit", "CREDIT_MERIT"), ("scheme", "SCHEME_MERIT")],
)
def test_the_outcomes_that_the_books_tell_are_the_ones_that_follow(section, method):
    for valid, told in enumerate(("none", "one", "two", "three")):
        clause = BOOKS[0].clauses[f"outcome.{section}_{told}"]
        assert clause.applied is Applied.PROGRAM
        assert clause.value == {
            "public": methods.outcome(method, "fiscal", valid=valid),
            "social": methods.outcome(method, "social", valid=valid),
        }


def test_the_methods_that_the_books_tell_are_the_ones_offered():
    assert set(BOOKS[0].value("method.offered")) == set(OFFERED)


def test_thirteen_categories_and_seventy_four_items():
    assert [category["code"] for category in CATALOGUE["category"]] == [f"{number:02}" for number in range(1, 14)]
    assert len(CATALOGUE["item"]) == len(ITEMS) == 74
    assert len({item["name"] for item in ITEMS.values()}) == 74
    assert {code[:2] for code in ITEMS} == {category["code"] for category in CATALOGUE["category"]}


def test_a_retired_code_is_not_used_again():
    assert CATALOGUE["retired"]
    for retired, successor in CATALOGUE["retired"].items():
        assert retired not in ITEMS
        assert successor in ITEMS


COLUMNS = {
    "code", "name", "authorities", "approval", "basis", "q", "qualification", "units", "fee_nature", "fee_basis",
    "self_service", "days", "evidence", "verified", "sources",
}  # fmt: skip


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS)
def test_every_item_has_every_column_and_says_what_was_read(item):
    assert item.keys() >= COLUMNS
    assert item.keys() <= COLUMNS | {"requires", "note"}
    assert set(item["authorities"]) <= AUTHORITIES.keys()
    assert item["authorities"]
    assert item["q"] in {"M", "V", "P", "M/V", "none", "regional"}
    assert set(item["units"]) <= CATALOGUE["units"].keys()
    assert item["units"]
    assert item["fee_nature"] in {"operating", "authority"}
    assert type(item["self_service"]) is bool
    assert item["days"] == "term" or (type(item["days"]) is int and item["days"] > 0)
    assert set(item["verified"]) <= {"name", "basis", "self_service", "fee_basis"}
    assert (item["evidence"] == "read") == ("name" in item["verified"])
    assert item["evidence"] in {"read", "recalled"}
    assert set(item["sources"]) <= REGISTER
    assert bool(item["sources"]) == bool(item["verified"])
    for column in ("approval", "basis", "fee_basis"):
        assert re.search("[\u4e00-\u9fff]", item[column]), "every cell is written out in Chinese"


def test_an_authority_pays_only_where_it_commissions():
    assert {code for code, item in ITEMS.items() if item["fee_nature"] == "authority"} == {"0106", "0305", "0503"}


def test_requires_names_one_mandatory_licence_where_the_item_names_one_clearly():
    for item in ITEMS.values():
        if "requires" in item:
            assert item["q"] == "M"
            assert len(item["requires"]) == 1
            assert item["requires"][0] in QUALIFICATIONS
    mandatory = {code for code, item in ITEMS.items() if item["q"] == "M"}
    assert mandatory - {code for code, item in ITEMS.items() if "requires" in item} == {"0203", "0204", "0302"}


def test_qualifications_are_all_asked_for_and_have_an_authority():
    asked = {licence for item in ITEMS.values() for licence in item.get("requires", [])}
    wider = {qualification["part_of"] for qualification in QUALIFICATIONS.values() if "part_of" in qualification}
    assert asked | wider == QUALIFICATIONS.keys()
    assert wider <= QUALIFICATIONS.keys()
    for qualification in QUALIFICATIONS.values():
        assert qualification["authority"] in AUTHORITIES
        assert len(set(qualification["grades"])) == len(qualification["grades"])


def test_authorities_have_names_and_items():
    assert len(AUTHORITIES) == 19
    assert {authority for item in ITEMS.values() for authority in item["authorities"]} == AUTHORITIES.keys()
    assert len({authority["short"] for authority in AUTHORITIES.values()}) == 19


def test_sanyuesan_is_listed_for_every_year_as_inferred_and_doubtful_days_ask_for_confirmation():
    content = tomllib.loads((WORKDAYS / "450000.toml").read_text(encoding="utf-8"))
    assert content["meta"]["evidence"] == "inferred"
    years = [entry["date"].year for entry in content["day"]]
    assert years == [year for year in range(2017, 2027) for _ in range(2)]
    for entry in content["day"]:
        day: date = entry["date"]
        doubtful = day.weekday() >= 5 or day in constants.holidays or day in constants.workdays
        assert entry.get("confirm", False) == doubtful
        assert entry["working"] is False


def test_guangxi_has_its_cities_and_counties():
    found = divisions()
    count = {level: sum(division.level is level for division in found) for level in Level}
    assert count == {Level.PROVINCE: 1, Level.CITY: 14, Level.COUNTY: 111}
    names = {division.code: (division.name, division.short) for division in found}
    assert names["450000"] == ("广西壮族自治区", "广西")
    assert names["450800"] == ("贵港市", "贵港")
    assert names["450803"] == ("港南区", "港南区")


def test_codes_have_the_shape_of_the_standard():
    found = divisions()
    codes = {division.code: division for division in found}
    assert len(codes) == len(found)
    assert list(codes) == sorted(codes)
    for division in found:
        assert re.fullmatch(r"45\d{4}", division.code)
        city, county = int(division.code[2:4]), int(division.code[4:])
        match division.level:
            case Level.PROVINCE:
                assert (city, county, division.parent) == (0, 0, None)
            case Level.CITY:
                assert (1 <= city <= 20, county, division.parent) == (True, 0, "450000")
                assert division.name.endswith("市")
            case Level.COUNTY:
                assert division.parent == f"{division.code[:4]}00"
                assert codes[division.parent].level is Level.CITY
                suffix = "区" if 1 <= county <= 20 else "县" if county <= 80 else "市"
                assert division.name.endswith(suffix)


def test_names_agree_with_a_second_table():
    """python-stdnum carries the codes of identity cards with the years of each name: an independent witness."""
    table = numdb.get("cn/loc")
    for division in divisions():
        if division.level is Level.COUNTY:
            names = table.info(division.code)[1][1]["county"].split(",")
            assert division.name in {name.partition("]")[2] for name in names if name.partition("]")[0].endswith("-")}
            assert division.short == division.name
    assert len({division.name for division in divisions()}) == 126


def test_a_path_runs_upwards_and_another_province_is_known():
    assert path("450803") == ("450803", "450800", "450000")
    assert path("450800") == ("450800", "450000")
    assert path("450000") == ("450000",)
    assert divisions("440000")[0].code == "440000"
    with pytest.raises(LookupError):
        divisions("990000")
