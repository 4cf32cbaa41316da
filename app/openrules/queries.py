"""The rules as people read them: which book answers where, its clauses by section, two books compared, the sources."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from app import built
from app.audit import services as audit
from app.openrules import rules
from app.refusal import NotFound
from app.region import queries as regions
from app.rulebook import Applied, Clause, NoRulebook, Rulebook, Rulebooks

REGISTER = Path(__file__).parents[2] / "docs" / "rules-sources.md"
_ROW = re.compile(
    r"^\| (?P<id>[A-Z]{1,2}\d+) \| (?P<what>.*?) \| (?P<where>.*?) \| (?P<year>–|\d{4}) \| (?P<supports>.*?) \|$",
    re.MULTILINE,
)
_ID = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,2}\d+)(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Source:
    """One line of the register: what it is, where it was read, of which year (None: not known), what rests on it."""

    id: str
    what: str
    where: str
    year: int | None
    supports: str


@dataclass(frozen=True, slots=True)
class Named:
    """A rulebook by name: where and since when; `in_force` today, or replaced by a later one, or not yet."""

    id: str
    region: str
    region_name: str
    in_force_from: date
    in_force: bool
    begun: bool


@dataclass(frozen=True, slots=True)
class ShownClause:
    """A clause for a page: its basis cut into pieces (a text and, where the piece is the id of a source, that id).

    `set_by`: the book that set it so, which may be one that the shown book extends; `younger`: the basis is younger
    than that book.
    """

    clause: Clause
    basis: tuple[tuple[str, str | None], ...]
    set_by: Named
    younger: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many clauses of a book are what; `younger` rest on something younger than the book that set them."""

    all: int
    unverified: int
    system: int
    program: int
    people: int
    younger: int


@dataclass(frozen=True, slots=True)
class BookPage:
    """One rulebook: its clauses by section, narrowed where `only` says so; the counts are always of the whole.

    `extends`: the book it takes over from; `base`: the first of that line, which most clauses come from; `beside`: the
    one to compare it with, of the same place where there is one: what is in force there, else what was before.
    """

    book: Named
    extends: Named | None
    base: Named
    beside: Named | None
    sha256: str
    counts: Counts
    only: str | None
    sections: Mapping[str, tuple[ShownClause, ...]]
    others: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One place on the way upwards in the region tree, and the book in force there, if it has one of its own."""

    region: str
    name: str
    book: Named | None


@dataclass(frozen=True, slots=True)
class RegionPage:
    """What holds in a place: the way up to the book that answers; `page` is None where none does."""

    region: str
    name: str
    path: tuple[Step, ...]
    page: BookPage | None


@dataclass(frozen=True, slots=True)
class ComparePage:
    """Two books side by side, and every book to choose from."""

    before: Named
    after: Named
    found: rules.Comparison
    books: tuple[Named, ...]


@cache
def sources() -> tuple[Source, ...]:
    """The register of sources (docs/rules-sources.md), in its order."""
    text = REGISTER.read_text(encoding="utf-8")
    return tuple(
        Source(row["id"], row["what"], row["where"], int(row["year"]) if row["year"] != "–" else None, row["supports"])
        for row in _ROW.finditer(text)
    )


def cited(basis: str) -> tuple[tuple[str, str | None], ...]:
    """A basis in pieces, so that a page can link each id that the register knows."""
    known = {source.id for source in sources()}
    return tuple((piece, piece if piece in known else None) for piece in _ID.split(basis) if piece)


def books(*, on: date) -> tuple[Named, ...]:
    """Every rulebook of this deployment, by region, then by the day it came into force."""
    return tuple(_all_named(_rulebooks(), on=on).values())


def page(identifier: str, *, on: date, only: str | None = None) -> BookPage:
    """One rulebook, complete. Raises `NotFound`, also for an unknown `only`."""
    return _page(_book(identifier), on=on, only=only)


def in_region(region: str | None, *, on: date, only: str | None = None) -> RegionPage:
    """What holds in a place on a local day; without one, in the place this market is named after. Raises `NotFound`."""
    found = _rulebooks()
    code = region or _home()
    names = dict(regions.choices())
    if code not in names:
        raise NotFound(code)
    steps = []
    for place in regions.path(code):
        own = _in_force((place,), found, on=on)
        steps.append(
            Step(
                place,
                names.get(place, place),
                None if own is None else _named(own, found, names.get(place, place), on=on),
            )
        )
        if own is not None:
            break
    answering = _in_force(regions.path(code), found, on=on)
    shown = None if answering is None else _page(answering, on=on, only=only)
    return RegionPage(code, names[code], tuple(steps), shown)


def comparison(before: str | None, after: str | None, *, on: date) -> ComparePage:
    """Two books compared; without `after` the one in force at home, without `before` its predecessor in the same place.

    Raises `NotFound`.
    """
    found = _rulebooks()
    second = _book(after) if after else _in_force(regions.path(_home()), found, on=on) or found.all()[-1]
    first = _book(before) if before else _predecessor(second, found)
    return ComparePage(
        before=_named(first, found, regions.name(first.region), on=on),
        after=_named(second, found, regions.name(second.region), on=on),
        found=rules.compare(first.clauses, second.clauses),
        books=books(on=on),
    )


def _rulebooks() -> Rulebooks:
    found: Rulebooks = built.part("rulebooks")
    return found


def _book(identifier: str) -> Rulebook:
    try:
        return _rulebooks().get(identifier)
    except NoRulebook as error:
        raise NotFound(identifier) from error


def _home() -> str:
    """The place that the market's own id names, else the one of the first book."""
    named = audit.market().rpartition("-")[2]
    return named if regions.name(named) != named else _rulebooks().all()[0].region


