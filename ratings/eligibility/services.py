"""The answer to the backward question: facts from every chapter before, composed by the rules."""

from collections.abc import Sequence
from datetime import datetime

from app.rules_in_force import rulebook_for
from app.standing import Scope, Standing
from bidding.contract import queries as contracts
from marketplace.catalogue import queries as catalogue
from ratings.credit import queries as credit
from ratings.credit.rules import window_start
from ratings.eligibility import queries, rules
from ratings.eligibility.queries import FirstLook
from ratings.eligibility.rules import AgencyFacts, PurchaserFacts
from ratings.evaluation import queries as evaluations
from ratings.performance import queries as performances
from ratings.sanction import queries as sanctions
from ratings.sanction.models import Sanction
from ratings.sanction.rules import SanctionKind


def standing(party_id: int, *, now: datetime, scope: Scope | None) -> Standing:
    """How a party stands at an instant, for one purchase or in general."""
    look = queries.first_look(party_id, () if scope is None else scope.items, now=now)
    terms = queries.terms_of(rulebook_for(look.region, now).id if scope is None else scope.rulebook)
    running = sanctions.in_force(party_id, now=now) if look.sanctioned else ()
    return rules.compose(
        _agency(party_id, look, now=now, scope=scope, running=running, over=terms.service.late_blocks_after),
        _purchaser(party_id, now=now, running=running) if look.purchaser else None,
        terms=terms,
    )


def _agency(
    party_id: int, look: FirstLook, *, now: datetime, scope: Scope | None, running: Sequence[Sanction], over: int
) -> AgencyFacts | None:
    if look.agency_id is None:
        return None
    score = credit.score_as_of(party_id, as_of=now) if look.scored else credit.score_without(look.region, as_of=now)
    lacking: tuple[tuple[str, str], ...] = ()
    items = scope.items if scope is not None else ()
    required = {code for codes in look.required for code in codes or ()}
    if not required <= look.held:
        known = catalogue.qualifications()
        wider = {row.code: row.part_of for row in known if row.part_of is not None}
        names = {row.code: row.name for row in known}
        lacking = tuple(
            (
                names.get(code, code),
                "、".join(item for item, asks in zip(items, look.required, strict=True) if code in (asks or ())),
            )
            for code in rules.missing(required, look.held, wider)
        )
    return AgencyFacts(
        score=score.composite,
        grade=score.grade,
        blacklisted=sanctions.named(running, SanctionKind.BLACKLIST),
        suspended=sanctions.named(running, SanctionKind.SUSPEND),
        late_contracts=tuple(performances.open_late(party_id, now=now, over=over)) if look.over_time else (),
        fund=scope.fund if scope is not None else None,
        missing=lacking,
        unpriced=tuple(item for item, priced in zip(items, look.priced, strict=True) if not priced),
    )


def _purchaser(party_id: int, *, now: datetime, running: Sequence[Sanction]) -> PurchaserFacts:
    return PurchaserFacts(
        sanctions.named(running, SanctionKind.BLACKLIST),
        tuple(evaluations.overdue_by(party_id, now=now)),
        contracts.marks_of(party_id, since=window_start(now, rules.UNSIGNED_FOR), until=now),
    )
