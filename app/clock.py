"""Time: the market clock that rules every act, and real time, which rules sessions, tokens and retries."""

from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Protocol

from flask import g, has_request_context
from sqlalchemy import BigInteger, CheckConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import built
from app.database import Base, db, is_sqlite

MICROSECOND = timedelta(microseconds=1)


class ClockState(Base):
    """How far a demonstration's market clock stands from real time (M52); one row, none outside a demonstration.

    `stepping_until` is a lease in real time of whoever moves the clock: if that process dies, acts go on after it.
    """

    __tablename__ = "clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offset_us: Mapped[int] = mapped_column(BigInteger)
    stepping_until: Mapped[datetime | None]


LEASE = select(ClockState.stepping_until).where(ClockState.id == 1)
LEASE_SHARED = LEASE.with_for_update(read=True)


class Clock(Protocol):
    """`market()` rules acts, receipts and heads; `real()` rules sessions, tokens, lock-outs and retries."""

    def market(self) -> datetime: ...

    def real(self) -> datetime: ...


class SystemClock:
    """Outside a demonstration both are the server's UTC clock."""

    def market(self) -> datetime:
        return self.real()

    def real(self) -> datetime:
        return datetime.now(UTC)


class DemonstrationClock(SystemClock):
    """Real time plus an offset that lives in the database and is never cached, so all processes agree."""

    def market(self) -> datetime:
        # Plain SQL: every act asks three times, and the session would need longer for the question than the database.
        offset = db.session.connection().exec_driver_sql("SELECT offset_us FROM clock WHERE id = 1").scalar()
        return self.real() + (offset or 0) * MICROSECOND


class FixedClock:
    """Stands still until a test or the world's loader moves it; `real()` moves along."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def market(self) -> datetime:
        return self.instant

    def real(self) -> datetime:
        return self.instant


stepping_here: ContextVar[bool] = ContextVar("stepping_here", default=False)
"""Whether this very process is the one that moves the demonstration clock forward."""


def clock() -> Clock:
    """The clock the application was built with."""
    found: Clock = built.part("clock")
    return found


def now() -> datetime:
    """The request's one instant for looking (market time); outside a request, the clock itself."""
    if not has_request_context():
        return clock().market()
    if "market_now" not in g:
        g.market_now = clock().market()
    instant: datetime = g.market_now
    return instant


def held_by_another(session: Session) -> bool:
    """Whether a step forward of the demonstration clock holds off this act; holds the clock still until the commit.

    Outside a demonstration nobody can step, and nothing is asked. On PostgreSQL the share lock on the clock's one row
    keeps a step from moving it under a running act; on SQLite the write lock already does.
    """
    if stepping_here.get() or type(clock()) is SystemClock:
        return False
    lease: datetime | None = session.connection().execute(LEASE if is_sqlite() else LEASE_SHARED).scalar()
    return lease is not None and clock().real() < lease
