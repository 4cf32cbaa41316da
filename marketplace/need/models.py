"""Needs."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import BIG, Base
from app.values import Fen
from marketplace.catalogue.models import ItemVersion
from marketplace.need.rules import Exceptional, Method, Particulars, Payer
from marketplace.purchaser.models import Purchaser
from marketplace.purchaser.rules import Fund


class Need(Base):
    """What a purchaser needs: its main item and perhaps further ones, of the versions in force when it was written.

    `further`: the codes of the further items, joined by a space, for lists that ask for nothing else; None = one item.
    `particulars`: JSON object of what its method asks besides, None where it asks for nothing.
    `taken_at`: handed in for announcement, or under direct commission; cleared when it comes back. `follows`: the need
    in whose place it was written, after that one's announcements failed. `exceptional`: why it may go direct although
    it is paid with much public money, None where nothing was found.
    """

    __tablename__ = "need"
    __table_args__ = (
        CheckConstraint("budget_fen > 0", name="budget_positive"),
        CheckConstraint("price_fen IS NULL OR (price_fen > 0 AND price_fen <= budget_fen)", name="price_in_budget"),
        CheckConstraint("(method IN ('RANDOM', 'CREDIT_MERIT')) = (price_fen IS NOT NULL)", name="random_states_price"),
        CheckConstraint("winners >= 1", name="winners_from_one"),
        CheckConstraint("method <> 'DIRECT' OR payer = 'purchaser'", name="authority_pays_competes"),
        CheckConstraint("expected_days > 0", name="days_positive"),
        CheckConstraint("abandoned_at IS NULL OR taken_at IS NULL", name="taken_or_abandoned"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(20), unique=True)
    purchaser_id: Mapped[int] = mapped_column(BIG, ForeignKey("purchaser.id"), index=True)
    item_code: Mapped[str] = mapped_column(String(4), ForeignKey("item.code"), index=True)
    item_version_id: Mapped[int] = mapped_column(BIG, ForeignKey("item_version.id"))
    further: Mapped[str | None] = mapped_column(String(100))
    region: Mapped[str] = mapped_column(String(6), ForeignKey("region.code"), index=True)
    title: Mapped[str]
    content: Mapped[str]
    fund: Mapped[Fund]
    payer: Mapped[Payer]
    budget_line: Mapped[str | None]
    budget_fen: Mapped[Fen]
    price_fen: Mapped[Fen | None]
    expected_days: Mapped[int]
    method: Mapped[Method]
    winners: Mapped[int] = mapped_column(server_default="1")
    particulars: Mapped[str | None]
    project_code: Mapped[str | None] = mapped_column(String(30))
    approval: Mapped[str | None]
    authority: Mapped[str | None] = mapped_column(String(40), ForeignKey("authority.code"))
    contact: Mapped[str]
    phone: Mapped[str]
    created_at: Mapped[datetime]
    follows_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("need.id"), index=True)
    exceptional: Mapped[Exceptional | None]
    taken_at: Mapped[datetime | None]
    abandoned_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    purchaser: Mapped[Purchaser] = relationship(lazy="joined")
    item: Mapped[ItemVersion] = relationship(lazy="joined")
    others: Mapped[list["NeedItem"]] = relationship(lazy="select", order_by="NeedItem.position")
    follows: Mapped["Need | None"] = relationship(lazy="select", remote_side=[id])

    __mapper_args__ = {"version_id_col": version}

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all its items, the main one first."""
        return (self.item_code, *(self.further or "").split())

    @property
    def items(self) -> tuple[ItemVersion, ...]:
        """All its items, the main one first; asks the database only where there are several."""
        return (self.item,) if self.further is None else (self.item, *(each.item for each in self.others))

    @property
    def asked(self) -> Particulars:
        """What its method asks for besides."""
        return Particulars.kept(self.particulars)


class NeedItem(Base):
    """A further item of a need for several (M20); `position` counts from 2, the main item is the first."""

    __tablename__ = "need_item"
    __table_args__ = (
        UniqueConstraint("need_id", "item_code"),
        CheckConstraint("position >= 2", name="after_the_main_item"),
    )

    need_id: Mapped[int] = mapped_column(BIG, ForeignKey("need.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item_code: Mapped[str] = mapped_column(String(4), ForeignKey("item.code"), index=True)
    item_version_id: Mapped[int] = mapped_column(BIG, ForeignKey("item_version.id"))

    item: Mapped[ItemVersion] = relationship(lazy="joined")
