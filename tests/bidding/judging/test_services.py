"""Judging as it really goes: what stays sealed, who is seated, what the sheets decide, and what an outsider says."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select, update

from app import files
from app.actor import Role
from app.audit import services as records
from app.audit.canonical import sha256_hex
from app.audit.check import first_difference
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import db
from app.identity.models import Organisation
from app.notice.models import Notice
from app.refusal import NotFound, Refused
from app.sweep import run_due
from app.values import Nothing
from app.watch.models import Alarm
from bidding.award import queries as awards
from bidding.judging import queries, services
from bidding.judging.rules import Declaration, JudgeInput, Named, roster_digest
from bidding.offer import lists as offer_lists
from bidding.offer import pages as offer_pages
from bidding.offer import queries as offers
from bidding.offer import services as offering
from bidding.offer.models import Offer, Proposal
from bidding.offer.rules import BodyInput
from bidding.selection import limits as selection_limits
from bidding.selection import queries as selections
from bidding.selection import records as selection_records
from bidding.selection import services as selecting
from bidding.selection.rules import Awaited, Choice
from marketplace.announcement import services as announcing
from marketplace.announcement.models import Attempt
from marketplace.announcement.rules import Decision, Timetable
from tests.bidding.selection.test_services import decided_on, explained, recomputed
from tests.builders.announcement import an_announcement
from tests.builders.judging import a_proposal, a_roster, a_sheet, declared, locked, pdf, seated
from tests.builders.need import PARTICULARS, a_need, purchaser_for
from tests.builders.people import a_colleague, a_supervisor, an_operator
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import closed, drawn, selection
from tests.grounds import ready

PRICES = (900_000, 800_000, 850_000)


@ready
def market(method, *, prices=PRICES, fund="social", judges=5):
    """Agencies, an owner with a roster, an announcement, and from each agency a price and a proposal."""
    found = agencies(len(prices))
    owner = purchaser_for(fund)
    roster = a_roster(owner, judges)
    no = an_announcement(owner, method=method, fund=fund, budget_fen=1_000_000)
    for agency, price in zip(found, prices, strict=True):
        a_registration(agency, no)
        a_proposal(agency, no, amount_fen=price)
    return no, found, owner, roster


def codes(refused):
    return [reason.code for reason in refused.value.reasons]


def test_a_proposal_can_be_read_by_nobody_before_the_opening_and_then_by_those_concerned(app):
    no, found, owner, _ = market("SCHEME_MERIT")
    content = pdf(f"how {found[0].code} does it")
    digest = hashlib.sha256(content).hexdigest()
    kept = [path.read_bytes() for path in files.folder().rglob("*") if path.is_file()]
    assert kept
    assert not any(content in one or digest.encode() in one for one in kept)
    for reader in (found[0], owner, a_supervisor()):
        with pytest.raises(NotFound):
            queries.proposal(no, 1, found[0].code, 1, actor=reader)
    closed(no)
    for reader in (found[0], owner, a_supervisor()):
        assert queries.proposal(no, 1, found[0].code, 1, actor=reader) == (content, ".pdf")
    for stranger in (found[1], an_operator(), a_supervisor("supervisor2", region="450881")):
        with pytest.raises(NotFound):
            queries.proposal(no, 1, found[0].code, 1, actor=stranger)
    body = next(one.body for one in offer_lists.published(no) if one.id == found[0].code)
    assert f"file {digest}\n" in body


def box_broken(body):
    """What a disk could do to the one file of the proposal with this body."""
    query = select(Proposal.box).join(Proposal.offer).where(Offer.commitment == sha256_hex(body))
    path = files.path(db.session.execute(query).scalar_one())
    path.write_bytes(path.read_bytes()[:-1])
    db.session.rollback()


def bodies_of(no, found):
    """Everybody hands in once more, so that the bodies are known: by code."""
    return {agency.code: a_proposal(agency, no, amount_fen=700_000).body for agency in found}


def handed_in(agency, no, *, body="", content=None):
    """What did not open, or a part of it; then whatever follows."""
    pairs = [] if content is None else [offering.take_in_again(agency, no, BytesIO(pdf(content)), key="tests")]
    given = BodyInput(body, tuple(file for file, _ in pairs), tuple(box for _, box in pairs))
    done = offering.hand_in(agency, no, given, key=fresh_key())
    run_due()
    db.session.rollback()
    return done


def way_of(agency):
    return f"how {agency.code} does it"


def test_a_file_that_does_not_open_stops_everything_until_its_agency_hands_it_in(app, client):
    no, found, owner, _ = market("SCHEME_MERIT", fund="fiscal")
    one, two, three = found
    bodies = bodies_of(no, found)
    for agency in (one, two):
        box_broken(bodies[agency.code])
    broken = Offer.commitment == sha256_hex(bodies[two.code])
    db.session.execute(update(Offer).where(broken).values(envelope=b"no box"))
    db.session.commit()
    row = closed(no)
    assert (row.opened_at, row.attempt.decision, offers.opened(row.attempt_id)) == (None, None, [])
    assert queries.result(no, 1, actor=owner) is None
    wanted = offer_pages.unopened(one.party, no).missing
    assert (wanted.body, wanted.files) == (False, (hashlib.sha256(pdf(way_of(one))).hexdigest(),))
    for wrong, code in (({"content": "another"}, "proposal_not_committed"), ({}, "proposal_not_handed_in")):
        with pytest.raises(Refused) as refused:
            handed_in(one, no, **wrong)
        assert codes(refused) == [code]
    with pytest.raises(NotFound):
        handed_in(three, no, content=way_of(three))
    client.sign_in("agency1")
    files_of_both = [(BytesIO(pdf(text)), "plan.pdf") for text in (way_of(one), "another")]
    again = client.post(f"/announcements/{no}/offer/body", data={"key": fresh_key(), "files": files_of_both})
    assert (again.status_code, "已收到 1 个文件并已密封" in again.text) == (409, True)
    assert handed_in(one, no, content=way_of(one)).receipt is not None
    assert offer_pages.unopened(one.party, no).missing is None
    handed_in(two, no, body=bodies[two.code])
    # Now that its body is known, its file turns out not to open either: another stop with a day of its own.
    assert selection(no).opened_at is None
    assert offer_pages.unopened(two.party, no).missing.body is False
    handed_in(two, no, content=way_of(two))
    assert selection(no).opened_at is not None
    for agency in found:
        assert queries.proposal(no, 1, agency.code, 1, actor=owner) == (pdf(way_of(agency)), ".pdf")
    assert {line.body for line in offer_lists.published(no)} == {*bodies.values(), None}
    assert first_difference(rows=True) is None


def test_a_file_that_does_not_come_in_time_withdraws_its_offer(app):
    no, found, owner, _ = market("SCHEME_MERIT", fund="fiscal")
    box_broken(bodies_of(no, found)[found[0].code])
    row = closed(no)
    clockwork.go_to(offer_pages.unopened(found[0].party, no).due_at)
    db.session.rollback()
    row = selection(no)
    assert (row.valid, [one.code for one in queries.result(no, 1, actor=owner).scored]) == (
        2,
        sorted(agency.code for agency in found[1:]),
    )
    with pytest.raises(NotFound):
        handed_in(found[0], no, content=way_of(found[0]))
    drawn(no)
    selecting.choose(owner, no, Choice((found[1].code,), "the better way"), key=fresh_key())
    faults = {each["id"]: each["reasons"] for each in recomputed(no)["offers"]}
    assert faults[found[0].code] == ["unopened"]
    assert first_difference(rows=True) is None


def test_without_the_key_body_and_files_are_handed_in(app):
    no, found, owner, _ = market("SCHEME_MERIT", prices=(900_000, 800_000), fund="fiscal")
    bodies = bodies_of(no, found)
    db.session.execute(update(Attempt).values(sealed_offer_key=b"no box"))
    db.session.commit()
    closed(no)
    assert offer_pages.unopened(found[0].party, no).missing.count == 1
    with pytest.raises(Refused) as refused:
        handed_in(found[0], no, content=way_of(found[0]))
    assert codes(refused) == ["body_missing"]
    handed_in(found[0], no, body=bodies[found[0].code])
    handed_in(found[1], no, body=bodies[found[1].code], content=way_of(found[1]))
    assert selection(no).opened_at is None
    handed_in(found[0], no, content=way_of(found[0]))
    assert selection(no).opened_at is not None
    assert queries.proposal(no, 1, found[0].code, 1, actor=owner)[0] == pdf(way_of(found[0]))


def test_the_sheets_of_the_named_judges_rank_the_proposals(app):
    no, found, owner, roster = market("SCHEME_MERIT", fund="fiscal", judges=3)
    row = closed(no)
    assert selections.awaited(row) is Awaited.SHEETS
    one, two, third = roster
    services.name(owner, no, Named((one, two)), key=fresh_key())
    row = selection(no)
    with pytest.raises(NotFound):
        declared(roster[third], no, row)
    with pytest.raises(NotFound):
        queries.proposal(no, 1, found[0].code, 1, actor=roster[one])
    for judge in (one, two):
        declared(roster[judge], no, row)
    first, second, last = (agency.code for agency in found)
    locked(roster[one], no, {first: (90, 80), second: (70, 60), last: (80, 80)})
    assert (selection(no).resulted_at, queries.result(no, 1, actor=owner).judges) == (None, ())
    assert queries.own_page(no, roster[two]).candidates[0].service is None
    locked(roster[two], no, {first: (95, 85), second: (60, 60), last: (85, 80)})
    result = queries.result(no, 1, actor=owner)
    assert [(each.code, each.total) for each in result.scored] == [(first, 88_417), (last, 85_235), (second, 74_000)]
    assert {each.no for each in result.judges} == {one, two}
    award = awards.in_force(selection(no).attempt_id)[0]
    assert (award.agency.organisation.code, award.amount_fen) == (first, 900_000)
    drawn(no)
    told = recomputed(no)
    assert [each["id"] for each in told["result"]] == [first, last, second]
    assert len(told["scores"]) == 2 * 3 * 2
    assert first_difference() is None


def test_drawn_judges_follow_the_order_and_who_steps_back_is_replaced(app):
    no, found, owner, roster = market("COMPARE", fund="fiscal")
    row = closed(no)
    assert (seated(row), selections.awaited(row)) == ([], None)
    drawn(no)
    row = selection(no)
    order = queries.order(queries.panel_of(row.attempt_id), row.seed)
    assert (seated(row), set(order)) == (order[:3], set(roster))
    assert selection_records.record(no)["judges"] is None
    with pytest.raises(Refused) as named:
        services.name(owner, no, Named((order[4],)), key=fresh_key())
    assert codes(named) == ["judges_are_drawn"]
    services.declare(roster[order[1]], no, Declaration((), True, "a cousin works there"), key=fresh_key())
    row = selection(no)
    standing = [order[0], order[2], order[3]]
    assert seated(row) == standing
    points = {agency.code: (80 - place, 70) for place, agency in enumerate(found)}
    for judge in standing:
        declared(roster[judge], no, row)
        assert queries.result(no, 1, actor=owner).judges == ()
        locked(roster[judge], no, points)
    record = selection_records.record(no)
    assert record["judges"] == [each for each in order if each != order[1]]
    result = queries.result(no, 1, actor=owner)
    assert ({each.no for each in result.judges}, result.stepped_back) == (set(standing), (order[1],))
    fixed = json.loads(record["log"]["freeze"]["payload"])["public"]
    assert fixed["roster"] == result.digest == roster_digest(roster)
    told = recomputed(no)
    assert {each["judge"] for each in told["scores"]} == set(standing)
    assert told["result"][0]["id"] == result.scored[0].code
    assert selection(no).resulted_at is not None
    assert first_difference() is None


def test_without_enough_judges_nothing_is_announced_and_nobody_leaves_who_is_needed(app):
    owner = purchaser_for("social")
    first, *_ = a_roster(owner, 3)
    name_of_an_agency = agencies(1)[0]
    organisation = db.session.get(Organisation, name_of_an_agency.party)
    a_colleague(owner, login="tied", role=Role.PURCHASER)
    tied = services.enrol(owner, None, JudgeInput("tied", "judge 4", organisation.name, "surveying"), key=fresh_key())
    asked = a_need(owner, method="COMPARE", budget_fen=1_000_000, particulars=replace(PARTICULARS["COMPARE"], judges=4))
    with pytest.raises(Refused) as refused:
        announcing.publish(owner, asked, Timetable(), key=fresh_key())
    (reason,) = refused.value.reasons
    assert (reason.code, dict(reason.params)) == ("roster_too_short", {"wanted": 4, "free": 3})
    no = an_announcement(owner, method="COMPARE", budget_fen=1_000_000)
    services.retire(owner, tied.subject, Nothing(), key=fresh_key())
    with pytest.raises(Refused) as kept:
        services.retire(owner, first, Nothing(), key=fresh_key())
    assert codes(kept) == ["judge_needed"]
    closed(no)
    services.retire(owner, first, Nothing(), key=fresh_key())


def test_where_too_many_step_back_the_attempt_ends_in_public_and_can_be_repeated(app, client):
    no, found, owner, roster = market("COMPARE", fund="fiscal", judges=3)
    closed(no)
    drawn(no)
    row = selection(no)
    standing = seated(row)
    declared(roster[standing[0]], no, row)
    services.declare(roster[standing[1]], no, Declaration((), True, "a cousin works there"), key=fresh_key())
    run_due()
    db.session.rollback()
    row = selection(no)
    assert (row.voided_at is not None, row.attempt.decision) == (True, Decision.VOID)
    told = next(one for one in records.timeline(f"announcement:{no}") if one.act == "judging.exhaust").public
    assert (told["wanted"], set(told["roster"]), told["stepped_back"]) == (3, set(roster), [standing[1]])
    assert roster_digest(told["roster"]) == queries.result(no, 1, actor=owner).digest
    assert "次序中没有下一位可以接替" in client.get(f"/announcements/{no}/record").text
    assert recomputed(no)["result"] == []
    with pytest.raises(Refused) as late:
        declared(roster[standing[2]], no, row)
    assert codes(late) == ["no_sheets_awaited"]
    heard = db.session.execute(select(Notice.party_id).where(Notice.act == "judging.exhaust")).scalars().all()
    assert set(heard) == {owner.party, *(agency.party for agency in found)}
    announcing.repeat(owner, no, Timetable(), key=fresh_key())


def test_who_takes_long_to_decide_is_warned_and_then_named(app, client):
    no, _, owner, _ = market("SCHEME_MERIT", prices=(900_000, 800_000), fund="fiscal")
    closed(no)
    drawn(no)
    row = selection(no)
    late = selection_limits.remind_due(row.decided_from, row.attempt.announcement.need.region)
    assert row.decided_from < late < row.decide_by
    for instant, levels in (
        (late - timedelta(days=1, microseconds=1), []),
        (late - timedelta(days=1), ["warning"]),
        (late, ["warning", "alarm"]),
    ):
        clockwork.go_to(instant)
        db.session.rollback()
        raised = select(Alarm).where(Alarm.watch == "merit_reminder").order_by(Alarm.id)
        found = db.session.execute(raised).scalars().all()
        assert [(one.level.value, one.party_id) for one in found] == [(level, owner.party) for level in levels]
    assert "按通常时间选定机构或者评审评分" in client.get(f"/announcements/{no}/record").text


def test_of_two_proposals_the_owner_chooses_and_says_why(app):
    no, found, owner, _ = market("SCHEME_MERIT", prices=(900_000, 800_000), fund="fiscal")
    row = closed(no)
    assert selections.awaited(row) is None
    drawn(no)
    assert selections.awaited(selection(no)) is Awaited.CHOICE
    with pytest.raises(NotFound):
        selection_records.transcript(no)
    for choice, code in (
        (Choice((found[0].code, found[1].code), "both"), "choice_count"),
        (Choice(("91450800MA5K000013",), "somebody else"), "choice_not_standing"),
        (Choice((found[0].code,), " "), "choice_without_reason"),
    ):
        with pytest.raises(Refused) as refused:
            selecting.choose(owner, no, choice, key=fresh_key())
        assert codes(refused) == [code]
    selecting.choose(owner, no, Choice((found[0].code,), "the instruments are newer"), key=fresh_key())
    told = recomputed(no)
    assert [each["id"] for each in told["result"]] == [found[0].code, found[1].code]
    assert told["scores"] == [{"judge": owner.code, "id": found[0].code, "criterion": "choice", "points": 1}]
    assert awards.in_force(selection(no).attempt_id)[0].agency.organisation.code == found[0].code
    with pytest.raises(Refused) as again:
        selecting.choose(owner, no, Choice((found[1].code,), "or rather"), key=fresh_key())
    assert codes(again) == ["no_choice_awaited"]


def test_nobody_scored_in_time_and_the_attempt_is_void(app):
    no, _, owner, roster = market("SCHEME_MERIT", judges=1)
    row = closed(no)
    (judge,) = roster
    services.name(owner, no, Named((judge,)), key=fresh_key())
    due = row.decide_by
    clockwork.go_to(due)
    db.session.rollback()
    assert (selection(no).voided_at, selections.attempt_of(no, 1).decision) == (due, Decision.VOID)
    with pytest.raises(Refused) as late:
        services.lock(roster[judge], no, a_sheet({}), key=fresh_key())
    assert codes(late) == ["no_sheets_awaited"]
    assert queries.result(no, 1, actor=owner).judges == ()


def test_a_sheet_counts_if_it_was_locked_before_the_limit_whenever_the_sweep_comes(app, tick):
    """Nobody scores at the limit, though the sweep is late; what was locked before it is counted all the same."""
    no, found, owner, roster = market("SCHEME_MERIT", fund="fiscal", judges=2)
    row = closed(no)
    one, two = roster
    services.name(owner, no, Named((one, two)), key=fresh_key())
    for judge in (one, two):
        declared(roster[judge], no, selection(no))
    points = {agency.code: (80, place) for place, agency in enumerate(found)}
    services.lock(roster[one], no, a_sheet(points), key=fresh_key())
    app.extensions["market.clock"].instant = row.decide_by
    for act in (services.score, services.lock):
        with pytest.raises(Refused) as late:
            act(roster[two], no, a_sheet(points), key=fresh_key())
        assert codes(late) == ["decision_too_late"]
    app.extensions["market.clock"].instant = row.decide_by - timedelta(microseconds=1)
    services.lock(roster[two], no, a_sheet(points), key=fresh_key())
    app.extensions["market.clock"].instant = row.decide_by + timedelta(hours=1)
    tick()
    row = selection(no)
    assert (row.voided_at, row.scores is not None, row.attempt.decision) == (None, True, Decision.DRAWN)


def test_a_tie_of_totals_waits_for_the_draw(app):
    no, found, owner, roster = market("SCHEME_MERIT", prices=(800_000,) * 3, fund="fiscal", judges=1)
    closed(no)
    (judge,) = roster
    services.name(owner, no, Named((judge,)), key=fresh_key())
    declared(roster[judge], no, selection(no))
    locked(roster[judge], no, {agency.code: (80, 80) for agency in found})
    assert (selection(no).resulted_at, selections.is_awaited(selection(no))) == (None, False)
    order = drawn(no)["order"]
    assert [each["id"] for each in recomputed(no)["result"]] == order


def test_a_roster_is_the_owners_own(app):
    owner, other = purchaser_for("social"), purchaser_for("fiscal")
    roster = a_roster(owner, 2)
    number = next(iter(roster))
    with pytest.raises(NotFound):
        services.retire(other, number, Nothing(), key=fresh_key())
    services.retire(owner, number, Nothing(), key=fresh_key())
    assert [judge.no for judge in queries.roster(owner.party)] == [one for one in roster if one != number]
    with pytest.raises(Refused) as twice:
        a_roster(owner, 2)
    assert codes(twice) == ["judge_enrolled"]


@pytest.mark.parametrize(("accepted", "awaited"), [(True, Awaited.SHEETS), (False, Awaited.CHOICE)])
def test_a_low_price_is_decided_on_before_anybody_scores(app, accepted, awaited):
    no, found, owner, roster = market("SCHEME_MERIT", prices=(900_000, 690_000, 800_000), judges=1)
    row = closed(no)
    assert (row.decide_by, selections.awaited(row)) == (None, None)
    with pytest.raises(Refused) as early:
        services.name(owner, no, Named(tuple(roster)), key=fresh_key())
    assert codes(early) == ["no_sheets_awaited"]
    explained(found[1], no)
    decided_on(no, found[1], accepted=accepted)
    # Without it two are left, of whom the owner chooses.
    assert selections.awaited(selection(no)) is awaited
