"""Handing in an act: performed at once, or prepared for another hand and performed by it, under all guards again."""

import json
import re
from datetime import datetime
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter
from sqlalchemy import Select, false, func, or_, select

from app import built, files
from app.act import Deed, Passing, act, chance, wiring
from app.actor import Actor, Hand
from app.approval import rules
from app.approval.models import PreparedAct
from app.approval.rules import ApprovalAct, Phase, Reason
from app.audit.canonical import canonical
from app.audit.rows import input_members
from app.chance import letters
from app.clock import clock
from app.database import db
from app.identity import queries as identities
from app.refusal import AlreadyDone, NotFound, NotYours, demand
from app.region import branches
from app.region import queries as regions
from app.stage import Command
from app.values import Done, Waiting

SHA256 = re.compile(r"[0-9a-f]{64}")
REGION = 6
NUMBERED = re.compile(r"[0-9]{6}-[0-9]{4}-")
"""A public number names its region first (`app.numbering`)."""


def command(name: str) -> Command:
    """The command of an act; raises `NotFound` for a name that nobody may perform from outside."""
    found: Command | None = built.part("commands").get(name)
    if found is None:
        raise NotFound(name)
    return found


def submit(name: str, actor: Actor, subject: str | None, input: Any, /, *, key: str) -> Done | Waiting:
    """The one way in for pages and machines: perform, or prepare where the rules want a second hand."""
    wired = wiring()
    if not wired.may[name] & actor.roles:
        raise NotYours(name)
    if name in wired.second or name in wired.consent:
        return _prepare(name, actor, subject, input, key=key)
    # For the courtesy of an answer at once; the act asks again, with its own instant, when the second hand performs it.
    now = clock().market()
    passing = wired.passes[name](actor, subject, input, now=now) if name in wired.passes else None
    if passing is None:
        return command(name).perform(actor, subject, input, key=key)
    try:
        return _prepare(name, actor, subject, input, key=key, passing=passing)
    except AlreadyDone as known:
        if known.subject is None:
            raise
        return Waiting(name, known.subject)


def _prepare(
    name: str, actor: Actor, subject: str | None, input: Any, *, key: str, passing: Passing | None = None
) -> Waiting:
    """An act that passes two hands is judged for its first one too, who can still mend what is missing."""
    with act(ApprovalAct.PREPARE, actor=actor, key=key, subject=subject, input=input) as deed:
        deed.lock_none()
        demand(rules.refusals_to_prepare(waiting=_waiting(actor.account_id)))
        waiting = about(subject or "", party_id=actor.party, act=name)
        if passing is None:
            same = canonical(input_members(input))
            against = wiring().ahead[name](actor, subject, input, now=deed.now) if name in wiring().ahead else ()
            demand([*against, *rules.refusals_to_ask_again(waiting=any(one.input == same for one in waiting))])
        else:
            colleagues = _colleagues(name, actor)
            demand([*passing.refusals, *rules.refusals_to_pass(colleagues=colleagues, waiting=bool(waiting))])
        no = letters(chance().secret(), 16)
        deed.add(
            PreparedAct(
                no=no,
                act=name,
                subject=subject,
                input=canonical(input_members(input)),
                region=_place(subject, input, actor),
                account_id=actor.account_id,
                party_id=actor.party,
                prepared_at=deed.now,
                subject_version=None if passing is None else passing.version,
            )
        )
        # Who agrees may take days; a file that nobody named yet would be gone after one.
        files.keep(deed, _files(input_members(input), actor.account_id), by=f"prepared:{no}")
        deed.on("prepared", no)
        deed.subject = no
        deed.keep(act=name)
    return Waiting(name, no)


def _waiting(account_id: int | None) -> int:
    """How many acts that an account prepared wait for a hand."""
    query = _open().where(PreparedAct.account_id == account_id).with_only_columns(func.count())
    return db.session.execute(query).scalar_one()


def _colleagues(name: str, actor: Actor) -> int:
    """How many others of the organisation may perform an act."""
    others = (each for each in identities.colleagues(actor.party) if each.id != actor.account_id)
    return sum(bool(wiring().may[name] & {held.role for held in each.roles}) for each in others)


def about(subject: str, *, party_id: int, act: str | None = None) -> list[PreparedAct]:
    """What of an organisation about a subject waits for a hand, the oldest first; of one act where it is named."""
    query = _open().where(PreparedAct.subject == subject, PreparedAct.party_id == party_id)
    if act is not None:
        query = query.where(PreparedAct.act == act)
    return list(db.session.execute(query.order_by(PreparedAct.id)).scalars())


