"""The rulebooks the application was built with, for services and queries that know no web."""

from datetime import datetime

from app import built
from app.region.queries import path
from app.rulebook import Rulebook, Rulebooks
from app.values import SHANGHAI


def rulebooks() -> Rulebooks:
    """All rulebooks of this deployment."""
    found: Rulebooks = built.part("rulebooks")
    return found


def rulebook(identifier: str) -> Rulebook:
    """A rulebook by its id: what a procedure froze at its publication."""
    return rulebooks().get(identifier)


def rulebook_for(region: str, now: datetime) -> Rulebook:
    """The rulebook in force in a region at an instant, looked for upwards in the region tree."""
    return rulebooks().in_force(path(region), now.astimezone(SHANGHAI).date())
