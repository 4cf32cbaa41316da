"""Help for everybody, with the values of the rulebook in force; components in a demonstration alone."""

import re
from dataclasses import replace

import pytest

from app.guide import queries
from app.guide.wording import PAGES
from tests.conftest import instant


@pytest.mark.parametrize("page", PAGES)
def test_everybody_reads_every_page(client, page):
    answer = client.get(f"/help/{page}")
    assert answer.status_code == 200
    assert PAGES[page][0] in answer.text
    assert "{{" not in answer.text


def test_the_index_leads_to_every_page(client):
    index = client.get("/help/").text
    assert all(f'href="/help/{page}"' in index for page in PAGES)


def test_pictures_are_there_with_words(client):
    """Every role's page but the administrator's shows a screen; none is missing, none stands without its words."""
    for page in set(PAGES) - {"admin", "refused", "receipts", "glossary"}:
        pictures = re.findall(r'<img src="([^"]+)"\s+alt="([^"]+)"', client.get(f"/help/{page}").text)
        assert pictures, page
        for address, words in pictures:
            with client.get(address) as answer:
                assert (answer.status_code, answer.mimetype) == (200, "image/png")
            assert len(words) > 10


def test_no_other_page(client):
    assert client.get("/help/pictures/..%2f..%2fprotocol.png").status_code == 404
    assert client.get("/help/clerk").status_code == 404
    assert client.get("/help/frame").status_code == 404


def test_values_are_those_of_the_rulebook_in_force(client, app, clock):
    for day in ("2026-03-02 09:00", "2026-07-02 09:00"):
        clock.instant = instant(day)
        book = queries.book(on=clock.instant.date())
        found = app.extensions["market.rulebooks"].get(book.id)
        page = client.get("/help/purchaser").text
        assert f"{book.region_name} {book.in_force_from.isoformat()} 起施行" in page
        assert f"{found.value('eval.owner_deadline')} 个工作日" in page
        assert found.clause("eval.owner_deadline").basis in page


def test_what_no_source_says_is_marked(client):
    assert client.get("/help/agency").text.count('class="unverified"') > 3


def test_components_stand_in_a_demonstration_alone(client, app, monkeypatch):
    assert client.get("/components").status_code == 200
    settings = replace(app.extensions["market.settings"], demonstration=False)
    monkeypatch.setitem(app.extensions, "market.settings", settings)
    assert client.get("/components").status_code == 404
