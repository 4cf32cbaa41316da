"""How an auction stands: for everybody the best price, for an agency its own rank, and the names with the result."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, and_, case, cast, func, or_, select, tuple_
from sqlalchemy.orm import lazyload

from app.actor import Actor
from app.audit import services as audit
from app.audit.models import Entry
from app.clock import stepping_here
from app.database import db
from app.identity.models import Organisation
from app.refusal import NotFound, Refusal
from app.rulebook import Rulebook
from app.rules_in_force import rulebook
from app.values import Fen
from bidding.auction import bids, rules
from bidding.auction.bids import AuctionTerms, Bid, Pause
from bidding.auction.models import Auction, AuctionOffer, AuctionPause
from bidding.auction.rules import Bidder, LiveTerms, Phase, RoundsTerms
from bidding.registration import queries as registrations
from bidding.registration.models import Registration
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.need.models import Need
from marketplace.need.rules import Method


def row(attempt_id: int) -> Select[Auction]:
    """The auction of an attempt, to be locked: its own row alone."""
    return select(Auction).where(Auction.attempt_id == attempt_id).options(lazyload("*"))


def of(attempt_id: int) -> Auction | None:
    """The auction of an attempt, None before the freeze and where there is none."""
    return db.session.execute(select(Auction).where(Auction.attempt_id == attempt_id)).scalar_one_or_none()


def terms_of(auction: Auction) -> AuctionTerms:
    """The terms a row keeps."""
    return AuctionTerms(
        start=auction.starts_at,
        length=timedelta(seconds=auction.length_s),
        step=auction.step_fen,
        ceiling=auction.ceiling_fen,
        floor=auction.floor_fen,
        window=timedelta(seconds=auction.window_s),
        extensions=auction.extensions,
        rounds=auction.rounds,
        own=auction.own,
        pauses=tuple(Pause(each.since_at, each.until_at, timedelta(seconds=each.lost_s)) for each in pauses(auction)),
    )


def pauses(auction: Auction) -> Sequence[AuctionPause]:
    """What outages took of an auction, the first one first; nearly always nothing, and then nothing is asked."""
    if not auction.paused:
        return ()
    query = select(AuctionPause).where(AuctionPause.auction_id == auction.id).order_by(AuctionPause.number)
    return db.session.execute(query).scalars().all()


def announced(attempt: Attempt, need: Need, book: Rulebook) -> AuctionTerms | None:
    """What was announced of an attempt's auction, None where its method has none."""
    if attempt.auction_at is None:
        return None
    return rules.terms_of(
        need.method,
        starts_at=attempt.auction_at,
        particulars=need.asked,
        ceiling_fen=need.budget_fen,
        live=book.terms(LiveTerms),
        rounds=book.terms(RoundsTerms),
    )


def phase_of(auction: Auction, *, now: datetime) -> Phase:
    """The phase of a row."""
    return rules.phase_of(
        starts_at=auction.starts_at,
        ends_at=auction.ends_at,
        closed=auction.closed_at is not None,
        now=now,
        resumes_at=auction.resumes_at,
    )


def parts(subject: str | None) -> tuple[str, int]:
    """Number and attempt as sweeps call them. Raises `NotFound`."""
    no, _, number = (subject or "").rpartition("/")
    if not number.isdigit():
        raise NotFound(subject)
    return no, int(number)


def attempt_of(no: str, number: int | None = None) -> tuple[Announcement, Attempt]:
    """A published announcement and its attempt, the present one unless told. Raises `NotFound`."""
    announcement = registrations.announced(no)
    return announcement, announcements.attempt(announcement.id, number or announcement.attempt_number)


def bidder_of(attempt: Attempt, party_id: int | None) -> tuple[Registration | None, Bidder]:
    """An organisation's registration in an attempt, and how it stands; only a valid one counts."""
    agency = None if party_id is None else agencies.by_party(party_id)
    own = None if agency is None else registrations.of(attempt.id, agency.id)
    if agency is None or own is None:
        return None, Bidder("", registered=False, valid=False)
    code = agency.organisation.code
    # Before the freeze nobody has been judged: whoever is registered may expect to take part.
    valid = not own.reasons if own.judged_at is not None else attempt.frozen_at is None
    return own, Bidder(code, registered=True, valid=valid)


