"""Every kind of stored deadline is marked over an unpublished year and settled with notice when it is published."""

import json
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select, update

from app.audit.canonical import sha256_hex
from app.audit.check import first_difference
from app.audit.models import Entry
from app.calendar import services
from app.calendar.rules import CalendarAct, Year
from app.calendar.services import unsettled
from app.chance import fresh_key
from app.database import db
from app.identity import queries as identities
from app.notice.models import Notice
from app.values import Nothing
from bidding.award import queries as awards
from bidding.contract import queries as contracts
from bidding.direct import queries as commissions
from bidding.offer import queries as offers
from bidding.offer import questions as price_questions
from bidding.offer import services as offering
from bidding.offer.models import Offer
from bidding.offer.rules import Statement
from marketplace.agency import queries as agencies
from marketplace.agency.rules import AgencyAct, Asking
from marketplace.agency.services import ask, passes
from marketplace.announcement import queries as announcements
from marketplace.announcement import services as announcing
from marketplace.credential import queries as credentials
from marketplace.need import queries as needs
from marketplace.purchaser import queries as purchasers
from ratings.complaint import queries as objections
from ratings.complaint.rules import Filing
from ratings.complaint.rules import Kind as ObjectionKind
from ratings.evaluation.rules import Evaluator
from tests.builders.agency import a_publicised, an_applicant
from tests.builders.announcement import a_timetable, an_announcement
from tests.builders.award import a_result, accepted_award, award_of
from tests.builders.contract import a_contract, breach_reported, contract_of, uploaded
from tests.builders.credential import a_credential
from tests.builders.direct import a_commission
from tests.builders.direct import an_agency as an_agency_for_direct
from tests.builders.evaluation import an_evaluation, sheet_of
from tests.builders.need import a_need, purchaser_for
from tests.builders.objection import filed
from tests.builders.offer import an_offer
from tests.builders.people import an_admin, an_operator
from tests.builders.performance import a_delivery, handed_in, performance_of
from tests.builders.purchaser import a_filing, a_purchaser, an_unregistered_purchaser, files
from tests.builders.registration import a_registration
from tests.builders.registration import agencies as agencies_for
from tests.builders.registration import an_agency as an_agency_to_register
from tests.builders.selection import closed, selection
from tests.conftest import instant

OFF = (1, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15)
"""Days of January 2027 that nobody expected to be off: whatever was due early in the year moves."""

At = Callable[[str], object]
EVE, BEFORE = "2026-12-31 10:00", "2026-12-24 10:00"
"""The eve of the unknown year; and a day from which builders that walk arrive in its first days."""


def a_review(at: At) -> str:
    owner = purchaser_for("state")
    at(EVE)
    need_no = a_need(owner, fund="state")
    announcing.submit(owner, need_no, a_timetable(), key=fresh_key())
    return need_no


def a_check(at: At) -> str:
    at(EVE)
    actor = an_unregistered_purchaser()
    files(actor, a_filing(funds=("state",)))
    return actor.code or ""


def a_supplement(at: At) -> str:
    at(EVE)
    return an_applicant().code or ""


def a_publicity(at: At) -> str:
    at(EVE)
    return a_publicised().code or ""


def a_verification(at: At) -> str:
    applicant = an_applicant()
    at(EVE)
    return a_credential(applicant, verified=False)


def a_negotiation(at: At) -> str:
    agency, purchaser = an_agency_for_direct(), a_purchaser()
    at(EVE)
    return a_commission(purchaser, agency)


def walked(at: At, build: Callable[[], str]) -> str:
    at(BEFORE)
    return build()


def a_deliverable() -> str:
    no = a_contract()
    handed_in(no)
    return performance_of(no).deliverables[-1].no


def a_filing_of_a_breach() -> str:
    no = a_contract()
    return f"{no}/{breach_reported(no)}"


def an_objection(at: At) -> str:
    rival = an_agency_to_register()
    at(BEFORE)
    no = an_announcement(closes="2027-01-12 10:00")
    at(EVE)
    return filed(rival, no, Filing(ObjectionKind.NOTICE, "a brand is prescribed", interest="we offer this")).no


