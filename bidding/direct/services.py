"""Offer and counter-offer between one purchaser and one agency; acceptance publishes it at once."""

from collections.abc import Callable, Iterable
from datetime import datetime

from app import files
from app.act import Deed, Passing, act
from app.actor import Actor
from app.calendar.services import anew, calendar
from app.refusal import NotFound, OutOfTurn, Refusal, demand
from app.region import branches
from app.region import queries as regions
from app.rulebook import Rulebook
from app.rules_in_force import rulebook_for
from app.stage import Moved, Recipient, Settled
from app.standing import standing_of
from app.values import Done, Nothing
from app.workdays import Deadline
from bidding.direct import queries, rules
from bidding.direct.models import Commission, NamedPrice
from bidding.direct.rules import DirectAct, DirectTerms, Failures, Price, Proposal, Reason, Side, Sole
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.announcement import ahead as announcement_ahead
from marketplace.announcement import queries as announcements
from marketplace.announcement import steps as announcing
from marketplace.announcement.rules import Ending
from marketplace.need import queries as needs
from marketplace.need import services as need_steps
from marketplace.need.models import Need
from marketplace.need.rules import Phase as NeedPhase
from marketplace.need.rules import ScopeTerms


def propose(actor: Actor, subject: str | None, proposal: Proposal, /, *, key: str) -> Done:
    """A purchaser names a price to one agency of its choice (M16). Raises `Refused` with every reason at once."""
    with act(DirectAct.PROPOSE, actor=actor, key=key, subject=subject, input=proposal) as deed:
        _propose(deed, actor, proposal)
    return deed.answer()


def propose_after_failures(actor: Actor, subject: str | None, proposal: Proposal, /, *, key: str) -> Done:
    """The same to one of those who registered in vain; the supervisor has consented (rules.md §3.1 row 37)."""
    with act(DirectAct.PROPOSE_AFTER_FAILURES, actor=actor, key=key, subject=subject, input=proposal) as deed:
        need = _propose(deed, actor, proposal, failures=queries.failures_of)
        branches.guard_consent(deed, need.region)
    return deed.answer()


def _propose(
    deed: Deed, actor: Actor, proposal: Proposal, *, failures: Callable[[Need], Failures] | None = None
) -> Need:
    need = deed.lock(needs.row(deed.subject or ""))
    if need.purchaser.organisation_id != actor.party:
        raise NotFound("need")
    known = queries.open_of(need.id)
    if known is None and needs.phase_of(need) is not NeedPhase.OPEN:
        raise OutOfTurn(needs.phase_of(need), deed.act)
    book, agency = rulebook_for(need.region, deed.now), agencies.by_code(proposal.agency)
    demand(_against(need, proposal, failures=failures, now=deed.now), rulebook=book.id)
    if failures is None:
        demand(need_steps.against_hands(need, actor, book=book, version=need.version), rulebook=book.id)
    if agency is None:
        raise NotFound("agency")
    due = _due(need, book, deed.now)
    commission = deed.add(
        Commission(
            need_id=need.id,
            agency_id=agency.id,
            reason=proposal.reason,
            explanation=proposal.explanation.strip(),
            minutes=proposal.minutes,
            proposed_at=deed.now,
            due_at=due.at,
            provisional=due.provisional,
        )
    )
    _name(deed, commission, Side.PURCHASER, Price(proposal.amount_fen, proposal.days))
    files.keep(deed, [] if proposal.minutes is None else [proposal.minutes], by=f"need:{need.no}")
    need_steps.take(deed, need)
    _about(deed, need, agency, book)
    deed.tell(
        amount_fen=proposal.amount_fen,
        days=proposal.days,
        reason=proposal.reason.value,
        explanation=proposal.explanation.strip(),
    )
    if proposal.minutes is not None:
        deed.tell(minutes=proposal.minutes)
    return need


def _against(
    need: Need, proposal: Proposal, *, failures: Callable[[Need], Failures] | None, now: datetime
) -> Iterable[Refusal]:
    """Every reason against proposing a price for a need as of `now`."""
    book = rulebook_for(need.region, now)
    sole = proposal.reason is Reason.SOLE_QUALIFIED
    owner = standing_of(need.purchaser.organisation_id, now=now, scope=needs.scope_of(need, book.id))
    return rules.refusals_to_propose(
        proposal,
        need=queries.judged(need),
        chosen=queries.chosen(agencies.by_code(proposal.agency), need, book=book, now=now),
        small_limit=book.terms(ScopeTerms).small_limit,
        open_already=queries.open_of(need.id) is not None,
        owner=owner.to(DirectAct.PROPOSE),
        failures=None if failures is None else failures(need),
        sole=Sole(*announcement_ahead.against_thin(need, book=book, now=now)) if sole else None,
        terms=book.terms(DirectTerms),
    )


