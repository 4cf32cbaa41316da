"""The ledger: every change of credit is an event with points, basis and evidence; no score is ever stored."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG, Base
from ratings.credit.rules import EventKind


class CreditEvent(Base):
    """One line. `points` of a deduction or bonus are whole points; of a service line thousandths of 0…100.

    `weight` is the evaluator class's share in per cent, of the rulebook in force when the line was written.
    """

    __tablename__ = "credit_event"
    __table_args__ = (
        UniqueConstraint("party_id", "code", "evidence"),
        CheckConstraint("points >= 0", name="points_not_negative"),
        CheckConstraint("kind <> 'service' OR (contract_no IS NOT NULL AND weight > 0)", name="service_has_contract"),
        Index("ix_credit_event_party", "party_id", "at"),
        Index("ix_credit_event_category", "category", "kind", "at"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    party_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    kind: Mapped[EventKind]
    code: Mapped[str] = mapped_column(String(12))
    points: Mapped[int]
    category: Mapped[str | None] = mapped_column(String(2), ForeignKey("category.code"))
    evaluator: Mapped[str | None] = mapped_column(String(20))
    weight: Mapped[int]
    contract_no: Mapped[str | None] = mapped_column(String(24))
    evidence: Mapped[str] = mapped_column(String(80))
    entry_ref: Mapped[str] = mapped_column(String(32))
    rulebook: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
