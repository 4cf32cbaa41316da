"""Frozen attempts, their seeds and orders, the candidates by rank; the beacon as two accounts typed it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.actor import Role
from app.database import BIG, Base
from app.values import Fen, Ppm
from bidding.registration.models import Registration
from bidding.selection.rules import Witness
from marketplace.announcement.models import Attempt

AWAITED = "decide_by IS NOT NULL AND resulted_at IS NULL AND voided_at IS NULL"


class Selection(Base):
    """What the freeze and the draw made of one attempt; every instant is set once.

    `parameters`: JSON object of the method's integers, as its transcript publishes them (protocol.md §4).
    `verdicts`: JSON object USCC → refusals with clause and figures, as they were said at the freeze. `stopped_at`: the
    opening had to stop, because an envelope did not open. `valid`: what the minimum is compared with; a body that did
    not come in time lowers it. `scores`: JSON list of the locked sheets, or of the owner's choice, as the transcript
    publishes them; `choice_reason`: why he chose. `decided_from`, `decide_by`: since and until when either is awaited,
    then the attempt is void.
    """

    __tablename__ = "selection"
    __table_args__ = (
        CheckConstraint("drawn_at IS NULL OR secret IS NOT NULL", name="draw_reveals_secret"),
        CheckConstraint("opened_at IS NULL OR key_destroyed_at IS NULL", name="opened_or_destroyed"),
        CheckConstraint("voided_at IS NULL OR resulted_at IS NULL", name="void_without_result"),
        Index(
            "ix_selection_undrawn",
            "frozen_at",
            postgresql_where=text("drawn_at IS NULL"),
            sqlite_where=text("drawn_at IS NULL"),
        ),
        Index("ix_selection_awaited", "decide_by", postgresql_where=text(AWAITED), sqlite_where=text(AWAITED)),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(BIG, ForeignKey("attempt.id"), unique=True)
    frozen_at: Mapped[datetime]
    frozen_text: Mapped[str]
    frozen: Mapped[str] = mapped_column(String(64))
    verdicts: Mapped[str]
    freeze_ref: Mapped[str] = mapped_column(String(32))
    minimum: Mapped[int]
    parameters: Mapped[str | None]
    valid: Mapped[int]
    beacon_rule: Mapped[str] = mapped_column(String(40))
    beacon_on: Mapped[date | None]
    beacon_value: Mapped[str | None] = mapped_column(String(40))
    opened_at: Mapped[datetime | None]
    key_destroyed_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    drawn_at: Mapped[datetime | None]
    secret: Mapped[str | None] = mapped_column(String(64))
    seed: Mapped[str | None] = mapped_column(String(64))
    record: Mapped[str | None]
    resulted_at: Mapped[datetime | None]
    scores: Mapped[str | None]
    choice_reason: Mapped[str | None]
    decided_from: Mapped[datetime | None]
    decide_by: Mapped[datetime | None]
    provisional: Mapped[bool] = mapped_column(default=False, server_default=false())

    attempt: Mapped[Attempt] = relationship(lazy="joined")
    candidates: Mapped[list["Candidate"]] = relationship(order_by="Candidate.rank")


class Candidate(Base):
    """One ranked registration of a result: the first ones win, the next ones stand by.

    `rate_ppm`: the discount, where rates were offered; `amount_fen` is then what follows from it.
    """

    __tablename__ = "candidate"
    __table_args__ = (UniqueConstraint("selection_id", "rank"), UniqueConstraint("selection_id", "registration_id"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    selection_id: Mapped[int] = mapped_column(BIG, ForeignKey("selection.id"), index=True)
    registration_id: Mapped[int] = mapped_column(BIG, ForeignKey("registration.id"))
    rank: Mapped[int]
    amount_fen: Mapped[Fen]
    rate_ppm: Mapped[Ppm | None]

    registration: Mapped[Registration] = relationship(lazy="joined")


class BeaconEntry(Base):
    """One account's typing of a day's beacon; two unequal ones are both set aside and shown."""

    __tablename__ = "beacon_entry"
    __table_args__ = (
        Index(
            "uq_beacon_entry_role",
            "on",
            "role",
            unique=True,
            postgresql_where=text("set_aside_at IS NULL"),
            sqlite_where=text("set_aside_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    on: Mapped[date] = mapped_column(index=True)
    role: Mapped[Role]
    account_id: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"))
    value: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    set_aside_at: Mapped[datetime | None]


class ThrowEntry(Base):
    """One account's typing of a throw in the hall; two unequal ones are both set aside and shown.

    `names`: who witnessed it; personal data, for the offices alone.
    """

    __tablename__ = "throw_entry"
    __table_args__ = (
        Index(
            "uq_throw_entry_role",
            "selection_id",
            "role",
            unique=True,
            postgresql_where=text("set_aside_at IS NULL"),
            sqlite_where=text("set_aside_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    selection_id: Mapped[int] = mapped_column(BIG, ForeignKey("selection.id"), index=True)
    role: Mapped[Role]
    account_id: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"))
    value: Mapped[str] = mapped_column(String(40))
    thrown_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(100))
    witness: Mapped[Witness]
    names: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    set_aside_at: Mapped[datetime | None]


class SettledThrow(Base):
    """The throw of an attempt on which two accounts agreed; place and witness as the supervisor told them."""

    __tablename__ = "settled_throw"

    selection_id: Mapped[int] = mapped_column(BIG, ForeignKey("selection.id"), primary_key=True)
    value: Mapped[str] = mapped_column(String(40))
    thrown_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(100))
    witness: Mapped[Witness]
    settled_at: Mapped[datetime]


class Beacon(Base):
    """A day's value on which two accounts agreed; it serves all draws that wait for that day."""

    __tablename__ = "beacon"

    on: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(String(40))
    settled_at: Mapped[datetime]
