"""Invitations, written by an operator."""

from typing import Any

from app.actor import Actor
from app.chance import fresh_key
from marketplace.invitation import queries, services
from marketplace.invitation.rules import Acceptance, Invitation
from tests.builders.people import COUNTY, an_operator, organisation_code


def a_line(name: str = "甲测绘有限公司", **only: Any) -> Invitation:
    """One line of a register; name only what the test is about."""
    plain: dict[str, Any] = {
        "code": organisation_code(name),
        "name": name,
        "region": COUNTY,
        "legal_representative": "李四",
        "contact": "王五",
        "phone": "0775-4567890",
        "address": "建设路1号",
        "introduction": "从事测绘。",
    }
    return Invitation(**(plain | only))


def an_invitation(name: str = "甲测绘有限公司", *, by: Actor | None = None, **only: Any) -> str:
    """The code of an organisation that was invited."""
    done = services.send(by or an_operator(), None, a_line(name, **only), key=fresh_key())
    if done.subject is None:
        raise LookupError(name)
    return done.subject


def activation_of(code: str) -> str:
    """The one-time code in the letter to an organisation."""
    found = queries.by_code(code)
    if found is None:
        raise LookupError(code)
    return queries.activation(found)


def an_acceptance(code: str, **only: Any) -> Acceptance:
    """What the letter's reader brings."""
    plain: dict[str, Any] = {
        "code": code,
        "name": "张三",
        "login": "zhangsan",
        "activation": activation_of(code),
        "password": "a-long-password",
    }
    return Acceptance(**(plain | only))
