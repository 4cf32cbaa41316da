"""What an organisation is as a purchaser."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.identity.models import Organisation
from marketplace.purchaser.rules import PurchaserKind


class Purchaser(Base):
    """One row per organisation; checked within a day where public funds are used (rules.md owner.registration)."""

    __tablename__ = "purchaser"
    __table_args__ = (CheckConstraint("checked_at IS NULL OR returned_at IS NULL", name="checked_or_returned"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), unique=True)
    kind: Mapped[PurchaserKind]
    funds: Mapped[tuple[str, ...]]
    contact: Mapped[str]
    phone: Mapped[str]
    registered_at: Mapped[datetime]
    check_due_at: Mapped[datetime | None]
    provisional: Mapped[bool] = mapped_column(default=False)
    checked_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    return_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column()

    organisation: Mapped[Organisation] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}
