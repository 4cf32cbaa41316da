"""Opening accounts, signing in and out, sessions. Passwords are hashed before any transaction begins."""

from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from app.act import Deed, act, chance, chore
from app.actor import Actor, Role
from app.chance import letters
from app.clock import clock
from app.identity import queries, rules
from app.identity.models import (
    Account,
    AccountInvitation,
    AccountRole,
    Organisation,
    OrganisationAuthority,
    SignInAttempt,
    SignInSession,
)
from app.identity.rules import AccountAct, Grant, Invited, NewAccount, Taken
from app.identity.uscc import is_uscc
from app.refusal import NotFound, Refusal, Refused, demand
from app.values import Done

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""argon2id, 19 MiB, two passes: the OWASP minimum; about 32 ms."""

_NOBODY = HASHER.hash("nobody signs in with this")
"""Verified when the name is unknown, so that the answer takes as long."""


def hashed(password: str) -> str:
    """The argon2id hash; never called inside a transaction."""
    return HASHER.hash(password)


def open_account(actor: Actor, subject: str | None, new: NewAccount, /, *, key: str) -> Done:
    """A newcomer opens an account for his organisation (M53, M07); what it is in the market follows by its own act."""
    password_hash = hashed(new.password)
    with act(AccountAct.OPEN, actor=actor, key=key, subject=subject, input=new) as deed:
        deed.lock_none()
        organisation = enrol(deed, new, password_hash=password_hash)
        deed.subject = deed.party_code = organisation.code
        deed.on("organisation", organisation.code)
    return deed.answer()


def enrol(deed: Deed, new: NewAccount, *, password_hash: str) -> Organisation:
    """Step: a newcomer's organisation and its first account. Raises `Refused` with every reason against them."""
    demand(
        rules.refusals_to_open(
            login_taken=queries.account_by_login(new.login) is not None,
            code_taken=bool(new.code) and queries.organisation_by_code(new.code or "") is not None,
            code_valid=not new.code or is_uscc(new.code),
            password=new.password,
            login=new.login,
        )
    )
    organisation = _organisation(deed, new)
    roles = (Role(new.joins.value),)
    _account(deed, organisation.id, login=new.login, name=new.name, password_hash=password_hash, roles=roles)
    return organisation


def _organisation(deed: Deed, new: NewAccount | Grant) -> Organisation:
    """One that was not known; without a USCC it gets a code of the market's own."""
    return deed.add(
        Organisation(
            code=new.code or "U-" + letters(chance().secret(), 12),
            name=new.organisation,
            region=new.region,
            created_at=deed.now,
        )
    )


def _account(
    deed: Deed, organisation_id: int, *, login: str, name: str, password_hash: str, roles: Iterable[Role]
) -> None:
    account = deed.add(
        Account(
            login=login,
            name=name,
            organisation_id=organisation_id,
            password_hash=password_hash,
            created_at=deed.now,
        )
    )
    for role in roles:
        deed.add(AccountRole(account_id=account.id, role=role))


def grant(actor: Actor, subject: str | None, new: Grant, /, *, key: str, password_hash: str | None = None) -> Done:
    """The administration opens an account, in an organisation that may already be known."""
    encoded = password_hash or hashed(new.password)
    with act(AccountAct.GRANT, actor=actor, key=key, subject=subject, input=new) as deed:
        deed.lock_none()
        demand(rules.refusals_to_grant(new.roles))
        if queries.account_by_login(new.login) is not None:
            raise Refused([Refusal("login_taken", field="login")])
        organisation = queries.organisation_by_code(new.code) if new.code else None
        if organisation is None:
            organisation = _organisation(deed, new)
            for authority in new.authorities:
                deed.add(OrganisationAuthority(organisation_id=organisation.id, authority=authority))
        _account(deed, organisation.id, login=new.login, name=new.name, password_hash=encoded, roles=new.roles)
        deed.subject = organisation.code
        deed.on("organisation", organisation.code)
    return deed.answer()


def invite(actor: Actor, subject: str | None, invited: Invited, /, *, key: str) -> Done:
    """A second person for an organisation: whoever has the invitation's number opens the account himself (M54)."""
    with act(AccountAct.INVITE, actor=actor, key=key, subject=subject, input=invited) as deed:
        deed.lock_none()
        if actor.account_id is None:
            raise NotFound("account")
        no = letters(chance().secret(), 16)
        deed.add(
            AccountInvitation(
                no=no,
                organisation_id=actor.party,
                invited_by=actor.account_id,
                name=invited.name,
                until_at=deed.now + rules.INVITED_FOR,
            )
        )
        deed.subject = no
        deed.on("organisation", actor.code or "")
    return deed.answer()


def accept(actor: Actor, subject: str | None, taken: Taken, /, *, key: str) -> Done:
    """The invited colleague opens his account, with the roles that the one who invited him holds now."""
    password_hash = hashed(taken.password)
    with act(AccountAct.ACCEPT, actor=actor, key=key, subject=subject, input=taken) as deed:
        found = deed.lock(queries.invitation_row(subject or ""))
        inviter = queries.actor_by_account(found.invited_by)
        demand(
            rules.refusals_to_accept(
                open_until=None if found.accepted_at is not None or inviter is None else found.until_at,
                now=deed.now,
                login_taken=queries.account_by_login(taken.login) is not None,
                taken=taken,
            )
        )
        found.accepted_at = deed.now
        roles = sorted(inviter.roles & rules.MAY[AccountAct.INVITE] if inviter is not None else ())
        _account(
            deed, found.organisation_id, login=taken.login, name=found.name, password_hash=password_hash, roles=roles
        )
        deed.party_code = queries.organisation(found.organisation_id).code
        deed.on("organisation", deed.party_code)
    return deed.answer()


def check_password(login: str, password: str) -> Account | None:
    """The account whose name and password these are; locked-out names are refused before the password is looked at.

    Raises `Refused` (code `locked_out`). Records the attempt. Outside any act: reading and signing in are none.
    """
    real = clock().real()
    locked = rules.locked_until(queries.failures(login, now=real), now=real)
    if locked is not None:
        raise Refused([Refusal("locked_out", params={"until_at": locked.isoformat()})])
    account = queries.account_by_login(login)
    try:
        HASHER.verify(account.password_hash if account else _NOBODY, password)
        right = account is not None
    except VerificationError:
        right = False
    account_id = account.id if account else None
    with chore("sign in") as session:
        session.add(SignInAttempt(login=login[:60], at=real, succeeded=right))
    return queries.account_by_login(login) if right and account_id is not None else None


def begin_session(account_id: int) -> str:
    """A fresh session with a fresh token (rotation): the token goes into the cookie, its hash into the database."""
    token = chance().secret().hex()
    real = clock().real()
    with chore("sign in") as session:
        session.add(
            SignInSession(token_hash=queries.token_hash(token), account_id=account_id, created_at=real, seen_at=real)
        )
    return token


def touch_session(token: str) -> None:
    """The session was used just now."""
    with chore("sign in") as session:
        found = session.get(SignInSession, queries.token_hash(token))
        if found is not None:
            found.seen_at = clock().real()


def end_session(token: str) -> None:
    """Sign out: the token is worth nothing from now on."""
    with chore("sign in") as session:
        found = session.get(SignInSession, queries.token_hash(token))
        if found is not None:
            found.ended_at = clock().real()
