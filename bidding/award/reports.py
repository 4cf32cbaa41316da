"""The 中选通知书 as a file: made when one of its parties first asks for it, anew when a limit in it has moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import built
from app.actor import Actor
from app.audit import services as records
from app.database import db
from app.paper import store
from app.paper.seal import Seal, seal, sealed
from app.paper.typeset import square, typeset
from app.refusal import AlreadyDone, NotFound, OutOfTurn, Refusal, Refused
from app.rules_in_force import rulebook
from app.settings import Settings
from app.web.filters import local, percent, say, until, yuan
from bidding.award import queries, services
from bidding.award.models import Award
from bidding.award.rules import AwardAct, Issued, Phase
from bidding.offer import queries as offers
from bidding.registration import queries as registrations
from marketplace.announcement.rules import AnnouncementKind

ISSUABLE = frozenset({Phase.NOTICED, Phase.ACCEPTED})
CLAUSES = ("award.confirm_days", "contract.sign_days")


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as it was made."""

    name: str
    content: bytes
    sha256: str


def issuable() -> bool:
    """Whether this deployment can issue documents: it has a seal, and knows the address that its QR code leads to."""
    settings: Settings = built.part("settings")
    return settings.demonstration or (settings.seal_file is not None and settings.address is not None)


def address(path: str, *, asked: str) -> str:
    """The absolute address that a document leads to: the deployment's own; in a demonstration the one that was asked.

    Elsewhere never the one that was asked: whoever sends another host would put its address into a sealed document.
    """
    settings: Settings = built.part("settings")
    root = settings.address or (asked if settings.demonstration else "")
    return root.rstrip("/") + path


def notice(no: str, *, page: str) -> Paper:
    """The file of an award's notice, the last one that was made; `page` is the absolute address of its verification.

    It is made anew where a provisional limit that it states was settled on another day; the earlier ones stay known.

    Raises `NotFound` where there is no notice, none can be made any more, or the file that was made is lost; `Refused`
    in the seconds until a signed head covers the notice. Source: rules.md §2.7 award.notice, §4 document 5.
    """
    award = queries.by_no(no)
    if award.notice_sha256 is None or (queries.phase_of(award) in ISSUABLE and queries.is_outdated(award)):
        _make(award, page)
        db.session.rollback()
        award = queries.by_no(no)
    content = None if award.notice_sha256 is None else store.read(award.notice_sha256)
    if content is None or award.notice_sha256 is None:
        raise NotFound(no)
    return Paper(f"{no}.pdf", content, award.notice_sha256)


def _make(award: Award, page: str) -> None:
    no, at = award.no, award.noticed_at
    if at is None or queries.phase_of(award) not in ISSUABLE or not issuable():
        raise NotFound(no)
    by = seal() if queries.terms(award).notice_signed else None
    content = typeset("notice", members(award, by=by, page=page, replaces=award.notice_sha256), at=at)
    if by is not None:
        content = sealed(content, by, at=at)
    fingerprint = None if by is None else by.fingerprint
    issued = Issued(store.keep(content), len(content), fingerprint, *queries.limits_of(award))
    try:
        services.issue(Actor.sweeper(), no, issued, key=f"award.issue:{no}:{issued.sha256}")
    except (AlreadyDone, OutOfTurn):
        # Another request was first: its file is the notice.
        return


def members(award: Award, *, by: Seal | None, page: str, replaces: str | None = None) -> Mapping[str, Any]:
    """Everything the notice says, as its template wants it; `replaces`: the SHA-256 of the file before, if any."""
    announcement, need = award.announcement, award.announcement.need
    sign_by, book = queries.sign_by(award), rulebook(announcement.rulebook or "")
    clauses = {key.partition(".")[2]: (one.basis, one.verified) for key in CLAUSES for one in (book.clause(key),)}
    return {
        "no": award.no,
        "edition": 1 if replaces is None else len(queries.editions(award.no)) + 1,
        "replaces": replaces,
        "market": records.market(),
        "demonstration": built.part("settings").demonstration,
        "log": _logged(award),
        "seal": None
        if by is None
        else {"name": by.name, "issuer": by.issuer, "own": by.own, "fingerprint": by.fingerprint},
        "address": page,
        "square": square(page),
        "agency": award.agency.organisation.name,
        "agency_code": award.agency.organisation.code,
        "agency_address": award.agency.address,
        "purchaser": need.purchaser.organisation.name,
        "purchaser_code": need.purchaser.organisation.code,
        "title": need.title,
        "announcement": announcement.no,
        "attempt": award.attempt.number,
        "selected": announcement.kind is AnnouncementKind.OPEN,
        "item": "、".join(item.name for item in need.items),
        "members": [
            f"{member.name}（{member.code}）" for member in registrations.joined_of(award.attempt, award.agency_id)
        ],
        "items": [
            {"item": f"{line.code} {line.name}", "amount": yuan(line.amount_fen), "days": line.days}
            for line in offers.priced_items_of(award.attempt, award.agency_id)
        ],
        "method": say(need.method, "method"),
        "fund": say(need.fund, "fund"),
        "rank": award.rank,
        "places": award.attempt.winners,
        "amount": yuan(award.amount_fen),
        "amount_fen": award.amount_fen,
        "rate": percent(award.rate_ppm),
        "days": award.promised_days,
        "made_at": local(award.made_at),
        "publicity_ends_at": until(award.publicity_ends_at) if award.publicity_ends_at > award.made_at else None,
        "noticed_at": local(award.noticed_at),
        "accept_due_at": until(award.accept_due_at) if award.accept_due_at else None,
        "provisional": award.provisional,
        "sign_by": None if sign_by is None else until(sign_by.at),
        "sign_provisional": sign_by is not None and sign_by.provisional,
        "contact": need.contact,
        "phone": need.phone,
        "book": book.id,
        "clauses": clauses,
    }


def _logged(award: Award) -> Mapping[str, Any]:
    """Where the log has the notice, and the first signed head over it (docs/protocol.md §3.4)."""
    entry = records.entry_of(AwardAct.NOTICE, f"award:{award.no}")
    head = None if entry is None else records.first_head_over(entry)
    if entry is None or head is None:
        raise Refused([Refusal("award_notice_not_logged")])
    return {**records.head_members(head), "position": entry.position}
