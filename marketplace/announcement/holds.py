"""The holds of an announcement, by whom, since when and for how long."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.database import db
from marketplace.announcement import queries, rules
from marketplace.announcement.models import Hold
from marketplace.announcement.rules import HoldKind


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One hold as everybody sees it; `until_at`: when it has lasted as long as it may; `ended_at` None while it runs.

    `stops`: it began before the closing, which moved to `closes_at` when it ended.
    """

    kind: HoldKind
    by: str
    since_at: datetime
    reason: str
    until_at: datetime
    stops: bool
    ended_at: datetime | None
    ended_because: str | None
    evidence: str | None
    closes_at_before: datetime | None
    closes_at: datetime | None


def hold_rows(announcement_id: int) -> list[Hold]:
    """Every hold of an announcement, the first one first."""
    query = select(Hold).where(Hold.announcement_id == announcement_id).order_by(Hold.since_at, Hold.id)
    return list(db.session.execute(query).scalars())


def open_hold(announcement_id: int) -> Hold | None:
    """The hold that runs, None where none does."""
    query = select(Hold).where(Hold.announcement_id == announcement_id, Hold.ended_at.is_(None))
    return db.session.execute(query).scalar_one_or_none()


def holds(announcement_id: int) -> list[HoldLine]:
    """The same for everybody."""
    closings = {each.number: each.closes_at for each in queries.attempts(announcement_id)}
    return [hold_line(hold, closings[hold.attempt_number]) for hold in hold_rows(announcement_id)]


def hold_line(hold: Hold, closes_at: datetime) -> HoldLine:
    """One hold for everybody; `closes_at`: the closing of its attempt as it stands."""
    return HoldLine(
        kind=hold.kind,
        by=hold.organisation.name,
        since_at=hold.since_at,
        reason=hold.reason,
        until_at=hold.since_at + rules.LONGEST_HOLD,
        stops=hold.closes_at is not None or (hold.ended_at is None and hold.since_at < closes_at),
        ended_at=hold.ended_at,
        ended_because=hold.ended_because,
        evidence=hold.evidence,
        closes_at_before=hold.closes_at_before,
        closes_at=hold.closes_at,
    )
