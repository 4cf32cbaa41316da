"""When a sealed offer may be handed in; what is checked before it is sealed."""

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.refusal import Refusal
from app.rulebook import term
from app.values import Done, Fen, Opens, Ppm
from bidding.offer.body import parse_body
from bidding.registration.rules import (
    Position,
    RegistrationTerms,
    Window,
    refusals_by_standing,
    refusals_to_act_now,
    refusals_to_days,
)


class OfferAct(StrEnum):
    """The acts of offering: the envelope; its body, where it did not open; a price so low that it must be explained."""

    SUBMIT = "offer.submit"
    HAND_IN = "offer.hand_in"
    LAPSE = "offer.lapse"
    EXPLAIN = "offer.explain"
    JUDGE = "offer.judge"
    UNEXPLAINED = "offer.unexplained"


MAY = {
    OfferAct.SUBMIT: {Role.AGENCY},
    OfferAct.HAND_IN: {Role.AGENCY},
    OfferAct.LAPSE: {Role.SYSTEM},
    OfferAct.EXPLAIN: {Role.AGENCY},
    OfferAct.JUDGE: {Role.PURCHASER},
    OfferAct.UNEXPLAINED: {Role.SYSTEM},
}
CONSENT = {OfferAct.JUDGE: Role.SUPERVISOR}
"""The purchaser decides, the supervisor consents. Source: rules.md §2.5 offer.low_price_alert."""
OPENS = {
    OfferAct.SUBMIT: Opens.LATER,
    OfferAct.HAND_IN: Opens.LATER,
    OfferAct.LAPSE: Opens.LATER,
    OfferAct.EXPLAIN: Opens.AT_ONCE,
    OfferAct.JUDGE: Opens.AT_ONCE,
    OfferAct.UNEXPLAINED: Opens.AT_ONCE,
}
SEALED = frozenset({OfferAct.SUBMIT, OfferAct.HAND_IN})
"""Its input is kept nowhere, neither in the private part of its entry nor in a receipt (protocol.md §2.6)."""

ALL = 1_000_000
FINEST = 100
"""ppm: a hundredth of a per cent."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ItemOffer:
    """The part of an offer for one service item: fen and working days."""

    code: str
    amount_fen: Fen = field(repr=False)
    days: int


@dataclass(frozen=True, slots=True)
class OfferInput:
    """The input: fen, working days, SHA-256 of files; where a discount rate is asked for, ppm and no amount.

    `boxes`: SHA-256 of the same files as they lie sealed, in the same order. `items`: one for each item of a need for
    several, together the amount (M20). No repr shows the price, hence no log and no error report.
    """

    amount_fen: Fen | None = field(repr=False)
    days: int
    files: tuple[str, ...] = field(default=(), repr=False)
    boxes: tuple[str, ...] = ()
    rate_ppm: Ppm | None = field(default=None, repr=False)
    items: tuple[ItemOffer, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class LowPriceTerms:
    """Below which share of the ceiling, or of the others' mean, a price must be explained; the days for it.

    And the days in which the purchaser decides on what was said.
    """

    SECTION: ClassVar[str] = "offer"

    low_price_of_ceiling: Ppm = term("ppm")
    low_price_of_mean: Ppm = term("ppm")
    low_price_statement_days: int = term("workday")
    low_price_decide_days: int = term("workday")


@dataclass(frozen=True, slots=True)
class Statement:
    """Why the work can be done for so little, and what proves it (SHA-256)."""

    statement: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the purchaser makes of one agency's statement (`agency`: its USCC), and why."""

    agency: str
    accepted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class BodyInput:
    """What did not open: the body of an envelope as its agency received it, as secret as an amount; files of it.

    `files`: SHA-256 of files of the proposal, `boxes` of the same as they lie sealed again, in the same order.
    """

    body: str = field(default="", repr=False)
    files: tuple[str, ...] = ()
    boxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """What is still awaited of one envelope: its body, and so many files; `files`: their SHA-256 as far as known."""

    commitment: str
    due_at: datetime
    body: bool
    files: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class OfferDone(Done):
    """The answer to the first request only: the body is stored nowhere, so it is in the answer or it is lost."""

    body: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Ground:
    """What an offer stands on: the announcement's ceiling in fen, the agency's own promise (None without one).

    `by_proposal`: a proposal is handed in with the price. `invited`: whether the draw invited this agency, where only
    those may offer whom it invites; `drawn`: whether it has.
    `rates`: the least and the most discount in ppm, both included, where a rate is asked for instead of an amount.
    `items`: codes of the items that are priced each for itself; empty where only a total is asked for.
    """

    by_price: bool
    ceiling_fen: Fen
    promised_days: int | None
    confirmed: bool
    rates: tuple[Ppm, Ppm] | None = None
    by_proposal: bool = False
    items: tuple[str, ...] = ()
    invited: bool = True
    drawn: bool = True


