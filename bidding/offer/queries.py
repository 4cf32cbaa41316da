"""What may be known of offers: commitments and instants until the opening, bodies after it; the table's only reader."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, String, cast, func, select

from app.actor import Actor
from app.audit.models import Entry
from app.database import db
from app.identity.models import Organisation
from app.refusal import NotFound, Refusal
from app.values import Fen
from app.workdays import WorkCalendar
from bidding.offer import rules
from bidding.offer.models import Offer
from bidding.offer.rules import Ground
from bidding.registration import queries as registrations
from bidding.registration.models import Registration
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.need.models import Need
from marketplace.need.rules import BY_PRICE


@dataclass(frozen=True, slots=True)
class OwnOffer:
    """One envelope of one's own: its commitment, its instant, and whether it is the one that counts as things stand."""

    commitment: str
    submitted_at: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class OfferPage:
    """What an agency sees when it wants to offer; never an amount."""

    no: str
    title: str
    closes_at: datetime
    ceiling_fen: Fen
    promised_days: int | None
    rulebook: str
    open: bool
    own: tuple[OwnOffer, ...]
    refusals: tuple[Refusal, ...]


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


def counting(attempt_id: int) -> list[Offer]:
    """The offer that counts of each valid registration, ascending by the agency's code; after the freeze has judged.

    Of several of one registration the one with the greatest log index counts (protocol.md §2.4). Each was handed in
    under its registration's exclusive lock, so instants, entries and ids of one registration all rise in the order of
    their commits, and the sequencer numbers them in that order: the greatest id is the greatest index, also where the
    freeze comes before the numbering. An offer that answers an earlier revision does not count: it is handed in anew.
    """
    latest = (
        select(func.max(Offer.id))
        .join(Offer.registration)
        .join(Registration.attempt)
        .join(Attempt.announcement)
        .where(
            Registration.attempt_id == attempt_id,
            Registration.withdrawn_at.is_(None),
            Registration.reasons == (),
            Offer.revision == Announcement.revision,
        )
        .group_by(Offer.registration_id)
    )
    return list(
        db.session.execute(
            select(Offer)
            .join(Offer.registration)
            .join(Registration.agency)
            .join(Agency.organisation)
            .where(Offer.id.in_(latest), Offer.lapsed_at.is_(None))
            .order_by(Organisation.code)
        ).scalars()
    )


AWAITED = (Offer.broken_at.is_not(None), Offer.handed_in_at.is_(None), Offer.lapsed_at.is_(None))
"""Did not open, and its body may still come."""


def is_awaited(offer: Offer) -> bool:
    """Whether the body of this envelope may still come; the twin of `AWAITED`."""
    return offer.broken_at is not None and offer.handed_in_at is None and offer.lapsed_at is None


def awaited_of(attempt_id: int) -> list[str]:
    """Commitments of the attempt's envelopes whose bodies are awaited, ascending."""
    query = select(Offer.commitment).join(Offer.registration).where(Registration.attempt_id == attempt_id, *AWAITED)
    return list(db.session.execute(query.order_by(Offer.commitment)).scalars())


def broken(attempt_id: int) -> list[Offer]:
    """The attempt's envelopes that did not open, ascending by the agency's code."""
    return list(db.session.execute(_of(attempt_id).where(Offer.broken_at.is_not(None))).scalars())


def awaited(attempt_id: int, party_id: int | None) -> Offer | None:
    """The envelope of this organisation's agency whose body is awaited, None where none is."""
    query = _of(attempt_id).where(Agency.organisation_id == party_id, *AWAITED)
    return db.session.execute(query).scalar_one_or_none()


def by_commitment(commitment: str) -> Offer:
    """The envelope with a commitment. Raises `NotFound`."""
    found = db.session.execute(select(Offer).where(Offer.commitment == commitment)).scalar_one_or_none()
    if found is None:
        raise NotFound("offer")
    return found


def need_of(offer: Offer) -> Need:
    """What the offer answers."""
    return offer.registration.attempt.announcement.need


def due_for_lapse(now: datetime) -> list[str]:
    """Commitments of envelopes whose body did not come in time, oldest limit first."""
    query = select(Offer.commitment).where(*AWAITED, Offer.hand_in_due_at <= now)
    return list(db.session.execute(query.order_by(Offer.hand_in_due_at, Offer.id)).scalars())


def next_lapse(now: datetime) -> datetime | None:
    """The first limit after `now` for handing in a body."""
    query = select(func.min(Offer.hand_in_due_at)).where(*AWAITED, Offer.hand_in_due_at > now)
    return db.session.execute(query).scalar_one_or_none()


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Commitment and stamp of every awaited body whose provisional limit this calendar can tell better."""
    return select(Offer.commitment, func.replace(cast(Offer.hand_in_due_at, String), ":", "")).where(
        Offer.provisional, Offer.hand_in_due_at <= days.certain_until
    )


@dataclass(frozen=True, slots=True)
class Unopened:
    """An own envelope that did not open: where, its commitment, until when its body may be handed in."""

    no: str
    title: str
    commitment: str
    due_at: datetime
    rulebook: str
    handed_in_at: datetime | None
    lapsed_at: datetime | None


def unopened(party_id: int | None, no: str) -> Unopened:
    """The envelope of this organisation, in the present attempt, that did not open. Raises `NotFound`."""
    announcement = registrations.announced(no)
    attempt = announcements.present_attempt(announcement)
    query = _of(attempt.id).where(Agency.organisation_id == party_id, Offer.broken_at.is_not(None))
    found = db.session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound("offer")
    return _unopened(found)


def to_hand_in(party_id: int) -> list[Unopened]:
    """Everything this organisation may still hand in the body of, most urgent first."""
    query = select(Offer).join(Offer.registration).join(Registration.agency)
    query = query.where(Agency.organisation_id == party_id, *AWAITED)
    return [_unopened(one) for one in db.session.execute(query.order_by(Offer.hand_in_due_at, Offer.id)).scalars()]


def _unopened(offer: Offer) -> Unopened:
    announcement = offer.registration.attempt.announcement
    if offer.hand_in_due_at is None:
        raise NotFound("offer")
    return Unopened(
        announcement.no or "",
        announcement.need.title,
        offer.commitment,
        offer.hand_in_due_at,
        registrations.rulebook_of(announcement),
        offer.handed_in_at,
        offer.lapsed_at,
    )


def envelopes(attempt_id: int) -> int:
    """How many valid registrations have an envelope that counts; after the freeze has judged."""
    return len(counting(attempt_id))


def opened(attempt_id: int) -> list[Offer]:
    """The offers that were opened, ascending by the agency's code; none before the opening."""
    return list(db.session.execute(_of(attempt_id).where(Offer.opened_at.is_not(None))).scalars())


