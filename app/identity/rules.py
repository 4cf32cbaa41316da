"""Who may hold which roles together, when a sign-in is locked out, how long a session lives."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.actor import Role
from app.refusal import Refusal
from app.values import Opens


class AccountAct(StrEnum):
    """The acts on accounts."""

    OPEN = "account.open"
    GRANT = "account.grant"
    INVITE = "account.invite"
    ACCEPT = "account.accept"


MAY = {
    AccountAct.OPEN: {Role.PUBLIC},
    AccountAct.GRANT: {Role.ADMIN, Role.SYSTEM},
    AccountAct.INVITE: {Role.PURCHASER, Role.AGENCY},
    AccountAct.ACCEPT: {Role.PUBLIC},
}
OPENS = dict.fromkeys(AccountAct, Opens.NEVER)

TOGETHER = ({Role.PURCHASER, Role.AGENCY},)
"""The only roles one account may hold together: 管办分离 (mission.md, B)."""

LOCK_AFTER = 5
LOCK_WINDOW = timedelta(minutes=15)
"""Five failures within a quarter of an hour lock the name for the rest of it (等保三级's usual setting; inferred)."""

SESSION_IDLE = timedelta(minutes=30)
SESSION_LONGEST = timedelta(hours=12)
PASSWORD_SHORTEST = 10
INVITED_FOR = timedelta(days=7)
"""How long a colleague may take an invitation up (inferred)."""


class Joins(StrEnum):
    """As what a newcomer joins (M53, M07)."""

    PURCHASER = "purchaser"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A newcomer's organisation and his own account. `code` is the USCC; None for those without one."""

    joins: Joins
    organisation: str
    code: str | None
    region: str
    name: str
    login: str
    password: str = field(metadata={"secret": True})


@dataclass(frozen=True, slots=True)
class Grant:
    """An account that the administration opens: an office's, in a demonstration everybody's."""

    login: str
    name: str
    organisation: str
    code: str | None
    region: str
    roles: tuple[Role, ...]
    authorities: tuple[str, ...]
    password: str = field(metadata={"secret": True})


@dataclass(frozen=True, slots=True)
class Invited:
    """The name of a colleague who is to have an account of his own in the same organisation (M54)."""

    name: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a colleague chooses himself: nobody else knows the password."""

    login: str
    password: str = field(metadata={"secret": True})


def refusals_to_accept(
    *, open_until: datetime | None, now: datetime, login_taken: bool, taken: Taken
) -> Iterator[Refusal]:
    """Why an invitation is not taken up; `open_until` half-open, None where it was already."""
    if open_until is None or now >= open_until:
        yield Refusal("invitation_over")
    if login_taken:
        yield Refusal("login_taken", field="login")
    yield from refusals_to_password(taken.password, login=taken.login)


def refusals_to_open(
    *, login_taken: bool, code_taken: bool, code_valid: bool, password: str, login: str
) -> Iterator[Refusal]:
    """Why an account cannot be opened."""
    if login_taken:
        yield Refusal("login_taken", field="login")
    if not code_valid:
        yield Refusal("uscc_invalid", field="code")
    if code_taken:
        yield Refusal("organisation_known", field="code")
    yield from refusals_to_password(password, login=login)


def refusals_to_password(password: str, *, login: str) -> Iterator[Refusal]:
    """A password is long, and not the name itself; length beats composition rules."""
    if len(password) < PASSWORD_SHORTEST:
        yield Refusal("password_short", field="password", params={"shortest": PASSWORD_SHORTEST})
    if login and login.lower() in password.lower():
        yield Refusal("password_is_login", field="password")


def refusals_to_grant(roles: Collection[Role]) -> Iterator[Refusal]:
    """No account holds two roles that exclude each other: the split between 办 and 管 is the heart of it."""
    if len(set(roles)) > 1 and set(roles) not in TOGETHER:
        yield Refusal("roles_exclude", field="roles")


def locked_until(failures: Collection[datetime], *, now: datetime) -> datetime | None:
    """Until when a name is locked out, None where it is not; `failures` since the last success, real time."""
    recent = sorted(at for at in failures if at > now - LOCK_WINDOW)
    return recent[-LOCK_AFTER] + LOCK_WINDOW if len(recent) >= LOCK_AFTER else None


def session_ends(*, created_at: datetime, seen_at: datetime) -> datetime:
    """The first instant at which the session no longer counts."""
    return min(created_at + SESSION_LONGEST, seen_at + SESSION_IDLE)
