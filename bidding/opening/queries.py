"""Who may open an attempt's offers, who has used its key, and what falls due of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from app.actor import Role
from app.calendar.services import calendar
from app.database import Instant, db
from app.refusal import NotFound
from app.region import queries as regions
from app.rules_in_force import rulebook
from app.workdays import WorkCalendar
from bidding.opening import rules
from bidding.opening.models import KeyUse
from bidding.opening.rules import TOGETHER, Divided, Phase
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt, KeyHalf
from marketplace.holder import queries as holders
from marketplace.holder import rules as holder_rules
from marketplace.holder.models import Holder
from marketplace.holder.rules import OpeningTerms
from marketplace.need.rules import SEALED

UNOPENED = (Attempt.frozen_at.is_not(None), Attempt.decision.is_(None), KeyHalf.sealed.is_not(None))
"""Frozen, and the divided key has not served."""


def opens_at(attempt: Attempt) -> datetime | None:
    """From when holders may come: the freeze, or the second closing where offers follow a draw; None before that."""
    return attempt.frozen_at if attempt.announcement.need.method in SEALED else attempt.offers_close_at


def due_at(attempt: Attempt, days_known: WorkCalendar | None = None) -> datetime | None:
    """Until when holders may come; None before the opening time. Source: rules.md §2.5 opening.max_wait.

    `days_known`: the calendar, where it was asked for already.
    """
    since, announcement = opens_at(attempt), attempt.announcement
    if since is None:
        return None
    days = rulebook(announcement.rulebook or "").terms(OpeningTerms).max_wait
    return (days_known or calendar()).due(since, days, path=regions.path(announcement.need.region)).at


def standing(attempt_id: int) -> list[KeyUse]:
    """The uses of holders' keys that count, the first one first."""
    query = select(KeyUse).where(KeyUse.attempt_id == attempt_id, KeyUse.lapsed_at.is_(None))
    return list(db.session.execute(query.order_by(KeyUse.used_at, KeyUse.id)).scalars())


def is_alone(use: KeyUse) -> bool:
    """Whether no other holder's use of the same attempt counts; the twin of `_alone`."""
    return all(other.id == use.id for other in standing(use.attempt_id))


def divided(attempt: Attempt) -> Divided | None:
    """How far the opening of an attempt has come; None where one key file opens it."""
    halves = announcements.key_halves(attempt.id)
    if not halves:
        return None
    return Divided(
        opens_at=opens_at(attempt),
        due_at=due_at(attempt),
        gone=all(half.sealed is None for half in halves),
        uses=len(standing(attempt.id)),
    )


def phase_of(attempt: Attempt, *, now: datetime) -> Phase | None:
    """The phase of an attempt's opening; None where one key file opens it."""
    found = divided(attempt)
    return None if found is None else rules.phase_of(found, now=now)


def waited_for(attempts: Collection[int], *, now: datetime) -> frozenset[int]:
    """Which of these attempts cannot be opened yet, because holders are still waited for; few questions for all."""
    if not attempts:
        return frozenset()
    halved = select(KeyHalf.attempt_id).where(KeyHalf.attempt_id.in_(attempts), KeyHalf.sealed.is_not(None))
    rows = list(db.session.execute(select(Attempt).where(Attempt.id.in_(halved))).scalars())
    awaited = {Phase.TO_COME, Phase.WAITING, Phase.HALF}
    return frozenset(attempt_id for attempt_id, phase in _phases(rows, now=now).items() if phase in awaited)


def _phases(attempts: Sequence[Attempt], *, now: datetime) -> Mapping[int, Phase]:
    """The phases of attempts whose divided keys have not served, by id; one question for all."""
    query = select(KeyUse.attempt_id, func.count()).where(KeyUse.lapsed_at.is_(None))
    query = query.where(KeyUse.attempt_id.in_([attempt.id for attempt in attempts])).group_by(KeyUse.attempt_id)
    uses = dict(db.session.execute(query).all()) if attempts else {}
    days = calendar() if attempts else None
    return {
        attempt.id: rules.phase_of(
            Divided(opens_at=opens_at(attempt), due_at=due_at(attempt, days), gone=False, uses=uses.get(attempt.id, 0)),
            now=now,
        )
        for attempt in attempts
    }


def present(no: str | None) -> Attempt:
    """The present attempt of a published announcement. Raises `NotFound`."""
    announcement = announcements.by_no(no or "")
    if announcement is None:
        raise NotFound("announcement")
    return announcements.present_attempt(announcement)


def holder_of(attempt_id: int, party_id: int | None) -> Holder | None:
    """The holder to whom an attempt's halves are sealed and who is this office; None for everybody else."""
    return next((one for one in holders_of(attempt_id) if one.organisation_id == party_id), None)


def holders_of(attempt_id: int) -> list[Holder]:
    """The three to whom an attempt's halves are sealed, by kind."""
    found = {half.holder_id: half.holder for half in announcements.key_halves(attempt_id)}
    return sorted(found.values(), key=lambda holder: holder.role)


def halves_of(attempt_id: int, holder: Holder) -> Mapping[str, bytes]:
    """The sealed halves of one holder, by pair."""
    halves = announcements.key_halves(attempt_id)
    return {half.pair: half.sealed for half in halves if half.holder_id == holder.id and half.sealed is not None}


@dataclass(frozen=True, slots=True)
class Key:
    """One of the three holders of an attempt, as everybody sees it; `used_at`: its uses, `lapsed_at` of each."""

    name: str
    role: Role
    fingerprint: str
    uses: tuple[tuple[datetime, datetime | None], ...]


@dataclass(frozen=True, slots=True)
class OpeningPage:
    """The opening of an attempt by two of three holders."""

    no: str
    title: str
    attempt: int
    phase: Phase
    closes_at: datetime
    due_at: datetime | None
    keys: tuple[Key, ...]
    rulebook: str


