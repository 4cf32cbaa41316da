"""Offices and accounts that every test world needs, opened as an administration would open them."""

import hashlib
from functools import cache

from argon2 import PasswordHasher

from app.actor import Actor, Role
from app.identity import queries, services
from app.identity.rules import Grant
from app.identity.uscc import with_check
from tests.grounds import ready

PASSWORD = "demo-2026-market"
"""Everybody's password, as `Client.sign_in` types it."""

CITY = "450800"
COUNTY = "450803"


@cache
def password_hash() -> str:
    """The hash of `PASSWORD`, once a test session and as cheap as argon2id allows: signing in costs what it says."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def organisation_code(name: str, *, region: str = COUNTY, kind: str = "91") -> str:
    """A valid USCC (GB 32100) that is the same for the same name; `kind` is its first two digits (91 an enterprise)."""
    digits = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10**9
    return with_check(f"{kind}{region}{digits:09d}")


@ready
def an_account(
    *,
    login: str,
    role: Role,
    organisation: str | None = None,
    code: str | None = None,
    region: str = CITY,
    authorities: tuple[str, ...] = (),
) -> Actor:
    """The actor of an account, granted unless there is one; who names a known `code` joins that organisation.

    Without a `code` the organisation gets a valid one of its own; with an empty one it has none (a natural person).
    """
    known = queries.actor_by_login(login)
    if known is not None:
        return known
    name = organisation or f"organisation of {login}"
    services.grant(
        Actor.sweeper(),
        None,
        Grant(
            login=login,
            name=f"person {login}",
            organisation=name,
            code=(organisation_code(name, region=region) if code is None else code) or None,
            region=region,
            roles=(role,),
            authorities=authorities,
            password=PASSWORD,
        ),
        key=f"tests:grant:{login}",
        password_hash=password_hash(),
    )
    granted = queries.actor_by_login(login)
    if granted is None:
        raise LookupError(login)
    return granted


def an_operator(login: str = "operator1", *, region: str = CITY) -> Actor:
    """Somebody of the 运营管理机构."""
    return an_account(login=login, role=Role.OPERATOR, organisation="operating office", region=region)


@ready
def a_regulator(*authorities: str, login: str = "regulator1", region: str = CITY) -> Actor:
    """Somebody of a 行业主管部门 (natural_resources unless named); his colleague `<login>b` has an account too."""
    office = f"authority of {login}"
    first = an_account(
        login=login,
        role=Role.REGULATOR,
        organisation=office,
        region=region,
        authorities=authorities or ("natural_resources",),
    )
    an_account(login=f"{login}b", role=Role.REGULATOR, organisation=office, code=first.code, region=region)
    return first


def a_colleague(of: Actor, *, login: str, role: Role) -> Actor:
    """A second account in the same organisation."""
    return an_account(login=login, role=role, code=of.code, region=of.region)


def a_supervisor(login: str = "supervisor1", *, region: str = CITY) -> Actor:
    """Somebody of 监察审计."""
    return an_account(login=login, role=Role.SUPERVISOR, organisation="supervising office", region=region)


def an_admin(login: str = "admin1", *, region: str = CITY) -> Actor:
    """Somebody of the system's administration."""
    return an_account(login=login, role=Role.ADMIN, organisation="administration", region=region)


def a_clerk(login: str = "clerk1", *, region: str = CITY) -> Actor:
    """Somebody at the hall's counter."""
    return an_account(login=login, role=Role.CLERK, organisation="service hall", region=region)
