"""Certificates on a real database."""

import hashlib
import io
from datetime import date

import pytest
from sqlalchemy import literal, select

from app import files
from app.actor import Role
from app.audit.services import timeline
from app.chance import fresh_key
from app.clock import MICROSECOND
from app.database import Instant, db
from app.notice.models import Notice
from app.refusal import NotFound, NotYours, OutOfTurn, Refused
from app.values import Nothing
from marketplace.credential import queries, services
from marketplace.credential.rules import Doubt, Phase
from tests.builders.agency import agency_of, an_agency_account, an_applicant
from tests.builders.credential import QUALIFICATION, a_certificate, a_credential, the_authority_of
from tests.builders.people import a_regulator, an_account, an_operator
from tests.conftest import instant

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 17


def held(actor, day, *, until=None):
    found = queries.held(literal(agency_of(actor).id), literal(day), literal(until or queries.end_of(day), Instant()))
    return frozenset((db.session.execute(select(found)).scalar_one() or "").split())


def test_a_certificate_counts_once_its_authority_verified_it(app):
    """M08: number, time limit, verification by the competent authority, the card's record."""
    actor = an_applicant()
    no = a_credential(actor, verified=False)
    assert no == "450803-2026-Q000001"
    assert queries.by_no(no).verify_due_at == instant("2026-03-06 00:00")
    assert held(actor, date(2026, 3, 2)) == frozenset()
    authority = the_authority_of(QUALIFICATION)
    services.verify(authority, no, Nothing(), key=fresh_key())
    assert held(actor, date(2026, 3, 2)) == {QUALIFICATION}
    assert queries.by_no(no).verified_by == authority.party_id
    assert [happened.act for happened in timeline(f"agency:{actor.code}")] == ["credential.verify"]
    assert [notice.act for notice in db.session.query(Notice).filter_by(party_id=actor.party)] == ["credential.verify"]


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (date(2026, 3, 1), False),
        (date(2026, 3, 2), True),
        (date(2026, 3, 10), True),
        (date(2026, 3, 11), False),
    ],
)
def test_what_is_held_agrees_with_the_phase(app, day, counts):
    """The SQL twin: verified today, valid to the end of 10 March; before the verification nothing counted."""
    actor = an_applicant()
    no = a_credential(actor, valid_until=date(2026, 3, 10))
    assert (held(actor, day) == {QUALIFICATION}) is counts
    if day >= date(2026, 3, 2):
        assert (queries.phase_of(queries.by_no(no), day) is Phase.VALID) is counts


def test_what_was_verified_later_did_not_count_at_the_instant(app, at):
    """Eligibility is judged as of an instant; the day alone would be too coarse."""
    actor = an_applicant()
    no = a_credential(actor, verified=False)
    closing = at("2026-03-03 10:00")
    verified = at("2026-03-03 11:00")
    services.verify(the_authority_of(QUALIFICATION), no, Nothing(), key=fresh_key())
    day = date(2026, 3, 3)
    assert held(actor, day, until=closing) == held(actor, day, until=verified) == frozenset()
    assert held(actor, day, until=verified + MICROSECOND) == {QUALIFICATION}


def test_nobody_but_the_competent_authority_judges(app):
    """管办分离: never the operator, never another trade's authority."""
    actor = an_applicant()
    no = a_credential(actor, verified=False)
    for wrong in (an_operator(), actor, a_regulator("housing", login="regulator4")):
        with pytest.raises(NotYours):
            services.verify(wrong, no, Nothing(), key=fresh_key())
        with pytest.raises(NotYours):
            services.refuse(wrong, no, Doubt("no"), key=fresh_key())
    with pytest.raises(NotFound):
        services.verify(the_authority_of(QUALIFICATION), "450803-2026-Q999999", Nothing(), key=fresh_key())