def standing(auction: Auction, registration: Registration | None) -> bids.Auction:
    """The auction as the rules look at it for one agency: what binds it, and nothing of anybody else."""
    own = _last_of(auction, registration) if auction.own and registration is not None else None
    terms = terms_of(auction)
    amounts: dict[str, int] = {}
    used: dict[str, int] = {}
    if own is not None and registration is not None:
        code = registration.agency.organisation.code
        amounts, used = {code: own.amount_fen}, {code: own.round or 0}
    elif not auction.own and auction.best_fen is not None:
        amounts = {"": auction.best_fen}
    return bids.Auction(terms, auction.ends_at, auction.extended, amounts, used, auction.paused)


def _last_of(auction: Auction, registration: Registration) -> AuctionOffer | None:
    query = select(AuctionOffer).options(lazyload("*"))
    query = query.where(AuctionOffer.auction_id == auction.id, AuctionOffer.registration_id == registration.id)
    return db.session.execute(query.order_by(AuctionOffer.seq.desc()).limit(1)).scalar_one_or_none()


# What counted


@dataclass(frozen=True, slots=True)
class Heard:
    """One offer that counted, with its agency: for the result, never before it."""

    seq: int
    code: str
    name: str
    amount_fen: Fen
    at: datetime
    extended_to: datetime | None
    round: int | None
    index: int | None


def heard(attempt_id: int) -> list[Heard]:
    """Everything that counted in the auction of an attempt, in its sequence."""
    rows = db.session.execute(
        select(
            AuctionOffer.seq,
            Organisation.code,
            Organisation.name,
            AuctionOffer.amount_fen,
            AuctionOffer.at,
            AuctionOffer.extended_to,
            AuctionOffer.round,
            Entry.position,
        )
        .join(Auction, Auction.id == AuctionOffer.auction_id)
        .join(Registration, Registration.id == AuctionOffer.registration_id)
        .join(Agency, Agency.id == Registration.agency_id)
        .join(Organisation, Organisation.id == Agency.organisation_id)
        .join(Entry, Entry.ref == AuctionOffer.entry_ref)
        .where(Auction.attempt_id == attempt_id)
        .order_by(AuctionOffer.seq)
    )
    return [Heard(*row) for row in rows]


def counted(attempt_id: int) -> list[Bid]:
    """The same as a result follows from it (protocol.md §4)."""
    return [Bid(one.code, one.amount_fen, one.at) for one in heard(attempt_id)]


def stopped(attempt_id: int) -> tuple[Pause, ...]:
    """What outages took of the auction of an attempt, as a result follows from it."""
    auction = of(attempt_id)
    return () if auction is None else terms_of(auction).pauses


def is_open(attempt_id: int) -> bool:
    """Whether an attempt has an auction that is not yet closed: until then nothing is decided and nothing revealed."""
    query = select(Auction.id).where(Auction.attempt_id == attempt_id, Auction.closed_at.is_(None))
    return db.session.execute(query).scalar() is not None


# What falls due


