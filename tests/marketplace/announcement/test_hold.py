"""A hold stops the clock before the closing and nothing but the award after it; everybody sees why and since when."""

from datetime import timedelta
from io import BytesIO

import pytest

from app import files
from app.approval import services as approvals
from app.audit.check import first_difference
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.clockwork.services import clock
from app.database import db
from app.notice.models import Notice
from app.refusal import NotYours, OutOfTurn, Refused
from app.sweep import run_due
from app.watch.models import Alarm, Outage
from app.watch.rules import Failed, Level
from bidding.award import queries as awards
from bidding.selection import beacons as daily_beacons
from bidding.selection import queries as selections
from marketplace.announcement import holds, limits, lists, queries, services
from marketplace.announcement.rules import AnnouncementAct, Because, Decision, Phase, Withdrawal, WithdrawReason
from tests.builders.announcement import an_announcement
from tests.builders.award import award_of
from tests.builders.need import purchaser_for
from tests.builders.objection import a_public_result
from tests.builders.offer import an_offer
from tests.builders.people import a_supervisor, an_operator
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import a_beacon
from tests.conftest import instant
from tests.counting import questions

WHY = Because("a report from the county")
HOURS = timedelta(hours=1)


def held(no, **what):
    services.hold(a_supervisor(), no, Because(**what) if what else WHY, key=fresh_key())
    db.session.rollback()


def released(no):
    services.release(a_supervisor(), no, Because("nothing was found"), key=fresh_key())
    run_due()
    db.session.rollback()


def found(no):
    announcement = queries.by_no(no)
    return announcement, queries.present_attempt(announcement)


def phase(no):
    return queries.phase_of(*found(no), clock().market())


def closing(no):
    return found(no)[1].closes_at


def test_before_the_closing_the_clock_stops(app):
    first, second = agencies(2)
    no = an_announcement(method="BID_LOW", budget_fen=1_000_000, closes="2026-03-20 17:00")
    a_registration(first, no)
    clockwork.go_to(instant("2026-03-19 16:00"))
    held(no)
    with pytest.raises(Refused) as late:
        a_registration(second, no)
    assert late.value.reasons[0].params["because"] == "not_open.held"
    with pytest.raises(Refused):
        an_offer(first, no, amount_fen=800_000)
    with pytest.raises(OutOfTurn) as waits:
        services.withdraw(purchaser_for("social"), no, Withdrawal(WithdrawReason.NEED_CEASED, "why"), key=fresh_key())
    assert waits.value.phase == Phase.HELD
    clockwork.go_to(instant("2026-03-24 10:00"))
    db.session.rollback()
    assert (phase(no), found(no)[1].frozen_at) == (Phase.HELD, None)
    assert limits.attempts_due_for_freeze(clock().market()) == []
    # four days and eighteen hours were held: Wednesday 11:00
    released(no)
    assert (phase(no), closing(no)) == (Phase.REGISTERING, instant("2026-03-25 11:00"))
    a_registration(second, no)
    for place, agency in enumerate((first, second)):
        an_offer(agency, no, amount_fen=800_000 + place)
    clockwork.go_to(closing(no))
    db.session.rollback()
    assert found(no)[1].decision is Decision.DRAWN
    told = {act for (act,) in db.session.query(Notice.act).filter_by(party_id=first.party)}
    assert {AnnouncementAct.HOLD, AnnouncementAct.RELEASE} <= told
    assert first_difference(rows=True) is None


def test_an_outage_inside_a_hold_took_nothing(app):
    no = an_announcement(closes="2026-03-20 17:00")
    clockwork.go_to(instant("2026-03-19 10:00"))
    held(no)
    clockwork.go_to(instant("2026-03-19 16:00"))
    released(no)
    announcement, attempt = found(no)

    def lost(since, until):
        outage = Outage(since_at=instant(since), until_at=instant(until), region="450803", failed=Failed.ALL)
        return limits.lost_to(announcement, attempt, outage)

    assert lost("2026-03-19 11:00", "2026-03-19 15:00") == 0 * HOURS
    assert lost("2026-03-19 09:00", "2026-03-19 12:00") == HOURS
    assert lost("2026-03-19 15:00", "2026-03-19 18:00") == 2 * HOURS


def test_after_the_closing_everything_is_computed_but_nobody_is_given_the_award(app):
    no = a_public_result()
    award = award_of(no).no
    held(no)
    assert phase(no) is Phase.HELD
    ends = awards.by_no(award).publicity_ends_at
    clockwork.go_to(ends + timedelta(days=3))
    db.session.rollback()
    assert awards.by_no(award).noticed_at is None
    released(no)
    assert (phase(no), awards.by_no(award).noticed_at) == (Phase.DECIDED, clock().market())
    with pytest.raises(Refused) as late:
        held(no)
    assert [reason.code for reason in late.value.reasons] == ["hold_too_late"]
    assert phase(no) is Phase.DECIDED


