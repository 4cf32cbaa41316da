"""Joining as an agency: applying, the operator's formal check, publicity, admission."""

from collections.abc import Iterable

from app.act import Deed, act
from app.actor import Actor
from app.calendar.services import calendar
from app.identity import queries as identities
from app.refusal import NotYours, demand
from app.region import branches
from app.region.queries import path
from app.rulebook import Rulebook
from app.rules_in_force import rulebook_for
from app.stage import Recipient
from app.values import Done, Nothing
from marketplace.agency import queries, rules
from marketplace.agency.models import Agency
from marketplace.agency.rules import AgencyAct, Application, Asking, EntryTerms, Rejection


def apply(actor: Actor, subject: str | None, application: Application, /, *, key: str) -> Done:
    """Hand in an application, the first one or, in the same row, one after a rejection or a lapse (M07)."""
    code = actor.code or ""
    with act(AgencyAct.APPLY, actor=actor, key=key, subject=subject, input=application) as deed:
        known = queries.by_party(actor.party)
        agency = None if known is None else deed.lock(queries.row(code))
        if agency is None:
            deed.lock_none()
        else:
            rules.FLOW.after(queries.phase_of(agency, deed.now), AgencyAct.APPLY)
        book = rulebook_for(actor.region, deed.now)
        terms = book.terms(EntryTerms)
        demand(rules.refusals_to_apply(application, code=code, terms=terms), rulebook=book.id)
        due = calendar().due(deed.now, terms.check_deadline, path=path(actor.region)).at
        if agency is None:
            name = identities.organisation(actor.party).name
            agency = Agency(organisation_id=actor.party, sort_key=_spelt(name), initials=_spelt(name, initials=True))
            deed.session.add(agency)
        _write(agency, application)
        agency.applied_at, agency.check_due_at = deed.now, due
        agency.asked_at = agency.asked_for = agency.supplement_due_at = None
        agency.rejected_at = agency.reject_reason = None
        agency.asked_rounds = 0
        deed.session.flush()
        deed.subject = code
        _record(deed, code, book)
    return deed.answer()


def ask(actor: Actor, subject: str | None, asking: Asking, /, *, key: str) -> Done:
    """The one-time notification: everything that is missing in one list (一次性告知), for the agency to hand in."""
    code = subject or ""
    with act(AgencyAct.ASK, actor=actor, key=key, subject=subject, input=asking) as deed:
        agency = deed.lock(queries.row(code))
        branches.guard(deed, agency.organisation.region)
        rules.FLOW.after(queries.phase_of(agency, deed.now), AgencyAct.ASK)
        book = rulebook_for(agency.organisation.region, deed.now)
        terms = book.terms(EntryTerms)
        demand(rules.refusals_to_ask(asking, rounds=agency.asked_rounds, terms=terms), rulebook=book.id)
        agency.asked_at, agency.asked_for = deed.now, asking.missing.strip()
        agency.asked_rounds += 1
        agency.supplement_due_at = (
            calendar().due(deed.now, terms.supplement_days, path=path(agency.organisation.region)).at
        )
        deed.tell(supplement_due_at=agency.supplement_due_at)
        _record(deed, code, book)
    return deed.answer()


def supplement(actor: Actor, subject: str | None, application: Application, /, *, key: str) -> Done:
    """The agency hands in its corrected application in time; the operator's check begins anew."""
    code = actor.code or ""
    if subject not in (None, code):
        raise NotYours(AgencyAct.SUPPLEMENT)
    with act(AgencyAct.SUPPLEMENT, actor=actor, key=key, subject=subject, input=application) as deed:
        agency = deed.lock(queries.row(code))
        rules.FLOW.after(queries.phase_of(agency, deed.now), AgencyAct.SUPPLEMENT)
        book = rulebook_for(actor.region, deed.now)
        terms = book.terms(EntryTerms)
        demand(rules.refusals_to_apply(application, code=code, terms=terms), rulebook=book.id)
        _write(agency, application)
        agency.supplement_due_at = None
        agency.check_due_at = calendar().due(deed.now, terms.check_deadline, path=path(actor.region)).at
        deed.subject = code
        _record(deed, code, book)
    return deed.answer()


