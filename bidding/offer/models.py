"""Sealed offers: ciphertext and commitment; the body in clear only after the opening."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.values import Fen
from bidding.registration.models import Registration


class Offer(Base):
    """One envelope; `entry_ref` leads to its log entry, whose index decides which one counts (protocol.md §2.4)."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("(opened_at IS NULL) = (body IS NULL)", name="body_after_opening"),
        CheckConstraint("(body IS NULL) = (amount_fen IS NULL)", name="amount_after_opening"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    registration_id: Mapped[int] = mapped_column(BIG, ForeignKey("registration.id"), index=True)
    revision: Mapped[int]
    commitment: Mapped[str] = mapped_column(String(64), unique=True)
    envelope: Mapped[bytes]
    entry_ref: Mapped[str] = mapped_column(String(32), unique=True)
    submitted_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    body: Mapped[str | None]
    amount_fen: Mapped[Fen | None]

    registration: Mapped[Registration] = relationship(lazy="joined")
