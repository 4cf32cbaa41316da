"""The rules are public: every clause of every book with its value, its basis and how far it was verified (M06)."""

from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from app.openrules import queries
from app.openrules.wording import CLAUSES, SECTIONS
from app.rulebook import SHIPPED, Evidence, Rulebooks
from tests.conftest import Client

BOOKS = Rulebooks.load()
GUIGANG = "450800@2017-11-23"
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


def test_every_clause_and_section_has_its_chinese_name() -> None:
    keys = {key for book in BOOKS.all() for key in book.clauses}
    assert keys <= CLAUSES.keys()
    assert {key.partition(".")[0] for key in keys} <= SECTIONS.keys()


def test_everybody_reads_every_clause_with_value_basis_and_checksum(client: Client) -> None:
    page = client.get("/rules/")
    assert page.status_code == 200
    for book in BOOKS.all():
        assert book.sha256 in page.text
    for key in BOOKS.get("450000@2017-11-23").clauses:
        assert f"<code>{key}</code>" in page.text
    for value in ("100,000.00 元", "70.00%", "09:00", "15 个工作日", "否", "福彩3D", "质量"):
        assert value in page.text


@pytest.mark.parametrize("identifier", [book.id for book in BOOKS.all()])
def test_what_was_not_read_in_a_source_is_marked(client: Client, identifier: str) -> None:
    page = client.get(f"/rules/{identifier}")
    unverified = [c for c in BOOKS.get(identifier).clauses.values() if c.evidence is not Evidence.READ]
    assert page.text.count('<span class="unverified">未核实</span>') == len(unverified)
    assert f"{len(BOOKS.get(identifier).clauses)} 条" in page.text


def test_a_book_that_extends_another_shows_what_differs_and_the_rest_on_its_own_page(app: Flask) -> None:
    pages = {page.book.id: page for page in queries.own(on=date(2026, 3, 2))}
    assert {one.clause.key for clauses in pages[GUIGANG].sections.values() for one in clauses} == {
        "publish.min_days_large"
    } | ({"publish.min_days_small"} if _differs("publish.min_days_small") else set())
    whole = queries.page(GUIGANG, on=date(2026, 3, 2))
    assert sum(len(clauses) for clauses in whole.sections.values()) == len(BOOKS.get(GUIGANG).clauses)


def _differs(key: str) -> bool:
    return BOOKS.get(GUIGANG).clause(key) != BOOKS.get("450000@2017-11-23").clause(key)


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
        text = client.get("/rules/").text
        assert found.sha256 in text
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
    assert 'href="/rules/sources#JS4"' in client.get("/rules/").text


@pytest.mark.parametrize("identifier", ["450000@1999-01-01", "..", "450000"])
def test_an_unknown_book_is_not_found(client: Client, identifier: str) -> None:
    assert client.get(f"/rules/{identifier}").status_code in {404, 308}
