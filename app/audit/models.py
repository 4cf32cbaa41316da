"""The record itself: entries, their subjects, disclosures, the tree's nodes and the signed heads (protocol.md §3)."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG, Base
from app.values import Opens


class Entry(Base):
    """One act. The database refuses DELETE and every UPDATE except `position` NULL → n (migration 0002)."""

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint("position IS NULL OR position >= 0", name="position_from_zero"),
        Index(
            "ix_entry_waiting",
            "at",
            "id",
            postgresql_where=text("position IS NULL"),
            sqlite_where=text("position IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True)
    act: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime]
    opens: Mapped[Opens]
    salt: Mapped[str] = mapped_column(String(64))
    payload: Mapped[str]
    private_salt: Mapped[str] = mapped_column(String(64))
    private: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))
    leaf: Mapped[str] = mapped_column(String(64), unique=True)
    position: Mapped[int | None] = mapped_column(BigInteger, unique=True)


class EntrySubject(Base):
    """Which things an entry is about, so that a page can show its timeline."""

    __tablename__ = "entry_subject"
    __table_args__ = (Index("ix_entry_subject_subject", "subject", "entry_id"),)

    entry_id: Mapped[int] = mapped_column(BIG, ForeignKey("entry.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(80), primary_key=True)


class Disclosure(Base):
    """A LATER entry that a later act has opened."""

    __tablename__ = "disclosure"

    entry_id: Mapped[int] = mapped_column(BIG, ForeignKey("entry.id"), primary_key=True)
    by_entry_id: Mapped[int] = mapped_column(BIG, ForeignKey("entry.id"), index=True)


class Node(Base):
    """The hash of a complete subtree: level 0 are leaves, index counts subtrees of that level from the left."""

    __tablename__ = "node"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))


class Head(Base):
    """A signed head of the tree."""

    __tablename__ = "head"
    __table_args__ = (UniqueConstraint("tree_size", "timestamp"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    tree_size: Mapped[int] = mapped_column(BigInteger, index=True)
    root_hash: Mapped[str] = mapped_column(String(64))
    timestamp: Mapped[datetime]
    key_id: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(128))


class Deployment(Base):
    """The deployment's own id, set once and refused when the settings say another."""

    __tablename__ = "deployment"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    market: Mapped[str] = mapped_column(String(40))
