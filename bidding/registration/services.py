"""Registering, taking it back, confirming it after an amendment; and the verdict that the freeze writes."""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from app.act import Deed, act
from app.actor import Actor
from app.keyring import keyring
from app.refusal import NotFound, Refusal, Refused, demand
from app.values import Done, Nothing
from bidding.registration import queries, rules
from bidding.registration.models import Registration, RegistrationMember
from bidding.registration.rules import Made, Membership, Promise, RegistrationAct
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt

Reasons = Callable[[Announcement, Attempt, datetime], Iterable[Refusal]]


def submit(actor: Actor, subject: str | None, promise: Promise, /, *, key: str) -> Done:
    """An agency promises to serve within the days it names (M15). Raises `Refused` with every reason at once."""
    promise = _filled(promise, actor=actor, no=subject or "", key=key)

    def reasons(
        announcement: Announcement,
        attempt: Attempt,
        now: datetime,
        agency: Agency | None,
        own: Registration | None,
    ) -> Iterable[Refusal]:
        yield from rules.refusals_to_submit(
            promise,
            position=queries.position(
                actor, announcement, agency=agency, own=own, now=now, attempt=attempt, members=promise.members
            ),
            window=queries.window(announcement, attempt),
            terms=queries.terms(announcement),
            now=now,
        )
        yield from rules.refusals_to_members(
            [queries.named(code, announcement, now=now) for code in promise.members[: rules.MOST_MEMBERS]],
            lead=actor.code or "",
            several=announcement.need.further is not None,
        )

    def early(announcement: Announcement, attempt: Attempt, now: datetime) -> Iterable[Refusal]:
        return reasons(announcement, attempt, now, *_own(actor, attempt))

    with act(RegistrationAct.SUBMIT, actor=actor, key=key, subject=subject, input=promise) as deed:
        announcement, attempt, agency, own = entered(deed, subject, early)
        demand(reasons(announcement, attempt, deed.now, agency, own), rulebook=announcement.rulebook)
        if agency is None:
            raise NotFound("agency")
        registration_id = deed.insert(
            Registration,
            attempt_id=attempt.id,
            agency_id=agency.id,
            promised_days=promise.days,
            contribution=promise.contribution,
            made=promise.made,
            revision=announcement.revision,
            submitted_at=deed.now,
        )
        for code in (agency.organisation.code, *promise.members):
            leads = code == agency.organisation.code
            deed.insert(
                RegistrationMember,
                registration_id=registration_id,
                code=code,
                attempt_id=attempt.id,
                lead=leads,
                in_force=leads,
            )
        record(deed, announcement, attempt, agency)
        deed.tell(promised_days=promise.days, contribution=promise.contribution, made=promise.made.value)
    return deed.answer()


