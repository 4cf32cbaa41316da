"""What falls due of announcements by itself, what outages took from them, and what is watched."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select, type_coerce

from app.database import db
from app.values import Period
from app.watch.models import Outage
from app.watch.queries import Running, limits
from app.workdays import WorkCalendar
from marketplace.announcement import holds, queries, rules
from marketplace.announcement.models import Announcement, Attempt, Extension
from marketplace.announcement.rules import AnnouncementKind, Decision, Phase
from marketplace.need.models import Need
from marketplace.purchaser.models import Purchaser


def attempts_due_for_freeze(now: datetime) -> list[tuple[str, int]]:
    """(number, attempt) of every attempt whose registration has closed and that nothing has frozen or ended yet."""
    query = (
        select(Announcement.no, Attempt.number)
        .join(Attempt, Attempt.announcement_id == Announcement.id)
        .where(*_running(), Attempt.closes_at <= now)
        .order_by(Attempt.closes_at, Attempt.id)
    )
    return [(no, number) for no, number in db.session.execute(query) if no is not None]


def next_offers_closing(now: datetime) -> datetime | None:
    """The first closing after `now` for those whom a draw invited to offer."""
    query = select(func.min(Attempt.offers_close_at))
    return db.session.execute(query.where(Attempt.decision.is_(None), Attempt.offers_close_at > now)).scalar()


def provisional_offers(days: WorkCalendar) -> Select[str, str]:
    """Announcements whose second closing was computed without its year, which this calendar knows."""
    return (
        select(type_coerce(Announcement.no, String), func.replace(cast(Attempt.offers_close_at, String), ":", ""))
        .join(Attempt, queries.PRESENT)
        .where(Attempt.offers_provisional, Attempt.offers_close_at <= days.certain_until)
    )


def next_closing(now: datetime) -> datetime | None:
    """The first closing after `now` of an attempt that is still running."""
    query = (
        select(func.min(Attempt.closes_at))
        .join(Announcement, Attempt.announcement_id == Announcement.id)
        .where(*_running(), Attempt.closes_at > now)
    )
    return db.session.execute(query).scalar()


def _running() -> tuple[ColumnElement[bool], ...]:
    return (
        Announcement.kind == AnnouncementKind.OPEN,
        Attempt.frozen_at.is_(None),
        Attempt.decision.is_(None),
        or_(Announcement.held_at.is_(None), Announcement.held_at >= Attempt.closes_at),
    )


def due_for_publication() -> list[tuple[str, int]]:
    """(need number, attempt to come) of what was approved, or asked for again, and is not public yet."""
    query = (
        select(Need.no, Announcement.attempt_number)
        .join(Need, Announcement.need_id == Need.id)
        .where(
            or_(
                and_(
                    Announcement.approved_at.is_not(None),
                    Announcement.returned_at.is_(None),
                    Announcement.published_at.is_(None),
                ),
                Announcement.repeat_at.is_not(None),
            )
        )
        .order_by(Announcement.id)
    )
    return [(need_no, number + 1) for need_no, number in db.session.execute(query)]


def provisional_closings(days: WorkCalendar) -> Select[str, str]:
    """Announcements whose closing was computed without its year, which this calendar knows."""
    return select(type_coerce(Announcement.no, String), cast(Announcement.version, String)).where(
        Announcement.closing_provisional, Announcement.closes_at <= days.certain_until, Announcement.no.is_not(None)
    )


def provisional_auctions(days: WorkCalendar) -> Select[str, str]:
    """Announcements whose closing is certain, with an auction in a year that this calendar knows now.

    Where the closing is provisional too, the auction moves with it.
    """
    return (
        select(type_coerce(Announcement.no, String), cast(Announcement.version, String))
        .join(Attempt, queries.PRESENT)
        .where(
            Attempt.auction_provisional,
            Attempt.auction_at <= days.certain_until,
            Announcement.closing_provisional.is_(False),
            Announcement.no.is_not(None),
        )
    )


def provisional_reviews(days: WorkCalendar) -> Select[str, str]:
    """Needs in review whose operator's time was computed without its year, which this calendar knows."""
    return (
        select(Need.no, cast(Announcement.version, String))
        .join(Announcement, Announcement.need_id == Need.id)
        .where(Announcement.review_provisional, Announcement.review_due_at <= days.certain_until)
    )


def failing() -> Running:
    """Announcements whose present attempt failed and of which nobody said what comes next, with that instant."""
    query = limits(
        no=Announcement.no,
        at=Attempt.decided_at,
        region=Need.region,
        title=Need.title,
        party=Purchaser.organisation_id,
    )
    return (
        query.select_from(Announcement)
        .join(Attempt, queries.PRESENT)
        .join(Need, Announcement.need_id == Need.id)
        .join(Purchaser, Need.purchaser_id == Purchaser.id)
        .where(
            Announcement.kind == AnnouncementKind.OPEN,
            Announcement.repeat_at.is_(None),
            Announcement.withdrawn_at.is_(None),
            Announcement.concluded_at.is_(None),
            Attempt.decision == Decision.UNSUCCESSFUL,
        )
    )


