"""The rules are public: every clause of every book with its value, its basis and how far that was verified (M06)."""

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from app.database import db
from app.openrules import queries
from app.openrules.wording import CLAUSES, SECTIONS
from app.rulebook import SHIPPED, Applied, Evidence, Rulebooks
from tests.conftest import Client

BOOKS = Rulebooks.load()
GUANGXI, GUIGANG = "450000@2017-11-23", "450800@2017-11-23"
GUANGXI_TODAY, GUIGANG_TODAY = "450000@2026-07-01", "450800@2026-07-01"
MORE = """
[meta]
region = "450803"
in_force_from = {since}
extends = "450800@2017-11-23"

[publish.min_days_small]
value = 2
unit = "workday"
basis = "区内通知（JS4）"
evidence = "read"
"""


def test_every_clause_and_section_has_its_chinese_name_and_no_name_is_left_over() -> None:
    keys = {key for book in BOOKS.all() for key in book.clauses}
    assert keys == CLAUSES.keys()
    assert {key.partition(".")[0] for key in keys} == SECTIONS.keys()


def test_every_code_of_a_value_has_its_word(app: Flask) -> None:
    words = app.extensions["market.words"]

    def codes(value: object) -> set[str]:
        if isinstance(value, str):
            return {value}
        parts = value.values() if hasattr(value, "values") else value
        return {code for part in parts for code in codes(part)}

    found = {
        code
        for book in BOOKS.all()
        for clause in book.clauses.values()
        if clause.unit == "code"
        for code in codes(clause.value)
        if not code.startswith("V")
    }
    assert found
    assert not {code for code in found if f"rule_value.{code}" not in words}


def test_nothing_is_called_read_that_only_a_younger_source_says() -> None:
    """rules.md §2 (introduction); docs/rules-sources.md, Year."""
    years = {source.id: source.year for source in queries.sources()}
    for book in BOOKS.all():
        for clause in book.clauses.values():
            cited = [source for _, source in queries.cited(clause.basis) if source]
            if clause.evidence is Evidence.READ:
                assert cited, f"{book.id}: {clause.key} is read nowhere"
                known = [years[source] for source in cited]
                assert any(year is None or year <= book.in_force_from.year for year in known), (book.id, clause.key)


def test_everybody_reads_every_clause_with_value_basis_and_who_sees_to_it(client: Client) -> None:
    page = client.get(f"/rules/{GUANGXI}")
    assert page.status_code == 200
    assert BOOKS.get(GUANGXI).sha256 in page.text
    for key in BOOKS.get(GUANGXI).clauses:
        assert f'id="{key}"' in page.text
    for value in ("100,000.00 元", "70.00%", "09:00", "10 个工作日", "否", "福彩3D", "质量", "流标", "1 秒"):
        assert value in page.text
    for word in ("系统按此办理", "系统固定如此", "由人执行"):
        assert page.text.count(f">{word}</td>") == sum(
            clause.applied
            is {"系统按此办理": Applied.SYSTEM, "系统固定如此": Applied.PROGRAM}.get(word, Applied.PEOPLE)
            for clause in BOOKS.get(GUANGXI).clauses.values()
        )


@pytest.mark.parametrize("identifier", [book.id for book in BOOKS.all()])
def test_what_was_not_read_in_a_source_is_marked(client: Client, identifier: str) -> None:
    page = client.get(f"/rules/{identifier}")
    unverified = [c for c in BOOKS.get(identifier).clauses.values() if c.evidence is not Evidence.READ]
    assert page.text.count('<span class="unverified">未核实</span>') == len(unverified) + 1, "and once in the legend"
    assert f"{len(unverified)} 条" in page.text


@pytest.mark.parametrize(("only", "kept"), [("unverified", "min_valid.thin"), ("people", "offer.floor_social")])
def test_a_page_is_narrowed_to_what_is_unverified_or_left_to_people(app: Flask, only: str, kept: str) -> None:
    page = queries.page(GUANGXI, on=date(2026, 3, 2), only=only)
    shown = {one.clause.key for clauses in page.sections.values() for one in clauses}
    expected = {
        key
        for key, clause in BOOKS.get(GUANGXI).clauses.items()
        if (not clause.verified if only == "unverified" else clause.applied is Applied.PEOPLE)
    }
    assert kept in shown
    assert shown == expected
    assert page.counts.all == len(BOOKS.get(GUANGXI).clauses)


