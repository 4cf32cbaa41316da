"""Rulebooks: loading, extending, filling terms, and every way in which a file or a demand is refused."""

import ast
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from app.factory import HOUSE
from app.rulebook import SHIPPED, Applied, Evidence, NoRulebook, RulebookError, Rulebooks, term
from marketplace.need.rules import OFFERED, Method, MinimumTerms, minimum_for
from marketplace.purchaser.rules import Fund
from ratings.credit.rules import CONDUCT_MOST, FULL, Behaviour
from ratings.evaluation.rules import BEST, EXPLAINED_UP_TO, LATE_FOR, WORST
from ratings.performance.rules import LEVELS
from story import STORY

GUANGXI, GUIGANG = "450000@2017-11-23", "450800@2017-11-23"
GUANGXI_TODAY, GUIGANG_TODAY = "450000@2026-07-01", "450800@2026-07-01"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class EvalTerms:
    SECTION: ClassVar[str] = "eval"
    owner_deadline: int = term("workday")
    weights: Mapping[str, int] = term("percent")
    timeliness_marks: tuple[tuple[int, int], ...] = term("mark")


@dataclass(frozen=True)
class WindowTerms:
    SECTION: ClassVar[str] = "window"
    days: int = term("workday")


RULE = '[window.days]\nvalue = {}\nunit = "workday"\nbasis = "本平台推定"\nevidence = "inferred"\n'


