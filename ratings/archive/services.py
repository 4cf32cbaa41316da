"""The archive is sealed when nothing is open any more; what changed afterwards is sealed as a supplement."""

from collections.abc import Collection

from app.act import Deed, act, chance
from app.actor import Actor
from app.audit import services as audit
from app.files import Piece, document, manifest
from app.numbering import part
from app.refusal import NotYours, demand
from app.values import Done, Nothing
from bidding.contract import parcel
from bidding.contract import queries as contracts
from bidding.contract.models import Contract
from bidding.contract.rules import Side
from ratings.archive import queries, rules
from ratings.archive.models import Archive, ArchiveDocument
from ratings.archive.rules import ArchiveAct


def seal(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The archive of a procurement that is over for thirty days (rules.md §3.1 row 35)."""
    with act(ArchiveAct.SEAL, actor=actor, key=key, subject=subject, input=nothing) as deed:
        contract = deed.lock(contracts.row(subject or ""))
        rules.FLOW.after(queries.phase_of(queries.of_contract(contract.id)), ArchiveAct.SEAL)
        demand(rules.refusals_to_seal(over_since=queries.over_since(contract.no), now=deed.now))
        found, about = _found(deed, contract)
        # Without salt, whoever holds the manifest could try out telephone numbers against the hash.
        salted = {**about.contact, "salt": chance().secret().hex()}
        _write(deed, contract, [*found, document(rules.CONTACT, audit.plain(salted))], about=about, number=1)
    return deed.answer()


def supplement(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """What is new or other than it was sealed, under a number of its own; the purchaser's act."""
    with act(ArchiveAct.SUPPLEMENT, actor=actor, key=key, subject=subject, input=nothing) as deed:
        contract = deed.lock(contracts.row(subject or ""))
        if contracts.side_of(contract, actor) is not Side.PURCHASER:
            raise NotYours(deed.act)
        archives = queries.of_contract(contract.id)
        rules.FLOW.after(queries.phase_of(archives), ArchiveAct.SUPPLEMENT)
        found, about = _found(deed, contract)
        other = queries.differing(found, archives)
        demand(rules.refusals_to_supplement(changed=len(other)))
        _write(deed, contract, other, about=about, number=archives[-1].number + 1, before=archives[-1])
    return deed.answer()


def _found(deed: Deed, contract: Contract) -> tuple[list[Piece], parcel.Contents]:
    """Everything of the procurement as it stands, the winner's proposal with it, and nothing personal."""
    about = parcel.contents(contract, later=queries.later(contract.no), now=deed.now)
    return [*parcel.laid_out(about.documents, about.papers)[0], *parcel.proposals(contract, None)[0]], about


def _write(
    deed: Deed,
    contract: Contract,
    pieces: Collection[Piece],
    *,
    about: parcel.Contents,
    number: int,
    before: Archive | None = None,
) -> None:
    no = part(contract.no, "G", number)
    sealed = manifest(
        pieces,
        about={
            "format": "zjcs-archive-1",
            "market": audit.market(),
            "archive": no,
            "contract": contract.no,
            "sealed_at": audit.plain(deed.now),
            "head": about.head,
            "lost": [*parcel.laid_out({}, about.papers)[1], *parcel.proposals(contract, None)[1]],
            **({"before": before.sha256} if before else {}),
        },
    )
    archive = deed.add(
        Archive(
            no=no,
            contract_id=contract.id,
            number=number,
            sealed_at=deed.now,
            sealed_by=deed.actor.party_id,
            manifest=sealed.content.decode(),
            sha256=sealed.sha256,
            files=len(pieces),
            size=sum(piece.size for piece in pieces),
        )
    )
    for piece in pieces:
        if piece.content:
            deed.session.add(ArchiveDocument(archive_id=archive.id, name=piece.name, content=piece.content.decode()))
    deed.on("archive", no)
    deed.on("contract", contract.no)
    deed.basis = contract.award.announcement.rulebook
    deed.tell(archive=no, number=number, sha256=sealed.sha256, files=archive.files, size=archive.size)
