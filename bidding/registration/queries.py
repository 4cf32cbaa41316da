"""Who registered where, and who may know: the only reader of registrations besides the act that judges them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    exists,
    func,
    select,
)
from sqlalchemy.orm import aliased, lazyload

from app.actor import Actor
from app.database import Instant, db, values
from app.identity.models import Organisation
from app.refusal import NotFound, Refusal
from app.rules_in_force import rulebook
from app.standing import standing_of
from app.web.paging import SIZE, Listing, listing, parsed
from bidding.registration import rules
from bidding.registration.models import Registration, RegistrationMember
from bidding.registration.rules import Made, Named, Part, Phase, Position, RegistrationAct, RegistrationTerms, Window
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import AnnouncementKind, stops_clock
from marketplace.need import queries as needs
from marketplace.need.models import Need
from marketplace.need.rules import SEALED

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
class Member:
    """One member of a consortium beside its lead, and its answer; neither instant is set while it is awaited."""

    code: str
    name: str
    party_id: int
    joined_at: datetime | None
    declined_at: datetime | None

    @property
    def answer(self) -> str:
        """The word of its answer is `membership.<answer>`."""
        return "joined" if self.joined_at else "declined" if self.declined_at else "waiting"


Consortia = Mapping[int, tuple[Member, ...]]


@dataclass(frozen=True, slots=True)
class Naming:
    """A consortium as a member sees that it names: who leads, what was promised, who else is named, its own answer."""

    lead: str
    lead_name: str
    promised_days: int
    members: tuple[Member, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class RegistrationPage:
    """What an agency sees of one announcement: what is asked, its own registration, why it may not register.

    Where `several` items are asked for, `alone` is what it lacks to serve them all by itself; a consortium may have it.
    `members`: of its own consortium. `naming`: the consortia that name this agency.
    """

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
    several: bool
    alone: tuple[Refusal, ...]
    members: tuple[Member, ...]
    naming: tuple[Naming, ...]

    @property
    def own_phase(self) -> str:
        """The word of its own registration, if it has one, is `registration_phase.<own_phase>`."""
        return "" if self.own is None else _spoken(self.own.phase, self.members)


@dataclass(frozen=True, slots=True)
class MyRegistration:
    """One line of an agency's own list; `lead`: the name of who leads the consortium where it is another."""

    no: str
    attempt: int
    title: str
    closes_at: datetime
    promised_days: int
    submitted_at: datetime
    phase: str
    lead: str | None = None


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


@lru_cache(maxsize=1)
def open_row() -> Select[Announcement]:
    """The row of an announcement (`no`) that takes registrations, and offers with them, at `began`; to be shared.

    What it finds `glance` would have found open; what it does not find may be open all the same: ask `glance`.
    """
    began = bindparam("began", type_=Instant())
    taking = exists().where(
        Attempt.announcement_id == Announcement.id,
        Attempt.number == Announcement.attempt_number,
        Attempt.decision.is_(None),
        Attempt.frozen_at.is_(None),
        Attempt.offers_close_at.is_(None),
        Attempt.published_at <= began,
        Attempt.closes_at > began,
    )
    return (
        select(Announcement)
        .options(lazyload(Announcement.need))
        .where(
            Announcement.no == bindparam("no", type_=String()),
            Announcement.kind != AnnouncementKind.DIRECT,
            Announcement.withdrawn_at.is_(None),
            Announcement.held_at.is_(None),
            taking,
        )
    )


Place = tuple[Attempt, Need, Agency, Registration | None]


@lru_cache(maxsize=1)
def place() -> Select[*Place]:
    """All that one agency (its `party`) stands on in an attempt (`announcement`, `number`, `need`), in one question.

    The registration is None where there is none that was not withdrawn; no row where the party is no agency.
    """
    return _place().outerjoin(Registration, _in_force_there())


@lru_cache(maxsize=1)
def registered_place() -> Select[*Place]:
    """The same of a party that is registered, its registration to be locked; no row for others."""
    return _place().join(Registration, _in_force_there())


