"""Announcements, their attempts (each with its own secret and key) and amendments."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.identity.models import Organisation
from marketplace.announcement.rules import AnnouncementKind, Decision, Ending, HoldKind, WithdrawReason
from marketplace.holder.models import Holder
from marketplace.need.models import Need
from marketplace.purchaser.rules import Fund

IS_HELD = text("held_at IS NOT NULL")


class Announcement(Base):
    """What becomes public of a need, numbered at publication; the present attempt's closing is repeated here.

    `repeat_at`: its purchaser asked for the next attempt, which the clockwork publishes. `words` and `spelling`: what
    the list is searched by, written at publication; each stands in an index in the list's order, which a search walks.
    `held_at`: since when it is held, as the open row of `Hold` says. `concluded_*`: what becomes of a purchase that
    failed, said once; what was written in its place is found by the need. `minimum`: as few as are
    enough, where so few could register that it was counted and published; None = as the rulebook says.
    """

    __tablename__ = "announcement"
    __table_args__ = (
        CheckConstraint("(no IS NULL) = (published_at IS NULL)", name="number_at_publication"),
        CheckConstraint("approved_at IS NULL OR submitted_at IS NOT NULL", name="approved_after_submission"),
        CheckConstraint("(concluded_at IS NULL) = (concluded_way IS NULL)", name="concluded_somehow"),
        Index("ix_announcement_public", "published_at", "id"),
        Index("ix_announcement_closing", "closes_at"),
        Index(
            "ix_announcement_provisional",
            "closes_at",
            postgresql_where=text("closing_provisional"),
            sqlite_where=text("closing_provisional = 1"),
        ),
        Index("ix_announcement_held", "held_at", postgresql_where=IS_HELD, sqlite_where=IS_HELD),
        Index("ix_announcement_words", "published_at", "id", "words"),
        Index("ix_announcement_spelling", "published_at", "id", "spelling"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str | None] = mapped_column(String(20), unique=True)
    need_id: Mapped[int] = mapped_column(BIG, ForeignKey("need.id"), unique=True)
    kind: Mapped[AnnouncementKind]
    rulebook: Mapped[str | None] = mapped_column(String(40))
    wished_closing_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    review_due_at: Mapped[datetime | None]
    review_provisional: Mapped[bool] = mapped_column(default=False)
    approved_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    return_reason: Mapped[str | None]
    published_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    closing_provisional: Mapped[bool]
    attempt_number: Mapped[int]
    revision: Mapped[int]
    expected_days: Mapped[int]
    content: Mapped[str]
    words: Mapped[str | None] = mapped_column(String(400))
    spelling: Mapped[str | None] = mapped_column(String(1000))
    withdrawn_at: Mapped[datetime | None]
    withdraw_reason: Mapped[WithdrawReason | None]
    withdraw_explanation: Mapped[str | None]
    repeat_at: Mapped[datetime | None]
    concluded_at: Mapped[datetime | None]
    concluded_way: Mapped[Ending | None]
    concluded_because: Mapped[str | None]
    held_at: Mapped[datetime | None]
    minimum: Mapped[int | None]
    version: Mapped[int] = mapped_column()

    need: Mapped[Need] = relationship(lazy="joined")
    attempts: Mapped[list["Attempt"]] = relationship(
        lazy="select", order_by="Attempt.number", back_populates="announcement"
    )

    __mapper_args__ = {"version_id_col": version}


class EligibleCount(Base):
    """Who could register for a need at an instant, because they were fewer than a selection needs (min_valid.thin).

    `items`, `region`, `fund`: of the need as it was counted. `agencies`: USCC, ascending. `minimum`: how many it takes.
    """

    __tablename__ = "eligible_count"
    __table_args__ = (CheckConstraint("minimum > 0", name="minimum_positive"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    need_id: Mapped[int] = mapped_column(BIG, ForeignKey("need.id"), index=True)
    at: Mapped[datetime]
    rulebook: Mapped[str] = mapped_column(String(40))
    items: Mapped[tuple[str, ...]]
    region: Mapped[str] = mapped_column(String(6), ForeignKey("region.code"))
    fund: Mapped[Fund]
    agencies: Mapped[tuple[str, ...]]
    minimum: Mapped[int]

    need: Mapped[Need] = relationship(lazy="joined")


class Attempt(Base):
    """One publication with its own secret and offer key, both sealed to the opening key (protocol.md §0).

    `auction_at`: when its auction begins, None where its method has none; it moves with the closing. `offers_from`,
    `offers_close_at`: [from, until) when those whom the draw invited hand in their offers, None where nobody was.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("announcement_id", "number"),
        CheckConstraint("number >= 1", name="attempts_from_one"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decision_has_instant"),
        CheckConstraint("alternates BETWEEN 0 AND 5", name="alternates_up_to_five"),
        CheckConstraint("(offers_from IS NULL) = (offers_close_at IS NULL)", name="offers_from_until"),
        Index("ix_attempt_closing", "closes_at"),
        Index(
            "ix_attempt_offers",
            "offers_close_at",
            postgresql_where=text("offers_close_at IS NOT NULL AND decision IS NULL"),
            sqlite_where=text("offers_close_at IS NOT NULL AND decision IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    announcement_id: Mapped[int] = mapped_column(BIG, ForeignKey("announcement.id"), index=True)
    number: Mapped[int]
    published_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    auction_at: Mapped[datetime | None]
    auction_provisional: Mapped[bool] = mapped_column(default=False, server_default=false())
    offers_from: Mapped[datetime | None]
    offers_close_at: Mapped[datetime | None]
    offers_provisional: Mapped[bool] = mapped_column(default=False, server_default=false())
    commitment: Mapped[str] = mapped_column(String(64))
    sealed_secret: Mapped[bytes]
    beacon_rule: Mapped[str] = mapped_column(String(40))
    offer_key: Mapped[bytes | None]
    sealed_offer_key: Mapped[bytes | None]
    winners: Mapped[int]
    alternates: Mapped[int]
    frozen_at: Mapped[datetime | None]
    decision: Mapped[Decision | None]
    decided_at: Mapped[datetime | None]

    announcement: Mapped[Announcement] = relationship(lazy="joined", back_populates="attempts")


class KeyHalf(Base):
    """One half of an offer key that two of three open together: of which pair, sealed to which holder's public key.

    `pair` as `holder.rules.pair_name`; `sealed` is emptied when the key has served or is destroyed.
    """

    __tablename__ = "key_half"
    __table_args__ = (UniqueConstraint("attempt_id", "pair", "holder_id"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(BIG, ForeignKey("attempt.id"))
    pair: Mapped[str] = mapped_column(String(40))
    holder_id: Mapped[int] = mapped_column(BIG, ForeignKey("holder.id"), index=True)
    sealed: Mapped[bytes | None]

    holder: Mapped[Holder] = relationship(lazy="joined")


class Amendment(Base):
    """One change before closing: what, why, and where the closing went."""

    __tablename__ = "amendment"
    __table_args__ = (UniqueConstraint("announcement_id", "revision"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    announcement_id: Mapped[int] = mapped_column(BIG, ForeignKey("announcement.id"), index=True)
    revision: Mapped[int]
    at: Mapped[datetime]
    attempt_number: Mapped[int]
    reason: Mapped[str]
    content_before: Mapped[str]
    content: Mapped[str]
    expected_days_before: Mapped[int]
    expected_days: Mapped[int]
    closes_at_before: Mapped[datetime]
    closes_at: Mapped[datetime]


class Hold(Base):
    """One time during which an announcement was held: by whom and why, and how it ended.

    `closes_at_before` and `closes_at`: where the closing went, for a hold that stopped the clock.
    """

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("(closes_at IS NULL) = (closes_at_before IS NULL)", name="moved_from_somewhere"),
        Index(
            "uq_hold_open",
            "announcement_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index("ix_hold_announcement_id", "announcement_id"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    announcement_id: Mapped[int] = mapped_column(BIG, ForeignKey("announcement.id"))
    attempt_number: Mapped[int]
    kind: Mapped[HoldKind]
    since_at: Mapped[datetime]
    reason: Mapped[str]
    held_by: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]
    evidence: Mapped[str | None] = mapped_column(String(64))
    closes_at_before: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="joined")


class Extension(Base):
    """A closing that moved because the market could not be used: by which outage, from where to where."""

    __tablename__ = "extension"
    __table_args__ = (
        UniqueConstraint("announcement_id", "outage_id"),
        CheckConstraint("closes_at > closes_at_before", name="never_shorter"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    announcement_id: Mapped[int] = mapped_column(BIG, ForeignKey("announcement.id"))
    outage_id: Mapped[int] = mapped_column(BIG, ForeignKey("outage.id"), index=True)
    attempt_number: Mapped[int]
    at: Mapped[datetime]
    closes_at_before: Mapped[datetime]
    closes_at: Mapped[datetime]
