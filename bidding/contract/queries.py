"""What can be seen of contracts: rows to lock, versions and requests, the page of one, lists, what falls due, files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, String, case, cast, func, select
from sqlalchemy.orm import lazyload

from app import files
from app.actor import Actor, Role
from app.audit import services as audit
from app.audit.models import Disclosure, Entry, EntrySubject
from app.calendar.services import stamp
from app.database import db
from app.files import Piece
from app.refusal import NotFound, NotYours
from app.region import branches
from app.rules_in_force import rulebook
from app.values import Opens
from app.watch.queries import Column, Running, limits
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import WorkCalendar
from bidding.award import queries as awards
from bidding.award.models import Award
from bidding.contract import rules
from bidding.contract.models import Contract, ContractRequest
from bidding.contract.rules import (
    FILED,
    Asked,
    Breach,
    Cause,
    ChangeTerms,
    ContractAct,
    Kind,
    Outcome,
    Phase,
    Side,
)
from bidding.selection import queries as selections
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement
from marketplace.announcement.rules import AnnouncementKind
from marketplace.catalogue.models import ItemVersion
from marketplace.need.models import Need
from marketplace.purchaser.models import Purchaser


def row(no: str) -> Select[Contract]:
    """The row of a contract, to be locked; it alone."""
    return select(Contract).where(Contract.no == no).options(lazyload("*"))


def by_no(no: str) -> Contract:
    """A contract by its public number; raises `NotFound`."""
    found = db.session.execute(select(Contract).where(Contract.no == no)).scalar_one_or_none()
    if found is None:
        raise NotFound(no)
    return found


def of_award(award_id: int) -> Contract | None:
    """The contract of an award, None before it was accepted."""
    return db.session.execute(select(Contract).where(Contract.award_id == award_id)).scalar_one_or_none()


ENDED_BY = (
    select(ContractRequest.kind)
    .where(ContractRequest.contract_id == Contract.id, ContractRequest.ends)
    .correlate(Contract)
    .scalar_subquery()
)
ENDED = (
    select(ContractRequest.id)
    .where(ContractRequest.contract_id == Contract.id, ContractRequest.ends)
    .correlate(Contract)
    .exists()
)
"""Whether a contract ended before it was performed; the SQL twin of `ended_at`."""

LATEST_FEN = (
    select(ContractRequest.amount_fen)
    .where(
        ContractRequest.contract_id == Contract.id,
        ContractRequest.version.is_not(None),
        ContractRequest.kind == Kind.AMENDMENT,
    )
    .order_by(ContractRequest.version.desc())
    .limit(1)
    .correlate(Contract)
    .scalar_subquery()
)
DAYS_MORE = (
    select(func.sum(ContractRequest.days))
    .where(ContractRequest.contract_id == Contract.id, ContractRequest.version.is_not(None))
    .correlate(Contract)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Signed:
    """One contract as the announcement's page tells of it; price and days, as last changed, once it is effective."""

    no: str
    phase: Phase
    amount_fen: int | None
    days: int | None
    deemed: bool
    sign_due_at: datetime
    confirmed_at: datetime | None


def of_announcement(no: str) -> list[Signed]:
    """All contracts of an announcement in the order they were opened."""
    query = (
        select(
            Contract.no,
            Contract.amount_fen,
            Contract.days,
            Contract.deemed,
            Contract.sign_due_at,
            Contract.uploaded_at,
            Contract.confirmed_at,
            Contract.lapsed_at,
            ENDED_BY.label("ended"),
            LATEST_FEN.label("latest_fen"),
            DAYS_MORE.label("days_more"),
        )
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .where(Announcement.no == no)
        .order_by(Contract.id)
    )
    found = []
    for row in db.session.execute(query):
        phase = rules.phase_of(
            uploaded_at=row.uploaded_at, confirmed_at=row.confirmed_at, lapsed_at=row.lapsed_at, ended=row.ended
        )
        known = row.confirmed_at is not None
        found.append(
            Signed(
                no=row.no,
                phase=phase,
                amount_fen=(row.latest_fen or row.amount_fen) if known else None,
                days=row.days + (row.days_more or 0) if known else None,
                deemed=row.deemed,
                sign_due_at=row.sign_due_at,
                confirmed_at=row.confirmed_at,
            )
        )
    return found


