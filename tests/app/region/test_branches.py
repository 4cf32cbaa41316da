"""Every act of an office stays in the office's branch (M04): a table over all of them, so that none is forgotten."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select, update

from app import files as stored
from app.act import wiring
from app.actor import Actor, Role
from app.approval import services as approvals
from app.approval.rules import ApprovalAct
from app.chance import fresh_key
from app.clock import clock
from app.clockwork import services as clockwork
from app.clockwork.rules import ClockAct
from app.database import db
from app.refusal import NotYours
from app.region import branches
from app.values import Nothing
from app.watch import queries as alarms
from app.watch import services as watch
from app.watch.rules import Assignment, Closing, Failed, Level, Outage, Reason, WatchAct
from bidding.award import queries as awards
from bidding.award import services as awarding
from bidding.award.rules import AwardAct, Declined, Excuse, Judged
from bidding.contract import queries as contracts
from bidding.contract import services as contracting
from bidding.contract.rules import Breach, ContractAct, Denied, Finding
from bidding.opening.rules import OpeningAct
from bidding.selection import pages as selection_pages
from bidding.selection import queries as selections
from bidding.selection import rules as selecting
from bidding.selection import services as selection
from bidding.selection import throws as hall_throws
from bidding.selection.rules import BeaconInput, SelectionAct
from marketplace.agency import services as agency
from marketplace.agency.rules import AgencyAct, Asking, Rejection
from marketplace.announcement import services as announcement
from marketplace.announcement.models import Attempt
from marketplace.announcement.rules import AnnouncementAct, Mended, Return
from marketplace.announcement.rules import Because as Why
from marketplace.catalogue.models import ItemVersion
from marketplace.credential import services as credential
from marketplace.credential.rules import CredentialAct, Doubt
from marketplace.holder.rules import HolderAct
from marketplace.invitation import services as invitation
from marketplace.invitation.rules import Invitation, InvitationAct
from marketplace.need import queries as needs
from marketplace.need.models import Need
from marketplace.purchaser import queries as purchasers
from marketplace.purchaser import services as purchaser
from marketplace.purchaser.rules import PurchaserAct, Seen
from marketplace.purchaser.rules import Return as Filing
from ratings.complaint import services as objecting
from ratings.complaint.rules import ObjectionAct
from ratings.evaluation import queries as evaluations
from ratings.evaluation import services as evaluation
from ratings.evaluation.rules import EvaluationAct, Evaluator
from ratings.performance import queries as performances
from ratings.sanction.rules import Decided, SanctionAct, SanctionKind
from tests.builders.agency import an_applicant
from tests.builders.announcement import a_timetable, an_announcement
from tests.builders.award import a_result, award_of, winner
from tests.builders.contract import a_contract, breach_reported
from tests.builders.credential import a_credential
from tests.builders.evaluation import marks
from tests.builders.need import a_need, purchaser_for
from tests.builders.objection import BECAUSE, a_public_result, against_the_winner, appealed
from tests.builders.people import CITY, a_regulator, an_account, an_operator, organisation_code
from tests.builders.performance import a_delivery
from tests.builders.purchaser import a_filing, a_purchaser, an_unregistered_purchaser, files
from tests.builders.registration import a_registration, agencies, an_agency
from tests.builders.selection import closed

SOUTH = "450803"
"""The county of the builders' agencies, purchasers and needs."""
NORTH = "450802"
"""Another county, whose offices have no say in SOUTH."""
WEST = "450804"
TRADE = "natural_resources"
HOUSE = {str(act) for acts in (ApprovalAct, ClockAct, HolderAct) for act in acts} | {str(OpeningAct.UNSEAL)}
"""Acts that belong to no region: preparing an act is followed by the act itself, the clock is the demonstration's.

An office publishes its own key for its own region, and uses it for what was sealed to it, nobody else's.
"""


def office(role: Role, region: str) -> Actor:
    """An office of a role somewhere, with the trade of the builders' items and licences."""
    return an_account(
        login=f"{role.value}-{region}",
        role=role,
        organisation=f"{role.value} office of {region}",
        region=region,
        authorities=(TRADE,) if role is Role.REGULATOR else (),
    )


