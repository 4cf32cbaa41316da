"""Writing the ledger: what credit hears, and the one line each behaviour becomes."""

from app.act import Deed
from app.rulebook import Rulebook
from app.rules_in_force import rulebook_for
from bidding.award import queries as awards
from bidding.contract import queries as contracts
from bidding.offer import queries as offers
from ratings.credit.models import CreditEvent
from ratings.credit.rules import Behaviour, EventKind, PointsTerms

LEVELS = {11: Behaviour.LATE, 31: Behaviour.VERY_LATE}
"""`performance.overdue` says which step of V06 it is (rules.md §2.9)."""


def _book(deed: Deed, region: str) -> Rulebook:
    return rulebook_for(region, deed.now)


def _deduct(
    deed: Deed, party_id: int, behaviour: Behaviour, *, evidence: str, region: str, contract: str | None
) -> None:
    book = _book(deed, region)
    deed.add(
        CreditEvent(
            party_id=party_id,
            kind=EventKind.DEDUCTION,
            code=behaviour.value,
            points=book.terms(PointsTerms).of(behaviour),
            weight=0,
            contract_no=contract,
            evidence=evidence,
            entry_ref=deed.ref,
            rulebook=book.id,
            at=deed.now,
        )
    )


def on_refused_award(deed: Deed) -> None:
    """`award.decline`, `award.lapse`, `award.judge`: V01, refuses an award without valid reason.

    A claimed excuse costs nothing until it is judged, and nothing where it holds.
    """
    award = deed.session.execute(awards.row(deed.about("award") or "")).scalar_one()
    if not awards.counts(award):
        return
    _deduct(
        deed,
        award.agency.organisation_id,
        Behaviour.REFUSED_AWARD,
        evidence=f"award:{award.no}",
        region=award.announcement.need.region,
        contract=None,
    )


def on_lapsed_offer(deed: Deed) -> None:
    """`offer.lapse`: an offer that cannot be opened and whose body was not handed in counts as a refusal: V01."""
    offer = offers.by_commitment(deed.public["commitment"])
    _deduct(
        deed,
        offer.registration.agency.organisation_id,
        Behaviour.REFUSED_AWARD,
        evidence=f"announcement:{deed.subject}",
        region=offers.need_of(offer).region,
        contract=None,
    )


def on_lapsed_contract(deed: Deed) -> None:
    """`contract.lapse`: V02, does not sign in time."""
    contract = deed.session.execute(contracts.row(deed.about("contract") or "")).scalar_one()
    _deduct(
        deed,
        contract.award.agency.organisation_id,
        Behaviour.NOT_SIGNED,
        evidence=f"contract:{contract.no}",
        region=contract.award.announcement.need.region,
        contract=contract.no,
    )


def on_found_breach(deed: Deed) -> None:
    """`contract.uphold` of a breach: what the regulator found it to be; of a purchaser who did not sign, nothing."""
    found = deed.public.get("breach")
    if found is None:
        return
    contract = deed.session.execute(contracts.row(deed.about("contract") or "")).scalar_one()
    _deduct(
        deed,
        contract.award.agency.organisation_id,
        Behaviour(found),
        evidence=f"contract:{contract.no}",
        region=contract.award.announcement.need.region,
        contract=contract.no,
    )


def on_overdue(deed: Deed) -> None:
    """`performance.overdue`: V06 at late = 11 and again at late = 31, each once per contract."""
    contract = deed.session.execute(contracts.row(deed.about("contract") or "")).scalar_one()
    _deduct(
        deed,
        contract.award.agency.organisation_id,
        LEVELS[deed.public["level"]],
        evidence=f"contract:{contract.no}",
        region=contract.award.announcement.need.region,
        contract=contract.no,
    )


def on_evaluation(deed: Deed) -> None:
    """`evaluation.lock`: the sheet's points join the service score at the instant of the lock."""
    contract = deed.session.execute(contracts.row(deed.about("contract") or "")).scalar_one()
    book = _book(deed, contract.award.announcement.need.region)
    deed.add(
        CreditEvent(
            party_id=contract.award.agency.organisation_id,
            kind=EventKind.SERVICE,
            code=Behaviour.EVALUATED.value,
            points=deed.public["points"],
            weight=deed.public["weight"],
            category=deed.public["category"],
            evaluator=deed.public["evaluator"],
            contract_no=contract.no,
            evidence=f"contract:{contract.no}:{deed.public['evaluator']}",
            entry_ref=deed.ref,
            rulebook=book.id,
            at=deed.now,
        )
    )
