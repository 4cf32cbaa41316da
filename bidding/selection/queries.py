"""What is frozen, all that the result follows from, and whose decision it waits for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import lazyload

from app.audit import services as records
from app.audit.models import Entry, Head
from app.database import at_hand, db
from app.refusal import Refusal
from app.rules_in_force import rulebook
from app.values import SHANGHAI, Ppm
from bidding.auction import queries as auctions
from bidding.offer import queries as offers
from bidding.offer import questions as price_questions
from bidding.offer.rules import LowPriceTerms
from bidding.registration import queries as registrations
from bidding.selection import lottery, merit, methods, prices, rules
from bidding.selection import transcript as transcripts
from bidding.selection.models import Beacon, Candidate, Selection, SettledThrow
from bidding.selection.rules import WITNESS, Phase
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import Decision
from marketplace.need.models import Need
from marketplace.need.rules import LIVE, Method, Minimum, MinimumTerms, minimum_for
from marketplace.purchaser.models import Purchaser

DAYS_SHOWN = 14
"""As many beacons, and as many throws, as the public page names."""

UNDRAWN = (Selection.drawn_at.is_(None),)
"""Frozen, and the record is not yet published."""


def of(attempt_id: int) -> Selection | None:
    """The selection of an attempt, None before the freeze."""
    held = at_hand(Selection, attempt_id=attempt_id)
    if held is not None:
        return held
    query = select(Selection).where(Selection.attempt_id == attempt_id).options(lazyload(Selection.attempt))
    return db.session.execute(query).scalar_one_or_none()


def result(attempt_id: int) -> list[Candidate]:
    """The candidates of an attempt by rank; empty before its result."""
    found = of(attempt_id)
    return [] if found is None or found.resulted_at is None else list(found.candidates)


def phase_of(selection: Selection) -> Phase:
    """The phase of a row."""
    return rules.phase_of(
        resulted=selection.resulted_at is not None,
        voided=selection.voided_at is not None,
        unsuccessful=selection.attempt.decision is Decision.UNSUCCESSFUL,
        stopped=selection.stopped_at is not None,
        opened=selection.opened_at is not None,
        drawn=selection.drawn_at is not None,
    )


def method(attempt: Attempt) -> Method:
    """How the attempt selects."""
    return attempt.announcement.need.method


def minimum_of(attempt: Attempt) -> Minimum:
    """The fewest that make a selection of this attempt, by the rulebook that its announcement froze."""
    announcement = attempt.announcement
    if announcement.minimum is not None:
        return Minimum(announcement.minimum, "min_valid.thin")
    return minimum_for(
        announcement.need.method,
        announcement.need.fund,
        winners=attempt.winners,
        terms=rulebook(announcement.rulebook or "").terms(MinimumTerms),
    )


def beacon_after(selection: Selection) -> datetime | None:
    """The instant on the beacon line; None for the rule `none`."""
    return lottery.beacon_instant(selection.beacon_rule, selection.frozen_at)


@dataclass(frozen=True, slots=True)
class Known:
    """A beacon's value and its day in Asia/Shanghai, as the record has them."""

    on: date
    value: str


def beacon_of(selection: Selection) -> Known | None:
    """The value that serves this draw: its own throw, or the first settled day whose drawings started late enough.

    Source: protocol.md §1.1.
    """
    after = beacon_after(selection)
    if after is None:
        return None
    if selection.beacon_rule == WITNESS:
        thrown = throw_of(selection.id)
        return None if thrown is None else Known(thrown.thrown_at.astimezone(SHANGHAI).date(), thrown.value)
    query = select(Beacon).where(Beacon.on >= rules.first_day(after)).order_by(Beacon.on).limit(1)
    settled = db.session.execute(query).scalar_one_or_none()
    return None if settled is None else Known(settled.on, settled.value)


def throw_of(selection_id: int) -> SettledThrow | None:
    """The throw on which two accounts agreed."""
    return db.session.get(SettledThrow, selection_id)


def head_over(selection: Selection) -> Head | None:
    """The first signed head that covers the freeze, None while there is none."""
    return records.first_head_over_ref(selection.freeze_ref)


def undrawn() -> list[Selection]:
    """Frozen attempts whose record is not yet published, oldest first."""
    return list(
        db.session.execute(select(Selection).where(*UNDRAWN).order_by(Selection.frozen_at, Selection.id)).scalars()
    )


def subject(announcement_no: str | None, number: int) -> str:
    """How sweeps call one attempt."""
    return f"{announcement_no}/{number}"


def first_head() -> ScalarSelect[datetime]:
    """When the first signed head over an entry was signed, inside a question about that entry."""
    over = select(Head.timestamp).where(Head.tree_size > Entry.position)
    return over.order_by(Head.tree_size, Head.id).limit(1).scalar_subquery()


