"""What can be seen of archives: what falls due, what is sealed, which files of it a reader may have."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, func, literal, select, tuple_

from app import files
from app.actor import Actor, Role
from app.audit import services as audit
from app.audit.canonical import instant
from app.audit.models import Entry, EntrySubject
from app.database import db
from app.files import Piece
from app.identity.models import Organisation
from app.refusal import NotFound, NotYours
from app.web.paging import SIZE, Listing, listing, parsed
from bidding.award.models import Award
from bidding.contract import parcel
from bidding.contract import queries as contracts
from bidding.contract.models import Contract, ContractRequest
from bidding.contract.rules import ContractAct, Side
from marketplace.announcement.models import Announcement
from marketplace.need.models import Need
from marketplace.purchaser.models import Purchaser
from ratings.archive import rules
from ratings.archive.models import Archive, ArchiveDocument
from ratings.archive.rules import CONTACT, LOG, ArchiveAct, Phase
from ratings.evaluation import queries as evaluations
from ratings.evaluation.models import Sheet
from ratings.evaluation.rules import EvaluationAct
from ratings.performance import queries as performances
from ratings.performance.rules import PerformanceAct

CHANGES = (
    *ContractAct,
    PerformanceAct.PAUSE,
    PerformanceAct.RESUME,
    PerformanceAct.SUBMIT,
    PerformanceAct.RETURN,
    PerformanceAct.CONFIRM,
    EvaluationAct.SUBMIT,
    EvaluationAct.EDIT,
)
"""After these something is other than it was sealed."""

SETTLED = func.coalesce(Sheet.locked_at, Sheet.expired_at)


def of_contract(contract_id: int) -> list[Archive]:
    """The archives of a contract in their order; none before the first is sealed."""
    query = select(Archive).where(Archive.contract_id == contract_id).order_by(Archive.number)
    return list(db.session.execute(query).scalars())


def by_no(no: str) -> Archive:
    """An archive by its public number; raises `NotFound`."""
    found = db.session.execute(select(Archive).where(Archive.no == no)).scalar_one_or_none()
    if found is None:
        raise NotFound(no)
    return found


def sealed_as(sha256: str) -> Archive | None:
    """The archive whose manifest has this SHA-256; None where the market sealed none."""
    return db.session.execute(select(Archive).where(Archive.sha256 == sha256)).scalar_one_or_none()


def phase_of(archives: Collection[Archive]) -> Phase:
    """Whether the archive of a contract is sealed."""
    return Phase.SEALED if archives else Phase.OPEN


# What falls due


def _over() -> Select[str, datetime | None, datetime | None]:
    """Contracts without an archive of which nothing is open any more: when the last sheet closed, when it ended.

    A sheet that came in late and is not locked yet is open. Source: rules.md §3.1 rows 33 to 35.
    """
    sheets = select(Sheet.id).where(Sheet.contract_id == Contract.id)
    running = Sheet.locked_at.is_(None) & (Sheet.submitted_at.is_not(None) | Sheet.expired_at.is_(None))
    requests = select(ContractRequest.id).where(ContractRequest.contract_id == Contract.id)
    ended = select(ContractRequest.closed_at).where(ContractRequest.contract_id == Contract.id, ContractRequest.ends)
    last = select(func.max(SETTLED)).where(Sheet.contract_id == Contract.id)
    return select(Contract.no, last.scalar_subquery(), ended.scalar_subquery()).where(
        Contract.confirmed_at.is_not(None),
        ~select(Archive.id).where(Archive.contract_id == Contract.id).exists(),
        ~sheets.where(running).exists(),
        ~requests.where(ContractRequest.closed_at.is_(None)).exists(),
        sheets.exists() | requests.where(ContractRequest.ends).exists(),
    )


def _due() -> Iterator[tuple[str, datetime]]:
    for no, *instants in db.session.execute(_over().order_by(Contract.id)):
        yield no, rules.sealed_from(max(at for at in instants if at is not None))


def over_since(no: str) -> datetime | None:
    """When a contract's procurement was over; None while anything of it is open, and once it is sealed."""
    for _, *instants in db.session.execute(_over().where(Contract.no == no)):
        return max((at for at in instants if at is not None), default=None)
    return None


def due_for_seal(now: datetime) -> list[str]:
    """Contracts whose archive is to be sealed."""
    return [no for no, at in _due() if at <= now]


