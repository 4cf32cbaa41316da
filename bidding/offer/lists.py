"""What is listed of the envelopes of an attempt once it is told, and who still owes one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from app.audit.models import Entry
from app.database import db
from app.refusal import NotFound
from bidding.offer import queries, questions
from bidding.offer.models import Offer
from bidding.registration import queries as registrations
from bidding.registration.models import Registration
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.need.models import Need
from marketplace.need.rules import SECOND


@dataclass(frozen=True, slots=True)
class Published:
    """One line of the public list after the opening; `body` is None for what stays sealed for ever."""

    id: str
    commitment: str
    body: str | None
    index: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An announcement that waits for a registered agency's price."""

    no: str
    title: str
    closes_at: datetime


def published(no: str, *, attempt: int | None = None) -> list[Published]:
    """Every envelope of an attempt (the present one unless told), once its counting ones were opened.

    Raises `NotFound` before the opening and where nothing was ever opened: until then not even a number is told.
    """
    announcement = registrations.announced(no)
    chosen = announcements.attempt(announcement.id, attempt or announcement.attempt_number)
    rows = db.session.execute(
        queries.of_attempt(chosen.id).add_columns(Entry.position).join(Entry, Entry.ref == Offer.entry_ref)
    ).all()
    if not any(offer.opened_at is not None for offer, _ in rows):
        raise NotFound("offers")
    return [
        Published(offer.registration.agency.organisation.code, offer.commitment, offer.body, index)
        for offer, index in rows
    ]


@dataclass(frozen=True, slots=True)
class Listed:
    """One envelope of an agency on the frozen list; `body` is None for what was not opened.

    `refused`: how a price that had to be explained was lost, None otherwise. `outdated`: it answers an earlier revision
    than its registration, which was confirmed anew.
    """

    id: str
    commitment: str
    body: str | None
    index: int
    refused: str | None
    outdated: bool


def of_listed(attempt_id: int) -> list[Listed]:
    """Every envelope of everybody on the frozen list, by the agency's code and in the log's order (protocol.md §4)."""
    rows = db.session.execute(
        queries.of_attempt(attempt_id)
        .where(Registration.judged_at.is_not(None))
        .add_columns(Entry.position)
        .join(Entry, Entry.ref == Offer.entry_ref)
    )
    refused = {
        question.offer_id: "low_price_unexplained" if question.stated_at is None else "low_price_refused"
        for question in questions.asked(attempt_id)
        if question.accepted is False
    }
    return [
        Listed(
            offer.registration.agency.organisation.code,
            offer.commitment,
            offer.body,
            index,
            refused.get(offer.id),
            offer.revision != offer.registration.revision,
        )
        for offer, index in rows
        if index is not None
    ]


def without_offer(party_id: int, *, now: datetime) -> list[Waiting]:
    """Where an organisation is registered and still owes an offer to the present terms, most urgent first."""
    answered = select(Offer.id).where(Offer.registration_id == Registration.id, Offer.revision == Announcement.revision)
    found = db.session.execute(
        select(Registration)
        .join(Registration.agency)
        .join(Registration.attempt)
        .join(Attempt.announcement)
        .join(Announcement.need)
        .where(
            Agency.organisation_id == party_id,
            Registration.withdrawn_at.is_(None),
            Registration.revision == Announcement.revision,
            Announcement.held_at.is_(None),
            Attempt.offer_key.is_not(None),
            or_(
                and_(Attempt.closes_at > now, Need.method.not_in(SECOND)),
                and_(Attempt.offers_close_at > now, Registration.invited_at.is_not(None)),
            ),
            Attempt.decision.is_(None),
            ~answered.exists(),
        )
        .order_by(func.coalesce(Attempt.offers_close_at, Attempt.closes_at), Registration.id)
    ).scalars()
    return [
        Waiting(
            one.attempt.announcement.no or "",
            one.attempt.announcement.need.title,
            one.attempt.offers_close_at or one.attempt.closes_at,
        )
        for one in found
    ]
