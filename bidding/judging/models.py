"""The roster of an owner's judges, who judges an attempt, and their sheets."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from bidding.registration.models import Registration
from marketplace.announcement.models import Attempt


class Judge(Base):
    """One person of an owner's roster; `no` is his for ever, and what is drawn (protocol.md §0)."""

    __tablename__ = "judge"
    __table_args__ = (
        Index(
            "uq_judge_account",
            "account_id",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
            sqlite_where=text("retired_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(40), unique=True)
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), index=True)
    account_id: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"))
    name: Mapped[str]
    unit: Mapped[str]
    trade: Mapped[str]
    enrolled_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Panel(Base):
    """Who judges one attempt. `roster`: JSON list of the numbers at the freeze where judges are drawn, else None.

    `exhausted_at`: so many of them stepped back that too few are left, and the attempt ended.
    """

    __tablename__ = "panel"
    __table_args__ = (
        Index(
            "ix_panel_open",
            "attempt_id",
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(BIG, ForeignKey("attempt.id"), unique=True)
    roster: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    exhausted_at: Mapped[datetime | None]

    attempt: Mapped[Attempt] = relationship(lazy="joined")
    seats: Mapped[list["Seat"]] = relationship(lazy="selectin", order_by="Seat.id")


class Seat(Base):
    """One judge of one attempt; every instant is set once."""

    __tablename__ = "seat"
    __table_args__ = (
        UniqueConstraint("panel_id", "judge_id"),
        CheckConstraint("locked_at IS NULL OR declared_at IS NOT NULL", name="declared_before_locked"),
        CheckConstraint("stepped_back_at IS NULL OR declared_at IS NULL", name="declared_or_stepped_back"),
        CheckConstraint("(stepped_back_at IS NULL) = (reason IS NULL)", name="stepped_back_with_reason"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    panel_id: Mapped[int] = mapped_column(BIG, ForeignKey("panel.id"))
    judge_id: Mapped[int] = mapped_column(BIG, ForeignKey("judge.id"), index=True)
    seated_at: Mapped[datetime]
    declared_at: Mapped[datetime | None]
    stepped_back_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    locked_at: Mapped[datetime | None]

    judge: Mapped[Judge] = relationship(lazy="joined")
    lines: Mapped[list["Line"]] = relationship(lazy="selectin", order_by="Line.registration_id")


class Line(Base):
    """What a judge gives one offer, 0 … 100 points, and why; it may have gaps until the sheet is locked."""

    __tablename__ = "sheet_line"
    __table_args__ = (
        CheckConstraint("service IS NULL OR service BETWEEN 0 AND 100", name="service_points"),
        CheckConstraint("team IS NULL OR team BETWEEN 0 AND 100", name="team_points"),
    )

    seat_id: Mapped[int] = mapped_column(BIG, ForeignKey("seat.id"), primary_key=True)
    registration_id: Mapped[int] = mapped_column(BIG, ForeignKey("registration.id"), primary_key=True)
    service: Mapped[int | None]
    team: Mapped[int | None]
    reason: Mapped[str]

    registration: Mapped[Registration] = relationship(lazy="joined")
