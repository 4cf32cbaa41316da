"""Objections: who filed what about which attempt, the answer, the decision and what it brought about."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.identity.models import Organisation
from bidding.award.models import Award
from marketplace.announcement.models import Announcement, Attempt
from ratings.complaint.rules import Effect, Kind, Outcome


class Objection(Base):
    """One agency's objection to one attempt; the phase follows from the instants. One open of a kind at a time.

    `award_id`: the award of whoever should have been excluded. `conceded`: what the purchaser answered, None before.
    `pauses`: the awards of the attempt wait for its end. `provisional` marks the deadline that is running.
    """

    __tablename__ = "objection"
    __table_args__ = (
        Index(
            "uq_objection_open",
            "attempt_id",
            "kind",
            "party_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_objection_waiting",
            "appeal_due_at",
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_has_outcome"),
        CheckConstraint("(answered_at IS NULL) = (conceded IS NULL)", name="answer_says_what"),
        CheckConstraint(
            "(effect IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'upheld')", name="upheld_has_effect"
        ),
        CheckConstraint("(appealed_at IS NULL) = (decide_due_at IS NULL)", name="appeal_has_due"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(24), unique=True)
    announcement_id: Mapped[int] = mapped_column(BIG, ForeignKey("announcement.id"), index=True)
    attempt_id: Mapped[int] = mapped_column(BIG, ForeignKey("attempt.id"))
    party_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), index=True)
    award_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("award.id"))
    kind: Mapped[Kind]
    reason: Mapped[str]
    interest: Mapped[str]
    file: Mapped[str | None] = mapped_column(String(64))
    filed_at: Mapped[datetime]
    pauses: Mapped[bool]
    answer_due_at: Mapped[datetime]
    provisional: Mapped[bool]
    answered_at: Mapped[datetime | None]
    conceded: Mapped[bool | None]
    answer: Mapped[str | None]
    appeal_due_at: Mapped[datetime]
    appealed_at: Mapped[datetime | None]
    decide_due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]
    effect: Mapped[Effect | None]
    decision: Mapped[str | None]
    version: Mapped[int] = mapped_column()

    announcement: Mapped[Announcement] = relationship(lazy="joined")
    attempt: Mapped[Attempt] = relationship(lazy="joined")
    party: Mapped[Organisation] = relationship(lazy="joined")
    award: Mapped[Award | None] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}
