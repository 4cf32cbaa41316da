"""By credit: lots at the freeze, the short list, the owner's choice and its reason, and what becomes of silence."""

import json
from datetime import timedelta

import pytest

from app.audit import services as records
from app.audit.check import first_difference
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import db
from app.refusal import NotFound, Refused
from app.sweep import run_due
from bidding.award import queries as awards
from bidding.selection import methods, queries, services, transcript
from bidding.selection import records as selection_records
from bidding.selection.rules import Choice, Phase
from marketplace.announcement.rules import Decision
from marketplace.need.rules import Particulars
from tests import outsider
from tests.builders.announcement import an_announcement
from tests.builders.credit import a_deduction
from tests.builders.need import purchaser_for
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import drawn, selection
from tests.conftest import START


def listed(n=5, *, fund="social", winners=1, long=4, short=3, rivals=()):
    """Drawn: n agencies, or these, of whom the first lost points of credit long before the closing."""
    found = list(rivals) or agencies(n)
    if not rivals:
        a_deduction(found[0], at=START, points=25)
    lists = Particulars(long_list=long, short_list=short)
    no = an_announcement(method="CREDIT_MERIT", fund=fund, winners=winners, particulars=lists, budget_fen=3_000_000)
    for agency in found:
        a_registration(agency, no)
    drawn(no)
    return no, found


def chosen(no, *codes, reason="the most experience with schools", owner=None):
    done = services.choose(owner or purchaser_for("social"), no, Choice(codes, reason), key=fresh_key())
    run_due()
    db.session.rollback()
    return done


def refused(no, *codes, **others):
    with pytest.raises(Refused) as caught:
        chosen(no, *codes, **others)
    db.session.rollback()
    return [reason.code for reason in caught.value.reasons]


def test_lots_follow_credit_and_the_owner_chooses_from_the_short_list(app):
    no, found = listed()
    row, record = selection(no), selection_records.record(no)
    lots = {line.split(" ")[0]: int(line.split(" ")[1]) for line in record["frozen_text"].splitlines()[8:]}
    assert lots == {found[0].code: 62, **dict.fromkeys((one.code for one in found[1:]), 75)}
    short = queries.standing_for_choice(row)
    assert found[0].code not in short
    assert list(short) == [code for code in record["order"] if code != found[0].code][:3]
    assert (queries.phase_of(row), row.attempt.decision, record["decision"]) == (Phase.LISTED, None, "drawn")
    with pytest.raises(NotFound):
        selection_records.transcript(no)
    assert awards.in_force(row.attempt_id) == []
    assert refused(no, short[0], short[1]) == ["choice_count"]
    assert refused(no, found[0].code) == ["choice_not_standing"]
    assert refused(no, short[1], reason=" ") == ["choice_without_reason"]
    with pytest.raises(NotFound):
        chosen(no, short[1], owner=purchaser_for("state"))
    db.session.rollback()
    chosen(no, short[1])
    ranked = [one.registration.agency.organisation.code for one in queries.result(row.attempt_id)]
    assert ranked == [short[1], short[0], short[2]]
    award = awards.in_force(row.attempt_id)[0]
    assert (award.agency.organisation.code, award.amount_fen) == (short[1], 3_000_000)
    told = json.loads(json.dumps(selection_records.transcript(no)))
    assert transcript.verify(told) == outsider.check_transcript(told) == []
    assert [one["id"] for one in told["result"]] == ranked
    assert outsider.check_transcript({**told, "scores": []}) != []
    entry = next(one for one in records.timeline(f"announcement:{no}") if one.act == "selection.choose")
    assert (entry.public["agencies"], entry.public["reason"]) == ([short[1]], "the most experience with schools")
    assert refused(no, short[0]) == ["no_choice_awaited"]
    assert first_difference() is None


def test_nobody_chooses_at_the_limit_though_the_sweep_is_late(app):
    no, _ = listed(3, long=3)
    row = selection(no)
    first = queries.standing_for_choice(row)[0]
    app.extensions["market.clock"].instant = row.decide_by
    assert refused(no, first) == ["decision_too_late"]
    app.extensions["market.clock"].instant = row.decide_by - timedelta(microseconds=1)
    chosen(no, first)


def test_one_choice_for_each_place_and_two_are_enough_to_choose(app):
    no, found = listed(3, winners=2, long=3)
    first, _, third = queries.standing_for_choice(selection(no))
    assert refused(no, first) == ["choice_count"]
    chosen(no, third, first)
    held = [one.agency.organisation.code for one in awards.in_force(selection(no).attempt_id)]
    assert held == [third, first]
    two, _ = listed(long=3, rivals=found[:2])
    assert len(queries.standing_for_choice(selection(two))) == 2
    chosen(two, found[0].code)
    assert queries.attempt_of(two, None).decision is Decision.DRAWN
    alone, _ = listed(rivals=found[:1])
    assert queries.attempt_of(alone, None).decision is Decision.UNSUCCESSFUL


def test_an_owner_who_is_silent_voids_the_attempt(app):
    no, _ = listed(fund="fiscal")
    row = selection(no)
    assert row.decide_by is not None
    clockwork.go_to(row.decide_by)
    db.session.rollback()
    assert queries.phase_of(selection(no)) is Phase.VOID
    assert queries.attempt_of(no, None).decision is Decision.VOID
    told = json.loads(json.dumps(selection_records.transcript(no)))
    assert (transcript.verify(told), told["result"]) == ([], [])
    assert methods.misfits("CREDIT_MERIT", told["parameters"]) == []


def test_the_page_treats_those_on_the_list_alike(app, client):
    no, found = listed()
    short = queries.standing_for_choice(selection(no))
    public = client.get(f"/announcements/{no}/record").text
    assert "等待业主选定" in public
    assert public.count("短名单</span>") == len(short)
    client.sign_in("agency1")
    assert client.get(f"/announcements/{no}/choice").status_code in (403, 404)
    assert "没有进入名单" in client.get("/inbox/").text
    client.get("/logout")
    client.sign_in("purchaser1")
    assert "选定机构" in client.get("/desk").text
    page = client.get(f"/announcements/{no}/choice").text
    assert all(code in page for code in short)
    assert found[0].code not in page
    assert page.count("75.000") == 0
    assert page.count("100.000") == len(short)
    address = f"/announcements/{no}/choice"
    refused = client.post(address, data={"key": fresh_key(), "agencies": short[1], "reason": ""})
    assert refused.status_code == 422 or "请写明理由" in refused.text
    reason = "熟悉学校建设，人员齐备。"
    done = client.post(address, data={"key": fresh_key(), "agencies": short[1], "reason": reason})
    assert done.status_code == 303
    run_due()
    db.session.rollback()
    told = client.get(f"/announcements/{no}/record").text
    assert reason in told
    assert "第1名，中选" in told
