"""Limits warn and alarm once each, end by being met, are assigned and closed; the draw alone ends its own alarm."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select

from app import files
from app.actor import Actor
from app.approval import services as approvals
from app.audit.models import Entry
from app.chance import fresh_key
from app.clock import FixedClock
from app.clockwork import services as clockwork
from app.database import db
from app.notice.models import Notice
from app.refusal import AlreadyDone, NotFound, NotYours, OutOfTurn, Refused
from app.sweep import run_due
from app.values import Nothing
from app.watch import queries, services
from app.watch.models import Alarm
from app.watch.rules import Assignment, Closing, Failed, Level, Outage, Phase, Reason
from bidding.selection import queries as selections
from bidding.selection import rules as selecting
from marketplace.announcement import services as announcing
from tests.bidding.selection.test_services import broken_market, handed_in
from tests.builders.announcement import a_timetable, an_announcement
from tests.builders.contract import a_contract, extension_asked
from tests.builders.need import a_need, purchaser_for
from tests.builders.objection import a_public_result, against_the_winner, appealed
from tests.builders.people import a_regulator, a_supervisor, an_operator
from tests.builders.registration import a_registration, an_agency
from tests.builders.selection import a_beacon, closed, drawn
from tests.conftest import instant

REMEDIED = Closing(Reason.REMEDIED, "done on the day after")


def rows(watch=None):
    query = select(Alarm).order_by(Alarm.id)
    return list(db.session.execute(query if watch is None else query.where(Alarm.watch == watch)).scalars())


def notices(act, actor):
    query = select(func.count()).select_from(Notice).where(Notice.act == act, Notice.party_id == actor.party)
    return db.session.execute(query).scalar_one()


def page(app, alarm, actor):
    with app.test_request_context():
        return queries.page(alarm.ref, actor=actor)


def an_unreviewed_need():
    """Handed in on Monday 2 March 09:00; the operator has until Tuesday 24:00."""
    an_operator(), a_supervisor()
    owner = purchaser_for("fiscal")
    need_no = a_need(owner, fund="fiscal")
    announcing.submit(owner, need_no, a_timetable(), key=fresh_key())
    return need_no


def test_a_review_warns_before_its_end_and_alarms_at_it_each_once(app, at):
    need_no = an_unreviewed_need()
    at("2026-03-03 11:59")
    assert rows() == []
    at("2026-03-03 12:00")
    at("2026-03-03 23:59")
    (warning,) = rows("announcement_review")
    assert (warning.level, warning.no, queries.phase_of(warning)) == (Level.WARNING, need_no, Phase.WARNED)
    assert notices("alarm.warn", an_operator()) == 1
    assert notices("alarm.warn", a_supervisor()) == 0
    at("2026-03-05 09:00")
    warning, alarm = rows("announcement_review")
    assert (warning.level, queries.phase_of(warning)) == (Level.WARNING, Phase.CLOSED)
    assert (alarm.level, queries.phase_of(alarm)) == (Level.ALARM, Phase.RAISED)
    assert alarm.raised_at == alarm.ends_at
    assert notices("alarm.raise_unseen", an_operator()) == notices("alarm.raise_unseen", a_supervisor()) == 1


def test_what_is_done_in_time_raises_nothing_and_ends_its_warning(app, at):
    need_no = an_unreviewed_need()
    at("2026-03-03 13:00")
    announcing.approve(an_operator(), need_no, Nothing(), key=fresh_key())
    at("2026-03-05 09:00")
    (warning,) = rows("announcement_review")
    assert queries.phase_of(warning) is Phase.CLOSED
    assert warning.met_at is not None


def test_an_alarm_that_was_met_late_says_so_and_waits_for_a_hand(app, at):
    need_no = an_unreviewed_need()
    at("2026-03-04 09:00")
    announcing.approve(an_operator(), need_no, Nothing(), key=fresh_key())
    at("2026-03-04 10:00")
    alarm = rows("announcement_review")[-1]
    assert alarm.met_at is not None
    assert queries.phase_of(alarm) is Phase.RAISED
    office = a_supervisor()
    services.assign(office, alarm.ref, Assignment(office.code, "supervisor1"), key=fresh_key())
    services.close(office, alarm.ref, REMEDIED, key=fresh_key())
    alarm = queries.by_ref(alarm.ref)
    assert (alarm.reason, alarm.closed_by, queries.phase_of(alarm)) == (Reason.REMEDIED, office.party, Phase.CLOSED)
    assert notices("alarm.assign", office) == 1
    assert notices("alarm.close", an_operator()) == 1
    with pytest.raises(OutOfTurn):
        services.close(office, alarm.ref, REMEDIED, key=fresh_key())


def test_an_office_does_not_clear_itself_and_nobody_closes_what_is_anothers(app, at):
    an_unreviewed_need()
    at("2026-03-04 09:00")
    alarm, operator, office = rows("announcement_review")[-1], an_operator(), a_supervisor()

    def refused(actor):
        with pytest.raises(Refused) as refusal:
            services.close(actor, alarm.ref, REMEDIED, key=fresh_key())
        return [one.code for one in refusal.value.reasons]

    assert refused(office) == ["alarm_unassigned"]
    services.assign(office, alarm.ref, Assignment(operator.code), key=fresh_key())
    assert refused(operator) == ["alarm_about_you"]
    assert refused(office) == ["alarm_of_another"]
    assert refused(a_regulator()) == ["alarm_of_another"]
    with pytest.raises(NotYours):
        services.close(a_regulator(login="regulator9", region="450900"), alarm.ref, REMEDIED, key=fresh_key())
    with pytest.raises(Refused, match="alarm_office_unknown"):
        services.assign(office, alarm.ref, Assignment(purchaser_for("fiscal").code), key=fresh_key())
    with pytest.raises(NotYours):
        services.assign(an_operator("operator9", region="450900"), alarm.ref, Assignment("X"), key=fresh_key())


def test_whoever_let_a_limit_pass_takes_the_alarm_out_of_nobodys_hands(app, at):
    an_unreviewed_need()
    at("2026-03-04 09:00")
    alarm, operator, office = rows("announcement_review")[-1], an_operator(), a_supervisor()
    services.assign(operator, alarm.ref, Assignment(office.code), key=fresh_key())
    assert not page(app, alarm, operator).assigns
    with pytest.raises(Refused, match="alarm_about_you_assigned"):
        services.assign(operator, alarm.ref, Assignment(a_regulator().code), key=fresh_key())
    assert page(app, alarm, office).assigns
    services.assign(office, alarm.ref, Assignment(a_regulator().code), key=fresh_key())


def test_an_office_that_did_not_decide_in_time_does_not_clear_itself(app):
    """Which office it is no kind says: the competent one of the trade. Another office of the kind may look into it."""
    an_operator()
    late, office, other = a_regulator(), a_supervisor(), a_regulator("transport", login="regulator6")
    objection = appealed(against_the_winner(a_public_result()))
    clockwork.go_to(objection.decide_due_at)
    db.session.rollback()
    (alarm,) = (one for one in rows("objection_decision") if one.level is Level.ALARM)
    services.assign(office, alarm.ref, Assignment(late.code), key=fresh_key())
    assert (page(app, alarm, late).closes, page(app, alarm, late).cleared_by_others) == (True, True)
    with pytest.raises(Refused, match="alarm_about_you"):
        services.close(late, alarm.ref, REMEDIED, key=fresh_key())
    services.assign(office, alarm.ref, Assignment(other.code), key=fresh_key())
    services.close(other, alarm.ref, REMEDIED, key=fresh_key())


def test_a_warning_that_no_alarm_follows_is_over_with_its_limit(app, at):
    """The purchaser has not answered: that has its own consequence, and nobody is warned of it any more."""
    no = a_contract()
    extension_asked(no)
    at("2026-03-13 23:59")
    (warning,) = rows("contract_answer")
    assert (warning.no, queries.phase_of(warning)) == (no, Phase.WARNED)
    at("2026-03-14 00:00")
    (warning,) = rows("contract_answer")
    assert (queries.phase_of(warning), warning.met_at) == (Phase.CLOSED, None)


def an_outage(since, until, region="450800"):
    """Recorded by the operator of the city, agreed to by its supervisor; its number."""
    operator, supervisor = an_operator(), a_supervisor()
    proof = files.store(BytesIO(b"%PDF-1.4 proof"), account_id=operator.account_id, name="proof.pdf").sha256
    outage = Outage(instant(since), instant(until), region, Failed.ALL, "power failed", proof)
    waiting = approvals.submit("outage.record", operator, None, outage, key=fresh_key())
    return approvals.agree(supervisor, waiting.prepared).subject


def test_the_same_hours_are_recorded_once(app, at):
    """They would be given back twice. Half-open: what begins when the first one ended is another outage."""
    at("2026-03-05 17:00")
    first = an_outage("2026-03-05 09:00", "2026-03-05 11:00", region="450802")
    for since, until, region in (
        ("2026-03-05 10:59", "2026-03-05 12:00", "450802"),
        ("2026-03-05 08:00", "2026-03-05 12:00", "450800"),
    ):
        with pytest.raises(Refused) as refused:
            an_outage(since, until, region)
        assert [(one.code, one.params["no"]) for one in refused.value.reasons] == [("outage_recorded", first)]
    assert an_outage("2026-03-05 10:00", "2026-03-05 10:30", region="450803")
    assert an_outage("2026-03-05 11:00", "2026-03-05 12:00")
    with pytest.raises(Refused, match="outage_region_unknown"):
        an_outage("2026-03-05 14:00", "2026-03-05 15:00", region="450899")


def test_a_second_sweep_finds_nothing_left_to_raise(app, at):
    an_unreviewed_need()
    at("2026-03-04 09:00")
    alarm = rows("announcement_review")[-1]
    subject = f"announcement_review/2026-03-03T16:00:00.000000Z/{alarm.no}"
    # The first sweep's own key, then another one: neither raises it again.
    with pytest.raises(AlreadyDone):
        services.raise_unseen(Actor.sweeper(), subject, Nothing(), key=f"sweep:alarm.raise_unseen/{subject}")
    with pytest.raises(NotFound):
        services.raise_unseen(Actor.sweeper(), subject, Nothing(), key="sweep:another")
    assert run_due() == 0


def test_the_database_keeps_one_alarm_for_a_limit(app, at):
    an_unreviewed_need()
    at("2026-03-04 09:00")
    table = Alarm.__table__
    first = db.session.execute(table.select().where(table.c.level == "alarm")).mappings().first()
    twin = {name: value for name, value in first.items() if name != "id"} | {"ref": "ANOTHER"}
    with pytest.raises(Exception, match=r"(?i)unique"):
        db.session.execute(table.insert().values(**twin))


def test_only_the_draw_ends_the_alarm_over_a_secret_that_was_not_revealed(app, at):
    """protocol.md §1: an open attempt past its deadline raises an alarm that no operator can close."""
    an_operator(), a_supervisor()
    agencies = [an_agency(name) for name in ("one", "two", "three")]
    no = an_announcement(fund="fiscal")
    for agency in agencies:
        a_registration(agency, no)
    found = closed(no)
    day = selecting.first_day(selections.beacon_after(found))
    due = queries.watches()["secret_reveal"].ends(found.frozen_at, "450800")
    clockwork.go_to(due - timedelta.resolution)
    assert [one.level for one in rows("secret_reveal")] == [Level.WARNING]
    clockwork.go_to(due)
    alarm = rows("secret_reveal")[-1]
    assert (alarm.level, alarm.no) == (Level.ALARM, f"{no}/1")
    entry = db.session.execute(select(Entry).where(Entry.act == "alarm.raise")).scalar_one()
    assert entry.opens.value == "at_once"
    assert f'"announcement:{no}"' in entry.payload
    for office in (an_operator(), a_supervisor()):
        services.assign(a_supervisor(), alarm.ref, Assignment(office.code), key=fresh_key())
        with pytest.raises(Refused, match="alarm_fixed"):
            services.close(office, alarm.ref, REMEDIED, key=fresh_key())
    assert [one.fixed for one in queries.public_of(no)] == [True]
    assert queries.public_of(no)[0].attempt == 1
    a_beacon(day)
    run_due()
    alarm = queries.by_ref(alarm.ref)
    assert selections.of(found.attempt_id).drawn_at is not None
    assert queries.phase_of(alarm) is Phase.CLOSED
    assert (alarm.closed_by, alarm.reason) == (None, None)
    assert queries.public_of(no) == []


def test_a_draw_in_time_raises_nothing(app):
    an_operator(), a_supervisor()
    agency = an_agency("one")
    no = an_announcement(fund="social")
    a_registration(agency, no)
    drawn(no)
    clockwork.go_to(app.extensions["market.clock"].instant + timedelta(days=1))
    assert [one.watch for one in rows() if one.level is Level.ALARM] == []


def test_a_head_that_came_too_late_raises_an_alarm(app, clock: FixedClock):
    """protocol.md §1.3: no head over the freeze before the beacon's instant: void, and an alarm."""
    an_operator(), a_supervisor()
    agencies = [an_agency(name) for name in ("one", "two", "three")]
    no = an_announcement(fund="fiscal")
    for agency in agencies:
        a_registration(agency, no)
    # The market stands still over the closing: freeze and head come an hour late.
    clock.instant = selections.attempt_of(no, None).closes_at + timedelta(hours=1)
    run_due()
    db.session.rollback()
    assert selections.of(selections.attempt_of(no, None).id).voided_at is not None
    assert {one.watch for one in rows() if one.level is Level.ALARM} >= {"late_head"}
    assert [one.what for one in queries.public_of(no)]
    assert run_due() == 0


