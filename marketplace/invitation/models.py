"""Invitations: one row per organisation that was invited; no account and no application before it comes itself."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG, Base


class Invitation(Base):
    """A letter. The one-time code in it stands nowhere: it follows from the deployment's key, code and instant."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("(accepted_at IS NULL) = (organisation_id IS NULL)", name="accepted_by_somebody"),
        CheckConstraint("expires_at > invited_at", name="counts_for_a_time"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    code: Mapped[str] = mapped_column(String(18), unique=True)
    name: Mapped[str]
    region: Mapped[str] = mapped_column(String(6), ForeignKey("region.code"), index=True)
    legal_representative: Mapped[str]
    contact: Mapped[str]
    phone: Mapped[str]
    address: Mapped[str]
    introduction: Mapped[str]
    invited_by: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    organisation_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("organisation.id"))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
