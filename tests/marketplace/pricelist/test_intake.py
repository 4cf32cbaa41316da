"""Price tables from a file: the page's own shape, the rules' own reasons."""

import io

import pytest

from app.clock import clock
from app.intake import queries, services
from tests.builders.agency import an_agency_account, an_applicant
from tests.builders.intake import a_csv, an_xlsx, prices
from tests.builders.pricelist import a_price


def judged(actor, *lines, file=a_csv):
    content = file("prices", actor, [line for many in lines for line in many])
    sha256 = services.take(actor, "prices", io.BytesIO(content), name="x", now=clock().market())
    found = queries.preview("prices", actor, sha256, now=clock().market())
    return [{fault.field: fault.text for fault in row.faults} for row in found.rows]


@pytest.mark.parametrize("file", [a_csv, an_xlsx])
def test_prices_in_any_kind_of_file(app, file):
    assert judged(an_applicant(), prices(2), file=file) == [{}, {}]


@pytest.mark.parametrize("day", ["2026-03-05", "2026/3/5", "2026.3.5", "2026-3-5"])
def test_a_day_as_offices_write_it(app, day):
    assert judged(an_applicant(), prices(1, effective_from=day)) == [{}]


@pytest.mark.parametrize(
    ("only", "field"),
    [
        ({"effective_from": "5/3/2026"}, "effective_from"),
        ({"effective_from": "2026-02-30"}, "effective_from"),
        ({"effective_from": "2026-03-01"}, "effective_from"),
        ({"price": "12,34"}, "price"),
        ({"price": "1.234"}, "price"),
        ({"price": ""}, "price"),
        ({"price": "", "rate": "1.5"}, "price"),
        ({"unit": "亩"}, "unit"),
        ({"unit": "按比例"}, "unit"),
        ({"item": "9999"}, "item"),
        ({"item": "101"}, "item"),
        ({"committed_days": "11"}, "committed_days"),
        ({"committed_days": "八"}, "committed_days"),
        ({"complaint_phone": "电话"}, "complaint_phone"),
        ({"content": ""}, "content"),
    ],
)
def test_a_fault_stands_beside_its_cell(app, only, field):
    assert field in judged(an_applicant(), prices(1, **only))[0]


def test_a_share_is_per_cent(app):
    share = prices(1, item="0302", unit="按比例", price="", rate="1.5", committed_days="1")
    assert judged(an_applicant(), share) == [{}]


def test_a_price_that_is_public_already_is_refused_as_by_the_act(app):
    agency = an_applicant()
    a_price(agency, "0401", unit="square_kilometre")
    told = judged(agency, prices(1, effective_from="2026-03-02"))
    assert list(told[0]) == ["effective_from"]


def test_who_has_not_applied_may_publish_nothing(app):
    assert list(judged(an_agency_account(), prices(1))[0]) == [None]
