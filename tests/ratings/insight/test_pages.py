"""The statistics as a stranger reads them: page, pictures, files, and what is no period."""

import csv
import io
import re
from xml.etree import ElementTree

import pytest
from sqlalchemy import event

from app.database import db
from ratings.insight import rules
from ratings.insight.rules import DRAWN
from tests.builders.announcement import an_announcement
from tests.builders.award import accepted_award
from tests.builders.people import an_admin


@pytest.fixture
def award(app):
    """One completed selection: budget 50,000.00 元, price 45,000.00 元."""
    return accepted_award(budget_fen=5_000_000, price_fen=4_500_000)


@pytest.fixture
def asked(app):
    """What was read from the database so far."""
    found: list[str] = []

    def note(*call: object) -> None:
        if str(call[2]).startswith(("SELECT", "WITH")):
            found.append(str(call[2]))

    listen = (db.engine.engine, "before_cursor_execute", note)
    event.listen(*listen)
    yield found
    event.remove(*listen)


def test_the_four_numbers_stand_first(award, client):
    page = client.get("/statistics/").text
    for figure in ("5.00", "4.50", "0.50", "10.00%"):
        assert figure in page
    assert "贵港市" in page
    assert re.search(r"<(script|style)(?! type=\"module\")", page) is None


def test_an_empty_market_says_so(client):
    page = client.get("/statistics/?region=451000")
    assert page.status_code == 200
    assert "没有发布过采购公告" in page.text


def test_what_is_no_period_is_said_beside_the_field_and_stays(client):
    answer = client.get("/statistics/?from=2026-13&until=2026-02&region=450800")
    assert answer.status_code == 422
    assert "看不懂月份“2026-13”" in answer.text
    assert 'value="2026-13"' in answer.text
    assert 'value="450800" selected' in answer.text


@pytest.mark.parametrize("table", DRAWN)
def test_a_picture_is_svg_alone(award, client, table):
    answer = client.get(f"/statistics/chart/{table.value}.svg")
    assert answer.mimetype == "image/svg+xml"
    root = ElementTree.fromstring(answer.text)  # noqa: S314 - our own
    assert {each.tag.rpartition("}")[2] for each in root.iter()} <= {"svg", "title", "text", "rect", "line"}
    assert not any("href" in name or name.startswith("on") for each in root.iter() for name in each.attrib)
    assert root.find("{http://www.w3.org/2000/svg}title").text


@pytest.mark.parametrize("address", ["chart/x.svg", "chart/outcome.svg", "chart/month.svg?region=1", "x.csv"])
def test_other_pictures_and_files_there_are_none(client, address):
    assert client.get(f"/statistics/{address}").status_code == 404


def test_a_file_holds_the_table_exactly(award, client):
    answer = client.get("/statistics/region.csv?region=450800")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    head, row = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert head[0] == "代码"
    assert row[2:] == ["1", "1", "100.00", "50000.00", "45000.00", "5000.00", "10.00"]
    for name in (*DRAWN, "outcome", "concentration"):
        assert client.get(f"/statistics/{name}.csv").status_code == 200


def test_no_more_is_asked_for_more_announcements(award, client, asked):
    # Nobody has asked for the figures of such a market yet.
    an_admin("admin of these figures")
    client.get("/statistics/")
    before = len(asked)
    for _ in range(3):
        an_announcement()
    asked.clear()
    client.get("/statistics/")
    assert len(asked) <= before
    asked.clear()
    assert client.get("/statistics/chart/month.svg").status_code == 200
    assert not any("announcement" in statement for statement in asked)


def test_the_front_page_s_figures(award, app):
    panel = app.extensions["market.panels"]["market_figures"]
    with app.test_request_context("/"):
        rows = panel()["rows"]
    assert [row["value"] for row in rows] == ["1", "1", "0.50", "3", "0"]


def test_the_source_is_named_only_beside_its_own_figures(award, client, monkeypatch):
    assert "6.18%" not in client.get("/statistics/").text
    monkeypatch.setattr(rules, "GUIGANG", rules.Tally(1, 1, 5_000_000, 4_500_000))
    assert "6.18%" in client.get("/statistics/").text
