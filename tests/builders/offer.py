"""Sealed offers as agencies hand them in, and their opening by its step alone."""

import hashlib

from app import sealing
from app.act import act
from app.actor import Actor
from app.chance import fresh_key
from app.keyring import keyring
from app.values import Fen, Ppm
from bidding.offer import queries, services
from bidding.offer.rules import OfferDone, OfferInput
from bidding.offer.services import Opened
from bidding.registration import queries as registrations
from bidding.selection.rules import SelectionAct
from marketplace.announcement import queries as announcements
from tests.builders.registration import own_registration


def an_offer(
    agency: Actor, no: str, *, amount_fen: int | None = None, rate_ppm: int | None = None, days: int | None = None
) -> OfferDone:
    """A registered agency hands in a price, or a discount, with the days it promised unless told.

    The answer holds the body.
    """
    promised = own_registration(agency, no).promised_days if days is None else days
    offer = OfferInput(
        None if amount_fen is None else Fen(amount_fen), promised, rate_ppm=None if rate_ppm is None else Ppm(rate_ppm)
    )
    done = services.submit(agency, no, offer, key=fresh_key())
    if not isinstance(done, OfferDone):
        raise TypeError(type(done))
    return done


def offer_key(no: str) -> bytes:
    """The private key K of the present attempt, as its one holder opens it (protocol.md §2.3)."""
    attempt = announcements.present_attempt(registrations.announced(no))
    if attempt.offer_key is None or attempt.sealed_offer_key is None:
        raise LookupError(no)
    return sealing.open_box(
        attempt.sealed_offer_key,
        private=keyring().opening,
        associated=hashlib.sha256(attempt.offer_key).digest(),
        info=b"zjcs-offer-1",
    )


def opened(no: str) -> list[Opened]:
    """Open every offer that counts, by the step alone; the attempt must be frozen and judged."""
    private = offer_key(no)
    with act(SelectionAct.OPEN, actor=Actor.sweeper(), key=f"tests:open:{no}") as deed:
        announcement = deed.lock(announcements.row(no))
        attempt = announcements.present_attempt(announcement)
        found = services.open_all(deed, attempt, queries.counting(attempt.id), private)
        deed.on("announcement", no)
    return found
