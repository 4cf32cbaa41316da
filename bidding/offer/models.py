"""Sealed offers: ciphertext and commitment; the body in clear only after the opening."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.values import Fen, Ppm
from bidding.registration.models import Registration

BROKEN = "broken_at IS NOT NULL AND lapsed_at IS NULL AND opened_at IS NULL"


class PriceQuestion(Base):
    """A price so low that its agency must explain it until `due_at`; then the purchaser decides with reasons.

    `file` (SHA-256) came with the statement; `decide_due_at`: until when the purchaser should have decided on it.
    `provisional` marks the one of the two limits that is running.
    `accepted` is None until it is decided; False without a statement where none came in time.
    """

    __tablename__ = "price_question"
    __table_args__ = (
        CheckConstraint("(stated_at IS NULL) = (statement IS NULL)", name="stated_with_words"),
        CheckConstraint("(decided_at IS NULL) = (accepted IS NULL)", name="decided_with_answer"),
        CheckConstraint(
            "decided_at IS NULL OR (stated_at IS NULL) = (reason IS NULL)", name="a_statement_is_answered_with_reasons"
        ),
        CheckConstraint("accepted IS NULL OR NOT accepted OR stated_at IS NOT NULL", name="accepted_what_was_stated"),
        Index(
            "ix_price_question_open",
            "due_at",
            postgresql_where=text("decided_at IS NULL"),
            sqlite_where=text("decided_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    offer_id: Mapped[int] = mapped_column(BIG, ForeignKey("offer.id"), unique=True)
    due_at: Mapped[datetime]
    provisional: Mapped[bool] = mapped_column(default=False)
    stated_at: Mapped[datetime | None]
    statement: Mapped[str | None]
    file: Mapped[str | None] = mapped_column(String(64))
    decide_due_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    accepted: Mapped[bool | None]
    reason: Mapped[str | None]

    offer: Mapped["Offer"] = relationship(lazy="joined")


class Offer(Base):
    """One envelope; `entry_ref` leads to its log entry, whose index decides which one counts (protocol.md §2.4).

    `rate_ppm`: the discount that the opened body says, where a rate is asked for; `amount_fen` is then what follows.
    `broken_at`: it, or a file of it, did not open, and its agency may hand that in until `hand_in_due_at`; `legible`:
    the body did open. `handed_in` is the body that came, sealed again until the opening; `lapsed_at`: not all came.
    """

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("(opened_at IS NULL) = (body IS NULL)", name="body_after_opening"),
        CheckConstraint("(body IS NULL) = (amount_fen IS NULL)", name="amount_after_opening"),
        CheckConstraint("rate_ppm IS NULL OR body IS NOT NULL", name="rate_after_opening"),
        CheckConstraint("(broken_at IS NULL) = (hand_in_due_at IS NULL)", name="broken_has_a_limit"),
        CheckConstraint("(handed_in_at IS NULL) = (handed_in IS NULL)", name="handed_in_with_body"),
        CheckConstraint("handed_in_at IS NULL OR broken_at IS NOT NULL", name="body_of_broken"),
        CheckConstraint("NOT legible OR (broken_at IS NOT NULL AND handed_in_at IS NULL)", name="legible_of_broken"),
        CheckConstraint("lapsed_at IS NULL OR (broken_at IS NOT NULL AND opened_at IS NULL)", name="lapsed_unopened"),
        Index(
            "ix_offer_broken",
            "hand_in_due_at",
            postgresql_where=text(BROKEN),
            sqlite_where=text(BROKEN),
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    registration_id: Mapped[int] = mapped_column(BIG, ForeignKey("registration.id"), index=True)
    revision: Mapped[int]
    commitment: Mapped[str] = mapped_column(String(64), unique=True)
    envelope: Mapped[bytes]
    entry_ref: Mapped[str] = mapped_column(String(32), unique=True)
    submitted_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    body: Mapped[str | None]
    amount_fen: Mapped[Fen | None]
    rate_ppm: Mapped[Ppm | None]
    broken_at: Mapped[datetime | None]
    hand_in_due_at: Mapped[datetime | None]
    legible: Mapped[bool] = mapped_column(default=False)
    provisional: Mapped[bool] = mapped_column(default=False)
    handed_in_at: Mapped[datetime | None]
    handed_in: Mapped[bytes | None]
    lapsed_at: Mapped[datetime | None]

    registration: Mapped[Registration] = relationship(lazy="joined")


class Proposal(Base):
    """One sealed file of an offer, `place` counted from 1 in the order of the body's `file` lines.

    `box`: SHA-256 under which it lies sealed. From the opening on `sha256` is that of the file itself, and `key` opens
    it. `broken_at`: it did not open, and its agency hands in the file, which lies as the box `handed_in`; its `sha256`
    is then known as soon as the body is.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        UniqueConstraint("offer_id", "place"),
        CheckConstraint("key IS NULL OR sha256 IS NOT NULL", name="key_of_a_known_file"),
        CheckConstraint("(handed_in_at IS NULL) = (handed_in IS NULL)", name="file_handed_in"),
        CheckConstraint(
            "handed_in_at IS NULL OR (broken_at IS NOT NULL AND sha256 IS NOT NULL)", name="file_of_broken"
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    offer_id: Mapped[int] = mapped_column(BIG, ForeignKey("offer.id"))
    place: Mapped[int]
    box: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str | None] = mapped_column(String(64))
    key: Mapped[bytes | None]
    broken_at: Mapped[datetime | None]
    handed_in_at: Mapped[datetime | None]
    handed_in: Mapped[str | None] = mapped_column(String(64))

    offer: Mapped[Offer] = relationship(lazy="joined")
