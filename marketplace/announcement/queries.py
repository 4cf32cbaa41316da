"""Announcements and their attempts: how each is found, in which phase it is, what was asked for in the end."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    false,
    func,
    inspect,
    or_,
    select,
)
from sqlalchemy.orm import lazyload
from sqlalchemy.orm.attributes import set_committed_value

from app.actor import Actor, Role
from app.database import at_hand, db
from app.refusal import NotFound
from app.region import branches
from app.rulebook import Rulebook
from app.rules_in_force import rulebook
from app.values import Period
from marketplace.announcement import rules
from marketplace.announcement.models import Amendment, Announcement, Attempt, KeyHalf
from marketplace.announcement.rules import AnnouncementKind, Decision, Instants, Phase
from marketplace.need import queries as needs
from marketplace.need.models import Need
from marketplace.need.rules import NeedInput

PRESENT = and_(Attempt.announcement_id == Announcement.id, Attempt.number == Announcement.attempt_number)
"""The attempt that counts now, where the two are joined."""


def row(no: str) -> Select[Announcement]:
    """The row of a published announcement, to be locked: its own alone, an outer join cannot be."""
    return select(Announcement).where(Announcement.no == no).options(lazyload(Announcement.need))


def need_row(need_no: str) -> Select[Announcement]:
    """The row that belongs to a need, published or not, to be locked after the need's."""
    of_need = select(Need.id).where(Need.no == need_no).scalar_subquery()
    return select(Announcement).where(Announcement.need_id == of_need).options(lazyload(Announcement.need))


def by_no(no: str) -> Announcement | None:
    """A published announcement by its public number."""
    held = at_hand(Announcement, no=no)
    if held is not None:
        return held
    return db.session.execute(select(Announcement).where(Announcement.no == no)).scalar_one_or_none()


def by_need(need_no: str) -> Announcement | None:
    """What became of a need: published, in review or returned; None where it was never handed in."""
    return db.session.execute(select(Announcement).join(Need).where(Need.no == need_no)).scalar_one_or_none()


def by_need_id(need_id: int) -> Announcement | None:
    """The same, by the need's key."""
    return db.session.execute(select(Announcement).where(Announcement.need_id == need_id)).scalar_one_or_none()


def announced(announcement: Announcement) -> NeedInput:
    """What was asked for in the end: the need with what amendments made of it."""
    return replace(
        needs.input_of(announcement.need), content=announcement.content, expected_days=announcement.expected_days
    )


def book_of(announcement: Announcement) -> Rulebook:
    """The rulebook that the announcement froze; published ones have one."""
    return rulebook(announcement.rulebook or "")


def failures(announcement_id: int) -> int:
    """How many attempts ended without a result, for want of registrants, offers or takers; void ones are none."""
    failed = Attempt.decision == Decision.UNSUCCESSFUL
    return db.session.execute(
        select(func.count()).select_from(Attempt).where(Attempt.announcement_id == announcement_id, failed)
    ).scalar_one()


def phases_of_needs(need_nos: Sequence[str], *, now: datetime) -> dict[str, tuple[str | None, Phase]]:
    """What became of needs, by their numbers: the announcement's number, None before it has one, and its phase."""
    query = (
        select(
            Need.no.label("need_no"),
            Announcement.no,
            Announcement.kind,
            Announcement.approved_at,
            Announcement.returned_at,
            Announcement.published_at,
            Announcement.repeat_at,
            Announcement.withdrawn_at,
            Announcement.held_at,
            Attempt.closes_at,
            Attempt.decision,
        )
        .join(Need, Announcement.need_id == Need.id)
        .outerjoin(Attempt, PRESENT)
        .where(Need.no.in_(need_nos))
    )
    return {row.need_no: (row.no, _phase(row, now)) for row in db.session.execute(query)}


