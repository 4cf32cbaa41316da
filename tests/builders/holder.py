"""A county whose offers two of three holders open, and the holders with the keys that lie in their own drawers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from app.actor import Actor, Role
from app.chance import fresh_key
from app.rulebook import SHIPPED, Rulebooks
from app.sealing import public_key
from marketplace.holder import services
from marketplace.holder.rules import PublicKey, key_file
from tests.builders.people import CITY, an_account

BOOK = """
[meta]
region = "450803"
in_force_from = 2026-01-01
extends = "450800@2017-11-23"

[opening.holders]
value = 2
unit = "count"
basis = "a test"
evidence = "inferred"

[opening.max_wait]
value = 2
unit = "workday"
basis = "a test"
evidence = "inferred"
"""

DRAWERS = {Role.OPERATOR: b"o" * 32, Role.REGULATOR: b"r" * 32, Role.SUPERVISOR: b"s" * 32}
"""The private keys, which no server has."""


@contextmanager
def two_open(app: Flask, folder: Path) -> Iterator[None]:
    """In the builders' county two of three holders open, as long as this lasts."""
    (folder / "450803@2026-01-01.toml").write_text(BOOK, encoding="utf-8")
    shipped = app.extensions["market.rulebooks"]
    app.extensions["market.rulebooks"] = Rulebooks.load((SHIPPED, folder))
    try:
        yield
    finally:
        app.extensions["market.rulebooks"] = shipped


def an_office(role: Role, *, region: str = CITY) -> Actor:
    """Somebody of an office that may hold a key; signs in as `<role>1`."""
    return an_account(login=f"{role}1", role=role, organisation=f"{role} office", region=region)


def a_holder(role: Role) -> Actor:
    """An office that has published the public half of its key."""
    office = an_office(role)
    services.enrol(office, None, PublicKey(public_key(DRAWERS[role]).hex()), key=fresh_key())
    return office


def three_holders() -> dict[Role, Actor]:
    """All three, by kind."""
    return {role: a_holder(role) for role in DRAWERS}


def drawer(role: Role) -> str:
    """The key file of a holder."""
    return key_file(DRAWERS[role])
