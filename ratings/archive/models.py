"""Sealed archives: the manifest as it was sealed, and the documents it names."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.identity.models import Organisation
from bidding.contract.models import Contract


class Archive(Base):
    """What was sealed of a contract, never changed: the archive itself (number 1), then each supplement.

    `manifest` is the text whose SHA-256 the log tells; `sealed_by` is the organisation behind a supplement, None where
    the market sealed. `files` and `size` (bytes) count what the manifest lists.
    """

    __tablename__ = "archive"
    __table_args__ = (
        UniqueConstraint("contract_id", "number"),
        CheckConstraint("(number = 1) = (sealed_by IS NULL)", name="supplement_has_hand"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(32), unique=True)
    contract_id: Mapped[int] = mapped_column(BIG, ForeignKey("contract.id"))
    number: Mapped[int]
    sealed_at: Mapped[datetime]
    sealed_by: Mapped[int | None] = mapped_column(BIG, ForeignKey("organisation.id"))
    manifest: Mapped[str] = mapped_column(deferred=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    files: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)

    contract: Mapped[Contract] = relationship(lazy="joined")
    sealer: Mapped[Organisation | None] = relationship(lazy="joined")


class ArchiveDocument(Base):
    """One document as it was sealed; files that people handed in lie where they always did."""

    __tablename__ = "archive_document"

    archive_id: Mapped[int] = mapped_column(BIG, ForeignKey("archive.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    content: Mapped[str]
