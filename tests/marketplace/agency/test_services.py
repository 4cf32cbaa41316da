"""Joining, on a real database."""

import pytest

from app.actor import Actor
from app.audit.check import first_difference
from app.audit.services import timeline
from app.chance import fresh_key
from app.database import db
from app.notice.models import Notice
from app.refusal import AlreadyDone, NotFound, NotYours, OutOfTurn, Refused
from app.values import Nothing
from marketplace.agency import queries, services
from marketplace.agency.rules import Asking, Phase, Rejection
from tests.builders.agency import a_publicised, agencies, agency_of, an_agency, an_agency_account, an_applicant
from tests.builders.agency import an_application as application
from tests.builders.people import an_account, an_operator
from tests.conftest import instant


def phase(actor, now):
    return queries.phase_of(agency_of(actor), now)


def test_an_agency_joins_over_check_and_publicity(app, at):
    """rules.md §3.2: formal check within 2 wd, publicity of 3 full wd (§2.1 period.minimum), admission by itself."""
    actor = an_applicant()
    assert agency_of(actor).check_due_at == instant("2026-03-05 00:00")
    services.passes(an_operator(), actor.code, Nothing(), key=fresh_key())
    assert agency_of(actor).publicity_ends_at == instant("2026-03-06 09:00")
    now = at("2026-03-06 08:59")
    assert phase(actor, now) is Phase.PUBLICITY
    assert not queries.is_active(agency_of(actor), now)
    now = at("2026-03-06 09:00")
    assert phase(actor, now) is Phase.ACTIVE
    assert queries.is_active(agency_of(actor), now)
    assert agency_of(actor).admitted_at == instant("2026-03-06 09:00")
    assert [happened.act for happened in timeline(f"agency:{actor.code}")] == ["agency.pass", "agency.admit"]
    acts = [notice.act for notice in db.session.query(Notice).filter_by(party_id=actor.party).order_by(Notice.id)]
    assert acts == ["agency.pass", "agency.admit"]
    assert first_difference(rows=True) is None


def test_an_application_is_answered_with_a_receipt_and_done_once(app):
    """protocol.md §3.5, and the key."""
    actor = an_agency_account()
    done = services.apply(actor, None, application(), key="once")
    assert done.subject == actor.code
    assert done.receipt is not None
    with pytest.raises(AlreadyDone):
        services.apply(actor, None, application(), key="once")
    with pytest.raises(OutOfTurn):
        services.apply(actor, None, application(), key="twice")


def test_an_organisation_without_a_code_cannot_join(app):
    """The USCC is what an agency is known by."""
    person = an_account(login="person1", role=next(iter(an_agency_account().roles)), code="U-abcdefghijkl")
    with pytest.raises(Refused) as refused:
        services.apply(person, None, application(), key=fresh_key())
    assert [reason.code for reason in refused.value.reasons] == ["agency_code_needed"]
    assert refused.value.rulebook is not None


def test_what_is_missing_is_asked_for_and_handed_in(app, at):
    """entry.supplement: ten working days, two rounds; the check's time begins anew."""
    actor, operator = an_applicant(), an_operator()
    services.ask(operator, actor.code, Asking("营业执照不清晰；缺授权书"), key=fresh_key())
    assert agency_of(actor).supplement_due_at == instant("2026-03-17 00:00")
    body = db.session.query(Notice).filter_by(party_id=actor.party, act="agency.ask").one().body
    assert "营业执照不清晰；缺授权书" in body
    assert "2026-03-16 24:00" in body
    with pytest.raises(OutOfTurn):
        services.passes(operator, actor.code, Nothing(), key=fresh_key())
    at("2026-03-16 23:59")
    services.supplement(actor, actor.code, application(address="新址"), key=fresh_key())
    found = agency_of(actor)
    assert (found.address, found.supplement_due_at) == ("新址", None)
    assert found.check_due_at == instant("2026-03-19 00:00")
    services.ask(operator, actor.code, Asking("再补"), key=fresh_key())
    services.supplement(actor, None, application(), key=fresh_key())
    with pytest.raises(Refused) as refused:
        services.ask(operator, actor.code, Asking("三补"), key=fresh_key())
    assert [reason.code for reason in refused.value.reasons] == ["asked_too_often"]


def test_a_supplement_that_comes_too_late_is_a_new_application(app, at):
    """The lapse needs no act; the same row is renewed."""
    actor, operator = an_applicant(), an_operator()
    services.ask(operator, actor.code, Asking("缺件"), key=fresh_key())
    row = agency_of(actor).id
    now = at("2026-03-17 00:00")
    assert phase(actor, now) is Phase.LAPSED
    with pytest.raises(OutOfTurn):
        services.supplement(actor, None, application(), key=fresh_key())
    services.apply(actor, None, application(), key=fresh_key())
    found = agency_of(actor)
    assert (found.id, found.asked_rounds, found.asked_for) == (row, 0, None)
    assert phase(actor, now) is Phase.SUBMITTED


