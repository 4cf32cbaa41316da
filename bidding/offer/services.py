"""Sealing an offer at submission, and opening all that count in one act; the amount is in clear nowhere in between."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from app import sealing
from app.act import Deed, act, chance
from app.actor import Actor
from app.audit import services as audit
from app.refusal import NotFound, Refusal, demand
from app.values import Done, Fen
from bidding.offer import queries, rules
from bidding.offer.envelope import Body, Envelope, Kind, Malformed, body_text, open_offer, parse_body, seal_offer
from bidding.offer.models import Offer
from bidding.offer.rules import OfferAct, OfferDone, OfferInput
from bidding.registration import queries as registrations
from bidding.registration import services as registering
from bidding.registration.models import Registration
from marketplace.agency import queries as agencies
from marketplace.announcement.models import Announcement, Attempt


class BrokenEnvelope(Exception):
    """An envelope that does not open, or holds no body of this attempt: the selection stops (protocol.md §2.5)."""

    def __init__(self, commitment: str) -> None:
        self.commitment = commitment
        super().__init__(commitment)


@dataclass(frozen=True, slots=True)
class Opened:
    """One opened offer: whose, fen, working days, and the body as it is published."""

    registration_id: int
    amount_fen: Fen = field(repr=False)
    days: int
    body: str = field(repr=False)


def submit(actor: Actor, subject: str | None, offer: OfferInput, /, *, key: str) -> Done:
    """An agency hands in its price: sealed at once, replacing its earlier one (M18a; protocol.md §2).

    The answer is an `OfferDone` with the body, which is stored nowhere. Raises `Refused` with every reason at once, and
    `AlreadyDone` with the receipt only.
    """
    with act(OfferAct.SUBMIT, actor=actor, key=key, subject=subject, input=offer) as deed:

        def reasons(announcement: Announcement, attempt: Attempt, now: datetime) -> list[Refusal]:
            agency = agencies.by_party(actor.party)
            own = None if agency is None else registrations.of(attempt.id, agency.id)
            return list(
                rules.refusals_to_submit(
                    offer,
                    position=registrations.position(actor, announcement, attempt, now=now),
                    ground=queries.ground(announcement, own),
                    window=registrations.window(announcement, attempt),
                    terms=registrations.terms(announcement),
                    now=now,
                )
            )

        announcement, attempt = registering.shared(deed, subject, reasons)
        agency, registration = registering.own_row(deed, attempt)
        demand(reasons(announcement, attempt, deed.now), rulebook=announcement.rulebook)
        if agency is None or registration is None:
            raise NotFound(deed.act)
        body, envelope = _sealed(offer, announcement=announcement, attempt=attempt, code=agency.organisation.code)
        _keep(deed, registration, envelope, revision=announcement.revision)
        registering.record(deed, announcement, attempt, agency)
        deed.commit_to(envelope.commitment)
        deed.tell(commitment=envelope.commitment)
    done = deed.answer()
    return OfferDone(done.act, done.subject, done.at, done.receipt, body=body)


def _sealed(offer: OfferInput, *, announcement: Announcement, attempt: Attempt, code: str) -> tuple[str, Envelope]:
    if attempt.offer_key is None:
        raise NotFound("offer key")
    body = body_text(
        Body(
            market=audit.market(),
            no=announcement.no or "",
            attempt=attempt.number,
            id=code,
            kind=Kind.AMOUNT,
            total=offer.amount_fen,
            promised_days=offer.days,
            nonce=chance().secret().hex(),
            files=offer.files,
        )
    )
    return body, seal_offer(body, attempt_key=attempt.offer_key, ephemeral=chance().secret())


def _keep(deed: Deed, registration: Registration, envelope: Envelope, *, revision: int) -> None:
    deed.add(
        Offer(
            registration_id=registration.id,
            revision=revision,
            commitment=envelope.commitment,
            envelope=envelope.box,
            entry_ref=deed.ref,
            submitted_at=deed.now,
        )
    )


def open_all(deed: Deed, attempt: Attempt, offers: Collection[Offer], private: bytes) -> list[Opened]:
    """A step of the opening: write body and amount of each, in the given order. `private` is the attempt's key K.

    Raises `BrokenEnvelope` before anything is written when one does not open, does not match its commitment, or is not
    of this attempt and agency (protocol.md §2.5).
    """
    bodies = [_opened(offer, attempt, private) for offer in offers]
    found = []
    for offer, (text, body) in zip(offers, bodies, strict=True):
        offer.opened_at, offer.body, offer.amount_fen = deed.now, text, Fen(body.total)
        found.append(Opened(offer.registration_id, Fen(body.total), body.promised_days, text))
    return found


def _opened(offer: Offer, attempt: Attempt, private: bytes) -> tuple[str, Body]:
    try:
        text = open_offer(Envelope(offer.commitment, offer.envelope), private=private)
        body = parse_body(text)
    except (sealing.Unopenable, Malformed) as error:
        raise BrokenEnvelope(offer.commitment) from error
    expected = (audit.market(), attempt.announcement.no, attempt.number, offer.registration.agency.organisation.code)
    if (body.market, body.no, body.attempt, body.id) != expected or body.kind is not Kind.AMOUNT:
        raise BrokenEnvelope(offer.commitment)
    return text, body
