"""Who is who: actors from accounts and sessions, organisations by code."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Row, Select, String, bindparam, cast, func, select

from app.actor import Actor, Role
from app.database import db
from app.identity import rules
from app.identity.models import (
    Account,
    AccountInvitation,
    AccountRole,
    Organisation,
    OrganisationAuthority,
    SignInAttempt,
    SignInSession,
)
from app.refusal import NotFound


def token_hash(token: str) -> str:
    """What the database keeps of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def account_by_login(login: str) -> Account | None:
    """The open account of a name."""
    return db.session.execute(
        select(Account).where(Account.login == login, Account.closed_at.is_(None))
    ).scalar_one_or_none()


def actor_of(account: Account) -> Actor:
    """The plain value that stands for an account."""
    authorities = db.session.execute(
        select(OrganisationAuthority.authority).where(OrganisationAuthority.organisation_id == account.organisation_id)
    ).scalars()
    return Actor(
        roles=frozenset(role.role for role in account.roles),
        account_id=account.id,
        party_id=account.organisation_id,
        code=account.organisation.code,
        name=account.name,
        region=account.organisation.region,
        authorities=frozenset(authorities),
    )


_KNOWN = (
    select(
        Account.id,
        Account.name,
        Account.organisation_id,
        Organisation.code,
        Organisation.region,
        select(func.aggregate_strings(cast(AccountRole.role, String), " "))
        .where(AccountRole.account_id == Account.id)
        .scalar_subquery()
        .label("roles"),
        select(func.aggregate_strings(OrganisationAuthority.authority, " "))
        .where(OrganisationAuthority.organisation_id == Account.organisation_id)
        .scalar_subquery()
        .label("authorities"),
    )
    .join(Organisation, Organisation.id == Account.organisation_id)
    .where(Account.closed_at.is_(None))
)
"""All that an actor is, in one statement: every request of a signed-in person asks it."""

_BY_ACCOUNT = _KNOWN.where(Account.id == bindparam("account", type_=BigInteger()))
_BY_TOKEN = (
    _KNOWN.add_columns(SignInSession.created_at, SignInSession.seen_at)
    .join(SignInSession, SignInSession.account_id == Account.id)
    .where(SignInSession.token_hash == bindparam("token", type_=String()), SignInSession.ended_at.is_(None))
)


def _known(row: Row[*tuple[Any, ...]]) -> Actor:
    return Actor(
        roles=frozenset(Role(role) for role in (row.roles or "").split()),
        account_id=row.id,
        party_id=row.organisation_id,
        code=row.code,
        name=row.name,
        region=row.region,
        authorities=frozenset((row.authorities or "").split()),
    )


def actor_by_account(account_id: int) -> Actor | None:
    """The actor of an open account, by its id."""
    row = db.session.connection().execute(_BY_ACCOUNT, {"account": account_id}).one_or_none()
    return None if row is None else _known(row)


def actor_by_login(login: str) -> Actor | None:
    """The actor of an open account, by its name; for commands, tests and the world's loader."""
    account = account_by_login(login)
    return None if account is None else actor_of(account)


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, and when that was last used; real time."""

    actor: Actor
    seen_at: datetime


def session_by_token(token: str, *, now: datetime) -> Session | None:
    """The living session of a token of an open account; `now` is real time."""
    found = db.session.connection().execute(_BY_TOKEN, {"token": token_hash(token)}).one_or_none()
    if found is None or now >= rules.session_ends(created_at=found.created_at, seen_at=found.seen_at):
        return None
    return Session(_known(found), found.seen_at)


def failures(login: str, *, now: datetime) -> list[datetime]:
    """Failed attempts since the last success inside the lock-out window; real time."""
    since = now - rules.LOCK_WINDOW
    last_success = db.session.execute(
        select(func.max(SignInAttempt.at)).where(SignInAttempt.login == login, SignInAttempt.succeeded.is_(True))
    ).scalar()
    query = select(SignInAttempt.at).where(
        SignInAttempt.login == login, SignInAttempt.succeeded.is_(False), SignInAttempt.at > since
    )
    if last_success is not None:
        query = query.where(SignInAttempt.at > last_success)
    return list(db.session.execute(query).scalars())


def organisation_by_code(code: str) -> Organisation | None:
    """An organisation by USCC or `U-…`."""
    return db.session.execute(select(Organisation).where(Organisation.code == code)).scalar_one_or_none()


def organisation(party_id: int) -> Organisation:
    """An organisation by its id."""
    return db.session.get_one(Organisation, party_id)


def names(party_ids: Collection[int]) -> Mapping[int, str]:
    """Names of organisations by id, in one query."""
    rows = db.session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(party_ids)))
    return dict(rows.all())


def parties_with(role: Role, *, region: str | None = None, authority: str | None = None) -> list[int]:
    """Organisations that hold a role: whom a notice to an office concerns."""
    query = (
        select(Account.organisation_id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role == role, Account.closed_at.is_(None))
        .distinct()
    )
    if region is not None:
        query = query.join(Organisation, Organisation.id == Account.organisation_id).where(
            Organisation.region == region
        )
    if authority is not None:
        query = query.join(
            OrganisationAuthority, OrganisationAuthority.organisation_id == Account.organisation_id
        ).where(OrganisationAuthority.authority == authority)
    return list(db.session.execute(query).scalars())


def office_regions(role: Role, *, authority: str | None = None) -> frozenset[str]:
    """Where offices with a role are, of one trade where that is named; an office without an open account is none."""
    query = (
        select(Organisation.region)
        .join(Account, Account.organisation_id == Organisation.id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role == role, Account.closed_at.is_(None))
        .distinct()
    )
    if authority is not None:
        query = query.join(OrganisationAuthority, OrganisationAuthority.organisation_id == Organisation.id).where(
            OrganisationAuthority.authority == authority
        )
    return frozenset(db.session.execute(query).scalars())


def organisation_row(party_id: int) -> Select[Organisation]:
    """The row of an organisation, to be locked."""
    return select(Organisation).where(Organisation.id == party_id)


def invitation_row(no: str) -> Select[AccountInvitation]:
    """The row of an invitation, to be locked."""
    return select(AccountInvitation).where(AccountInvitation.no == no)


def invitation(no: str) -> tuple[AccountInvitation, Organisation]:
    """An invitation, taken up or not, and whose; raises `NotFound`."""
    found = db.session.execute(invitation_row(no)).scalar_one_or_none()
    if found is None:
        raise NotFound("invitation")
    return found, organisation(found.organisation_id)


def invited(party_id: int, *, now: datetime) -> list[AccountInvitation]:
    """The invitations of an organisation that can still be taken up, the oldest first."""
    query = select(AccountInvitation).where(
        AccountInvitation.organisation_id == party_id,
        AccountInvitation.accepted_at.is_(None),
        AccountInvitation.until_at > now,
    )
    return list(db.session.execute(query.order_by(AccountInvitation.id)).scalars())


def colleagues(party_id: int) -> list[Account]:
    """The open accounts of an organisation, by name."""
    query = select(Account).where(Account.organisation_id == party_id, Account.closed_at.is_(None))
    return list(db.session.execute(query.order_by(Account.name, Account.id)).scalars())
