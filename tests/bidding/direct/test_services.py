"""Proposing, bargaining, accepting: rows, the public record, and what each side may not do."""

import json
from io import BytesIO

import pytest

from app import files
from app.audit import services as records
from app.chance import fresh_key
from app.refusal import NotFound, NotYours, OutOfTurn, Refused
from app.values import Nothing
from bidding.direct import queries, services
from bidding.direct.rules import Phase, Price, Side
from marketplace.announcement import queries as announcements
from marketplace.announcement.rules import AnnouncementKind
from marketplace.need import queries as needs
from marketplace.need.rules import Phase as NeedPhase
from tests.builders.direct import (
    PRICE_FEN,
    a_commission,
    a_counter,
    a_direct_need,
    a_proposal,
    an_accepted_commission,
    an_agency,
)
from tests.builders.people import an_operator
from tests.builders.purchaser import a_purchaser

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def codes(refused):
    return [reason.code for reason in refused.value.reasons]


def commission(need_no):
    return queries.open_of(needs.by_no(need_no).id)


def test_acceptance_publishes_at_once_and_opens_the_bargaining(app):
    agency, purchaser = an_agency(), a_purchaser()
    need_no = a_commission(purchaser, agency)
    a_counter(agency, need_no, amount_fen=990_000, days=8)
    a_counter(purchaser, need_no, amount_fen=950_000, days=8)
    assert records.timeline(f"need:{need_no}") == ()
    done = services.accept(agency, need_no, Nothing(), key=fresh_key())
    announcement = announcements.by_no(done.subject)
    assert announcement.kind is AnnouncementKind.DIRECT
    told = {one.act: one.public for one in records.timeline(f"announcement:{done.subject}")}
    accepted = told["direct.accept"]
    assert (accepted["amount_fen"], accepted["days"], accepted["reason"]) == (950_000, 8, "small_amount")
    opened = [one.act for one in records.timeline(f"need:{need_no}")]
    assert opened[:4] == ["need.create", "direct.propose", "direct.counter", "direct.counter"]
    assert done.receipt is not None
    entry = records.entry_of("direct.accept", f"announcement:{done.subject}")
    assert {f"need:{need_no}", f"agency:{agency.code}"} <= set(json.loads(entry.payload)["subjects"])


def test_nothing_can_follow_an_acceptance(app):
    agency, purchaser = an_agency(), a_purchaser()
    need_no = a_commission(purchaser, agency)
    services.accept(agency, need_no, Nothing(), key=fresh_key())
    with pytest.raises(NotFound):
        a_counter(agency, need_no, amount_fen=1)
    with pytest.raises(OutOfTurn):
        a_commission(purchaser, agency, need_no)


def test_the_agency_accepts_the_purchasers_price_only(app):
    agency, purchaser = an_agency(), a_purchaser()
    need_no = a_commission(purchaser, agency)
    a_counter(agency, need_no, amount_fen=999_999)
    with pytest.raises(OutOfTurn):
        services.accept(agency, need_no, Nothing(), key=fresh_key())
    with pytest.raises(OutOfTurn):
        a_counter(agency, need_no, amount_fen=999_998)
    a_counter(purchaser, need_no, amount_fen=999_999)
    services.accept(agency, need_no, Nothing(), key=fresh_key())


def test_one_open_commission_a_need(app):
    agency, purchaser = an_agency(), a_purchaser()
    need_no = a_commission(purchaser, agency)
    with pytest.raises(Refused) as refused:
        a_commission(purchaser, agency, need_no)
    assert codes(refused) == ["direct_open_already"]


def test_every_reason_at_once(app):
    agency, purchaser = an_agency(), a_purchaser()
    need_no = a_direct_need(purchaser, budget_fen=900_000)
    with pytest.raises(Refused) as refused:
        services.propose(purchaser, need_no, a_proposal(agency, amount_fen=PRICE_FEN + 1, days=11), key=fresh_key())
    assert codes(refused) == ["direct_above_budget", "direct_above_public_price", "direct_too_long"]
    assert refused.value.rulebook == "450800@2017-11-23"


def test_an_unknown_or_unpriced_agency(app):
    purchaser = a_purchaser()
    unpriced = an_agency("agency2", price_fen=None)
    need_no = a_direct_need(purchaser)
    with pytest.raises(Refused) as refused:
        services.propose(purchaser, need_no, a_proposal(unpriced), key=fresh_key())
    assert codes(refused)[-1] == "direct_no_public_price"
    with pytest.raises(Refused) as refused:
        services.propose(purchaser, need_no, a_proposal(unpriced, agency="9" * 18), key=fresh_key())
    assert codes(refused) == ["direct_agency_not_active", "direct_no_public_price"]


