"""Contracts."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.values import Fen
from bidding.award.models import Award
from bidding.contract.rules import Side


class Contract(Base):
    """One per award from its acceptance on; kind and value equal the award (rules.md contract.price_equals_award).

    `provisional` marks the deadlines that are running: of signing and uploading, after an upload of its confirmation.
    """

    __tablename__ = "contract"
    __table_args__ = (
        Index(
            "ix_contract_provisional",
            "opened_at",
            postgresql_where=text("provisional"),
            sqlite_where=text("provisional = 1"),
        ),
        CheckConstraint("confirmed_at IS NULL OR uploaded_at IS NOT NULL", name="confirmed_has_upload"),
        CheckConstraint("uploaded_at IS NULL OR file IS NOT NULL", name="upload_has_file"),
        CheckConstraint("confirmed_at IS NULL OR lapsed_at IS NULL", name="confirmed_or_lapsed"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(24), unique=True)
    award_id: Mapped[int] = mapped_column(BIG, ForeignKey("award.id"), unique=True)
    opened_at: Mapped[datetime]
    sign_due_at: Mapped[datetime]
    upload_due_at: Mapped[datetime]
    provisional: Mapped[bool]
    amount_fen: Mapped[Fen | None]
    days: Mapped[int | None]
    signed_on: Mapped[date | None]
    file: Mapped[str | None] = mapped_column(String(64))
    uploaded_by: Mapped[Side | None]
    uploaded_at: Mapped[datetime | None]
    confirm_due_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    deemed: Mapped[bool]
    rejected_at: Mapped[datetime | None]
    reject_reason: Mapped[str | None]
    lapsed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    award: Mapped[Award] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}
