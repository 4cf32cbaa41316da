"""Invitations as seen: rows to lock, the operator's list and letters, what an application is filled in with."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from app.actor import Actor, Role
from app.audit.canonical import instant
from app.chance import letters
from app.database import db
from app.identity.models import Organisation
from app.keyring import keyring
from app.refusal import NotFound
from app.region import branches
from app.region import queries as regions
from app.web.paging import SIZE, Listing, listing, parsed
from marketplace.invitation import rules
from marketplace.invitation.models import Invitation
from marketplace.invitation.rules import Phase


def row(code: str) -> Select[Invitation]:
    """The row of an invitation by the organisation's code, to be locked."""
    return select(Invitation).where(Invitation.code == code)


def by_code(code: str) -> Invitation | None:
    """The invitation of an organisation, in whatever phase."""
    return db.session.execute(row(code)).scalar_one_or_none()


def phase_of(invitation: Invitation, now: datetime) -> Phase:
    """The phase of a row at `now`."""
    return rules.phase_of(expires_at=invitation.expires_at, accepted_at=invitation.accepted_at, now=now)


def phases(now: datetime) -> Mapping[str, Phase]:
    """The phase of every invitation by code: what `by_code` and `phase_of` say, for many at once."""
    rows = db.session.execute(select(Invitation.code, Invitation.expires_at, Invitation.accepted_at))
    return {
        code: rules.phase_of(expires_at=expires_at, accepted_at=accepted_at, now=now)
        for code, expires_at, accepted_at in rows
    }


def known_codes() -> frozenset[str]:
    """The codes of all organisations that have joined."""
    return frozenset(db.session.execute(select(Organisation.code)).scalars())


def activation(invitation: Invitation) -> str:
    """The one-time code of a letter: an HMAC under the deployment's own key, new with every letter, stored nowhere."""
    text = f"invitation:{invitation.code}:{instant(invitation.invited_at)}"
    return letters(hmac.new(keyring().secret, text.encode(), hashlib.sha256).digest(), rules.CODE_LENGTH)


@dataclass(frozen=True, slots=True)
class Line:
    """One invitation on the operator's list."""

    code: str
    name: str
    region_name: str
    invited_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    phase: Phase


@dataclass(frozen=True, slots=True)
class Letter:
    """What the letter says; `activation` while it counts."""

    line: Line
    contact: str
    phone: str
    address: str
    activation: str | None


def _line(invitation: Invitation, names: Mapping[str, str], now: datetime) -> Line:
    return Line(
        code=invitation.code,
        name=invitation.name,
        region_name=names.get(invitation.region, invitation.region),
        invited_at=invitation.invited_at,
        expires_at=invitation.expires_at,
        accepted_at=invitation.accepted_at,
        phase=phase_of(invitation, now),
    )


def _letter(invitation: Invitation, names: Mapping[str, str], now: datetime) -> Letter:
    line = _line(invitation, names, now)
    return Letter(
        line=line,
        contact=invitation.contact,
        phone=invitation.phone,
        address=invitation.address,
        activation=activation(invitation) if line.phase is Phase.OPEN else None,
    )


def sent(actor: Actor, after: str | None = None, *, now: datetime, size: int = SIZE) -> Listing[Line]:
    """The invitations of an operator's branch, the newest first."""
    query = select(Invitation).where(branches.served(Invitation.region, actor, role=Role.OPERATOR))
    key = parsed(after, (int,))
    if key is not None:
        query = query.where(Invitation.id < key[0])
    rows = db.session.execute(query.order_by(Invitation.id.desc()).limit(size + 1)).scalars().all()
    page = listing(rows, size=size, key=lambda invitation: (invitation.id,))
    names = dict(regions.choices())
    return Listing(tuple(_line(invitation, names, now) for invitation in page.rows), page.after)


def letter(actor: Actor, code: str, *, now: datetime) -> Letter:
    """One letter, for the operators of its branch; raises `NotFound`."""
    found = by_code(code)
    if found is None or not branches.serves(actor, found.region, role=Role.OPERATOR):
        raise NotFound(code)
    return _letter(found, dict(regions.choices()), now)


def letters_to_send(actor: Actor, *, now: datetime) -> list[Letter]:
    """Every letter of an operator's branch that still counts, the oldest first."""
    query = (
        select(Invitation)
        .where(
            branches.served(Invitation.region, actor, role=Role.OPERATOR),
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.id)
    )
    names = dict(regions.choices())
    return [_letter(invitation, names, now) for invitation in db.session.execute(query).scalars()]


def filled_in(code: str) -> Mapping[str, str] | None:
    """What an organisation that came by its letter finds in its application; None for everybody else."""
    found = by_code(code)
    if found is None or found.accepted_at is None:
        return None
    return {
        "legal_representative": found.legal_representative,
        "contact": found.contact,
        "phone": found.phone,
        "address": found.address,
        "introduction": found.introduction,
    }
