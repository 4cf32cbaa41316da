"""What an organisation is as an agency: its application and admission; grade and sanctions are never stored here."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.identity.models import Organisation


class Agency(Base):
    """One row per organisation; the phase follows from the instants.

    The operator's time runs from the application, or from the last supplement. `provisional` marks the deadline that is
    running: of the check, the supplement or the publicity.
    """

    __tablename__ = "agency"
    __table_args__ = (
        CheckConstraint("admitted_at IS NULL OR rejected_at IS NULL", name="admitted_or_rejected"),
        CheckConstraint("publicity_ends_at IS NULL OR passed_at IS NOT NULL", name="publicity_after_check"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), unique=True)
    legal_representative: Mapped[str]
    contact: Mapped[str]
    phone: Mapped[str]
    address: Mapped[str]
    introduction: Mapped[str]
    commitments: Mapped[tuple[str, ...]]
    sort_key: Mapped[str] = mapped_column(index=True)
    initials: Mapped[str]
    applied_at: Mapped[datetime]
    check_due_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    asked_for: Mapped[str | None]
    asked_rounds: Mapped[int]
    supplement_due_at: Mapped[datetime | None]
    supplemented_at: Mapped[datetime | None]
    passed_at: Mapped[datetime | None]
    publicity_ends_at: Mapped[datetime | None] = mapped_column(index=True)
    rejected_at: Mapped[datetime | None]
    reject_reason: Mapped[str | None]
    provisional: Mapped[bool] = mapped_column(default=False)
    admitted_at: Mapped[datetime | None] = mapped_column(index=True)
    version: Mapped[int] = mapped_column()

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)

    __mapper_args__ = {"version_id_col": version}