def withdraw(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """An agency takes its registration back, free until the closing (rules.md §2.5 register.withdraw)."""
    with act(RegistrationAct.WITHDRAW, actor=actor, key=key, subject=subject) as deed:
        announcement, attempt = shared(deed, subject, _too_late)
        agency, registration = _registered(deed, attempt)
        demand(_too_late(announcement, attempt, deed.now), rulebook=announcement.rulebook)
        rules.FLOW.after(queries.phase_of(registration, announcement), RegistrationAct.WITHDRAW)
        registration.withdrawn_at = deed.now
        for member in queries.members(registration.id):
            member.in_force = False
        record(deed, announcement, attempt, agency)
    return deed.answer()


def reconfirm(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """An agency stands by its registration after an amendment; days and contribution stay (publish.revision)."""
    with act(RegistrationAct.RECONFIRM, actor=actor, key=key, subject=subject) as deed:
        announcement, attempt = shared(deed, subject, _too_late)
        agency, registration = _registered(deed, attempt)
        demand(
            rules.refusals_to_reconfirm(
                promised=registration.promised_days,
                expected=announcement.expected_days,
                window=queries.window(announcement, attempt),
                standing=queries.position(actor, announcement, agency=agency, own=registration, now=deed.now).standing,
                terms=queries.terms(announcement),
                now=deed.now,
            ),
            rulebook=announcement.rulebook,
        )
        rules.FLOW.after(queries.phase_of(registration, announcement), RegistrationAct.RECONFIRM)
        registration.revision = announcement.revision
        record(deed, announcement, attempt, agency)
        deed.tell(revision=announcement.revision, promised_days=registration.promised_days)
    return deed.answer()


def join(actor: Actor, subject: str | None, membership: Membership, /, *, key: str) -> Done:
    """An agency says yes to the consortium that named it; from here on it is in no other registration (M20)."""
    with act(RegistrationAct.JOIN, actor=actor, key=key, subject=subject, input=membership) as deed:
        announcement, attempt = shared(deed, subject, _too_late)
        lead, member = _named(deed, announcement, attempt, membership)
        agency = agencies.by_party(actor.party)
        own = None if agency is None else queries.of(attempt.id, agency.id)
        demand(
            rules.refusals_to_take_part(
                queries.member_position(actor, announcement, attempt, agency=agency, own=own, now=deed.now),
                window=queries.window(announcement, attempt),
                now=deed.now,
            ),
            rulebook=announcement.rulebook,
        )
        member.in_force, member.joined_at, member.declined_at = True, deed.now, None
        _answered(deed, announcement, attempt, lead)
    return deed.answer()


def decline(actor: Actor, subject: str | None, membership: Membership, /, *, key: str) -> Done:
    """An agency says no to a consortium that named it, or leaves it before the closing."""
    with act(RegistrationAct.DECLINE, actor=actor, key=key, subject=subject, input=membership) as deed:
        announcement, attempt = shared(deed, subject, _too_late)
        lead, member = _named(deed, announcement, attempt, membership)
        member.in_force, member.joined_at, member.declined_at = False, None, deed.now
        _answered(deed, announcement, attempt, lead)
    return deed.answer()


def _named(
    deed: Deed, announcement: Announcement, attempt: Attempt, membership: Membership
) -> tuple[Agency, RegistrationMember]:
    """The lead, and the actor's row in its registration, which is locked: the lead may be taking it back just now.

    Raises `Refused` where there is none.
    """
    lead, found = agencies.by_code(membership.lead), None
    if lead is not None:
        try:
            found = queries.named_row(deed.lock(queries.row(attempt.id, lead.id)).id, deed.actor.code or "")
        except NotFound:
            found = None
    window = queries.window(announcement, attempt)
    demand(
        rules.refusals_to_answer(named=found is not None, window=window, now=deed.now), rulebook=announcement.rulebook
    )
    if lead is None or found is None:
        raise NotFound(deed.act)
    return lead, found


def _answered(deed: Deed, announcement: Announcement, attempt: Attempt, lead: Agency) -> None:
    record(deed, announcement, attempt, lead)
    deed.on("agency", deed.actor.code or "")
    deed.tell(lead=lead.organisation.code, member=deed.actor.code)


def judge(deed: Deed, registration: Registration, reasons: Iterable[str]) -> None:
    """A step of the freeze: write the verdict, once; no reasons = valid. Codes ascending, as in the frozen text."""
    if registration.judged_at is not None or registration.withdrawn_at is not None:
        raise ValueError(f"registration {registration.id} was judged or withdrawn before")
    registration.judged_at = deed.now
    registration.reasons = tuple(sorted(set(reasons)))


def invite(deed: Deed, registration: Registration) -> None:
    """A step of the draw: this one may offer now (rules.md §2.6 SHORTLIST_THEN_BID)."""
    registration.invited_at = deed.now


def shared(deed: Deed, no: str | None, early: Reasons, *, offers: bool = False) -> tuple[Announcement, Attempt]:
    """Share the announcement with all who hand in; its closing excludes, so whoever is acknowledged was in time.

    Who comes too late as of `deed.began` hears `early` at once, and neither queues nor holds up the closing. Raises
    `NotFound` for what is not public. The caller decides again with `deed.now`.
    """
    announcement = _shared(deed, no, early, offers=offers)
    return announcement, announcements.present_attempt(announcement)


def entered(
    deed: Deed, no: str | None, early: Reasons, *, offers: bool = False
) -> tuple[Announcement, Attempt, Agency | None, Registration | None]:
    """The same with the actor's agency and its registration there; None for what there is not.

    With `offers` the registration is locked for this act alone. Mostly two questions in all: an announcement is asked
    for as if it were open, and what an agency stands on there is one row.
    """
    announcement = _shared(deed, no, early, offers=offers)
    given = {
        "announcement": announcement.id,
        "number": announcement.attempt_number,
        "need": announcement.need_id,
        "party": deed.actor.party,
    }
    if offers:
        found = deed.lock_kept(queries.registered_place(), given, of=Registration)
    else:
        found = deed.session.execute(queries.place(), given).one_or_none()
    if found is not None:
        attempt, need, agency, registration = found
        announcements.belongs(announcement, need)
        return announcement, attempt, agency, registration
    attempt = announcements.present_attempt(announcement)
    return announcement, attempt, *(own_row(deed, attempt) if offers else _own(deed.actor, attempt))


def _shared(deed: Deed, no: str | None, early: Reasons, *, offers: bool) -> Announcement:
    if no is None:
        raise NotFound(deed.act)
    found = deed.lock_kept(queries.open_row(), {"no": no, "began": deed.began}, share=True)
    if found is not None:
        return found[0]
    if queries.glance(no, offers=offers).bar(deed.began) is not None:
        late = queries.announced(no)
        demand(early(late, announcements.present_attempt(late), deed.began), rulebook=late.rulebook)
        # It is open by now, or refused for good: what was read before the lock counts for nothing.
        deed.session.expire_all()
    return deed.lock(announcements.row(no), share=True)


def _own(actor: Actor, attempt: Attempt) -> tuple[Agency | None, Registration | None]:
    agency = agencies.by_party(actor.party)
    return agency, None if agency is None else queries.of(attempt.id, agency.id)


def own_row(deed: Deed, attempt: Attempt) -> tuple[Agency | None, Registration | None]:
    """The actor's agency and its registration in an attempt, locked for this act alone; None for what there is not."""
    agency = agencies.by_party(deed.actor.party)
    if agency is None:
        return None, None
    try:
        return agency, deed.lock(queries.row(attempt.id, agency.id))
    except NotFound:
        return agency, None


def _registered(deed: Deed, attempt: Attempt) -> tuple[Agency, Registration]:
    agency, registration = own_row(deed, attempt)
    if agency is None or registration is None:
        raise Refused([Refusal("not_registered")])
    return agency, registration


def record(deed: Deed, announcement: Announcement, attempt: Attempt, agency: Agency) -> None:
    """What every act inside an attempt says of itself: its rulebook, its subjects, the attempt."""
    deed.attempt = attempt.number
    deed.basis = announcement.rulebook
    deed.on("announcement", announcement.no or "")
    deed.on("agency", agency.organisation.code)
    deed.tell(attempt=attempt.number)


def _too_late(announcement: Announcement, attempt: Attempt, now: datetime) -> Iterable[Refusal]:
    return rules.refusals_to_act_now(queries.window(announcement, attempt), now=now)


def _filled(promise: Promise, *, actor: Actor, no: str, key: str) -> Promise:
    """Where nothing was handed in, the server makes the 32 bytes: from its own secret and this act's key.

    A derivation instead of fresh chance, so that the same request again is the same request (and its receipt holds).
    """
    if promise.contribution:
        return promise
    text = f"zjcs-contribution-1\n{actor.account_id}\n{no}\n{key}\n"
    made = hmac.new(keyring().secret, text.encode(), hashlib.sha256).hexdigest()
    return replace(promise, contribution=made, made=Made.SERVER)