def an_unopened_offer() -> str:
    found = agencies_for(2)
    no = an_announcement(method="BID_LOW", budget_fen=1_000_000)
    for place, agency in enumerate(found):
        a_registration(agency, no)
        body = an_offer(agency, no, amount_fen=900_000 + place).body
    db.session.execute(update(Offer).values(envelope=b"no box"))
    db.session.commit()
    closed(no)
    return sha256_hex(body)


def a_low_price() -> str:
    found = agencies_for(2)
    no = an_announcement(method="BID_LOW", budget_fen=1_000_000)
    for agency, price in zip(found, (900_000, 100_000), strict=True):
        a_registration(agency, no)
        body = an_offer(agency, no, amount_fen=price).body
    closed(no)
    return sha256_hex(body)


def a_draw(method: str) -> str:
    """Social funds: the order is drawn at the closing, and somebody has some days from then on."""
    found = agencies_for(3)
    no = an_announcement(method=method, budget_fen=1_000_000)
    for agency in found:
        a_registration(agency, no)
    closed(no)
    return no


def an_auction_after_the_year(at: At) -> str:
    """It closes on the last day that is certain, too late for an auction on the same."""
    at("2026-12-21 10:00")
    return an_announcement(method="BID_LIVE", budget_fen=1_000_000, closes="2026-12-24 17:00")


CASES: dict[str, tuple[Callable[[At], str], Callable[[str], object]]] = {
    "announcement": (
        lambda at: (at(EVE), an_announcement())[1],
        lambda no: announcements.present_attempt(announcements.by_no(no)).closes_at,
    ),
    "auction": (
        an_auction_after_the_year,
        lambda no: announcements.present_attempt(announcements.by_no(no)).auction_at,
    ),
    "review": (a_review, lambda no: announcements.by_need(no).review_due_at),
    "purchaser": (a_check, lambda code: purchasers.by_code(code).check_due_at),
    "agency": (a_supplement, lambda code: agencies.by_code(code).check_due_at),
    "publicity": (a_publicity, lambda code: agencies.by_code(code).publicity_ends_at),
    "credential": (a_verification, lambda no: credentials.by_no(no).verify_due_at),
    "commission": (a_negotiation, lambda no: commissions.open_of(needs.by_no(no).id).due_at),
    "offer": (
        lambda at: walked(at, an_unopened_offer),
        lambda commitment: offers.by_commitment(commitment).hand_in_due_at,
    ),
    "low_price": (
        lambda at: walked(at, a_low_price),
        lambda commitment: price_questions.question_of(offers.by_commitment(commitment).id).due_at,
    ),
    "decision": (
        lambda at: walked(at, lambda: f"{a_draw('CREDIT_MERIT')}/1"),
        lambda subject: selection(subject.partition("/")[0]).decide_by,
    ),
    "second_closing": (
        lambda at: walked(at, lambda: a_draw("SHORTLIST_THEN_BID")),
        lambda no: announcements.present_attempt(announcements.by_no(no)).offers_close_at,
    ),
    "award": (
        lambda at: walked(at, lambda: award_of(a_result()).no),
        lambda no: awards.by_no(no).accept_due_at,
    ),
    "contract": (
        lambda at: walked(at, lambda: contract_of(accepted_award()).no),
        lambda no: contracts.by_no(no).sign_due_at,
    ),
    "contract_request": (
        lambda at: walked(at, a_filing_of_a_breach),
        lambda no: contracts.by_no(no.partition("/")[0]).requests[-1].answer_due_at,
    ),
    "objection": (an_objection, lambda no: objections.by_no(no).answer_due_at),
    "performance": (lambda at: walked(at, a_contract), lambda no: performance_of(no).due_at),
    "deliverable": (
        lambda at: walked(at, a_deliverable),
        lambda no: performance_of(no.replace("D01", "C01")).deliverables[-1].confirm_due_at,
    ),
    "sheet": (
        lambda at: walked(at, lambda: f"{a_delivery()}/owner"),
        lambda no: sheet_of(no.partition("/")[0], Evaluator.OWNER).due_at,
    ),
}


def published() -> None:
    days = (date(2026, 12, 25), *(date(2027, 1, day) for day in OFF))
    services.publish(an_admin(), None, Year(2027, days, (), "国办发明电〔2026〕9号"), key=fresh_key())


