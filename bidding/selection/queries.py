"""What is frozen, what follows from it next, who may see which names, and the beacons of the days."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    String,
    and_,
    cast,
    func,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Session, lazyload, load_only

from app.actor import Actor, Role
from app.audit import services as records
from app.audit.canonical import canonical, instant
from app.audit.models import Entry, Head
from app.calendar.services import calendar
from app.database import at_hand, db, is_sqlite
from app.refusal import NotFound, Refusal
from app.region import branches
from app.region import queries as regions
from app.rules_in_force import rulebook, rulebook_for
from app.values import SHANGHAI, Ppm
from app.watch.queries import Column, Running, limits
from app.workdays import WorkCalendar
from bidding.auction import queries as auctions
from bidding.auction.models import Auction
from bidding.offer import queries as offers
from bidding.offer.queries import PricedItem, Question
from bidding.offer.rules import LowPriceTerms
from bidding.opening import queries as keys
from bidding.registration import queries as registrations
from bidding.registration.queries import Member
from bidding.selection import lottery, merit, methods, prices, rules
from bidding.selection import transcript as transcripts
from bidding.selection.models import Beacon, BeaconEntry, Candidate, Selection, SettledThrow, ThrowEntry
from bidding.selection.replay import Replay, replay
from bidding.selection.rules import LOTTERY, WITNESS, Facts, Phase, Throw, Witness
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import AnnouncementKind, Decision, DrawTerms
from marketplace.holder.rules import OpeningTerms
from marketplace.need.models import Need
from marketplace.need.rules import LIVE, RATED, SEALED, SECOND, Method, Minimum, MinimumTerms, minimum_for
from marketplace.purchaser.models import Purchaser

BEACONS = 7_301_116
"""The advisory lock under which a day's two entries are compared on PostgreSQL; on SQLite the write lock does."""

DAYS_SHOWN = 14

UNDRAWN = (Selection.drawn_at.is_(None),)
"""Frozen, and the record is not yet published."""

FOLLOWED = (
    Selection.frozen_at,
    Selection.valid,
    Selection.minimum,
    Selection.drawn_at,
    Selection.beacon_rule,
    Selection.opened_at,
    Selection.drawn_at,
    Selection.key_destroyed_at,
    Selection.attempt_id,
    Selection.stopped_at,
)
"""What of a frozen attempt tells which act follows."""

TYPISTS = rules.MAY[rules.SelectionAct.ENTER_BEACON]
"""The two offices that type a day's beacon."""


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


# What follows next


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


def facts_of(
    selection: Selection,
    *,
    method: Method,
    decision: Decision | None,
    auctioning: bool,
    head_at: datetime | None,
    beacon_known: bool,
    holders_awaited: bool,
    offers_closed: bool,
) -> Facts:
    """How far the attempt has come; what is asked for here a list of many has read already, for all at once."""
    return Facts(
        sealed=method in SEALED,
        keyed=method in SEALED | SECOND,
        auctioning=auctioning,
        valid=selection.valid,
        minimum=selection.minimum,
        opened=selection.opened_at is not None,
        destroyed=selection.key_destroyed_at is not None,
        decided=decision is not None,
        bodies_awaited=_awaited(selection),
        holders_awaited=holders_awaited,
        drawn=selection.drawn_at is not None,
        head_at=head_at,
        beacon_after=beacon_after(selection),
        beacon_known=beacon_known,
        second=method in SECOND,
        offers_closed=offers_closed,
        envelopes=len(offers.counting(selection.attempt_id)) if offers_closed else 0,
    )


def _is_over(closes_at: datetime | None, now: datetime) -> bool:
    return closes_at is not None and now >= closes_at


def next_act(selection: Selection, *, head: Head | None, now: datetime) -> StrEnum | None:
    """The one act that follows from a frozen attempt at an instant; `head` as `head_over` says."""
    asked = method(selection.attempt)
    return rules.next_act(
        facts_of(
            selection,
            method=asked,
            decision=selection.attempt.decision,
            auctioning=selection.attempt.auction_at is not None and auctions.is_open(selection.attempt_id),
            head_at=None if head is None else head.timestamp,
            beacon_known=beacon_of(selection) is not None,
            holders_awaited=asked in SEALED | SECOND and bool(keys.waited_for([selection.attempt_id], now=now)),
            offers_closed=_is_over(selection.attempt.offers_close_at, now),
        )
    )


