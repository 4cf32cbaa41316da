"""A frozen attempt as this reader may see it, and the page on which its owner chooses."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.actor import Actor, Role
from app.refusal import NotFound, Refusal
from app.region import branches
from bidding.auction import queries as auctions
from bidding.offer import queries as offers
from bidding.offer import questions as price_questions
from bidding.offer.queries import PricedItem
from bidding.offer.questions import Question
from bidding.registration import queries as registrations
from bidding.registration.queries import Member
from bidding.selection import lottery, methods, queries, records, rules, throws
from bidding.selection.models import Selection
from bidding.selection.rules import LOTTERY, Phase
from marketplace.announcement import queries as announcements
from marketplace.need.rules import LIVE, RATED, SEALED, SECOND, Method


@dataclass(frozen=True, slots=True)
class Chosen:
    """One agency that stands for choice, as everybody else who does: fen where it offered a price, its promise."""

    code: str
    name: str
    party_id: int
    region: str
    amount_fen: int | None
    promised_days: int
    lots: int


@dataclass(frozen=True, slots=True)
class ChoicePage:
    """What the owner sees when he chooses; `standing` in the order of the draw."""

    no: str
    title: str
    attempt: int
    winners: int
    rulebook: str
    frozen_at: datetime
    decide_by: datetime
    awaited: bool
    by_credit: bool
    standing: tuple[Chosen, ...]


def choice_page(no: str, party_id: int | None) -> ChoicePage:
    """The owner's page of a choice. Raises `NotFound` for everybody else, and where none is or was awaited."""
    attempt = queries.attempt_of(no, None)
    selection, need = queries.of(attempt.id), attempt.announcement.need
    if selection is None or selection.decide_by is None or need.purchaser.organisation_id != party_id:
        raise NotFound("choice")
    known = {one.agency.organisation.code: one for one in registrations.valid(attempt.id)}
    asked = queries.case(selection)
    return ChoicePage(
        no=no,
        title=need.title,
        attempt=attempt.number,
        winners=attempt.winners,
        rulebook=attempt.announcement.rulebook or "",
        frozen_at=selection.frozen_at,
        decide_by=selection.decide_by,
        awaited=queries.awaited(selection) is rules.Awaited.CHOICE,
        by_credit=methods.METHODS[need.method].lots,
        standing=tuple(
            Chosen(
                code,
                known[code].agency.organisation.name,
                known[code].agency.organisation_id,
                known[code].agency.organisation.region,
                asked.offers.get(code),
                known[code].promised_days,
                asked.lots[code],
            )
            for code in queries.standing_for_choice(selection)
        ),
    )


@dataclass(frozen=True, slots=True)
class Registrant:
    """One line of the frozen text: who, with which lots, every reason against; rank and price where there are any."""

    code: str
    name: str
    lots: int
    made: str
    reasons: tuple[Refusal, ...]
    place: int | None
    rank: int | None
    amount_fen: int | None
    rate_ppm: int | None
    items: tuple[PricedItem, ...]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class SelectionPage:
    """A frozen attempt as this reader may see it; `registrants` is None while the names are not his to know.

    `told`: its transcript is public.
    """

    no: str
    title: str
    attempt: int
    method: Method
    phase: Phase
    frozen_at: datetime
    frozen: str
    minimum: int
    minimum_clause: str
    valid: int | None
    winners: int
    alternates: int
    rulebook: str
    priced: bool
    second: bool
    offers_close_at: datetime | None
    rated: bool
    auctioned: bool
    auction_ends_at: datetime | None
    by_credit: bool
    scored: bool
    listed: tuple[str, ...]
    parameters: Mapping[str, int]
    factor: int | None
    reference_fen: int | None
    commitment: str
    beacon_rule: str
    beacon_after: datetime | None
    beacon_day: date | None
    beacon_value: str | None
    throw: throws.Thrown | None
    opened_at: datetime | None
    resulted_at: datetime | None
    drawn_at: datetime | None
    told: bool
    awaited: rules.Awaited | None
    decide_by: datetime | None
    chosen: tuple[str, ...]
    choice_reason: str | None
    secret: str | None
    seed: str | None
    head: Mapping[str, Any] | None
    publish_index: int | None
    freeze_index: int | None
    questions: tuple[Question, ...]
    unopened: tuple[str, ...]
    bodies_due_at: datetime | None
    registrants: tuple[Registrant, ...] | None


def page(no: str, number: int | None = None, *, actor: Actor) -> SelectionPage | None:
    """An attempt after its freeze, None before it. Raises `NotFound` for what was never published."""
    attempt = queries.attempt_of(no, number)
    selection = queries.of(attempt.id)
    return None if selection is None else _page(selection, actor=actor)


def latest(no: str, *, actor: Actor) -> SelectionPage | None:
    """The latest attempt that was frozen: the present one, or while that still takes registrations the one before."""
    present = queries.attempt_of(no, None)
    selection = queries.of(present.id)
    if selection is None and present.number > 1:
        selection = queries.of(announcements.attempt(present.announcement_id, present.number - 1).id)
    return None if selection is None else _page(selection, actor=actor)