@pytest.fixture
def write(tmp_path):
    """Write a rulebook file into a folder of its own and keep the checksums right."""

    def _write(id, rules, *, extends=None, folder="shipped", name=None, meta=""):
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        region, since = id.split("@")
        head = f'[meta]\nregion = "{region}"\nin_force_from = {since}\n' + (
            f'extends = "{extends}"\n' if extends else ""
        )
        (place / (name or f"{id}.toml")).write_text(head + meta + "\n" + rules, encoding="utf-8")
        lines = [
            f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(place.glob("*.toml"))
        ]
        (place / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
        return place

    return _write


def test_the_shipped_rulebooks_load_and_say_where_each_value_comes_from():
    book = Rulebooks.load().get(GUANGXI)
    clause = book.clause("min_valid.fiscal_state")
    assert (clause.value, clause.unit, clause.evidence, clause.verified) == (3, "count", Evidence.READ, True)
    assert clause.applied is Applied.SYSTEM
    assert "JS2" in clause.basis
    assert not book.clause("award.alternates").verified
    assert book.sha256 == hashlib.sha256((SHIPPED / f"{GUANGXI}.toml").read_bytes()).hexdigest()


def test_guigang_announces_one_working_day_whatever_the_amount():
    books = Rulebooks.load()
    assert books.get(GUANGXI).value("publish.min_days_large") == 3
    assert books.get(GUIGANG).value("publish.min_days_large") == 1
    assert books.get(GUIGANG).value("eval.owner_deadline") == 15
    assert books.get(GUIGANG).extends == GUANGXI


@pytest.mark.parametrize(
    ("path", "on", "id"),
    [
        (("450803", "450800", "450000"), date(2017, 11, 23), GUIGANG),
        (("450803", "450800", "450000"), date(2026, 6, 30), GUIGANG),
        (("450803", "450800", "450000"), date(2026, 7, 1), GUIGANG_TODAY),
        (("450103", "450100", "450000"), date(2017, 11, 23), GUANGXI),
        (("450000",), date(2026, 1, 1), GUANGXI),
        (("450103", "450100", "450000"), date(2030, 1, 1), GUANGXI_TODAY),
    ],
)
def test_the_most_specific_region_with_a_rulebook_decides(path, on, id):
    assert Rulebooks.load().in_force(path, on).id == id


@pytest.mark.parametrize(
    ("path", "on"), [(("450000",), date(2017, 11, 22)), (("440000",), date(2026, 1, 1)), ((), date.max)]
)
def test_no_rulebook_is_said_not_guessed(path, on):
    with pytest.raises(NoRulebook):
        Rulebooks.load().in_force(path, on)


def test_a_region_whose_own_book_is_not_yet_in_force_follows_the_one_above(write):
    write("450000@2017-01-01", RULE.format(3))
    folder = write("450800@2018-01-01", RULE.format(1), extends="450000@2017-01-01")
    books = Rulebooks.load([folder])
    assert books.in_force(("450800", "450000"), date(2017, 12, 31)).id == "450000@2017-01-01"
    assert books.in_force(("450800", "450000"), date(2018, 1, 1)).id == "450800@2018-01-01"


def test_a_successor_follows_on_its_day(write):
    write("450000@2017-01-01", RULE.format(3))
    folder = write("450000@2020-01-01", RULE.format(5), extends="450000@2017-01-01")
    books = Rulebooks.load([folder])
    assert books.in_force(("450000",), date(2019, 12, 31)).value("window.days") == 3
    assert books.in_force(("450000",), date(2020, 1, 1)).value("window.days") == 5
    assert [book.id for book in books.all()] == ["450000@2017-01-01", "450000@2020-01-01"]


def test_terms_are_built_once_read_only_and_in_their_shapes():
    book = Rulebooks.load().get(GUIGANG)
    terms = book.terms(EvalTerms)
    assert terms is book.terms(EvalTerms)
    assert terms.owner_deadline == 15
    assert dict(terms.weights) == {"owner": 60, "authority": 40, "platform": 0}
    assert terms.timeliness_marks == ((0, 5), (2, 4), (5, 3), (10, 2))
    with pytest.raises(TypeError):
        terms.weights["owner"] = 100
    hours = [("opens", time, term("clock")), ("closes", time, term("clock"))]
    opening = make_dataclass("OpeningTerms", hours, frozen=True, namespace={"SECTION": "calendar"})
    assert book.terms(opening) == opening(time(9), time(17, 30))


@pytest.mark.parametrize(
    ("name", "annotation", "unit", "says"),
    [
        ("owner_deadline", int, "day", "eval.owner_deadline is in workday"),
        ("owner_deadline", tuple[int, ...], "workday", "eval.owner_deadline is a single value"),
        ("weights", int, "percent", "eval.weights is a table"),
        ("timeliness_marks", int, "mark", "eval.timeliness_marks is a list"),
        ("never_heard_of", int, "workday", "no clause eval.never_heard_of"),
    ],
)
def test_terms_that_do_not_fit_name_file_and_key(name, annotation, unit, says):
    cls = make_dataclass("OddTerms", [(name, annotation, term(unit))], frozen=True, namespace={"SECTION": "eval"})
    with pytest.raises(RulebookError, match=says) as refused:
        Rulebooks.load().get(GUIGANG).terms(cls)
    assert GUIGANG in str(refused.value)


def test_a_field_without_a_unit_and_an_unknown_unit_are_refused():
    cls = make_dataclass("BareTerms", [("owner_deadline", int)], frozen=True, namespace={"SECTION": "eval"})
    with pytest.raises(RulebookError, match=r"BareTerms\.owner_deadline"):
        Rulebooks.load().get(GUIGANG).terms(cls)
    with pytest.raises(RulebookError, match="furlong"):
        term("furlong")


def test_the_check_finds_unknown_keys_and_wrong_units_in_every_book(write):
    other = '[window.width]\nvalue = 1\nunit = "count"\nbasis = "本平台推定"\nevidence = "inferred"\n'
    write("450000@2017-01-01", RULE.format(3))
    folder = write("450800@2017-01-01", other, extends="450000@2017-01-01")
    books = Rulebooks.load([folder])
    with pytest.raises(RulebookError, match=r"^450800@2017-01-01: nobody knows the key window\.width, and it is not"):
        books.check([WindowTerms])
    both = make_dataclass(
        "BothTerms",
        [("days", int, term("day")), ("width", int, term("count"))],
        frozen=True,
        namespace={"SECTION": "window"},
    )
    with pytest.raises(RulebookError) as refused:
        books.check([both])
    assert len(str(refused.value).splitlines()) == 2


def test_the_check_is_content_when_everything_is_claimed_even_by_several(write):
    books = Rulebooks.load([write("450000@2017-01-01", RULE.format(3))])
    books.check([WindowTerms, WindowTerms])


PEOPLE = 'applied = "people"\n'
PROGRAM = 'applied = "program"\n'


def test_a_clause_that_the_system_does_not_decide_by_must_say_so_and_only_such_a_one_may(write):
    books = Rulebooks.load([write("450000@2017-01-01", RULE.format(3) + PEOPLE)])
    books.check([])
    assert books.get("450000@2017-01-01").clause("window.days").applied is Applied.PEOPLE
    with pytest.raises(RulebookError, match=r"window\.days is marked as applied by people, but the system does"):
        books.check([WindowTerms])


def test_what_the_program_always_does_cannot_be_set_otherwise_by_a_region(write):
    write("450000@2017-01-01", RULE.format(3) + PROGRAM)
    folder = write("450800@2017-01-01", RULE.format(3) + PROGRAM, extends="450000@2017-01-01")
    Rulebooks.load([folder]).check([])
    folder = write("450800@2017-01-01", RULE.format(2) + PROGRAM, extends="450000@2017-01-01")
    with pytest.raises(RulebookError, match=r"450800@2017-01-01: window\.days is fixed by the program and differs"):
        Rulebooks.load([folder]).check([])


def test_the_shipped_books_say_of_every_clause_who_sees_to_it():
    books = Rulebooks.load()
    books.check(terms for stage in (*HOUSE, *STORY) for terms in stage.terms)
    for book in books.all():
        assert {clause.applied for clause in book.clauses.values()} == set(Applied)


def test_no_key_is_claimed_and_then_left_alone():
    """A key that a terms class claims is shown as executed by the system, so some code must ask for it."""
    asked = {
        node.attr
        for package in ("app", "marketplace", "bidding", "ratings")
        for file in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    } | {str(behaviour) for behaviour in Behaviour}
    claimed = {name for stage in STORY for terms in stage.terms for name in terms.__dataclass_fields__}
    assert claimed - asked == set()


@pytest.mark.parametrize("book", [GUANGXI, GUANGXI_TODAY, GUIGANG, GUIGANG_TODAY])
def test_what_is_said_to_be_fixed_in_the_program_is_what_stands_in_the_program(book):
    said = Rulebooks.load().get(book).value
    assert set(said("method.offered")) == set(OFFERED)
    assert (said("credit.base"), said("credit.conduct_most")) == (FULL, CONDUCT_MOST)
    assert (said("eval.lowest"), said("eval.highest"), said("eval.reason_up_to")) == (WORST, BEST, EXPLAINED_UP_TO)
    assert timedelta(days=said("eval.late_days")) == LATE_FOR
    assert (said("service.late_after") + 1, said("service.very_late_after") + 1) == LEVELS


@pytest.mark.parametrize(
    ("row", "method"), [("random", Method.RANDOM), ("bid", Method.BID_RATE), ("merit", Method.CREDIT_MERIT)]
)
@pytest.mark.parametrize("book", [GUANGXI, GUIGANG_TODAY])
def test_the_table_of_outcomes_says_what_the_minimum_does(book, row, method):
    chosen = Rulebooks.load().get(book)
    terms = chosen.terms(MinimumTerms)
    for valid, word in enumerate(("none", "one", "two", "three")):
        said = chosen.value(f"outcome.{row}_{word}")
        for funds, fund in (("public", Fund.FISCAL), ("public", Fund.STATE), ("social", Fund.SOCIAL)):
            enough = valid >= minimum_for(method, fund, winners=1, terms=terms).count
            assert (said[funds] == "unsuccessful") is not enough, (word, fund)


def test_a_further_folder_adds_books_but_replaces_none(write):
    county = write("450821@2020-01-01", RULE.format(2), folder="county", extends=GUIGANG)
    books = Rulebooks.load([SHIPPED, county])
    assert books.in_force(("450821", "450800", "450000"), date(2020, 1, 1)).value("publish.min_days_large") == 1
    usurper = write(GUIGANG, RULE.format(2), folder="usurper")
    with pytest.raises(RulebookError, match="cannot be replaced"):
        Rulebooks.load([SHIPPED, usurper])


def test_a_changed_added_or_missing_shipped_file_stops_the_boot(write):
    folder = write("450000@2017-01-01", RULE.format(3))
    file = folder / "450000@2017-01-01.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("3", "2"), encoding="utf-8")
    with pytest.raises(RulebookError, match="never changes"):
        Rulebooks.load([folder])
    file.unlink()
    with pytest.raises(RulebookError, match="never changes"):
        Rulebooks.load([folder])
    (folder / "SHA256SUMS").unlink()
    with pytest.raises(RulebookError, match="SHA256SUMS is missing"):
        Rulebooks.load([folder])


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (RULE.format('"3"'), r"window\.days has '3'"),
        (RULE.format("3.0"), r"window\.days has 3\.0"),
        (RULE.format("true"), r"window\.days has True"),
        (RULE.format("-1"), r"window\.days has -1"),
        (RULE.format('[1, "2"]'), r"window\.days has '2'"),
        (RULE.format("{ a = 1, b = false }"), r"window\.days has False"),
        (RULE.format("3").replace('"workday"', '"week"'), "unknown unit"),
        (RULE.format("3").replace('"inferred"', '"certain"'), "unknown evidence"),
        (RULE.format("3").replace("本平台推定", " "), "no basis"),
        (RULE.format("3") + 'note = "x"\n', "and nothing else"),
        (RULE.format("3") + 'applied = "nobody"\n', "applied by the unknown"),
        ("[window]\ndays = 3\n", r"window\.days must have"),
        ("days = 3\n", "and nothing else"),
        ("[window", "Expected"),
    ],
)
def test_a_malformed_clause_is_refused_with_its_file(write, rules, says):
    folder = write("450000@2017-01-01", rules)
    with pytest.raises(RulebookError, match=says) as refused:
        Rulebooks.load([folder])
    assert "450000@2017-01-01.toml" in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "450000@2018-01-01.toml"}, "must be named"),
        ({"extends": "450000@2017-01-01"}, "leads back"),
        ({"extends": "440000@2017-01-01"}, "does not exist"),
        ({"meta": 'colour = "red"\n'}, "nothing else"),
    ],
)
def test_a_malformed_head_is_refused(write, arguments, says):
    folder = write("450000@2017-01-01", RULE.format(3), **arguments)
    with pytest.raises(RulebookError, match=says):
        Rulebooks.load([folder])


