"""One text for one value, and no text for what has none."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.canonical import NotCanonical, canonical, canonical_row, instant, sha256_hex

keys = st.text(st.characters(max_codepoint=127), max_size=5)
whole = st.integers(-(2**53) + 1, 2**53 - 1)
plain = st.recursive(
    st.none() | st.booleans() | whole | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


class Kind(StrEnum):
    RATE = "rate"


class Step(IntEnum):
    TWO = 2


@given(plain)
def test_it_is_the_page_s_definition_and_reads_back(value):
    text = canonical(value)
    assert text == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


def test_characters_are_written_as_rfc_8785_says():
    assert (
        canonical({"b": '\u20ac$\x0f\nA\'B"\\\\"/', "a": "采购"})
        == '{"a":"采购","b":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical("\x7f\u2028") == '"\x7f\u2028"'
    assert canonical((1, Kind.RATE, Step.TWO, True)) == '[1,"rate",2,true]'


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        {"采": 1},
        {1: 1},
        {None: 1},
        Decimal(1),
        b"x",
        {1},
        "\ud800",
        [{"a": 0.5}],
        object(),
    ],
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(NotCanonical):
        canonical(value)


def test_a_row():
    east = timezone(timedelta(hours=8))
    row = {
        "at": datetime(2026, 11, 20, 17, 30, tzinfo=east),
        "box": b"\x00\xff",
        "fund": Kind.RATE,
        "id": 7,
        "name": "贵港",
        "on": date(2026, 11, 20),
        "open": True,
        "reason": None,
    }
    text = (
        '{"at":"2026-11-20T09:30:00.000000Z","box":"00ff","fund":"rate","id":7,"name":"贵港",'
        '"on":"2026-11-20","open":true,"reason":null}'
    )
    assert canonical_row(row) == text
    assert canonical_row(dict(reversed(row.items()))) == text
    assert canonical_row({"box": memoryview(b"\x01"), "list": ["a", 1]}) == '{"box":"01","list":["a",1]}'


@pytest.mark.parametrize("value", [Decimal("1.00"), 1.5, datetime(2026, 1, 1)])  # noqa: DTZ001  a naive one is the point
def test_a_row_holds_no_decimal_no_float_and_no_naive_instant(value):
    with pytest.raises(NotCanonical):
        canonical_row({"price": value})


def test_instants_and_hashes():
    assert instant(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000000Z"
    assert sha256_hex("") == sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sha256_hex("贵") == sha256_hex("贵".encode())
