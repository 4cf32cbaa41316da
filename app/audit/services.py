"""Writing the record and reading it: entries, disclosures, receipts, the sequencer, signed heads, timelines."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Row,
    ScalarSelect,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    false,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from app import built
from app.audit import texts, tree
from app.audit.canonical import canonical, instant
from app.audit.models import Deployment, Disclosure, Entry, EntrySubject, Head, Node
from app.database import Base, db, is_sqlite
from app.keyring import keyring
from app.values import Opens, Receipt

ENTRIES: Table = Base.metadata.tables["entry"]
SUBJECTS: Table = Base.metadata.tables["entry_subject"]
WRITE_ENTRY = insert(ENTRIES).returning(ENTRIES.c.id)
WRITE_SUBJECTS = insert(SUBJECTS)
COLUMNS = ("ref", "act", "at", "opens", "salt", "payload", "private_salt", "private", "digest", "leaf")
"""What is written of an entry: its position comes later."""
_REF, _SUBJECT = bindparam("ref", type_=String()), bindparam("subject", type_=String())
_BY_REF = select(Entry).where(Entry.ref == _REF)
_OF_ACT = (
    select(Entry)
    .join(EntrySubject, EntrySubject.entry_id == Entry.id)
    .where(EntrySubject.subject == _SUBJECT, Entry.act == bindparam("act", type_=String()))
    .order_by(Entry.id.desc())
)
_FIRST_HEAD = (
    select(Head)
    .join(Entry, Head.tree_size > Entry.position)
    .where(Entry.ref == _REF)
    .order_by(Head.tree_size, Head.id)
    .limit(1)
)
_WAITING = (
    select(Entry.id)
    .join(EntrySubject, EntrySubject.entry_id == Entry.id)
    .outerjoin(Disclosure, Disclosure.entry_id == Entry.id)
    .where(
        EntrySubject.subject == bindparam("about", type_=String()),
        Entry.act.in_(bindparam("acts", type_=String(), expanding=True)),
        Entry.opens == Opens.LATER,
        Disclosure.entry_id.is_(None),
    )
)
BATCH = 1_000
SEQUENCER = 7_301_114
"""The advisory lock that keeps two sequencers from numbering at once on PostgreSQL; on SQLite the write lock does."""


def market() -> str:
    """The deployment's own id, in every signed text; set once, so one reading serves the process."""
    known: list[str] = built.part("market_id")
    if not known:
        stored = stored_market(db.session())
        if stored is None:
            raise LookupError("this database has no market id yet: flask reference load")
        known.append(stored)
    return known[0]


def stored_market(session: Session) -> str | None:
    """The id this database was set up with, None before."""
    return session.execute(select(Deployment.market).where(Deployment.id == 1)).scalar()


def plain(value: Any) -> Any:
    """Public members as JSON values: instants as text, collections as lists."""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, dict):
        return {key: member if type(member) in _PLAIN else plain(member) for key, member in value.items()}
    if isinstance(value, tuple | list):
        return [member if type(member) in _PLAIN else plain(member) for member in value]
    return value


