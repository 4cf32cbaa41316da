"""The files of offers, sealed and opened."""

import io
from collections.abc import Callable, Mapping

from sqlalchemy import select

from app import files, sealing
from app.database import db
from app.refusal import NotFound
from bidding.offer import envelope
from bidding.offer.models import Offer, Proposal
from bidding.registration.models import Registration


def sealed_files(offer_id: int) -> list[Proposal]:
    """The files of an offer in the order of its body's lines."""
    return list(
        db.session.execute(select(Proposal).where(Proposal.offer_id == offer_id).order_by(Proposal.place)).scalars()
    )


def proposals(attempt_id: int) -> Mapping[int, tuple[Proposal, ...]]:
    """The files of an attempt's opened offers, by registration, in the order of the body's lines."""
    found: dict[int, list[Proposal]] = {}
    query = (
        select(Proposal)
        .join(Proposal.offer)
        .join(Offer.registration)
        .where(Registration.attempt_id == attempt_id, Offer.opened_at.is_not(None))
    )
    for proposal in db.session.execute(query.order_by(Proposal.offer_id, Proposal.place)).scalars():
        found.setdefault(proposal.offer.registration_id, []).append(proposal)
    return {registration: tuple(some) for registration, some in found.items()}


def content(proposal: Proposal) -> tuple[bytes, str]:
    """The bytes of an opened file, and what its name ends with. Raises `NotFound` for one that cannot be opened."""
    try:
        found = opener(proposal)()
    except (OSError, sealing.Unopenable) as error:
        raise NotFound("proposal") from error
    return found, files.TYPES[files.kind(io.BytesIO(found)) or files.PDF]


def opener(proposal: Proposal) -> Callable[[], bytes]:
    """What gives the bytes of an opened file when they are wanted, without asking the database again.

    It raises `OSError` or `sealing.Unopenable` for one that cannot be opened.
    """
    place = files.path(proposal.handed_in or proposal.box)
    key, sha256 = proposal.key or b"", proposal.sha256 or ""
    return lambda: envelope.open_proposal(place.read_bytes(), key=key, sha256=sha256)
