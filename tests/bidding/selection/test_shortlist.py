"""First the draw, then sealed offers of those whom it invited, until a closing of their own; silence of all of it."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.act import act
from app.actor import Actor
from app.audit.canonical import sha256_hex
from app.audit.check import first_difference
from app.clockwork import services as clockwork
from app.database import db
from app.refusal import NotFound, Refused
from app.sweep import run_due
from bidding.award import queries as awards
from bidding.offer import lists as offer_lists
from bidding.offer import queries as offers
from bidding.offer import questions as price_questions
from bidding.offer.models import Offer
from bidding.selection import queries, records, steps, transcript
from bidding.selection.rules import Phase, SelectionAct
from marketplace.announcement import limits as announcement_limits
from marketplace.announcement import queries as announcements
from marketplace.announcement import steps as announcing
from marketplace.announcement.rules import Decision
from marketplace.need.rules import Particulars
from tests import outsider
from tests.builders.announcement import an_announcement
from tests.builders.offer import an_offer
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import closed, drawn, selection
from tests.grounds import ready

TICK = timedelta(microseconds=1)


@ready
def invited(n=5, *, size=3, fund="social", **what):
    """Drawn: who registered, split into those whom the draw invited, in its order, and everybody else."""
    found = agencies(n)
    what = {"budget_fen": 1_000_000, "particulars": Particulars(shortlist=size), **what}
    no = an_announcement(method="SHORTLIST_THEN_BID", fund=fund, **what)
    for agency in found:
        a_registration(agency, no)
    order = drawn(no)["order"]
    by_code = {agency.code: agency for agency in found}
    return no, [by_code[code] for code in order[:size]], [by_code[code] for code in order[size:]]


def second_closing(no):
    found = queries.attempt_of(no, None).offers_close_at
    assert found is not None
    return found


def over(no):
    clockwork.go_to(second_closing(no))
    run_due()
    db.session.rollback()
    return selection(no)


def told(no):
    found = json.loads(json.dumps(records.transcript(no)))
    assert transcript.verify(found) == outsider.check_transcript(found) == []
    return found


def refused(agency, no, **what):
    with pytest.raises(Refused) as caught:
        an_offer(agency, no, **what)
    db.session.rollback()
    return [reason.code for reason in caught.value.reasons]


def test_nobody_offers_before_the_draw(app):
    early = agencies(1)[0]
    no = an_announcement(method="SHORTLIST_THEN_BID", budget_fen=1_000_000, particulars=Particulars(shortlist=1))
    a_registration(early, no)
    assert refused(early, no, amount_fen=900_000) == ["offers_after_draw"]
    assert offer_lists.without_offer(early.party, now=queries.attempt_of(no, None).published_at) == []


def test_the_second_closing_opens_as_any_sealed_offers(app, client):
    no, chosen, others = invited()
    row = selection(no)
    assert (queries.phase_of(row), row.attempt.decision) == (Phase.LISTED, None)
    assert second_closing(no).isoformat() == "2026-03-13T01:00:00+00:00"
    assert refused(others[0], no, amount_fen=800_000) == ["not_invited"]
    for agency, price in zip(chosen, (900_000, 810_000, 820_000), strict=True):
        an_offer(agency, no, amount_fen=price)
    an_offer(chosen[2], no, amount_fen=800_000)
    record = client.get(f"/announcements/{no}/record").text
    assert "抽中的机构正在报价" in record
    assert record.count("抽中</span>") == len(chosen)
    assert "8,000.00" not in record
    for address in (f"/announcements/{no}/transcript.json", f"/announcements/{no}/offers.json"):
        assert client.get(address).status_code == 404
    clockwork.go_to(second_closing(no) - TICK)
    db.session.rollback()
    assert selection(no).opened_at is None
    row = over(no)
    ranked = [(one.registration.agency.organisation.code, one.amount_fen) for one in queries.result(row.attempt_id)]
    assert ranked == [(chosen[2].code, 800_000), (chosen[1].code, 810_000), (chosen[0].code, 900_000)]
    assert awards.in_force(row.attempt_id)[0].amount_fen == 800_000
    found = told(no)
    assert [one["reasons"] for one in found["offers"] if not one["valid"]] == [["replaced"]]
    assert min(one["index"] for one in found["offers"]) > found["record"]["log"]["freeze"]["index"]
    assert "第1名，中选" in client.get(f"/announcements/{no}/record").text
    assert first_difference() is None


def test_too_few_offers_open_nothing_and_the_key_is_destroyed(app, client):
    no, chosen, _ = invited(fund="state", size=4)
    for agency in chosen[:2]:
        an_offer(agency, no, amount_fen=800_000)
    row = over(no)
    assert (row.opened_at, row.attempt.decision) == (None, Decision.UNSUCCESSFUL)
    assert row.key_destroyed_at is not None
    assert row.attempt.sealed_offer_key is None
    found = told(no)
    assert (found["result"], found["record"]["decision"]) == ([], "drawn")
    assert {one["body"] for one in found["offers"]} == {None}
    assert announcement_limits.next_offers_closing(row.frozen_at) is None
    assert "前提交的有效报价不足 3 家" in client.get(f"/announcements/{no}/record").text


def test_too_few_registrations_invite_nobody(app):
    found = agencies(2)
    no = an_announcement(method="SHORTLIST_THEN_BID", fund="fiscal", budget_fen=1_000_000)
    for agency in found:
        a_registration(agency, no)
    row = closed(no)
    assert queries.attempt_of(no, None).decision is Decision.UNSUCCESSFUL
    assert row.key_destroyed_at is not None
    drawn(no)
    assert (queries.attempt_of(no, None).offers_close_at, told(no)["result"]) == (None, [])


def test_a_low_price_and_a_broken_envelope_are_awaited_after_the_second_closing_too(app):
    no, chosen, _ = invited()
    bodies = [
        an_offer(agency, no, amount_fen=price).body
        for agency, price in zip(chosen, (900_000, 600_000, 800_000), strict=True)
    ]
    broken = sha256_hex(bodies[0])
    db.session.execute(update(Offer).where(Offer.commitment == broken).values(envelope=b"no box"))
    db.session.commit()
    row = over(no)
    assert queries.phase_of(row) is Phase.STOPPED
    clockwork.go_to(offers.awaited(row.attempt_id, chosen[0].party).hand_in_due_at)
    run_due()
    db.session.rollback()
    row = selection(no)
    assert row.opened_at is not None
    assert queries.phase_of(row) is Phase.OPENED
    with pytest.raises(NotFound):
        records.transcript(no)
    clockwork.go_to(price_questions.question_of_party(row.attempt_id, chosen[1].party).due_at)
    run_due()
    db.session.rollback()
    assert [one.amount_fen for one in queries.result(row.attempt_id)] == [800_000]
    reasons = sorted(reason for one in told(no)["offers"] for reason in one["reasons"])
    assert reasons == ["low_price_unexplained", "unopened"]


def test_an_attempt_that_is_voided_meanwhile_opens_nothing(app):
    no, chosen, _ = invited()
    an_offer(chosen[0], no, amount_fen=900_000)
    with act(SelectionAct.DRAW, actor=Actor.sweeper(), key="tests:void", subject=f"{no}/1") as deed:
        deed.lock(announcements.row(no))
        attempt = queries.attempt_of(no, None)
        steps.abandon(deed, attempt)
        announcing.decide(deed, attempt, Decision.VOID)
        deed.on("announcement", no)
    assert refused(chosen[1], no, amount_fen=800_000) == ["not_open"]
    row = over(no)
    assert (row.opened_at, row.attempt.sealed_offer_key) == (None, None)
    assert row.key_destroyed_at is not None


def test_nobody_offers(app):
    no, _, _ = invited()
    row = over(no)
    assert row.attempt.decision is Decision.UNSUCCESSFUL
    assert told(no)["offers"] == []