def passes(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The formal check is passed: publicity begins. The operator never judges a qualification (管办分离)."""
    code = subject or ""
    with act(AgencyAct.PASS, actor=actor, key=key, subject=subject, input=nothing) as deed:
        agency = deed.lock(queries.row(code))
        branches.guard(deed, agency.organisation.region)
        rules.FLOW.after(queries.phase_of(agency, deed.now), AgencyAct.PASS)
        region = agency.organisation.region
        book = rulebook_for(region, deed.now)
        terms = book.terms(EntryTerms)
        agency.passed_at = deed.now
        agency.publicity_ends_at = (
            calendar().due(deed.now, terms.publicity_days, path=path(region)).at
            if rules.has_publicity(terms)
            else deed.now
        )
        deed.tell(code=code, name=agency.organisation.name, publicity_ends_at=agency.publicity_ends_at)
        _record(deed, code, book)
    return deed.answer()


def reject(actor: Actor, subject: str | None, rejection: Rejection, /, *, key: str) -> Done:
    """The operator rejects and says why; the agency may apply again."""
    code = subject or ""
    with act(AgencyAct.REJECT, actor=actor, key=key, subject=subject, input=rejection) as deed:
        agency = deed.lock(queries.row(code))
        branches.guard(deed, agency.organisation.region)
        rules.FLOW.after(queries.phase_of(agency, deed.now), AgencyAct.REJECT)
        demand(rules.refusals_to_reject(rejection))
        agency.rejected_at, agency.reject_reason = deed.now, rejection.reason.strip()
        deed.on("agency", code)
    return deed.answer()


def admit(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The publicity is over: the agency is admitted, everywhere in this deployment (entry.scope)."""
    code = subject or ""
    with act(AgencyAct.ADMIT, actor=actor, key=key, subject=subject, input=nothing) as deed:
        agency = deed.lock(queries.row(code))
        rules.FLOW.after(queries.phase_of(agency, deed.now), AgencyAct.ADMIT)
        ends = agency.publicity_ends_at or deed.now
        book = rulebook_for(agency.organisation.region, deed.now)
        demand(rules.refusals_to_admit(publicity_ends_at=ends, now=deed.now), rulebook=book.id)
        agency.admitted_at = deed.now
        deed.tell(code=code, name=agency.organisation.name)
        _record(deed, code, book)
    return deed.answer()


def concerned(deed: Deed) -> Iterable[Recipient]:
    """Whom an act on an application concerns: the agency, with what its notice must say."""
    agency = queries.by_code(deed.about("agency") or "")
    if agency is None:
        return
    params: dict[str, str | int] = {"agency": agency.organisation.name}
    if deed.act == AgencyAct.ASK:
        params |= {"missing": agency.asked_for or ""}
    if deed.act == AgencyAct.REJECT:
        params |= {"reason": agency.reject_reason or ""}
    yield Recipient(agency.organisation_id, params)


def _record(deed: Deed, code: str, book: Rulebook) -> None:
    deed.on("agency", code)
    deed.basis = book.id


def _write(agency: Agency, application: Application) -> None:
    agency.legal_representative = application.legal_representative.strip()
    agency.contact = application.contact.strip()
    agency.phone = application.phone.strip()
    agency.address = application.address.strip()
    agency.introduction = application.introduction.strip()
    agency.commitments = tuple(dict.fromkeys(application.commitments))


def _spelt(name: str, *, initials: bool = False) -> str:
    """A name as the directory sorts and searches it: pinyin or initials, lower case, without spaces."""
    # Its dictionary takes a third of a second to load: only whoever applies waits for it.
    from pypinyin import Style, lazy_pinyin

    style = Style.FIRST_LETTER if initials else Style.NORMAL
    return "".join("".join(lazy_pinyin(name, style=style)).lower().split())