def ends_with(act: Callable[..., object], subject: str, input: object = Nothing()) -> Callable[[Actor], object]:
    return lambda actor: act(actor, subject, input, key=fresh_key())


def an_application_of(act: Callable[..., object], input: object = Nothing()) -> Callable[[Actor], object]:
    return ends_with(act, an_applicant(region=SOUTH).code or "", input)


def a_filing_that_waits(act: Callable[..., object], *, back: bool) -> Callable[[Actor], object]:
    actor = an_unregistered_purchaser()
    files(actor, a_filing(funds=("state",)))
    found = purchasers.by_party(actor.party)
    assert found is not None
    return ends_with(act, actor.code or "", Filing(found.version, "why") if back else Seen(found.version))


def a_review(act: Callable[..., object], input: object = Nothing()) -> Callable[[Actor], object]:
    owner = purchaser_for("state")
    need_no = a_need(owner, fund="state")
    announcement.submit(owner, need_no, a_timetable(), key=fresh_key())
    return ends_with(act, need_no, input)


def a_certificate(act: Callable[..., object], input: object = Nothing()) -> Callable[[Actor], object]:
    return ends_with(act, a_credential(an_applicant(region=SOUTH), verified=False), input)


def a_beacon_to_type() -> Callable[[Actor], object]:
    three = agencies(3)
    no = an_announcement(fund="state")
    for each in three:
        a_registration(each, no)
    after = selections.beacon_after(closed(no))
    assert after is not None
    on = selecting.first_day(after)
    clockwork.go_to(selecting.entry_opens(on))
    return ends_with(selection.enter_beacon, on.isoformat(), BeaconInput(on, "372-90418"))


def a_throw_to_type() -> Callable[[Actor], object]:
    (one,) = agencies(1)
    no = an_announcement(fund="state")
    a_registration(one, no)
    # No county of the builders has the rule; what is asked here is who may type, not what comes of it.
    db.session.execute(update(Attempt).values(beacon_rule=selecting.WITNESS))
    db.session.commit()
    after = selections.beacon_after(closed(no))
    assert after is not None
    clockwork.go_to(after)
    typed = selecting.Throw("0123456789", after, "hall", selecting.Witness.SUPERVISOR, "a supervisor")
    return ends_with(selection.enter_throw, hall_throws.throw_key(no, 1), typed)


def a_sheet_to_mark() -> Callable[[Actor], object]:
    return ends_with(evaluation.submit, a_delivery(), marks())


def a_sheet_to_edit() -> Callable[[Actor], object]:
    """The marks of the nearest office, which it alone may change; the same office is the one that succeeds."""
    no = a_delivery()
    evaluation.submit(office(Role.REGULATOR, SOUTH), no, marks(), key=fresh_key())
    return ends_with(evaluation.edit, no, marks(5))


def a_case(region: str = SOUTH) -> Callable[[Actor], object]:
    return a_case_against(an_account(login="accused", role=Role.AGENCY, region=region))


def a_case_against(party: Actor) -> Callable[[Actor], object]:
    decided = Decided(party.code or "", SanctionKind.BLACKLIST, 12, "facts", "basis", TRADE)

    def decide(actor: Actor) -> object:
        second = an_account(login=f"second of {actor.code}", role=Role.REGULATOR, code=actor.code, region=actor.region)
        waiting = approvals.submit(SanctionAct.DECIDE, actor, None, decided, key=fresh_key())
        return approvals.agree(second, waiting.prepared)

    return decide


def an_invitation() -> Callable[[Actor], object]:
    code = organisation_code("覃塘测绘有限公司", region=SOUTH)
    letter = Invitation(code, "覃塘测绘有限公司", SOUTH, "李四", "王五", "0775-1234567", "中山路1号")
    return lambda actor: invitation.send(actor, None, letter, key=fresh_key())


def an_alarm() -> str:
    """An application in SOUTH that nobody checked in time; the operator of SOUTH is told."""
    office(Role.OPERATOR, SOUTH)
    an_applicant(region=SOUTH)
    clockwork.go_to(clock().market() + timedelta(days=7))
    overseer = office(Role.SUPERVISOR, SOUTH)
    found = alarms.listed(alarms.Filters(level=Level.ALARM, watch="agency_check"), None, actor=overseer)
    return found.rows[0].ref