def count_of(announcement_id: int) -> int:
    """How many contracts an announcement has had: the next one's place in its number."""
    return db.session.execute(
        select(func.count())
        .select_from(Contract)
        .join(Award, Award.id == Contract.award_id)
        .where(Award.announcement_id == announcement_id)
    ).scalar_one()


def phase_of(contract: Contract) -> Phase:
    """The phase of a row."""
    return rules.phase_of(
        uploaded_at=contract.uploaded_at,
        confirmed_at=contract.confirmed_at,
        lapsed_at=contract.lapsed_at,
        ended=next((request.kind for request in contract.requests if request.ends), None),
    )


def change_terms(contract: Contract) -> ChangeTerms:
    """What the rulebook of its announcement says of changes."""
    return rulebook(contract.award.announcement.rulebook or "").terms(ChangeTerms)


def ended_at(contract: Contract) -> datetime | None:
    """When it ended before it was performed; None where it did not."""
    return next((request.closed_at for request in contract.requests if request.ends), None)


def open_request(contract: Contract, *kinds: Kind) -> ContractRequest | None:
    """The request of one of these kinds that waits; of any kind where none is named."""
    waiting = (request for request in contract.requests if request.closed_at is None)
    return next((request for request in waiting if not kinds or request.kind in kinds), None)


def asked(request: ContractRequest | None) -> Asked | None:
    """A request as the rules know it."""
    return None if request is None else Asked(request.number, request.asked_by, request.kind)


def silences(contract: Contract) -> tuple[tuple[datetime, datetime | None], ...]:
    """The stretches [from, to) in which the purchaser owed an answer to an agency that wanted more time.

    They are the purchaser's delay and stop the clock. Source: rules.md §2.7 contract.extension; that silence is such a
    delay is (inferred).
    """
    return tuple(
        (request.answer_due_at, request.closed_at)
        for request in contract.requests
        if request.kind is Kind.EXTENSION and request.unanswered_at is not None
    )


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a contract as it stood from an instant on; the first is what was signed.

    `request` is the number of what made it, `file` its paper where there is one.
    """

    number: int
    amount_fen: int
    days: int
    since: datetime
    request: int | None
    file: str | None


def versions(contract: Contract) -> tuple[Version, ...]:
    """Every version from the first on; none before the contract is effective. The past stays as it was."""
    if contract.confirmed_at is None or contract.amount_fen is None or contract.days is None:
        return ()
    found = [Version(1, contract.amount_fen, contract.days, contract.confirmed_at, None, contract.file)]
    made = ((one.version, one) for one in contract.requests if one.version is not None)
    for number, one in sorted(made, key=lambda each: each[0]):
        last, since = found[-1], one.closed_at
        if since is None:
            continue
        changed = one.amount_fen if one.kind is Kind.AMENDMENT and one.amount_fen is not None else last.amount_fen
        found.append(Version(number, changed, last.days + (one.days or 0), since, one.number, one.file))
    return tuple(found)


def present_fen(contract: Contract) -> int:
    """The price in force; the award's before anything was signed."""
    known = versions(contract)
    return known[-1].amount_fen if known else contract.award.amount_fen


def decides(contract: Contract, actor: Actor) -> bool:
    """Whether the actor decides what is filed: the competent office of one of the item's trades."""
    need = contract.award.announcement.need
    return branches.decides(actor, need.region, authorities=need.item.authorities)


def offices(contract: Contract) -> list[int]:
    """The offices to be told of a filing."""
    need = contract.award.announcement.need
    return branches.deciding(need.region, authorities=need.item.authorities)


def request_file_for(no: str, number: int, *, actor: Actor) -> str:
    """The SHA-256 of what a request came with; raises `NotFound`, or `NotYours` for whom it does not concern."""
    contract = by_no(no)
    if not concerns(contract, actor):
        raise NotYours(no)
    found = next((one.file for one in contract.requests if one.number == number), None)
    if found is None:
        raise NotFound(no)
    return found


def side_of(contract: Contract, actor: Actor) -> Side | None:
    """On which side of the contract the actor stands; None for everybody else."""
    if Role.AGENCY in actor.roles and actor.party_id == awards.party(contract.award):
        return Side.AGENCY
    if Role.PURCHASER in actor.roles and actor.party_id == awards.purchaser_party(contract.award):
        return Side.PURCHASER
    return None


