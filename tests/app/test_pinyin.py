"""Both sides of a search are folded alike; sounds come with and without the rest of their letters."""

import pytest

from app.pinyin import folded, initials, spelt


@pytest.mark.parametrize(
    ("text", "fold", "sound", "letters"),
    [
        ("环境影响报告书", "环境影响报告书", "huanjingyingxiangbaogaoshu", "hjyxbgs"),
        ("重庆", "重庆", "chongqing", "cq"),
        (" 地形图 １：５００ ", "地形图1:500", "dixingtu1:500", "dxt1:500"),
        ("Bridge A", "bridgea", "bridgea", "bridgea"),
        ("", "", "", ""),
    ],
)
def test_a_text_is_folded_and_spelt(text, fold, sound, letters):
    assert (folded(text), spelt(text), initials(text)) == (fold, sound, letters)