MOST_FILES = 5
"""Files of one proposal; the market's own."""


def refusals_to_offer(position: Position, *, ground: Ground, window: Window, now: datetime) -> Iterator[Refusal]:
    """Say every reason at once, before a price was typed. Source: protocol.md §2.2; rules.md §2.5 offer.editable."""
    yield from refusals_to_act_now(window, now=now)
    if not ground.by_price:
        yield Refusal("no_price_asked")
    if ground.promised_days is None:
        yield Refusal("not_registered")
    elif not ground.drawn:
        yield Refusal("offers_after_draw")
    elif not ground.invited:
        yield Refusal("not_invited")
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
    if ground.rates is None:
        yield from refusals_to_amount(offer, ceiling=ground.ceiling_fen)
    else:
        yield from refusals_to_rate(offer, rates=ground.rates)
    yield from refusals_to_days(offer.days, expected=position.expected_days, terms=terms)
    if ground.promised_days is not None and offer.days != ground.promised_days:
        yield Refusal("days_not_promised", field="days", params={"promised": ground.promised_days})
    if list(offer.files) != sorted(set(offer.files)) or not all(_SHA256.fullmatch(file) for file in offer.files):
        yield Refusal("offer_files_malformed", field="files")
    yield from refusals_to_proposal(offer, asked=ground.by_proposal)
    yield from refusals_to_items(offer, ground=ground)


def refusals_to_items(offer: OfferInput, *, ground: Ground) -> Iterator[Refusal]:
    """Each item of a need for several once, priced, within the promised days; together the amount.

    Source: mission.md M20; protocol.md §2.1. The total of the days stays what was promised: items may be served side by
    side (inferred).
    """
    if not ground.items:
        if offer.items:
            yield Refusal("no_items_asked", field="items")
        return
    if sorted(item.code for item in offer.items) != sorted(ground.items):
        yield Refusal("items_not_all_priced", field="items", params={"items": "、".join(ground.items)})
        return
    most = ground.promised_days or offer.days
    for item in offer.items:
        if item.amount_fen <= 0:
            yield Refusal("item_amount_not_positive", field=f"amount_{item.code}", params={"item": item.code})
        if not 1 <= item.days <= most:
            yield Refusal(
                "item_days_out_of_range", field=f"days_{item.code}", params={"item": item.code, "promised": most}
            )
    if offer.amount_fen is not None and sum(item.amount_fen for item in offer.items) != offer.amount_fen:
        yield Refusal("items_do_not_add_up", field="amount_fen")


def refusals_to_proposal(offer: OfferInput, *, asked: bool) -> Iterator[Refusal]:
    """A proposal where one is asked for, every file of it sealed here. Source: rules.md §2.6 SCHEME_MERIT (GD1)."""
    if not asked:
        if offer.boxes:
            yield Refusal("no_proposal_asked", field="files")
    elif not offer.files or len(offer.boxes) != len(offer.files):
        yield Refusal("proposal_missing", field="files")
    elif len(offer.files) > MOST_FILES:
        yield Refusal("proposal_too_many", field="files", params={"most": MOST_FILES})


def refusals_to_amount(offer: OfferInput, *, ceiling: Fen) -> Iterator[Refusal]:
    """Fen; more than nothing and at most the ceiling, which is the published budget (mission.md M18)."""
    if offer.rate_ppm is not None:
        yield Refusal("rate_not_asked", field="rate_ppm")
    if offer.amount_fen is None or offer.amount_fen <= 0:
        yield Refusal("amount_not_positive", field="amount_fen")
    elif offer.amount_fen > ceiling:
        yield Refusal("above_ceiling", field="amount_fen", params={"ceiling_fen": int(ceiling)})


