"""How values look: tables whose cells know their heads, clauses of the rulebook in force today."""

from flask import render_template_string
from markupsafe import Markup

from app.web.filters import labelled

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
