"""Awards and who stands by."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.values import Fen, Ppm
from marketplace.agency.models import Agency
from marketplace.announcement.models import Announcement, Attempt


class Award(Base):
    """One agency chosen, by rank; the phase follows from the instants. One award in force per place of an attempt.

    `rate_ppm` is the discount from which `amount_fen` followed, where rates were offered. `seat` counts the places of
    an attempt with several winners from 1; who follows takes the place of the award that fell. `excuse` was
    claimed by the winner, `excused` is what the office of the trade made of it. `notice_sha256` is the file of the
    notice, once it was asked for; `seal` the certificate that signed it.

    `decline_file` (SHA-256) came with a refusal.

    `provisional` marks the deadline that is running: of the publicity, then of the answer. `held_until`: until then the
    notice waits, at the longest, because somebody objects.
    """

    __tablename__ = "award"
    __table_args__ = (
        UniqueConstraint("attempt_id", "rank"),
        # What a contract's price and time are held against.
        Index("uq_award_won", "id", "amount_fen", "promised_days", unique=True),
        Index(
            "uq_award_in_force",
            "attempt_id",
            "seat",
            unique=True,
            postgresql_where=text("declined_at IS NULL AND lapsed_at IS NULL AND fallen_at IS NULL"),
            sqlite_where=text("declined_at IS NULL AND lapsed_at IS NULL AND fallen_at IS NULL"),
        ),
        Index(
            "ix_award_judgement",
            "declined_at",
            postgresql_where=text("excuse IS NOT NULL AND judged_at IS NULL"),
            sqlite_where=text("excuse IS NOT NULL AND judged_at IS NULL"),
        ),
        Index(
            "ix_award_provisional",
            "made_at",
            postgresql_where=text("provisional"),
            sqlite_where=text("provisional = 1"),
        ),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("accepted_at IS NULL OR declined_at IS NULL", name="accepted_or_declined"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(24), unique=True)
    announcement_id: Mapped[int] = mapped_column(BIG, ForeignKey("announcement.id"), index=True)
    attempt_id: Mapped[int] = mapped_column(BIG, ForeignKey("attempt.id"))
    agency_id: Mapped[int] = mapped_column(BIG, ForeignKey("agency.id"), index=True)
    rank: Mapped[int]
    seat: Mapped[int]
    amount_fen: Mapped[Fen]
    rate_ppm: Mapped[Ppm | None]
    promised_days: Mapped[int]
    made_at: Mapped[datetime]
    publicity_ends_at: Mapped[datetime]
    provisional: Mapped[bool]
    held_until: Mapped[datetime | None]
    noticed_at: Mapped[datetime | None]
    accept_due_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None]
    decline_file: Mapped[str | None] = mapped_column(String(64))
    excuse: Mapped[str | None] = mapped_column(String(20))
    judged_at: Mapped[datetime | None]
    excused: Mapped[bool | None]
    judge_reason: Mapped[str | None]
    lapsed_at: Mapped[datetime | None]
    fallen_at: Mapped[datetime | None]
    notice_sha256: Mapped[str | None] = mapped_column(String(64))
    notice_size: Mapped[int | None]
    seal: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int] = mapped_column()

    announcement: Mapped[Announcement] = relationship(lazy="joined")
    attempt: Mapped[Attempt] = relationship(lazy="joined")
    agency: Mapped[Agency] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}
