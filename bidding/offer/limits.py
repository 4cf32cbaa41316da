"""What falls due of envelopes that did not open and of prices that must be explained, and what is watched."""

from datetime import datetime

from sqlalchemy import Select, String, cast, func, select

from app.calendar.services import stamp
from app.database import db
from app.watch.queries import Running, limits
from app.workdays import WorkCalendar
from bidding.offer import queries
from bidding.offer.models import Offer, PriceQuestion
from bidding.registration.models import Registration
from marketplace.announcement.models import Announcement, Attempt
from marketplace.need.models import Need
from marketplace.purchaser.models import Purchaser


def due_for_lapse(now: datetime) -> list[str]:
    """Commitments of envelopes whose body did not come in time, oldest limit first."""
    query = select(Offer.commitment).where(*queries.AWAITED, Offer.hand_in_due_at <= now)
    return list(db.session.execute(query.order_by(Offer.hand_in_due_at, Offer.id)).scalars())


def next_lapse(now: datetime) -> datetime | None:
    """The first limit after `now` for handing in a body."""
    query = select(func.min(Offer.hand_in_due_at)).where(*queries.AWAITED, Offer.hand_in_due_at > now)
    return db.session.execute(query).scalar_one_or_none()


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Commitment and stamp of every awaited body whose provisional limit this calendar can tell better."""
    return select(Offer.commitment, func.replace(cast(Offer.hand_in_due_at, String), ":", "")).where(
        Offer.provisional, Offer.hand_in_due_at <= days.certain_until
    )


def due_for_unexplained(now: datetime) -> list[str]:
    """Commitments of offers whose price nobody explained in time."""
    query = select(Offer.commitment).join(PriceQuestion, PriceQuestion.offer_id == Offer.id)
    query = query.where(PriceQuestion.stated_at.is_(None), PriceQuestion.decided_at.is_(None))
    return list(db.session.execute(query.where(PriceQuestion.due_at <= now).order_by(PriceQuestion.id)).scalars())


def next_unexplained(now: datetime) -> datetime | None:
    """The first limit after `now` for explaining a price."""
    query = select(func.min(PriceQuestion.due_at)).where(
        PriceQuestion.stated_at.is_(None), PriceQuestion.decided_at.is_(None), PriceQuestion.due_at > now
    )
    return db.session.execute(query).scalar_one_or_none()


def provisional_questions(days: WorkCalendar) -> Select[str, str]:
    """Commitment and stamp of every price question whose provisional limit this calendar can tell better."""
    running = func.coalesce(PriceQuestion.decide_due_at, PriceQuestion.due_at)
    return (
        select(Offer.commitment, stamp(running))
        .join(PriceQuestion, PriceQuestion.offer_id == Offer.id)
        .where(PriceQuestion.provisional, running <= days.certain_until)
    )


def undecided_prices() -> Running:
    """Statements that wait for the purchaser's decision, with the end of its time: what is watched."""
    return (
        limits(
            no=Announcement.no,
            at=PriceQuestion.decide_due_at,
            region=Need.region,
            title=Need.title,
            party=Purchaser.organisation_id,
        )
        .select_from(PriceQuestion)
        .join(Offer, Offer.id == PriceQuestion.offer_id)
        .join(Registration, Registration.id == Offer.registration_id)
        .join(Attempt, Attempt.id == Registration.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(PriceQuestion.decide_due_at.is_not(None), PriceQuestion.decided_at.is_(None))
        .distinct()
    )
