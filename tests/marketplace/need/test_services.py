"""Writing, revising and abandoning a need: who may, what is recorded, what nobody else learns."""

from datetime import timedelta

import pytest

from app.audit.check import first_difference
from app.audit.services import timeline
from app.clock import clock
from app.refusal import AlreadyDone, NotFound, NotYours, OutOfTurn, Refused
from app.values import Nothing
from marketplace.need import queries, services
from marketplace.need.rules import Phase
from tests.builders.need import a_need, a_need_input, purchaser_for
from tests.builders.people import an_operator
from tests.builders.purchaser import a_purchaser, an_unregistered_purchaser


def codes(raised):
    return {reason.code for reason in raised.value.reasons}


def test_a_need_has_its_number_at_once_a_receipt_and_no_public_trace(app, tick):
    done = services.create(purchaser_for("social"), None, a_need_input(), key="n")
    assert done.subject == "450803-2026-N000001"
    assert done.receipt is not None
    assert timeline(f"need:{done.subject}") == ()
    need = queries.by_no(done.subject)
    assert need is not None
    assert need.item.item_code == "0401"
    assert queries.phase_of(need) is Phase.OPEN
    tick()
    assert first_difference(rows=True) is None


def test_the_same_form_twice_is_one_need(app):
    owner = purchaser_for("social")
    services.create(owner, None, a_need_input(), key="n")
    with pytest.raises(AlreadyDone):
        services.create(owner, None, a_need_input(), key="n")
    assert len(queries.mine(owner.party, None).rows) == 1


def test_only_a_registered_purchaser_with_these_funds_writes_needs(app):
    with pytest.raises(Refused) as raised:
        services.create(an_unregistered_purchaser("purchaser9"), None, a_need_input(), key="n")
    assert codes(raised) == {"purchaser_not_registered"}
    with pytest.raises(Refused) as raised:
        services.create(purchaser_for("social"), None, a_need_input(fund="state"), key="n")
    assert codes(raised) == {"purchaser_fund_not_filed"}
    with pytest.raises(NotYours):
        services.create(an_operator(), None, a_need_input(), key="n")


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"item": "9999"}, "need_item_unknown"),
        ({"region": "999999"}, "need_region_unknown"),
        ({"authority": "nobody"}, "need_authority_unknown"),
        ({"item": "0106"}, "need_authority_pays"),
    ],
)
def test_what_does_not_exist_cannot_be_needed(app, what, code):
    with pytest.raises(Refused) as raised:
        a_need(**what)
    assert codes(raised) == {code}
    assert raised.value.rulebook == "450800@2017-11-23"


def test_its_owner_revises_and_abandons_it_and_nobody_else_knows_it(app):
    owner, other = purchaser_for("social"), a_purchaser("purchaser2")
    no = a_need(owner)
    with pytest.raises(NotFound):
        services.revise(other, no, a_need_input(days=3), key="r0")
    with pytest.raises(NotFound):
        queries.page(other.party, no)
    services.revise(owner, no, a_need_input(days=3, method="BID_LOW"), key="r1")
    need = queries.page(owner.party, no).need
    assert (need.expected_days, need.method, need.price_fen) == (3, "BID_LOW", None)
    services.abandon(owner, no, Nothing(), key="a")
    with pytest.raises(OutOfTurn):
        services.revise(owner, no, a_need_input(days=4), key="r2")


def test_a_need_for_several_items_keeps_each_in_its_version(app, tick):
    owner = purchaser_for("social")
    no = a_need(owner, item="0403", further=("0404", "0406"), method="BID_LOW")
    need = queries.by_no(no)
    assert [item.item_code for item in need.items] == list(need.codes) == ["0403", "0404", "0406"]
    assert queries.scope_of(need, "450800@2017-11-23").items == ("0403", "0404", "0406")
    assert queries.input_of(need) == a_need_input(item="0403", further=("0404", "0406"), method="BID_LOW")
    services.revise(owner, no, a_need_input(item="0406", further=("0403",), method="BID_LOW"), key="r1")
    need = queries.by_no(no)
    assert [item.item_code for item in need.items] == list(need.codes) == ["0406", "0403"]
    services.revise(owner, no, a_need_input(item="0406", method="BID_LOW"), key="r2")
    assert queries.by_no(no).items == (queries.by_no(no).item,)
    tick()
    assert first_difference(rows=True) is None
    with pytest.raises(Refused) as raised:
        a_need(owner, item="0401", further=("0106", "9999"))
    assert codes(raised) == {"need_item_unknown", "need_two_payers"}


def test_the_item_of_the_day_counts(app):
    assert queries.item_choices(clock().market())
    assert queries.item_choices(clock().market() - timedelta(days=4000)) == []


def test_my_needs_are_paged(app):
    owner = purchaser_for("social")
    made = [a_need(owner) for _ in range(3)]
    first = queries.mine(owner.party, None, size=2)
    second = queries.mine(owner.party, first.after, size=2)
    assert [need.no for need in (*first.rows, *second.rows)] == made[::-1]
    assert second.after is None