def _in_force(path: Iterable[str], found: Rulebooks, *, on: date) -> Rulebook | None:
    try:
        return found.in_force(tuple(path), on)
    except NoRulebook:
        return None


def _predecessor(book: Rulebook, found: Rulebooks) -> Rulebook:
    earlier = [
        other for other in found.all() if other.region == book.region and other.in_force_from < book.in_force_from
    ]
    return earlier[-1] if earlier else found.books.get(book.extends or "", book)


def _all_named(found: Rulebooks, *, on: date) -> dict[str, Named]:
    names = dict(regions.choices())
    return {book.id: _named(book, found, names.get(book.region, book.region), on=on) for book in found.all()}


def _named(book: Rulebook, found: Rulebooks, region_name: str, *, on: date) -> Named:
    return Named(
        id=book.id,
        region=book.region,
        region_name=region_name,
        in_force_from=book.in_force_from,
        in_force=_in_force((book.region,), found, on=on) is book,
        begun=book.in_force_from <= on,
    )


def _page(book: Rulebook, *, on: date, only: str | None) -> BookPage:
    if only is not None and only not in rules.ONLY:
        raise NotFound(only)
    found = _rulebooks()
    names = _all_named(found, on=on)
    shown = [_shown(clause, book, found, names) for clause in book.clauses.values()]
    sections: dict[str, tuple[ShownClause, ...]] = {}
    for one in shown:
        if only is None or rules.ONLY[only](one.clause):
            name = one.clause.key.partition(".")[0]
            sections[name] = (*sections.get(name, ()), one)
    standing = _in_force((book.region,), found, on=on)
    beside = standing if standing is not None and standing is not book else _predecessor(book, found)
    hands = [one.clause.applied for one in shown]
    base = book
    while base.extends is not None:
        base = found.get(base.extends)
    return BookPage(
        book=names[book.id],
        extends=names.get(book.extends or ""),
        base=names[base.id],
        beside=None if beside is book else names[beside.id],
        sha256=book.sha256,
        counts=Counts(
            all=len(shown),
            unverified=sum(not one.clause.verified for one in shown),
            system=hands.count(Applied.SYSTEM),
            program=hands.count(Applied.PROGRAM),
            people=hands.count(Applied.PEOPLE),
            younger=sum(one.younger for one in shown),
        ),
        only=only,
        sections=sections,
        others=tuple(named for named in names.values() if named.id != book.id),
    )


def _shown(clause: Clause, book: Rulebook, found: Rulebooks, names: Mapping[str, Named]) -> ShownClause:
    origin = book
    while (parent := found.books.get(origin.extends or "")) is not None and parent.clauses.get(clause.key) == clause:
        origin = parent
    pieces = cited(clause.basis)
    of_year = {source.id: source.year for source in sources()}
    years = [year for _, source in pieces if source and (year := of_year[source]) is not None]
    return ShownClause(
        clause=clause,
        basis=pieces,
        set_by=names[origin.id],
        younger=rules.is_younger(clause.basis, years, in_force_from=origin.in_force_from),
    )
