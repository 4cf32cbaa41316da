"""The page of one contract: its versions and requests, and what this reader may do about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.actor import Actor, Role
from app.refusal import NotFound, NotYours
from bidding.contract import lists, queries, rules
from bidding.contract.models import Contract
from bidding.contract.rules import FILED, Breach, Cause, ContractAct, Kind, Outcome, Side
from bidding.offer import queries as offers
from bidding.offer.queries import PricedItem
from bidding.registration import queries as registrations
from bidding.registration.queries import Member
from marketplace.announcement.rules import AnnouncementKind


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request and what became of it. To strangers only what took effect is shown, with its reason.

    Of what was filed they read the decision, not the accusation.
    """

    number: int
    kind: Kind
    side: Side
    asked_at: datetime
    reason: str | None
    days: int | None
    amount_fen: int | None
    content: str | None
    cause: Cause | None
    breach: Breach | None
    found: Breach | None
    file: str | None
    answer_due_at: datetime
    unanswered_at: datetime | None
    closed_at: datetime | None
    outcome: Outcome | None
    answer: str | None
    version: int | None
    ends: bool
    above: bool
    acts: tuple[StrEnum, ...]


def _request_lines(
    contract: Contract, *, acts: Mapping[int, tuple[StrEnum, ...]], concerned: bool
) -> tuple[RequestLine, ...]:
    won, share = contract.award.amount_fen, queries.change_terms(contract).change_share
    return tuple(
        RequestLine(
            number=one.number,
            kind=one.kind,
            side=one.asked_by,
            asked_at=one.asked_at,
            reason=one.reason if concerned or one.kind not in FILED else None,
            days=one.days,
            amount_fen=one.amount_fen,
            content=one.content,
            cause=one.cause,
            breach=one.breach if concerned else one.found,
            found=one.found,
            file=one.file,
            answer_due_at=one.answer_due_at,
            unanswered_at=one.unanswered_at,
            closed_at=one.closed_at,
            outcome=one.outcome,
            answer=one.answer,
            version=one.version,
            ends=one.ends,
            above=one.kind is Kind.AMENDMENT and rules.above_share(one.amount_fen or 0, won_fen=won, share=share),
            acts=acts.get(one.number, ()),
        )
        for one in contract.requests
        if concerned or one.version is not None or one.ends
    )


@dataclass(frozen=True, slots=True)
class ContractPage:
    """One contract: its public summary, what its parties see besides, and what this reader may do."""

    line: lists.ContractLine
    award_no: str
    announcement_no: str
    purchaser_code: str
    agency_code: str
    item: str
    items: tuple[PricedItem, ...]
    members: tuple[Member, ...]
    award_days: int
    upload_due_at: datetime
    amount_fen: int | None
    days: int | None
    signed_on: date | None
    uploaded_by: Side | None
    uploaded_at: datetime | None
    confirm_due_at: datetime | None
    deemed: bool
    file: str | None
    reject_reason: str | None
    rulebook: str
    side: Side | None
    reads_file: bool
    concerned: bool
    ended_at: datetime | None
    present_fen: int
    versions: tuple[queries.Version, ...]
    requests: tuple[RequestLine, ...]
    share: int
    acts: tuple[StrEnum, ...]