def test_a_counter_price_obeys_the_same_bounds(app):
    agency, purchaser = an_agency(), a_purchaser()
    need_no = a_commission(purchaser, agency)
    with pytest.raises(Refused) as refused:
        services.counter(agency, need_no, Price(PRICE_FEN + 1, 11), key=fresh_key())
    assert codes(refused) == ["direct_above_public_price", "direct_too_long"]


def test_public_funds_want_the_minutes_of_the_decision(app):
    agency, purchaser = an_agency(), a_purchaser(login="purchaser_fiscal", funds=("fiscal",))
    need_no = a_direct_need(purchaser, fund="fiscal")
    with pytest.raises(Refused) as refused:
        services.propose(purchaser, need_no, a_proposal(agency), key=fresh_key())
    assert codes(refused) == ["direct_minutes_missing"]
    with pytest.raises(Refused) as refused:
        services.propose(purchaser, need_no, a_proposal(agency, minutes="0" * 64), key=fresh_key())
    assert codes(refused) == ["file_unknown"]
    stored = files.store(BytesIO(PDF), account_id=purchaser.account_id, name="minutes.pdf")
    a_commission(purchaser, agency, need_no, minutes=stored.sha256)
    assert commission(need_no).minutes == stored.sha256
    assert queries.minutes_of(purchaser, need_no) == stored.sha256
    with pytest.raises(NotFound):
        queries.minutes_of(agency, need_no)


@pytest.mark.parametrize("side", list(Side))
def test_either_side_may_end_it_and_the_need_comes_back(app, side):
    agency, purchaser = an_agency(), a_purchaser()
    need_no = a_commission(purchaser, agency)
    assert needs.phase_of(needs.by_no(need_no)) is NeedPhase.ANNOUNCED
    services.decline(agency if side is Side.AGENCY else purchaser, need_no, Nothing(), key=fresh_key())
    assert commission(need_no) is None
    assert needs.phase_of(needs.by_no(need_no)) is NeedPhase.OPEN
    page = queries.page_for_purchaser(purchaser, need_no, now=app.extensions["market.clock"].instant)
    assert [one.phase for one in page.commissions] == [Phase.DECLINED]
    a_commission(purchaser, agency, need_no)


def test_silence_ends_it_after_two_working_days(app, at):
    agency, purchaser = an_agency(), a_purchaser()
    need_no = a_commission(purchaser, agency)
    due_at = commission(need_no).due_at
    at("2026-03-10 23:59")
    assert queries.next_lapse(app.extensions["market.clock"].instant) == due_at
    assert commission(need_no) is not None
    at("2026-03-11 00:00")
    assert commission(need_no) is None
    assert needs.phase_of(needs.by_no(need_no)) is NeedPhase.OPEN
    a_commission(purchaser, agency, need_no)
    at("2026-03-14 00:00")
    assert commission(need_no) is None


def test_an_answer_starts_the_time_anew(app, at):
    agency, purchaser = an_agency(), a_purchaser()
    need_no = a_commission(purchaser, agency)
    first = commission(need_no).due_at
    at("2026-03-09 10:00")
    a_counter(agency, need_no, amount_fen=900_000)
    assert commission(need_no).due_at > first


def test_nobody_else_knows_of_it(app):
    agency, purchaser = an_agency(), a_purchaser()
    need_no = a_commission(purchaser, agency)
    stranger, other = an_agency("agency2"), a_purchaser(login="purchaser2")
    for outsider in (stranger, other):
        with pytest.raises(NotFound):
            a_counter(outsider, need_no, amount_fen=1)
    with pytest.raises(NotFound):
        services.propose(other, need_no, a_proposal(agency), key=fresh_key())
    with pytest.raises(NotYours):
        services.decline(an_operator(), need_no, Nothing(), key=fresh_key())
    with pytest.raises(NotFound):
        queries.page_for_agency(stranger, need_no, now=app.extensions["market.clock"].instant)
    assert records.timeline(f"agency:{agency.code}")[-1].act != "direct.propose"


def test_who_must_answer_finds_it_on_the_desk(app):
    agency, purchaser = an_agency(), a_purchaser()
    need_no = a_commission(purchaser, agency)
    now = app.extensions["market.clock"].instant
    assert [page.need_no for page in queries.waiting_for(agency, now=now)] == [need_no]
    assert queries.waiting_for(purchaser, now=now) == []
    a_counter(agency, need_no, amount_fen=900_000)
    assert queries.waiting_for(agency, now=now) == []
    assert [page.need_no for page in queries.waiting_for(purchaser, now=now)] == [need_no]


def test_the_builder_ends_with_an_announcement(app):
    no = an_accepted_commission(a_purchaser(), an_agency())
    assert announcements.by_no(no).need.method == "DIRECT"
