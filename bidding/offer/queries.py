"""Offers and what each stands on: which count, which are awaited, what the opened ones say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Select, String, and_, bindparam, func, or_, select

from app.database import db, values
from app.identity.models import Organisation
from app.refusal import NotFound
from app.values import Fen, Ppm
from bidding.offer import envelope
from bidding.offer.models import Offer, Proposal
from bidding.offer.rules import Ground, Missing
from bidding.registration import queries as registrations
from bidding.registration.models import Registration
from marketplace.agency.models import Agency
from marketplace.announcement.models import Announcement, Attempt
from marketplace.need.models import Need
from marketplace.need.rules import BY_PROPOSAL, ITEMIZED, RATED, SEALED, SECOND, Method


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


_FILE_AWAITED = (Proposal.broken_at.is_not(None), Proposal.handed_in_at.is_(None))


AWAITED = (
    Offer.broken_at.is_not(None),
    Offer.lapsed_at.is_(None),
    Offer.opened_at.is_(None),
    or_(
        and_(Offer.handed_in_at.is_(None), ~Offer.legible),
        select(Proposal.id).where(Proposal.offer_id == Offer.id, *_FILE_AWAITED).exists(),
    ),
)
"""Did not open whole, and its body or files of it may still come."""


def is_awaited(offer: Offer) -> bool:
    """Whether anything of this envelope may still come; the twin of `AWAITED`."""
    going = offer.broken_at is not None and offer.lapsed_at is None and offer.opened_at is None
    return going and (_body_awaited(offer) or bool(awaited_files(offer.id)))


def _body_awaited(offer: Offer) -> bool:
    return offer.handed_in_at is None and not offer.legible


def awaited_files(offer_id: int) -> list[Proposal]:
    """The files of an envelope that may still come, in the order of its body's lines."""
    query = select(Proposal).where(Proposal.offer_id == offer_id, *_FILE_AWAITED)
    return list(db.session.execute(query.order_by(Proposal.place)).scalars())


def missing(offer: Offer) -> Missing | None:
    """What may still be handed in of an envelope, None where nothing."""
    if offer.hand_in_due_at is None or not is_awaited(offer):
        return None
    some = awaited_files(offer.id)
    known = tuple(one.sha256 for one in some if one.sha256 is not None)
    return Missing(offer.commitment, offer.hand_in_due_at, _body_awaited(offer), known, len(some))


def awaited_of(attempt_id: int) -> list[str]:
    """Commitments of the attempt's envelopes of which anything is awaited, ascending."""
    query = select(Offer.commitment).join(Offer.registration).where(Registration.attempt_id == attempt_id, *AWAITED)
    return list(db.session.execute(query.order_by(Offer.commitment)).scalars())


def came(attempt_id: int) -> int:
    """How many bodies and files were handed in for what did not open."""
    bodies = select(func.count(Offer.handed_in_at)).join(Offer.registration)
    files = select(func.count(Proposal.handed_in_at)).join(Proposal.offer).join(Offer.registration)
    counted = (query.where(Registration.attempt_id == attempt_id) for query in (bodies, files))
    return sum(db.session.execute(query).scalar_one() for query in counted)


def broken(attempt_id: int) -> list[Offer]:
    """The attempt's envelopes that did not open, ascending by the agency's code."""
    return list(db.session.execute(of_attempt(attempt_id).where(Offer.broken_at.is_not(None))).scalars())


def awaited(attempt_id: int, party_id: int | None) -> Offer | None:
    """The envelope of this organisation's agency of which anything is awaited, None where none is."""
    query = of_attempt(attempt_id).where(Agency.organisation_id == party_id, *AWAITED)
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


def envelopes(attempt_id: int) -> int:
    """How many valid registrations have an envelope that counts; after the freeze has judged."""
    return len(counting(attempt_id))


def opened(attempt_id: int) -> list[Offer]:
    """The offers that were opened, ascending by the agency's code; none before the opening."""
    return list(db.session.execute(of_attempt(attempt_id).where(Offer.opened_at.is_not(None))).scalars())