def names_shown(selection: Selection, actor: Actor) -> bool:
    """Who may know the names: offices of the branch and the purchaser from the freeze on, everybody with the result.

    Source: rules.md §2.5 visibility.registrants.
    """
    if selection.opened_at is not None or selection.drawn_at is not None or selection.attempt.decision is not None:
        return True
    purchaser = selection.attempt.announcement.need.purchaser.organisation_id
    office = bool(actor.roles & rules.NAMED) and branches.sees(actor, selection.attempt.announcement.need.region)
    return office or (Role.PURCHASER in actor.roles and actor.party_id == purchaser)


def _page(selection: Selection, *, actor: Actor) -> SelectionPage:
    attempt, after = selection.attempt, queries.beacon_after(selection)
    announcement, shown = attempt.announcement, names_shown(selection, actor)
    by_day = selection.beacon_rule == LOTTERY
    published = None if selection.record is None else json.loads(selection.record)
    known = queries.case(selection, published)
    asked: tuple[Question, ...] = ()
    if selection.opened_at is not None:
        asked = tuple(price_questions.questions_of(announcement.no or "", attempt=attempt.number))
    broken = offers.broken(attempt.id) if selection.stopped_at is not None else []
    return SelectionPage(
        no=announcement.no or "",
        title=announcement.need.title,
        attempt=attempt.number,
        method=queries.method(attempt),
        phase=queries.phase_of(selection),
        frozen_at=selection.frozen_at,
        frozen=selection.frozen,
        minimum=selection.minimum,
        minimum_clause=queries.minimum_of(attempt).clause,
        valid=selection.valid if shown else None,
        winners=attempt.winners,
        alternates=attempt.alternates,
        rulebook=announcement.rulebook or "",
        priced=queries.method(attempt) in SEALED | SECOND,
        second=queries.method(attempt) in SECOND,
        offers_close_at=attempt.offers_close_at,
        rated=queries.method(attempt) in RATED,
        auctioned=queries.method(attempt) in LIVE,
        auction_ends_at=auctions.open_until(attempt.id) if queries.method(attempt) in LIVE else None,
        by_credit=methods.METHODS[queries.method(attempt)].lots,
        scored=methods.METHODS[queries.method(attempt)].weights,
        listed=queries.listed(selection),
        parameters=known.parameters,
        factor=known.factor,
        reference_fen=methods.reference(known),
        commitment=attempt.commitment,
        beacon_rule=selection.beacon_rule,
        beacon_after=after,
        beacon_day=selection.beacon_on or (rules.first_day(after) if after and by_day else None),
        beacon_value=selection.beacon_value,
        throw=throws.settled_throw(selection, shown=shown),
        opened_at=selection.opened_at,
        resulted_at=selection.resulted_at,
        drawn_at=selection.drawn_at,
        told=records.is_told(selection),
        awaited=queries.awaited(selection),
        decide_by=selection.decide_by,
        chosen=tuple(known.choices or ()),
        choice_reason=selection.choice_reason,
        secret=selection.secret,
        seed=selection.seed,
        head=None if published is None else published["log"]["head"],
        publish_index=None if published is None else published["log"]["publish"]["index"],
        freeze_index=None if published is None else published["log"]["freeze"]["index"],
        questions=asked,
        unopened=tuple(offer.commitment for offer in broken),
        bodies_due_at=max((due for offer in broken if (due := offer.hand_in_due_at) is not None), default=None),
        registrants=_registrants(selection, order=[] if published is None else published["order"]) if shown else None,
    )


def _registrants(selection: Selection, *, order: Sequence[str]) -> tuple[Registrant, ...]:
    verdicts = json.loads(selection.verdicts)
    envelopes = {offer.registration_id: offer for offer in offers.counting(selection.attempt_id)}
    auctioned: Mapping[int, int] = {}
    if selection.attempt.decision is not None and queries.method(selection.attempt) in LIVE:
        auctioned = auctions.lowest_by_registration(selection.attempt_id)
    items = offers.priced_items(envelopes.values())
    several = selection.attempt.announcement.need.further is not None
    members = registrations.consortia(selection.attempt_id) if several else {}
    ranks = {candidate.registration_id: candidate for candidate in selection.candidates}
    lots = {line.id: line.lots for line in lottery.parse_frozen_text(selection.frozen_text).lines}
    places = {code: place for place, code in enumerate(order, 1)}
    found = []
    for registration in registrations.judged(selection.attempt_id):
        code = registration.agency.organisation.code
        candidate, envelope = ranks.get(registration.id), envelopes.get(registration.id)
        found.append(
            Registrant(
                code=code,
                name=registration.agency.organisation.name,
                lots=lots[code],
                made=registration.made.value,
                reasons=tuple(Refusal(**reason) for reason in verdicts[code]),
                place=places.get(code),
                rank=None if candidate is None else candidate.rank,
                amount_fen=auctioned.get(registration.id) if envelope is None else envelope.amount_fen,
                rate_ppm=None if envelope is None else envelope.rate_ppm,
                items=items.get(registration.id, ()),
                members=tuple(one for one in members.get(registration.id, ()) if one.joined_at),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.rank or 99, one.place or 9999, one.code)))
