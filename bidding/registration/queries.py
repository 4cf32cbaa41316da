"""Who registered where, and who may know: the only reader of registrations besides the act that judges them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, String, bindparam, select
from sqlalchemy.orm import lazyload

from app.actor import Actor, Role
from app.database import db
from app.identity.models import Organisation
from app.refusal import NotFound, Refusal
from app.region import branches
from app.rules_in_force import rulebook
from app.standing import standing_of
from app.web.paging import SIZE, Listing, listing, parsed
from bidding.registration import rules
from bidding.registration.models import Registration, RegistrationMember
from bidding.registration.rules import Made, Phase, Position, RegistrationAct, RegistrationTerms, Window
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import AnnouncementKind, stops_clock
from marketplace.need import queries as needs
from marketplace.need.rules import SEALED

AFTER_THE_FREEZE = frozenset({Role.OPERATOR, Role.REGULATOR, Role.SUPERVISOR})
"""Offices that see the names between the freeze and the result; the purchaser of the need does too."""


@dataclass(frozen=True, slots=True)
class OwnRegistration:
    """An agency's own registration; `acts` is what it may still do about it."""

    phase: Phase
    promised_days: int
    contribution: str
    made: Made
    submitted_at: datetime
    withdrawn_at: datetime | None
    reasons: tuple[str, ...]
    acts: tuple[StrEnum, ...]


@dataclass(frozen=True, slots=True)
class RegistrationPage:
    """What an agency sees of one announcement: what is asked, its own registration, why it may not register."""

    no: str
    title: str
    closes_at: datetime
    expected_days: int
    revision: int
    rulebook: str
    by_price: bool
    open: bool
    own: OwnRegistration | None
    refusals: tuple[Refusal, ...]
    to_reconfirm: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class MyRegistration:
    """One line of an agency's own list."""

    no: str
    attempt: int
    title: str
    closes_at: datetime
    promised_days: int
    submitted_at: datetime
    phase: Phase


def row(attempt_id: int, agency_id: int) -> Select[Registration]:
    """An agency's registration that is not withdrawn, to be locked: there is at most one in an attempt."""
    return (
        select(Registration)
        .options(lazyload("*"))
        .where(
            Registration.attempt_id == attempt_id,
            Registration.agency_id == agency_id,
            Registration.withdrawn_at.is_(None),
        )
    )


def of(attempt_id: int, agency_id: int) -> Registration | None:
    """An agency's registration that is not withdrawn."""
    return db.session.execute(row(attempt_id, agency_id)).scalar_one_or_none()


def members(registration_id: int) -> list[RegistrationMember]:
    """Who is in a registration: its lead, and the members of a consortium."""
    return list(
        db.session.execute(
            select(RegistrationMember).where(RegistrationMember.registration_id == registration_id)
        ).scalars()
    )