def test_a_refused_certificate_comes_again_under_its_number(app):
    """The agency is told why; the same row waits anew."""
    actor = an_applicant()
    no = a_credential(actor, verified=False)
    authority = the_authority_of(QUALIFICATION)
    services.refuse(authority, no, Doubt("证书编号与登记不符"), key=fresh_key())
    assert "证书编号与登记不符" in db.session.query(Notice).filter_by(act="credential.refuse").one().body
    with pytest.raises(OutOfTurn):
        services.verify(authority, no, Nothing(), key=fresh_key())
    assert a_credential(actor, verified=True) == no
    assert held(actor, date(2026, 3, 2)) == {QUALIFICATION}


def test_the_same_certificate_is_handed_in_once_and_renewed_after(app):
    """Per agency: another one's certificate of the same number is another certificate."""
    actor, other = an_applicant(), an_applicant("agency2")
    a_credential(actor)
    with pytest.raises(Refused) as refused:
        a_credential(actor, valid_from=date(2026, 1, 1))
    assert [reason.code for reason in refused.value.reasons] == ["credential_known"]
    a_credential(actor, valid_from=date(2031, 1, 1), valid_until=date(2035, 12, 31))
    a_credential(other)
    assert held(actor, date(2032, 1, 1)) == {QUALIFICATION}


def test_an_expired_certificate_waits_no_more(app, at):
    """It expires by itself: nobody can verify it any more."""
    actor = an_applicant()
    no = a_credential(actor, verified=False, valid_until=date(2026, 3, 3))
    authority = the_authority_of(QUALIFICATION)
    waiting = queries.waiting(authority, day=date(2026, 3, 3))
    assert [line.no for line in waiting.rows] == [no]
    at("2026-03-04 00:00")
    assert queries.waiting(authority, day=date(2026, 3, 4)).rows == ()
    with pytest.raises(OutOfTurn):
        services.verify(authority, no, Nothing(), key=fresh_key())


def test_the_waiting_list_is_by_authority_and_paged(app):
    """Each authority sees its own trade, the most urgent first."""
    actor = an_applicant()
    numbers = [a_credential(actor, verified=False, certificate_no=f"No. {n}") for n in range(3)]
    other = a_credential(actor, "geotechnical_survey", verified=False)
    day = date(2026, 3, 2)
    surveying = the_authority_of(QUALIFICATION)
    first = queries.waiting(surveying, day=day, size=2)
    rest = queries.waiting(surveying, first.after, day=day, size=2)
    assert [line.no for line in (*first.rows, *rest.rows)] == numbers
    assert rest.after is None
    assert [line.no for line in queries.waiting(a_regulator("housing", login="building"), day=day).rows] == [other]
    assert queries.waiting(an_operator(), day=day).rows == ()


def test_the_scan_is_seen_by_those_who_must(app):
    """Its agency, the authority that verifies, the supervisor; nobody else."""
    actor, other = an_applicant(), an_applicant("agency2")
    stored = files.store(io.BytesIO(PNG), account_id=actor.account_id, name="scan.png")
    no = a_credential(actor, verified=False, file=stored.sha256)
    assert stored.sha256 == hashlib.sha256(PNG).hexdigest()
    day = date(2026, 3, 2)
    supervisor = an_account(login="supervisor1", role=Role.SUPERVISOR)
    for allowed in (actor, the_authority_of(QUALIFICATION), supervisor):
        assert queries.file_of(allowed, no, day=day) == stored.sha256
    for stranger in (other, an_operator(), a_regulator("housing", login="regulator4")):
        with pytest.raises(NotFound):
            queries.file_of(stranger, no, day=day)


def test_a_file_of_somebody_else_is_not_named(app):
    """Whoever only knows a hash must not get at another's file."""
    actor, other = an_applicant(), an_applicant("agency2")
    stored = files.store(io.BytesIO(PNG), account_id=other.account_id, name="scan.png")
    with pytest.raises(Refused) as refused:
        a_credential(actor, verified=False, file=stored.sha256)
    assert [reason.code for reason in refused.value.reasons] == ["file_unknown"]
    assert queries.of_party(actor.party, day=date(2026, 3, 2)) == []


def test_without_an_application_there_is_no_certificate(app):
    """entry first."""
    with pytest.raises(Refused) as refused:
        services.submit(an_agency_account(), None, a_certificate(), key=fresh_key())
    assert [reason.code for reason in refused.value.reasons] == ["credential_before_entry"]