def _awaited(selection: Selection) -> bool:
    """Whether an opening that had to stop still waits for bodies."""
    return selection.stopped_at is not None and bool(offers.awaited_of(selection.attempt_id))


def undrawn() -> list[Selection]:
    """Frozen attempts whose record is not yet published, oldest first."""
    return list(
        db.session.execute(select(Selection).where(*UNDRAWN).order_by(Selection.frozen_at, Selection.id)).scalars()
    )


def subject(announcement_no: str | None, number: int) -> str:
    """How sweeps call one attempt."""
    return f"{announcement_no}/{number}"


def turn(subject: str) -> str:
    """Which opening of this attempt, called as sweeps call it, comes next: "" for the first.

    After a stop it is told by its instant and by how much has come since: an opening may have to stop again.
    """
    no, _, number = subject.rpartition("/")
    found = of(attempt_of(no, int(number)).id)
    if found is None or found.stopped_at is None:
        return ""
    return f":{instant(found.stopped_at)}:{offers.came(found.attempt_id)}"


@lru_cache(maxsize=1)
def _going_on() -> CompoundSelect[int]:
    """Whose record is not published, and who waits after it for offers of those whom the draw invited."""
    invited = Selection.attempt_id.in_(announcements.offering())
    return union_all(
        select(Selection.id).where(*UNDRAWN), select(Selection.id).where(invited, Selection.drawn_at.is_not(None))
    )


@lru_cache(maxsize=1)
def _any_going_on() -> CompoundSelect[int]:
    return _going_on().limit(1)


def _first_head() -> ScalarSelect[datetime]:
    """When the first signed head over an entry was signed, inside a question about that entry."""
    over = select(Head.timestamp).where(Head.tree_size > Entry.position)
    return over.order_by(Head.tree_size, Head.id).limit(1).scalar_subquery()


@lru_cache(maxsize=1)
def _followed() -> Select[*tuple[Any, ...]]:
    """What tells which act follows, of every attempt that goes on; kept, each round asks it often."""
    return (
        select(
            Selection,
            Announcement.no,
            Attempt.number,
            Attempt.decision,
            Need.method,
            and_(Auction.id.is_not(None), Auction.closed_at.is_(None)),
            Attempt.offers_close_at,
            _first_head().label("head_at"),
            SettledThrow.selection_id.is_not(None),
        )
        .options(load_only(*FOLLOWED), lazyload("*"))
        .join(Attempt, Attempt.id == Selection.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Entry, Entry.ref == Selection.freeze_ref)
        .outerjoin(Auction, Auction.attempt_id == Selection.attempt_id)
        .outerjoin(SettledThrow, SettledThrow.selection_id == Selection.id)
        .where(Selection.id.in_(_going_on()))
        .order_by(Selection.frozen_at, Selection.id)
    )


def due_for(act: StrEnum, *, now: datetime) -> list[str]:
    """The attempts from which this act follows now, oldest first; one question, and one for each day of a beacon.

    Asked of columns: a draw may wait for days, and every round of the sweep asks again.
    """
    if db.session.execute(_any_going_on()).first() is None:
        return []
    waiting = db.session.execute(_followed()).all()
    known: dict[date, bool] = {}
    waited_for = keys.waited_for([selection.attempt_id for selection, *_ in waiting], now=now)
    found = []
    for selection, no, number, decision, method, auctioning, offers_close_at, head_at, thrown in waiting:
        after = beacon_after(selection)
        by_day = after is not None and selection.beacon_rule == LOTTERY
        beacon_known = thrown or (after is not None and by_day and _beacon_since(rules.first_day(after), known))
        follows = rules.next_act(
            facts_of(
                selection,
                method=method,
                decision=decision,
                auctioning=auctioning,
                head_at=head_at,
                beacon_known=beacon_known,
                holders_awaited=selection.attempt_id in waited_for,
                offers_closed=_is_over(offers_close_at, now),
            )
        )
        if follows is act:
            found.append(subject(no, number))
    return found


def _beacon_since(day: date, known: dict[date, bool]) -> bool:
    if day not in known:
        query = select(Beacon.on).where(Beacon.on >= day).limit(1)
        known[day] = db.session.execute(query).scalar() is not None
    return known[day]