def test_who_was_rejected_is_told_why_and_may_apply_again(app):
    """rules.md §3.2 (HN1)."""
    actor = an_applicant()
    services.reject(an_operator(), actor.code, Rejection("不是依法设立的机构"), key=fresh_key())
    assert "不是依法设立的机构" in db.session.query(Notice).filter_by(act="agency.reject").one().body
    assert timeline(f"agency:{actor.code}") == ()
    services.apply(actor, None, application(), key=fresh_key())
    assert agency_of(actor).rejected_at is None


def test_admission_waits_for_the_end_of_the_publicity(app):
    """Not even the clockwork itself may come early."""
    actor = a_publicised()
    with pytest.raises(Refused) as refused:
        services.admit(Actor.sweeper(), actor.code, Nothing(), key=fresh_key())
    assert [reason.code for reason in refused.value.reasons] == ["publicity_running"]


def test_only_the_operator_checks_and_only_the_agency_supplements(app):
    """mission.md: 管办分离; ownership inside the act."""
    actor, other = an_applicant(), an_applicant("agency2")
    with pytest.raises(NotYours):
        services.passes(other, actor.code, Nothing(), key=fresh_key())
    with pytest.raises(NotYours):
        services.supplement(other, actor.code, application(), key=fresh_key())
    with pytest.raises(NotFound):
        services.passes(an_operator(), "914508030000000000", Nothing(), key=fresh_key())


def test_the_sql_twins_agree_with_the_phase(app, at):
    """layout.md §8: directory, publicity, waiting and due lists against `phase_of`, over the boundary instants."""
    operator = an_operator()
    everybody = {phase: an_applicant(f"agency{number}") for number, phase in enumerate(Phase, start=1)}
    for wanted in (Phase.SUPPLEMENT, Phase.LAPSED):
        services.ask(operator, everybody[wanted].code, Asking("缺件"), key=fresh_key())
    services.reject(operator, everybody[Phase.REJECTED].code, Rejection("理由"), key=fresh_key())
    services.passes(operator, everybody[Phase.ACTIVE].code, Nothing(), key=fresh_key())
    for moment in ("2026-03-06 08:59", "2026-03-06 09:00", "2026-03-16 23:59", "2026-03-17 00:00"):
        now = at(moment)
        if moment == "2026-03-16 23:59":
            services.passes(operator, everybody[Phase.PUBLICITY].code, Nothing(), key=fresh_key())
        codes = {found: {each.code for each in everybody.values() if phase(each, now) is found} for found in Phase}
        assert {row.organisation.code for row in queries.directory().rows} == codes[Phase.ACTIVE]
        assert {row.organisation.code for row in queries.in_publicity()} == codes[Phase.PUBLICITY]
        assert {row.organisation.code for row in queries.waiting(operator).rows} == codes[Phase.SUBMITTED]
        assert queries.due_for_admission(now) == []
        assert queries.next_admission(now) == min(
            (agency_of(each).publicity_ends_at for each in everybody.values() if phase(each, now) is Phase.PUBLICITY),
            default=None,
        )


def test_the_directory_is_sorted_by_pinyin_and_found_by_initials(app):
    """M57: by name, never by payment; keyset pages meet every agency once."""
    names = {"agency1": "重庆勘测院", "agency2": "贵港测绘院", "agency3": "北海咨询中心"}
    for login, name in names.items():
        a_publicised(login, name=name)
    an_agency("agency4", name="ABC 评估公司", credentials=False)
    everybody = [row.organisation.name for row in queries.directory().rows]
    assert everybody == ["ABC 评估公司", "北海咨询中心", "重庆勘测院", "贵港测绘院"]
    paged, after = [], None
    while True:
        page = queries.directory(after, size=2)
        paged += [row.organisation.name for row in page.rows]
        after = page.after
        if after is None:
            break
    assert paged == everybody
    for q, found in {"ggch": "贵港测绘院", "chongqing": "重庆勘测院", "咨询": "北海咨询中心", "%": None}.items():
        assert [row.organisation.name for row in queries.directory(None, q).rows] == ([found] if found else [])
    with pytest.raises(NotFound):
        queries.directory("forged")
    with pytest.raises(NotFound):
        queries.waiting(an_operator(), "WyJub3QgYSBkYXkiLDFd")


def test_several_are_admitted_by_one_walk(app):
    """The builder that others use."""
    assert all(agency_of(actor).admitted_at is not None for actor in agencies(3))