def party_of(contract: Contract, side: Side) -> int:
    """The organisation of a side."""
    return awards.party(contract.award) if side is Side.AGENCY else awards.purchaser_party(contract.award)


def concerns(contract: Contract, actor: Actor) -> bool:
    """Who may read what is not public: both parties, the branch's regulators of the trade and supervisor."""
    if side_of(contract, actor) is not None:
        return True
    need = contract.award.announcement.need
    trade = Role.REGULATOR in actor.roles and bool(actor.authorities & set(need.item.authorities))
    return (trade or Role.SUPERVISOR in actor.roles) and branches.sees(actor, need.region)


def file_for(no: str, *, actor: Actor) -> str:
    """The SHA-256 of a contract's scan; raises `NotFound`, or `NotYours` for whom it does not concern."""
    contract = by_no(no)
    if not concerns(contract, actor):
        raise NotYours(no)
    if contract.file is None:
        raise NotFound(no)
    return contract.file


# What falls due

TO_CONFIRM = (Contract.uploaded_at.is_not(None), Contract.confirmed_at.is_(None), Contract.lapsed_at.is_(None))


def due_for_deeming(now: datetime) -> list[str]:
    """Contracts whose other side kept silent."""
    query = select(Contract.no).where(Contract.confirm_due_at <= now, *TO_CONFIRM)
    return list(db.session.execute(query.order_by(Contract.id)).scalars())


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Contracts of which a running deadline was computed without its year, which this calendar knows."""
    running = func.coalesce(Contract.confirm_due_at, Contract.upload_due_at)
    return select(Contract.no, cast(Contract.version, String)).where(
        Contract.provisional, running <= days.certain_until
    )


def provisional_requests(days: WorkCalendar) -> Select[str, str]:
    """`<contract>/<number>` of requests to be answered by a date computed without its year, now known."""
    return (
        select(Contract.no + "/" + cast(ContractRequest.number, String), stamp(ContractRequest.answer_due_at))
        .select_from(ContractRequest)
        .join(Contract, Contract.id == ContractRequest.contract_id)
        .where(ContractRequest.provisional, ContractRequest.answer_due_at <= days.certain_until)
    )


UNANSWERED = (
    ContractRequest.kind == Kind.EXTENSION,
    ContractRequest.closed_at.is_(None),
    ContractRequest.unanswered_at.is_(None),
)


def due_unanswered(now: datetime) -> list[str]:
    """`<contract>/<number>` of requests for more time that the purchaser has not answered in time."""
    query = (
        select(Contract.no + "/" + cast(ContractRequest.number, String))
        .select_from(ContractRequest)
        .join(Contract, Contract.id == ContractRequest.contract_id)
        .where(ContractRequest.answer_due_at <= now, *UNANSWERED)
    )
    return list(db.session.execute(query.order_by(ContractRequest.id)).scalars())


def next_unanswered(now: datetime) -> datetime | None:
    """The first instant after `now` at which an answer is late."""
    query = select(func.min(ContractRequest.answer_due_at)).where(ContractRequest.answer_due_at > now, *UNANSWERED)
    return db.session.execute(query).scalar()


def next_deeming(now: datetime) -> datetime | None:
    """The first instant after `now` at which silence confirms."""
    return db.session.execute(
        select(func.min(Contract.confirm_due_at)).where(Contract.confirm_due_at > now, *TO_CONFIRM)
    ).scalar()


# Lists and pages


@dataclass(frozen=True, slots=True)
class ContractLine:
    """One contract as the lists of its parties show it."""

    id: int
    no: str
    title: str
    purchaser: str
    agency: str
    amount_fen: int
    phase: Phase
    sign_due_at: datetime
    confirmed_at: datetime | None


def _line(contract: Contract) -> ContractLine:
    need = contract.award.announcement.need
    return ContractLine(
        id=contract.id,
        no=contract.no,
        title=need.title,
        purchaser=need.purchaser.organisation.name,
        agency=contract.award.agency.organisation.name,
        amount_fen=contract.award.amount_fen,
        phase=phase_of(contract),
        sign_due_at=contract.sign_due_at,
        confirmed_at=contract.confirmed_at,
    )


def _of_party(party: int) -> Select[Contract]:
    return (
        select(Contract)
        .join(Award, Award.id == Contract.award_id)
        .join(Agency, Agency.id == Award.agency_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where((Agency.organisation_id == party) | (Purchaser.organisation_id == party))
    )


def of_party(party: int, after: str | None = None, *, size: int = SIZE) -> Listing[ContractLine]:
    """An organisation's contracts on either side, newest first."""
    key = parsed(after, (int,))
    query = _of_party(party).order_by(Contract.id.desc()).limit(size + 1)
    if key is not None:
        query = query.where(Contract.id < key[0])
    rows = [_line(contract) for contract in db.session.execute(query).scalars()]
    return listing(rows, size=size, key=lambda line: (line.id,))


