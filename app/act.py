"""The one door to a commit: an act with its record, notices and receipt; and chores, each with its own few tables."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Protocol, TypeVar, TypeVarTuple

import sqlalchemy
from sqlalchemy import Insert, Row, Select, Table, UniqueConstraint, bindparam, event, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import String

from app import built
from app.actor import OUTSIDE, Actor, Role
from app.audit import services as audit
from app.audit.canonical import canonical
from app.audit.rows import UNHASHED, Written, input_members, values_of
from app.chance import Chance
from app.clock import clock, held_by_another
from app.database import Base, db, is_sqlite, one_writer, only_read
from app.keyring import keyring
from app.refusal import AlreadyDone, NotFound, NotYours, Refusal, Refused, Stale
from app.values import Done, Nothing, Opens, Receipt

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class UnrecordedAct(Exception):
    """An act that named no subject, or rows written outside any act."""


class NestedAct(Exception):
    """An act inside an act: use a step."""


class NoInstantYet(Exception):
    """`deed.now` before a lock was taken: a deadline would be judged too early."""


class IdempotencyKey(Base):
    """What was done under a key: an HMAC of act, subject and input, never the input; and the answer."""

    __tablename__ = "idempotency_key"

    account: Mapped[str] = mapped_column(String(24), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    seal: Mapped[str] = mapped_column(String(64))
    ref: Mapped[str | None] = mapped_column(String(32))
    subject: Mapped[str | None] = mapped_column(String(80))
    receipt_text: Mapped[str | None]
    receipt_key_id: Mapped[str | None]
    receipt_signature: Mapped[str | None]


KEYS: Table = Base.metadata.tables["idempotency_key"]
CLAIMS = {
    name: insert(KEYS).on_conflict_do_nothing().returning(KEYS.c.key)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
ANSWER = (
    update(KEYS)
    .where(KEYS.c.account == bindparam("by"), KEYS.c.key == bindparam("under"))
    .values(
        ref=bindparam("answered_ref"),
        subject=bindparam("answered_subject"),
        receipt_text=bindparam("answered_text"),
        receipt_key_id=bindparam("answered_key_id"),
        receipt_signature=bindparam("answered_signature"),
    )
)
"""Written once: every act says them."""

Follower = Callable[["Deed"], None]


@dataclass(frozen=True, slots=True)
class Passing:
    """An act that passes two hands of one organisation: the version of its subject, and what stands against it now."""

    version: int
    refusals: tuple[Refusal, ...]


class Passes(Protocol):
    """Asked before an act is handed in, as of `now`; None where one person is enough."""

    def __call__(self, actor: Actor, subject: str | None, input: Any, /, *, now: datetime) -> Passing | None: ...


class Ahead(Protocol):
    """What stands against an act that wants another's hand, as of `now`: told to its first hand, who can still mend."""

    def __call__(self, actor: Actor, subject: str | None, input: Any, /, *, now: datetime) -> Iterable[Refusal]: ...


@dataclass(frozen=True)
class Wiring:
    """What the stages said, gathered once by the factory; acts by their one name."""

    may: Mapping[str, frozenset[Role]]
    consent: Mapping[str, Role]
    second: frozenset[str]
    passes: Mapping[str, Passes]
    ahead: Mapping[str, Ahead]
    opens: Mapping[str, Opens]
    discloses: Mapping[str, frozenset[str]]
    hears: Mapping[str, tuple[Follower, ...]]
    after: tuple[Follower, ...]
    sealed: frozenset[str]
    constraints: Mapping[str, Refusal]

    def role(self, name: str, actor: Actor) -> Role:
        """The role in which the actor performs the act; raises `NotYours` without one, or without the hand it wants."""
        allowed = self.may[name] & actor.roles
        if not allowed:
            raise NotYours(name)
        hand = actor.agreed
        if name in self.second and (
            hand is None or hand.account_id == actor.account_id or hand.party_id != actor.party_id
        ):
            raise NotYours(name)
        if name in self.consent and (
            hand is None or hand.role is not self.consent[name] or hand.party_id == actor.party_id
        ):
            raise NotYours(name)
        return sorted(allowed)[0]


def wiring() -> Wiring:
    """The wiring of the application in context."""
    found: Wiring = built.part("wiring")
    return found