def of_attempt(attempt_id: int) -> Select[Offer]:
    """Every offer of an attempt, ascending by the agency's code, each agency's first one first."""
    return (
        select(Offer)
        .join(Offer.registration)
        .join(Registration.agency)
        .join(Agency.organisation)
        .where(Registration.attempt_id == attempt_id)
        .order_by(Organisation.code, Offer.id)
    )


def ground(announcement: Announcement, registration: Registration | None) -> Ground:
    """What an offer of this registration stands on."""
    second = announcement.need.method in SECOND
    return Ground(
        by_price=announcement.need.method in SEALED | SECOND,
        ceiling_fen=announcement.need.budget_fen,
        promised_days=None if registration is None else registration.promised_days,
        confirmed=registration is not None and registration.revision == announcement.revision,
        by_proposal=announcement.need.method in BY_PROPOSAL,
        rates=rates_of(announcement),
        items=itemized_codes(announcement.need),
        invited=not second or (registration is not None and registration.invited_at is not None),
        drawn=not second or (registration is not None and registration.attempt.offers_close_at is not None),
    )


def itemized_codes(need: Need) -> tuple[str, ...]:
    """The codes of the items that are priced for themselves; none where only a total is asked for."""
    return need.codes if need.further is not None and need.method in ITEMIZED else ()


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What a price consists of: a rate, or amounts of several items, or one amount in all."""

    rate: bool
    items: tuple[tuple[str, str], ...]


def asked_for(no: str) -> AskedFor:
    """What an announcement asks its agencies for, mostly in one look. Raises `NotFound`."""
    found = values(_asked_for(), {"no": no}).one_or_none()
    if found is None:
        raise NotFound("announcement")
    if found.method in RATED:
        return AskedFor(rates_of(registrations.announced(no)) is not None, ())
    return AskedFor(False, itemized(no) if found.further is not None and found.method in ITEMIZED else ())


@lru_cache(maxsize=1)
def _asked_for() -> Select[Method, str | None]:
    query = select(Need.method, Need.further).join(Announcement, Announcement.need_id == Need.id)
    return query.where(Announcement.no == bindparam("no", type_=String()))


def itemized(no: str) -> tuple[tuple[str, str], ...]:
    """Code and name of each item that is priced for itself, ascending by code; none where only a total is asked for.

    Raises `NotFound`.
    """
    need = registrations.announced(no).need
    return tuple(sorted((item.item_code, item.name) for item in need.items)) if itemized_codes(need) else ()


@dataclass(frozen=True, slots=True)
class PricedItem:
    """The part of an opened offer for one service item: fen and working days."""

    code: str
    name: str
    amount_fen: Fen
    days: int


def priced_items(offers: Iterable[Offer]) -> Mapping[int, tuple[PricedItem, ...]]:
    """By registration, what the bodies of opened offers of one attempt say of each item; those that do."""
    found: dict[int, tuple[PricedItem, ...]] = {}
    names: dict[str, str] = {}
    for offer in offers:
        need = need_of(offer)
        if offer.body is None or not itemized_codes(need):
            continue
        names = names or {item.item_code: item.name for item in need.items}
        found[offer.registration_id] = tuple(
            PricedItem(item.code, names[item.code], Fen(item.value), item.promised_days)
            for item in envelope.parse_body(offer.body).items
        )
    return found


def priced_items_of(attempt: Attempt, agency_id: int) -> tuple[PricedItem, ...]:
    """What an agency's opened offer in an attempt says of each item; none where only a total was asked for."""
    if not itemized_codes(attempt.announcement.need):
        return ()
    query = of_attempt(attempt.id).where(Registration.agency_id == agency_id, Offer.opened_at.is_not(None))
    return next(iter(priced_items(db.session.execute(query).scalars()).values()), ())


def rates_of(announcement: Announcement) -> tuple[Ppm, Ppm] | None:
    """The least and the most discount in ppm, where the method asks for a rate; None where it asks for an amount."""
    asked = announcement.need.asked
    if announcement.need.method not in RATED or asked.min_ppm is None or asked.max_ppm is None:
        return None
    return asked.min_ppm, asked.max_ppm