def _place() -> Select[*Place]:
    return (
        select(Attempt, Need, Agency, Registration)
        .select_from(Attempt)
        .join(Need, Need.id == bindparam("need", type_=BigInteger()))
        .join(Agency, Agency.organisation_id == bindparam("party", type_=BigInteger()))
        .where(
            Attempt.announcement_id == bindparam("announcement", type_=BigInteger()),
            Attempt.number == bindparam("number", type_=Integer()),
        )
        .options(lazyload(Attempt.announcement), lazyload(Registration.attempt), lazyload(Registration.agency))
    )


def _in_force_there() -> ColumnElement[bool]:
    return (
        (Registration.attempt_id == Attempt.id)
        & (Registration.agency_id == Agency.id)
        & Registration.withdrawn_at.is_(None)
    )


def of(attempt_id: int, agency_id: int) -> Registration | None:
    """An agency's registration that is not withdrawn."""
    return db.session.execute(row(attempt_id, agency_id)).scalar_one_or_none()


def named_row(registration_id: int, code: str) -> RegistrationMember | None:
    """The row of an agency that a registration names beside its lead."""
    found = db.session.get(RegistrationMember, (registration_id, code), populate_existing=True)
    return None if found is None or found.lead else found


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
    given = {"attempt": attempt.id, "revision": attempt.announcement.revision}
    return list(db.session.execute(_in_force_at(), given).scalars())


def valid(attempt_id: int) -> list[Registration]:
    """Those the freeze judged without a reason against them, ascending by code; none before the judgement."""
    return list(db.session.execute(_not_withdrawn(attempt_id).where(Registration.reasons == ())).scalars())


def judged(attempt_id: int) -> list[Registration]:
    """Everybody in the frozen text, ascending by code, with the verdict; none before the freeze."""
    return list(db.session.execute(_judged(), {"attempt": attempt_id}).scalars())


@lru_cache(maxsize=1)
def _in_force_at() -> Select[Registration]:
    in_force = Registration.revision == bindparam("revision", type_=Integer())
    return _not_withdrawn(bindparam("attempt", type_=BigInteger())).where(in_force)


@lru_cache(maxsize=1)
def _judged() -> Select[Registration]:
    return _not_withdrawn(bindparam("attempt", type_=BigInteger())).where(Registration.judged_at.is_not(None))


def _not_withdrawn(attempt_id: int | BindParameter[int]) -> Select[Registration]:
    return (
        select(Registration)
        .join(Registration.agency)
        .join(Agency.organisation)
        .where(Registration.attempt_id == attempt_id, Registration.withdrawn_at.is_(None))
        # All are of the one attempt, which whoever asks mostly has in hand.
        .options(lazyload(Registration.attempt))
        .order_by(Organisation.code)
    )


def consortia(attempt_id: int) -> Consortia:
    """By registration that is not withdrawn, all members it names beside its lead, ascending by code."""
    return _consortia(Registration.attempt_id == attempt_id)


def _consortia(which: ColumnElement[bool]) -> Consortia:
    rows = db.session.execute(
        select(
            RegistrationMember.registration_id,
            RegistrationMember.code,
            Organisation.name,
            Organisation.id,
            RegistrationMember.joined_at,
            RegistrationMember.declined_at,
        )
        .join(Registration, Registration.id == RegistrationMember.registration_id)
        .join(Organisation, Organisation.code == RegistrationMember.code)
        .where(which, Registration.withdrawn_at.is_(None), RegistrationMember.lead.is_(False))
        .order_by(RegistrationMember.registration_id, RegistrationMember.code)
    )
    found: dict[int, list[Member]] = {}
    for registration_id, code, name, party_id, joined_at, declined_at in rows:
        found.setdefault(registration_id, []).append(Member(code, name, party_id, joined_at, declined_at))
    return {registration_id: tuple(some) for registration_id, some in found.items()}


