"""Money is an integer of fen, typed in 元: no float between."""

import re

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from wtforms import DateTimeLocalField, StringField
from wtforms.validators import Regexp

from app.web.money import MONEY, fen, typed
from app.web.perform import ChineseForm


@given(st.integers(0, 10**13))
def test_it_survives_being_typed(amount):
    assert re.match(MONEY, typed(amount))
    assert fen(typed(amount)) == amount
    assert fen(f"{amount // 100:,}.{amount % 100:02d}") == amount


@pytest.mark.parametrize(
    ("text", "amount"), [("1,234.5", 123_450), (" 80000 ", 8_000_000), ("0.07", 7), ("", None), (None, None)]
)
def test_as_people_write(text, amount):
    assert fen(text) == amount


@pytest.mark.parametrize("text", ["1,00", "-5", "12.345", "1e3", "１２", "12.", ".5", "9" * 13])
def test_nothing_else_passes(text):
    assert re.match(MONEY, text) is None


def test_a_form_reads_full_width_figures_where_it_asks_for_a_shape():
    class Form(ChineseForm):
        amount = StringField(validators=[Regexp(MONEY)])
        title = StringField()

    bare = Flask(__name__)
    bare.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)
    typed_in = {"amount": "１，２３４．５\u3000", "title": "（一）"}
    with bare.test_request_context("/", method="POST", data=typed_in):
        form = Form()
        assert form.validate()
        assert (fen(form.amount.data), form.title.data) == (123_450, "（一）")


@pytest.mark.parametrize(("typed_in", "valid"), [("2026-03-05T09:00", True), ("0001-01-01T00:00", False)])
def test_a_year_that_cannot_be_meant_is_said_beside_the_field(typed_in, valid):
    class Form(ChineseForm):
        at = DateTimeLocalField(format="%Y-%m-%dT%H:%M")

    bare = Flask(__name__)
    bare.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)
    with bare.test_request_context("/", method="POST", data={"at": typed_in}):
        form = Form()
        assert form.validate() is valid
        assert list(form.at.errors) == ([] if valid else ["请核对年份。"])