def _of(attempt_id: int) -> Select[Offer]:
    return (
        select(Offer)
        .join(Offer.registration)
        .join(Registration.agency)
        .join(Agency.organisation)
        .where(Registration.attempt_id == attempt_id)
        .order_by(Organisation.code, Offer.id)
    )


def published(no: str, *, attempt: int | None = None) -> list[Published]:
    """Every envelope of an attempt (the present one unless told), once its counting ones were opened.

    Raises `NotFound` before the opening and where nothing was ever opened: until then not even a number is told.
    """
    announcement = registrations.announced(no)
    chosen = announcements.attempt(announcement.id, attempt or announcement.attempt_number)
    rows = db.session.execute(
        _of(chosen.id).add_columns(Entry.position).join(Entry, Entry.ref == Offer.entry_ref)
    ).all()
    if not any(offer.opened_at is not None for offer, _ in rows):
        raise NotFound("offers")
    return [
        Published(offer.registration.agency.organisation.code, offer.commitment, offer.body, index)
        for offer, index in rows
    ]


@dataclass(frozen=True, slots=True)
class Listed:
    """One envelope of an agency on the frozen list; `body` is None for what was not opened."""

    id: str
    commitment: str
    body: str | None
    index: int


def of_listed(attempt_id: int) -> list[Listed]:
    """Every envelope of everybody on the frozen list, by the agency's code and in the log's order (protocol.md §4)."""
    rows = db.session.execute(
        _of(attempt_id)
        .where(Registration.judged_at.is_not(None))
        .add_columns(Entry.position)
        .join(Entry, Entry.ref == Offer.entry_ref)
    )
    return [
        Listed(offer.registration.agency.organisation.code, offer.commitment, offer.body, index)
        for offer, index in rows
        if index is not None
    ]


def ground(announcement: Announcement, registration: Registration | None) -> Ground:
    """What an offer of this registration stands on."""
    return Ground(
        by_price=announcement.need.method in BY_PRICE,
        ceiling_fen=announcement.need.budget_fen,
        promised_days=None if registration is None else registration.promised_days,
        confirmed=registration is not None and registration.revision == announcement.revision,
    )


def page(actor: Actor, no: str, *, now: datetime) -> OfferPage:
    """An announcement as the actor's agency sees it when it wants to offer. Raises `NotFound`."""
    announcement = registrations.announced(no)
    attempt = announcements.present_attempt(announcement)
    window = registrations.window(announcement, attempt)
    agency = agencies.by_party(actor.party)
    own = None if agency is None else registrations.of(attempt.id, agency.id)
    stands_on = ground(announcement, own)
    return OfferPage(
        no=no,
        title=announcement.need.title,
        closes_at=attempt.closes_at,
        ceiling_fen=stands_on.ceiling_fen,
        promised_days=stands_on.promised_days,
        rulebook=registrations.rulebook_of(announcement),
        open=window.bar(now) is None,
        own=() if own is None else _own(own.id, announcement.revision),
        refusals=tuple(
            rules.refusals_to_offer(
                registrations.position(actor, announcement, attempt, now=now),
                ground=stands_on,
                window=window,
                now=now,
            )
        ),
    )


def _own(registration_id: int, revision: int) -> tuple[OwnOffer, ...]:
    rows = db.session.execute(
        select(Offer.commitment, Offer.submitted_at, Offer.revision)
        .where(Offer.registration_id == registration_id)
        .order_by(Offer.id.desc())
    ).all()
    return tuple(
        OwnOffer(commitment, submitted_at, counts=place == 0 and answers == revision)
        for place, (commitment, submitted_at, answers) in enumerate(rows)
    )


def without_offer(party_id: int, *, now: datetime) -> list[Waiting]:
    """Where an organisation is registered and still owes an offer to the present terms, most urgent first."""
    answered = select(Offer.id).where(Offer.registration_id == Registration.id, Offer.revision == Announcement.revision)
    found = db.session.execute(
        select(Registration)
        .join(Registration.agency)
        .join(Registration.attempt)
        .join(Attempt.announcement)
        .where(
            Agency.organisation_id == party_id,
            Registration.withdrawn_at.is_(None),
            Registration.revision == Announcement.revision,
            Attempt.offer_key.is_not(None),
            Attempt.closes_at > now,
            Attempt.decision.is_(None),
            ~answered.exists(),
        )
        .order_by(Attempt.closes_at, Registration.id)
    ).scalars()
    return [
        Waiting(one.attempt.announcement.no or "", one.attempt.announcement.need.title, one.attempt.closes_at)
        for one in found
    ]