def page(attempt: Attempt, *, now: datetime) -> OpeningPage | None:
    """The opening of an attempt for everybody; None where one key file opens it."""
    phase = phase_of(attempt, now=now)
    if phase is None:
        return None
    query = select(KeyUse).where(KeyUse.attempt_id == attempt.id).order_by(KeyUse.used_at, KeyUse.id)
    uses = list(db.session.execute(query).scalars())
    announcement = attempt.announcement
    return OpeningPage(
        no=announcement.no or "",
        title=announcement.need.title,
        attempt=attempt.number,
        phase=phase,
        closes_at=attempt.offers_close_at or attempt.closes_at,
        due_at=due_at(attempt),
        keys=tuple(
            Key(
                name=holder.organisation.name,
                role=holder.role,
                fingerprint=holder_rules.fingerprint(holder.public_key),
                uses=tuple((use.used_at, use.lapsed_at) for use in uses if use.holder_id == holder.id),
            )
            for holder in holders_of(attempt.id)
        ),
        rulebook=announcement.rulebook or "",
    )


def page_of(no: str, number: int, *, now: datetime) -> OpeningPage | None:
    """The same for a numbered attempt of an announcement. Raises `NotFound`."""
    announcement = announcements.by_no(no)
    if announcement is None:
        raise NotFound("announcement")
    return page(announcements.attempt(announcement.id, number), now=now)


@dataclass(frozen=True, slots=True)
class OwnKey:
    """What an office has to do with an opening: with which key, and whether its use stands.

    `published`: everybody may have the key's file, in a demonstration.
    """

    role: Role
    fingerprint: str
    published: bool
    used_at: datetime | None


def own(attempt: Attempt, party_id: int | None) -> OwnKey | None:
    """This office's part in an opening, None where it is none of the three."""
    holder = holder_of(attempt.id, party_id)
    if holder is None:
        return None
    used = next((use.used_at for use in standing(attempt.id) if use.holder_id == holder.id), None)
    return OwnKey(
        role=holder.role,
        fingerprint=holder_rules.fingerprint(holder.public_key),
        published=holders.is_published(holder),
        used_at=used,
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """An opening that waits for an office's key; `due_at`: until when."""

    no: str
    title: str
    due_at: datetime | None


def to_unseal(party_id: int, *, now: datetime) -> list[Waiting]:
    """The openings that wait for this office's key, the oldest first; as many questions, however many there are."""
    used = select(KeyUse.id).where(
        KeyUse.attempt_id == Attempt.id, KeyUse.holder_id == Holder.id, KeyUse.lapsed_at.is_(None)
    )
    query = (
        select(Attempt)
        .join(KeyHalf, KeyHalf.attempt_id == Attempt.id)
        .join(Holder, Holder.id == KeyHalf.holder_id)
        .where(Holder.organisation_id == party_id, *UNOPENED, ~used.exists())
        .order_by(Attempt.frozen_at, Attempt.id)
    )
    found = list(db.session.execute(query).scalars().unique())
    phases, days = _phases(found, now=now), calendar()
    return [
        Waiting(attempt.announcement.no or "", attempt.announcement.need.title, due_at(attempt, days))
        for attempt in found
        if phases[attempt.id] in (Phase.WAITING, Phase.HALF)
    ]


def row(no: str) -> Select[Announcement]:
    """The announcement's row, to be locked: whoever opens, lapses or unseals waits for the others."""
    return announcements.row(no)


def due_for_lapse(now: datetime) -> list[str]:
    """`<number>/<use>` of every use that stood alone for an hour, the oldest first."""
    return [f"{no}/{use}" for no, use in db.session.execute(_alone_too_long(), {"since": now - TOGETHER})]


def next_lapse(now: datetime) -> datetime | None:
    """When the next use that stands alone stops counting, after `now`."""
    found = db.session.execute(_next_alone(), {"since": now - TOGETHER}).scalar_one_or_none()
    return None if found is None else found + TOGETHER


@lru_cache(maxsize=1)
def _alone_too_long() -> Select[str | None, int]:
    return (
        select(Announcement.no, KeyUse.id)
        .join(Attempt, Attempt.id == KeyUse.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .where(*_alone(), KeyUse.used_at <= bindparam("since", type_=Instant()))
        .order_by(KeyUse.used_at, KeyUse.id)
    )


@lru_cache(maxsize=1)
def _next_alone() -> Select[datetime]:
    return select(func.min(KeyUse.used_at)).where(*_alone(), KeyUse.used_at > bindparam("since", type_=Instant()))


def _alone() -> tuple[ColumnElement[bool], ...]:
    other = aliased(KeyUse)
    second = select(other.id).where(
        and_(other.attempt_id == KeyUse.attempt_id, other.id != KeyUse.id, other.lapsed_at.is_(None))
    )
    return KeyUse.lapsed_at.is_(None), KeyUse.kept.is_not(None), ~second.exists()


def next_passing(now: datetime) -> datetime | None:
    """When the next opening stops waiting for holders, after `now`."""
    halved = select(KeyHalf.attempt_id).where(KeyHalf.sealed.is_not(None))
    query = select(Attempt).where(Attempt.id.in_(halved), Attempt.frozen_at.is_not(None), Attempt.decision.is_(None))
    ends = (due_at(attempt) for attempt in db.session.execute(query).scalars())
    return min((end for end in ends if end is not None and end > now), default=None)


def use(use_id: str) -> KeyUse:
    """A use by its row. Raises `NotFound`."""
    found = db.session.get(KeyUse, int(use_id)) if use_id.isdigit() else None
    if found is None:
        raise NotFound("key use")
    return found