def an_alarm_to_assign() -> Callable[[Actor], object]:
    ref = an_alarm()
    return lambda actor: watch.assign(actor, ref, Assignment(actor.code or ""), key=fresh_key())


def an_alarm_to_close() -> Callable[[Actor], object]:
    """Given to the supervisor of SOUTH."""
    ref, overseer = an_alarm(), office(Role.SUPERVISOR, SOUTH)
    watch.assign(overseer, ref, Assignment(overseer.code or ""), key=fresh_key())
    return ends_with(watch.close, ref, Closing(Reason.REMEDIED, "why"))


def an_outage() -> Callable[[Actor], object]:
    """Of SOUTH; the supervisor of the city agrees to it."""
    supervisor = office(Role.SUPERVISOR, CITY)

    def record(actor: Actor) -> object:
        until = clock().market()
        proof = stored.store(BytesIO(b"%PDF-1.4 proof"), account_id=actor.account_id or 0, name="proof.pdf").sha256
        outage = Outage(until - timedelta(hours=1), until, SOUTH, Failed.ALL, "power failed", proof)
        waiting = approvals.submit(WatchAct.RECORD, actor, None, outage, key=fresh_key())
        return approvals.agree(supervisor, waiting.prepared)

    return record


def an_excuse() -> Callable[[Actor], object]:
    award = award_of(a_result())
    no = award.no
    awarding.decline(winner(award), no, Declined("a flood", Excuse.FORCE_MAJEURE), key=fresh_key())
    return ends_with(awarding.judge, no, Judged(True, "seen on the spot"))


def a_breach(act: Callable[..., object], answer: Callable[[int], object]) -> Callable[[Actor], object]:
    no = a_contract()
    return ends_with(act, no, answer(breach_reported(no)))


def an_objection() -> str:
    return appealed(against_the_winner(a_public_result())).no


def an_objection_to_uphold() -> Callable[[Actor], object]:
    no = an_objection()

    def uphold(actor: Actor) -> object:
        second = an_account(login=f"second of {actor.code}", role=Role.REGULATOR, code=actor.code, region=actor.region)
        return approvals.agree(
            second, approvals.submit(ObjectionAct.UPHOLD, actor, no, BECAUSE, key=fresh_key()).prepared
        )

    return uphold


def a_hold(act: AnnouncementAct, then: AnnouncementAct | None = None) -> Callable[[], Callable[[Actor], object]]:
    """Holding an announcement, or `then` letting go on what its own office holds; a fault with the city's consent."""
    performs = {
        AnnouncementAct.HOLD: announcement.hold,
        AnnouncementAct.HOLD_FAULT: announcement.hold_fault,
        AnnouncementAct.RELEASE: announcement.release,
    }

    def due() -> Callable[[Actor], object]:
        no = an_announcement()
        supervisor = office(Role.SUPERVISOR, CITY)

        def perform(actor: Actor, verb: AnnouncementAct) -> object:
            if verb is AnnouncementAct.RELEASE_FAULT:
                proof = stored.store(BytesIO(b"%PDF-1.4 proof"), account_id=actor.account_id or 0, name="proof.pdf")
                said: object = Mended("mended", proof.sha256)
            else:
                said = Why("why")
            if verb in (AnnouncementAct.HOLD, AnnouncementAct.RELEASE):
                return performs[verb](actor, no, said, key=fresh_key())
            return approvals.agree(supervisor, approvals.submit(verb, actor, no, said, key=fresh_key()).prepared)

        if then is not None:
            perform(office(Role.SUPERVISOR if then is AnnouncementAct.RELEASE else Role.OPERATOR, SOUTH), act)
        return lambda actor: perform(actor, then or act)

    return due


@dataclass(frozen=True)
class Case:
    """An act of an office on something in SOUTH: who performs it, and how it comes to be due."""

    role: Role
    due: Callable[[], Callable[[Actor], object]]


