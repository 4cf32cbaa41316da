"""Prepared acts."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG, Base


class PreparedAct(Base):
    """An act, its subject and input, prepared by one account and waiting for another; never a sealed one.

    `region`: where what it is about lies, None where nothing says so: of which branch the other office must be.
    `subject_version`: as which version its subject stood when it was prepared, None where nobody counts them.
    """

    __tablename__ = "prepared_act"

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(16), unique=True)
    act: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str | None] = mapped_column(String(80))
    input: Mapped[str]
    region: Mapped[str | None] = mapped_column(String(6), ForeignKey("region.code"))
    account_id: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"))
    party_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), index=True)
    prepared_at: Mapped[datetime]
    performed_at: Mapped[datetime | None]
    performed_by: Mapped[int | None] = mapped_column(BIG, ForeignKey("account.id"))
    withdrawn_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    subject_version: Mapped[int | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