_PLAIN = frozenset({str, int, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Draft:
    """One entry as it will be written: the columns of its row, what it is about, and its leaf hash in hex."""

    row: Mapping[str, Any]
    subjects: tuple[str, ...]
    leaf: str


def draft(
    *,
    act: str,
    at: datetime,
    role: str,
    basis: str | None,
    subjects: Sequence[str],
    public: dict[str, Any],
    private: dict[str, Any],
    opens: Opens,
    ref: str,
    salts: tuple[str, str],
) -> Draft:
    """One act's entry, without a position (protocol.md §3.1–§3.3)."""
    salt, private_salt = salts
    hidden = canonical(plain(private))
    payload = texts.payload_text(
        act=act,
        at=at,
        basis=basis,
        private=texts.private_text_digest(private_salt, hidden),
        public=plain(public),
        role=str(role),
        subjects=subjects,
    )
    digest = texts.entry_digest(salt, payload)
    leaf = tree.leaf_hash(digest).hex()
    row = {
        "ref": ref,
        "act": act,
        "at": at,
        "opens": opens,
        "salt": salt,
        "payload": payload,
        "private_salt": private_salt,
        "private": hidden,
        "digest": digest,
        "leaf": leaf,
    }
    return Draft(row, tuple(subjects), leaf)


def write(session: Session, entry: Draft, *, beside: Update, given: Mapping[str, Any]) -> int:
    """Write an entry in the act's own transaction, and what goes with it (`beside`, `given` its values); the row's key.

    PostgreSQL does all of it in one question. `beside` names no column of the entry's among its parameters.
    """
    connection = session.connection()
    if not is_sqlite():
        values = {f"entry_{name}": value for name, value in entry.row.items()}
        key: int = connection.execute(
            _together(beside), {**values, "entry_subjects": list(entry.subjects), **given}
        ).scalar_one()
        return key
    key = connection.execute(WRITE_ENTRY, entry.row).scalar_one()
    connection.execute(WRITE_SUBJECTS, [{"entry_id": key, "subject": subject} for subject in entry.subjects])
    connection.execute(beside, given)
    return key


@lru_cache(maxsize=4)
def _together(beside: Update) -> ReturningUpdate[int]:
    columns = {name: bindparam(f"entry_{name}", type_=ENTRIES.c[name].type) for name in COLUMNS}
    entry = insert(ENTRIES).values(columns).returning(ENTRIES.c.id).cte("written_entry")
    subjects = func.unnest(bindparam("entry_subjects", type_=ARRAY(String())))
    about = insert(SUBJECTS).from_select(["entry_id", "subject"], select(entry.c.id, subjects)).cte("written_subject")
    return beside.add_cte(about).returning(select(entry.c.id).scalar_subquery())


def disclose(session: Session, *, by: int, acts: Collection[str], about: str) -> None:
    """Open the LATER entries of these acts about one subject that nothing has opened yet; `by` is an entry's key."""
    session.flush()
    waiting = session.connection().execute(_WAITING, {"about": about, "acts": sorted(acts)}).scalars().all()
    session.add_all(Disclosure(entry_id=entry_id, by_entry_id=by) for entry_id in waiting)
    session.flush()


def receipt(
    *, act: str, no: str | None, attempt: int | None, party: str | None, digest: str, at: datetime, leaf: str
) -> Receipt:
    """Sign what an outside party takes home (protocol.md §3.5)."""
    written = texts.receipt_text(
        market=market(), act=act, no=no, attempt=attempt, id=party or "-", hash=digest, at=at, leaf=leaf
    )
    keys = keyring()
    return Receipt(written, texts.key_id(keys.signing_public), texts.sign(keys.signing, written))


class TableNodes:
    """The complete subtrees in the table `node`, one question each."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, level: int, index: int) -> bytes:
        found = self._session.execute(select(Node.hash).where(Node.level == level, Node.index == index)).scalar_one()
        return bytes.fromhex(found)


class ChosenNodes:
    """The complete subtrees, (level, index), that are known to be needed, read at once."""

    def __init__(self, session: Session, wanted: Collection[tuple[int, int]]) -> None:
        given: dict[str, int] = {}
        for place, (level, index) in enumerate(wanted):
            given[f"level{place}"], given[f"index{place}"] = level, index
        found = session.connection().execute(_chosen(len(wanted)), given)
        self._hashes = {(level, index): bytes.fromhex(value) for level, index, value in found}

    def get(self, level: int, index: int) -> bytes:
        return self._hashes[level, index]


@lru_cache(maxsize=256)
def _chosen(count: int) -> Select[int, int, str]:
    """What `ChosenNodes` asks for so many; spelt out: SQLite would read the whole table for a list of pairs."""
    places = [
        and_(
            Node.level == bindparam(f"level{place}", type_=Integer()),
            Node.index == bindparam(f"index{place}", type_=BigInteger()),
        )
        for place in range(count)
    ]
    return select(Node.level, Node.index, Node.hash).where(or_(false(), *places))


def size(session: Session) -> int:
    """How many entries are numbered: the tree's size."""
    last = session.execute(select(func.max(Entry.position))).scalar()
    return 0 if last is None else last + 1


def number(session: Session) -> int:
    """Give indexes to what was committed, in batches ordered by (at, id); how many. Inside the chore `sequence`.

    An index is never changed and nothing is inserted before one that was shown: whatever commits later comes later.
    """
    if not is_sqlite():
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SEQUENCER})
    numbered = 0
    while True:
        waiting = session.execute(
            select(Entry.id, Entry.leaf).where(Entry.position.is_(None)).order_by(Entry.at, Entry.id).limit(BATCH)
        ).all()
        if not waiting:
            return numbered
        first = size(session)
        session.connection().execute(
            update(ENTRIES).where(ENTRIES.c.id == bindparam("entry")).values(position=bindparam("n")),
            [{"entry": entry_id, "n": first + place} for place, (entry_id, _) in enumerate(waiting)],
        )
        new = tree.extend(
            ChosenNodes(session, tree.edge(first)), size=first, leaves=[bytes.fromhex(leaf) for _, leaf in waiting]
        )
        session.execute(
            insert(Node),
            [{"level": level, "index": index, "hash": value.hex()} for (level, index), value in new.items()],
        )
        numbered += len(waiting)