def test_nothing_tells_of_registrations_before_the_freeze(app, at):
    """Sealed means sealed from everybody: no watch knows an open attempt but by its closing."""
    an_operator(), a_supervisor()
    agency = an_agency("one")
    empty, full = an_announcement(fund="social"), an_announcement(fund="social")
    a_registration(agency, full)
    ends = selections.attempt_of(full, None).closes_at
    clockwork.go_to(ends - timedelta.resolution)
    assert [one for one in rows() if one.no.startswith((empty, full))] == []
    assert queries.public_of(empty) == queries.public_of(full) == []


def test_a_broken_envelope_raises_an_alarm_until_its_body_is_there(app):
    """protocol.md §2.5: an envelope that does not open raises an alarm and stops the selection."""
    an_operator(), a_supervisor()
    no, agencies, bodies, found = broken_market(1)
    (alarm,) = rows("broken_envelope")
    assert (alarm.level, alarm.no, alarm.ends_at) == (Level.ALARM, f"{no}/1", found.stopped_at)
    assert notices("alarm.raise", a_supervisor()) == 1
    assert [(one.event, one.fixed) for one in queries.public_of(no)] == [(True, True)]
    handed_in(agencies[1], no, bodies[agencies[1].code])
    alarm = queries.by_ref(alarm.ref)
    assert (alarm.closed_at, alarm.closed_by) == (alarm.met_at, None)
    assert queries.phase_of(alarm) is Phase.CLOSED
    assert queries.public_of(no) == []