def latest_of(attempt_id: int, agency_id: int) -> Registration | None:
    """An agency's last registration in an attempt, withdrawn or not."""
    return db.session.execute(
        select(Registration)
        .where(Registration.attempt_id == attempt_id, Registration.agency_id == agency_id)
        .order_by(Registration.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def in_force_at_closing(attempt: Attempt) -> list[Registration]:
    """Who is in the frozen text, ascending by code: not withdrawn, and confirmed since the last amendment.

    Source: protocol.md §1.3; rules.md §2.5 publish.revision (silence after an amendment counts as withdrawal).
    """
    return list(
        db.session.execute(
            _not_withdrawn(attempt.id).where(Registration.revision == attempt.announcement.revision)
        ).scalars()
    )


def valid(attempt_id: int) -> list[Registration]:
    """Those the freeze judged without a reason against them, ascending by code; none before the judgement."""
    return list(db.session.execute(_not_withdrawn(attempt_id).where(Registration.reasons == ())).scalars())


def judged(attempt_id: int) -> list[Registration]:
    """Everybody in the frozen text, ascending by code, with the verdict; none before the freeze."""
    return list(db.session.execute(_not_withdrawn(attempt_id).where(Registration.judged_at.is_not(None))).scalars())


def _not_withdrawn(attempt_id: int) -> Select[Registration]:
    return (
        select(Registration)
        .join(Registration.agency)
        .join(Agency.organisation)
        .where(Registration.attempt_id == attempt_id, Registration.withdrawn_at.is_(None))
        .order_by(Organisation.code)
    )


def registrants_of(no: str) -> list[int]:
    """Organisations registered in the present attempt: for notices to themselves, and for nothing else."""
    return list(
        db.session.execute(
            select(Agency.organisation_id)
            .join(Registration, Registration.agency_id == Agency.id)
            .join(Registration.attempt)
            .join(Attempt.announcement)
            .where(
                Announcement.no == no,
                Attempt.number == Announcement.attempt_number,
                Registration.withdrawn_at.is_(None),
            )
            .order_by(Registration.id)
        ).scalars()
    )


def visible_to(actor: Actor, attempt: Attempt) -> list[Registration]:
    """What this actor may know of an attempt's registrations.

    Until the freeze an agency sees its own and nobody anything else; from the freeze on purchaser, operator, regulator
    and supervisor of the branch see who is in the frozen text; once the attempt is decided everybody does. Source:
    rules.md §2.5 visibility.registrants; mission.md M04.
    """
    if attempt.frozen_at is not None:
        need = attempt.announcement.need
        office = bool(actor.roles & AFTER_THE_FREEZE) and branches.sees(actor, need.region)
        if attempt.decision is not None or office or actor.party_id == need.purchaser.organisation_id:
            return judged(attempt.id)
    agency = None if actor.party_id is None else agencies.by_party(actor.party_id)
    own = None if agency is None else of(attempt.id, agency.id)
    return [] if own is None else [own]


def window(announcement: Announcement, attempt: Attempt) -> Window:
    """When the present attempt takes registrations and offers."""
    return Window(
        direct=announcement.kind is AnnouncementKind.DIRECT,
        withdrawn=announcement.withdrawn_at is not None,
        held=announcements.clock_stands(announcement, attempt),
        decided=attempt.decision is not None or attempt.frozen_at is not None,
        opens=attempt.published_at,
        closes=attempt.closes_at,
    )


@lru_cache(maxsize=1)
def _glance() -> Select[*tuple[Any, ...]]:
    present = (Attempt.announcement_id == Announcement.id) & (Attempt.number == Announcement.attempt_number)
    return (
        select(
            Announcement.kind,
            Announcement.withdrawn_at,
            Announcement.held_at,
            Attempt.decision,
            Attempt.frozen_at,
            Attempt.published_at,
            Attempt.closes_at,
            Attempt.offers_from,
            Attempt.offers_close_at,
        )
        .join(Attempt, present)
        .where(Announcement.no == bindparam("no", type_=String()))
    )


def offer_window(announcement: Announcement, attempt: Attempt) -> Window:
    """When the present attempt takes offers: with the registrations, or after a draw of those whom it invited."""
    second = announcements.taking_offers(attempt)
    if second is None:
        return window(announcement, attempt)
    return Window(
        direct=False,
        withdrawn=announcement.withdrawn_at is not None,
        held=False,
        decided=attempt.decision is not None,
        opens=second.opens,
        closes=second.closes,
    )


def glance(no: str, *, offers: bool = False) -> Window:
    """The same as `window`, or as `offer_window`, in one look that brings no row into the session.

    Raises `NotFound` for what is not public.

    Nothing may be decided by it: whoever holds the lock may be changing what it saw.
    """
    found = db.session.execute(_glance(), {"no": no}).one_or_none()
    if found is None:
        raise NotFound("announcement")
    second = offers and found.offers_close_at is not None
    return Window(
        direct=found.kind is AnnouncementKind.DIRECT,
        withdrawn=found.withdrawn_at is not None,
        held=not second and stops_clock(held_at=found.held_at, closes_at=found.closes_at),
        decided=found.decision is not None or (found.frozen_at is not None and not second),
        opens=found.offers_from if second else found.published_at,
        closes=found.offers_close_at if second else found.closes_at,
    )


def position(
    actor: Actor, announcement: Announcement, *, agency: Agency | None, own: Registration | None, now: datetime
) -> Position:
    """How the actor's own agency stands to an announcement at `now`, with its registration there.

    An organisation that is no agency is not active.
    """
    return Position(
        own_need=announcement.need.purchaser.organisation_id == actor.party,
        active=agency is not None and agencies.is_active(agency, now),
        registered=own is not None,
        standing=standing(actor.party, announcement, now=now),
        expected_days=announcement.expected_days,
    )


def standing(party_id: int, announcement: Announcement, *, now: datetime) -> tuple[Refusal, ...]:
    """What eligibility has against this party's registering here, as of `now`."""
    scope = needs.scope_of(announcement.need, rulebook_of(announcement))
    return standing_of(party_id, now=now, scope=scope).to(RegistrationAct.SUBMIT)


def rulebook_of(announcement: Announcement) -> str:
    """The id of the rulebook that was frozen at the publication. Raises `NotFound` before it."""
    if announcement.rulebook is None:
        raise NotFound("announcement")
    return announcement.rulebook


def terms(announcement: Announcement) -> RegistrationTerms:
    """What the announcement's own rulebook says about registering."""
    return rulebook(rulebook_of(announcement)).terms(RegistrationTerms)


def phase_of(registration: Registration, announcement: Announcement) -> Phase:
    """Where a registration of the announcement's attempt stands."""
    return rules.phase_of(
        withdrawn=registration.withdrawn_at is not None,
        judged=registration.judged_at is not None,
        reasons=registration.reasons,
        revision=registration.revision,
        announced_revision=announcement.revision,
    )


def announced(no: str) -> Announcement:
    """A published announcement. Raises `NotFound`."""
    announcement = announcements.by_no(no)
    if announcement is None:
        raise NotFound("announcement")
    return announcement


def page(actor: Actor, no: str, *, now: datetime) -> RegistrationPage:
    """An announcement as the actor's agency sees it when it wants to register. Raises `NotFound`."""
    announcement = announced(no)
    attempt = announcements.present_attempt(announcement)
    times = window(announcement, attempt)
    agency = agencies.by_party(actor.party)
    latest = None if agency is None else latest_of(attempt.id, agency.id)
    own = latest if latest is not None and latest.withdrawn_at is None else None
    facts = position(actor, announcement, agency=agency, own=own, now=now)
    book = terms(announcement)
    return RegistrationPage(
        no=no,
        title=announcement.need.title,
        closes_at=attempt.closes_at,
        expected_days=announcement.expected_days,
        revision=announcement.revision,
        rulebook=rulebook_of(announcement),
        by_price=announcement.need.method in SEALED,
        open=times.bar(now) is None,
        own=None if latest is None else _own(latest, announcement, open=times.bar(now) is None),
        refusals=tuple(rules.refusals_to_take_part(facts, window=times, now=now)),
        to_reconfirm=()
        if latest is None
        else tuple(
            rules.refusals_to_reconfirm(
                promised=latest.promised_days,
                expected=announcement.expected_days,
                window=times,
                standing=facts.standing,
                terms=book,
                now=now,
            )
        ),
    )


def _own(registration: Registration, announcement: Announcement, *, open: bool) -> OwnRegistration:
    phase = phase_of(registration, announcement)
    return OwnRegistration(
        phase=phase,
        promised_days=registration.promised_days,
        contribution=registration.contribution,
        made=registration.made,
        submitted_at=registration.submitted_at,
        withdrawn_at=registration.withdrawn_at,
        reasons=registration.reasons or (),
        acts=rules.FLOW.acts_in(phase) if open else (),
    )


def mine(party_id: int, *, after: str | None = None, size: int = SIZE) -> Listing[MyRegistration]:
    """An organisation's own registrations, newest first.

    The key of a page holds no number of the table itself: two of them would tell how many others registered between.
    """
    query = select(Registration).join(Registration.agency).where(Agency.organisation_id == party_id)
    last = _last(after)
    if last is not None:
        at, attempt_id = last
        query = query.where(
            (Registration.submitted_at < at)
            | ((Registration.submitted_at == at) & (Registration.attempt_id < attempt_id))
        )
    order = (Registration.submitted_at.desc(), Registration.attempt_id.desc(), Registration.id.desc())
    rows = db.session.execute(query.order_by(*order).limit(size + 1)).scalars().all()
    found = listing(rows, size=size, key=lambda row: (row.submitted_at.isoformat(), row.attempt_id))
    return Listing(tuple(_line(row) for row in found.rows), found.after)


def _last(after: str | None) -> tuple[datetime, int] | None:
    key = parsed(after, (str, int))
    if key is None:
        return None
    try:
        return datetime.fromisoformat(key[0]), key[1]
    except ValueError as error:
        raise NotFound("after") from error


def _line(registration: Registration) -> MyRegistration:
    announcement = registration.attempt.announcement
    return MyRegistration(
        no=announcement.no or "",
        attempt=registration.attempt.number,
        title=announcement.need.title,
        closes_at=registration.attempt.closes_at,
        promised_days=registration.promised_days,
        submitted_at=registration.submitted_at,
        phase=phase_of(registration, announcement),
    )


def unconfirmed(party_id: int, *, now: datetime) -> list[MyRegistration]:
    """An organisation's registrations that an amendment left unconfirmed and time still allows, most urgent first."""
    found = db.session.execute(
        select(Registration)
        .join(Registration.agency)
        .join(Registration.attempt)
        .join(Attempt.announcement)
        .where(
            Agency.organisation_id == party_id,
            Registration.withdrawn_at.is_(None),
            Registration.revision != Announcement.revision,
            Announcement.held_at.is_(None),
            Attempt.closes_at > now,
            Attempt.decision.is_(None),
        )
        .order_by(Attempt.closes_at, Registration.id)
    ).scalars()
    return [_line(registration) for registration in found]