def chance() -> Chance:
    """The chance the application was built with; read by services that must make something unpredictable."""
    found: Chance = built.part("chance")
    return found


@dataclass(eq=False)
class Deed:
    """One act under way: its transaction, its lock, its instant and what will be recorded of it."""

    act: str
    actor: Actor
    role: Role
    key: str
    # Never printed: an exception that shows a deed must not show a sealed amount.
    input: object = field(repr=False)
    session: Session
    began: datetime
    ref: str
    attempt: int | None = None
    basis: str | None = None
    party_code: str | None = None
    subject: str | None = None
    subjects: list[str] = field(default_factory=list)
    public: dict[str, Any] = field(default_factory=dict)
    private: dict[str, Any] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    done: Done | None = None
    _commitment: str | None = None
    _now: datetime | None = None

    @property
    def now(self) -> datetime:
        """The instant that decides: market time, read after the lock was held."""
        if self._now is None:
            raise NoInstantYet(self.act)
        return self._now

    def lock(self, query: Select[T], *, share: bool = False) -> T:
        """The one row of the query, locked until the commit; submitters share, closers exclude. Raises `NotFound`.

        A share is never raised to exclusive inside one act: lock exclusively at once where that may be needed.
        """
        row = self.session.execute(
            query.with_for_update(read=share).execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if row is None:
            raise NotFound(self.act)
        self._now = clock().market()
        return row

    def lock_kept(
        self,
        query: Select[*Ts],
        given: Mapping[str, object],
        *,
        share: bool = False,
        of: type[Base] | None = None,
    ) -> Row[*Ts] | None:
        """The same with a question that is kept and asked with other values each time; None where it finds no row.

        `of`: whose rows are locked, where the question reads several; all of them without it.
        """
        row = self.session.execute(_locking(query, share, of), given).one_or_none()
        if row is not None:
            self._now = clock().market()
        return row

    def lock_none(self) -> None:
        """For acts that create and have nothing to lock: from here on there is a `now`."""
        self._now = clock().market()

    def add(self, row: T) -> T:
        """Write a new row, at once, so that its key and its constraints are known."""
        self.session.add(row)
        self.session.flush()
        return row

    def insert(self, kind: type[Base], **values: Any) -> int | None:
        """Write a new row that this act does not look at again: in the record like any other, and past the mapper.

        Its key where the database makes it, else None. Raises `TypeError` for what is no column, or is missing.
        """
        table: Any = kind.__table__
        row = values_of(kind, values)
        self.session.flush()
        made = [column for column in table.primary_key if column.name not in row]
        found = self.session.connection().execute(_inserting(kind, bool(made)), row)
        key: int | None = found.scalar_one() if made else None
        self.session.info["written"].hashed(kind, {**{column.name: key for column in made}, **row})
        return key

    def on(self, kind: str, no: str) -> None:
        """Name a thing the act is about, as `<kind>:<public number>`; at least one, or `UnrecordedAct`."""
        subject = f"{kind}:{no}"
        if subject not in self.subjects:
            self.subjects.append(subject)

    def about(self, kind: str) -> str | None:
        """The public number of the first subject of a kind; followers find their thing by it."""
        prefix = kind + ":"
        return next((subject[len(prefix) :] for subject in self.subjects if subject.startswith(prefix)), None)

    def tell(self, **members: Any) -> None:
        """Members of the entry's public part: strings, integers, booleans, instants, lists of them."""
        self.public.update(members)

    def keep(self, **members: Any) -> None:
        """Members of the entry's private part (personal data)."""
        self.private.update(members)

    def disclose(self, kind: str, no: str) -> None:
        """Open the earlier LATER entries about a thing that this act discloses by the stages' tables."""
        self.opened.append(f"{kind}:{no}")

    def commit_to(self, commitment: str) -> None:
        """The receipt carries this commitment instead of a hash of the input (sealed offers)."""
        self._commitment = commitment

    @property
    def receipt_hash(self) -> str:
        """protocol.md §3.5: an offer's commitment, otherwise SHA-256 of the canonical JSON of the input."""
        if self._commitment is not None:
            return self._commitment
        return hashlib.sha256(canonical(input_members(self.input)).encode()).hexdigest()

    def answer(self) -> Done:
        """What the command returns; only after the block."""
        if self.done is None:
            raise UnrecordedAct(self.act)
        return self.done


@lru_cache(maxsize=32)
def _locking(query: Select[*Ts], share: bool, of: type[Base] | None) -> Select[*Ts]:
    # To build a question anew takes longer than to answer it.
    return query.with_for_update(read=share, of=of).execution_options(populate_existing=True)


@lru_cache(maxsize=32)
def _inserting(kind: type[Base], returning: bool) -> Insert:
    table: Any = kind.__table__
    statement = sqlalchemy.insert(table)
    return statement.returning(*table.primary_key) if returning else statement


NOTHING = Nothing()


@contextmanager
def act(
    name: StrEnum, *, actor: Actor, key: str, subject: str | None = None, input: object = NOTHING
) -> Iterator[Deed]:
    """Open the one transaction of an act; leaving the block records, tells, receipts and commits it.

    Raises `AlreadyDone` before the block when the same key was used for the same thing, `Refused` (code `key_reused`)
    when it was used for another, `NotYours` without role or hand, `Stale` when an edited row changed meanwhile. Any
    exception rolls everything back, also the record.
    """
    wired = wiring()
    role = wired.role(name, actor)
    session = db.session()
    if "deed" in session.info or "chore" in session.info:
        raise NestedAct(name)
    with one_writer():
        _begin(session)
        deed = Deed(
            act=str(name),
            actor=actor,
            role=role,
            key=key,
            input=input,
            session=session,
            began=clock().market(),
            ref=chance().secret().hex()[:32],
            subject=subject,
            party_code=actor.code,
        )
        session.info["deed"] = deed
        session.info["written"] = Written()
        try:
            if held_by_another(session):
                raise Refused([Refusal("clock_moving")])
            _claim(deed)
            yield deed
            _finish(deed, wired)
            session.commit()
        except IntegrityError as error:
            session.rollback()
            refusal = wired.constraints.get(violated(error))
            if refusal is None:
                raise
            raise Refused([refusal]) from error
        except StaleDataError as error:
            session.rollback()
            raise Stale(str(name)) from error
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("deed", None)
            session.info.pop("written", None)


def _begin(session: Session) -> None:
    if not is_sqlite() and only_read(session):
        # Each statement of PostgreSQL's READ COMMITTED sees what is committed by then: go on where the login has read.
        if session.expire_on_commit:
            session.expire_all()
        return
    # The login has opened a read transaction; writing through it would fail with "database is locked".
    # A world's maker, whose session does not expire, also remembers what was read.
    if only_read(session) or not (session.expire_on_commit or session.new or session.dirty or session.deleted):
        session.commit()
    else:
        session.rollback()
    session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})


