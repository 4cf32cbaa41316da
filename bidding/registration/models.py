"""Registrations and who is in them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from bidding.registration.rules import Made
from marketplace.agency.models import Agency
from marketplace.announcement.models import Attempt


class Registration(Base):
    """One agency's promise in one attempt; verdict reasons are written at the freeze and nowhere else.

    `invited_at`: the draw invited it to offer.
    """

    __tablename__ = "registration"
    __table_args__ = (
        CheckConstraint("promised_days > 0", name="days_positive"),
        CheckConstraint("length(contribution) = 64", name="contribution_is_32_bytes"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(BIG, ForeignKey("attempt.id"), index=True)
    agency_id: Mapped[int] = mapped_column(BIG, ForeignKey("agency.id"), index=True)
    promised_days: Mapped[int]
    contribution: Mapped[str] = mapped_column(String(64))
    made: Mapped[Made]
    revision: Mapped[int]
    submitted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    judged_at: Mapped[datetime | None]
    reasons: Mapped[tuple[str, ...] | None]
    invited_at: Mapped[datetime | None]

    attempt: Mapped[Attempt] = relationship(lazy="joined")
    agency: Mapped[Agency] = relationship(lazy="joined")


class RegistrationMember(Base):
    """An agency is in one registration of an attempt only, as lead or as member (rules.md register.consortium).

    A member whom the lead only named is not in it: naming takes nobody's place, so that nobody learns by naming a rival
    whether he registered. It is in from `joined_at` on, until it declines or the lead withdraws.
    """

    __tablename__ = "registration_member"
    __table_args__ = (
        Index(
            "uq_registration_member_in_force",
            "attempt_id",
            "code",
            unique=True,
            postgresql_where=text("in_force"),
            sqlite_where=text("in_force"),
        ),
        CheckConstraint("lead OR NOT in_force OR joined_at IS NOT NULL", name="member_by_its_own_hand"),
        Index("ix_registration_member_code", "code"),
    )

    registration_id: Mapped[int] = mapped_column(BIG, ForeignKey("registration.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(18), primary_key=True)
    attempt_id: Mapped[int] = mapped_column(BIG, ForeignKey("attempt.id"), index=True)
    lead: Mapped[bool]
    in_force: Mapped[bool]
    joined_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