def refusals_to_rate(offer: OfferInput, *, rates: tuple[Ppm, Ppm]) -> Iterator[Refusal]:
    """A discount in ppm within the published bounds, both included, in whole hundredths of a per cent.

    Source: rules.md §2.5 offer.kind (VN1); that it is no finer is (inferred), so that what is typed is what counts.
    """
    least, most = rates
    if offer.amount_fen is not None:
        yield Refusal("amount_not_asked", field="amount_fen")
    if offer.rate_ppm is None or not least <= offer.rate_ppm <= most or offer.rate_ppm % FINEST:
        bounds = {"least": spoken_rate(least), "most": spoken_rate(most)}
        yield Refusal("rate_out_of_bounds", field="rate_ppm", params=bounds)


def spoken_rate(ppm: int) -> str:
    """A rate as people say it, in per cent with two decimals."""
    return f"{Decimal(ppm) / 10_000:.2f}%"


def discounted(base: int, rate_ppm: int) -> Fen:
    """What is left of a base in fen after a discount, half up; never nothing.

    Source: rules.md §2.6 BID_RATE; the rounding inferred, as everywhere (protocol.md §4).
    """
    return Fen(max(1, (2 * base * (ALL - rate_ppm) + ALL) // (2 * ALL)))


def refusals_to_hand_in(
    body: str, files: Collection[str], *, boxes: int, missing: Missing | None, now: datetime
) -> Iterator[Refusal]:
    """Why body or files do not stand in for what did not open; half-open: at the limit it is too late.

    `body`: "" where none came; `boxes`: how many files were sealed again; `missing` is None where nothing is awaited of
    this agency. A body counts if it hashes to the logged commitment, a file if its SHA-256 is one of that body's, and
    for no other reason. Source: protocol.md §2.5; for files, which stand in the body by their hash, inferred.
    """
    if missing is None:
        yield Refusal("no_body_awaited")
        return
    if now >= missing.due_at:
        yield Refusal("body_too_late", params={"due_at": missing.due_at.isoformat()})
        return
    fits = hashlib.sha256(body.encode()).hexdigest() == missing.commitment
    known = missing.files
    if body and not fits:
        yield Refusal("body_not_committed", field="body")
    elif missing.body and not body:
        yield Refusal("body_missing", field="body")
    elif missing.body:
        known = parse_body(body).files
    elif not files:
        yield Refusal("proposal_not_handed_in", field="files")
    if missing.body and not fits:
        return
    strange = set(files) - set(known)
    if strange or boxes != len(files) or len(set(files)) != len(files) or (files and not missing.count):
        yield Refusal("proposal_not_committed", field="files", params={"files": "、".join(sorted(strange)) or "—"})


def as_received(text: str) -> str:
    """A body as it was handed out, whatever a form or an editor has made of its line ends (protocol.md §0)."""
    return "".join(f"{line}\n" for line in text.replace("\r\n", "\n").strip("\n").split("\n"))


STATEMENT_LONGEST = 5_000


def refusals_to_explain(text: str, *, due_at: datetime | None, stated: bool, now: datetime) -> Iterator[Refusal]:
    """Why a cost statement is not taken; half-open. `due_at` is None where no price of this agency is asked about.

    Source: rules.md §2.5 offer.low_price_alert.
    """
    if due_at is None:
        yield Refusal("no_explanation_asked")
    elif stated:
        yield Refusal("explained_already")
    elif now >= due_at:
        yield Refusal(
            "explanation_too_late", clause="offer.low_price_statement_days", params={"due_at": due_at.isoformat()}
        )
    if not text.strip():
        yield Refusal("explanation_missing", field="statement")
    elif len(text) > STATEMENT_LONGEST:
        yield Refusal("explanation_too_long", field="statement", params={"longest": STATEMENT_LONGEST})


def refusals_to_judge(judgement: Judgement, *, open: bool, stated: bool) -> Iterator[Refusal]:
    """Why a price cannot be decided on now. Source: rules.md §2.5 offer.low_price_alert."""
    if not open:
        yield Refusal("no_price_to_judge")
    elif not stated:
        yield Refusal("explanation_awaited")
    if not judgement.reason.strip():
        yield Refusal("judgement_without_reason", field="reason")
