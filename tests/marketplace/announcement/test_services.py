"""Announcements from the need to their end: rows, record, notices and the clock."""

import hashlib

import pytest

from app.actor import Actor
from app.audit.check import first_difference
from app.audit.services import entry_of, timeline
from app.chance import fresh_key
from app.clock import clock
from app.database import db
from app.keyring import keyring
from app.notice.models import Notice
from app.refusal import AlreadyDone, NotFound, NotYours, OutOfTurn, Refused
from app.sealing import open_box, public_key
from app.values import Nothing
from marketplace.announcement import limits, queries, services, steps
from marketplace.announcement.models import Attempt
from marketplace.announcement.rules import (
    Change,
    Decision,
    Phase,
    Return,
    Timetable,
    Unsuccessful,
    Withdrawal,
    WithdrawReason,
)
from marketplace.need import queries as needs
from marketplace.need import services as need_services
from tests.builders.announcement import a_timetable, an_announcement
from tests.builders.need import a_need, a_need_input, purchaser_for
from tests.builders.people import an_operator
from tests.builders.purchaser import a_purchaser
from tests.conftest import instant


def found(no):
    db.session.rollback()
    announcement = queries.by_no(no)
    assert announcement is not None
    return announcement


def phase(no):
    announcement = found(no)
    return queries.phase_of(announcement, queries.present_attempt(announcement), clock().market())


def codes(raised):
    return {reason.code for reason in raised.value.reasons}


def close_unsuccessful(no):
    """As selection does it, once it has counted."""
    from app.act import act
    from marketplace.announcement.rules import AnnouncementAct

    with act(AnnouncementAct.CLOSE_UNSUCCESSFUL, actor=Actor.sweeper(), key=fresh_key(), subject=no) as deed:
        announcement = deed.lock(queries.row(no))
        present = queries.present_attempt(announcement)
        steps.end_unsuccessful(deed, announcement, present, Unsuccessful("too_few", 1, 3))


def failed(no, decision=Decision.UNSUCCESSFUL):
    """The present attempt as selection leaves it after a freeze."""
    from app.act import act
    from marketplace.announcement.rules import AnnouncementAct

    with act(AnnouncementAct.CLOSE_UNSUCCESSFUL, actor=Actor.sweeper(), key=fresh_key(), subject=no) as deed:
        announcement = deed.lock(queries.row(no))
        present = queries.present_attempt(announcement)
        steps.freeze(deed, present, present.closes_at)
        if decision is not Decision.UNSUCCESSFUL:
            steps.decide(deed, present, decision)
        deed.on("announcement", no)
    if decision is Decision.UNSUCCESSFUL:
        close_unsuccessful(no)
    db.session.rollback()


def test_social_money_is_published_at_once_with_a_commitment_to_a_sealed_secret(app, tick):
    no = an_announcement()
    announcement = found(no)
    present = queries.present_attempt(announcement)
    assert no == "450803-2026-000001"
    assert announcement.rulebook == "450800@2017-11-23"
    assert announcement.closes_at == present.closes_at == instant("2026-03-04 09:00")
    digest = bytes.fromhex(present.commitment)
    secret = open_box(present.sealed_secret, private=keyring().opening, associated=digest, info=b"zjcs-secret-1")
    assert hashlib.sha256(secret).digest() == digest
    assert present.offer_key is None
    assert (present.winners, present.alternates) == (1, 2)
    entry = entry_of("announcement.publish", f"announcement:{no}", attempt=1)
    assert entry is not None
    said = timeline(f"announcement:{no}")[-1].public
    assert said["commitment"] == present.commitment
    assert said["beacon_rule"] == "none"
    assert secret.hex() not in entry.payload
    tick()
    assert first_difference(rows=True) is None


def test_publication_discloses_the_need(app):
    no = an_announcement()
    assert "need.create" in {event.act for event in timeline(f"need:{found(no).need.no}")}


