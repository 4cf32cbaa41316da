"""Certificates of agencies."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from marketplace.agency.models import Agency


class Credential(Base):
    """One certificate; valid from its first day to the end of its last one, and only once the authority verified it."""

    __tablename__ = "credential"
    __table_args__ = (
        UniqueConstraint("qualification", "certificate_no", "agency_id", "valid_from"),
        CheckConstraint("valid_from <= valid_until", name="valid_period"),
        CheckConstraint("verified_at IS NULL OR refused_at IS NULL", name="verified_or_refused"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(20), unique=True)
    agency_id: Mapped[int] = mapped_column(BIG, ForeignKey("agency.id"), index=True)
    qualification: Mapped[str] = mapped_column(String(40), ForeignKey("qualification.code"))
    grade: Mapped[str]
    certificate_no: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    file: Mapped[str | None] = mapped_column(String(64))
    submitted_at: Mapped[datetime]
    verify_due_at: Mapped[datetime]
    provisional: Mapped[bool] = mapped_column(default=False)
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[int | None] = mapped_column(BIG, ForeignKey("organisation.id"))
    refused_at: Mapped[datetime | None]
    refuse_reason: Mapped[str | None]

    agency: Mapped[Agency] = relationship(lazy="joined", innerjoin=True)
