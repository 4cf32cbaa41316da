"""When a sealed offer may be handed in; what is checked before it is sealed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.actor import Role
from app.refusal import Refusal
from app.values import Done, Fen, Opens
from bidding.registration.rules import (
    Position,
    RegistrationTerms,
    Window,
    refusals_by_standing,
    refusals_to_act_now,
    refusals_to_days,
)


class OfferAct(StrEnum):
    """The act of offering."""

    SUBMIT = "offer.submit"


MAY = {
    OfferAct.SUBMIT: {Role.AGENCY},
}
OPENS = {
    OfferAct.SUBMIT: Opens.LATER,
}
SEALED = frozenset({OfferAct.SUBMIT})
"""Its input is kept nowhere, neither in the private part of its entry nor in a receipt (protocol.md §2.6)."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class OfferInput:
    """The input: fen, working days, SHA-256 of files. No repr shows the amount, hence no log and no error report."""

    amount_fen: Fen = field(repr=False)
    days: int
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferDone(Done):
    """The answer to the first request only: the body is stored nowhere, so it is in the answer or it is lost."""

    body: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Ground:
    """What an offer stands on: the announcement's ceiling in fen, the agency's own promise (None without one)."""

    by_price: bool
    ceiling_fen: Fen
    promised_days: int | None
    confirmed: bool


def refusals_to_offer(position: Position, *, ground: Ground, window: Window, now: datetime) -> Iterator[Refusal]:
    """Say every reason at once, before a price was typed. Source: protocol.md §2.2; rules.md §2.5 offer.editable."""
    yield from refusals_to_act_now(window, now=now)
    if not ground.by_price:
        yield Refusal("no_price_asked")
    if ground.promised_days is None:
        yield Refusal("not_registered")
    elif not ground.confirmed:
        yield Refusal("registration_unconfirmed")
    yield from refusals_by_standing(position)


def refusals_to_submit(
    offer: OfferInput,
    *,
    position: Position,
    ground: Ground,
    window: Window,
    terms: RegistrationTerms,
    now: datetime,
) -> Iterator[Refusal]:
    """Say every reason at once; a refusal names the ceiling and the promise, never the amount (protocol.md §2.2)."""
    yield from refusals_to_offer(position, ground=ground, window=window, now=now)
    yield from refusals_to_amount(offer.amount_fen, ceiling=ground.ceiling_fen)
    yield from refusals_to_days(offer.days, expected=position.expected_days, terms=terms)
    if ground.promised_days is not None and offer.days != ground.promised_days:
        yield Refusal("days_not_promised", field="days", params={"promised": ground.promised_days})
    if list(offer.files) != sorted(set(offer.files)) or not all(_SHA256.fullmatch(file) for file in offer.files):
        yield Refusal("offer_files_malformed", field="files")


def refusals_to_amount(amount: Fen, *, ceiling: Fen) -> Iterator[Refusal]:
    """Fen; more than nothing and at most the ceiling, which is the published budget (mission.md M18)."""
    if amount <= 0:
        yield Refusal("amount_not_positive", field="amount_fen")
    elif amount > ceiling:
        yield Refusal("above_ceiling", field="amount_fen", params={"ceiling_fen": int(ceiling)})
