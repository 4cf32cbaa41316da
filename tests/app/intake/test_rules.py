"""Headings, sizes and what may be confirmed."""

import pytest

from app.intake import rules

HEADINGS = {"name": "名称", "code": "代码"}


@pytest.mark.parametrize(
    ("found", "codes"),
    [
        (("名称", "代码"), []),
        (("备注", "名称"), []),
        (("代码",), ["heading_missing"]),
        ((), ["heading_missing"]),
        (("名称", "名称"), ["heading_twice"]),
        (("名称", "代码", "代码"), ["heading_twice"]),
    ],
)
def test_headings(found, codes):
    reasons = rules.refusals_to_headings(found, headings=HEADINGS, required={"name"})
    assert [reason.code for reason in reasons] == codes


@pytest.mark.parametrize(
    ("rows", "codes"), [(0, ["table_empty"]), (1, []), (rules.ROWS, []), (rules.ROWS + 1, ["table_long"])]
)
def test_sizes(rows, codes):
    assert [reason.code for reason in rules.refusals_to_size(rows)] == codes


@pytest.mark.parametrize(
    ("seen", "ready", "codes"), [(2, 2, []), (0, 0, ["nothing_ready"]), (2, 1, ["preview_changed"])]
)
def test_what_was_seen_is_what_is_done(seen, ready, codes):
    assert [reason.code for reason in rules.refusals_to_confirm(seen=seen, ready=ready)] == codes
