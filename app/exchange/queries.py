"""What machines read: who a token stands for, which acts are open to it, the log's addresses, receipts, readiness."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

from app.act import IdempotencyKey, wiring
from app.actor import Actor
from app.audit import services as audit
from app.audit import texts, tree
from app.audit.models import Disclosure, Entry, Head
from app.database import db
from app.exchange import gathered, rules, shapes
from app.exchange.models import ApiToken
from app.identity import queries as identities
from app.keyring import keyring
from app.refusal import NotFound
from app.sweep import pulse_age
from app.values import Opens
from app.web.paging import LARGEST, Listing, listing, parsed


def token_hash(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a living token stands for; `acts` None = all of the account's."""

    actor: Actor
    acts: frozenset[str] | None


def bearer(token: str, *, now: datetime) -> Bearer | None:
    """The account behind a token that lives at `now` (real time)."""
    found = db.session.get(ApiToken, token_hash(token))
    if found is None or found.revoked_at is not None or now >= found.expires_at:
        return None
    actor = identities.actor_by_account(found.account_id)
    return None if actor is None else Bearer(actor, frozenset(found.acts.split()) or None)


def tokens_of(account_id: int) -> Sequence[ApiToken]:
    """An account's tokens, newest first; an account makes few."""
    return (
        db.session.execute(
            select(ApiToken).where(ApiToken.account_id == account_id).order_by(ApiToken.created_at.desc()).limit(100)
        )
        .scalars()
        .all()
    )


def acts_of(actor: Actor, *, only: frozenset[str] | None = None) -> tuple[str, ...]:
    """The acts an actor's roles allow, in story order; `only` narrows them to a token's."""
    return tuple(
        name for name in gathered.commands() if gathered.roles(name) & actor.roles and (only is None or name in only)
    )


def acts_of_account(account_id: int) -> tuple[str, ...]:
    """The acts the roles of an account allow."""
    actor = identities.actor_by_account(account_id)
    return () if actor is None else acts_of(actor)


def described(name: str) -> dict[str, Any]:
    """One act as `/api/v1/acts` lists it."""
    wired, command = wiring(), gathered.commands()[name]
    return {
        "name": name,
        "title": gathered.word(name),
        "subject": command.kind,
        "roles": sorted(gathered.roles(name)),
        "consent": wired.consent.get(name),
        "second": name in wired.second,
        "passes": name in wired.passes,
        "disclosed": wired.opens[name].value,
        "sealed": name in wired.sealed,
        "input": shapes.input_schema(command),
    }


# The log, as everybody reads it


def key() -> dict[str, str]:
    """`/log/key`: the public half of the key that signs heads and receipts."""
    public = keyring().signing_public
    return {"market": audit.market(), "key_id": texts.key_id(public), "public_key": public.hex()}


def head() -> dict[str, Any]:
    """`/log/head`: the newest signed head. Raises `NotFound` before the first."""
    return audit.head_members(_head())


def heads(*, limit: int = 5) -> list[dict[str, Any]]:
    """The newest signed heads."""
    found = db.session.execute(select(Head).order_by(Head.id.desc()).limit(limit)).scalars()
    return [audit.head_members(head) for head in found]


def _head() -> Head:
    found = audit.latest_head(db.session())
    if found is None:
        raise NotFound("head")
    return found


def entries(start: int, end: int) -> list[dict[str, Any]]:
    """`/log/entries`: numbered entries [start, end), at most 1,000; payloads only of what is disclosed."""
    rows = db.session.execute(
        _numbered()
        .where(Entry.position >= start, Entry.position < min(end, start + rules.ENTRIES))
        .order_by(Entry.position)
    )
    return [
        {"index": entry.position, "digest": entry.digest, "disclosed": _opened(entry) if opened else None}
        for entry, opened in rows
    ]


def _numbered() -> Select[Entry, bool]:
    """Numbered entries, each with whether the public may see its payload."""
    opened = or_(Entry.opens == Opens.AT_ONCE, Disclosure.entry_id.is_not(None))
    return (
        select(Entry, opened).outerjoin(Disclosure, Disclosure.entry_id == Entry.id).where(Entry.position.is_not(None))
    )


def _opened(entry: Entry) -> dict[str, str]:
    return {"salt": entry.salt, "payload": entry.payload}


def inclusion(*, index: int | None, leaf: str | None, tree_size: int | None) -> Mapping[str, object]:
    """`/log/proof/inclusion`; without `tree_size` under the newest head. Raises `NotFound` beyond it."""
    newest = _head().tree_size
    size = newest if tree_size is None else tree_size
    if leaf is not None:
        index = db.session.execute(select(Entry.position).where(Entry.leaf == leaf)).scalar()
    if index is None or size > newest or not 0 <= index < size:
        raise NotFound("proof")
    return tree.inclusion_proof(audit.TableNodes(db.session()), index=index, size=size)


def consistency(*, first: int, second: int) -> Mapping[str, object]:
    """`/log/proof/consistency`. Raises `NotFound` beyond the newest head."""
    if not 0 <= first <= second <= _head().tree_size:
        raise NotFound("proof")
    return tree.consistency_proof(audit.TableNodes(db.session()), first=first, second=second)


def changes(after: int) -> dict[str, Any]:
    """`/opendata/changes`: what follows sequence `after`, in commit order, without a gap (protocol.md §3.6).

    An entry's own item never changes: what was not disclosed with it arrives with the act that discloses it.
    """
    found = list(
        db.session.execute(
            select(Entry)
            .where(Entry.position.is_not(None), Entry.position >= after)
            .order_by(Entry.position)
            .limit(rules.ENTRIES)
        ).scalars()
    )
    later: dict[int, list[dict[str, Any]]] = {}
    for by, entry in _disclosed_by([entry.id for entry in found]):
        later.setdefault(by, []).append({"seq": (entry.position or 0) + 1, **_opened(entry)})
    items: list[dict[str, Any]] = []
    for entry in found:
        item: dict[str, Any] = {"seq": (entry.position or 0) + 1}
        if entry.opens is Opens.AT_ONCE:
            item["disclosed"] = _opened(entry)
        if entry.id in later:
            item["discloses"] = later[entry.id]
        items.append(item)
    return {"changes": items, "after": items[-1]["seq"] if items else after}