def test_sealed_prices_have_a_key_of_their_own_for_every_attempt(app):
    present = queries.present_attempt(found(an_announcement(method="BID_LOW")))
    assert present.offer_key is not None
    private = open_box(
        present.sealed_offer_key,
        private=keyring().opening,
        associated=hashlib.sha256(present.offer_key).digest(),
        info=b"zjcs-offer-1",
    )
    assert public_key(private) == present.offer_key
    assert private != present.offer_key


@pytest.mark.parametrize(
    ("closes", "code"),
    [
        ("2026-03-03 17:00", "closing_too_early"),
        ("2026-03-04 08:59", "closing_too_early"),
        ("2026-03-04 17:31", "closing_outside_hours"),
        ("2026-03-07 10:00", "closing_not_workday"),
        ("2020-03-02 10:00", "closing_too_early"),
    ],
)
def test_a_closing_outside_the_rules_is_refused_with_the_earliest_instant(app, closes, code):
    with pytest.raises(Refused) as raised:
        an_announcement(closes=closes)
    reason = next(reason for reason in raised.value.reasons if reason.code == code)
    assert reason.params["earliest_at"] == instant("2026-03-04 09:00").isoformat()
    assert raised.value.rulebook == "450800@2017-11-23"


def test_a_closing_within_the_rules_stands(app):
    assert found(an_announcement(closes="2026-03-05 17:30")).closes_at == instant("2026-03-05 17:30")


def test_public_money_is_reviewed_then_published_by_the_clockwork(app, tick):
    owner = purchaser_for("state")
    need_no = a_need(owner, fund="state")
    with pytest.raises(Refused) as raised:
        services.publish(owner, need_no, Timetable(), key="p")
    assert codes(raised) == {"review_needed"}
    services.submit(owner, need_no, a_timetable("2026-03-06 10:00"), key="s")
    waiting = queries.reviewed(need_no, actor=an_operator())
    assert waiting.review_due_at == instant("2026-03-04 00:00")
    assert tick() == 0
    services.approve(an_operator(), need_no, Nothing(), key="a")
    assert tick() == 1
    announcement = queries.by_need(need_no)
    assert announcement is not None
    assert announcement.closes_at == instant("2026-03-06 10:00")
    assert queries.present_attempt(announcement).beacon_rule == "lottery 3d+pl5"
    acts = set(db.session.execute(db.select(Notice.act).where(Notice.party_id == owner.party)).scalars())
    assert {"announcement.approve", "announcement.publish"} <= acts


def test_a_wish_that_became_too_early_moves_to_the_earliest(app, at):
    owner = purchaser_for("state")
    need_no = a_need(owner, fund="state")
    services.submit(owner, need_no, a_timetable("2026-03-04 10:00"), key="s")
    at("2026-03-04 09:30")
    services.approve(an_operator(), need_no, Nothing(), key="a")
    at("2026-03-04 09:31")
    announcement = queries.by_need(need_no)
    assert announcement is not None
    assert announcement.closes_at == instant("2026-03-06 09:00")


def test_a_returned_need_is_revised_and_handed_in_again(app, tick):
    owner = purchaser_for("fiscal")
    need_no = a_need(owner, fund="fiscal")
    services.submit(owner, need_no, Timetable(), key="s")
    with pytest.raises(OutOfTurn):
        need_services.revise(owner, need_no, a_need_input(fund="fiscal", days=20), key="r0")
    services.return_(an_operator(), need_no, Return("the days are too few"), key="b")
    need_services.revise(owner, need_no, a_need_input(fund="fiscal", days=20), key="r1")
    services.submit(owner, need_no, Timetable(), key="s2")
    services.approve(an_operator(), need_no, Nothing(), key="a")
    tick()
    announcement = queries.by_need(need_no)
    assert announcement is not None
    assert announcement.expected_days == 20
    with pytest.raises(OutOfTurn):
        services.approve(an_operator(), need_no, Nothing(), key="a2")