def _claim(deed: Deed) -> None:
    """Write the key first: whoever comes with the same key waits here for the first one's commit."""
    account = str(deed.actor.account_id or deed.role)
    text = canonical({"act": deed.act, "input": input_members(deed.input, whole=True), "subject": deed.subject})
    seal = hmac.new(keyring().secret, text.encode(), hashlib.sha256).hexdigest()
    claim = CLAIMS["sqlite" if is_sqlite() else "postgresql"]
    written = {"account": account, "key": deed.key, "seal": seal}
    if deed.session.connection().execute(claim, written).scalar() is not None:
        return
    known = deed.session.get_one(IdempotencyKey, (account, deed.key))
    if not hmac.compare_digest(known.seal, seal):
        raise Refused([Refusal("key_reused")])
    raise AlreadyDone(known.subject, _receipt_of(known))


def _receipt_of(known: IdempotencyKey) -> Receipt | None:
    if known.receipt_text is None:
        return None
    return Receipt(known.receipt_text, known.receipt_key_id or "", known.receipt_signature or "")


def _finish(deed: Deed, wired: Wiring) -> None:
    for follower in wired.hears.get(deed.act, ()):
        follower(deed)
    for follower in wired.after:
        follower(deed)
    session = deed.session
    session.flush()
    if not deed.subjects:
        raise UnrecordedAct(deed.act)
    private: dict[str, Any] = {**deed.private, "rows": session.info["written"].hashes()}
    if deed.actor.account_id is not None:
        private["account"] = deed.actor.account_id
    if deed.actor.agreed is not None:
        private["agreed"] = deed.actor.agreed.account_id
    if deed.act not in wired.sealed and not isinstance(deed.input, Nothing):
        private["input"] = input_members(deed.input)
    entry = audit.draft(
        act=deed.act,
        at=deed.now,
        role=deed.role,
        basis=deed.basis,
        subjects=deed.subjects,
        public=deed.public,
        private=private,
        opens=wired.opens[deed.act],
        ref=deed.ref,
        salts=(chance().secret().hex(), chance().secret().hex()),
    )
    receipt = None
    if deed.role in OUTSIDE:
        receipt = audit.receipt(
            act=deed.act,
            no=deed.subject,
            attempt=deed.attempt,
            party=deed.party_code,
            digest=deed.receipt_hash,
            at=deed.now,
            leaf=entry.leaf,
        )
    answered = {
        "by": str(deed.actor.account_id or deed.role),
        "under": deed.key,
        "answered_ref": deed.ref,
        "answered_subject": deed.subject,
        "answered_text": None if receipt is None else receipt.text,
        "answered_key_id": None if receipt is None else receipt.key_id,
        "answered_signature": None if receipt is None else receipt.signature,
    }
    written = audit.write(session, entry, beside=ANSWER, given=answered)
    for about in deed.opened:
        audit.disclose(session, by=written, acts=wired.discloses[deed.act], about=about)
    deed.done = Done(deed.act, deed.subject, deed.now, receipt)


