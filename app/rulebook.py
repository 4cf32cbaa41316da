"""The rules of each region as dated data: every value with its unit, its basis and how far that basis was verified,
and whether the system decides by it.

Reading and checking the files stands here too, so that no rulebook exists that was not checked.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, time
from enum import StrEnum
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, TypeVar, cast, get_origin, get_type_hints

SHIPPED = Path(__file__).parent / "data" / "rulebooks"
"""The folder of the rulebooks that come with the market; the first argument of `Rulebooks.load`."""

DEMONSTRATION = Path(__file__).parent / "data" / "demonstration_rulebooks"
"""The folder of those that a demonstration has besides: what no region is known to have, so that it can be tried."""

CHECKSUMS = "SHA256SUMS"

UNITS: Mapping[str, type] = MappingProxyType(
    {
        "fen": int,
        "ppm": int,
        "percent": int,
        "workday": int,
        "day": int,
        "month": int,
        "minute": int,
        "second": int,
        "count": int,
        "point": int,
        "mark": int,
        "code": str,
        "text": str,
        "bool": bool,
        "clock": time,
    }
)
"""Every unit a clause may have, and the type of its value or of every member of a list or table of values."""


class RulebookError(ValueError):
    """A rulebook, or a demand on it, is not usable; the message names file and key. The boot stops."""


class NoRulebook(LookupError):
    """No region of the path has a rulebook in force on the day asked for."""


class Evidence(StrEnum):
    """How far a basis was verified; everything but READ is shown to users as unverified (rules.md §0.1)."""

    READ = "read"
    RECALLED = "recalled"
    INFERRED = "inferred"


class Applied(StrEnum):
    """Who sees to a rule: nothing may look executed that is not.

    SYSTEM: a chapter claims the key and decides by its value, so that another value changes what happens. PROGRAM: the
    system always does exactly this, whatever a file says, so no file may say otherwise. PEOPLE: it does not check yet.
    """

    SYSTEM = "system"
    PROGRAM = "program"
    PEOPLE = "people"


@dataclass(frozen=True)
class Clause:
    """One rule: a scalar, a tuple (from a list) or a read-only mapping (from a table), in `unit`."""

    key: str
    value: Any
    unit: str
    basis: str
    evidence: Evidence
    applied: Applied = Applied.SYSTEM

    @property
    def verified(self) -> bool:
        """Whether a source was read that says exactly this value."""
        return self.evidence is Evidence.READ


class Terms(Protocol):
    """What `Rulebook.terms` fills: a frozen dataclass whose fields are the keys `<SECTION>.<field>`."""

    SECTION: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


T = TypeVar("T", bound=Terms)


def term(unit: str) -> Any:
    """Declare a field of a terms class by the unit its clause must have; raises RulebookError for an unknown unit."""
    if unit not in UNITS:
        raise RulebookError(f"no such unit: {unit}")
    return field(metadata={"unit": unit})


@dataclass(frozen=True)
class Rulebook:
    """One file, complete with what it extends. `in_force_from` is included; a successor ends it (layout.md §7)."""

    id: str
    region: str
    in_force_from: date
    sha256: str
    clauses: Mapping[str, Clause] = field(hash=False)
    extends: str | None = None
    _filled: dict[type, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    def clause(self, key: str) -> Clause:
        """The whole clause, for value, basis and evidence on a page; raises RulebookError when there is none."""
        try:
            return self.clauses[key]
        except KeyError:
            raise RulebookError(f"{self.id}: no clause {key}") from None

    def value(self, key: str) -> Any:
        """The bare value, in the clause's unit; raises RulebookError when there is none."""
        return self.clause(key).value

    def terms(self, cls: type[T]) -> T:
        """The clauses of one chapter as its own frozen value, built once.

        Raises RulebookError for a missing clause, another unit, or a list or table where a single value is declared.
        """
        if cls not in self._filled:
            self._filled[cls] = cls(**{name: self._fitting(name, unit, cls) for name, unit in _declared(cls)})
        return cast("T", self._filled[cls])

    def _fitting(self, name: str, unit: str, cls: type[Terms]) -> object:
        clause = self.clause(f"{cls.SECTION}.{name}")
        if clause.unit != unit:
            raise RulebookError(f"{self.id}: {clause.key} is in {clause.unit}, {cls.__name__} needs {unit}")
        wanted, found = _shape(get_type_hints(cls)[name]), _shape(type(clause.value))
        if wanted != found:
            raise RulebookError(f"{self.id}: {clause.key} is a {found}, {cls.__name__} needs a {wanted}")
        return clause.value


