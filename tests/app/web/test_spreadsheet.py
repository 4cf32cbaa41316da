"""A file for offices: read by every spreadsheet, computed by none."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.spreadsheet import FORMULA, download, harmless

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))


def cells(response):
    return list(csv.reader(io.StringIO(response.data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\u3000=1",
        "\u00a0@A1",
        "\n=1",
        "＝1+1",
        '=HYPERLINK("x")',
    ],
)
def test_what_would_be_computed_is_text(cell):
    """quality.md R8."""
    assert harmless(cell) == f"'{cell}"


@given(TEXTS)
def test_no_cell_begins_like_a_formula(text):
    assert not harmless(text).lstrip().startswith(FORMULA)


@pytest.mark.parametrize(("cell", "said"), [(-5, "-5"), (None, ""), ("中文", "中文"), (0, "0")])
def test_everything_else_stays_as_it_is(cell, said):
    assert harmless(cell) == said


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=5))
def test_it_is_read_back_cell_by_cell(rows):
    response = download("name", ("a", "b"), rows)
    assert response.data.startswith(b"\xef\xbb\xbf")
    assert response.headers["Content-Disposition"] == 'attachment; filename="name.csv"'
    assert cells(response) == [["a", "b"], *([harmless(cell) for cell in row] for row in rows)]
