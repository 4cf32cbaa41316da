"""Registering as a purchaser, and the operator's look at it where public funds are used."""

from datetime import datetime

from app.act import Deed, act
from app.actor import Actor
from app.calendar.services import anew, calendar
from app.identity import queries as identities
from app.refusal import NotYours, OutOfTurn, Stale, demand
from app.region import branches
from app.region import queries as regions
from app.rulebook import Rulebook
from app.rules_in_force import rulebook_for
from app.stage import Moved, Settled
from app.values import Done
from app.workdays import Deadline
from marketplace.purchaser import queries, rules
from marketplace.purchaser.models import Purchaser
from marketplace.purchaser.rules import Filing, Fund, Phase, PurchaserAct, PurchaserTerms, Return, Seen


def register(actor: Actor, subject: str | None, filing: Filing, /, *, key: str) -> Done:
    """File as a purchaser, or revise what was filed; active at once unless the operator must look (M53)."""
    with act(PurchaserAct.REGISTER, actor=actor, key=key, subject=subject, input=filing) as deed:
        organisation = deed.lock(identities.organisation_row(actor.party))
        if subject not in (None, organisation.code):
            raise NotYours(PurchaserAct.REGISTER)
        demand(rules.refusals_to_register(filing))
        book = rulebook_for(organisation.region, deed.now)
        known = queries.by_party(organisation.id)
        due, provisional = None, False
        if rules.wants_check(
            filing,
            checked=known is not None and known.checked_at is not None,
            kind=None if known is None else known.kind,
            funds=() if known is None else known.funds,
        ):
            found = _check_due(organisation.region, book, deed.now)
            due, provisional = found.at, found.provisional
        checked = None
        if known is None:
            known = Purchaser(organisation_id=organisation.id)
        elif due is None and rules.PUBLIC_FUNDS & set(filing.funds):
            due, checked, provisional = known.check_due_at, known.checked_at, known.provisional
        known.kind = filing.kind
        known.funds = tuple(fund.value for fund in Fund if fund in filing.funds)
        known.contact, known.phone = filing.contact.strip(), filing.phone.strip()
        known.registered_at = deed.now
        known.check_due_at, known.checked_at, known.provisional = due, checked, provisional
        known.returned_at = known.return_reason = None
        deed.add(known)
        deed.subject = organisation.code
        deed.on("purchaser", organisation.code)
        deed.basis = book.id
    return deed.answer()


def check(actor: Actor, subject: str | None, seen: Seen, /, *, key: str) -> Done:
    """The operator confirms identity and funds; what was revised meanwhile is `Stale`."""
    with act(PurchaserAct.CHECK, actor=actor, key=key, subject=subject, input=seen) as deed:
        purchaser = deed.lock(queries.row(subject or ""))
        branches.guard(deed, purchaser.organisation.region)
        rules.FLOW.after(queries.phase(purchaser), PurchaserAct.CHECK)
        if purchaser.version != seen.version:
            raise Stale(PurchaserAct.CHECK)
        purchaser.checked_at = deed.now
        code = purchaser.organisation.code
        deed.on("purchaser", code)
        deed.basis = rulebook_for(purchaser.organisation.region, deed.now).id
        deed.tell(purchaser=code, kind=purchaser.kind.value, funds=list(purchaser.funds))
    return deed.answer()


def return_(actor: Actor, subject: str | None, returned: Return, /, *, key: str) -> Done:
    """The operator sends a filing back with a reason; it may be revised and filed again."""
    with act(PurchaserAct.RETURN, actor=actor, key=key, subject=subject, input=returned) as deed:
        purchaser = deed.lock(queries.row(subject or ""))
        branches.guard(deed, purchaser.organisation.region)
        rules.FLOW.after(queries.phase(purchaser), PurchaserAct.RETURN)
        if purchaser.version != returned.version:
            raise Stale(PurchaserAct.RETURN)
        demand(rules.refusals_to_return(returned.reason))
        purchaser.returned_at, purchaser.return_reason = deed.now, returned.reason.strip()
        deed.on("purchaser", purchaser.organisation.code)
        deed.basis = rulebook_for(purchaser.organisation.region, deed.now).id
    return deed.answer()


def settle(deed: Deed, code: str) -> Settled:
    """Step: the operator's time for a check, computed anew (rules.md §2.1)."""
    purchaser = deed.lock(queries.row(code))
    phase, before = queries.phase(purchaser), purchaser.check_due_at
    if not purchaser.provisional or before is None:
        raise OutOfTurn(phase, deed.act)
    region = purchaser.organisation.region
    book = rulebook_for(region, purchaser.registered_at)
    purchaser.provisional, after = False, before
    if phase is Phase.CHECKING:
        due = _check_due(region, book, purchaser.registered_at)
        after = anew(before, due, path=regions.path(region), now=deed.now)
        purchaser.check_due_at, purchaser.provisional = after, due.provisional
    deed.basis = book.id
    deed.on("purchaser", code)
    name = purchaser.organisation.name
    return Settled((Moved("check", before, after),), (purchaser.organisation_id,), name)


def _check_due(region: str, book: Rulebook, since: datetime) -> Deadline:
    return calendar().due(since, book.terms(PurchaserTerms).check_deadline, path=regions.path(region))
