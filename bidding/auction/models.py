"""Auctions as they stand, and each offer that counted; the database refuses a row that the terms do not allow."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.values import Fen
from bidding.registration.models import Registration
from marketplace.announcement.models import Attempt

OPEN = "closed_at IS NULL"


class Auction(Base):
    """The auction of a frozen attempt: its terms, which never change, and how it stands.

    `own`: in rounds an offer goes below the agency's own last one. `seq` offers counted so far, the last one at
    `last_at`, the best of them `best_fen`; `ends_at` has moved `extended` times. Outages have stopped it
    `paused` times, the last one until `resumes_at`. The migrations' triggers keep all of it in step with the offers and
    the pauses, whatever code writes (quality.md R1).
    """

    __tablename__ = "auction"
    __table_args__ = (
        CheckConstraint("step_fen >= 1 AND rounds >= 1 AND length_s >= 1", name="terms_positive"),
        CheckConstraint("extended BETWEEN 0 AND extensions", name="extended_at_most"),
        CheckConstraint("seq >= 0 AND (seq = 0) = (best_fen IS NULL)", name="best_of_offers"),
        CheckConstraint("(seq = 0) = (last_at IS NULL)", name="last_of_offers"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index(
            "ix_auction_open",
            "ends_at",
            postgresql_where=text(OPEN),
            sqlite_where=text(OPEN),
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(BIG, ForeignKey("attempt.id"), unique=True)
    own: Mapped[bool]
    starts_at: Mapped[datetime]
    rounds: Mapped[int]
    length_s: Mapped[int]
    step_fen: Mapped[Fen]
    ceiling_fen: Mapped[Fen]
    floor_fen: Mapped[Fen]
    window_s: Mapped[int]
    extensions: Mapped[int]
    ends_at: Mapped[datetime]
    extended: Mapped[int]
    seq: Mapped[int]
    best_fen: Mapped[Fen | None]
    last_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    paused: Mapped[int] = mapped_column(server_default="0", default=0)
    resumes_at: Mapped[datetime | None]

    attempt: Mapped[Attempt] = relationship(lazy="joined")


class AuctionOffer(Base):
    """One offer that counted, never changed again; `extended_to`: where it moved the end. `round`: in rounds only."""

    __tablename__ = "auction_offer"
    __table_args__ = (
        UniqueConstraint("auction_id", "seq"),
        UniqueConstraint("auction_id", "registration_id", "round"),
        CheckConstraint("seq >= 1 AND amount_fen >= 1", name="counts_from_one"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    auction_id: Mapped[int] = mapped_column(BIG, ForeignKey("auction.id"))
    seq: Mapped[int]
    registration_id: Mapped[int] = mapped_column(BIG, ForeignKey("registration.id"), index=True)
    round: Mapped[int | None]
    amount_fen: Mapped[Fen]
    at: Mapped[datetime]
    extended_to: Mapped[datetime | None]
    entry_ref: Mapped[str] = mapped_column(String(32), unique=True)

    registration: Mapped[Registration] = relationship(lazy="joined")


class AuctionPause(Base):
    """One outage in an auction, never changed again: no offer in [`since_at`, `until_at`), the end `lost_s` later.

    `alive_at`: of the newest signed head before it, `noticed_at`: when the market was there again. `seq` offers had
    counted; `ends_before` was the end and `ends_at` is.
    """

    __tablename__ = "auction_pause"
    __table_args__ = (
        UniqueConstraint("auction_id", "number"),
        CheckConstraint("number >= 1 AND seq >= 0 AND lost_s >= 1", name="counts_from_one"),
        CheckConstraint("since_at < until_at AND ends_before < ends_at", name="goes_on_later"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    auction_id: Mapped[int] = mapped_column(BIG, ForeignKey("auction.id"))
    number: Mapped[int]
    seq: Mapped[int]
    alive_at: Mapped[datetime]
    noticed_at: Mapped[datetime]
    since_at: Mapped[datetime]
    until_at: Mapped[datetime]
    lost_s: Mapped[int]
    ends_before: Mapped[datetime]
    ends_at: Mapped[datetime]
