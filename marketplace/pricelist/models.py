"""Public prices and committed days, in versions that never rewrite the past."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.values import Fen, Ppm
from marketplace.agency.models import Agency


class PriceEntry(Base):
    """One agency's price and committed days for one item from a date on; a later one replaces it from its own date."""

    __tablename__ = "price_entry"
    __table_args__ = (
        UniqueConstraint("agency_id", "item_code", "effective_from", "unit"),
        CheckConstraint("(price_fen IS NULL) <> (rate_ppm IS NULL)", name="amount_or_rate"),
        CheckConstraint("price_fen IS NULL OR price_fen > 0", name="price_positive"),
        CheckConstraint("committed_days > 0", name="days_positive"),
        Index("ix_price_entry_item", "item_code", "effective_from"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(20), unique=True)
    agency_id: Mapped[int] = mapped_column(BIG, ForeignKey("agency.id"), index=True)
    item_code: Mapped[str] = mapped_column(String(4), ForeignKey("item.code"))
    unit: Mapped[str] = mapped_column(String(20))
    price_fen: Mapped[Fen | None]
    rate_ppm: Mapped[Ppm | None]
    content: Mapped[str]
    basis: Mapped[str]
    complaint_phone: Mapped[str]
    committed_days: Mapped[int]
    effective_from: Mapped[date]
    published_at: Mapped[datetime]

    agency: Mapped[Agency] = relationship(lazy="joined", innerjoin=True)