def latest_head(session: Session) -> Head | None:
    """The newest signed head."""
    return session.execute(select(Head).order_by(Head.id.desc()).limit(1)).scalar_one_or_none()


def shown_head() -> Row[int, str, datetime] | None:
    """Size, root and instant of the newest signed head, as every page shows it."""
    return db.session.connection().execute(_SHOWN_HEAD).first()


def head_beside(figure: ScalarSelect[int]) -> Select[int, int | None, str | None, datetime | None]:
    """The same in one question with a figure that the page shows besides; three times None before the first head."""
    newest, one = _SHOWN_HEAD.subquery(), select(figure.label("figure")).subquery()
    return select(one.c.figure, newest.c.tree_size, newest.c.root_hash, newest.c.timestamp).select_from(
        one.outerjoin(newest, true())
    )


_SHOWN_HEAD = select(Head.tree_size, Head.root_hash, Head.timestamp).order_by(Head.id.desc()).limit(1)


def sign_head(session: Session, *, now: datetime) -> Head:
    """Sign the tree as it stands. Inside the chore `sequence`."""
    tree_size = size(session)
    keys = keyring()
    signed = texts.signed_head(
        market=market(),
        tree_size=tree_size,
        root=tree.root(ChosenNodes(session, tree.edge(tree_size)), size=tree_size),
        timestamp=now,
        private_key=keys.signing,
        public_key=keys.signing_public,
    )
    head = Head(
        tree_size=tree_size,
        root_hash=signed.root_hash,
        timestamp=now,
        key_id=signed.key_id,
        signature=signed.signature,
    )
    session.add(head)
    session.flush()
    return head


def head_members(head: Head) -> dict[str, Any]:
    """A head as `/log/head` and records show it (protocol.md §3.4)."""
    return {
        "market": market(),
        "tree_size": head.tree_size,
        "root_hash": head.root_hash,
        "timestamp": instant(head.timestamp),
        "key_id": head.key_id,
        "signature": head.signature,
    }


def first_head_over(entry: Entry) -> Head | None:
    """The first signed head that covers an entry; None while there is none."""
    if entry.position is None:
        return None
    return db.session.execute(
        select(Head).where(Head.tree_size > entry.position).order_by(Head.tree_size, Head.id).limit(1)
    ).scalar_one_or_none()


def first_head_over_ref(ref: str) -> Head | None:
    """The same of the entry whose act wrote this reference into a row, in one question."""
    return db.session.execute(_FIRST_HEAD, {"ref": ref}).scalar_one_or_none()


def entry_proofs(entries: Collection[Entry], head: Head) -> list[Mapping[str, Any]]:
    """ENTRY of protocol.md §1.6, each: index, salt, payload and the inclusion path to the head; in one question."""
    indexes = [entry.position for entry in entries if entry.position is not None]
    if len(indexes) != len(entries):
        raise ValueError("an entry without position has no proof")
    wanted = {node for index in indexes for node in tree.inclusion_nodes(index=index, size=head.tree_size)}
    nodes = ChosenNodes(db.session(), sorted(wanted))
    return [
        {
            "index": index,
            "salt": entry.salt,
            "payload": entry.payload,
            "path": tree.hexes(tree.inclusion_path(nodes, index=index, size=head.tree_size)),
        }
        for index, entry in zip(indexes, entries, strict=True)
    ]