def _open() -> Select[PreparedAct]:
    return select(PreparedAct).where(
        PreparedAct.performed_at.is_(None), PreparedAct.withdrawn_at.is_(None), PreparedAct.refused_at.is_(None)
    )


def _files(members: Any, account_id: int | None) -> list[str]:
    """The files of the preparer's own that an input names by their SHA-256, also inside a list."""
    found: list[object] = list(members.values()) if isinstance(members, dict) else []
    named = [each for one in found for each in (one if isinstance(one, list) else [one])]
    return [
        each
        for each in named
        if isinstance(each, str) and SHA256.fullmatch(each) and files.known(each, account_id=account_id)
    ]


def _place(subject: str | None, input: Any, actor: Actor) -> str | None:
    """Where an act will count: its subject's number or its input say so, else where its preparer is."""
    members = input_members(input)
    named = members.get("region") if isinstance(members, dict) else None
    numbered = subject[:REGION] if subject is not None and NUMBERED.match(subject) else None
    return next((code for code in (numbered, named, actor.region) if code and regions.is_known(code)), None)


def row(no: str) -> Select[PreparedAct]:
    """The row of a prepared act, to be locked."""
    return select(PreparedAct).where(PreparedAct.no == no)


def phase_of(prepared: PreparedAct) -> Phase:
    """Derived from the instants."""
    if prepared.performed_at is not None:
        return Phase.PERFORMED
    if prepared.withdrawn_at is not None:
        return Phase.WITHDRAWN
    return Phase.REFUSED if prepared.refused_at is not None else Phase.WAITING


def agree(actor: Actor, no: str) -> Done:
    """The last hand: the act is performed now, by its preparer with this hand beside him."""
    prepared = db.session.execute(row(no)).scalar_one_or_none()
    if prepared is None or phase_of(prepared) is not Phase.WAITING or actor.account_id is None:
        raise NotFound(no)
    _guard(prepared, actor)
    demand(
        rules.refusals_to_agree(
            prepared_by=prepared.account_id,
            prepared_party=prepared.party_id,
            account=actor.account_id,
            party=actor.party,
            consent=wiring().consent.get(prepared.act),
            may=wiring().may[prepared.act],
            roles=actor.roles,
        )
    )
    preparer = identities.actor_by_account(prepared.account_id)
    if preparer is None:
        raise NotYours(prepared.act)
    role = next(iter(sorted(actor.roles)))
    consent = wiring().consent.get(prepared.act, role)
    hand = Hand(actor.account_id, actor.party, consent, no, prepared.subject_version)
    wanted = command(prepared.act)
    value: Any = TypeAdapter(wanted.input).validate_json(prepared.input)
    return wanted.perform(preparer.with_hand(hand), prepared.subject, value, key=f"prepared:{no}")


def _guard(prepared: PreparedAct, actor: Actor) -> None:
    """Raises `NotYours` where another office must agree and this one is of another branch (M04)."""
    consent = wiring().consent.get(prepared.act)
    if consent is None or consent not in actor.roles or prepared.region is None:
        return
    if not branches.serves(actor, prepared.region, role=consent):
        raise branches.outside(prepared.act, actor, prepared.region)


def settle(deed: Deed) -> None:
    """Inside the performed act: the prepared one is done. Runs after every act; only a hand makes it write."""
    hand = deed.actor.agreed
    if hand is None:
        return
    prepared = deed.session.execute(row(hand.prepared).with_for_update()).scalar_one()
    if phase_of(prepared) is not Phase.WAITING:
        raise NotFound(hand.prepared)
    prepared.performed_at, prepared.performed_by = deed.now, hand.account_id


def withdraw(actor: Actor, subject: str | None, nothing: object, /, *, key: str) -> Done:
    """Whoever prepared an act takes it back."""
    with act(ApprovalAct.WITHDRAW, actor=actor, key=key, subject=subject) as deed:
        prepared = deed.lock(row(subject or ""))
        if prepared.account_id != actor.account_id:
            raise NotYours(deed.act)
        rules.FLOW.after(phase_of(prepared), ApprovalAct.WITHDRAW)
        prepared.withdrawn_at = deed.now
        deed.on("prepared", prepared.no)
    return deed.answer()