def test_what_is_not_social_is_not_needed_to_review(app):
    need_no = a_need()
    with pytest.raises(Refused) as raised:
        services.submit(purchaser_for("social"), need_no, Timetable(), key="s")
    assert codes(raised) == {"review_not_needed"}


def test_a_need_is_announced_once_and_by_its_owner_only(app):
    owner, need_no = purchaser_for("social"), a_need()
    with pytest.raises(NotFound):
        services.publish(a_purchaser("purchaser2"), need_no, Timetable(), key="p")
    with pytest.raises(NotYours):
        services.publish(an_operator(), need_no, Timetable(), key="p")
    services.publish(owner, need_no, Timetable(), key="p")
    with pytest.raises(AlreadyDone):
        services.publish(owner, need_no, Timetable(), key="p")
    with pytest.raises(OutOfTurn):
        services.publish(owner, need_no, Timetable(), key="p2")


def test_a_direct_commission_is_not_announced_for_registration(app):
    need_no = a_need(method="DIRECT")
    with pytest.raises(Refused) as raised:
        services.publish(purchaser_for("social"), need_no, Timetable(), key="p")
    assert codes(raised) == {"announce_direct"}


def test_an_amendment_moves_the_closing_so_that_the_minimum_remains(app, at):
    no = an_announcement()
    owner = purchaser_for("social")
    at("2026-03-03 10:00")
    services.amend(owner, no, Change(reason="larger site", content="six hectares"), key="c1")
    announcement = found(no)
    assert announcement.revision == 2
    assert announcement.content == "six hectares"
    assert announcement.closes_at == instant("2026-03-05 09:00")
    assert queries.present_attempt(announcement).closes_at == instant("2026-03-05 09:00")
    services.amend(owner, no, Change(reason="more time", closes_at=instant("2026-03-09 12:00")), key="c2")
    services.amend(owner, no, Change(reason="less time", closes_at=instant("2026-03-05 10:00")), key="c3")
    assert found(no).closes_at == instant("2026-03-05 10:00")
    assert [change.revision for change in queries.amendments(found(no).id)] == [2, 3, 4]
    with pytest.raises(Refused) as raised:
        services.amend(owner, no, Change(reason=" ", closes_at=instant("2026-03-04 10:00")), key="c4")
    assert codes(raised) == {"amend_without_reason", "closing_too_early"}
    with pytest.raises(Refused) as raised:
        services.amend(owner, no, Change(reason="none", content="six hectares"), key="c5")
    assert codes(raised) == {"nothing_amended"}


def test_at_the_closing_nothing_is_amended_or_withdrawn_any_more(app):
    no = an_announcement()
    owner = purchaser_for("social")
    app.extensions["market.clock"].instant = instant("2026-03-04 09:00")
    with pytest.raises(OutOfTurn):
        services.amend(owner, no, Change(reason="late", expected_days=3), key="c")
    with pytest.raises(OutOfTurn):
        services.withdraw(owner, no, Withdrawal(WithdrawReason.NEED_CEASED, "late"), key="w")


def test_a_withdrawal_ends_the_attempt_for_good(app):
    no = an_announcement()
    owner = purchaser_for("social")
    with pytest.raises(NotFound):
        services.withdraw(a_purchaser("purchaser2"), no, Withdrawal(WithdrawReason.NEED_CEASED, "not mine"), key="w0")
    services.withdraw(owner, no, Withdrawal(WithdrawReason.NEED_CEASED, "the school is not built"), key="w")
    assert phase(no) is Phase.WITHDRAWN
    app.extensions["market.clock"].instant = instant("2026-03-05 09:00")
    assert limits.attempts_due_for_freeze(clock().market()) == []
    with pytest.raises(OutOfTurn):
        services.repeat(owner, no, Timetable(), key="r")


def test_what_is_due_for_the_freeze_is_derived_from_the_closing(app):
    no = an_announcement()
    closing = instant("2026-03-04 09:00")
    assert limits.next_closing(clock().market()) == closing
    assert limits.attempts_due_for_freeze(instant("2026-03-04 08:59")) == []
    assert limits.attempts_due_for_freeze(closing) == [(no, 1)]
    assert limits.next_closing(closing) is None


