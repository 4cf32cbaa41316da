"""Certificates, handed in and verified."""

from datetime import date
from typing import Any

from app.actor import Actor
from app.chance import fresh_key
from app.values import Nothing
from marketplace.catalogue import queries as catalogue
from marketplace.credential import services
from marketplace.credential.rules import Certificate
from tests.builders.people import a_regulator

QUALIFICATION = "surveying_mapping"


def a_certificate(qualification: str = QUALIFICATION, **only: Any) -> Certificate:
    """A certificate in its highest grade, valid from 2025 to 2030; name only what the test is about."""
    licence = catalogue.qualification(qualification)
    plain: dict[str, Any] = {
        "qualification": qualification,
        "grade": licence.grades[0] if licence is not None and licence.grades else "",
        "certificate_no": f"No. {qualification}",
        "valid_from": date(2025, 1, 1),
        "valid_until": date(2030, 12, 31),
    }
    return Certificate(**(plain | only))


def the_authority_of(qualification: str) -> Actor:
    """Somebody of the authority that verifies a qualification."""
    licence = catalogue.qualification(qualification)
    if licence is None:
        raise LookupError(qualification)
    return a_regulator(licence.authority, login=f"verifier-{licence.authority}")


def a_credential(agency: Actor, qualification: str = QUALIFICATION, *, verified: bool = True, **only: Any) -> str:
    """The number of a certificate of an agency, verified by its authority unless said otherwise."""
    done = services.submit(agency, None, a_certificate(qualification, **only), key=fresh_key())
    if done.subject is None:
        raise LookupError(qualification)
    if verified:
        services.verify(the_authority_of(qualification), done.subject, Nothing(), key=fresh_key())
    return done.subject