@pytest.mark.parametrize(
    ("region", "on", "answers", "without"),
    [
        ("450800", date(2026, 3, 2), GUIGANG, []),
        ("450803", date(2026, 3, 2), GUIGANG, ["450803"]),
        ("450803", date(2026, 7, 1), GUIGANG_TODAY, ["450803"]),
        ("450103", date(2026, 6, 30), GUANGXI, ["450103", "450100"]),
        ("450000", date(2026, 11, 22), GUANGXI_TODAY, []),
        (None, date(2026, 11, 22), GUIGANG_TODAY, []),
    ],
)
def test_the_region_tree_says_which_book_answers(app: Flask, region, on, answers, without) -> None:
    """layout.md §7: the most specific region that has a book."""
    found = queries.in_region(region, on=on)
    assert found.page is not None
    assert found.page.book.id == answers
    assert [step.region for step in found.path if step.book is None] == without


def test_before_the_first_book_nothing_holds_and_the_page_says_so(app: Flask, client: Client, at) -> None:
    found = queries.in_region("450800", on=date(2017, 11, 22))
    assert found.page is None
    assert all(step.book is None for step in found.path)


def test_the_front_page_of_the_rules_says_what_holds_where(client: Client, at) -> None:
    assert "今天在贵港市适用" in client.get("/rules/").text
    text = client.get("/rules/?region=450803").text
    assert "港南区没有自己的规则，今天在港南区适用" in " ".join(text.split()).replace("， 今", "，今")
    assert f'href="/rules/{GUIGANG}"' in text
    assert f'href="/rules/compare?a={GUIGANG_TODAY}&amp;b={GUIGANG}"' in text.replace("%40", "@")
    at("2026-07-01 09:00")
    assert f'href="/rules/{GUIGANG_TODAY}"' in client.get("/rules/").text


@pytest.mark.parametrize(
    "address",
    [
        "/rules/450000@1999-01-01",
        "/rules/..",
        "/rules/450000",
        "/rules/?region=999999",
        "/rules/?only=all",
        f"/rules/{GUIGANG}?only=read",
        "/rules/compare?a=450000",
        f"/rules/compare?a={GUIGANG}&b=x",
    ],
)
def test_an_unknown_book_region_or_filter_is_not_found(client: Client, address: str) -> None:
    assert client.get(address).status_code in {404, 308}


def test_a_clause_says_which_book_set_it(app: Flask) -> None:
    page = queries.page(GUIGANG_TODAY, on=date(2026, 7, 1))
    set_by = {one.clause.key: one.set_by.id for clauses in page.sections.values() for one in clauses}
    assert set_by["publish.min_days_large"] == GUIGANG_TODAY
    assert set_by["award.refusals_before_suspension"] == GUANGXI_TODAY
    assert set_by["award.alternates"] == GUANGXI
    assert page.base.id == GUANGXI


@pytest.mark.parametrize(
    ("book", "on", "beside"),
    [
        (GUANGXI, date(2026, 11, 22), GUANGXI_TODAY),
        (GUANGXI_TODAY, date(2026, 11, 22), GUANGXI),
        (GUIGANG_TODAY, date(2026, 3, 2), GUIGANG),
        (GUIGANG, date(2026, 3, 2), GUANGXI),
        (GUANGXI, date(2026, 3, 2), None),
    ],
)
def test_a_book_is_compared_with_what_holds_there_or_held_before(app: Flask, book, on, beside) -> None:
    found = queries.page(book, on=on).beside
    assert (found and found.id) == beside