def passes_to_propose(actor: Actor, subject: str | None, proposal: Proposal, /, *, now: datetime) -> Passing | None:
    """Whether a proposal takes two people of the purchaser, and what stands against it already.

    After two failures the whole way was concluded by two, and the supervisor consents to each proposal.
    """
    need = needs.own(actor.party, subject or "")
    if not needs.takes_two(need, rulebook_for(need.region, now)):
        return None
    return Passing(need.version, tuple(_against(need, proposal, failures=None, now=now)))


def against_after_failures(
    actor: Actor, subject: str | None, proposal: Proposal, /, *, now: datetime
) -> Iterable[Refusal]:
    """What stands against a proposal to one of those who registered in vain, before the supervisor is asked."""
    return _against(needs.own(actor.party, subject or ""), proposal, failures=queries.failures_of, now=now)


def passes_to_counter(actor: Actor, subject: str | None, price: Price, /, *, now: datetime) -> Passing | None:
    """Whether naming another price takes two people: of the purchaser, never of the agency."""
    need = needs.by_no(subject or "")
    if need is None or need.purchaser.organisation_id != actor.party:
        return None
    two = needs.takes_two(need, rulebook_for(need.region, now))
    return Passing(need.version, ()) if two else None


def counter(actor: Actor, subject: str | None, price: Price, /, *, key: str) -> Done:
    """The side whose turn it is names another price; the other then has the same time again (充分洽谈)."""
    with act(DirectAct.COUNTER, actor=actor, key=key, subject=subject, input=price) as deed:
        need, commission, side = _own(deed, actor, DirectAct.COUNTER)
        book = rulebook_for(need.region, deed.now)
        if side is Side.PURCHASER:
            demand(need_steps.against_hands(need, actor, book=book, version=need.version), rulebook=book.id)
        chosen = queries.chosen(commission.agency, need, book=book, now=deed.now)
        demand(
            [
                *rules.refusals_of_agency(chosen),
                *rules.refusals_to_price(price, need=queries.judged(need), chosen=chosen),
            ],
            rulebook=book.id,
        )
        due = _due(need, book, deed.now)
        commission.due_at, commission.provisional = due.at, due.provisional
        _name(deed, commission, side, price)
        _about(deed, need, commission.agency, book)
        deed.tell(side=side.value, amount_fen=price.amount_fen, days=price.days)
    return deed.answer()


