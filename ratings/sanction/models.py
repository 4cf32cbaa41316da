"""Sanctions in force and past; each ends by itself."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG, Base
from ratings.sanction.rules import SanctionKind


class Sanction(Base):
    """One decision of a competent authority by two accounts; bars in the half-open period [from_at, until_at)."""

    __tablename__ = "sanction"
    __table_args__ = (
        CheckConstraint("until_at > from_at", name="ends_after_it_begins"),
        CheckConstraint("decided_by <> seconded_by", name="two_accounts"),
        Index("ix_sanction_party", "party_id", "until_at"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(20), unique=True)
    party_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    kind: Mapped[SanctionKind]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    facts: Mapped[str]
    basis: Mapped[str]
    authority: Mapped[str] = mapped_column(String(40), ForeignKey("authority.code"))
    rulebook: Mapped[str] = mapped_column(String(40))
    decided_at: Mapped[datetime]
    decided_by: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"))
    seconded_by: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"))