def page(no: str, *, actor: Actor, now: datetime) -> ContractPage:
    """The page of a contract: what was uploaded is public once it is effective. Raises `NotFound`."""
    contract = queries.by_no(no)
    announcement = contract.award.announcement
    concerned = queries.concerns(contract, actor)
    shown = concerned or contract.confirmed_at is not None
    side = queries.side_of(contract, actor)
    return ContractPage(
        line=lists.line(contract),
        award_no=contract.award.no,
        announcement_no=announcement.no or "",
        purchaser_code=announcement.need.purchaser.organisation.code,
        agency_code=contract.award.agency.organisation.code,
        item="、".join(item.name for item in announcement.need.items),
        items=offers.priced_items_of(contract.award.attempt, contract.award.agency_id),
        members=registrations.joined_of(contract.award.attempt, contract.award.agency_id),
        award_days=contract.award.promised_days,
        upload_due_at=contract.upload_due_at,
        amount_fen=contract.amount_fen if shown else None,
        days=contract.days if shown else None,
        signed_on=contract.signed_on if shown else None,
        uploaded_by=contract.uploaded_by if shown else None,
        uploaded_at=contract.uploaded_at if shown else None,
        confirm_due_at=contract.confirm_due_at if shown else None,
        deemed=contract.deemed,
        file=contract.file if shown else None,
        reject_reason=contract.reject_reason if concerned else None,
        rulebook=announcement.rulebook or "",
        side=side,
        reads_file=concerned and contract.file is not None,
        concerned=concerned,
        ended_at=queries.ended_at(contract),
        present_fen=queries.present_fen(contract),
        versions=queries.versions(contract),
        requests=_request_lines(contract, acts=_answers(contract, actor, side), concerned=concerned),
        share=queries.change_terms(contract).change_share,
        acts=_acts(contract, side, now=now),
    )


def waiting_page(no: str, *, actor: Actor, number: int | None, now: datetime) -> ContractPage:
    """The same for whoever may answer the request of this number; `NotYours` for others, `NotFound` without one."""
    contract = queries.by_no(no)
    side = queries.side_of(contract, actor)
    if side is None and not queries.decides(contract, actor):
        raise NotYours(no)
    if all(one.number != number for one in contract.requests):
        raise NotFound(no)
    return page(no, actor=actor, now=now)


def own_page(no: str, *, actor: Actor, now: datetime) -> ContractPage:
    """The same for the two parties alone; raises `NotYours` for everybody else."""
    if queries.side_of(queries.by_no(no), actor) is None:
        raise NotYours(no)
    return page(no, actor=actor, now=now)


def _acts(contract: Contract, side: Side | None, *, now: datetime) -> tuple[StrEnum, ...]:
    """What this side may begin now; answers to requests stand with each request."""
    if side is None:
        return ()
    acts = [
        act for act in rules.FLOW.acts_in(queries.phase_of(contract)) if Role(side.value) in rules.MAY[ContractAct(act)]
    ]
    if side is contract.uploaded_by:
        acts = [act for act in acts if act not in (ContractAct.CONFIRM, ContractAct.REJECT)]
    waiting = {one.kind for one in contract.requests if one.closed_at is None}
    if now < contract.sign_due_at or Kind.UNSIGNED in waiting:
        acts = [act for act in acts if act not in (ContractAct.LAPSE, ContractAct.PROTEST)]
    if ContractAct.RESELECT in acts and (
        contract.award.fallen_at is not None or contract.award.announcement.kind is not AnnouncementKind.OPEN
    ):
        acts.remove(ContractAct.RESELECT)
    return tuple(act for act in acts if act not in rules.ANSWERS and rules.ASKS.get(ContractAct(act)) not in waiting)


def _answers(contract: Contract, actor: Actor, side: Side | None) -> dict[int, tuple[StrEnum, ...]]:
    """What this reader may do about each open request, by its number."""
    following = rules.FLOW.acts_in(queries.phase_of(contract))
    won, share = contract.award.amount_fen, queries.change_terms(contract).change_share
    deciding = queries.decides(contract, actor)
    found: dict[int, tuple[StrEnum, ...]] = {}
    for one in contract.requests:
        if one.closed_at is not None:
            continue
        if one.asked_by is side:
            acts = [ContractAct.RECALL]
        elif one.kind in FILED:
            acts = [ContractAct.UPHOLD, ContractAct.DISMISS] if deciding else []
        elif side is None:
            acts = []
        else:
            yes = next(act for act, kind in rules.AGREES.items() if kind is one.kind)
            if one.kind is Kind.AMENDMENT and rules.above_share(one.amount_fen or 0, won_fen=won, share=share):
                yes = ContractAct.EXCEED
            acts = [yes, ContractAct.REFUSE]
        found[one.number] = tuple(act for act in acts if act in following)
    return found
