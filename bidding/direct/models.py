"""Direct commissions under negotiation: every price that was named, by whom."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.values import Fen
from bidding.direct.rules import Cap, Reason, Side
from marketplace.agency.models import Agency
from marketplace.need.models import Need


class Commission(Base):
    """One purchaser's proposal to one agency, one open per need; `minutes`: SHA-256 of the minutes of the decision.

    `over_cap`: what the purchaser's awards to this agency exceeded when it was accepted, None where nothing.
    """

    __tablename__ = "commission"
    __table_args__ = (
        Index(
            "uq_commission_open",
            "need_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("accepted_at IS NULL OR ended_at IS NOT NULL", name="accepted_is_ended"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    need_id: Mapped[int] = mapped_column(BIG, ForeignKey("need.id"), index=True)
    agency_id: Mapped[int] = mapped_column(BIG, ForeignKey("agency.id"), index=True)
    reason: Mapped[Reason]
    explanation: Mapped[str]
    minutes: Mapped[str | None] = mapped_column(String(64))
    proposed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    provisional: Mapped[bool] = mapped_column(default=False)
    accepted_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    over_cap: Mapped[Cap | None]
    version: Mapped[int] = mapped_column()

    need: Mapped[Need] = relationship(lazy="joined")
    agency: Mapped[Agency] = relationship(lazy="joined")
    prices: Mapped[list["NamedPrice"]] = relationship(lazy="selectin", order_by="NamedPrice.id")

    __mapper_args__ = {"version_id_col": version}


class NamedPrice(Base):
    """A price and a time one side named; the last one of the purchaser is what the agency accepts, and the reverse."""

    __tablename__ = "named_price"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount_positive"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    commission_id: Mapped[int] = mapped_column(BIG, ForeignKey("commission.id"), index=True)
    side: Mapped[Side]
    amount_fen: Mapped[Fen]
    days: Mapped[int]
    at: Mapped[datetime]
