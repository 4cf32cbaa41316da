"""How values look: tables whose cells know their heads, clauses of the rulebook in force today."""

from datetime import UTC, datetime

import pytest
from flask import render_template_string
from markupsafe import Markup

from app.web.filters import labelled, local, until, yuan

HEADS = ["机构", ["报价（元）", "num"], '引号"和<号']


def test_each_cell_carries_its_head():
    rows = Markup('<tr id="x">\n<th scope="row">甲</th><td class="num">1</td><td>2</td></tr><tr><td>乙</td></tr>')
    assert labelled(rows, HEADS) == (
        '<tr id="x">\n<th scope="row" data-label="机构">甲</th><td class="num" data-label="报价（元）">1</td>'
        '<td data-label="引号&#34;和&lt;号">2</td></tr><tr><td data-label="机构">乙</td></tr>'
    )


def test_a_cell_across_columns_stands_for_all_of_them():
    rows = Markup('<tr><td colspan="2">合计</td><td>3</td><td>4</td></tr>')
    assert labelled(rows, HEADS) == (
        '<tr><td colspan="2">合计</td><td data-label="引号&#34;和&lt;号">3</td><td>4</td></tr>'
    )


def test_a_text_that_looks_like_a_cell_stays_a_text():
    rows = Markup("<tr><td>{}</td></tr>").format("<td>")
    assert labelled(rows, HEADS) == '<tr><td data-label="机构">&lt;td&gt;</td></tr>'


def test_a_clause_is_of_the_rulebook_in_force_today(app, clock):
    books = app.extensions["market.rulebooks"].all()
    assert {book.in_force_from.year for book in books} >= {2017}
    with app.test_request_context("/"):
        said = render_template_string("{{ clause('entry.check_deadline').value }}")
    begun = [book for book in books if book.in_force_from <= clock.market().date()]
    assert said == str(begun[-1].value("entry.check_deadline"))


@pytest.mark.parametrize(
    ("fen", "shown"),
    [(None, ""), (0, "0.00"), (5, "0.05"), (123_456_789, "1,234,567.89"), (-5, "-0.05"), (-100_001, "-1,000.01")],
)
def test_fen_are_shown_as_yuan(fen, shown):
    assert yuan(fen) == shown


@pytest.mark.parametrize(
    ("instant", "shown", "ended"),
    [
        (datetime(2026, 3, 4, 1, 5, 59, tzinfo=UTC), "2026-03-04 09:05", "2026-03-04 09:05"),
        (datetime(2026, 2, 28, 16, tzinfo=UTC), "2026-03-01 00:00", "2026-02-28 24:00"),
        (datetime(2026, 2, 28, 16, 0, 0, 1, tzinfo=UTC), "2026-03-01 00:00", "2026-03-01 00:00"),
    ],
)
def test_instants_are_shown_to_the_minute(instant, shown, ended):
    assert (local(instant), until(instant)) == (shown, ended)
