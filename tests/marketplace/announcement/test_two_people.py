"""Much public money passes two people of its owner: one hands in, another agrees, and neither is both."""

import json
import re

import pytest
from sqlalchemy import select

from app.actor import Hand, Role
from app.approval import services as approval
from app.audit.models import Entry
from app.chance import fresh_key
from app.clock import clock
from app.database import db
from app.refusal import NotFound, Refused
from app.rules_in_force import rulebook_for
from app.sweep import run_due
from app.values import Fen, Nothing, Waiting
from marketplace.announcement import queries, services, times
from marketplace.announcement.rules import (
    AnnouncementAct,
    Change,
    Phase,
    Timetable,
    Withdrawal,
    WithdrawReason,
)
from marketplace.need import queries as needs
from marketplace.need import services as writing
from tests.builders.need import a_need, a_need_input, purchaser_for
from tests.builders.people import PASSWORD, a_colleague, an_operator

ABOVE = 15_000_000
LIMIT = 10_000_000


def codes(refused):
    return [reason.code for reason in refused.value.reasons]


def handed_in(actor, no, *, key=None):
    return approval.submit(AnnouncementAct.SUBMIT, actor, no, Timetable(), key=key or fresh_key())


def test_written_by_one_agreed_by_another_published_by_the_rules(client):
    one = purchaser_for("state")
    no = a_need(one, fund="state", budget_fen=ABOVE, region="450000")
    client.sign_in("purchaser_state")
    page = client.get(f"/needs/{no}/publish").text
    assert "须由本单位两人经办" in page
    alone = client.post(f"/needs/{no}/publish", data={"closes_at": ""})
    assert (alone.status_code, "只有一个账户" in alone.text) == (409, True)
    assert "/colleagues" in alone.text
    assert client.post("/colleagues", data={"name": "the second"}).status_code == 303
    link = re.search(r'"(/join/\w{16})"', client.get("/colleagues").text)[1]
    client.post("/logout")
    chosen = {"login": "second", "password": PASSWORD}
    assert client.post(link, data=chosen | {"password": "short"}).status_code == 409
    assert client.post(link, data=chosen).status_code == 303
    used, again = client.get(link), client.post(link, data=chosen | {"login": "third"})
    assert ("已经用过或者过期" in used.text, 'name="password"' in used.text) == (True, False)
    assert (again.status_code, "邀请您的同事重新发出邀请" in again.text) == (409, True)
    assert client.get("/join/" + "A" * 16).status_code == 404
    a_colleague(one, login="stranger", role=Role.AGENCY)
    client.sign_in("purchaser_state")

    typed = {"closes_at": "2026-03-02 10:00"}
    early = client.post(f"/needs/{no}/publish", data=typed)
    assert (early.status_code, typed["closes_at"] in early.text) == (409, True)
    waits = client.post(f"/needs/{no}/publish", data={"closes_at": "2026-03-09 10:00"})
    assert (waits.status_code, waits.location.startswith("/approvals/")) == (303, True)
    assert "正在等本单位另一位人员审核" in client.get(waits.location).text
    assert waits.location in client.get(f"/needs/{no}").text
    assert client.post(f"/needs/{no}/publish", data={"closes_at": ""}).status_code == 409
    assert waits.location not in client.get("/desk").text
    assert client.post(f"{waits.location}/agree").status_code == 409
    client.post("/logout")
    client.sign_in("stranger")
    assert waits.location not in client.get("/desk").text
    assert client.post(f"{waits.location}/agree").status_code == 409
    client.post("/logout")

    db.session.rollback()
    assert queries.by_need(no) is None
    client.sign_in("second")
    assert waits.location in client.get("/desk").text
    shown = client.get(waits.location).text
    assert [each in shown for each in (needs.by_no(no).title, "2026-03-09 10:00")] == [True, True]
    assert client.post(f"{waits.location}/agree").status_code == 303
    shown = client.get(waits.location).text
    assert [name in shown for name in ("person purchaser_state", "the second", "person stranger")] == [
        True,
        True,
        False,
    ]
    assert "又改过" not in shown
    db.session.rollback()
    announcement = queries.by_need(no)
    assert queries.phase_of(announcement, None, announcement.submitted_at) is Phase.IN_REVIEW
    services.approve(an_operator("operator45", region="450000"), no, Nothing(), key=fresh_key())
    run_due()
    db.session.rollback()
    # Three whole working days after Monday: publish.min_days above the small limit.
    assert times.earliest(needs.by_no(no), rulebook_for("450000", clock().market()), clock().market()).days == 3
    assert queries.present_attempt(queries.by_need(no)).closes_at.isoformat() == "2026-03-09T02:00:00+00:00"


