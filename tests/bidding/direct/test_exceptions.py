"""Direct commission where public money would compete: after two failures, with the supervisor's consent; and with the
only agency that could register, once that was public.
"""

from io import BytesIO

import pytest
from sqlalchemy import select

from app import files
from app.actor import Role
from app.approval import services as approval
from app.audit import services as records
from app.chance import fresh_key
from app.database import db
from app.refusal import Refused
from app.sweep import run_due
from app.values import Nothing
from app.watch.models import Alarm
from bidding.direct import queries, services
from bidding.direct.rules import DirectAct, Price, Reason
from bidding.selection.queries import minimum_of
from marketplace.announcement import queries as announcements
from marketplace.announcement import services as announcing
from marketplace.announcement.rules import AnnouncementAct, AnnouncementKind, Conclusion, Ending, Timetable
from marketplace.need import queries as needs
from marketplace.need import services as writing
from marketplace.need.rules import Minimum
from tests.builders.announcement import an_announcement
from tests.builders.direct import ITEM, a_direct_need, a_proposal, an_accepted_commission, an_agency
from tests.builders.need import a_need, a_need_input, purchaser_for
from tests.builders.people import a_colleague, a_supervisor, an_operator
from tests.builders.registration import a_registration
from tests.builders.selection import closed, drawn
from tests.grounds import ready

MUCH = 15_000_000


def codes(refused):
    return [reason.code for reason in refused.value.reasons]


def by_two(act, subject, wanted):
    """Done by two people of the purchaser of state money, each time the same two."""
    waiting = approval.submit(act, purchaser_for("state"), subject, wanted, key=fresh_key())
    return approval.agree(a_colleague(purchaser_for("state"), login="second", role=Role.PURCHASER), waiting.prepared)


@ready
def failed_twice(*registrants, much=False):
    """The number of a purchase with the state's money that too few registered for, one agency in each attempt."""
    owner = purchaser_for("state")
    if much:
        a_colleague(owner, login="second", role=Role.PURCHASER)
        need_no = a_need(owner, fund="state", item=ITEM, budget_fen=MUCH)
        by_two(AnnouncementAct.SUBMIT, need_no, Timetable(None))
        announcing.approve(an_operator(), need_no, Nothing(), key=fresh_key())
        run_due()
        db.session.rollback()
        no = announcements.by_need(need_no).no
    else:
        no = an_announcement(fund="state", item=ITEM, budget_fen=2_000_000)
    a_registration(registrants[0], no)
    closed(no)
    if much:
        by_two(AnnouncementAct.REPEAT, no, Timetable(None))
    else:
        announcing.repeat(owner, no, Timetable(None), key=fresh_key())
    run_due()
    db.session.rollback()
    a_registration(registrants[1], no)
    closed(no)
    return no