def _declared(cls: type[Terms]) -> Iterator[tuple[str, str]]:
    for declared in fields(cls):
        if "unit" not in declared.metadata:
            raise RulebookError(f"{cls.__name__}.{declared.name} is not declared with term()")
        yield declared.name, declared.metadata["unit"]


def _shape(annotation: object) -> str:
    kind = get_origin(annotation) or annotation
    if isinstance(kind, type) and issubclass(kind, tuple):
        return "list"
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return "table"
    return "single value"


@dataclass(frozen=True)
class Rulebooks:
    """All rulebooks of a deployment, complete and checked; none can be changed while it runs."""

    books: Mapping[str, Rulebook]

    @classmethod
    def load(cls, folders: Sequence[Path] = (SHIPPED,)) -> "Rulebooks":
        """Read all `<region>@<in-force-from>.toml`, the shipped folder first, whose SHA256SUMS must agree.

        No id may come twice, so that a shipped rulebook cannot be replaced. Raises RulebookError naming file and key.
        Source: layout.md §7.
        """
        for folder in folders:
            if not folder.is_dir():
                raise RulebookError(f"{folder} is not a folder of rulebooks")
        for folder in folders[:1]:
            _compare_checksums(folder)
        drafts: dict[str, _Draft] = {}
        for file in chain.from_iterable(sorted(folder.glob("*.toml")) for folder in folders):
            draft = _read(file)
            if draft.id in drafts:
                raise RulebookError(f"{file}: {draft.id} exists already; a rulebook cannot be replaced")
            drafts[draft.id] = draft
        return cls(MappingProxyType({draft.id: _complete(draft, drafts) for draft in drafts.values()}))

    def get(self, id: str) -> Rulebook:
        """The rulebook of this id, as a procedure stored it at its publication; raises NoRulebook."""
        try:
            return self.books[id]
        except KeyError:
            raise NoRulebook(id) from None

    def all(self) -> tuple[Rulebook, ...]:
        """Every rulebook, by region, then by the day it came into force."""
        return tuple(sorted(self.books.values(), key=lambda book: (book.region, book.in_force_from)))

    def in_force(self, path: Sequence[str], on: date) -> Rulebook:
        """The latest rulebook in force on that local day, of the first region in `path` that has any.

        `path` runs from the most specific region upwards. Raises NoRulebook. Source: layout.md §7.
        """
        for region in path:
            candidates = [book for book in self.books.values() if book.region == region and book.in_force_from <= on]
            if candidates:
                return max(candidates, key=lambda book: book.in_force_from)
        raise NoRulebook(f"{' < '.join(path)} on {on}")

    def check(self, terms: Iterable[type[Terms]]) -> None:
        """Every book fills every terms class, and says of no clause that the system decides by it when it does not.

        A key is claimed by a terms class exactly where it is applied by SYSTEM; a PROGRAM clause says the same in every
        book. Raises RulebookError with all faults, one a line. Source: layout.md §7.
        """
        classes = tuple(terms)
        claimed = {f"{cls.SECTION}.{name}" for cls in classes for name, _ in _declared(cls)}
        faults: list[str] = []
        fixed: dict[str, tuple[str, object]] = {}
        for book in self.all():
            for key, clause in sorted(book.clauses.items()):
                if clause.applied is Applied.SYSTEM and key not in claimed:
                    faults.append(f"{book.id}: nobody knows the key {key}, and it is not marked as applied by people")
                if clause.applied is not Applied.SYSTEM and key in claimed:
                    faults.append(f"{book.id}: {key} is marked as applied by {clause.applied}, but the system does")
                if clause.applied is Applied.PROGRAM:
                    first, value = fixed.setdefault(key, (book.id, clause.value))
                    if value != clause.value:
                        faults.append(f"{book.id}: {key} is fixed by the program and differs from {first}")
            for cls in classes:
                try:
                    book.terms(cls)
                except RulebookError as fault:
                    faults.append(str(fault))
        if faults:
            raise RulebookError("\n".join(faults))


@dataclass(frozen=True)
class _Draft:
    """A file as read, before what it extends is added."""

    file: Path
    id: str
    region: str
    in_force_from: date
    extends: str | None
    sha256: str
    clauses: Mapping[str, Clause]


