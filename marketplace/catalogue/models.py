"""Categories, qualifications, items and their versions; a version is never rewritten."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG, Base


class Category(Base):
    """One of the 13 categories (rules.md §5)."""

    __tablename__ = "category"

    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str]


class Qualification(Base):
    """A qualification code; `part_of` names the wider licence that whoever holds this one also satisfies."""

    __tablename__ = "qualification"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str]
    grades: Mapped[tuple[str, ...]]
    authority: Mapped[str] = mapped_column(String(40), ForeignKey("authority.code"))
    part_of: Mapped[str | None] = mapped_column(String(40))


class Item(Base):
    """A service item; its code is never re-used."""

    __tablename__ = "item"

    code: Mapped[str] = mapped_column(String(4), primary_key=True)
    category: Mapped[str] = mapped_column(String(2), ForeignKey("category.code"), index=True)


class ItemVersion(Base):
    """What an item is from a date on; `verified` names the columns read in a source, all others show 未核实."""

    __tablename__ = "item_version"
    __table_args__ = (
        UniqueConstraint("item_code", "version"),
        UniqueConstraint("item_code", "effective_from"),
        CheckConstraint("version >= 1", name="versions_from_one"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    item_code: Mapped[str] = mapped_column(String(4), ForeignKey("item.code"), index=True)
    version: Mapped[int]
    effective_from: Mapped[date]
    published_at: Mapped[datetime]
    name: Mapped[str]
    authorities: Mapped[tuple[str, ...]]
    approval: Mapped[str]
    basis: Mapped[str]
    q: Mapped[str] = mapped_column(String(10))
    qualification: Mapped[str]
    requires: Mapped[tuple[str, ...]]
    units: Mapped[tuple[str, ...]]
    fee_nature: Mapped[str] = mapped_column(String(10))
    fee_basis: Mapped[str]
    self_service: Mapped[bool]
    days: Mapped[int | None]
    evidence: Mapped[str] = mapped_column(String(10))
    verified: Mapped[tuple[str, ...]]
    sources: Mapped[tuple[str, ...]]
    note: Mapped[str | None]
