"""The answer to the backward question: facts from every chapter before, composed by the rules."""

from collections.abc import Sequence
from datetime import datetime

from app.identity import queries as identities
from app.rules_in_force import rulebook_for
from app.standing import Scope, Standing
from app.values import SHANGHAI
from bidding.contract import queries as contracts
from marketplace.agency import queries as agencies
from marketplace.catalogue import queries as catalogue
from marketplace.credential import queries as credentials
from marketplace.pricelist import queries as prices
from marketplace.purchaser import queries as purchasers
from ratings.credit import queries as credit
from ratings.credit.rules import window_start
from ratings.eligibility import queries, rules
from ratings.eligibility.rules import AgencyFacts, PurchaserFacts
from ratings.evaluation import queries as evaluations
from ratings.performance import queries as performances
from ratings.sanction import queries as sanctions
from ratings.sanction.models import Sanction
from ratings.sanction.rules import SanctionKind


def standing(party_id: int, *, now: datetime, scope: Scope | None) -> Standing:
    """How a party stands at an instant, for one purchase or in general."""
    terms = queries.terms_of(
        scope.rulebook if scope is not None else rulebook_for(identities.organisation(party_id).region, now).id
    )
    running = sanctions.in_force(party_id, now=now)
    return rules.compose(
        _agency(party_id, now=now, scope=scope, running=running, over=terms.service.late_blocks_after),
        _purchaser(party_id, now=now, running=running),
        terms=terms,
    )


def _agency(
    party_id: int, *, now: datetime, scope: Scope | None, running: Sequence[Sanction], over: int
) -> AgencyFacts | None:
    agency_id = agencies.key_of(party_id)
    if agency_id is None:
        return None
    score = credit.score_as_of(party_id, as_of=now)
    day = now.astimezone(SHANGHAI).date()
    lacking: tuple[str, ...] = ()
    priced = True
    if scope is not None:
        required = {code for item in scope.items for code in catalogue.required(item, day)}
        held = credentials.held_at(agency_id, day)
        if not required <= held:
            known = catalogue.qualifications()
            wider = {row.code: row.part_of for row in known if row.part_of is not None}
            names = {row.code: row.name for row in known}
            lacking = tuple(names.get(code, code) for code in rules.missing(required, held, wider))
        priced = all(prices.is_priced(agency_id, item, day) for item in scope.items)
    return AgencyFacts(
        score=score.composite,
        grade=score.grade,
        blacklisted=sanctions.named(running, SanctionKind.BLACKLIST),
        suspended=sanctions.named(running, SanctionKind.SUSPEND),
        late_contracts=tuple(performances.open_late(party_id, now=now, over=over)),
        fund=scope.fund if scope is not None else None,
        missing=lacking,
        priced=priced,
        item="、".join(scope.items) if scope is not None else None,
    )


def _purchaser(party_id: int, *, now: datetime, running: Sequence[Sanction]) -> PurchaserFacts | None:
    if not purchasers.is_known(party_id):
        return None
    return PurchaserFacts(
        sanctions.named(running, SanctionKind.BLACKLIST),
        tuple(evaluations.overdue_by(party_id, now=now)),
        contracts.marks_of(party_id, since=window_start(now, rules.UNSIGNED_FOR), until=now),
    )