def _disclosed_by(entry_ids: Sequence[int]) -> list[tuple[int, Entry]]:
    opened = aliased(Entry)
    rows = db.session.execute(
        select(Disclosure.by_entry_id, opened)
        .join(opened, opened.id == Disclosure.entry_id)
        .where(Disclosure.by_entry_id.in_(entry_ids))
        .order_by(opened.position)
    )
    return [(by, entry) for by, entry in rows]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log's page; act, instant and subjects only of what is disclosed."""

    index: int
    digest: str
    act: str | None = None
    at: datetime | None = None
    role: str | None = None
    subjects: tuple[str, ...] = ()


def recent(*, after: str | None, at: int | None, size: int = 50) -> Listing[Line]:
    """The log's page: numbered entries, newest first, or from index `at` downwards. Raises `NotFound`."""
    key = parsed(after, (int,))
    query = _numbered().order_by(Entry.position.desc()).limit(size + 1)
    if key is not None:
        query = query.where(Entry.position < key[0])
    elif at is not None:
        query = query.where(Entry.position <= at)
    lines = [_line(entry, opened) for entry, opened in db.session.execute(query)]
    return listing(lines, size=size, key=lambda line: (line.index,))


def _line(entry: Entry, opened: bool) -> Line:
    position = entry.position or 0
    if not opened:
        return Line(position, entry.digest)
    payload = json.loads(entry.payload)
    return Line(position, entry.digest, entry.act, entry.at, payload.get("role"), tuple(payload.get("subjects", ())))


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry with its proof under the newest head; salt and payload only where it is disclosed."""

    line: Line
    leaf: str
    salt: str | None
    payload: str | None
    head: Mapping[str, Any]
    path: Sequence[str]
    size: int


def entry(index: int) -> EntryPage:
    """One numbered entry under the newest head. Raises `NotFound` beyond it."""
    newest = _head()
    found = db.session.execute(_numbered().where(Entry.position == index)).first() if index < LARGEST else None
    if found is None or index >= newest.tree_size:
        raise NotFound("entry")
    row, opened = found
    proof = tree.inclusion_path(audit.TableNodes(db.session()), index=index, size=newest.tree_size)
    return EntryPage(
        line=_line(row, opened),
        leaf=row.leaf,
        salt=row.salt if opened else None,
        payload=row.payload if opened else None,
        head=audit.head_members(newest),
        path=tree.hexes(proof),
        size=newest.tree_size,
    )


# Receipts


@dataclass(frozen=True, slots=True)
class Kept:
    """One receipt of an account, as its page lists it; `index` None until the entry is numbered."""

    ref: str
    act: str
    at: datetime
    subject: str | None
    index: int | None
    entry_id: int


def receipts(account_id: int, *, after: str | None, size: int = 50) -> Listing[Kept]:
    """An account's receipts, newest first. Raises `NotFound` for a forged token."""
    key = parsed(after, (int,))
    query = (
        select(IdempotencyKey.ref, IdempotencyKey.subject, Entry.act, Entry.at, Entry.position, Entry.id)
        .join(Entry, Entry.ref == IdempotencyKey.ref)
        .where(IdempotencyKey.account == str(account_id), IdempotencyKey.receipt_text.is_not(None))
        .order_by(Entry.id.desc())
        .limit(size + 1)
    )
    if key is not None:
        query = query.where(Entry.id < key[0])
    rows = [
        Kept(ref, act, at, subject, position, entry_id)
        for ref, subject, act, at, position, entry_id in db.session.execute(query)
        if ref is not None
    ]
    return listing(rows, size=size, key=lambda row: (row.entry_id,))


def receipt_file(actor: Actor, ref: str) -> dict[str, Any]:
    """The file of a receipt (protocol.md §3.5), for accounts of the organisation whose act it was; else `NotFound`.

    The input is rebuilt from the record; what was handed in sealed is in no record, so there it is null.
    """
    found = db.session.execute(
        select(IdempotencyKey, Entry)
        .join(Entry, Entry.ref == IdempotencyKey.ref)
        .where(IdempotencyKey.ref == ref, IdempotencyKey.receipt_text.is_not(None))
    ).first()
    if found is None or not found[0].account.isdigit():
        raise NotFound("receipt")
    known, entry = found
    owner = identities.actor_by_account(int(known.account))
    own = actor.account_id is not None and known.account == str(actor.account_id)
    if not own and (owner is None or owner.party_id is None or owner.party_id != actor.party_id):
        raise NotFound("receipt")
    sealed = entry.act in wiring().sealed
    return texts.receipt_file(
        text=known.receipt_text or "",
        input=None if sealed else json.loads(entry.private).get("input", {}),
        key_id=known.receipt_key_id or "",
        signature=known.receipt_signature or "",
    )


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this deployment can serve: the database answers, and the sweep ran less than 60 s ago."""

    database: bool
    sweep_age: timedelta | None

    @property
    def ready(self) -> bool:
        return self.database and self.sweep_age is not None and self.sweep_age < rules.SWEEP_LATE


def readiness() -> Readiness:
    """Ask the database; an error is an answer too."""
    try:
        return Readiness(True, pulse_age())
    except SQLAlchemyError:
        db.session.rollback()
        return Readiness(False, None)
