"""The rules as people read them: which book is in force where, its clauses by section, and the sources they cite."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from app import built
from app.refusal import NotFound
from app.region import queries as regions
from app.rulebook import Clause, NoRulebook, Rulebook, Rulebooks

REGISTER = Path(__file__).parents[2] / "docs" / "rules-sources.md"
_ROW = re.compile(
    r"^\| (?P<id>[A-Z]{1,2}\d+) \| (?P<what>.*?) \| (?P<where>.*?) \| (?P<supports>.*?) \|$", re.MULTILINE
)
_ID = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,2}\d+)(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Source:
    """One line of the register: what it is, where it was read, what rests on it."""

    id: str
    what: str
    where: str
    supports: str


@dataclass(frozen=True, slots=True)
class ShownClause:
    """A clause and its basis, cut into pieces: a text and, where the piece is the id of a source, that id."""

    clause: Clause
    basis: tuple[tuple[str, str | None], ...]
    inherited: bool


@dataclass(frozen=True, slots=True)
class ShownBook:
    """One rulebook: where and since when; `in_force` today, or replaced by a later one, or not yet."""

    id: str
    region: str
    region_name: str
    in_force_from: date
    in_force: bool
    begun: bool
    extends: str | None
    sha256: str
    clauses: int
    unverified: int


@dataclass(frozen=True, slots=True)
class BookPage:
    """One rulebook, complete: its own clauses and those it takes over, by section."""

    book: ShownBook
    sections: Mapping[str, tuple[ShownClause, ...]]


@cache
def sources() -> tuple[Source, ...]:
    """The register of sources (docs/rules-sources.md), in its order."""
    text = REGISTER.read_text(encoding="utf-8")
    return tuple(Source(**row.groupdict()) for row in _ROW.finditer(text))


def cited(basis: str) -> tuple[tuple[str, str | None], ...]:
    """A basis in pieces, so that a page can link each id that the register knows."""
    known = {source.id for source in sources()}
    return tuple((piece, piece if piece in known else None) for piece in _ID.split(basis) if piece)


def books(*, on: date) -> tuple[ShownBook, ...]:
    """Every rulebook of this deployment, by region, then by the day it came into force."""
    found = _rulebooks()
    return tuple(_shown(book, found, on=on) for book in found.all())


def page(identifier: str, *, on: date) -> BookPage:
    """One rulebook, complete. Raises `NotFound`."""
    found = _rulebooks()
    try:
        book = found.get(identifier)
    except NoRulebook as error:
        raise NotFound(identifier) from error
    return BookPage(_shown(book, found, on=on), _sections(book, found.books.get(book.extends or "")))


def own(*, on: date) -> tuple[BookPage, ...]:
    """Every rulebook with the clauses it sets itself: of one that extends another only what differs."""
    found = _rulebooks()
    pages = []
    for book in found.all():
        sections = _sections(book, found.books.get(book.extends or ""))
        kept = {name: tuple(shown for shown in clauses if not shown.inherited) for name, clauses in sections.items()}
        pages.append(BookPage(_shown(book, found, on=on), {name: clauses for name, clauses in kept.items() if clauses}))
    return tuple(pages)


def _rulebooks() -> Rulebooks:
    found: Rulebooks = built.part("rulebooks")
    return found


def _sections(book: Rulebook, parent: Rulebook | None) -> Mapping[str, tuple[ShownClause, ...]]:
    sections: dict[str, tuple[ShownClause, ...]] = {}
    for key, clause in book.clauses.items():
        inherited = parent is not None and parent.clauses.get(key) == clause
        name = key.partition(".")[0]
        sections[name] = (*sections.get(name, ()), ShownClause(clause, cited(clause.basis), inherited))
    return sections


def _shown(book: Rulebook, all_books: Rulebooks, *, on: date) -> ShownBook:
    return ShownBook(
        id=book.id,
        region=book.region,
        region_name=regions.name(book.region),
        in_force_from=book.in_force_from,
        in_force=_latest(book.region, all_books.all(), on=on) is book,
        begun=book.in_force_from <= on,
        extends=book.extends,
        sha256=book.sha256,
        clauses=len(book.clauses),
        unverified=sum(not clause.verified for clause in book.clauses.values()),
    )


def _latest(region: str, candidates: Sequence[Rulebook], *, on: date) -> Rulebook | None:
    begun = [book for book in candidates if book.region == region and book.in_force_from <= on]
    return max(begun, key=lambda book: book.in_force_from, default=None)
