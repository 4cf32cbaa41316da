"""This deployment checks its own log: every entry, every node, every head, and on demand every row."""

import json
from collections.abc import Iterator

from sqlalchemy import select

from app.audit import texts, tree
from app.audit.models import Entry, Head
from app.audit.rows import UNHASHED, row_hash, row_key
from app.audit.services import head_members, market
from app.database import Base, db
from app.keyring import keyring

BATCH = 1_000


def first_difference(*, rows: bool = False) -> str | None:
    """The first thing that does not agree, as one sentence; None where everything does (protocol.md §3.7)."""
    return next(_differences(rows=rows), None)


def _differences(*, rows: bool) -> Iterator[str]:
    tower = tree.Tower()
    roots = {0: tower.root().hex()}
    last: dict[tuple[str, str], str | None] = {}
    heads = {head.tree_size for head in db.session.execute(select(Head)).scalars()}
    for entry in _entries():
        if entry.position != tower.size:
            yield f"entry {entry.ref}: position {entry.position}, expected {tower.size}"
        if texts.entry_digest(entry.salt, entry.payload) != entry.digest:
            yield f"entry {entry.position}: its payload is not the one that was recorded"
        private = json.loads(entry.private)
        if json.loads(entry.payload)["private"] != texts.private_digest(entry.private_salt, private):
            yield f"entry {entry.position}: its private part is not the one that was recorded"
        leaf = tree.leaf_hash(entry.digest)
        if leaf.hex() != entry.leaf:
            yield f"entry {entry.position}: its leaf does not follow from its digest"
        tower.append(leaf)
        if tower.size in heads:
            roots[tower.size] = tower.root().hex()
        for table, key, value in private["rows"]:
            last[(table, key)] = value
    public = keyring().signing_public
    for head in db.session.execute(select(Head).order_by(Head.id)).scalars():
        text = texts.head_text(
            market=market(), tree_size=head.tree_size, root_hash=head.root_hash, timestamp=head.timestamp
        )
        if roots.get(head.tree_size) != head.root_hash:
            yield f"head {head_members(head)}: its root is not that of the first {head.tree_size} entries"
        if not texts.verify_signature(public, text, head.signature):
            yield f"head {head_members(head)}: its signature is wrong"
    if rows:
        yield from _changed_rows(last)


def _entries() -> Iterator[Entry]:
    after = -1
    while True:
        batch = (
            db.session.execute(select(Entry).where(Entry.position > after).order_by(Entry.position).limit(BATCH))
            .scalars()
            .all()
        )
        if not batch:
            return
        yield from batch
        after = batch[-1].position or 0
        for entry in batch:
            db.session.expunge(entry)


def _changed_rows(last: dict[tuple[str, str], str | None]) -> Iterator[str]:
    waiting = db.session.execute(select(Entry.private).where(Entry.position.is_(None)).order_by(Entry.id)).scalars()
    for private in waiting:
        for table, key, value in json.loads(private)["rows"]:
            last[(table, key)] = value
    seen: set[tuple[str, str]] = set()
    for mapper in sorted(Base.registry.mappers, key=lambda found: str(found.class_.__tablename__)):
        table = mapper.class_.__tablename__
        if table in UNHASHED:
            continue
        for row in db.session.execute(select(mapper.class_)).unique().scalars():
            place = (table, row_key(row))
            seen.add(place)
            if place not in last:
                yield f"{table} {place[1]}: no act wrote this row"
            elif last[place] != row_hash(row):
                yield f"{table} {place[1]}: the row is not the one its last act wrote"
    for place, value in last.items():
        if value is not None and place not in seen:
            yield f"{place[0]} {place[1]}: the row is gone, and no act removed it"