def test_what_a_younger_source_is_quoted_for_is_marked_in_the_old_book_only(app: Flask, client: Client) -> None:
    old = queries.page(GUANGXI, on=date(2026, 3, 2))
    marked = {one.clause.key for clauses in old.sections.values() for one in clauses if one.younger}
    assert "scope.fiscal_must" in marked
    assert old.counts.younger == len(marked)
    assert "演示的历史" in client.get(f"/rules/{GUANGXI}").text
    new = queries.page(GUANGXI_TODAY, on=date(2026, 7, 1))
    assert not {one.clause.key for clauses in new.sections.values() for one in clauses if one.younger} - marked


def test_two_books_are_compared_with_every_difference_and_a_count_of_the_rest(client: Client) -> None:
    text = client.get(f"/rules/compare?a={GUANGXI}&b={GUANGXI_TODAY}").text
    assert "个体工商户" in text
    assert "机关和事业单位付款期限" in text
    before, after = BOOKS.get(GUANGXI).clauses, BOOKS.get(GUANGXI_TODAY).clauses
    assert f"<dd>{sum(before.get(key) == clause for key, clause in after.items())}</dd>" in "".join(text.split())
    regions = client.get(f"/rules/compare?a={GUANGXI}&b={GUIGANG}").text
    assert "公告期：超过小额" in regions
    assert "两份规则没有不同" in client.get(f"/rules/compare?a={GUIGANG}&b={GUIGANG}").text


def test_without_a_wish_the_book_of_today_is_compared_with_the_one_before(app: Flask) -> None:
    page = queries.comparison(None, None, on=date(2026, 11, 22))
    assert (page.before.id, page.after.id) == (GUIGANG, GUIGANG_TODAY)
    earlier = queries.comparison(None, None, on=date(2026, 3, 2))
    assert (earlier.before.id, earlier.after.id) == (GUANGXI, GUIGANG), "the first book of a place: what it extends"


@pytest.mark.parametrize(
    ("on", "states"), [(date(2026, 3, 1), (False, False)), (date(2026, 3, 2), (True, True))], ids=["before", "from"]
)
def test_a_countys_own_book_stands_beside_the_shipped_ones(
    app: Flask, client: Client, tmp_path: Path, on: date, states: tuple[bool, bool]
) -> None:
    """layout.md §7: MARKET_RULEBOOKS names folders that are searched after the shipped one."""
    (tmp_path / "450803@2026-03-02.toml").write_text(MORE.format(since="2026-03-02"), encoding="utf-8")
    shipped, app.extensions["market.rulebooks"] = (
        app.extensions["market.rulebooks"],
        Rulebooks.load((SHIPPED, tmp_path)),
    )
    try:
        found = next(book for book in queries.books(on=on) if book.region == "450803")
        assert (found.in_force, found.begun) == states
        text = client.get("/rules/?region=450803").text
        assert app.extensions["market.rulebooks"].get("450803@2026-03-02").sha256 in text
        assert "2 个工作日" in text
        assert client.get("/rules/450803@2026-03-02").status_code == 200
    finally:
        app.extensions["market.rulebooks"] = shipped


def test_the_register_of_sources_is_complete_and_every_citation_leads_into_it(client: Client) -> None:
    listed = queries.REGISTER.read_text(encoding="utf-8").partition("## The register")[2]
    assert len(queries.sources()) == sum(line.startswith("| ") for line in listed.splitlines()) - 1
    page = client.get("/rules/sources").text
    assert all(f'id="{source.id}"' in page for source in queries.sources())
    assert queries.cited("吴江：15 个工作日内评价（JS4，自开启次日起算）")[1] == ("JS4", "JS4")
    assert 'href="/rules/sources#JS2"' in client.get("/rules/").text


@pytest.mark.parametrize("address", ["/rules/", f"/rules/{GUIGANG}", "/rules/compare", "/rules/sources"])
def test_the_number_of_queries_does_not_grow_with_the_clauses(client: Client, address: str) -> None:
    asked: list[str] = []
    client.get(address)
    listen = (db.engine.engine, "before_cursor_execute", lambda *found: asked.append(found[2]))
    event.listen(*listen)
    try:
        assert client.get(address).status_code == 200
    finally:
        event.remove(*listen)
    assert len([one for one in asked if one.lstrip().upper().startswith("SELECT")]) <= 10, asked
