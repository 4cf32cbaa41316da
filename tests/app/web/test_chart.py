"""Pictures that any reader of SVG understands, whatever is written in them."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from app.web.chart import SERIES, WIDTH, Bar, bars, columns

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=20)
ROWS = st.lists(st.builds(Bar, NAMES, st.tuples(st.integers(0, 10**13), st.integers(0, 10**13)), NAMES), max_size=30)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314 - our own


@given(ROWS, NAMES)
def test_it_is_well_formed_and_nothing_leaves_the_paper(rows, title):
    for draw in (bars, columns):
        root = drawn(draw(rows, title=title, series=("a", "b")))
        high = float(root.get("height"))
        for box in root.iter(f"{SVG}rect"):
            x, y, width, height = (float(box.get(name)) for name in ("x", "y", "width", "height"))
            assert x >= 0
            assert y >= 0
            assert width >= 0
            assert height >= 0
            assert x + width <= WIDTH + 0.2
            assert y + height <= high + 0.2


def test_what_is_written_is_text():
    picture = bars([Bar("<script>alert(1)</script>", (1,), '"&')], title="</title><script>")
    assert [each for each in drawn(picture).iter() if each.tag.endswith("script")] == []
    assert "<script" not in picture


def test_lengths_are_in_proportion():
    picture = bars([Bar("a", (100, 100)), Bar("b", (50, 0))], title="t", series=("x", "y"))
    boxes = [box for box in drawn(picture).iter(f"{SVG}rect") if box.get("height") == "10.0"]
    widths = [float(box.get("width")) for box in boxes if box.get("fill") in SERIES]
    assert widths == [184.0, 184.0, 92.0, 0.0]