def attempt(announcement_id: int, number: int) -> Attempt:
    """One attempt; raises `NotFound`."""
    held = at_hand(Attempt, announcement_id=announcement_id, number=number)
    if held is not None:
        return held
    found = db.session.execute(
        select(Attempt)
        .where(Attempt.announcement_id == announcement_id, Attempt.number == number)
        .options(lazyload(Attempt.announcement))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("attempt")
    return found


def version_of(announcement: Announcement) -> int:
    """Rises with every revision and every new attempt: what was prepared for one of them is not done to another."""
    return announcement.attempt_number + announcement.revision


def present_attempt(announcement: Announcement) -> Attempt:
    """The attempt that counts now; raises `NotFound` before the publication."""
    return with_need(announcement, announcement.attempt_number)


def with_need(announcement: Announcement, number: int) -> Attempt:
    """One attempt, and in the same question the need, where only the announcement's own row was locked and read."""
    if "need" not in inspect(announcement).unloaded:
        return attempt(announcement.id, number)
    found = db.session.execute(_with_need(), {"announcement": announcement.id, "number": number}).one_or_none()
    if found is None:
        raise NotFound("attempt")
    belongs(announcement, found.Need)
    of_one: Attempt = found.Attempt
    return of_one


def belongs(announcement: Announcement, need: Need) -> None:
    """This is its need, read in another question: it need not be asked for again."""
    set_committed_value(announcement, "need", need)


@lru_cache(maxsize=1)
def _with_need() -> Select[Attempt, Need]:
    return (
        select(Attempt, Need)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .where(
            Attempt.announcement_id == bindparam("announcement", type_=BigInteger()),
            Attempt.number == bindparam("number", type_=Integer()),
        )
        .options(lazyload(Attempt.announcement))
    )


def attempt_of(no: str, number: int | None = None) -> Attempt:
    """An attempt of a published announcement, the present one where none is named; raises `NotFound`.

    In one narrow question: an act has locked the announcement, and with it read it, before.
    """
    announcement = at_hand(Announcement, no=no)
    if announcement is not None:
        return with_need(announcement, announcement.attempt_number if number is None else number)
    wanted = Announcement.attempt_number if number is None else number
    query = (
        select(Attempt)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .where(Announcement.no == no, Attempt.number == wanted)
        .options(lazyload(Attempt.announcement))
    )
    found = db.session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(no)
    return found


def attempts(announcement_id: int) -> list[Attempt]:
    """Every attempt, the first one first; all stay on the page for ever (protocol.md §0)."""
    return list(db.session.execute(_attempts(), {"announcement": announcement_id}).scalars())


@lru_cache(maxsize=1)
def _attempts() -> Select[Attempt]:
    of_one = Attempt.announcement_id == bindparam("announcement", type_=BigInteger())
    return select(Attempt).where(of_one).options(lazyload(Attempt.announcement)).order_by(Attempt.number)


def key_halves(attempt_id: int) -> list[KeyHalf]:
    """The halves of an attempt's offer key by pair, emptied ones too; none where one key file opens."""
    query = select(KeyHalf).where(KeyHalf.attempt_id == attempt_id).order_by(KeyHalf.pair, KeyHalf.id)
    return list(db.session.execute(query).scalars())


def half_binding(offer_key: bytes, pair: str) -> bytes:
    """What a half's box is bound to: the attempt's public offer key and the pair (docs/protocol.md §2.3)."""
    return hashlib.sha256(offer_key + pair.encode()).digest()


def amendments(announcement_id: int) -> list[Amendment]:
    """Every amendment, the first one first."""
    query = select(Amendment).where(Amendment.announcement_id == announcement_id).order_by(Amendment.revision)
    return list(db.session.execute(query).scalars())


def phase_of(announcement: Announcement, attempt: Attempt | None, now: datetime) -> Phase:
    """The phase at an instant; `attempt` is the present one, None before the publication."""
    return rules.phase_of(
        Instants(
            kind=announcement.kind,
            approved_at=announcement.approved_at,
            returned_at=announcement.returned_at,
            published_at=announcement.published_at,
            repeat_at=announcement.repeat_at,
            withdrawn_at=announcement.withdrawn_at,
            closes_at=None if attempt is None else attempt.closes_at,
            decision=None if attempt is None else attempt.decision,
            held_at=announcement.held_at,
        ),
        now=now,
    )


def in_phase(phase: Phase, now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """The SQL twin of `rules.phase_of` over published announcements and their present attempt."""
    withdrawn = or_(Announcement.withdrawn_at.is_not(None), Attempt.decision == Decision.WITHDRAWN)
    scheduled = and_(Announcement.withdrawn_at.is_(None), Announcement.repeat_at.is_not(None))
    direct = Announcement.kind == AnnouncementKind.DIRECT
    running = and_(Announcement.withdrawn_at.is_(None), Announcement.repeat_at.is_(None), ~direct)
    going = and_(running, Announcement.held_at.is_(None))
    undecided = and_(going, Attempt.decision.is_(None))
    may_be_held = or_(Attempt.decision.is_(None), Attempt.decision == Decision.DRAWN)
    conditions: Mapping[Phase, ColumnElement[bool]] = {
        Phase.WITHDRAWN: and_(withdrawn, or_(Announcement.withdrawn_at.is_not(None), running)),
        Phase.SCHEDULED: scheduled,
        Phase.DIRECT: and_(Announcement.withdrawn_at.is_(None), Announcement.repeat_at.is_(None), direct),
        Phase.HELD: and_(running, Announcement.held_at.is_not(None), may_be_held),
        Phase.DECIDED: and_(going, Attempt.decision == Decision.DRAWN),
        Phase.UNSUCCESSFUL: and_(running, Attempt.decision == Decision.UNSUCCESSFUL),
        Phase.VOID: and_(running, Attempt.decision == Decision.VOID),
        Phase.REGISTERING: and_(undecided, Attempt.closes_at > now),
        Phase.SELECTING: and_(undecided, Attempt.closes_at <= now),
    }
    return conditions.get(phase, false())


def taking_offers(attempt: Attempt) -> Period | None:
    """When those whom the draw invited may offer; None where nobody was invited."""
    if attempt.offers_from is None or attempt.offers_close_at is None:
        return None
    return Period(attempt.offers_from, attempt.offers_close_at)


def offering() -> Select[int]:
    """The keys of the attempts in which those invited by the draw offer, or have offered and nothing is decided."""
    return select(Attempt.id).where(Attempt.offers_close_at.is_not(None), Attempt.decision.is_(None))


def clock_stands(announcement: Announcement, attempt: Attempt) -> bool:
    """Whether a hold keeps the closing of an attempt from coming."""
    return rules.stops_clock(held_at=announcement.held_at, closes_at=attempt.closes_at)


def _phase(row: Row[*tuple[Any, ...]], now: datetime) -> Phase:
    instants = Instants(
        kind=row.kind,
        approved_at=row.approved_at,
        returned_at=row.returned_at,
        published_at=row.published_at,
        repeat_at=row.repeat_at,
        withdrawn_at=row.withdrawn_at,
        closes_at=row.closes_at,
        decision=row.decision,
        held_at=row.held_at,
    )
    return rules.phase_of(instants, now=now)


def serves(actor: Actor, no: str, *, roles: Sequence[Role]) -> bool:
    """Whether the actor's office has one of these roles where an announcement's need lies."""
    found = by_no(no)
    return found is not None and any(
        role in actor.roles and branches.serves(actor, found.need.region, role=role) for role in roles
    )


def own(party_id: int, no: str) -> Announcement:
    """The party's own published announcement; raises `NotFound` for anybody else's: its forms are not theirs."""
    found = by_no(no)
    if found is None or found.need.purchaser.organisation_id != party_id:
        raise NotFound("announcement")
    return found


def reviewed(need_no: str, *, actor: Actor) -> Announcement:
    """One that waits for the operator of its branch; raises `NotYours` for another branch.

    Raises `NotFound` for what does not wait, so that drafts stay their purchaser's.
    """
    found = by_need(need_no)
    if found is None or phase_of(found, None, found.submitted_at or found.need.created_at) is not Phase.IN_REVIEW:
        raise NotFound("announcement")
    if not branches.serves(actor, found.need.region, role=Role.OPERATOR):
        raise branches.outside("announcement", actor, found.need.region)
    return found