def holding() -> Running:
    """The holds that run, with the instant since when: what is watched."""
    return (
        limits(no=Announcement.no, at=Announcement.held_at, region=Need.region, title=Need.title)
        .select_from(Announcement)
        .join(Need, Announcement.need_id == Need.id)
        .where(Announcement.held_at.is_not(None))
    )


def unreviewed() -> Running:
    """Needs that wait for the operator's review, with its end: what is watched."""
    return (
        limits(no=Need.no, at=Announcement.review_due_at, region=Need.region, title=Need.title)
        .join(Announcement, Announcement.need_id == Need.id)
        .where(
            Announcement.review_due_at.is_not(None),
            Announcement.approved_at.is_(None),
            Announcement.returned_at.is_(None),
            Announcement.published_at.is_(None),
        )
    )


def unfrozen() -> Running:
    """Attempts that nothing has frozen or ended, as `<number>/<attempt>`, with their closing: what is watched."""
    return (
        limits(
            no=Announcement.no + "/" + cast(Attempt.number, String),
            at=Attempt.closes_at,
            region=Need.region,
            title=Need.title,
        )
        .select_from(Attempt)
        .join(Announcement, Attempt.announcement_id == Announcement.id)
        .join(Need, Announcement.need_id == Need.id)
        .where(*_running())
    )


def to_extend(now: datetime) -> list[tuple[str, str]]:
    """(number, outage) of every announcement that registers at `now`, lost time to an outage and was not given it back.

    Those alone whose need lies in the branch of the outage.
    """
    recent = Outage.until_at > now - OUTAGES_LOOKED_AT
    if db.session.execute(select(Outage.id).where(recent).limit(1)).first() is None:
        return []
    county = Need.region
    in_branch = Outage.region.in_((county, func.substr(county, 1, 4) + "00", func.substr(county, 1, 2) + "0000"))
    extended = select(Extension.id).where(
        Extension.announcement_id == Announcement.id, Extension.outage_id == Outage.id
    )
    registering = and_(Attempt.published_at < Outage.until_at, Attempt.closes_at > Outage.since_at)
    invited = and_(Attempt.offers_from < Outage.until_at, Attempt.offers_close_at > Outage.since_at)
    offering = and_(Attempt.offers_close_at > now, Attempt.decision.is_(None))
    found = []
    for meets, running in ((registering, queries.in_phase(Phase.REGISTERING, now)), (invited, offering)):
        query = (
            select(Announcement, Attempt, Outage)
            .select_from(Announcement)
            .join(Attempt, queries.PRESENT)
            .join(Need, Announcement.need_id == Need.id)
            .join(Outage, meets)
            .where(recent, running, in_branch, ~extended.exists())
            .order_by(Outage.id, Announcement.id)
        )
        found += [
            (announcement.no, outage.no)
            for announcement, attempt, outage in db.session.execute(query)
            if announcement.no is not None and lost_to(announcement, attempt, outage) > timedelta(0)
        ]
    return found


def lost_to(announcement: Announcement, attempt: Attempt, outage: Outage) -> timedelta:
    """How much of the time to register an outage took; what a hold had stopped already, it could not take.

    Of those whom a draw invited, the time to offer: no hold stops that.
    """
    failed, second = Period(outage.since_at, outage.until_at), queries.taking_offers(attempt)
    if second is not None:
        return rules.lost_time(registering=second, outage=failed)
    registering = Period(attempt.published_at, attempt.closes_at)
    stopped = (
        rules.lost_time(registering=Period(hold.since_at, hold.ended_at), outage=failed)
        for hold in holds.hold_rows(announcement.id)
        if hold.closes_at is not None and hold.ended_at is not None
    )
    return rules.lost_time(registering=registering, outage=failed) - sum(stopped, timedelta(0))


OUTAGES_LOOKED_AT = timedelta(days=90)
"""An announcement that was open in an older outage has long closed."""


def is_extended(announcement_id: int, outage_id: int) -> bool:
    """Whether an announcement was given back what it lost to an outage."""
    query = select(Extension.id).where(Extension.announcement_id == announcement_id, Extension.outage_id == outage_id)
    return db.session.execute(query).first() is not None


@dataclass(frozen=True, slots=True)
class Extended:
    """One closing that an outage moved."""

    no: str
    title: str
    closes_at_before: datetime
    closes_at: datetime


def extended_by(outage_no: str, *, limit: int = 200) -> list[Extended]:
    """The announcements that an outage extended, by number; at most `limit`."""
    query = (
        select(Announcement.no, Need.title, Extension.closes_at_before, Extension.closes_at)
        .join(Extension, Extension.announcement_id == Announcement.id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Outage, Outage.id == Extension.outage_id)
        .where(Outage.no == outage_no)
        .order_by(Announcement.no)
        .limit(limit)
    )
    return [Extended(no or "", title, before, after) for no, title, before, after in db.session.execute(query)]
