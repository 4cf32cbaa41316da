"""A notice is a row: written inside the act, delivered after it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG, Base


class Notice(Base):
    """One notice to one organisation; its sentence is the template named by the act.

    Outside it is called by `ref`: consecutive numbers would tell how many others were told.
    """

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_party", "party_id", "at", "ref"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    ref: Mapped[str] = mapped_column(String(16), unique=True)
    party_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    act: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str | None] = mapped_column(String(80))
    body: Mapped[str]
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Delivery(Base):
    """One channel's record of one notice: attempts in real time, and when it arrived."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("notice_id", "channel"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    notice_id: Mapped[int] = mapped_column(BIG, ForeignKey("notice.id"))
    channel: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int]
    tried_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    error: Mapped[str | None]