def test_a_draw_under_a_hold_is_made_and_published_all_the_same(app):
    rivals = agencies(3)
    no = an_announcement(fund="fiscal")
    for rival in rivals:
        a_registration(rival, no)
    clockwork.go_to(closing(no))
    db.session.rollback()
    held(no)
    on = daily_beacons.waiting_draws()
    a_beacon(next(iter(on)))
    assert selections.of(found(no)[1].id).record is not None
    assert (phase(no), len(awards.in_force(found(no)[1].id))) == (Phase.HELD, 1)


def test_too_few_end_the_hold_with_the_attempt(app):
    no = an_announcement(fund="fiscal")
    clockwork.go_to(closing(no) - timedelta(hours=1))
    held(no)
    released(no)
    clockwork.go_to(closing(no))
    db.session.rollback()
    assert phase(no) is Phase.UNSUCCESSFUL


def test_an_alarm_after_thirty_days_that_nobody_closes(app, client):
    no = an_announcement(closes="2026-03-20 17:00")
    held(no)
    clockwork.go_to(clock().market() + timedelta(days=31))
    db.session.rollback()
    alarm = db.session.query(Alarm).filter_by(watch="announcement_hold", level=Level.ALARM).one()
    assert (alarm.no, phase(no)) == (no, Phase.HELD)
    assert "暂停满三十日" in client.get(f"/announcements/{no}").text
    released(no)
    with pytest.raises(Refused) as used:
        held(no)
    assert [reason.code for reason in used.value.reasons] == ["hold_used_up"]


def test_a_fault_wants_both_hands_and_its_end_evidence(app, client):
    """Through the pages, as both offices would do it."""
    no = an_announcement(closes="2026-03-20 17:00")
    operator, supervisor = an_operator(), a_supervisor()
    with pytest.raises(NotYours):
        services.hold_fault(operator, no, WHY, key=fresh_key())
    client.sign_in("operator1")
    assert "因故障暂停" in client.get(f"/announcements/{no}").text
    address = f"/announcements/{no}/hold-fault"
    assert client.post(address, data={"reason": ""}).status_code == 422
    waiting = client.post(address, data={"reason": "机房断电"})
    assert waiting.status_code == 303
    assert phase(no) is Phase.REGISTERING
    prepared, far = waiting.location.rsplit("/", 1)[1], a_supervisor("supervisor9", region="450100")
    assert [one.no for one in approvals.waiting_for(supervisor)] == [prepared]
    assert approvals.waiting_for(far) == []
    for refused in (approvals.agree, approvals.seen_by):
        with pytest.raises(NotYours):
            refused(far, prepared)
    approvals.agree(supervisor, prepared)
    client.post("/logout")
    page = client.get(f"/announcements/{no}").text
    assert page.count("机房断电") >= 1
    assert "采购暂停" in page
    assert "held" in client.get(f"/api/v1/announcements/{no}").text
    assert no in client.get("/announcements/?phase=held").text
    client.sign_in("supervisor1")
    assert no in client.get("/announcements/held").text
    assert client.post(f"/announcements/{no}/release", data={"reason": "x"}).status_code == 409
    client.sign_in("operator1")
    address = f"/announcements/{no}/release-fault"
    assert client.post(address, data={"reason": "来电了"}).status_code == 422
    proof = (BytesIO(b"%PDF-1.4 proof"), "proof.pdf")
    ended = client.post(address, data={"reason": "来电了", "evidence": proof}, content_type="multipart/form-data")
    approvals.agree(supervisor, ended.location.rsplit("/", 1)[1])
    db.session.rollback()
    assert phase(no) is Phase.REGISTERING
    (line,) = holds.holds(found(no)[0].id)
    assert files.known(line.evidence or "") is not None
    assert "暂停记录" in client.get(f"/announcements/{no}").text


def test_while_it_is_held_a_form_says_so(app, client):
    no = an_announcement(closes="2026-03-20 17:00")
    held(no)
    client.sign_in("purchaser1")
    answer = client.post(f"/announcements/{no}/withdraw", data={"reason": "need_ceased", "explanation": "why"})
    assert answer.status_code == 409
    assert "这项采购已经暂停" in answer.text


def test_who_may_neither_hold_nor_release(app):
    no = an_announcement(closes="2026-03-20 17:00")
    with pytest.raises(NotYours):
        services.hold(an_operator(), no, WHY, key=fresh_key())
    with pytest.raises(OutOfTurn):
        services.release(a_supervisor(), no, WHY, key=fresh_key())
    held(no)
    with pytest.raises(OutOfTurn):
        services.hold(a_supervisor(), no, WHY, key=fresh_key())


def test_the_list_of_what_is_held_asks_as_much_for_many_as_for_one(app):
    supervisor = a_supervisor()

    def asked(n):
        db.session.rollback()
        with questions() as sent:
            assert len(lists.held(supervisor, now=clock().market())) == n
        return len(sent)

    held(an_announcement(closes="2026-03-20 17:00"))
    one = asked(1)
    for _ in range(2):
        held(an_announcement(closes="2026-03-20 17:00"))
    assert asked(3) == one
