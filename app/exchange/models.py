"""Tokens of machines: housekeeping, in real time; only the SHA-256 of a token is kept."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG, Base


class ApiToken(Base):
    """What a machine shows instead of a password; `acts` are names with spaces between, empty = all the account has."""

    __tablename__ = "api_token"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"), index=True)
    acts: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