def joined_of(attempt: Attempt, agency_id: int) -> tuple[Member, ...]:
    """The members that serve with an agency as its consortium; none where it stands alone."""
    if attempt.announcement.need.further is None:
        return ()
    own = (Registration.attempt_id == attempt.id) & (Registration.agency_id == agency_id)
    return tuple(member for some in _consortia(own).values() for member in some if member.joined_at)


def registrants_of(no: str) -> list[int]:
    """Organisations registered in the present attempt: for notices to themselves, and for nothing else.

    Members of a consortium that declined are none of them; those that did not answer yet are.
    """
    found = db.session.execute(
        select(Agency.organisation_id, Registration.id, Registration.attempt_id)
        .join(Registration, Registration.agency_id == Agency.id)
        .join(Registration.attempt)
        .join(Attempt.announcement)
        .where(
            Announcement.no == no,
            Attempt.number == Announcement.attempt_number,
            Registration.withdrawn_at.is_(None),
        )
        .order_by(Registration.id)
    ).all()
    beside = consortia(found[0].attempt_id) if found else {}
    members = (one for row in found for one in beside.get(row.id, ()) if not one.declined_at)
    return list(dict.fromkeys([*(row.organisation_id for row in found), *(one.party_id for one in members)]))


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
    actor: Actor,
    announcement: Announcement,
    *,
    agency: Agency | None,
    own: Registration | None,
    now: datetime,
    attempt: Attempt | None = None,
    members: Sequence[str] = (),
) -> Position:
    """How the actor's own agency stands to an announcement at `now`, with its registration there.

    An organisation that is no agency is not active. `attempt`: also ask whether it is a member of another's
    registration in it. `members`: USCCs of those it wants to lead; of an existing registration those it named.
    """
    several = announcement.need.further is not None
    if several and own is not None:
        members = [one.code for one in _consortia(Registration.id == own.id).get(own.id, ()) if not one.declined_at]
    parties = [found.organisation_id for code in members if (found := agencies.by_code(code)) is not None]
    against = (
        together(announcement, (actor.party, *parties), now=now)
        if several and parties
        else standing(actor.party, announcement, now=now)
    )
    return Position(
        own_need=announcement.need.purchaser.organisation_id == actor.party,
        active=agency is not None and agencies.is_active(agency, now),
        registered=own is not None or (several and attempt is not None and _joined(attempt.id, actor.code or "")),
        standing=against,
        expected_days=announcement.expected_days,
    )


def member_position(
    actor: Actor,
    announcement: Announcement,
    attempt: Attempt,
    *,
    agency: Agency | None,
    own: Registration | None,
    now: datetime,
) -> Position:
    """The same for whoever is to be a member of a consortium: nothing is asked of it for any item alone."""
    return Position(
        own_need=announcement.need.purchaser.organisation_id == actor.party,
        active=agency is not None and agencies.is_active(agency, now),
        registered=own is not None or _joined(attempt.id, actor.code or ""),
        standing=_general(actor.party, announcement, now=now),
        expected_days=announcement.expected_days,
    )


def _joined(attempt_id: int, code: str) -> bool:
    """Whether an agency is a member, not the lead, of a registration in force."""
    query = select(RegistrationMember.registration_id).where(
        RegistrationMember.attempt_id == attempt_id,
        RegistrationMember.code == code,
        RegistrationMember.in_force,
        RegistrationMember.lead.is_(False),
    )
    return db.session.execute(query.limit(1)).scalar() is not None


def named(code: str, announcement: Announcement, *, now: datetime) -> Named:
    """What the market knows of somebody who is named as a member."""
    found = agencies.by_code(code)
    return Named(
        code,
        active=found is not None and agencies.is_active(found, now),
        owner=found is not None and found.organisation_id == announcement.need.purchaser.organisation_id,
    )


def standing(party_id: int, announcement: Announcement, *, now: datetime) -> tuple[Refusal, ...]:
    """What eligibility has against this party's registering here alone, as of `now`."""
    scope = needs.scope_of(announcement.need, rulebook_of(announcement))
    return standing_of(party_id, now=now, scope=scope).to(RegistrationAct.SUBMIT)