def applied_under(act: str = AgencyAct.APPLY) -> set[str]:
    """The rulebooks that the entries of an act name."""
    payloads = db.session.execute(select(Entry.payload).where(Entry.act == act)).scalars()
    return {json.loads(payload)["basis"] for payload in payloads}


def told(no: str) -> list[str]:
    acts = (CalendarAct.SETTLE, CalendarAct.SETTLE_UNSEEN)
    query = select(Notice.body).where(Notice.subject == no, Notice.act.in_(acts))
    return list(db.session.execute(query).scalars())


def test_no_kind_is_missing_here(app):
    assert set(services.kinds()) == set(CASES)


@pytest.mark.parametrize("kind", CASES)
def test_what_was_provisional_moves_with_notice(app, at, tick, clock, kind):
    build, deadline = CASES[kind]
    no = build(at)
    before = deadline(no)
    assert before >= instant("2026-12-25 00:00")
    assert list(unsettled()) == []
    published()
    db.session.rollback()
    assert f"{kind}:{no}" in [subject.rpartition(":")[0] for subject in unsettled()]
    tick()
    after = deadline(no)
    assert after > before
    about = no.partition("/")[0].replace("D01", "C01")
    assert told(about)
    assert all("改为" in body for body in told(about))
    assert list(unsettled()) == []
    assert tick() == 0
    assert first_difference(rows=True) is None


def test_a_period_is_settled_by_the_rules_of_the_day_it_began(app, at, tick):
    """Applied for under the first rulebook, passed and asked under its successor: that one is on record."""
    passing, asked = an_applicant("agency1"), an_applicant("agency2")
    first = applied_under()
    at(EVE)
    passes(an_operator(), passing.code, Nothing(), key=fresh_key())
    ask(an_operator(), asked.code, Asking("执业许可证"), key=fresh_key())
    published()
    tick()
    assert applied_under(CalendarAct.SETTLE) == {"450800@2026-07-01"} != first
    assert applied_under(CalendarAct.SETTLE_UNSEEN) == {"450800@2026-07-01"}


def test_an_uploaded_contract_is_confirmed_by_the_settled_date(app, at, tick):
    at(BEFORE)
    no = uploaded(accepted_award())
    before = contracts.by_no(no).confirm_due_at
    published()
    tick()
    assert contracts.by_no(no).confirm_due_at > before
    assert "合同确认期限由" in told(no)[0]


def test_a_low_price_is_decided_on_by_the_settled_date(app, at, tick):
    at(BEFORE)
    commitment = a_low_price()
    offer = offers.by_commitment(commitment)
    agency = identities.actor_by_login(offer.registration.agency.organisation.name.partition(" ")[0])
    offering.explain(agency, offer.registration.attempt.announcement.no, Statement("own instruments"), key=fresh_key())
    before = price_questions.question_of(offer.id).decide_due_at
    published()
    tick()
    db.session.rollback()
    assert price_questions.question_of(offers.by_commitment(commitment).id).decide_due_at > before
    assert any("低价决定期限由" in body for body in told(commitment))


def test_marks_may_be_changed_until_the_settled_date(app, at, tick):
    at(BEFORE)
    no = an_evaluation().subject
    before = sheet_of(no).lock_due_at
    published()
    tick()
    assert sheet_of(no).lock_due_at > before
    assert "评价修改期限由" in "".join(told(no))


def test_a_make_up_day_shortens_nobody_s_time_below_the_next_working_day(app, at, tick):
    """Saturday 2 January becomes a working day: two working days from 31 December end a day sooner, not today."""
    code = a_check(at)
    before = purchasers.by_code(code).check_due_at
    year = Year(2027, (instant("2027-01-01 12:00").date(),), (instant("2027-01-02 12:00").date(),), "通知")
    services.publish(an_admin(), None, year, key=fresh_key())
    tick()
    assert before == instant("2027-01-05 00:00")
    assert purchasers.by_code(code).check_due_at == instant("2027-01-03 00:00")


def test_a_running_deadline_says_that_it_is_provisional_and_why(app, at, tick, client):
    at(BEFORE)
    no = a_contract()
    why = "暂定：2027年工作日安排尚未公布"
    assert why in client.get(f"/performances/{no}").text
    client.sign_in("purchaser1")
    assert why in client.get("/performances/").text
    published()
    tick()
    assert why not in client.get(f"/performances/{no}").text
