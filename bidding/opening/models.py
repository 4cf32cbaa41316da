"""Uses of holders' keys; the unsealed halves only until the opening, sealed to the deployment's own key."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from marketplace.announcement.models import Attempt
from marketplace.holder.models import Holder

STANDING = text("lapsed_at IS NULL")


class KeyUse(Base):
    """One holder's use of its key for one attempt; `kept`: its halves in a box, emptied with the opening.

    `lapsed_at`: no second holder came within the hour, the use no longer counts.
    """

    __tablename__ = "key_use"
    __table_args__ = (
        CheckConstraint("lapsed_at IS NULL OR kept IS NULL", name="lapsed_keeps_nothing"),
        Index(
            "uq_key_use_standing",
            "attempt_id",
            "holder_id",
            unique=True,
            postgresql_where=STANDING,
            sqlite_where=STANDING,
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(BIG, ForeignKey("attempt.id"))
    holder_id: Mapped[int] = mapped_column(BIG, ForeignKey("holder.id"))
    account_id: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"))
    used_at: Mapped[datetime]
    kept: Mapped[bytes | None]
    lapsed_at: Mapped[datetime | None]

    attempt: Mapped[Attempt] = relationship(lazy="joined")
    holder: Mapped[Holder] = relationship(lazy="joined")
