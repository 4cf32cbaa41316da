"""Organisations, accounts, their roles; sign-in attempts and sessions, which are housekeeping."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.actor import Role
from app.database import BIG, Base


class Organisation(Base):
    """Somebody the market deals with; `code` is the USCC or `U-` and 12 characters (protocol.md §3.5)."""

    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint("length(code) IN (14, 18)", name="code_is_uscc_or_own"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    code: Mapped[str] = mapped_column(String(18), unique=True)
    name: Mapped[str]
    region: Mapped[str] = mapped_column(String(6), ForeignKey("region.code"), index=True)
    created_at: Mapped[datetime]


class OrganisationAuthority(Base):
    """Which authority an office is: 行业主管部门 of the trades it verifies and sanctions."""

    __tablename__ = "organisation_authority"

    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), primary_key=True)
    authority: Mapped[str] = mapped_column(String(40), ForeignKey("authority.code"), primary_key=True)


class Account(Base):
    """One person's account, for one organisation."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str]
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), index=True)
    password_hash: Mapped[str]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    roles: Mapped[list["AccountRole"]] = relationship(lazy="selectin", order_by="AccountRole.role")


class AccountRole(Base):
    """A role an account holds; which go together is `rules.TOGETHER`."""

    __tablename__ = "account_role"

    account_id: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(primary_key=True)


class AccountInvitation(Base):
    """A colleague invited into an organisation; he gets the roles of the account that invited him (M54)."""

    __tablename__ = "account_invitation"

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(16), unique=True)
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), index=True)
    invited_by: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"))
    name: Mapped[str]
    until_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """One attempt to sign in, in real time; the lock-out counts them."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_login", "login", "at"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    login: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    succeeded: Mapped[bool]


class SignInSession(Base):
    """One signed-in browser, in real time; only the SHA-256 of its token is kept."""

    __tablename__ = "sign_in_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
