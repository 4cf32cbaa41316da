"""Everything of one procurement as one parcel, each piece with its hash."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app import files
from app.actor import Actor
from app.audit import services as audit
from app.audit.models import Disclosure, Entry, EntrySubject
from app.database import db
from app.files import Piece
from app.refusal import NotFound, NotYours
from app.values import Opens
from bidding.award import queries as awards
from bidding.contract import queries
from bidding.contract.models import Contract
from bidding.judging import queries as judging
from bidding.selection import queries as selections
from bidding.selection import records as selection_records
from marketplace.announcement import pages as announcement_pages
from marketplace.announcement import queries as announcements
from marketplace.need.models import Need


@dataclass(frozen=True, slots=True)
class Contents:
    """One procurement, the same whoever reads: documents by name, papers by name and SHA-256, the first head over both.

    `contact` are the names and telephone numbers that only the two sides may read.
    """

    documents: Mapping[str, Any]
    papers: Mapping[str, str]
    contact: Mapping[str, Any]
    head: Mapping[str, Any] | None


def pieces(
    no: str, *, actor: Actor, later: Sequence[Mapping[str, Any]], now: datetime
) -> tuple[list[Piece], Mapping[str, Any]]:
    """Everything of one procurement as pieces of a parcel, and what opens its manifest.

    `later` is what the chapters after this one add: `documents` (name → members) and `files` (name → SHA-256). For both
    sides, the item's regulator and the supervisor; names and telephone numbers only for the two sides. Raises
    `NotFound`, or `NotYours` for whom it does not concern. Source: rules.md §3.1 row 35, §4.
    """
    contract = queries.by_no(no)
    if not queries.concerns(contract, actor):
        raise NotYours(no)
    found = contents(contract, later=later, now=now)
    documents = dict(found.documents)
    if queries.side_of(contract, actor) is not None:
        documents["need.json"] = {**documents["need.json"], **found.contact}
    kept, lost = laid_out(documents, found.papers)
    proposal, withheld = proposals(contract, actor)
    about = {
        "format": "zjcs-archive-1",
        "market": audit.market(),
        "contract": no,
        "head": found.head,
        "lost": lost,
        **({"withheld": withheld} if withheld else {}),
    }
    return [*kept, *proposal], about


def contents(contract: Contract, *, later: Sequence[Mapping[str, Any]], now: datetime) -> Contents:
    """Everything of one procurement but the winner's proposal; `later` as `pieces` takes it."""
    announcement = contract.award.announcement
    documents: dict[str, Any] = {
        "need.json": _need(announcement.need),
        "announcement/announcement.json": announcement_pages.resource_one(announcement.no or "", now=now),
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
        documents |= _how(announcement.no or "", attempt.number)
    for part in later:
        documents |= part.get("documents", {})
        papers |= part.get("files", {})
    log, head = _log(contract)
    documents["log.json"] = log
    return Contents(documents, papers, {"contact": announcement.need.contact, "phone": announcement.need.phone}, head)


def laid_out(documents: Mapping[str, Any], papers: Mapping[str, str]) -> tuple[list[Piece], list[Mapping[str, str]]]:
    """Documents and papers as pieces; by name and hash the papers whose bytes are gone."""
    kept = {name: files.stored(name, sha256) for name, sha256 in papers.items()}
    lost: list[Mapping[str, str]] = [
        {"name": name, "sha256": papers[name]} for name, piece in kept.items() if piece is None
    ]
    pieces = [files.document(name, audit.plain(members)) for name, members in documents.items()]
    return [*pieces, *(piece for piece in kept.values() if piece is not None)], lost


def _how(no: str, number: int) -> Mapping[str, Any]:
    """How an attempt was decided, as far as it is public: its transcript, and how proposals were judged."""
    found, place = {}, f"announcement/attempt-{number}"
    with suppress(NotFound):
        found[f"{place}/transcript.json"] = selection_records.transcript(no, number)
    judged = judging.archived(no, number)
    return found if judged is None else {**found, f"{place}/judging.json": judged}


def proposals(contract: Contract, actor: Actor | None) -> tuple[list[Piece], list[Mapping[str, str]]]:
    """The files of the winner's proposal; by name and hash alone those that are lost, or not this reader's to have.

    Without an actor: all that can be opened, for a manifest that names every file.
    """
    award = contract.award
    pieces: list[Piece] = []
    withheld: list[Mapping[str, str]] = []
    no, number, code = award.announcement.no or "", award.attempt.number, award.agency.organisation.code
    for file in judging.kept_files(no, number, code, actor=actor):
        name = f"announcement/attempt-{number}/proposal-{code}-{file.place}"
        if file.opened is None:
            withheld.append({"name": name, "sha256": file.sha256})
        else:
            pieces.append(Piece(name + file.ending, file.sha256, file.size, opened=file.opened))
    return pieces, withheld


def _need(need: Need) -> Mapping[str, Any]:
    return {
        "no": need.no,
        "title": need.title,
        "content": need.content,
        "item": need.item_code,
        "items": list(need.codes),
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


def _contract(contract: Contract) -> Mapping[str, Any]:
    return {
        "no": contract.no,
        "award": contract.award.no,
        "phase": queries.phase_of(contract).value,
        "opened_at": contract.opened_at,
        "sign_due_at": contract.sign_due_at,
        "upload_due_at": contract.upload_due_at,
        "signed_on": None if contract.signed_on is None else contract.signed_on.isoformat(),
        "uploaded_by": contract.uploaded_by,
        "uploaded_at": contract.uploaded_at,
        "confirmed_at": contract.confirmed_at,
        "deemed": contract.deemed,
        "lapsed_at": contract.lapsed_at,
        "ended_at": queries.ended_at(contract),
        "versions": [asdict(version) for version in queries.versions(contract)],
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
    return audit.entry_proofs(entries, head), audit.head_members(head)