def open_of_party(party: int) -> list[Contract]:
    """An organisation's contracts that are neither effective nor over."""
    query = _of_party(party).where(Contract.confirmed_at.is_(None), Contract.lapsed_at.is_(None), ~ENDED)
    return list(db.session.execute(query.order_by(Contract.id)).scalars())


def to_answer(party: int) -> list[tuple[Contract, ContractRequest]]:
    """What waits for an organisation's answer: what the other side asked for."""
    waiting = select(ContractRequest.id).where(
        ContractRequest.contract_id == Contract.id,
        ContractRequest.closed_at.is_(None),
        ContractRequest.kind.not_in(FILED),
    )
    query = _of_party(party).where(waiting.exists()).order_by(Contract.id)
    return [
        (contract, request)
        for contract in db.session.execute(query).scalars()
        for request in contract.requests
        if request.closed_at is None and request.kind not in FILED and party_of(contract, request.asked_by) != party
    ]


def to_decide(actor: Actor) -> list[tuple[str, str, datetime]]:
    """Number, title and due instant of what waits for an office's decision, the most urgent first."""
    query = (
        select(Contract.no, Need.title, ContractRequest.answer_due_at)
        .select_from(ContractRequest)
        .join(Contract, Contract.id == ContractRequest.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(ItemVersion, ItemVersion.id == Need.item_version_id)
        .where(
            ContractRequest.closed_at.is_(None),
            ContractRequest.kind.in_(FILED),
            branches.decided(Need.region, ItemVersion.authorities, actor),
        )
        .order_by(ContractRequest.answer_due_at, ContractRequest.id)
        .limit(WAITING)
    )
    return [(no, title, due_at) for no, title, due_at in db.session.execute(query)]


WAITING = 50
"""So many filings are listed on one desk at most."""


def to_reselect(party: int) -> list[Contract]:
    """A purchaser's contracts that were broken and whose successor nobody has chosen yet."""
    broken = select(ContractRequest.id).where(
        ContractRequest.contract_id == Contract.id, ContractRequest.ends, ContractRequest.kind == Kind.BREACH
    )
    query = _of_party(party).where(
        broken.exists(),
        Award.fallen_at.is_(None),
        Announcement.kind == AnnouncementKind.OPEN,
        Purchaser.organisation_id == party,
    )
    return list(db.session.execute(query.order_by(Contract.id)).scalars())


def marks_of(party: int, *, since: datetime, until: datetime) -> tuple[str, ...]:
    """Contracts that a purchaser was found not to have signed, found in (since, until]."""
    query = (
        select(Contract.no)
        .join(ContractRequest, ContractRequest.contract_id == Contract.id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(
            Purchaser.organisation_id == party,
            ContractRequest.kind == Kind.UNSIGNED,
            ContractRequest.ends,
            ContractRequest.closed_at > since,
            ContractRequest.closed_at <= until,
        )
    )
    return tuple(db.session.execute(query.order_by(ContractRequest.id)).scalars())


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
    won, share = contract.award.amount_fen, change_terms(contract).change_share
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

    line: ContractLine
    award_no: str
    announcement_no: str
    purchaser_code: str
    agency_code: str
    item: str
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
    versions: tuple[Version, ...]
    requests: tuple[RequestLine, ...]
    share: int
    acts: tuple[StrEnum, ...]


def page(no: str, *, actor: Actor, now: datetime) -> ContractPage:
    """The page of a contract: what was uploaded is public once it is effective. Raises `NotFound`."""
    contract = by_no(no)
    announcement = contract.award.announcement
    concerned = concerns(contract, actor)
    shown = concerned or contract.confirmed_at is not None
    side = side_of(contract, actor)
    return ContractPage(
        line=_line(contract),
        award_no=contract.award.no,
        announcement_no=announcement.no or "",
        purchaser_code=announcement.need.purchaser.organisation.code,
        agency_code=contract.award.agency.organisation.code,
        item=announcement.need.item.name,
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
        ended_at=ended_at(contract),
        present_fen=present_fen(contract),
        versions=versions(contract),
        requests=_request_lines(contract, acts=_answers(contract, actor, side), concerned=concerned),
        share=change_terms(contract).change_share,
        acts=_acts(contract, side, now=now),
    )


def waiting_page(no: str, *, actor: Actor, number: int | None, now: datetime) -> ContractPage:
    """The same for whoever may answer the request of this number; `NotYours` for others, `NotFound` without one."""
    contract = by_no(no)
    side = side_of(contract, actor)
    if side is None and not decides(contract, actor):
        raise NotYours(no)
    if all(one.number != number for one in contract.requests):
        raise NotFound(no)
    return page(no, actor=actor, now=now)


def own_page(no: str, *, actor: Actor, now: datetime) -> ContractPage:
    """The same for the two parties alone; raises `NotYours` for everybody else."""
    if side_of(by_no(no), actor) is None:
        raise NotYours(no)
    return page(no, actor=actor, now=now)


def _acts(contract: Contract, side: Side | None, *, now: datetime) -> tuple[StrEnum, ...]:
    """What this side may begin now; answers to requests stand with each request."""
    if side is None:
        return ()
    acts = [act for act in rules.FLOW.acts_in(phase_of(contract)) if Role(side.value) in rules.MAY[ContractAct(act)]]
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
    following = rules.FLOW.acts_in(phase_of(contract))
    won, share = contract.award.amount_fen, change_terms(contract).change_share
    deciding = decides(contract, actor)
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


# The archive


def archive(
    no: str, *, actor: Actor, later: Sequence[Mapping[str, Any]], now: datetime
) -> tuple[list[Piece], Mapping[str, Any]]:
    """Everything of one procurement as pieces of a parcel, and what opens its manifest.

    `later` is what the chapters after this one add: `documents` (name → members) and `files` (name → SHA-256). For both
    sides, the item's regulator and the supervisor; names and telephone numbers only for the two sides. Raises
    `NotFound`, or `NotYours` for whom it does not concern. Source: rules.md §3.1 row 35, §4.
    """
    contract = by_no(no)
    if not concerns(contract, actor):
        raise NotYours(no)
    announcement = contract.award.announcement
    documents: dict[str, Any] = {
        "need.json": _need(announcement.need, personal=side_of(contract, actor) is not None),
        "announcement/announcement.json": announcements.resource_one(announcement.no or "", now=now),
        "award.json": [
            awards.members(awards.by_no(winner.no)) for winner in awards.of_announcement(announcement.no or "")
        ],
        "contract/contract.json": _contract(contract),
    }
    papers = {} if contract.file is None else {"contract/scan": contract.file}
    papers |= {f"contract/request-{one.number:02d}": one.file for one in contract.requests if one.file is not None}
    for attempt in announcements.attempts(announcement.id):
        found = selections.of(attempt.id)
        if found is not None and found.record is not None:
            documents[f"announcement/attempt-{attempt.number}/record.json"] = json.loads(found.record)
    for part in later:
        documents |= part.get("documents", {})
        papers |= part.get("files", {})
    log, head = _log(contract)
    documents["log.json"] = log
    pieces = [files.document(name, audit.plain(members)) for name, members in documents.items()]
    kept = {name: files.stored(name, sha256) for name, sha256 in papers.items()}
    lost = [{"name": name, "sha256": papers[name]} for name, piece in kept.items() if piece is None]
    about = {"format": "zjcs-archive-1", "market": audit.market(), "contract": no, "head": head, "lost": lost}
    return [*pieces, *(piece for piece in kept.values() if piece is not None)], about


def _need(need: Need, *, personal: bool) -> Mapping[str, Any]:
    members: dict[str, Any] = {
        "no": need.no,
        "title": need.title,
        "content": need.content,
        "item": need.item_code,
        "region": need.region,
        "fund": need.fund.value,
        "payer": need.payer.value,
        "budget_line": need.budget_line,
        "budget_fen": need.budget_fen,
        "price_fen": need.price_fen,
        "expected_days": need.expected_days,
        "method": need.method.value,
        "project_code": need.project_code,
        "approval": need.approval,
        "created_at": need.created_at,
    }
    return members | ({"contact": need.contact, "phone": need.phone} if personal else {})


def _contract(contract: Contract) -> Mapping[str, Any]:
    return {
        "no": contract.no,
        "award": contract.award.no,
        "phase": phase_of(contract).value,
        "opened_at": contract.opened_at,
        "sign_due_at": contract.sign_due_at,
        "upload_due_at": contract.upload_due_at,
        "signed_on": None if contract.signed_on is None else contract.signed_on.isoformat(),
        "uploaded_by": contract.uploaded_by,
        "uploaded_at": contract.uploaded_at,
        "confirmed_at": contract.confirmed_at,
        "deemed": contract.deemed,
        "lapsed_at": contract.lapsed_at,
        "ended_at": ended_at(contract),
        "versions": [asdict(version) for version in versions(contract)],
        "requests": [
            {
                name: getattr(one, name)
                for name in (
                    *("number", "kind", "asked_by", "asked_at", "reason", "days", "amount_fen", "content", "cause"),
                    *("breach", "found", "file", "answer_due_at", "unanswered_at", "closed_at", "outcome", "answer"),
                    *("version", "ends"),
                )
            }
            for one in contract.requests
        ],
    }


def _log(contract: Contract) -> tuple[list[Mapping[str, Any]], Mapping[str, Any] | None]:
    """What the log says openly of award and contract, each entry with its proof, and the first head over them all.

    That head and not the newest one: the archive stays the same until something happens.
    """
    about = [f"award:{contract.award.no}", f"contract:{contract.no}"]
    told = select(EntrySubject.entry_id).where(EntrySubject.subject.in_(about))
    opened = select(Disclosure.entry_id).where(Disclosure.entry_id == Entry.id).exists()
    query = (
        select(Entry)
        .where(Entry.id.in_(told), Entry.position.is_not(None), (Entry.opens == Opens.AT_ONCE) | opened)
        .order_by(Entry.position)
    )
    entries = db.session.execute(query).scalars().all()
    head = audit.first_head_over(entries[-1]) if entries else None
    if head is None:
        return [], None
    return [audit.entry_proof(entry, head) for entry in entries], audit.head_members(head)


# What is watched


def _limit(at: Column, party: Column) -> Running:
    return (
        limits(no=Contract.no, at=at, region=Need.region, title=Need.title, party=party)
        .select_from(Contract)
        .join(Award, Award.id == Contract.award_id)
        .join(Agency, Agency.id == Award.agency_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(Contract.lapsed_at.is_(None), Contract.confirmed_at.is_(None), ~ENDED)
    )


def unsigned() -> Running:
    """Contracts that nobody uploaded, with the last day to sign."""
    return _limit(Contract.sign_due_at, Purchaser.organisation_id).where(Contract.uploaded_at.is_(None))


def unuploaded() -> Running:
    """The same, with the last day to upload."""
    return _limit(Contract.upload_due_at, Purchaser.organisation_id).where(Contract.uploaded_at.is_(None))


def unconfirmed() -> Running:
    """Uploaded contracts that wait for the other side, with the end of its time."""
    other = case((Contract.uploaded_by == Side.PURCHASER, Agency.organisation_id), else_=Purchaser.organisation_id)
    return _limit(Contract.confirm_due_at, other).where(Contract.confirm_due_at.is_not(None), *TO_CONFIRM)


def _waiting(party: Column | None, *kinds: Kind) -> Running:
    return (
        limits(no=Contract.no, at=ContractRequest.answer_due_at, region=Need.region, title=Need.title, party=party)
        .select_from(ContractRequest)
        .join(Contract, Contract.id == ContractRequest.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(ContractRequest.closed_at.is_(None), ContractRequest.kind.in_(kinds))
    )


def unanswered() -> Running:
    """Requests for more time that wait for the purchaser, with the end of its time."""
    return _waiting(Purchaser.organisation_id, Kind.EXTENSION)


def undecided() -> Running:
    """What was filed with the regulator, with the end of its time."""
    return _waiting(None, *FILED)


def offices_of(no: str) -> tuple[int, ...]:
    """The offices that may decide what was filed about a contract."""
    return tuple(offices(by_no(no)))


def winner_of(no: str) -> tuple[int, ...]:
    """The winning organisation, which must sign too."""
    return (awards.party(by_no(no).award),)