def _compare_checksums(folder: Path) -> None:
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise RulebookError(f"{folder / CHECKSUMS} is missing") from None
    listed = {name.strip(): digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.toml")}
    for name in sorted(listed.keys() | found.keys()):
        if listed.get(name) != found.get(name):
            raise RulebookError(f"{folder / name} is not what {CHECKSUMS} says; a released rulebook never changes")


def _read(file: Path) -> _Draft:
    raw = file.read_bytes()
    try:
        content = tomllib.loads(raw.decode("utf-8"))
    except ValueError as fault:
        raise RulebookError(f"{file}: {fault}") from None
    meta = content.pop("meta", None)
    required, allowed = {"region", "in_force_from"}, {"region", "in_force_from", "extends"}
    if not isinstance(meta, dict) or not required <= meta.keys() <= allowed:
        raise RulebookError(f"{file}: [meta] must have region and in_force_from, may have extends, and nothing else")
    region, since, extends = meta["region"], meta["in_force_from"], meta.get("extends")
    if not (isinstance(region, str) and len(region) == 6 and region.isascii() and region.isdigit()):
        raise RulebookError(f"{file}: meta.region is not a code of six digits")
    if type(since) is not date:
        raise RulebookError(f"{file}: meta.in_force_from is not a date")
    if file.name != f"{region}@{since}.toml":
        raise RulebookError(f"{file}: must be named {region}@{since}.toml")
    clauses: dict[str, Clause] = {}
    for section, tables in content.items():
        if not isinstance(tables, dict):
            raise RulebookError(f"{file}: {section} is not a section")
        for name, table in tables.items():
            key = f"{section}.{name}"
            clauses[key] = _clause(file, key, table)
    digest = hashlib.sha256(raw).hexdigest()
    return _Draft(file, f"{region}@{since}", region, since, extends, digest, MappingProxyType(clauses))


def _clause(file: Path, key: str, table: object) -> Clause:
    required = {"value", "unit", "basis", "evidence"}
    if not isinstance(table, dict) or not required <= table.keys() <= required | {"applied"}:
        raise RulebookError(
            f"{file}: {key} must have value, unit, basis and evidence, may have applied, and nothing else"
        )
    unit, basis, evidence = table["unit"], table["basis"], table["evidence"]
    applied = table.get("applied", Applied.SYSTEM)
    if unit not in UNITS:
        raise RulebookError(f"{file}: {key} has the unknown unit {unit!r}")
    if not (isinstance(basis, str) and basis.strip()):
        raise RulebookError(f"{file}: {key} has no basis")
    if evidence not in set(Evidence):
        raise RulebookError(f"{file}: {key} has the unknown evidence {evidence!r}")
    if applied not in set(Applied):
        raise RulebookError(f"{file}: {key} is applied by the unknown {applied!r}")
    value = _frozen(file, key, table["value"], UNITS[unit])
    return Clause(key, value, unit, basis, Evidence(evidence), Applied(applied))


def _frozen(file: Path, key: str, value: object, kind: type) -> object:
    if isinstance(value, list):
        return tuple(_frozen(file, key, member, kind) for member in value)
    if isinstance(value, dict):
        return MappingProxyType({name: _frozen(file, key, member, kind) for name, member in value.items()})
    if type(value) is not kind or (isinstance(value, int) and value < 0):
        raise RulebookError(f"{file}: {key} has {value!r}, which its unit does not allow")
    return value


def _complete(draft: _Draft, drafts: Mapping[str, _Draft]) -> Rulebook:
    """Lay a file's clauses over those of what it extends, over what that extends, and so on."""
    line = [draft]
    while (parent := line[-1].extends) is not None:
        if parent not in drafts:
            raise RulebookError(f"{line[-1].file}: meta.extends names {parent!r}, which does not exist")
        if drafts[parent] in line:
            raise RulebookError(f"{line[-1].file}: meta.extends leads back to {parent}")
        if drafts[parent].in_force_from > line[-1].in_force_from:
            raise RulebookError(f"{line[-1].file}: meta.extends names {parent}, which is not yet in force then")
        line.append(drafts[parent])
    clauses: dict[str, Clause] = {}
    for layer in reversed(line):
        for key, clause in layer.clauses.items():
            if key in clauses and clauses[key].unit != clause.unit:
                raise RulebookError(
                    f"{layer.file}: {key} is in {clause.unit}, in what it extends in {clauses[key].unit}"
                )
            clauses[key] = clause
    return Rulebook(
        id=draft.id,
        region=draft.region,
        in_force_from=draft.in_force_from,
        sha256=draft.sha256,
        clauses=MappingProxyType(clauses),
        extends=draft.extends,
    )