def test_after_two_failures_a_registrant_is_commissioned_with_the_supervisors_consent(app, client):
    one, other, stranger = an_agency(), an_agency("agency2"), an_agency("agency3")
    no = failed_twice(one, other)
    owner, supervisor = purchaser_for("state"), a_supervisor()
    client.sign_in("purchaser_state")
    assert f"/announcements/{no}/conclude" in client.get("/desk").text
    page = client.get(f"/announcements/{no}/conclude").text
    assert [agency.code in page for agency in (one, other, stranger)] == [True, True, False]
    done = client.post(f"/announcements/{no}/conclude", data={"way": "direct", "explanation": "nobody else answered"})
    need_no = needs.following(announcements.by_no(no).need_id).no
    assert (done.status_code, done.location) == (303, f"/needs/{need_no}/direct")
    assert records.timeline(f"need:{need_no}") == ()
    with pytest.raises(Refused) as refused:
        announcing.conclude(owner, no, Conclusion(Ending.CANCEL, "or not"), key=fresh_key())
    assert codes(refused) == ["concluded_already"]

    kept = files.store(BytesIO(b"%PDF-1.4\n%%EOF\n"), account_id=owner.account_id, name="minutes.pdf").sha256
    with pytest.raises(Refused) as refused:
        services.propose(owner, need_no, a_proposal(one, minutes=kept), key=fresh_key())
    assert codes(refused) == ["direct_reason_unknown"]
    after = a_proposal(stranger, minutes=kept, reason=Reason.TWO_FAILURES)
    with pytest.raises(Refused) as refused:
        services.propose(owner, need_no, after, key=fresh_key())
    assert codes(refused) == ["direct_consent_missing"]
    with pytest.raises(Refused) as refused:
        approval.submit(DirectAct.PROPOSE_AFTER_FAILURES, owner, need_no, after, key=fresh_key())
    assert (codes(refused), approval.waiting_for(supervisor)) == (["direct_not_registrant"], [])
    after = a_proposal(one, minutes=kept, reason=Reason.TWO_FAILURES)
    alone = approval.submit(DirectAct.PROPOSE_AFTER_FAILURES, owner, need_no, after, key=fresh_key())
    client.post("/logout")
    client.sign_in("supervisor1")
    asked = client.get(f"/approvals/{alone.prepared}").text
    assert ("所涉的采购需求" in asked, "查看需求全文" in asked) == (True, False)
    with client.get(f"/approvals/{alone.prepared}/papers/{kept}") as paper:
        assert paper.data.startswith(b"%PDF")
    assert client.get(f"/approvals/{alone.prepared}/papers/{'0' * 64}").status_code == 404
    client.post("/logout")
    client.sign_in("purchaser_state")
    approval.withdraw(owner, alone.prepared, Nothing(), key=fresh_key())

    page = client.get(f"/needs/{need_no}/direct").text
    assert [agency.code in page for agency in (one, other, stranger)] == [True, True, False]
    typed = {
        "agency": one.code,
        "amount_fen": "9000",
        "days": "10",
        "reason": "two_failures",
        "explanation": "twice in vain",
        "kept": kept,
    }
    done = client.post(f"/needs/{need_no}/direct", data=typed)
    assert (done.status_code, done.location.startswith("/approvals/")) == (303, True)
    db.session.rollback()
    assert queries.open_of(needs.by_no(need_no).id) is None
    approval.agree(supervisor, approval.waiting_for(supervisor)[-1].no)
    accepted = services.accept(one, need_no, Nothing(), key=fresh_key())
    announcement = announcements.by_no(accepted.subject)
    assert (announcement.kind, announcement.no == no) == (AnnouncementKind.DIRECT, False)
    assert records.timeline(f"need:{need_no}")[0].act == "direct.propose_after_failures"
    client.post("/logout")
    assert accepted.subject in client.get(f"/announcements/{no}").text
    assert no in client.get(f"/announcements/{accepted.subject}").text


def test_much_money_goes_direct_after_failures_by_two_people_and_with_consent(app):
    one, owner = an_agency(), purchaser_for("state")
    no = failed_twice(one, an_agency("agency2"), much=True)
    conclusion = Conclusion(Ending.DIRECT, "nobody else answered")
    with pytest.raises(Refused) as refused:
        announcing.conclude(owner, no, conclusion, key=fresh_key())
    assert codes(refused) == ["two_people_needed"]
    by_two(AnnouncementAct.CONCLUDE, no, conclusion)
    need_no = needs.following(announcements.by_no(no).need_id).no
    kept = files.store(BytesIO(b"%PDF-1.4\n%%EOF\n"), account_id=owner.account_id, name="minutes.pdf").sha256
    after = a_proposal(one, minutes=kept, reason=Reason.TWO_FAILURES)
    with pytest.raises(Refused) as refused:
        approval.submit(DirectAct.PROPOSE, owner, need_no, after, key=fresh_key())
    assert codes(refused) == ["direct_consent_missing"]
    waiting = approval.submit(DirectAct.PROPOSE_AFTER_FAILURES, owner, need_no, after, key=fresh_key())
    colleague = a_colleague(owner, login="second", role=Role.PURCHASER)
    with pytest.raises(Refused) as refused:
        approval.agree(colleague, waiting.prepared)
    assert codes(refused) == ["no_consent_of_yours"]
    approval.agree(a_supervisor(), waiting.prepared)
    # Naming another price is the owner's act again, and takes its two people; the agency's takes one.
    approval.submit(DirectAct.COUNTER, one, need_no, Price(990_000, 10), key=fresh_key())
    assert by_two(DirectAct.COUNTER, need_no, Price(970_000, 10)).act == DirectAct.COUNTER