@pytest.mark.parametrize(
    ("meta", "says"),
    [
        ('region = "4500"\nin_force_from = 2017-01-01\n', "six digits"),
        ('region = "450000"\nin_force_from = 2017-01-01T00:00:00\n', "not a date"),
        ('region = "450000"\n', "must have region and in_force_from"),
    ],
)
def test_a_head_without_region_or_day_is_refused(tmp_path, meta, says):
    (tmp_path / "450000@2017-01-01.toml").write_text("[meta]\n" + meta, encoding="utf-8")
    with pytest.raises(RulebookError, match=says):
        Rulebooks.load([SHIPPED, tmp_path])


def test_what_is_extended_must_be_in_force_and_keep_its_units(write):
    write("450000@2020-01-01", RULE.format(3))
    folder = write("450800@2019-01-01", RULE.format(1), extends="450000@2020-01-01")
    with pytest.raises(RulebookError, match="not yet in force"):
        Rulebooks.load([folder])
    folder = write("450800@2019-01-01", RULE.format(1).replace("workday", "day"), extends=GUANGXI)
    write("450900@2019-01-01", RULE.format(1), folder="other", extends="450800@2019-01-01")
    with pytest.raises(RulebookError, match="what it extends"):
        Rulebooks.load([SHIPPED, folder, folder.parent / "other"])


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(RulebookError, match="nowhere"):
        Rulebooks.load([SHIPPED, Path("nowhere")])


def test_a_missing_key_or_id_is_said():
    books = Rulebooks.load()
    with pytest.raises(RulebookError, match=r"450000@2017-11-23: no clause publish\.colour"):
        books.get(GUANGXI).value("publish.colour")
    with pytest.raises(NoRulebook, match="450000@1999-01-01"):
        books.get("450000@1999-01-01")
