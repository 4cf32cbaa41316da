"""Charts as SVG for `<img>`: bars and columns in the market's own colours, without script, style or outside font.

A chart only repeats its table. What it looks like stands in attributes, because the content policy drops style sheets
inside a picture that is opened by itself; labels stand above their bars, so that words of any length fit a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Tree

WIDTH = 384
"""User units, about a phone's width in CSS pixels: a picture stretches to its column, and its text with it."""

EDGE = 8
TEXT = 14
SMALL = 12
ROW = 42
HEIGHT = 170
"""Of the part of a column chart where columns stand."""

INK, SOFT, PAPER, GROUND, LINE = "#1b2733", "#4b5966", "#ffffff", "#f6f8f9", "#d3dae0"
SERIES = ("#14507a", "#5e93bb")
"""8.5 and 3.3 against white; each value is printed beside its bar, so no colour has to be told by eye alone."""

FONTS = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif'


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar or column: its label, the lengths of its parts (one for each series), and the value as people read it."""

    label: str
    parts: tuple[int, ...]
    value: str = ""


def bars(rows: Sequence[Bar], *, title: str, series: Sequence[str] = ()) -> str:
    """Lying bars, one below the other, each with its label and value above it; parts follow one another."""
    top = _head(title, series)
    root = _root(title, height=top + ROW * len(rows) + EDGE)
    _legend(root, title, series)
    longest = max((sum(row.parts) for row in rows), default=0) or 1
    for number, row in enumerate(rows):
        at = top + ROW * number
        _text(root, row.label, x=EDGE, y=at + TEXT, fill=INK)
        _text(root, row.value, x=WIDTH - EDGE, y=at + TEXT, fill=INK, anchor="end")
        _box(root, x=EDGE, y=at + TEXT + 8, width=WIDTH - 2 * EDGE, height=10, fill=GROUND)
        left = 0
        for place, part in enumerate(row.parts):
            right = left + part
            begins, ends = _scaled(left, longest), _scaled(right, longest)
            _box(root, x=EDGE + begins, y=at + TEXT + 8, width=ends - begins, height=10, fill=SERIES[place])
            left = right
    return _said(root)


def columns(rows: Sequence[Bar], *, title: str, series: Sequence[str] = ()) -> str:
    """Standing columns, from left to right; parts stand side by side. `value` is the second line below the label."""
    top = _head(title, series) + SMALL
    foot = top + HEIGHT
    root = _root(title, height=foot + 2 * TEXT + 2 * EDGE)
    _legend(root, title, series)
    highest = max((max(row.parts, default=0) for row in rows), default=0) or 1
    _text(root, f"{highest:,}", x=EDGE, y=top - 4, fill=SOFT, size=SMALL)
    for height in (0, HEIGHT):
        _line(root, y=foot - height)
    step = (WIDTH - 2 * EDGE) / max(len(rows), 1)
    every = next(n for n in (1, 2, 3, 6, 12) if step * n >= TEXT + 4 or n == 12)
    for number, row in enumerate(rows):
        left = EDGE + step * number
        wide = step * 0.8 / max(len(row.parts), 1)
        for place, part in enumerate(row.parts):
            tall = HEIGHT * part / highest
            _box(root, x=left + step * 0.1 + wide * place, y=foot - tall, width=wide, height=tall, fill=SERIES[place])
        if number % every == 0:
            _text(root, row.label, x=left + step / 2, y=foot + TEXT + 2, fill=INK, size=SMALL, anchor="middle")
        if row.value:
            _text(root, row.value, x=max(left, EDGE), y=foot + 2 * TEXT + 4, fill=SOFT, size=SMALL)
    return _said(root)


def _scaled(part: int, longest: int) -> float:
    return (WIDTH - 2 * EDGE) * part / longest


def _head(title: str, series: Sequence[str]) -> int:
    return 2 * EDGE + TEXT + (TEXT + EDGE if series else 0) + EDGE


def _root(title: str, *, height: int) -> Tree.Element:
    root = Tree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "width": str(WIDTH),
            "height": str(height),
            "role": "img",
            "font-family": FONTS,
        },
    )
    Tree.SubElement(root, "title").text = title
    _box(root, x=0, y=0, width=WIDTH, height=height, fill=PAPER)
    return root


def _legend(root: Tree.Element, title: str, series: Sequence[str]) -> None:
    _text(root, title, x=EDGE, y=EDGE + TEXT, fill=INK, weight="600")
    left = float(EDGE)
    for place, word in enumerate(series):
        at = 2 * EDGE + TEXT
        _box(root, x=left, y=at + 2, width=12, height=12, fill=SERIES[place])
        _text(root, word, x=left + 16, y=at + TEXT - 1, fill=SOFT, size=SMALL)
        left += 16 + SMALL * len(word) + 16


def _text(
    root: Tree.Element,
    said: str,
    *,
    x: float,
    y: float,
    fill: str,
    size: int = TEXT,
    anchor: str = "start",
    weight: str = "400",
) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "fill": fill, "font-size": str(size), "font-weight": weight}
    Tree.SubElement(root, "text", {**place, "text-anchor": anchor}).text = said


def _box(root: Tree.Element, *, x: float, y: float, width: float, height: float, fill: str) -> None:
    size = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{height:.1f}"}
    Tree.SubElement(root, "rect", {**size, "fill": fill})


def _line(root: Tree.Element, *, y: float) -> None:
    place = {"x1": str(EDGE), "x2": str(WIDTH - EDGE), "y1": f"{y:.1f}", "y2": f"{y:.1f}", "stroke": LINE}
    Tree.SubElement(root, "line", place)


def _said(root: Tree.Element) -> str:
    return Tree.tostring(root, encoding="unicode")