def case(selection: Selection, record: Mapping[str, Any] | None = None) -> methods.Case:
    """All that the attempt's result follows from, as far as it is known; `record` where it has been made."""
    attempt = selection.attempt
    codes = {one.id: one.agency.organisation.code for one in registrations.valid(attempt.id)}
    refused = {question.offer_id for question in price_questions.asked(attempt.id) if question.accepted is False}
    marks = scores_of(selection)
    sheets = [mark for mark in marks if mark.criterion != transcripts.CHOICE]
    return methods.Case(
        winners=attempt.winners,
        alternates=attempt.alternates,
        parameters=parameters_of(selection),
        frozen_at=selection.frozen_at,
        order=None if record is None else record["order"],
        factor=None if record is None or record["factor"] is None else int(record["factor"][0]),
        offers={
            codes[offer.registration_id]: value
            for offer in offers.counting(attempt.id)
            if offer.registration_id in codes
            and offer.id not in refused
            and (value := offer.amount_fen if offer.rate_ppm is None else offer.rate_ppm) is not None
        },
        live=auctions.counted(attempt.id) if method(attempt) in LIVE else (),
        marks=sheets or None,
        judges=sorted({mark.judge for mark in sheets}),
        lots=lottery.parse_frozen_text(selection.frozen_text).lots,
        choices=[mark.id for mark in marks if mark.criterion == transcripts.CHOICE] or None,
    )


def scores_of(selection: Selection) -> list[merit.Mark]:
    """The locked sheets, or the owner's choice in its order, as the transcript publishes them."""
    return [] if selection.scores is None else [merit.Mark(**one) for one in json.loads(selection.scores)]


AWAITED = (
    Selection.decide_by.is_not(None),
    Selection.scores.is_(None),
    Selection.resulted_at.is_(None),
    Selection.voided_at.is_(None),
)
"""A choice or sheets are awaited."""


def is_awaited(selection: Selection) -> bool:
    """The twin of `AWAITED`."""
    undecided = selection.scores is None and selection.resulted_at is None and selection.voided_at is None
    return selection.decide_by is not None and undecided


def refusals_by_limit(selection: Selection, *, now: datetime) -> Iterator[Refusal]:
    """Why it is too late to choose or to score, where either is awaited."""
    yield from rules.refusals_by_limit(selection.decide_by if is_awaited(selection) else None, now=now)


def awaited(selection: Selection) -> rules.Awaited | None:
    """Whose decision the ranks wait for now, None where for nobody's."""
    if not is_awaited(selection):
        return None
    published = None if selection.record is None else json.loads(selection.record)
    return rules.awaited(method(selection.attempt), case(selection, published))


def standing_for_choice(selection: Selection) -> tuple[str, ...]:
    """Among whom the owner chooses, by USCC in the order of the draw; nobody where he does not choose."""
    if selection.record is None:
        return ()
    if methods.METHODS[method(selection.attempt)].lots:
        return listed(selection)
    known = case(selection, json.loads(selection.record))
    return tuple(who for who in known.order or () if who in known.offers)


def listed(selection: Selection) -> tuple[str, ...]:
    """Who goes on after the draw, by USCC in its order, where not everybody does; nobody before the draw."""
    row = methods.METHODS[method(selection.attempt)]
    if selection.record is None or not (row.lots or row.second):
        return ()
    known = case(selection, json.loads(selection.record))
    return methods.short_list(known) if row.lots else methods.invited(known)


def undecided_of(party_id: int) -> list[Selection]:
    """A purchaser's attempts whose choice or sheets are awaited, most urgent first."""
    query = (
        select(Selection)
        .join(Selection.attempt)
        .join(Attempt.announcement)
        .join(Announcement.need)
        .join(Need.purchaser)
        .where(*AWAITED, Purchaser.organisation_id == party_id)
        .order_by(Selection.decide_by, Selection.id)
    )
    return list(db.session.execute(query).scalars())


def merit_terms(attempt: Attempt) -> rules.MeritTerms:
    """What the announcement's own rulebook says about deciding."""
    return rulebook(attempt.announcement.rulebook or "").terms(rules.MeritTerms)


def abnormally_low(selection: Selection) -> frozenset[str]:
    """The agencies whose opened prices must be explained (rules.md §2.5 offer.low_price_alert)."""
    said = parameters_of(selection)
    if "low_of_ceiling_ppm" not in said:
        return frozenset()
    return prices.abnormally_low(
        case(selection).offers,
        ceiling=said["ceiling_fen"],
        of_ceiling=said["low_of_ceiling_ppm"],
        of_mean=said["low_of_mean_ppm"],
    )


def parameters_of(selection: Selection) -> dict[str, int]:
    """As frozen, and what outages have taken of an auction since."""
    found = _frozen_parameters(selection)
    for number, pause in enumerate(auctions.stopped(selection.attempt_id) if "start_s" in found else (), 1):
        found |= methods.pause_parameters(number, pause, frozen_at=selection.frozen_at)
    return found


def _frozen_parameters(selection: Selection) -> dict[str, int]:
    """An attempt of a market that did not yet keep them takes them from its need."""
    if selection.parameters is not None:
        found: dict[str, int] = json.loads(selection.parameters)
        return found
    need = selection.attempt.announcement.need
    return rules.parameters_of(
        need.method,
        budget_fen=need.budget_fen,
        price_fen=need.price_fen,
        asked=need.asked,
        minimum=selection.minimum,
        low=LowPriceTerms(
            low_price_of_ceiling=Ppm(0), low_price_of_mean=Ppm(0), low_price_statement_days=0, low_price_decide_days=0
        ),
    )


def attempt_of(no: str, number: int | None) -> Attempt:
    """An attempt of a published announcement, the present one where none is named. Raises `NotFound`."""
    return announcements.attempt_of(no, number)
