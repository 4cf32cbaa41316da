"""Handing in certificates, and the competent authority's verification of them."""

from collections.abc import Iterable
from datetime import datetime

from app import files
from app.act import Deed, act
from app.actor import Actor
from app.calendar.services import anew, calendar
from app.numbering import next_no
from app.refusal import OutOfTurn, demand
from app.region import branches
from app.region.queries import path
from app.rulebook import Rulebook
from app.rules_in_force import rulebook_for
from app.stage import Moved, Recipient, Settled
from app.values import Done, Nothing
from app.workdays import Deadline
from marketplace.agency import queries as agencies
from marketplace.catalogue import queries as catalogue
from marketplace.credential import queries, rules
from marketplace.credential.models import Credential
from marketplace.credential.rules import Certificate, CredentialAct, CredentialTerms, Doubt, Phase


def submit(actor: Actor, subject: str | None, certificate: Certificate, /, *, key: str) -> Done:
    """Hand in a certificate; one that the authority refused is handed in again under its own number (M08)."""
    with act(CredentialAct.SUBMIT, actor=actor, key=key, subject=subject, input=certificate) as deed:
        agency = agencies.by_party(actor.party)
        if agency is None:
            deed.lock_none()
        else:
            # Its certificates are handed in one after the other, so that no two periods of one certificate overlap.
            agency = deed.lock(agencies.row(actor.code or ""))
        qualification = catalogue.qualification(certificate.qualification)
        same = (
            []
            if agency is None
            else queries.same_certificate(agency.id, certificate.qualification, certificate.certificate_no.strip())
        )
        demand(
            rules.refusals_to_submit(
                certificate,
                agency_phase=None if agency is None else agencies.phase_of(agency, deed.now),
                grades=None if qualification is None else qualification.grades,
                known=[(known.valid_from, known.valid_until) for known in same if known.refused_at is None],
                today=queries.local_day(deed.now),
            )
        )
        book = rulebook_for(actor.region, deed.now)
        due = _verify_due(actor.region, book, deed.now)
        credential = next((known for known in same if known.refused_at is not None), None)
        if credential is None:
            credential = Credential(no=next_no(deed, region=actor.region, kind="Q"), agency=agency)
            deed.session.add(credential)
        credential.qualification, credential.grade = certificate.qualification, certificate.grade
        credential.certificate_no = certificate.certificate_no.strip()
        credential.valid_from, credential.valid_until = certificate.valid_from, certificate.valid_until
        credential.file = certificate.file
        credential.submitted_at = deed.now
        credential.verify_due_at, credential.provisional = due.at, due.provisional
        credential.refused_at = credential.refuse_reason = None
        deed.session.flush()
        if certificate.file is not None:
            files.keep(deed, [certificate.file], by=f"credential:{credential.no}")
        deed.subject = credential.no
        deed.basis = book.id
        deed.on("credential", credential.no)
        deed.on("agency", actor.code or "")
    return deed.answer()


def verify(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The competent authority confirms a certificate; nobody else may, the operator least of all (管办分离)."""
    with act(CredentialAct.VERIFY, actor=actor, key=key, subject=subject, input=nothing) as deed:
        credential = _judged(deed, subject or "")
        credential.verified_at, credential.verified_by = deed.now, actor.party
        deed.tell(
            code=credential.agency.organisation.code,
            qualification=credential.qualification,
            grade=credential.grade,
            valid_from=credential.valid_from.isoformat(),
            valid_until=credential.valid_until.isoformat(),
        )
    return deed.answer()


def refuse(actor: Actor, subject: str | None, doubt: Doubt, /, *, key: str) -> Done:
    """The competent authority does not confirm a certificate, and says why."""
    with act(CredentialAct.REFUSE, actor=actor, key=key, subject=subject, input=doubt) as deed:
        credential = _judged(deed, subject or "")
        demand(rules.refusals_to_refuse(doubt))
        credential.refused_at, credential.refuse_reason = deed.now, doubt.reason.strip()
    return deed.answer()


def _judged(deed: Deed, no: str) -> Credential:
    """The certificate that an office is about to judge, locked; raises `NotYours` for another trade's or branch's."""
    credential = deed.lock(queries.row(no))
    authority = queries.authority_of(credential.qualification)
    trades = () if authority is None else (authority,)
    branches.guard_trade(deed, credential.agency.organisation.region, authorities=trades)
    rules.FLOW.after(queries.phase_of(credential, queries.local_day(deed.now)), CredentialAct(deed.act))
    deed.on("credential", no)
    deed.on("agency", credential.agency.organisation.code)
    return credential


def settle(deed: Deed, no: str) -> Settled:
    """Step: the authority's time for a verification, computed anew (rules.md §2.1)."""
    credential = deed.lock(queries.row(no))
    phase, before = queries.phase_of(credential, queries.local_day(deed.now)), credential.verify_due_at
    if not credential.provisional:
        raise OutOfTurn(phase, deed.act)
    organisation = credential.agency.organisation
    book = rulebook_for(organisation.region, credential.submitted_at)
    credential.provisional, after = False, before
    if phase is Phase.PENDING:
        due = _verify_due(organisation.region, book, credential.submitted_at)
        after = anew(before, due, path=path(organisation.region), now=deed.now)
        credential.verify_due_at, credential.provisional = after, due.provisional
    deed.basis = book.id
    deed.on("credential", no)
    deed.on("agency", organisation.code)
    return Settled((Moved("verification", before, after),), (organisation.id,), credential.certificate_no)


def _verify_due(region: str, book: Rulebook, since: datetime) -> Deadline:
    return calendar().due(since, book.terms(CredentialTerms).qualification_verify, path=path(region))


def concerned(deed: Deed) -> Iterable[Recipient]:
    """Whom the authority's answer concerns: the agency, with the certificate and the reason."""
    credential = queries.by_no(deed.about("credential") or "")
    if credential is None:
        return
    qualification = catalogue.qualification(credential.qualification)
    yield Recipient(
        credential.agency.organisation_id,
        {
            "qualification": credential.qualification if qualification is None else qualification.name,
            "certificate_no": credential.certificate_no,
            "reason": credential.refuse_reason or "",
        },
    )