def entry_by_ref(ref: str) -> Entry | None:
    """An entry by the reference its act wrote into a row."""
    return db.session.execute(_BY_REF, {"ref": ref}).scalar_one_or_none()


def entry_of(act: str, subject: str, *, attempt: int | None = None) -> Entry | None:
    """The newest entry of an act about a subject, of one attempt where that is asked."""
    for entry in db.session.execute(_OF_ACT, {"subject": subject, "act": act}).scalars():
        if attempt is None or json.loads(entry.payload).get("public", {}).get("attempt") == attempt:
            return entry
    return None


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as its payload tells it, whether or not it is open to the public."""

    id: int
    act: str
    subjects: tuple[str, ...]
    public: dict[str, Any]


def last_id() -> int:
    """The newest entry's row, 0 before the first: from here on `since` tells what is new."""
    return db.session.execute(select(func.max(Entry.id))).scalar() or 0


def since(entry_id: int) -> list[Told]:
    """The entries written after one, oldest first, for whoever makes the world and knows all of it."""
    rows = db.session.execute(select(Entry.id, Entry.act, Entry.payload).where(Entry.id > entry_id).order_by(Entry.id))
    found = []
    for key, name, payload in rows:
        members = json.loads(payload)
        found.append(Told(key, name, tuple(members.get("subjects", ())), members.get("public", {})))
    return found


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a timeline: a disclosed act, or several of a kind that were opened together.

    `at`, `role`, `public` and `position` are of the first of them, `count` says how many there were.
    """

    act: str
    at: datetime
    role: str
    public: dict[str, Any]
    position: int | None
    count: int = 1


def timeline(
    subject: str, *, kinds: Collection[str] = (), together: bool = False, limit: int = 200
) -> tuple[Happened, ...]:
    """What the public record says about a thing, oldest first: the last `limit` acts that are disclosed.

    `kinds`: only acts that begin with one of these words; none asks for all. `together`: what was opened since is told
    in one line for each act, because a list of registrants may be long.
    """
    given = {"subject": subject, "rows": limit}
    connection = db.session.connection()
    disclosed, opened = _timeline(tuple(kinds), together)
    found = [(row.at, row.id, _happened(row, 1)) for row in connection.execute(disclosed, given)]
    if opened is not None:
        several = connection.execute(opened, {"subject": subject})
        found += [(row.at, row.id, _happened(row, row.times)) for row in several]
    return tuple(line for _, _, line in sorted(found, key=lambda one: one[:2]))


@lru_cache(maxsize=32)
def _timeline(
    kinds: tuple[str, ...], together: bool
) -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]] | None]:
    """What `timeline` asks, with `subject` and `rows` left open; kept, every public page asks it."""
    wanted = or_(*(Entry.act.startswith(f"{kind}.") for kind in kinds)) if kinds else true()
    about = (EntrySubject.entry_id == Entry.id) & (EntrySubject.subject == bindparam("subject", type_=String()))
    shown = Entry.opens == Opens.AT_ONCE
    lines = select(Entry.id, Entry.act, Entry.at, Entry.payload, Entry.position)
    query = lines.join(EntrySubject, about).where(wanted)
    if together:
        query = query.where(shown)
    else:
        query = query.outerjoin(Disclosure, Disclosure.entry_id == Entry.id)
        query = query.where(or_(shown, Disclosure.entry_id.is_not(None)))
    query = query.order_by(Entry.at.desc(), Entry.id.desc()).limit(bindparam("rows", type_=Integer()))
    if not together:
        return query, None
    first, times = func.min(Entry.id).label("first"), func.count().label("times")
    opened = select(first, times).join(EntrySubject, about).join(Disclosure, Disclosure.entry_id == Entry.id)
    each = opened.where(wanted, Entry.opens == Opens.LATER).group_by(Entry.act).subquery()
    return query, lines.add_columns(each.c.times).join(each, each.c.first == Entry.id)


def _happened(row: Row[*tuple[Any, ...]], count: int) -> Happened:
    payload = json.loads(row.payload)
    return Happened(row.act, row.at, payload.get("role", ""), payload.get("public", {}), row.position, count)
