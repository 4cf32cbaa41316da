"""Which rulebook the help pages speak of."""

from dataclasses import dataclass
from datetime import date

from app import built
from app.region import queries as regions
from app.rulebook import Rulebooks


@dataclass(frozen=True, slots=True)
class Book:
    """A rulebook by name: where, and since when."""

    id: str
    region_name: str
    in_force_from: date


def book(*, on: date) -> Book:
    """The rulebook in force on a local day, of several regions the last one: what a page without a place shows."""
    found: Rulebooks = built.part("rulebooks")
    last = [book for book in found.all() if book.in_force_from <= on][-1]
    return Book(last.id, regions.name(last.region), last.in_force_from)
