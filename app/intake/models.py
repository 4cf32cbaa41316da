"""The journal of files whose rows are performed: housekeeping, each row's act is recorded by itself."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG, Base
from app.intake.rules import Outcome

RUNNING = text("ended_at IS NULL")


class IntakeRun(Base):
    """One confirmed file: its rows are done in order, for the account that confirmed.

    `confirmed_at` and `ended_at` are market time, `worked_at` is real. `file_rows` counts the file's rows,
    `chosen_rows` those that are done.
    """

    __tablename__ = "intake"
    __table_args__ = (
        CheckConstraint("chosen_rows BETWEEN 1 AND file_rows", name="some_rows"),
        Index(
            "uq_intake_running",
            "account_id",
            "kind",
            "sha256",
            unique=True,
            postgresql_where=RUNNING,
            sqlite_where=RUNNING,
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    no: Mapped[str] = mapped_column(String(12), unique=True)
    account_id: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"), index=True)
    party_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(20))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    file_rows: Mapped[int]
    chosen_rows: Mapped[int]
    confirmed_at: Mapped[datetime]
    worked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class IntakeRow(Base):
    """One row of a run. `cells` is what the form is given, until the row is done; `digest` tells it from other rows."""

    __tablename__ = "intake_row"
    __table_args__ = (
        CheckConstraint("(outcome IS NULL) = (cells IS NOT NULL)", name="cells_until_done"),
        Index("ix_intake_row_digest", "digest"),
    )

    intake_id: Mapped[int] = mapped_column(BIG, ForeignKey("intake.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    title: Mapped[str]
    cells: Mapped[str | None]
    outcome: Mapped[Outcome | None]
    subject: Mapped[str | None] = mapped_column(String(80))
    reasons: Mapped[str | None]