CHORES: Mapping[str, frozenset[str]] = {
    "sign in": frozenset({"sign_in_attempt", "sign_in_session"}),
    "token": frozenset({"api_token"}),
    "deliver": frozenset({"delivery"}),
    "read": frozenset({"notice"}),
    "sequence": frozenset({"entry", "node", "head"}),
    "reference": frozenset({"region", "authority"}),
    "clock": frozenset({"clock"}),
    "upload": frozenset({"upload"}),
    "intake": frozenset({"intake", "intake_row"}),
    "deployment": frozenset({"deployment"}),
    "pulse": frozenset({"pulse"}),
}
"""What is no act, and the only tables each may write; all of them are in `UNHASHED`."""


@contextmanager
def chore(name: str) -> Iterator[Session]:
    """A commit that is no act (sign-in attempts, deliveries, numbering); refuses every table but its own short list."""
    session = db.session()
    if "deed" in session.info or "chore" in session.info:
        raise NestedAct(name)
    with one_writer():
        _begin(session)
        session.info["chore"] = CHORES[name]
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("chore", None)


def _before_flush(session: Session, *_: object) -> None:
    """Rows are written inside an act, or by a chore that may."""
    if "deed" in session.info:
        return
    allowed = session.info.get("chore", frozenset())
    for row in (*session.new, *session.deleted, *(row for row in session.dirty if session.is_modified(row))):
        if row.__tablename__ not in allowed:
            raise UnrecordedAct(row.__tablename__)


def _after_flush(session: Session, *_: object) -> None:
    written = session.info.get("written")
    if written is None:
        return
    for row in (*session.new, *session.dirty):
        if row.__tablename__ not in UNHASHED:
            written.kept(row)
    for row in session.deleted:
        if row.__tablename__ not in UNHASHED:
            written.gone(row)


event.listen(db.session, "before_flush", _before_flush)
event.listen(db.session, "after_flush", _after_flush)


def violated(error: IntegrityError) -> str:
    """The name of the constraint that was violated, also on SQLite, which names columns only."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name)
    text = str(error.orig)
    columns = text.partition("failed: ")[2]
    return _unique_by_columns().get(columns, columns)


def _unique_by_columns() -> dict[str, str]:
    names: dict[str, str] = {}
    for table in Base.metadata.tables.values():
        for constraint in (*table.constraints, *table.indexes):
            if isinstance(constraint, UniqueConstraint) or getattr(constraint, "unique", False):
                names[_columns(table, constraint)] = str(getattr(constraint, "name", ""))
    return names


def _columns(table: Table, constraint: Any) -> str:
    return ", ".join(f"{table.name}.{column.name}" for column in constraint.columns)
