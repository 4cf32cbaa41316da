"""Evaluation sheets: one per contract and evaluator class."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.identity.models import Organisation
from bidding.contract.models import Contract
from ratings.evaluation.rules import Evaluator


class Sheet(Base):
    """One class's marks, 1 to 5; timeliness is the system's. No marks by the deadline: 未评价, never a default.

    `late_days` of the service are frozen when the sheet opens; `due_at` and `lock_due_at` are half-open ends, of which
    `provisional` marks the one that is running.
    """

    __tablename__ = "sheet"
    __table_args__ = (
        UniqueConstraint("contract_id", "evaluator"),
        CheckConstraint(
            "submitted_at IS NULL OR (quality BETWEEN 1 AND 5 AND timeliness BETWEEN 1 AND 5 AND fees BETWEEN 1 AND 5 "
            "AND attitude BETWEEN 1 AND 5 AND conduct BETWEEN 1 AND 5)",
            name="marks_one_to_five",
        ),
        CheckConstraint(
            "(submitted_at IS NULL) = (evaluated_by IS NULL) AND (submitted_at IS NULL) = (lock_due_at IS NULL)",
            name="marks_have_evaluator",
        ),
        CheckConstraint("locked_at IS NULL OR submitted_at IS NOT NULL", name="locked_has_marks"),
        CheckConstraint("late_days >= 0", name="late_not_negative"),
        CheckConstraint(
            "expired_at IS NULL OR submitted_at IS NULL OR submitted_at >= expired_at", name="expired_or_late"
        ),
        Index(
            "ix_sheet_provisional",
            "opened_at",
            postgresql_where=text("provisional"),
            sqlite_where=text("provisional = 1"),
        ),
        Index("ix_sheet_due", "due_at"),
        Index("ix_sheet_lock_due", "lock_due_at"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    contract_id: Mapped[int] = mapped_column(BIG, ForeignKey("contract.id"), index=True)
    evaluator: Mapped[Evaluator]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    provisional: Mapped[bool]
    late_days: Mapped[int]
    quality: Mapped[int | None]
    timeliness: Mapped[int | None]
    fees: Mapped[int | None]
    attitude: Mapped[int | None]
    conduct: Mapped[int | None]
    comment: Mapped[str | None]
    evaluated_by: Mapped[int | None] = mapped_column(BIG, ForeignKey("organisation.id"))
    submitted_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]
    lock_due_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    contract: Mapped[Contract] = relationship(lazy="joined")
    evaluating: Mapped[Organisation | None] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}