def together(announcement: Announcement, parties: Sequence[int], *, now: datetime) -> tuple[Refusal, ...]:
    """What eligibility has against these parties as a consortium, the lead first, as of `now`.

    That the lead itself is admitted is asked elsewhere, as of everybody who registers.
    """
    items = announcement.need.codes
    parts: list[Part] = []
    for party_id in parties:
        agency = agencies.by_party(party_id)
        general = _general(party_id, announcement, now=now)
        if parts and (agency is None or not agencies.is_active(agency, now)):
            general = (Refusal("agency_not_active", clause="entry.mode"), *general)
        lacks = {
            item: tuple(one for one in _standing(party_id, announcement, (item,), now=now) if one not in general)
            for item in items
        }
        parts.append(Part("" if agency is None else agency.organisation.code, general, lacks))
    return tuple(rules.refusals_together(parts, items))


def _general(party_id: int, announcement: Announcement, *, now: datetime) -> tuple[Refusal, ...]:
    return _standing(party_id, announcement, (), now=now)


def _standing(
    party_id: int, announcement: Announcement, items: tuple[str, ...], *, now: datetime
) -> tuple[Refusal, ...]:
    scope = replace(needs.scope_of(announcement.need, rulebook_of(announcement)), items=items)
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
    facts = position(actor, announcement, agency=agency, own=own, now=now, attempt=attempt)
    several, alone = announcement.need.further is not None, facts.standing
    if several and own is None:
        facts = replace(facts, standing=_general(actor.party, announcement, now=now))
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
        several=several,
        alone=tuple(one for one in alone if one not in facts.standing),
        members=() if own is None or not several else _consortia(Registration.id == own.id).get(own.id, ()),
        naming=naming(actor.code or "", attempt) if several else (),
    )


def naming(code: str, attempt: Attempt) -> tuple[Naming, ...]:
    """The consortia of an attempt that name an agency, ascending by their leads' codes."""
    found = db.session.execute(
        select(Registration, RegistrationMember)
        .join(RegistrationMember, RegistrationMember.registration_id == Registration.id)
        .join(Registration.agency)
        .join(Agency.organisation)
        .where(
            Registration.attempt_id == attempt.id,
            Registration.withdrawn_at.is_(None),
            RegistrationMember.code == code,
            RegistrationMember.lead.is_(False),
        )
        .order_by(Organisation.code)
    ).all()
    return tuple(
        Naming(
            lead=registration.agency.organisation.code,
            lead_name=registration.agency.organisation.name,
            promised_days=registration.promised_days,
            members=_consortia(Registration.id == registration.id)[registration.id],
            answer=Member("", "", 0, member.joined_at, member.declined_at).answer,
        )
        for registration, member in found
    )


def _spoken(phase: Phase, members: Sequence[Member]) -> str:
    """Where a registration stands, and while it is in force whether a member of its consortium is still to say yes."""
    answers = {member.answer for member in members}
    if phase is Phase.IN_FORCE and answers - {"joined"}:
        return "member_declined" if "declined" in answers else "member_waiting"
    return phase.value


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
    """The registrations that an organisation is in, as lead or as a member that said yes, newest first.

    The key of a page holds no number of the table itself: two of them would tell how many others registered between.
    """
    joined = (
        select(RegistrationMember.registration_id)
        .join(Organisation, Organisation.code == RegistrationMember.code)
        .where(Organisation.id == party_id, RegistrationMember.joined_at.is_not(None))
    )
    query = select(Registration).join(Registration.agency)
    query = query.where((Agency.organisation_id == party_id) | Registration.id.in_(joined))
    last = parsed(after, (datetime, int))
    if last is not None:
        at, attempt_id = last
        query = query.where(
            (Registration.submitted_at < at)
            | ((Registration.submitted_at == at) & (Registration.attempt_id < attempt_id))
        )
    order = (Registration.submitted_at.desc(), Registration.attempt_id.desc(), Registration.id.desc())
    rows = db.session.execute(query.order_by(*order).limit(size + 1)).scalars().all()
    found = listing(rows, size=size, key=lambda row: (row.submitted_at.isoformat(), row.attempt_id))
    members = _consortia(Registration.id.in_([row.id for row in found.rows]))
    return Listing(tuple(_line(row, members.get(row.id, ()), party_id) for row in found.rows), found.after)


