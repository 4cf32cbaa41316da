"""Deciding a sanction: the second account of the authority performs what the first prepared."""

from collections.abc import Iterable
from datetime import datetime

from app.act import act
from app.actor import Actor
from app.identity import queries as identities
from app.numbering import next_no
from app.refusal import NotYours, Refusal, demand
from app.region import branches
from app.rules_in_force import rulebook_for
from app.values import Done
from ratings.sanction import queries, rules
from ratings.sanction.models import Sanction
from ratings.sanction.rules import BlackTerms, Decided, RedTerms, SanctionAct, SanctionTerms, YellowTerms


def against_deciding(actor: Actor, subject: str | None, decided: Decided, /, *, now: datetime) -> Iterable[Refusal]:
    """What stands against a decision; asked before the second person is, and again with that hand."""
    party, book = identities.organisation_by_code(decided.party), rulebook_for(actor.region, now)
    running = queries.in_force(party.id, now=now) if party is not None else []
    return rules.refusals_to_decide(
        decided,
        known=party is not None,
        own=party is not None and party.id == actor.party_id,
        authorities=actor.authorities,
        same_in_force=any(row.kind is decided.kind for row in running),
        terms=SanctionTerms(book.terms(YellowTerms), book.terms(RedTerms), book.terms(BlackTerms)),
    )


def decide(actor: Actor, subject: str | None, decided: Decided, /, *, key: str) -> Done:
    """Take the decision and publish it; it binds from this instant and ends by itself (M27)."""
    with act(SanctionAct.DECIDE, actor=actor, key=key, subject=subject, input=decided) as deed:
        party = identities.organisation_by_code(decided.party)
        if party is not None:
            # Two decisions against one party at once must see each other.
            deed.lock(identities.organisation_row(party.id))
        else:
            deed.lock_none()
        book = rulebook_for(actor.region, deed.now)
        demand(against_deciding(actor, subject, decided, now=deed.now), rulebook=book.id)
        if party is None or actor.agreed is None or actor.account_id is None:
            raise NotYours(deed.act)
        if not queries.is_competent(actor, party.id, region=party.region, authority=decided.authority):
            raise branches.outside(deed.act, actor, party.region)
        term = rules.period(deed.now, decided.months)
        no = next_no(deed, region=actor.region, kind="S")
        deed.add(
            Sanction(
                no=no,
                party_id=party.id,
                kind=decided.kind,
                from_at=term.opens,
                until_at=term.closes,
                facts=decided.facts,
                basis=decided.basis,
                authority=decided.authority,
                rulebook=book.id,
                decided_at=deed.now,
                decided_by=actor.account_id,
                seconded_by=actor.agreed.account_id,
            )
        )
        deed.subject, deed.basis = no, book.id
        deed.on("sanction", no)
        deed.on("agency", party.code)
        deed.tell(kind=decided.kind.value, from_at=term.opens, until_at=term.closes, authority=decided.authority)
    return deed.answer()