def test_what_was_agreed_to_is_what_is_done(app):
    one = purchaser_for("state")
    two, no = (
        a_colleague(one, login="second", role=Role.PURCHASER),
        a_need(one, fund="state", budget_fen=ABOVE),
    )
    waiting = handed_in(one, no, key="first")
    assert isinstance(waiting, Waiting)
    assert handed_in(one, no, key="first") == waiting
    changed = a_need_input(fund="state", budget_fen=ABOVE, content="something else")
    writing.revise(one, no, changed, key=fresh_key())
    with pytest.raises(Refused) as refused:
        approval.agree(two, waiting.prepared)
    assert codes(refused) == ["prepared_outdated"]
    approval.withdraw(one, waiting.prepared, Nothing(), key=fresh_key())
    with pytest.raises(NotFound):
        approval.agree(two, waiting.prepared)
    done = approval.agree(one, handed_in(two, no).prepared)
    assert (done.act, done.receipt is not None) == (AnnouncementAct.SUBMIT, True)
    kept = json.loads(db.session.execute(select(Entry).order_by(Entry.id.desc()).limit(1)).scalar_one().private or "")
    assert (kept["account"], kept["agreed"]) == (two.account_id, one.account_id)


def test_no_other_way_leads_past_the_second_hand(app):
    one = purchaser_for("state")
    two = a_colleague(one, login="second", role=Role.PURCHASER)
    no = a_need(one, fund="state", budget_fen=ABOVE)
    itself = Hand(one.account_id, one.party_id, Role.PURCHASER, "none", needs.by_no(no).version)
    for actor in (one, one.with_hand(itself)):
        with pytest.raises(Refused) as refused:
            services.submit(actor, no, Timetable(), key=fresh_key())
        assert codes(refused) == ["two_people_needed"]
    approval.agree(two, handed_in(one, no).prepared)
    services.approve(an_operator(), no, Nothing(), key=fresh_key())
    run_due()
    db.session.rollback()
    announced, change = queries.by_need(no).no, Change("a reason", content="other content")
    with pytest.raises(Refused) as refused:
        services.amend(one, announced, change, key=fresh_key())
    assert codes(refused) == ["two_people_needed"]
    approval.agree(one, approval.submit(AnnouncementAct.AMEND, two, announced, change, key=fresh_key()).prepared)
    assert queries.by_no(announced).content == "other content"


def test_what_was_prepared_for_one_attempt_is_not_done_to_the_next(app, at):
    one = purchaser_for("state")
    two, no = (
        a_colleague(one, login="second", role=Role.PURCHASER),
        a_need(one, fund="state", budget_fen=ABOVE),
    )
    approval.agree(two, handed_in(one, no).prepared)
    services.approve(an_operator(), no, Nothing(), key=fresh_key())
    run_due()
    announced = queries.by_need(no).no
    why = Withdrawal(WithdrawReason.PROJECT_CHANGED, "the project has changed")
    withdrawn = approval.submit(AnnouncementAct.WITHDRAW, one, announced, why, key=fresh_key())
    at("2026-04-01 09:00")
    run_due()
    approval.agree(two, approval.submit(AnnouncementAct.REPEAT, one, announced, Timetable(), key=fresh_key()).prepared)
    at("2026-04-02 09:00")
    run_due()
    with pytest.raises(Refused) as refused:
        approval.agree(two, withdrawn.prepared)
    assert codes(refused) == ["prepared_outdated"]


def test_nobody_floods_the_desks_of_others(app, monkeypatch):
    monkeypatch.setattr("app.approval.rules.MOST_WAITING", 1)
    one = purchaser_for("state")
    a_colleague(one, login="second", role=Role.PURCHASER)
    first, second = (a_need(one, fund="state", budget_fen=ABOVE) for _ in range(2))
    waiting = handed_in(one, first)
    with pytest.raises(Refused) as refused:
        handed_in(one, second)
    assert codes(refused) == ["prepared_too_many"]
    approval.withdraw(one, waiting.prepared, Nothing(), key=fresh_key())
    assert isinstance(handed_in(one, second), Waiting)


@pytest.mark.parametrize(("fund", "budget_fen"), [("state", LIMIT), ("social", ABOVE)])
def test_other_money_passes_one_hand(app, fund, budget_fen):
    no = a_need(fund=fund, budget_fen=budget_fen)
    act = AnnouncementAct.PUBLISH if fund == "social" else AnnouncementAct.SUBMIT
    done = approval.submit(act, purchaser_for(fund), no, Timetable(), key=fresh_key())
    assert not isinstance(done, Waiting)
    assert needs.by_no(no).budget_fen == Fen(budget_fen)
