"""Joining as an agency: applying, the operator's formal check, publicity, admission."""

from collections.abc import Iterable
from datetime import datetime

from app.act import Deed, act
from app.actor import Actor
from app.calendar.rules import HoursTerms
from app.calendar.services import anew, calendar
from app.identity import queries as identities
from app.refusal import NotYours, OutOfTurn, demand
from app.region import branches
from app.region.queries import path
from app.rulebook import Rulebook
from app.rules_in_force import rulebook_for
from app.stage import Moved, Recipient, Settled
from app.values import Done, Nothing
from app.workdays import Deadline
from marketplace.agency import queries, rules
from marketplace.agency.models import Agency
from marketplace.agency.rules import AgencyAct, Application, Asking, EntryTerms, Phase, Rejection


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
        due = _check_due(actor.region, terms, deed.now)
        if agency is None:
            name = identities.organisation(actor.party).name
            agency = Agency(organisation_id=actor.party, sort_key=_spelt(name), initials=_spelt(name, initials=True))
            deed.session.add(agency)
        _write(agency, application)
        agency.applied_at, agency.check_due_at, agency.provisional = deed.now, due.at, due.provisional
        agency.asked_at = agency.asked_for = agency.supplement_due_at = agency.supplemented_at = None
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
        due = _supplement_due(agency.organisation.region, terms, deed.now)
        agency.supplement_due_at, agency.provisional = due.at, due.provisional
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
        due = _check_due(actor.region, terms, deed.now)
        agency.supplement_due_at, agency.supplemented_at = None, deed.now
        agency.check_due_at, agency.provisional = due.at, due.provisional
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
        agency.passed_at = deed.now
        ends = _publicity_ends(region, book, deed.now)
        agency.publicity_ends_at, agency.provisional = ends.at, ends.provisional
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


def settle_check(deed: Deed, code: str) -> Settled:
    """Step: the operator's time for a check, or the agency's for a supplement, computed anew (rules.md §2.1)."""
    agency = deed.lock(queries.row(code))
    phase = queries.phase_of(agency, deed.now)
    if not agency.provisional:
        raise OutOfTurn(phase, deed.act)
    region = agency.organisation.region
    name, before, since = "check", agency.check_due_at, agency.supplemented_at or agency.applied_at
    if agency.supplement_due_at is not None and agency.asked_at is not None:
        name, before, since = "supplement", agency.supplement_due_at, agency.asked_at
    # The rules of the day on which the time began: another rulebook may hold since the application.
    book = rulebook_for(region, since)
    terms = book.terms(EntryTerms)
    agency.provisional, after = False, before
    if phase is Phase.SUBMITTED:
        due = _check_due(region, terms, since)
        after = anew(before, due, path=path(region), now=deed.now)
        agency.check_due_at, agency.provisional = after, due.provisional
    elif phase is Phase.SUPPLEMENT:
        due = _supplement_due(region, terms, since)
        after = anew(before, due, path=path(region), now=deed.now)
        agency.supplement_due_at, agency.provisional = after, due.provisional
    _record(deed, code, book)
    return Settled((Moved(name, before, after),), (agency.organisation_id,), agency.organisation.name)


def settle_publicity(deed: Deed, code: str) -> Settled:
    """Step: the end of a publicity, computed anew; what others may object to never ends sooner (rules.md §2.1)."""
    agency = deed.lock(queries.row(code))
    phase, before = queries.phase_of(agency, deed.now), agency.publicity_ends_at
    if not agency.provisional or before is None or agency.passed_at is None:
        raise OutOfTurn(phase, deed.act)
    region = agency.organisation.region
    book = rulebook_for(region, agency.passed_at)
    agency.provisional, after = False, before
    if phase is Phase.PUBLICITY and before > deed.now:
        ends = _publicity_ends(region, book, agency.passed_at)
        after = max(before, ends.at)
        agency.publicity_ends_at, agency.provisional = after, ends.provisional
    _record(deed, code, book)
    return Settled((Moved("publicity", before, after),), (agency.organisation_id,), agency.organisation.name)


def _check_due(region: str, terms: EntryTerms, since: datetime) -> Deadline:
    return calendar().due(since, terms.check_deadline, path=path(region))


def _supplement_due(region: str, terms: EntryTerms, since: datetime) -> Deadline:
    return calendar().due(since, terms.supplement_days, path=path(region))


def _publicity_ends(region: str, book: Rulebook, since: datetime) -> Deadline:
    """Until when anybody may object: full working days. Source: rules.md §2.1 period.minimum."""
    terms = book.terms(EntryTerms)
    if not rules.has_publicity(terms):
        return Deadline(since, provisional=False)
    return calendar().earliest(since, terms.publicity_days, path=path(region), opening=book.terms(HoursTerms).opens)


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
