"""How contracts are kept: the clock, its pauses, the deliverables."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from bidding.contract.models import Contract


class Performance(Base):
    """One per confirmed contract. `due_at` is the half-open end of the promised working days, pauses left out.

    `unknown_year`: the first year on the way to it that was published nowhere when it was computed; None = certain.
    """

    __tablename__ = "performance"
    __table_args__ = (
        Index(
            "ix_performance_provisional",
            "unknown_year",
            postgresql_where=text("unknown_year IS NOT NULL"),
            sqlite_where=text("unknown_year IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    contract_id: Mapped[int] = mapped_column(BIG, ForeignKey("contract.id"), unique=True)
    started_at: Mapped[datetime]
    days: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(index=True)
    unknown_year: Mapped[int | None]
    late_level: Mapped[int]
    done_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    contract: Mapped[Contract] = relationship(lazy="joined")
    pauses: Mapped[list["Pause"]] = relationship(lazy="selectin", order_by="Pause.id")
    deliverables: Mapped[list["Deliverable"]] = relationship(lazy="selectin", order_by="Deliverable.version")

    __mapper_args__ = {"version_id_col": version}


class Pause(Base):
    """A stretch that does not count, and why; open until it is resumed."""

    __tablename__ = "pause"
    __table_args__ = (
        Index(
            "uq_pause_open",
            "performance_id",
            unique=True,
            postgresql_where=text("until_at IS NULL"),
            sqlite_where=text("until_at IS NULL"),
        ),
        CheckConstraint("until_at IS NULL OR until_at >= from_at", name="pause_forward"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    performance_id: Mapped[int] = mapped_column(BIG, ForeignKey("performance.id"), index=True)
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    reason: Mapped[str]


class Deliverable(Base):
    """One version of what was delivered; confirmed or returned with reasons."""

    __tablename__ = "deliverable"
    __table_args__ = (
        UniqueConstraint("performance_id", "version"),
        Index(
            "ix_deliverable_provisional",
            "confirm_due_at",
            postgresql_where=text("provisional"),
            sqlite_where=text("provisional = 1"),
        ),
        CheckConstraint("confirmed_at IS NULL OR returned_at IS NULL", name="confirmed_or_returned"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(24), unique=True)
    performance_id: Mapped[int] = mapped_column(BIG, ForeignKey("performance.id"), index=True)
    version: Mapped[int]
    file: Mapped[str] = mapped_column(String(64))
    note: Mapped[str]
    uploaded_at: Mapped[datetime]
    confirm_due_at: Mapped[datetime]
    provisional: Mapped[bool] = mapped_column(default=False)
    returned_at: Mapped[datetime | None]
    return_reason: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