def next_seal(now: datetime) -> datetime | None:
    """The first instant after `now` at which an archive is to be sealed."""
    return min((at for _, at in _due() if at > now), default=None)


# What is in it


def later(no: str) -> tuple[Mapping[str, Any], ...]:
    """What performance and evaluation put into a contract's parcel."""
    return tuple(found for part in (performances.archived, evaluations.archived) if (found := part(no=no)))


def listed(archive: Archive) -> list[Mapping[str, Any]]:
    """The files that its manifest names, each with name, SHA-256 and size."""
    found: list[Mapping[str, Any]] = json.loads(archive.manifest)["files"]
    return found


def known(archives: Collection[Archive]) -> dict[str, str]:
    """Name → SHA-256 as last sealed, over all of a contract's archives."""
    return {one["name"]: one["sha256"] for archive in archives for one in listed(archive)}


def pieces(archive: Archive, actor: Actor) -> tuple[Piece, list[Piece]]:
    """The manifest, the same for every reader, and those of its files that this reader may have and that are there.

    Raises `NotYours` for whom the contract does not concern.
    """
    contract = archive.contract
    if not contracts.concerns(contract, actor):
        raise NotYours(archive.no)
    query = select(ArchiveDocument.name, ArchiveDocument.content).where(ArchiveDocument.archive_id == archive.id)
    documents = {name: content.encode() for name, content in db.session.execute(query)}
    if contracts.side_of(contract, actor) is None:
        documents.pop(CONTACT, None)
    opened = {piece.name: piece for piece in parcel.proposals(contract, actor)[0]}
    found = []
    for one in listed(archive):
        name, sha256, size = one["name"], one["sha256"], one["size"]
        if name in documents:
            found.append(Piece(name, sha256, size, documents[name]))
        elif name in opened:
            found.append(opened[name])
        elif "/proposal-" not in name and name != CONTACT and files.path(sha256).is_file():
            found.append(Piece(name, sha256, size, path=files.path(sha256)))
    return manifest(archive), found


def manifest(archive: Archive) -> Piece:
    """The manifest, byte for byte as it was sealed."""
    content = archive.manifest.encode()
    return Piece(files.MANIFEST, archive.sha256, len(content), content)


# Pages


@dataclass(frozen=True, slots=True)
class ArchiveLine:
    """One archive as lists show it; `sealer` is None where the market sealed."""

    no: str
    number: int
    sealed_at: datetime
    sealer: str | None
    sha256: str
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file of an archive; `here`: whether this reader's package has it."""

    name: str
    sha256: str
    size: int
    here: bool


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """One archive; its files for whom it concerns, and for whoever holds the manifest. `position`: in the log."""

    line: ArchiveLine
    contract: str
    title: str
    position: int | None
    concerned: bool
    files: tuple[FileLine, ...]


@dataclass(frozen=True, slots=True)
class ArchiveBox:
    """What a contract's page shows of its archives; `due_at` where one is going to be sealed."""

    no: str
    lines: tuple[ArchiveLine, ...]
    due_at: datetime | None
    concerned: bool
    acts: tuple[StrEnum, ...]


def _line(archive: Archive) -> ArchiveLine:
    return ArchiveLine(
        no=archive.no,
        number=archive.number,
        sealed_at=archive.sealed_at,
        sealer=None if archive.sealer is None else archive.sealer.name,
        sha256=archive.sha256,
        files=archive.files,
        size=archive.size,
    )


def page(archive: Archive, *, actor: Actor, held: bool = False) -> ArchivePage:
    """One archive for one reader; `held`: who shows the manifest itself may read what it says."""
    concerned = contracts.concerns(archive.contract, actor)
    here = {piece.name for piece in pieces(archive, actor)[1]} if concerned else set()
    act = ArchiveAct.SEAL if archive.number == 1 else ArchiveAct.SUPPLEMENT
    entry = audit.entry_of(act, f"archive:{archive.no}")
    return ArchivePage(
        line=_line(archive),
        contract=archive.contract.no,
        title=archive.contract.award.announcement.need.title,
        position=None if entry is None else entry.position,
        concerned=concerned,
        files=tuple(FileLine(**one, here=one["name"] in here) for one in listed(archive)) if concerned or held else (),
    )


