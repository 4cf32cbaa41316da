"""Warnings and alarms, one of each for a limit; outages."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG, Base
from app.watch.rules import Failed, Level, Reason


class Alarm(Base):
    """What was raised about one limit of one thing: a warning before, an alarm after, each once.

    `since_at` is the instant that the limit's chapter stores; the end follows from it. `met_at`: when the clockwork saw
    that it was done after all. `party_id`: the organisation that must act, NULL where offices must.
    """

    __tablename__ = "alarm"
    __table_args__ = (
        UniqueConstraint("watch", "no", "since_at", "level"),
        CheckConstraint("closed_by IS NULL OR closed_at IS NOT NULL", name="closed_by_a_hand"),
        CheckConstraint("(closed_by IS NULL) = (reason IS NULL)", name="hand_gives_reason"),
        CheckConstraint("(assigned_at IS NULL) = (assigned_party_id IS NULL)", name="assigned_to_somebody"),
        Index("ix_alarm_no", "no"),
        Index(
            "ix_alarm_open",
            "region",
            "id",
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    ref: Mapped[str] = mapped_column(String(16), unique=True)
    watch: Mapped[str] = mapped_column(String(40))
    no: Mapped[str] = mapped_column(String(40))
    since_at: Mapped[datetime]
    level: Mapped[Level]
    ends_at: Mapped[datetime]
    region: Mapped[str] = mapped_column(String(6), ForeignKey("region.code"))
    title: Mapped[str]
    party_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("organisation.id"))
    authority: Mapped[str | None] = mapped_column(String(40), ForeignKey("authority.code"))
    raised_at: Mapped[datetime]
    met_at: Mapped[datetime | None]
    assigned_at: Mapped[datetime | None]
    assigned_party_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("organisation.id"))
    assigned_account_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("account.id"))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(BIG, ForeignKey("organisation.id"))
    reason: Mapped[Reason | None]
    explanation: Mapped[str | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class Outage(Base):
    """When the market, or a part of it, could not be used in a branch; `evidence` is a file's SHA-256."""

    __tablename__ = "outage"
    __table_args__ = (CheckConstraint("since_at < until_at", name="outage_forward"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(16), unique=True)
    since_at: Mapped[datetime]
    until_at: Mapped[datetime]
    region: Mapped[str] = mapped_column(String(6), ForeignKey("region.code"))
    failed: Mapped[Failed]
    explanation: Mapped[str]
    evidence: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    agreed_by: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