CASES = {
    AgencyAct.ASK: Case(Role.OPERATOR, lambda: an_application_of(agency.ask, Asking("a licence"))),
    AgencyAct.PASS: Case(Role.OPERATOR, lambda: an_application_of(agency.passes)),
    AgencyAct.REJECT: Case(Role.OPERATOR, lambda: an_application_of(agency.reject, Rejection("why"))),
    PurchaserAct.CHECK: Case(Role.OPERATOR, lambda: a_filing_that_waits(purchaser.check, back=False)),
    PurchaserAct.RETURN: Case(Role.OPERATOR, lambda: a_filing_that_waits(purchaser.return_, back=True)),
    CredentialAct.VERIFY: Case(Role.REGULATOR, lambda: a_certificate(credential.verify)),
    CredentialAct.REFUSE: Case(Role.REGULATOR, lambda: a_certificate(credential.refuse, Doubt("why"))),
    AnnouncementAct.APPROVE: Case(Role.OPERATOR, lambda: a_review(announcement.approve)),
    AnnouncementAct.RETURN: Case(Role.OPERATOR, lambda: a_review(announcement.return_, Return("why"))),
    AnnouncementAct.HOLD: Case(Role.SUPERVISOR, a_hold(AnnouncementAct.HOLD)),
    AnnouncementAct.HOLD_FAULT: Case(Role.OPERATOR, a_hold(AnnouncementAct.HOLD_FAULT)),
    AnnouncementAct.RELEASE: Case(Role.SUPERVISOR, a_hold(AnnouncementAct.HOLD, AnnouncementAct.RELEASE)),
    AnnouncementAct.RELEASE_FAULT: Case(
        Role.OPERATOR, a_hold(AnnouncementAct.HOLD_FAULT, AnnouncementAct.RELEASE_FAULT)
    ),
    SelectionAct.ENTER_BEACON: Case(Role.SUPERVISOR, a_beacon_to_type),
    SelectionAct.WITNESS: Case(Role.SUPERVISOR, a_throw_to_type),
    AwardAct.JUDGE: Case(Role.REGULATOR, an_excuse),
    ContractAct.UPHOLD: Case(
        Role.REGULATOR,
        lambda: a_breach(contracting.uphold, lambda number: Finding(number, "nobody came", Breach.SERVICE)),
    ),
    ContractAct.DISMISS: Case(
        Role.REGULATOR, lambda: a_breach(contracting.dismiss, lambda number: Denied(number, "they came"))
    ),
    ObjectionAct.UPHOLD: Case(Role.REGULATOR, an_objection_to_uphold),
    ObjectionAct.DISMISS: Case(Role.REGULATOR, lambda: ends_with(objecting.dismiss, an_objection(), BECAUSE)),
    EvaluationAct.SUBMIT: Case(Role.REGULATOR, a_sheet_to_mark),
    EvaluationAct.EDIT: Case(Role.REGULATOR, a_sheet_to_edit),
    SanctionAct.DECIDE: Case(Role.REGULATOR, a_case),
    InvitationAct.SEND: Case(Role.OPERATOR, an_invitation),
    WatchAct.ASSIGN: Case(Role.OPERATOR, an_alarm_to_assign),
    WatchAct.CLOSE: Case(Role.SUPERVISOR, an_alarm_to_close),
    WatchAct.RECORD: Case(Role.OPERATOR, an_outage),
}


def test_no_act_of_an_office_is_missing_here(app):
    offices = {name for name, roles in wiring().may.items() if roles & branches.OFFICES}
    assert offices - HOUSE == {str(act) for act in CASES}


@pytest.mark.parametrize("act", CASES)
def test_an_office_of_another_county_may_not_its_own_may(app, act):
    case = CASES[act]
    perform = case.due()
    stranger, own = office(case.role, NORTH), office(case.role, SOUTH)
    with pytest.raises(NotYours) as refused:
        perform(stranger)
    assert refused.value.reason is not None
    assert refused.value.reason.params == {"of": "港南区", "own": "港北区"}
    perform(own)


@pytest.mark.parametrize("act", [AgencyAct.PASS, AnnouncementAct.APPROVE, SelectionAct.ENTER_BEACON])
def test_the_city_covers_its_counties(app, act):
    case = CASES[act]
    perform = case.due()
    office(case.role, SOUTH)
    perform(office(case.role, CITY))