def case(selection: Selection, record: Mapping[str, Any] | None = None) -> methods.Case:
    """All that the attempt's result follows from, as far as it is known; `record` where it has been made."""
    attempt = selection.attempt
    codes = {one.id: one.agency.organisation.code for one in registrations.valid(attempt.id)}
    refused = {question.offer_id for question in offers.questions(attempt.id) if question.accepted is False}
    marks = scores_of(selection)
    sheets = [mark for mark in marks if mark.criterion != transcripts.CHOICE]
    return methods.Case(
        winners=attempt.winners,
        alternates=attempt.alternates,
        parameters=_parameters(selection),
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


# What people decide


AWAITED = (
    Selection.decide_by.is_not(None),
    Selection.scores.is_(None),
    Selection.resulted_at.is_(None),
    Selection.voided_at.is_(None),
)
"""A choice or sheets are awaited."""


_SUBJECT: ColumnElement[str] = func.coalesce(Announcement.no, "") + "/" + cast(Attempt.number, String)


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


def due_for_lapse(now: datetime) -> list[str]:
    """The attempts for which nobody decided in time, oldest limit first."""
    query = (
        select(_SUBJECT)
        .select_from(Selection)
        .join(Attempt, Attempt.id == Selection.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .where(*AWAITED, Selection.decide_by <= now)
        .order_by(Selection.decide_by, Selection.id)
    )
    return list(db.session.execute(query).scalars())


def next_lapse(now: datetime) -> datetime | None:
    """The first limit after `now` for a choice or sheets."""
    query = select(func.min(Selection.decide_by)).where(*AWAITED, Selection.decide_by > now)
    return db.session.execute(query).scalar_one_or_none()


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


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Subject and stamp of every choice or sheets whose provisional limit this calendar can tell better."""
    return (
        select(_SUBJECT, func.replace(cast(Selection.decide_by, String), ":", ""))
        .select_from(Selection)
        .join(Attempt, Attempt.id == Selection.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .where(Selection.provisional, Selection.decide_by <= days.certain_until)
    )


def merit_terms(attempt: Attempt) -> rules.MeritTerms:
    """What the announcement's own rulebook says about deciding."""
    return rulebook(attempt.announcement.rulebook or "").terms(rules.MeritTerms)


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
    attempt = attempt_of(no, None)
    selection, need = of(attempt.id), attempt.announcement.need
    if selection is None or selection.decide_by is None or need.purchaser.organisation_id != party_id:
        raise NotFound("choice")
    known = {one.agency.organisation.code: one for one in registrations.valid(attempt.id)}
    asked = case(selection)
    return ChoicePage(
        no=no,
        title=need.title,
        attempt=attempt.number,
        winners=attempt.winners,
        rulebook=attempt.announcement.rulebook or "",
        frozen_at=selection.frozen_at,
        decide_by=selection.decide_by,
        awaited=awaited(selection) is rules.Awaited.CHOICE,
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
            for code in standing_for_choice(selection)
        ),
    )


def abnormally_low(selection: Selection) -> frozenset[str]:
    """The agencies whose opened prices must be explained (rules.md §2.5 offer.low_price_alert)."""
    said = _parameters(selection)
    if "low_of_ceiling_ppm" not in said:
        return frozenset()
    return prices.abnormally_low(
        case(selection).offers,
        ceiling=said["ceiling_fen"],
        of_ceiling=said["low_of_ceiling_ppm"],
        of_mean=said["low_of_mean_ppm"],
    )


def _parameters(selection: Selection) -> dict[str, int]:
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


# The record


def record(no: str, number: int | None = None) -> Mapping[str, Any]:
    """The published record of an attempt, the latest one's where none is named. Raises `NotFound` before the draw."""
    stored = record_text(no, number)
    found: Mapping[str, Any] = json.loads(stored)
    return found


def record_text(no: str, number: int | None = None) -> str:
    """The record as it was stored: the file `record.json`. Raises `NotFound`."""
    found = of(attempt_of(no, number).id)
    if found is None or found.record is None:
        raise NotFound(no)
    return found.record


def transcript(no: str, number: int | None = None) -> Mapping[str, Any]:
    """The transcript `zjcs-transcript-1` of an attempt (protocol.md §4).

    Raises `NotFound` before its record, and while a low price, a choice or sheets are not decided on.
    """
    selection = of(attempt_of(no, number).id)
    if selection is None or selection.record is None or not _told(selection):
        raise NotFound(no)
    attempt = selection.attempt
    book = rulebook(attempt.announcement.rulebook or "")
    return transcripts.transcript(
        record=json.loads(selection.record),
        rulebook=book.id,
        rulebook_sha256=book.sha256,
        method=method(attempt),
        parameters=_parameters(selection),
        offers=[
            transcripts.Offer(line.id, line.commitment, line.body, line.index, line.refused, line.outdated)
            for line in offers.of_listed(attempt.id)
        ],
        live=auctions.counted(attempt.id) if method(attempt) in LIVE else (),
        scores=scores_of(selection),
    )


def _told(selection: Selection) -> bool:
    """Whether the transcript is public: with the record, but not while a low price, a choice or sheets are awaited.

    Nor while those whom the draw invited still offer: until the opening not even a number is told.
    """
    if method(selection.attempt) in SECOND and selection.attempt.decision is None:
        return False
    return selection.record is not None and not is_awaited(selection) and not offers.undecided(selection.attempt_id)


def replayed(no: str, number: int | None = None) -> Replay:
    """The selection told again out of its transcript alone; raises `NotFound` as long as there is none."""
    # As any reader has it: through its file.
    return replay(json.loads(canonical(transcript(no, number))))


def attempt_of(no: str, number: int | None) -> Attempt:
    """An attempt of a published announcement, the present one where none is named. Raises `NotFound`."""
    return announcements.attempt_of(no, number)


# What people see


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
class Thrown:
    """A settled throw as everybody may see it; `witness` is None while it would tell that somebody registered."""

    value: str
    thrown_at: datetime
    place: str
    witness: Witness | None
    settled_at: datetime


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
    throw: Thrown | None
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
    attempt = attempt_of(no, number)
    selection = of(attempt.id)
    return None if selection is None else _page(selection, actor=actor)


def latest(no: str, *, actor: Actor) -> SelectionPage | None:
    """The latest attempt that was frozen: the present one, or while that still takes registrations the one before."""
    present = attempt_of(no, None)
    selection = of(present.id)
    if selection is None and present.number > 1:
        selection = of(announcements.attempt(present.announcement_id, present.number - 1).id)
    return None if selection is None else _page(selection, actor=actor)


def attempts(no: str) -> tuple[int, ...]:
    """The attempts of an announcement that can have a record: none of a direct commission. Raises `NotFound`."""
    present = attempt_of(no, None)
    if present.announcement.kind is AnnouncementKind.DIRECT:
        return ()
    return tuple(range(1, present.number + 1))


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
    attempt, after = selection.attempt, beacon_after(selection)
    announcement, shown = attempt.announcement, names_shown(selection, actor)
    by_day = selection.beacon_rule == LOTTERY
    published = None if selection.record is None else json.loads(selection.record)
    known = case(selection, published)
    asked: tuple[Question, ...] = ()
    if selection.opened_at is not None:
        asked = tuple(offers.questions_of(announcement.no or "", attempt=attempt.number))
    broken = offers.broken(attempt.id) if selection.stopped_at is not None else []
    return SelectionPage(
        no=announcement.no or "",
        title=announcement.need.title,
        attempt=attempt.number,
        method=method(attempt),
        phase=phase_of(selection),
        frozen_at=selection.frozen_at,
        frozen=selection.frozen,
        minimum=selection.minimum,
        minimum_clause=minimum_of(attempt).clause,
        valid=selection.valid if shown else None,
        winners=attempt.winners,
        alternates=attempt.alternates,
        rulebook=announcement.rulebook or "",
        priced=method(attempt) in SEALED | SECOND,
        second=method(attempt) in SECOND,
        offers_close_at=attempt.offers_close_at,
        rated=method(attempt) in RATED,
        auctioned=method(attempt) in LIVE,
        auction_ends_at=auctions.open_until(attempt.id) if method(attempt) in LIVE else None,
        by_credit=methods.METHODS[method(attempt)].lots,
        scored=methods.METHODS[method(attempt)].weights,
        listed=listed(selection),
        parameters=known.parameters,
        factor=known.factor,
        reference_fen=methods.reference(known),
        commitment=attempt.commitment,
        beacon_rule=selection.beacon_rule,
        beacon_after=after,
        beacon_day=selection.beacon_on or (rules.first_day(after) if after and by_day else None),
        beacon_value=selection.beacon_value,
        throw=_thrown(selection, shown=shown),
        opened_at=selection.opened_at,
        resulted_at=selection.resulted_at,
        drawn_at=selection.drawn_at,
        told=_told(selection),
        awaited=awaited(selection),
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


def _thrown(selection: Selection, *, shown: bool) -> Thrown | None:
    row = throw_of(selection.id) if selection.beacon_rule == WITNESS else None
    if row is None:
        return None
    return Thrown(row.value, row.thrown_at, row.place, row.witness if shown else None, row.settled_at)


def _registrants(selection: Selection, *, order: Sequence[str]) -> tuple[Registrant, ...]:
    verdicts = json.loads(selection.verdicts)
    envelopes = {offer.registration_id: offer for offer in offers.counting(selection.attempt_id)}
    auctioned: Mapping[int, int] = {}
    if selection.attempt.decision is not None and method(selection.attempt) in LIVE:
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


# Beacons


@dataclass(frozen=True, slots=True)
class TypedPair:
    """Two unequal entries of a day, set aside and shown."""

    values: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class BeaconDay:
    """One day's beacon as one office sees it: never the other's entry before both are there."""

    on: date
    opens_at: datetime
    open: bool
    waiting: tuple[str, ...]
    mine: str | None
    mine_at: datetime | None
    value: str | None
    settled_at: datetime | None
    set_aside: tuple[TypedPair, ...]


def hold_beacons(session: Session) -> None:
    """Two entries of a day must see one another: whoever types waits for whoever is typing."""
    if not is_sqlite():
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": BEACONS})


def day_of(text: str) -> date:
    """The day of an address; raises `NotFound` for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFound(text) from error


def beacon(on: date) -> Beacon | None:
    """The settled value of a day."""
    return db.session.get(Beacon, on)


def standing_entries(on: date) -> list[BeaconEntry]:
    """The entries of a day that were not set aside: at most one for each office."""
    return list(
        db.session.execute(
            select(BeaconEntry).where(BeaconEntry.on == on, BeaconEntry.set_aside_at.is_(None)).order_by(BeaconEntry.id)
        ).scalars()
    )


def waiting_draws() -> dict[date, tuple[str, ...]]:
    """Announcements whose draw waits for a beacon, by the first day that can serve them."""
    found: dict[date, list[str]] = {}
    for selection in undrawn():
        after = beacon_after(selection) if selection.beacon_rule == LOTTERY else None
        if after is not None and beacon_of(selection) is None:
            found.setdefault(rules.first_day(after), []).append(selection.attempt.announcement.no or "")
    return {on: tuple(nos) for on, nos in sorted(found.items())}


def waiting_regions(on: date) -> frozenset[str]:
    """Where the needs lie whose draws wait for a beacon that this day can serve."""
    return frozenset(
        selection.attempt.announcement.need.region
        for selection in undrawn()
        if selection.beacon_rule == LOTTERY
        and (after := beacon_after(selection)) is not None
        and rules.first_day(after) <= on
        and beacon_of(selection) is None
    )


def types_for(regions: Collection[str], actor: Actor) -> bool:
    """Whether an office types the beacon for draws in these regions: at least one is in its branch, or none waits."""
    return not regions or any(branches.sees(actor, region) for region in regions)


def beacon_days(actor: Actor, *, now: datetime) -> list[BeaconDay]:
    """The days that draws of this office's branch wait for, each draw under its first one.

    A later day counts only where the first had no drawing; it has its own page, and is not offered beside it: a slip
    would settle the wrong day.
    """
    waiting = waiting_draws()
    return [_day(on, waiting, actor, now=now) for on in sorted(waiting) if types_for(waiting_regions(on), actor)]


def beacon_day(on: date, actor: Actor, *, now: datetime) -> BeaconDay:
    """One day, for its page."""
    return _day(on, waiting_draws(), actor, now=now)


def _day(on: date, waiting: Mapping[date, tuple[str, ...]], actor: Actor, *, now: datetime) -> BeaconDay:
    settled = beacon(on)
    mine = next((entry for entry in standing_entries(on) if entry.role in actor.roles), None)
    return BeaconDay(
        on=on,
        opens_at=rules.entry_opens(on),
        open=now >= rules.entry_opens(on) and settled is None and mine is None,
        waiting=tuple(no for day, nos in waiting.items() if day <= on for no in nos),
        mine=None if mine is None else mine.value,
        mine_at=None if mine is None else mine.at,
        value=None if settled is None else settled.value,
        settled_at=None if settled is None else settled.settled_at,
        set_aside=_set_aside(on),
    )


def _set_aside(on: date) -> tuple[TypedPair, ...]:
    rows = db.session.execute(
        select(BeaconEntry)
        .where(BeaconEntry.on == on, BeaconEntry.set_aside_at.is_not(None))
        .order_by(BeaconEntry.set_aside_at, BeaconEntry.id)
    ).scalars()
    pairs: dict[datetime, list[str]] = {}
    for entry in rows:
        if entry.set_aside_at is not None:
            pairs.setdefault(entry.set_aside_at, []).append(entry.value)
    return tuple(TypedPair(tuple(values), at) for at, values in pairs.items())


def settled_days(*, limit: int = DAYS_SHOWN) -> list[Beacon]:
    """The latest settled beacons, newest first: public, so that anybody can compare them with their publisher."""
    return list(db.session.execute(select(Beacon).order_by(Beacon.on.desc()).limit(limit)).scalars())


# What was thrown in the hall


@dataclass(frozen=True, slots=True)
class TypedThrow:
    """One account's entry as an office may see it, with the witnesses' names."""

    role: Role
    value: str
    thrown_at: datetime
    place: str
    witness: Witness
    names: str
    at: datetime
    set_aside_at: datetime | None


@dataclass(frozen=True, slots=True)
class ThrowPage:
    """An attempt's throw as one office sees it: never the other's entry before both are there.

    `after`: the earliest instant of the throw; `place`: where it was announced to be made; `due_at`: by when it should
    be typed.
    """

    no: str
    attempt: int
    title: str
    rulebook: str
    after: datetime
    due_at: datetime
    place: str
    open: bool
    signed: bool
    mine: TypedThrow | None
    settled: Thrown | None
    typed: tuple[TypedThrow, ...]
    set_aside: tuple[tuple[TypedThrow, ...], ...]


@dataclass(frozen=True, slots=True)
class PublicThrow:
    """A settled throw with the attempt that it served."""

    no: str
    attempt: int
    value: str
    thrown_at: datetime
    place: str


def throw_key(no: str | None, number: int) -> str:
    """How the act calls the throw of an attempt."""
    return f"{no}-{number}"


def of_throw(key: str) -> Selection:
    """The frozen attempt that a throw of this key decides. Raises `NotFound` for every other."""
    no, _, number = key.rpartition("-")
    if not no or not number.isdecimal() or len(number) > 9:
        raise NotFound(key)
    found = of(attempt_of(no, int(number)).id)
    if found is None or found.beacon_rule != WITNESS:
        raise NotFound(key)
    return found


def standing_throws(selection_id: int) -> list[ThrowEntry]:
    """The entries of an attempt that were not set aside: at most one for each office."""
    query = select(ThrowEntry).where(ThrowEntry.selection_id == selection_id, ThrowEntry.set_aside_at.is_(None))
    return list(db.session.execute(query.order_by(ThrowEntry.id)).scalars())


def typed(entry: ThrowEntry) -> Throw:
    """What an entry says."""
    return Throw(entry.value, entry.thrown_at, entry.place, entry.witness, entry.names)


def waiting_throws(actor: Actor, *, now: datetime) -> list[ThrowPage]:
    """The attempts of this office's branch that wait for a throw, oldest freeze first; three questions for all."""
    query = (
        select(Selection, _first_head())
        .join(Entry, Entry.ref == Selection.freeze_ref)
        .where(Selection.drawn_at.is_(None), Selection.beacon_rule == WITNESS)
        .where(Selection.id.not_in(select(SettledThrow.selection_id)))
        .order_by(Selection.frozen_at, Selection.id)
    )
    waiting = [(one, head_at) for one, head_at in db.session.execute(query) if _serves(one, actor)]
    entries: dict[int, list[ThrowEntry]] = {}
    asked = (
        select(ThrowEntry).where(ThrowEntry.selection_id.in_([one.id for one, _ in waiting])).order_by(ThrowEntry.id)
    )
    for entry in db.session.execute(asked).scalars() if waiting else ():
        entries.setdefault(entry.selection_id, []).append(entry)
    days = calendar()
    return [
        _throw_page(one, actor, now=now, entries=entries.get(one.id, []), settled=None, head_at=head_at, days=days)
        for one, head_at in waiting
    ]


def throw_page(key: str, actor: Actor, *, now: datetime) -> ThrowPage:
    """One attempt's throw, for its page. Raises `NotFound` outside the office's branch too."""
    selection = of_throw(key)
    if not _serves(selection, actor):
        raise NotFound(key)
    query = select(ThrowEntry).where(ThrowEntry.selection_id == selection.id).order_by(ThrowEntry.id)
    entries = list(db.session.execute(query).scalars())
    settled, head = _thrown(selection, shown=True), head_over(selection)
    head_at = None if head is None else head.timestamp
    return _throw_page(selection, actor, now=now, entries=entries, settled=settled, head_at=head_at, days=calendar())


def _serves(selection: Selection, actor: Actor) -> bool:
    return branches.sees(actor, selection.attempt.announcement.need.region)


def _throw_page(
    selection: Selection,
    actor: Actor,
    *,
    now: datetime,
    entries: Sequence[ThrowEntry],
    settled: Thrown | None,
    head_at: datetime | None,
    days: WorkCalendar,
) -> ThrowPage:
    announcement, after = selection.attempt.announcement, beacon_after(selection) or selection.frozen_at
    seen = [_typed_throw(entry) for entry in entries]
    standing = [one for one in seen if one.set_aside_at is None]
    mine = next((one for one in standing if one.role in actor.roles), None)
    pairs: dict[datetime, list[TypedThrow]] = {}
    for one in seen:
        if one.set_aside_at is not None:
            pairs.setdefault(one.set_aside_at, []).append(one)
    signed = head_at is not None and head_at < after
    return ThrowPage(
        no=announcement.no or "",
        attempt=selection.attempt.number,
        title=announcement.need.title,
        rulebook=announcement.rulebook or "",
        after=after,
        due_at=_throw_due(selection.frozen_at, announcement.need.region, days),
        place=witness_place(announcement.rulebook or ""),
        open=signed and now >= after and settled is None and selection.drawn_at is None and mine is None,
        signed=signed,
        mine=mine,
        settled=settled,
        typed=tuple(standing) if settled is not None else (),
        set_aside=tuple(tuple(pair) for pair in pairs.values()),
    )


def _typed_throw(entry: ThrowEntry) -> TypedThrow:
    return TypedThrow(
        entry.role,
        entry.value,
        entry.thrown_at,
        entry.place,
        entry.witness,
        entry.names,
        entry.at,
        entry.set_aside_at,
    )


def witness_place(book: str) -> str:
    """Where a rulebook has its throws made."""
    return rulebook(book).terms(DrawTerms).witness_place


def settled_throws(*, limit: int = DAYS_SHOWN) -> list[PublicThrow]:
    """The latest settled throws, newest first, without their witnesses: public with their acts."""
    query = (
        select(Announcement.no, Attempt.number, SettledThrow.value, SettledThrow.thrown_at, SettledThrow.place)
        .join(Selection, Selection.id == SettledThrow.selection_id)
        .join(Attempt, Attempt.id == Selection.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .order_by(SettledThrow.settled_at.desc(), SettledThrow.selection_id.desc())
        .limit(limit)
    )
    return [
        PublicThrow(no or "", number, value, thrown_at, place)
        for no, number, value, thrown_at, place in db.session.execute(query)
    ]


# What is watched

SLACK = timedelta(minutes=30)
"""What a beacon line adds to the freeze at the most (protocol.md §1.3)."""


def _attempts(at: Column, party: Column | None = None) -> Running:
    no = Announcement.no + "/" + cast(Attempt.number, String)
    return (
        limits(no=no, at=at, region=Need.region, title=Need.title, party=party)
        .select_from(Selection)
        .join(Attempt, Attempt.id == Selection.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
    )


def unrevealed() -> Running:
    """Frozen attempts whose secret and record are not public, stopped ones too, with their freeze.

    An auction that follows the freeze comes first: they count from its end, as it stands.
    """
    since = func.coalesce(Auction.ends_at, Selection.frozen_at)
    return (
        _attempts(since)
        .outerjoin(Auction, Auction.attempt_id == Selection.attempt_id)
        .where(Selection.drawn_at.is_(None))
    )


def beaconless() -> Running:
    """Those of them that wait for the beacon of a day, with their freeze."""
    going = or_(Selection.stopped_at.is_(None), Selection.opened_at.is_not(None))
    undrawn = _attempts(Selection.frozen_at).where(Selection.drawn_at.is_(None))
    return undrawn.where(Selection.beacon_rule == LOTTERY, going)


def throwless() -> Running:
    """Those of them that wait for a throw in the hall, with their freeze."""
    going = or_(Selection.stopped_at.is_(None), Selection.opened_at.is_not(None))
    undrawn = _attempts(Selection.frozen_at).where(Selection.drawn_at.is_(None))
    settled = select(SettledThrow.selection_id)
    return undrawn.where(Selection.beacon_rule == WITNESS, going, Selection.id.not_in(settled))


def unopened() -> Running:
    """Frozen attempts with enough envelopes that nobody has opened, with their freeze, or with their second closing."""
    before = and_(Need.method.in_(SEALED), Selection.valid >= Selection.minimum, *UNDRAWN)
    after = and_(Attempt.offers_close_at.is_not(None), Attempt.decision.is_(None))
    return _attempts(func.coalesce(Attempt.offers_close_at, Selection.frozen_at)).where(
        or_(before, after), Selection.opened_at.is_(None)
    )


def broken() -> Running:
    """Attempts that an envelope has stopped, with the instant at which it did not open (protocol.md §2.5)."""
    return _attempts(Selection.stopped_at).where(
        Selection.stopped_at.is_not(None), Selection.opened_at.is_(None), Selection.drawn_at.is_(None)
    )


def voided() -> Running:
    """Attempts that are void for want of a timely head, with the instant of the draw (protocol.md §1.3)."""
    return _attempts(Selection.voided_at).where(Selection.voided_at.is_not(None), Selection.decide_by.is_(None))


def undecided() -> Running:
    """Attempts for which a choice or sheets are awaited, with their limit."""
    return _of_owners(Selection.decide_by)


def unchosen() -> Running:
    """The same with the instant since when."""
    return _of_owners(Selection.decided_from).where(Selection.decided_from.is_not(None))


def _of_owners(at: Column) -> Running:
    return _attempts(at, Purchaser.organisation_id).join(Purchaser, Purchaser.id == Need.purchaser_id).where(*AWAITED)


def remind_due(since: datetime, region: str) -> datetime:
    """When choosing or scoring takes longer than it should. Source: rules.md §3.1 row 17 (2 wd else reminder)."""
    days = rulebook_for(region, since).terms(rules.MeritTerms).remind_days
    return calendar().due(since, days, path=regions.path(region)).at


def beacon_due(frozen_at: datetime, region: str) -> datetime:
    """By when the beacon should be typed: noon of the day after the first whose drawings count (inferred)."""
    day = rules.first_day(frozen_at + SLACK) + timedelta(days=1)
    return datetime.combine(day, time(12), SHANGHAI).astimezone(UTC)


def throw_due(frozen_at: datetime, region: str) -> datetime:
    """By when a throw should be typed: noon of the working day after the closing (inferred)."""
    return _throw_due(frozen_at, region, calendar())


def _throw_due(frozen_at: datetime, region: str, days: WorkCalendar) -> datetime:
    day = days.add(frozen_at.astimezone(SHANGHAI).date(), 1, path=regions.path(region))[0]
    return datetime.combine(day, time(12), SHANGHAI).astimezone(UTC)


def reveal_due(frozen_at: datetime, region: str) -> datetime:
    """By when secret and record are public at the latest: the end of the next working day (inferred).

    Counted from the first day whose beacon can serve, also where none is waited for. Source: protocol.md §1 (an open
    attempt past its deadline raises an alarm that no operator can close).
    """
    return calendar().due(rules.entry_opens(rules.first_day(frozen_at + SLACK)), 1, path=regions.path(region)).at


def opening_due(frozen_at: datetime, region: str) -> datetime:
    """By when the envelopes are opened. Source: rules.md opening.max_wait."""
    days = rulebook_for(region, frozen_at).terms(OpeningTerms).max_wait
    return calendar().due(frozen_at, days, path=regions.path(region)).at
