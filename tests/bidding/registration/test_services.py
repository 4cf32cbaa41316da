"""Registering for real: rows, record, receipt; what an amendment does; who may know."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.act import act
from app.actor import Actor
from app.audit import services as audit
from app.audit.canonical import canonical
from app.audit.check import first_difference
from app.audit.rows import input_members
from app.chance import fresh_key
from app.database import db
from app.notice.models import Notice
from app.refusal import AlreadyDone, NotFound, NotYours, OutOfTurn, Refused
from app.values import Nothing
from bidding.registration import queries, services
from bidding.registration.models import Registration, RegistrationMember
from bidding.registration.rules import Made, Phase, Promise, RegistrationAct
from marketplace.agency import queries as agencies
from marketplace.announcement import queries as announcements
from marketplace.announcement import services as announcing
from marketplace.announcement.rules import Change, Withdrawal, WithdrawReason
from tests.builders.announcement import an_announcement
from tests.builders.people import an_operator
from tests.builders.purchaser import a_purchaser
from tests.builders.registration import (
    a_reconfirmation,
    a_registration,
    a_withdrawal,
    an_agency,
    frozen,
    own_registration,
    present,
)

CONTRIBUTION = "ab" * 32
MICROSECOND = timedelta(microseconds=1)


def codes(refused):
    return [reason.code for reason in refused.value.reasons]


def entry(act_name, no):
    found = audit.entry_of(act_name, f"announcement:{no}")
    assert found is not None
    return found


def amend(no, **change):
    change = Change(reason="the plan changed", **change)
    return announcing.amend(a_purchaser("purchaser1"), no, change, key=fresh_key())


def phase(agency, no):
    return queries.phase_of(own_registration(agency, no), queries.announced(no))


def test_a_registration_is_a_row_a_sealed_entry_and_a_receipt(app, tick):
    agency = an_agency()
    no = an_announcement(days=10)
    promise = Promise(7, CONTRIBUTION, Made.BROWSER)
    done = services.submit(agency, no, promise, key="k1")

    row = own_registration(agency, no)
    assert (row.promised_days, row.contribution, row.made) == (7, CONTRIBUTION, Made.BROWSER)
    assert (row.submitted_at, row.revision, row.withdrawn_at, row.reasons) == (done.at, 1, None, None)
    (member,) = db.session.execute(select(RegistrationMember)).scalars()
    assert (member.code, member.lead, member.in_force) == (agency.code, True, True)

    written = json.loads(entry("registration.submit", no).payload)
    assert written["subjects"] == [f"announcement:{no}", f"agency:{agency.code}"]
    assert written["public"] == {"attempt": 1, "contribution": CONTRIBUTION, "made": "browser", "promised_days": 7}
    assert written["basis"] == queries.announced(no).rulebook
    assert written["role"] == "agency"
    assert [line.act for line in audit.timeline(f"announcement:{no}")] == ["announcement.publish"]
    assert "registration.submit" not in [line.act for line in audit.timeline(f"agency:{agency.code}")]

    assert done.receipt is not None
    lines = done.receipt.text.splitlines()
    hashed = hashlib.sha256(canonical(input_members(promise)).encode()).hexdigest()
    assert lines[2:7] == ["registration.submit", no, "1", agency.code, hashed]
    tick()
    assert first_difference(rows=True) is None


def test_the_same_request_again_is_answered_with_the_same_receipt(app):
    agency = an_agency()
    no = an_announcement()
    done = services.submit(agency, no, Promise(5), key="k1")
    assert len(own_registration(agency, no).contribution) == 64
    assert own_registration(agency, no).made is Made.SERVER
    with pytest.raises(AlreadyDone) as again:
        services.submit(agency, no, Promise(5), key="k1")
    assert again.value.receipt == done.receipt
    with pytest.raises(Refused) as other:
        services.submit(agency, no, Promise(6), key="k1")
    assert codes(other) == ["key_reused"]


def test_a_contribution_that_the_server_makes_differs_from_request_to_request(app):
    agency = an_agency()
    no = an_announcement()
    a_registration(agency, no)
    first = own_registration(agency, no).contribution
    a_withdrawal(agency, no)
    a_registration(agency, no)
    assert own_registration(agency, no).contribution != first


def test_an_agency_is_in_one_registration_of_an_attempt(app):
    agency = an_agency()
    no = an_announcement()
    a_registration(agency, no)
    with pytest.raises(Refused) as refused:
        a_registration(agency, no)
    assert codes(refused) == ["already_registered"]


def a_twin(agency, no):
    """A second registration beside the rules, as a race would write it."""
    row = own_registration(agency, no)
    with act(RegistrationAct.SUBMIT, actor=agency, key="by hand", subject=no) as deed:
        deed.lock_none()
        values = {"attempt_id": row.attempt_id, "agency_id": row.agency_id, "promised_days": 1, "revision": 1}
        twin = Registration(**values, contribution=CONTRIBUTION, made=Made.SERVER, submitted_at=deed.now)
        member = {
            "code": agency.code,
            "attempt_id": row.attempt_id,
            "lead": False,
            "in_force": True,
            "joined_at": deed.now,
        }
        deed.add(RegistrationMember(registration_id=deed.add(twin).id, **member))


def test_the_database_says_so_too(app):
    agency = an_agency()
    no = an_announcement()
    a_registration(agency, no)
    with pytest.raises(Refused) as refused:
        a_twin(agency, no)
    assert codes(refused) == ["already_registered"]


def test_every_reason_is_told_at_once_with_the_rulebook_behind_it(app):
    newcomer = an_agency(login="agency9", admitted=False)
    no = an_announcement(days=10)
    with pytest.raises(Refused) as refused:
        services.submit(newcomer, no, Promise(11, "not hex"), key="k1")
    assert codes(refused) == ["agency_not_active", "promise_too_long", "contribution_malformed"]
    assert refused.value.rulebook == queries.announced(no).rulebook
    assert db.session.execute(select(Registration)).first() is None


def test_nobody_serves_himself(app):
    agency = an_agency()
    purchaser = a_purchaser()
    no = an_announcement(purchaser)
    both = replace(agency, party_id=purchaser.party_id, code=purchaser.code)
    with pytest.raises(Refused) as refused:
        services.submit(both, no, Promise(5), key="k1")
    assert codes(refused) == ["same_organisation", "agency_not_active"]


def test_what_is_not_public_is_not_found_and_others_have_no_business_here(app):
    agency = an_agency()
    with pytest.raises(NotFound):
        services.submit(agency, "450803-2026-000099", Promise(5), key="k1")
    with pytest.raises(NotFound):
        services.submit(agency, None, Promise(5), key="k2")
    no = an_announcement()
    for actor in (a_purchaser(), an_operator(), Actor.stranger()):
        with pytest.raises(NotYours):
            services.submit(actor, no, Promise(5), key="k3")


def test_the_last_microsecond_counts_and_the_closing_does_not(app):
    clock = app.extensions["market.clock"]
    early, late = an_agency(), an_agency(login="agency2")
    no = an_announcement()
    closes = announcements.present_attempt(queries.announced(no)).closes_at
    clock.instant = closes - MICROSECOND
    assert a_registration(early, no).at == closes - MICROSECOND
    clock.instant = closes
    for handed_in in (a_registration, a_withdrawal, a_reconfirmation):
        with pytest.raises(Refused) as refused:
            handed_in(early if handed_in is not a_registration else late, no)
        assert codes(refused) == ["not_open"]
        assert refused.value.reasons[0].params["because"] == "not_open.closed"


def test_a_withdrawn_registration_makes_room_for_a_new_one(app, tick):
    agency = an_agency()
    no = an_announcement(days=10)
    a_registration(agency, no, days=10, contribution=CONTRIBUTION)
    first = own_registration(agency, no).id
    done = a_withdrawal(agency, no)
    assert phase(agency, no) is Phase.WITHDRAWN
    assert own_registration(agency, no).withdrawn_at == done.at
    assert done.receipt is not None
    with pytest.raises(Refused) as refused:
        a_withdrawal(agency, no)
    assert codes(refused) == ["not_registered"]

    a_registration(agency, no, days=8, contribution="cd" * 32)
    (counts,) = queries.in_force_at_closing(announcements.present_attempt(queries.announced(no)))
    assert counts.id != first
    assert (counts.promised_days, counts.contribution) == (8, "cd" * 32)
    tick()
    assert first_difference(rows=True) is None


def test_an_amendment_asks_every_registrant_again_and_silence_withdraws(app, tick):
    silent, willing = an_agency(), an_agency(login="agency2")
    no = an_announcement(days=10)
    for agency in (silent, willing):
        a_registration(agency, no, days=8, contribution=CONTRIBUTION)
    amend(no, content="twice the area", expected_days=9)
    attempt = announcements.present_attempt(queries.announced(no))
    assert queries.in_force_at_closing(attempt) == []
    assert phase(willing, no) is Phase.UNCONFIRMED
    assert [line.no for line in queries.unconfirmed(willing.party, now=attempt.published_at)] == [no]

    a_reconfirmation(willing, no)
    assert phase(willing, no) is Phase.IN_FORCE
    assert own_registration(willing, no).contribution == CONTRIBUTION
    with pytest.raises(OutOfTurn):
        a_reconfirmation(willing, no)
    attempt = announcements.present_attempt(queries.announced(no))
    assert [row.agency.organisation.code for row in queries.in_force_at_closing(attempt)] == [willing.code]
    tick()
    assert first_difference(rows=True) is None


def test_a_promise_that_the_amendment_outgrew_must_be_made_anew(app):
    agency = an_agency()
    no = an_announcement(days=10)
    a_registration(agency, no, days=10)
    amend(no, expected_days=6)
    with pytest.raises(Refused) as refused:
        a_reconfirmation(agency, no)
    assert codes(refused) == ["promise_outgrown"]
    a_withdrawal(agency, no)
    a_registration(agency, no, days=6)
    assert phase(agency, no) is Phase.IN_FORCE


@pytest.mark.parametrize("ending", ["amend", "withdraw"])
def test_registrants_are_told_of_changes_and_nobody_learns_of_them(app, ending):
    registered, gone, absent = an_agency(), an_agency(login="agency2"), an_agency(login="agency3")
    no = an_announcement()
    purchaser = a_purchaser()
    for agency in (registered, gone):
        a_registration(agency, no)
    a_withdrawal(gone, no)
    if ending == "amend":
        amend(no, content="more")
    else:
        stop = Withdrawal(WithdrawReason.NEED_CEASED, "no need any more")
        announcing.withdraw(purchaser, no, stop, key=fresh_key())
    told = db.session.execute(select(Notice).where(Notice.act == f"announcement.{ending}")).scalars().all()
    assert [notice.party_id for notice in told] == [registered.party_id]
    assert no in told[0].body
    assert absent.party_id not in {notice.party_id for notice in told}


def test_nothing_can_be_handed_in_to_what_was_withdrawn(app):
    agency = an_agency()
    no = an_announcement()
    a_registration(agency, no)
    stop = Withdrawal(WithdrawReason.NEED_CEASED, "no need any more")
    announcing.withdraw(a_purchaser(), no, stop, key=fresh_key())
    with pytest.raises(Refused) as refused:
        a_withdrawal(agency, no)
    assert refused.value.reasons[0].params["because"] == "not_open.withdrawn"


def test_the_freeze_writes_the_verdict_once(app, tick):
    good, bad = an_agency(), an_agency(login="agency2")
    no = an_announcement()
    for agency in (good, bad):
        a_registration(agency, no)
    app.extensions["market.clock"].instant = announcements.present_attempt(queries.announced(no)).closes_at
    frozen(no, {bad.code: ("late_service", "grade_too_low", "late_service")})
    assert (phase(good, no), phase(bad, no)) == (Phase.VALID, Phase.INVALID)
    assert own_registration(bad, no).reasons == ("grade_too_low", "late_service")
    assert [row.agency.organisation.code for row in queries.valid(present(no))] == [good.code]
    assert len(queries.judged(present(no))) == 2
    with pytest.raises(ValueError, match="judged"):
        services.judge(None, own_registration(good, no), ())
    tick()
    assert first_difference(rows=True) is None


def test_the_own_list_is_the_newest_first_and_ones_own(app):
    agency, other = an_agency(), an_agency(login="agency2")
    numbers = [an_announcement() for _ in range(3)]
    for no in numbers:
        a_registration(agency, no)
    a_registration(other, numbers[0])
    page = queries.mine(agency.party, size=2)
    assert [line.no for line in page.rows] == numbers[:0:-1]
    rest = queries.mine(agency.party, after=page.after, size=2)
    assert ([line.no for line in rest.rows], rest.after) == ([numbers[0]], None)


def test_an_organisation_that_is_no_agency_has_no_registration(app):
    agency = an_agency()
    no = an_announcement()
    assert agencies.by_party(a_purchaser().party) is None
    outsider = replace(agency, party_id=a_purchaser("purchaser2").party_id)
    with pytest.raises(Refused) as refused:
        services.withdraw(outsider, no, Nothing(), key="k1")
    assert codes(refused) == ["not_registered"]