def box(no: str, *, actor: Actor) -> ArchiveBox:
    """The archives of a contract; raises `NotFound`."""
    contract = contracts.by_no(no)
    archives = of_contract(contract.id)
    over = None if archives else over_since(no)
    mine = archives and contracts.side_of(contract, actor) is Side.PURCHASER and changed_of(actor, no=no)
    return ArchiveBox(
        no=no,
        lines=tuple(_line(archive) for archive in archives),
        due_at=None if over is None else rules.sealed_from(over),
        concerned=contracts.concerns(contract, actor),
        acts=(ArchiveAct.SUPPLEMENT,) if mine else (),
    )


WAITING = 50
"""So many supplements are listed on one desk at most."""


def changed_of(actor: Actor, *, no: str | None = None) -> list[tuple[str, str]]:
    """Number and title of a purchaser's contracts about which something was done after they were last sealed."""
    if Role.PURCHASER not in actor.roles or actor.party_id is None:
        return []
    sealed = select(func.max(Archive.sealed_at)).where(Archive.contract_id == Contract.id).scalar_subquery()
    told = (
        select(Entry.id)
        .join(EntrySubject, EntrySubject.entry_id == Entry.id)
        .where(EntrySubject.subject == literal("contract:") + Contract.no, Entry.act.in_(CHANGES), Entry.at > sealed)
    )
    query = (
        select(Contract.no, Need.title)
        .select_from(Contract)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(Purchaser.organisation_id == actor.party_id, told.exists())
    )
    if no is not None:
        query = query.where(Contract.no == no)
    return [(found, title) for found, title in db.session.execute(query.order_by(Contract.id).limit(WAITING))]


def own(no: str, *, actor: Actor) -> ArchiveBox:
    """The same for the purchaser alone; raises `NotFound` or `NotYours`."""
    if contracts.side_of(contracts.by_no(no), actor) is not Side.PURCHASER:
        raise NotYours(no)
    return box(no, actor=actor)


# What machines read


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "no": {"type": "string"},
        "contract": {"type": "string"},
        "number": {"type": "integer", "minimum": 1},
        "sealed_at": {"type": "string", "format": "date-time"},
        "sealed_by": {"type": ["string", "null"]},
        "sha256": {"type": "string"},
        "files": {"type": "integer"},
        "size": {"type": "integer"},
    },
    "required": ["no", "contract", "number", "sealed_at", "sealed_by", "sha256", "files", "size"],
}


def _told() -> Select[int, str, str, int, datetime, str, str, int, int]:
    return (
        select(
            Archive.id,
            Archive.no,
            Contract.no.label("contract"),
            Archive.number,
            Archive.sealed_at,
            Organisation.code.label("sealed_by"),
            Archive.sha256,
            Archive.files,
            Archive.size,
        )
        .join(Contract, Contract.id == Archive.contract_id)
        .outerjoin(Organisation, Organisation.id == Archive.sealed_by)
    )


def public_list(after: str | None, limit: int = SIZE, *, contract: str | None = None) -> Listing[Mapping[str, Any]]:
    """Sealed archives, newest first, as the log tells them; `contract` is a contract's number."""
    query = _told().order_by(Archive.sealed_at.desc(), Archive.id.desc()).limit(limit + 1)
    key = parsed(after, (datetime, int))
    if key is not None:
        query = query.where(tuple_(Archive.sealed_at, Archive.id) < key)
    if contract is not None:
        query = query.where(Contract.no == contract)
    found = listing(db.session.execute(query).all(), size=limit, key=lambda row: (row.sealed_at.isoformat(), row.id))
    return Listing(tuple(_members(row) for row in found.rows), found.after)


def public_one(no: str) -> Mapping[str, Any] | None:
    """One archive by its number; None where there is none."""
    found = db.session.execute(_told().where(Archive.no == no)).first()
    return None if found is None else _members(found)


def _members(row: Row[*tuple[Any, ...]]) -> Mapping[str, Any]:
    return {name: getattr(row, name) for name in SCHEMA["required"]} | {"sealed_at": instant(row.sealed_at)}


def differing(found: Collection[Piece], archives: Collection[Archive]) -> list[Piece]:
    """What is new or other than it was sealed, and the log where anything is."""
    before = known(archives)
    other = [piece for piece in found if piece.name != LOG and before.get(piece.name) != piece.sha256]
    return [*other, *(piece for piece in found if piece.name == LOG)] if other else []
