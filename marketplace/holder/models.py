"""Holders of keys: which office, since when, with which public key; the private one is on no server."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.actor import Role
from app.database import BIG, Base
from app.identity.models import Organisation

IN_FORCE = text("ended_at IS NULL")


class Holder(Base):
    """One public key of one office, 64 hex digits; in force until `ended_at`, when it was replaced or laid down."""

    __tablename__ = "holder"
    __table_args__ = (
        CheckConstraint("role IN ('operator', 'regulator', 'supervisor')", name="an_office"),
        CheckConstraint("ended_at IS NULL OR ended_at >= enrolled_at", name="ended_after_enrolment"),
        Index("uq_holder_kind", "region", "role", unique=True, postgresql_where=IN_FORCE, sqlite_where=IN_FORCE),
        Index("uq_holder_office", "organisation_id", unique=True, postgresql_where=IN_FORCE, sqlite_where=IN_FORCE),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    role: Mapped[Role]
    region: Mapped[str] = mapped_column(String(6), ForeignKey("region.code"))
    public_key: Mapped[str] = mapped_column(String(64), unique=True)
    enrolled_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="joined")
