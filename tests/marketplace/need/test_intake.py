"""Needs from a file: drafts as from the page, the rules' own reasons."""

import io

import pytest

from app.clock import clock
from app.intake import queries, services
from tests.builders.intake import a_csv, needs
from tests.builders.need import PROJECT_CODE
from tests.builders.purchaser import a_purchaser


def judged(actor, *lines):
    content = a_csv("needs", actor, [line for many in lines for line in many])
    sha256 = services.take(actor, "needs", io.BytesIO(content), name="x", now=clock().market())
    found = queries.preview("needs", actor, sha256, now=clock().market())
    return [[fault.field for fault in row.faults] for row in found.rows]


@pytest.mark.parametrize(
    ("only", "fields"),
    [
        ({}, []),
        ({"title": "甲"}, ["title"]),
        ({"item": "401"}, ["item"]),
        ({"region": "月球"}, ["region"]),
        ({"region": "450803 港南区"}, []),
        ({"expected_days": "0"}, ["expected_days"]),
        ({"expected_days": "十"}, ["expected_days"]),
        ({"fund": "财政性资金"}, ["fund", "project_code"]),
        ({"payer": "审批部门委托并支付"}, ["budget_line"]),
        ({"budget_fen": "0"}, ["budget_fen", "price_fen"]),
        ({"price_fen": ""}, ["price_fen"]),
        ({"method": "网上竞价"}, ["price_fen"]),
        ({"method": "网上竞价", "price_fen": ""}, []),
        ({"project_code": "123"}, ["project_code"]),
        ({"project_code": PROJECT_CODE}, []),
        ({"authority": "自然资源部门"}, []),
        ({"authority": "没有这个部门"}, ["authority"]),
        ({"above_limit": "是"}, ["above_limit"]),
        ({"excluded": "也许"}, ["excluded"]),
        # several items and what newer methods ask for
        ({"further": "0402、0406"}, []),
        ({"further": "0402，9999"}, ["further"]),
        ({"further": "0401"}, []),
        ({"method": "下浮率竞价", "price_fen": "", "min_ppm": "2", "max_ppm": "30.5"}, []),
        ({"method": "下浮率竞价", "price_fen": "", "min_ppm": "2"}, ["max_ppm"]),
        ({"method": "多轮竞价", "price_fen": "", "rounds": "3", "round_minutes": "三"}, ["round_minutes"]),
        ({"rounds": "3"}, ["rounds"]),
    ],
)
def test_every_reason_of_the_page_and_the_rules(app, only, fields):
    assert judged(a_purchaser(), needs(1, **only)) == [fields]


def test_the_same_line_twice_is_one_need_too_many(app):
    assert judged(a_purchaser(), needs(1), needs(1), needs(1, content="另外的内容")) == [[], [None], []]
