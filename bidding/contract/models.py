"""Contracts, and what either side asked for after that."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base, Code
from app.values import Fen
from bidding.award.models import Award
from bidding.contract.rules import Breach, Cause, Kind, Outcome, Side


class Contract(Base):
    """One per award from its acceptance on; kind and value equal the award (rules.md contract.price_equals_award).

    Price and days stay those of its first version for good; the later ones stand in the requests that made them.
    `won_fen` and `won_days` are the award's, where the rulebook binds the contract to them, None where it does not:
    then the database takes no other price and no longer time.

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
        ForeignKeyConstraint(
            ["award_id", "won_fen", "won_days"],
            ["award.id", "award.amount_fen", "award.promised_days"],
            name="fk_contract_won",
        ),
        CheckConstraint("(won_fen IS NULL) = (won_days IS NULL)", name="won_whole"),
        CheckConstraint("won_fen IS NULL OR amount_fen IS NULL OR amount_fen = won_fen", name="price_equals_award"),
        CheckConstraint("won_days IS NULL OR days IS NULL OR days <= won_days", name="days_within_award"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(24), unique=True)
    award_id: Mapped[int] = mapped_column(BIG, ForeignKey("award.id"), unique=True)
    opened_at: Mapped[datetime]
    sign_due_at: Mapped[datetime]
    upload_due_at: Mapped[datetime]
    provisional: Mapped[bool]
    won_fen: Mapped[Fen | None]
    won_days: Mapped[int | None]
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

    award: Mapped[Award] = relationship(lazy="joined", foreign_keys=award_id, primaryjoin=award_id == Award.id)
    requests: Mapped[list["ContractRequest"]] = relationship(lazy="selectin", order_by="ContractRequest.number")

    __mapper_args__ = {"version_id_col": version}


class ContractRequest(Base):
    """What one side asked of the other, or filed with the regulator, and what became of it; never changed afterwards.

    `days` are working days more; `amount_fen` is a whole new price, or what settles an end. `version` is that of the
    contract which it made (the first is the contract itself), `ends` whether it ended it. `breach` is what the
    purchaser filed, `found` what the regulator found. Where the purchaser has not answered in time, `unanswered_at`
    says when that was recorded.
    """

    __tablename__ = "contract_request"
    __table_args__ = (
        UniqueConstraint("contract_id", "number"),
        Index(
            "uq_contract_request_open",
            "contract_id",
            "kind",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
        Index(
            "uq_contract_request_ends",
            "contract_id",
            unique=True,
            postgresql_where=text("ends"),
            sqlite_where=text("ends = 1"),
        ),
        Index(
            "ix_contract_request_due",
            "answer_due_at",
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_has_outcome"),
        CheckConstraint("version IS NULL OR outcome = 'agreed'", name="version_agreed"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    contract_id: Mapped[int] = mapped_column(BIG, ForeignKey("contract.id"))
    number: Mapped[int]
    kind: Mapped[Kind]
    asked_by: Mapped[Side]
    asked_at: Mapped[datetime]
    reason: Mapped[str]
    days: Mapped[int | None]
    amount_fen: Mapped[Fen | None]
    content: Mapped[str | None]
    cause: Mapped[Cause | None]
    breach: Mapped[Breach | None]
    found: Mapped[Breach | None] = mapped_column(Code(Breach, name="found"))
    file: Mapped[str | None] = mapped_column(String(64))
    answer_due_at: Mapped[datetime]
    provisional: Mapped[bool]
    unanswered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]
    answer: Mapped[str | None]
    version: Mapped[int | None]
    ends: Mapped[bool]