def test_nobody_closes_an_attempt_before_its_freeze(app):
    no = an_announcement()
    with pytest.raises(OutOfTurn):
        close_unsuccessful(no)
    app.extensions["market.clock"].instant = instant("2026-03-04 09:00")
    with pytest.raises(Refused) as raised:
        close_unsuccessful(no)
    assert codes(raised) == {"attempt_not_frozen"}


@pytest.mark.parametrize("decision", [Decision.UNSUCCESSFUL, Decision.VOID])
def test_after_a_failed_or_void_attempt_the_next_one_has_a_new_secret_and_the_second_is_the_last(app, tick, decision):
    no = an_announcement(method="BID_LOW")
    owner, market = purchaser_for("social"), app.extensions["market.clock"]
    first = queries.present_attempt(found(no))
    before = (first.commitment, first.offer_key)
    market.instant = instant("2026-03-04 09:00")
    failed(no, decision)
    assert phase(no) is Phase[decision.name]
    services.repeat(owner, no, Timetable(), key="r")
    assert phase(no) is Phase.SCHEDULED
    services.publish(
        Actor.sweeper(), found(no).need.no, Timetable(), key=f"sweep:announcement.publish:{found(no).need.no}/2"
    )
    assert phase(no) is Phase.REGISTERING
    second = queries.present_attempt(found(no))
    assert second.number == 2
    assert second.closes_at == instant("2026-03-06 09:00")
    assert not {second.commitment, second.offer_key} & set(before)
    assert entry_of("announcement.publish", f"announcement:{no}", attempt=2) is not None
    market.instant = instant("2026-03-06 09:00")
    failed(no, decision)
    with pytest.raises(Refused) as raised:
        services.repeat(owner, no, Timetable(), key="r2")
    assert codes(raised) == {"attempts_used_up"}


def test_an_attempt_is_decided_once_unless_nobody_takes_what_was_drawn(app):
    no = an_announcement()
    app.extensions["market.clock"].instant = instant("2026-03-04 09:00")
    failed(no, Decision.DRAWN)
    assert phase(no) is Phase.DECIDED
    from app.act import act
    from marketplace.announcement.rules import AnnouncementAct

    with act(AnnouncementAct.CLOSE_UNSUCCESSFUL, actor=Actor.sweeper(), key="x", subject=no) as deed:
        announcement = deed.lock(queries.row(no))
        steps.fail_after_award(deed, announcement)
        with pytest.raises(OutOfTurn):
            steps.decide(deed, queries.present_attempt(announcement), Decision.DRAWN)
        deed.on("announcement", no)
    assert phase(no) is Phase.UNSUCCESSFUL


def test_an_accepted_commission_becomes_an_announcement_without_registration(app):
    from app.act import act
    from marketplace.announcement.rules import AnnouncementAct

    need_no = a_need(method="DIRECT")
    with act(AnnouncementAct.CLOSE_UNSUCCESSFUL, actor=Actor.sweeper(), key="d", subject=need_no) as deed:
        need = deed.lock(needs.row(need_no))
        announcement = steps.publish_direct(deed, need, agency_code="91450800MA5K000013", amount_fen=4_000_000, days=9)
        no = announcement.no
    assert phase(no) is Phase.DIRECT
    assert found(no).expected_days == 9
    assert found(no).closes_at is None
    present = queries.present_attempt(found(no))
    assert (present.decision, present.frozen_at) == (Decision.DRAWN, None)
    assert limits.attempts_due_for_freeze(instant("2027-03-04 09:00")) == []


def test_no_secret_is_stored_in_clear(app):
    an_announcement(method="BID_LOW")
    present = db.session.execute(db.select(Attempt)).scalars().one()
    digest = bytes.fromhex(present.commitment)
    secret = open_box(present.sealed_secret, private=keyring().opening, associated=digest, info=b"zjcs-secret-1")
    assert secret not in present.sealed_secret