def refuse(actor: Actor, subject: str | None, reason: Reason, /, *, key: str) -> Done:
    """The other hand says no, and why."""
    with act(ApprovalAct.REFUSE, actor=actor, key=key, subject=subject, input=reason) as deed:
        prepared = deed.lock(row(subject or ""))
        rules.FLOW.after(phase_of(prepared), ApprovalAct.REFUSE)
        _guard(prepared, actor)
        demand(
            rules.refusals_to_agree(
                prepared_by=prepared.account_id,
                prepared_party=prepared.party_id,
                account=actor.account_id or 0,
                party=actor.party,
                consent=wiring().consent.get(prepared.act),
                may=wiring().may[prepared.act],
                roles=actor.roles,
            )
        )
        prepared.refused_at, prepared.reason = deed.now, reason.reason
        deed.on("prepared", prepared.no)
    return deed.answer()


def waiting_for(actor: Actor) -> list[PreparedAct]:
    """Prepared acts that wait for this actor's hand: of its own organisation, or of its office's branch."""
    if actor.account_id is None:
        return []
    wired = wiring()
    roles = sorted({role for role in wired.consent.values() if role in actor.roles})
    consented = [
        PreparedAct.act.in_([name for name, wanted in wired.consent.items() if wanted is role])
        & (PreparedAct.region.is_(None) | branches.served(PreparedAct.region, actor, role=role))
        for role in roles
    ]
    shared = {name for name in wired.second | wired.passes.keys() if wired.may[name] & actor.roles}
    query = _open().where(
        PreparedAct.account_id != actor.account_id,
        (PreparedAct.act.in_(shared) & (PreparedAct.party_id == actor.party_id))
        | (or_(false(), *consented) & (PreparedAct.party_id != actor.party_id)),
    )
    return list(db.session.execute(query.order_by(PreparedAct.id)).scalars())


def seen_by(actor: Actor, no: str) -> PreparedAct:
    """A prepared act, for its own organisation and for whoever may be its last hand; `NotFound` for others."""
    prepared = db.session.execute(row(no)).scalar_one_or_none()
    if prepared is None:
        raise NotFound(no)
    consent = wiring().consent.get(prepared.act)
    if prepared.party_id == actor.party_id:
        return prepared
    if consent is None or consent not in actor.roles:
        raise NotFound(no)
    _guard(prepared, actor)
    return prepared


def papers(prepared: PreparedAct) -> frozenset[str]:
    """The files that a prepared act names, by SHA-256: whoever is to answer must be able to read them."""
    return frozenset(_files(json.loads(prepared.input), prepared.account_id))


def paper(actor: Actor, no: str, sha256: str) -> str:
    """One of them, for whoever sees the prepared act. Raises `NotFound`."""
    if sha256 not in papers(seen_by(actor, no)):
        raise NotFound("file")
    return sha256


def told(prepared: PreparedAct) -> dict[str, Any]:
    """The input as it was handed in."""
    members: dict[str, Any] = json.loads(prepared.input)
    return members


def shown(prepared: PreparedAct) -> dict[str, Any]:
    """What a prepared act would do, with instants, places, organisations and authorities as people call them."""
    members = told(prepared)
    hints = get_type_hints(command(prepared.act).input)
    authority = members.get("authority")
    for name in ("party", "agency"):
        if members.get(name) is not None:
            members[name] = _named(members[name])
    if "agencies" in members:
        members["agencies"] = [_named(code) for code in members["agencies"]]
    for name, value in members.items():
        if value is not None and datetime in (hints.get(name), *get_args(hints.get(name))):
            members[name] = datetime.fromisoformat(value)
    if "region" in members:
        members["region"] = regions.name(members["region"])
    if authority is not None:
        members["authority"] = regions.authorities().get(authority, authority)
    return members


def names(prepared: PreparedAct, *, party_id: int | None) -> tuple[str, str]:
    """Who prepared it and whose hand performed it, "" for those of another organisation and where nobody did yet."""
    people = {each.id: each.name for each in identities.colleagues(party_id)} if party_id is not None else {}
    return people.get(prepared.account_id, ""), people.get(prepared.performed_by or 0, "")


def _named(code: str) -> str:
    found = identities.organisation_by_code(code)
    return code if found is None else f"{found.name} {code}"


def title(prepared: PreparedAct) -> str:
    """What a prepared act is about: its subject, or the party it names; "" where it is about neither."""
    return prepared.subject or str(shown(prepared).get("party", ""))