def test_a_county_operator_may_not_check_a_city_agency(app):
    applicant = an_applicant(region=CITY)
    an_operator()
    with pytest.raises(NotYours):
        agency.passes(office(Role.OPERATOR, SOUTH), applicant.code, Nothing(), key=fresh_key())
    agency.passes(an_operator(), applicant.code, Nothing(), key=fresh_key())


@pytest.mark.parametrize("act", [CredentialAct.VERIFY, SanctionAct.DECIDE])
def test_where_the_county_has_the_trade_the_city_leaves_it(app, act):
    perform = CASES[act].due()
    office(Role.REGULATOR, SOUTH)
    with pytest.raises(NotYours):
        perform(a_regulator(TRADE))
    perform(office(Role.REGULATOR, SOUTH))


@pytest.mark.parametrize(
    "act", [CredentialAct.VERIFY, AwardAct.JUDGE, ContractAct.UPHOLD, ObjectionAct.DISMISS, EvaluationAct.SUBMIT]
)
def test_an_office_of_another_trade_is_told_nothing_of_branches(app, act):
    """It sits in the right place, and another place would not help it."""
    perform = CASES[act].due()
    stranger = an_account(
        login="water", role=Role.REGULATOR, organisation="water office", region=SOUTH, authorities=("water",)
    )
    with pytest.raises(NotYours) as refused:
        perform(stranger)
    assert refused.value.reason is None


def at_work(region: str, *trades: str) -> Actor:
    return an_account(
        login="-".join((region, *trades)),
        role=Role.REGULATOR,
        organisation=f"{trades} office of {region}",
        region=region,
        authorities=trades,
    )


def test_of_several_trades_any_one_decides_and_of_each_the_nearest(app):
    city, county = at_work(CITY, "water", "transport"), at_work(SOUTH, "water")
    both = ("water", "transport")
    assert branches.decides(county, SOUTH, authorities=both)
    # Of transport the county has no office: the city's decides, though of water it would leave the case.
    assert branches.decides(city, SOUTH, authorities=both)
    assert not branches.decides(city, SOUTH, authorities=("water",))
    assert not branches.decides(county, NORTH, authorities=both)
    assert not branches.decides(county, SOUTH, authorities=())
    assert branches.deciding(SOUTH, authorities=both) == [county.party, city.party]
    assert branches.deciding(NORTH, authorities=both) == [city.party]
    # On the way up from the capital nobody is: all are told, any one may decide.
    assert set(branches.deciding("450100", authorities=("water",))) == {city.party, county.party}
    assert branches.decides(county, "450100", authorities=("water",))


def test_only_regulators_decide_whatever_trade_their_organisation_has(app):
    supervisor = an_account(
        login="audit", role=Role.SUPERVISOR, organisation="audit", region=SOUTH, authorities=(TRADE,)
    )
    assert supervisor.authorities == {TRADE}
    assert not branches.decides(supervisor, SOUTH, authorities=(TRADE,))
    assert waiting_to_be_decided(supervisor) == []


def waiting_to_be_decided(actor: Actor) -> list[str]:
    """Needs whose filings this office decides, found by the question of the lists."""
    query = select(Need.no).join(ItemVersion, ItemVersion.id == Need.item_version_id)
    return list(
        db.session.execute(query.where(branches.decided(Need.region, ItemVersion.authorities, actor))).scalars()
    )


def test_lists_ask_what_the_acts_ask(app):
    no = a_need(purchaser_for("state"), fund="state")
    offices = [
        at_work(region, *trades)
        for region in (CITY, SOUTH, NORTH)
        for trades in ((TRADE,), ("water",), (TRADE, "water"))
    ]
    authorities = needs.by_no(no).item.authorities
    for actor in offices:
        found = branches.decides(actor, SOUTH, authorities=authorities)
        assert waiting_to_be_decided(actor) == ([no] if found else [])
        assert (actor.party in branches.deciding(SOUTH, authorities=authorities)) is found
    assert any(branches.decides(actor, SOUTH, authorities=authorities) for actor in offices)


