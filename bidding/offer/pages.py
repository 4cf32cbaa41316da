"""An announcement as an agency sees it that wants to offer, and an envelope whose body it is to hand in."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from app import built
from app.actor import Actor
from app.database import db
from app.refusal import NotFound, Refusal
from app.settings import Settings
from app.values import Fen, Ppm
from bidding.offer import proposals, queries, rules
from bidding.offer.models import Offer
from bidding.offer.rules import Missing
from bidding.registration import queries as registrations
from bidding.registration.models import Registration
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements


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
    rates: tuple[Ppm, Ppm] | None
    promised_days: int | None
    rulebook: str
    open: bool
    by_proposal: bool
    items: tuple[tuple[str, str], ...]
    own: tuple[OwnOffer, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Unopened:
    """An own envelope that did not open: where, its commitment, until when what of it may be handed in.

    `missing` is None once all has come, or its time is over; `files`: places and instants of files that came.
    """

    no: str
    title: str
    commitment: str
    due_at: datetime
    rulebook: str
    handed_in_at: datetime | None
    lapsed_at: datetime | None
    legible: bool
    missing: Missing | None
    files: tuple[tuple[int, datetime], ...]


def unopened(party_id: int | None, no: str) -> Unopened:
    """The envelope of this organisation, in the present attempt, that did not open. Raises `NotFound`."""
    announcement = registrations.announced(no)
    attempt = announcements.present_attempt(announcement)
    query = queries.of_attempt(attempt.id).where(Agency.organisation_id == party_id, Offer.broken_at.is_not(None))
    found = db.session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound("offer")
    return _unopened(found)


def drawer(commitment: str) -> Path | None:
    """The file in which a demonstration's agency has kept its body, there or not; None in a real market."""
    settings: Settings = built.part("settings")
    return settings.instance / "bodies" / f"{commitment}.txt" if settings.demonstration else None


def kept_body(page: Unopened) -> str | None:
    """The body that the demonstration has kept for the agency whose envelope this is, as long as it is awaited."""
    file = None if page.missing is None or not page.missing.body else drawer(page.commitment)
    return file.read_text() if file is not None and file.exists() else None


def to_hand_in(party_id: int) -> list[Unopened]:
    """Everything of which this organisation may still hand in what did not open, most urgent first."""
    query = select(Offer).join(Offer.registration).join(Registration.agency)
    query = query.where(Agency.organisation_id == party_id, *queries.AWAITED)
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
        offer.legible,
        queries.missing(offer),
        tuple(
            (one.place, one.handed_in_at) for one in proposals.sealed_files(offer.id) if one.handed_in_at is not None
        ),
    )


def page(actor: Actor, no: str, *, now: datetime) -> OfferPage:
    """An announcement as the actor's agency sees it when it wants to offer. Raises `NotFound`."""
    announcement = registrations.announced(no)
    attempt = announcements.present_attempt(announcement)
    window = registrations.offer_window(announcement, attempt)
    agency = agencies.by_party(actor.party)
    own = None if agency is None else registrations.of(attempt.id, agency.id)
    stands_on = queries.ground(announcement, own)
    return OfferPage(
        no=no,
        title=announcement.need.title,
        closes_at=window.closes,
        ceiling_fen=stands_on.ceiling_fen,
        rates=stands_on.rates,
        promised_days=stands_on.promised_days,
        rulebook=registrations.rulebook_of(announcement),
        open=window.bar(now) is None,
        by_proposal=stands_on.by_proposal,
        items=queries.itemized(no),
        own=() if own is None else _own(own.id, announcement.revision),
        refusals=tuple(
            rules.refusals_to_offer(
                registrations.position(actor, announcement, agency=agency, own=own, now=now),
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