def due_for_close(now: datetime) -> list[str]:
    """The auctions whose end has come, as `<number>/<attempt>`, the earliest end first."""
    query = (
        select(Announcement.no, Attempt.number)
        .select_from(Auction)
        .join(Attempt, Attempt.id == Auction.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .where(Auction.closed_at.is_(None), Auction.ends_at <= now, Attempt.decision.is_(None))
        .order_by(Auction.ends_at, Auction.id)
    )
    return [f"{no}/{number}" for no, number in db.session.execute(query)]


def due_for_pause(now: datetime) -> list[str]:
    """The auctions that an outage reached into, as `<number>/<attempt>`.

    A demonstration's clock that is moved by hand leaves the same gap in the log, and is no outage.
    """
    head = audit.latest_head(db.session())
    if stepping_here.get() or head is None or now - head.timestamp <= rules.SILENCE:
        return []
    query = (
        select(Auction, Announcement.no, Attempt.number)
        .options(lazyload("*"))
        .join(Attempt, Attempt.id == Auction.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .where(Auction.closed_at.is_(None), Auction.ends_at > head.timestamp, Attempt.decision.is_(None))
        .order_by(Auction.id)
    )
    return [
        f"{no}/{number}"
        for auction, no, number in db.session.execute(query)
        if rules.is_interrupted(standing(auction, None), head_at=head.timestamp, now=now)
    ]


def turn(subject: str) -> int:
    """How often outages have stopped an auction, called as sweeps call it: one more stop is another act."""
    auction = of(attempt_of(*parts(subject))[1].id)
    return 0 if auction is None else auction.paused


def next_end(now: datetime) -> datetime | None:
    """The first end after `now`, as it stands."""
    query = select(func.min(Auction.ends_at)).where(Auction.closed_at.is_(None), Auction.ends_at > now)
    return db.session.execute(query).scalar()


def open_until(attempt_id: int) -> datetime | None:
    """When the attempt's auction ends as it stands; None once it is closed, and where there is none."""
    query = select(Auction.ends_at).where(Auction.attempt_id == attempt_id, Auction.closed_at.is_(None))
    return db.session.execute(query).scalar()


def lowest_by_registration(attempt_id: int) -> dict[int, Fen]:
    """What each registration came down to: for the result, never before it."""
    query = (
        select(AuctionOffer.registration_id, func.min(AuctionOffer.amount_fen))
        .join(Auction, Auction.id == AuctionOffer.auction_id)
        .where(Auction.attempt_id == attempt_id)
        .group_by(AuctionOffer.registration_id)
    )
    return {registration_id: Fen(amount) for registration_id, amount in db.session.execute(query)}


# What people see


@dataclass(frozen=True, slots=True)
class Better:
    """One offer that bettered the best price: its place in the sequence, when, and the price in fen."""

    seq: int
    at: datetime
    amount_fen: Fen


@dataclass(frozen=True, slots=True)
class OwnBid:
    """One offer of one's own."""

    seq: int
    at: datetime
    amount_fen: Fen
    round: int | None


@dataclass(frozen=True, slots=True)
class Own:
    """What one agency sees besides: its offers, its rank (None without one), the highest amount that would count now.

    `most_fen` is None where nothing of it would count; `refusals` says why.
    """

    bids: tuple[OwnBid, ...]
    rank: int | None
    most_fen: Fen | None
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class AuctionPage:
    """An auction as this reader may see it: never whose the offers are, until the attempt is decided.

    `phase` is None where the attempt has none to show: too few took part, or it became void. `own` is None for
    everybody but an agency that is registered. `heard` is empty until the result. `stands`: a hold keeps the closing
    and with it the auction from coming.
    """

    no: str
    title: str
    attempt: int
    method: Method
    rulebook: str
    phase: Phase | None
    terms: AuctionTerms
    starts_at: datetime
    ends_at: datetime
    extended: int
    best_fen: Fen | None
    offers: int
    mark: int
    round: int | None
    better: tuple[Better, ...]
    own: Own | None
    heard: tuple[Heard, ...]
    decided: bool
    held: bool
    stands: bool
    pauses: tuple[AuctionPause, ...]
    resumes_at: datetime | None
    now: datetime


def page(no: str, number: int | None = None, *, actor: Actor, now: datetime) -> AuctionPage:
    """The auction of an attempt. Raises `NotFound` where the method has none."""
    announcement, attempt = attempt_of(no, number)
    terms = announced(attempt, announcement.need, rulebook(announcement.rulebook or ""))
    if terms is None:
        raise NotFound("auction")
    auction = of(attempt.id)
    if auction is not None:
        terms = terms_of(auction)
        stood = bids.Auction(terms, auction.ends_at, auction.extended, passed=auction.paused)
        phase: Phase | None = phase_of(auction, now=now)
    else:
        stood = bids.announced(terms)
        phase = Phase.AHEAD if attempt.frozen_at is None and attempt.decision is None else None
    return AuctionPage(
        no=no,
        title=announcement.need.title,
        attempt=attempt.number,
        method=announcement.need.method,
        rulebook=announcement.rulebook or "",
        phase=phase,
        terms=terms,
        starts_at=terms.start,
        ends_at=stood.end,
        extended=stood.extended,
        best_fen=None if auction is None else auction.best_fen,
        offers=0 if auction is None else auction.seq,
        mark=0 if auction is None else mark_of(auction),
        round=stood.round_at(now) if terms.own and phase is Phase.RUNNING else None,
        better=() if auction is None else better(auction.id, auction.seq),
        own=_own(attempt, auction, terms, actor, now=now) if actor.party_id is not None else None,
        heard=tuple(heard(attempt.id)) if attempt.decision is not None else (),
        decided=attempt.decision is not None,
        held=auction is not None,
        stands=auction is None and announcements.clock_stands(announcement, attempt),
        pauses=() if auction is None else tuple(pauses(auction)),
        resumes_at=auction.resumes_at if auction is not None and phase is Phase.PAUSED else None,
        now=now,
    )


def _own(attempt: Attempt, auction: Auction | None, terms: AuctionTerms, actor: Actor, *, now: datetime) -> Own | None:
    registration, bidder = bidder_of(attempt, actor.party_id)
    if registration is None:
        return None
    stands = bids.announced(terms) if auction is None else standing(auction, registration)
    closed = attempt.frozen_at is not None if auction is None else auction.closed_at is not None
    refusals = tuple(rules.refusals_to_begin(bidder, auction=stands, closed=closed, now=now))
    made = () if auction is None else _own_bids(auction.id, registration.id)
    return Own(
        bids=made,
        rank=_rank(auction.id, made[0].amount_fen) if auction is not None and made else None,
        most_fen=None if refusals else Fen(stands.most(bidder.code)),
        refusals=refusals,
    )


def _own_bids(auction_id: int, registration_id: int) -> tuple[OwnBid, ...]:
    """Its offers, the last and lowest one first."""
    shown = (AuctionOffer.seq, AuctionOffer.at, AuctionOffer.amount_fen, AuctionOffer.round)
    query = select(*shown).where(AuctionOffer.auction_id == auction_id, AuctionOffer.registration_id == registration_id)
    return tuple(OwnBid(*row) for row in db.session.execute(query.order_by(AuctionOffer.seq.desc())))


def _rank(auction_id: int, amount: Fen) -> int:
    """One more than the agencies that stand lower; who they are stays unsaid."""
    lower = select(func.count(func.distinct(AuctionOffer.registration_id))).where(
        AuctionOffer.auction_id == auction_id, AuctionOffer.amount_fen < amount
    )
    return db.session.execute(lower).scalar_one() + 1


def better(auction_id: int, seq: int) -> tuple[Better, ...]:
    """Every offer that bettered the best price, among the first `seq`."""
    rows = db.session.execute(
        select(AuctionOffer.seq, AuctionOffer.at, AuctionOffer.amount_fen)
        .where(AuctionOffer.auction_id == auction_id, AuctionOffer.seq <= seq)
        .order_by(AuctionOffer.seq)
    )
    return _bettering([Better(*row) for row in rows])


def _bettering(offers: Iterable[Better]) -> tuple[Better, ...]:
    found: list[Better] = []
    for one in offers:
        if not found or one.amount_fen < found[-1].amount_fen:
            found.append(one)
    return tuple(found)


def mark_of(auction: Auction) -> int:
    """Rises with everything that changes an auction: each offer, each pause, and the close."""
    return auction.seq + auction.paused + (auction.closed_at is not None)


@dataclass(frozen=True, slots=True)
class Awaiting:
    """An auction on an agency's desk; `due_at`: its beginning, once it has begun its end."""

    no: str
    title: str
    due_at: datetime


def awaiting(party_id: int, *, now: datetime) -> list[Awaiting]:
    """The auctions that an organisation's agency may offer in, ahead or running, most urgent first."""
    query = (
        select(Announcement.no, Need.title, Attempt.auction_at, Auction.ends_at)
        .select_from(Registration)
        .join(Agency, Agency.id == Registration.agency_id)
        .join(Attempt, Attempt.id == Registration.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .outerjoin(Auction, Auction.attempt_id == Attempt.id)
        .where(
            Agency.organisation_id == party_id,
            Registration.withdrawn_at.is_(None),
            or_(Registration.reasons.is_(None), Registration.reasons == ()),
            Attempt.auction_at.is_not(None),
            Attempt.decision.is_(None),
            Attempt.number == Announcement.attempt_number,
            or_(
                and_(Auction.id.is_not(None), Auction.closed_at.is_(None), Auction.ends_at > now),
                and_(Attempt.frozen_at.is_(None), Attempt.closes_at > now),
            ),
        )
        .order_by(Attempt.auction_at, Registration.id)
    )
    return [
        Awaiting(no or "", title, starts_at if now < starts_at else ends_at)
        for no, title, starts_at, ends_at in db.session.execute(query)
        if starts_at is not None
    ]


def refusals_without(attempt: Attempt) -> tuple[Refusal, ...]:
    """Why nobody can offer where an attempt has no auction: the list is not yet frozen, or too few were on it."""
    if attempt.auction_at is None:
        raise NotFound("auction")
    if of(attempt.id) is not None:
        return ()
    if attempt.frozen_at is None and attempt.decision is None:
        return (Refusal("auction_not_begun", params={"starts_at": attempt.auction_at.isoformat()}),)
    return (Refusal("auction_not_held"),)


def topic_of(no: str, number: int) -> str:
    """What the watchers of an auction wait for news of."""
    return f"auction:{no}/{number}"


_MARK = Auction.seq + Auction.paused + case((Auction.closed_at.is_not(None), 1), else_=0)
"""The twin of `mark_of`."""


def marks(names: Collection[str]) -> Select[str, int]:
    """How far the auctions of these attempts, as `<number>/<attempt>`, have come."""
    watched = [parts(name) for name in names if name.rpartition("/")[2].isdigit()]
    return (
        select(func.coalesce(Announcement.no, "") + "/" + cast(Attempt.number, String), _MARK)
        .select_from(Auction)
        .join(Attempt, Attempt.id == Auction.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .where(tuple_(Announcement.no, Attempt.number).in_(watched))
    )


def mark(no: str, number: int) -> int:
    """How far the auction of an attempt has come. Raises `NotFound` where there is none yet, or never."""
    found = db.session.execute(marks([f"{no}/{number}"])).one_or_none()
    if found is None:
        raise NotFound("auction")
    return found[1]


def state(no: str, number: int, at: int) -> Mapping[str, Any]:
    """What everybody may know of an auction as it stood at a mark; the same for ever. Raises `NotFound`.

    Never whose an offer is; in rounds the offers that bettered the best price, and no others (visibility.prices).
    """
    _, attempt = attempt_of(no, number)
    auction = of(attempt.id)
    if auction is None or not 0 <= at <= mark_of(auction):
        raise NotFound("auction")
    stopped = [each for each in pauses(auction) if each.seq + each.number <= at]
    rows = db.session.execute(
        select(AuctionOffer.seq, AuctionOffer.at, AuctionOffer.amount_fen, AuctionOffer.extended_to)
        .where(AuctionOffer.auction_id == auction.id, AuctionOffer.seq <= at - len(stopped))
        .order_by(AuctionOffer.seq)
    ).all()
    moves = [row.extended_to for row in rows if row.extended_to is not None]
    # Whatever moved the end, moved it later.
    ends = [bids.announced(terms_of(auction)).end, *moves, *(each.ends_at for each in stopped)]
    shown = _bettering([Better(row.seq, row.at, row.amount_fen) for row in rows])
    return {
        "no": no,
        "attempt": number,
        "mark": at,
        "closed": at > auction.seq + auction.paused,
        "offers": len(rows),
        "best_fen": shown[-1].amount_fen if shown else None,
        "step_fen": auction.step_fen,
        "starts_at": auction.starts_at.isoformat(),
        "ends_at": max(ends).isoformat(),
        "extended": len(moves),
        "paused": len(stopped),
        "resumes_at": stopped[-1].until_at.isoformat() if stopped else None,
        "better": [{"seq": one.seq, "at": one.at.isoformat(), "amount_fen": one.amount_fen} for one in shown],
    }


def told(no: str, number: int, at: int) -> str:
    """`state` as it is sent."""
    return json.dumps(state(no, number, at), separators=(",", ":"))


def news(name: str, after: int, at: int) -> str:
    """The same of `<number>/<attempt>` for whoever knows it as it stood at `after`: of the list only what is new."""
    found, before = state(*parts(name), at), state(*parts(name), max(after, 0))
    new = [one for one in found["better"] if one["seq"] > before["offers"]]
    return json.dumps({**found, "after": max(after, 0), "better": new}, separators=(",", ":"))


def phase_now(no: str, *, now: datetime) -> Phase | None:
    """The phase of the present attempt's auction; None where there is none yet, or never."""
    auction = of(attempt_of(no)[1].id)
    return None if auction is None else phase_of(auction, now=now)


def announced_end(no: str) -> datetime:
    """When the present attempt's auction ends if nothing moves it. Raises `NotFound`."""
    auction = of(attempt_of(no)[1].id)
    if auction is None:
        raise NotFound("auction")
    return bids.announced(terms_of(auction)).end