def test_a_supervisor_of_a_far_branch_does_not_agree_to_an_outage(app):
    operator, far, near = office(Role.OPERATOR, SOUTH), office(Role.SUPERVISOR, NORTH), office(Role.SUPERVISOR, SOUTH)
    until = clock().market()
    proof = stored.store(BytesIO(b"%PDF-1.4 proof"), account_id=operator.account_id or 0, name="proof.pdf").sha256
    outage = Outage(until - timedelta(hours=1), until, SOUTH, Failed.ALL, "power failed", proof)
    waiting = approvals.submit(WatchAct.RECORD, operator, None, outage, key=fresh_key())
    with pytest.raises(NotYours) as refused:
        approvals.agree(far, waiting.prepared)
    assert refused.value.reason is not None
    assert refused.value.reason.params == {"of": "港南区", "own": "港北区"}
    assert alarms.outages().rows == ()
    approvals.agree(near, waiting.prepared)
    assert [row.region for row in alarms.outages().rows] == [SOUTH]


def test_an_agency_from_elsewhere_is_checked_by_any_operator_unless_the_province_has_one(app):
    office(Role.OPERATOR, NORTH)
    first, second = (an_applicant(f"agency{number}", region="450100") for number in (1, 2))
    agency.passes(office(Role.OPERATOR, SOUTH), first.code, Nothing(), key=fresh_key())
    office(Role.OPERATOR, "450000")
    with pytest.raises(NotYours):
        agency.passes(office(Role.OPERATOR, SOUTH), second.code, Nothing(), key=fresh_key())
    agency.passes(office(Role.OPERATOR, "450000"), second.code, Nothing(), key=fresh_key())


def test_who_worked_in_a_branch_answers_there_too(app):
    """An agency of the north that won in the south: both may judge it, a third county may not."""
    rivals = [an_agency(login, region=NORTH) for login in ("accused", "agency1")]
    no = an_announcement()
    for rival in rivals:
        a_registration(rival, no)
    for region in (NORTH, SOUTH, WEST):
        office(Role.REGULATOR, region)
    with pytest.raises(NotYours):
        a_case(NORTH)(office(Role.REGULATOR, SOUTH))
    closed(no)
    winner = next(rival for rival in rivals if awards.regions_of(rival.party))
    judged = a_case_against(winner)
    with pytest.raises(NotYours):
        judged(office(Role.REGULATOR, WEST))
    judged(office(Role.REGULATOR, SOUTH))


def test_marks_are_told_to_the_competent_office_alone(app):
    no = a_delivery()
    near, far = office(Role.REGULATOR, SOUTH), a_regulator(TRADE)
    contract = evaluations.by_contract(no)[0].contract
    assert evaluations.offices(contract) == [near.party]
    assert evaluations.evaluator_of(near, contract) is Evaluator.AUTHORITY
    assert evaluations.evaluator_of(far, contract) is None
    now = contract.opened_at
    assert [one.no for one in evaluations.waiting_for_authority(near, now=now)] == [no]
    assert evaluations.waiting_for_authority(far, now=now) == []


def test_what_is_not_public_is_read_in_the_own_branch_alone(app, at):
    """Contract files and late services: an office of another county is a stranger there."""
    no = a_contract()
    contract = contracts.by_no(no)
    own = {role: office(role, SOUTH) for role in (Role.REGULATOR, Role.SUPERVISOR)}
    others = {role: office(role, NORTH) for role in own}
    assert all(contracts.concerns(contract, actor) for actor in own.values())
    assert not any(contracts.concerns(contract, actor) for actor in others.values())
    now = at("2026-06-01 09:00")
    for role, actor in own.items():
        assert [line.contract_no for line in performances.overdue(actor, now=now)] == [no]
        assert performances.overdue(others[role], now=now) == []


def test_the_names_at_the_freeze_are_for_the_offices_of_the_branch(app):
    three = agencies(3)
    no = an_announcement(fund="state")
    for each in three:
        a_registration(each, no)
    frozen = closed(no)
    own, other = office(Role.SUPERVISOR, SOUTH), office(Role.SUPERVISOR, NORTH)
    assert selection_pages.names_shown(frozen, own)
    assert not selection_pages.names_shown(frozen, other)
    assert selection_pages.names_shown(frozen, a_purchaser("purchaser_state"))
    assert not any(selection_pages.names_shown(frozen, actor) for actor in (*three, Actor.stranger()))