def accept(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The agency takes the purchaser's last price: published as an announcement of kind `direct` in the same act.

    Everything is asked once more as of now: a price that rose above the public one meanwhile binds nobody.
    """
    with act(DirectAct.ACCEPT, actor=actor, key=key, subject=subject) as deed:
        need, commission, _ = _own(deed, actor, DirectAct.ACCEPT)
        book, price = rulebook_for(need.region, deed.now), queries.last_price(commission)
        chosen, judged = queries.chosen(commission.agency, need, book=book, now=deed.now), queries.judged(need)
        demand(
            [
                *rules.refusals_to_go_direct(
                    need=judged, small_limit=book.terms(ScopeTerms).small_limit, terms=book.terms(DirectTerms)
                ),
                *rules.refusals_of_agency(chosen),
                *rules.refusals_to_price(Price(price.amount_fen, price.days), need=judged, chosen=chosen),
            ],
            rulebook=book.id,
        )
        past = queries.past_of(queries.year_of(need.purchaser_id, now=deed.now), commission.agency_id)
        commission.over_cap = rules.cap_exceeded(past, amount_fen=price.amount_fen, terms=book.terms(DirectTerms))
        commission.accepted_at = commission.ended_at = deed.now
        announcing.publish_direct(
            deed,
            need,
            agency_code=commission.agency.organisation.code,
            amount_fen=price.amount_fen,
            days=price.days,
        )
        deed.tell(reason=commission.reason.value, explanation=commission.explanation)
    return deed.answer()


def decline(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Either side ends the negotiation; the need is its purchaser's again."""
    with act(DirectAct.DECLINE, actor=actor, key=key, subject=subject) as deed:
        need, commission, side = _own(deed, actor, DirectAct.DECLINE)
        commission.declined_at = commission.ended_at = deed.now
        need_steps.give_back(deed, need)
        _about(deed, need, commission.agency, None)
        deed.tell(side=side.value)
    return deed.answer()


def lapse(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Nobody answered in time (rules.md §2.6 DIRECT); the need is its purchaser's again."""
    with act(DirectAct.LAPSE, actor=actor, key=key, subject=subject) as deed:
        need = deed.lock(needs.row(subject or ""))
        commission = _open(need)
        if commission.due_at > deed.now:
            raise OutOfTurn(queries.phase_of(commission, deed.now), deed.act)
        commission.ended_at = deed.now
        need_steps.give_back(deed, need)
        _about(deed, need, commission.agency, None)
    return deed.answer()


def settle(deed: Deed, need_no: str) -> Settled:
    """Step: the time to answer the last price, computed anew (rules.md §2.1)."""
    need = deed.lock(needs.row(need_no))
    commission = _open(need)
    if not commission.provisional:
        raise OutOfTurn(queries.phase_of(commission, deed.now), deed.act)
    since, before = queries.last_price(commission).at, commission.due_at
    book = rulebook_for(need.region, since)
    due = _due(need, book, since)
    commission.due_at = anew(before, due, path=regions.path(need.region), now=deed.now)
    commission.provisional = due.provisional
    _about(deed, need, commission.agency, book)
    parties = (need.purchaser.organisation_id, commission.agency.organisation_id)
    return Settled((Moved("answer", before, commission.due_at),), parties, need.title)


def other_side(deed: Deed) -> Iterable[Recipient]:
    """Whom a negotiation concerns: both sides, each told what was done by whom."""
    need, agency = needs.by_no(deed.about("need") or ""), agencies.by_code(deed.about("agency") or "")
    if need is None or agency is None:
        return
    params: dict[str, str | int] = {
        "need_no": need.no,
        "title": need.title,
        "purchaser": need.purchaser.organisation.name,
        "agency": agency.organisation.name,
    }
    purchaser = need.purchaser.organisation_id
    if deed.actor.party_id != agency.organisation_id:
        yield Recipient(agency.organisation_id, {**params, "url": f"/commissions/{need.no}"})
    if deed.actor.party_id != purchaser:
        yield Recipient(purchaser, {**params, "url": f"/needs/{need.no}/direct"})


def on_conclusion(deed: Deed) -> None:
    """A step of concluding a purchase that failed: nobody can be commissioned where nobody registered in vain."""
    announcement = announcements.by_no(deed.about("announcement") or "")
    if deed.public["way"] == Ending.DIRECT and announcement is not None and not queries.failed(announcement):
        demand([Refusal("conclude_no_registrants", clause="attempts.afterwards", field="way")])


def _open(need: Need) -> Commission:
    commission = queries.open_of(need.id)
    if commission is None:
        raise NotFound("commission")
    return commission


def _own(deed: Deed, actor: Actor, act: DirectAct) -> tuple[Need, Commission, Side]:
    """The open commission of the need, locked by it, where the actor is one of its sides and it is his turn."""
    need = deed.lock(needs.row(deed.subject or ""))
    commission = _open(need)
    side, phase = queries.side_of(actor, commission), queries.phase_of(commission, deed.now)
    rules.FLOW.after(phase, act)
    if not rules.may_act(act, side=side, phase=phase):
        raise OutOfTurn(phase, act)
    return need, commission, side


def _due(need: Need, book: Rulebook, since: datetime) -> Deadline:
    return calendar().due(since, book.terms(DirectTerms).accept_days, path=regions.path(need.region))


def _name(deed: Deed, commission: Commission, side: Side, price: Price) -> None:
    commission.prices.append(
        NamedPrice(commission_id=commission.id, side=side, amount_fen=price.amount_fen, days=price.days, at=deed.now)
    )
    deed.session.flush()


def _about(deed: Deed, need: Need, agency: Agency, book: Rulebook | None) -> None:
    deed.basis = None if book is None else book.id
    deed.on("need", need.no)
    deed.on("agency", agency.organisation.code)
    deed.on("purchaser", need.purchaser.organisation.code)