def test_other_terms_are_other_terms(app, client):
    no = failed_twice(an_agency(), an_agency("agency2"))
    owner = purchaser_for("state")
    announcing.conclude(owner, no, Conclusion(Ending.CHANGE, "the budget was too small"), key=fresh_key())
    need_no = needs.following(announcements.by_no(no).need_id).no
    with pytest.raises(Refused) as refused:
        announcing.submit(owner, need_no, Timetable(None), key=fresh_key())
    assert codes(refused) == ["terms_unchanged"]
    client.sign_in("purchaser_state")
    assert client.get(f"/needs/{need_no}/revise").status_code == 200


def test_the_only_one_who_could_register_is_enough_once_that_was_public(app, client, at):
    one, owner = an_agency(), purchaser_for("state")
    first, second = (a_need(owner, fund="state", item=ITEM, budget_fen=budget_fen) for budget_fen in (2_000_000, MUCH))
    client.sign_in("purchaser_state")
    assert "现在符合条件的机构有 1 家，规则要求有效的至少 3 家" in client.get(f"/needs/{first}/publish").text
    with pytest.raises(Refused) as refused:
        announcing.submit(owner, first, Timetable(thin=True), key=fresh_key())
    assert codes(refused) == ["thin_not_counted"]
    for no in (first, second):
        assert client.post(f"/needs/{no}/count").status_code == 303
    with pytest.raises(Refused) as refused:
        announcing.submit(owner, first, Timetable(thin=True), key=fresh_key())
    assert codes(refused) == ["thin_publicity_open"]
    client.post("/logout")
    public = client.get("/announcements/counts").text
    assert (one.code in public, "公示中" in public, "2026-03-12 09:00" in public) == (True, True, True)

    at("2026-03-12 08:59")
    with pytest.raises(Refused) as refused:
        announcing.submit(owner, first, Timetable(thin=True), key=fresh_key())
    assert codes(refused) == ["thin_publicity_open"]
    at("2026-03-12 09:00")
    client.sign_in("purchaser_state")
    assert client.post(f"/needs/{first}/publish", data={"thin": "y"}).status_code == 303
    announcing.approve(an_operator(), first, Nothing(), key=fresh_key())
    run_due()
    db.session.rollback()
    no = announcements.by_need(first).no
    a_registration(one, no)
    assert "有效报名少于 1 家的" in client.get(f"/announcements/{no}").text
    assert drawn(no)["decision"] == "drawn"
    assert minimum_of(announcements.attempt_of(no)) == Minimum(1, "min_valid.thin")

    direct = a_need_input(fund="state", item=ITEM, budget_fen=MUCH, method="DIRECT")
    writing.revise(owner, second, direct, key=fresh_key())
    kept = files.store(BytesIO(b"%PDF-1.4\n%%EOF\n"), account_id=owner.account_id, name="minutes.pdf").sha256
    sole = a_proposal(one, minutes=kept, reason=Reason.SOLE_QUALIFIED)
    with pytest.raises(Refused) as refused:
        services.propose(owner, second, sole, key=fresh_key())
    assert codes(refused) == ["two_people_needed"]
    a_colleague(owner, login="second", role=Role.PURCHASER)
    by_two(DirectAct.PROPOSE, second, sole)
    services.accept(one, second, Nothing(), key=fresh_key())
    third = a_need(owner, fund="state", item=ITEM, budget_fen=2_000_000, method="DIRECT")
    with pytest.raises(Refused) as refused:
        services.propose(owner, third, sole, key=fresh_key())
    assert codes(refused) == ["direct_reason_unknown", "thin_not_counted"]


def alarms():
    run_due()
    db.session.rollback()
    return list(db.session.execute(select(Alarm.no).where(Alarm.watch == "direct_cap")).scalars())


def test_the_fourth_award_of_a_year_to_one_agency_is_an_alarm_and_not_refused(app, client):
    one, owner = an_agency(), purchaser_for("social")
    for _ in range(3):
        an_accepted_commission(owner, one)
    assert alarms() == []
    client.sign_in("purchaser1")
    page = client.get(f"/needs/{a_direct_need(owner)}/direct?agency={one.code}").text
    assert "再委托一次将超过 3 次" in page
    fourth = an_accepted_commission(owner, one)
    assert alarms() == [fourth]