def _line(registration: Registration, members: Sequence[Member], party_id: int) -> MyRegistration:
    announcement, lead = registration.attempt.announcement, registration.agency.organisation
    return MyRegistration(
        no=announcement.no or "",
        attempt=registration.attempt.number,
        title=announcement.need.title,
        closes_at=registration.attempt.closes_at,
        promised_days=registration.promised_days,
        submitted_at=registration.submitted_at,
        phase=_spoken(phase_of(registration, announcement), members),
        lead=None if lead.id == party_id else lead.name,
    )


def broken(party_id: int, *, now: datetime) -> list[tuple[str, str, datetime]]:
    """Registrations that an agency leads and a member will not join: number, title and closing, most urgent first."""
    led = Registration.agency_id.in_(select(Agency.id).where(Agency.organisation_id == party_id))
    return _unjoined(led, RegistrationMember.declined_at.is_not(None), now=now)


def awaiting(code: str, *, now: datetime) -> list[tuple[str, str, datetime]]:
    """What waits for an agency's answer as a member: number, title and closing, most urgent first."""
    asked = RegistrationMember.code == code
    return _unjoined(asked, RegistrationMember.lead.is_(False), RegistrationMember.declined_at.is_(None), now=now)


def _unjoined(*which: ColumnElement[bool], now: datetime) -> list[tuple[str, str, datetime]]:
    """What is still open of the registrations that some of their members have not joined."""
    rows = db.session.execute(
        select(Announcement.no, Need.title, Attempt.closes_at)
        .join(Attempt, Attempt.announcement_id == Announcement.id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Registration, Registration.attempt_id == Attempt.id)
        .join(RegistrationMember, RegistrationMember.registration_id == Registration.id)
        .where(
            *which,
            RegistrationMember.joined_at.is_(None),
            Registration.withdrawn_at.is_(None),
            Attempt.closes_at > now,
            Attempt.decision.is_(None),
        )
        .distinct()
        .order_by(Attempt.closes_at, Announcement.no)
    )
    return [(no or "", title, closes_at) for no, title, closes_at in rows]


def named_in(no: str, lead: str) -> list[int]:
    """Organisations that a lead names in its latest registration of the present attempt, whatever they answered."""
    return list(values(_named_in(), {"no": no, "lead": lead}).scalars())


@lru_cache(maxsize=1)
def _named_in() -> Select[int]:
    own = aliased(RegistrationMember)
    latest = (
        select(func.max(own.registration_id))
        .join(Attempt, Attempt.id == own.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .where(
            own.code == bindparam("lead", type_=String()),
            own.lead,
            Announcement.no == bindparam("no", type_=String()),
            Attempt.number == Announcement.attempt_number,
        )
        .scalar_subquery()
    )
    return (
        select(Organisation.id)
        .join(RegistrationMember, RegistrationMember.code == Organisation.code)
        .where(
            RegistrationMember.registration_id == latest,
            RegistrationMember.lead.is_(False),
            RegistrationMember.declined_at.is_(None),
        )
        .order_by(Organisation.code)
    )


def name_of(code: str) -> str:
    """The name of an organisation by its USCC."""
    return db.session.execute(select(Organisation.name).where(Organisation.code == code)).scalar_one()


def party_of(code: str) -> int:
    """The key of an organisation by its USCC."""
    return db.session.execute(select(Organisation.id).where(Organisation.code == code)).scalar_one()


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
    return [_line(registration, (), party_id) for registration in found]
