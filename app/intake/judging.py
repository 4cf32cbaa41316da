"""What a file would do, row by row, before anything is written: shape by the page's own form, reasons by the rules."""

import dataclasses
import hashlib
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.audit.canonical import canonical
from app.audit.rows import input_members
from app.intake.reading import Cell, Row, Table
from app.refusal import Refusal
from app.stage import Column, Intake, Reader
from app.web.filters import cure, say, sentence

DATE = "DateField"
CHOICES = frozenset({"SelectField", "RadioField"})
SHORT_LIST = 12
"""So many choices are named where a cell says none of them."""

BREAKS = ("：", "（")
"""Where the short name of a choice ends."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: the field it belongs to (None = the row as a whole), the sentence, cure and clause."""

    field: str | None
    text: str
    cure: str = ""
    clause: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One row: what stands in it, what the form is given, what is wrong, and the number of what it once did.

    `done` is empty while a confirmed file is still to do the same.
    """

    number: int
    shown: Mapping[str, str]
    given: Mapping[str, str]
    title: str = ""
    digest: str = ""
    faults: tuple[Fault, ...] = ()
    done: str | None = None

    @property
    def ready(self) -> bool:
        """Whether the row can be performed."""
        return not self.faults and self.done is None

    def speaks_of(self, field: str) -> bool:
        """Whether the row says something in a column, or something is wrong there."""
        return bool(self.shown.get(field)) or bool(self.beside(field))

    def beside(self, field: str | None) -> tuple[Fault, ...]:
        """The faults of one field."""
        return tuple(fault for fault in self.faults if fault.field == field)


@dataclass(frozen=True)
class Preview:
    """A whole file, judged at one instant."""

    rows: tuple[Judged, ...]
    fields: tuple[str, ...]
    ignored: tuple[str, ...]

    @cached_property
    def ready(self) -> int:
        """How many rows can be performed."""
        return sum(row.ready for row in self.rows)

    @cached_property
    def faulty(self) -> int:
        """How many rows have faults."""
        return sum(bool(row.faults) for row in self.rows)

    @cached_property
    def done(self) -> int:
        """How many rows were performed before, from this or another file."""
        return sum(bool(row.done) for row in self.rows)

    @cached_property
    def under_way(self) -> int:
        """How many rows a confirmed file, this or another, is still to perform."""
        return sum(row.done == "" for row in self.rows)


@dataclass(frozen=True)
class Described:
    """A column as people see it; `words` are what a cell may say where it chooses, `codes` what each of them means."""

    field: str
    heading: str
    required: bool
    type: str
    hint: str
    exact: bool
    width: int
    words: tuple[str, ...] = ()
    codes: Mapping[str, str] = dataclasses.field(default_factory=dict)


def described(intake: Intake, reader: Reader) -> tuple[Described, ...]:
    """The columns of a kind of file, as its form describes them."""
    empty = reader.form({})
    return tuple(_described(column, empty[column.field]) for column in intake.columns)


def _described(column: Column, field: Any) -> Described:
    choices = [(code, label) for code, label, *_ in field.iter_choices() if code] if _chooses(field) else []
    return Described(
        field=column.field,
        heading=_heading(field.label.text, column.unit),
        required=bool(field.flags.required),
        type=field.type,
        hint=field.description or "",
        exact=column.exact,
        width=column.width,
        words=tuple(_word(str(code), str(label)) for code, label in choices),
        codes=_codes([(str(code), str(label)) for code, label in choices]),
    )


def _heading(label: str, unit: str | None) -> str:
    if unit is None:
        return label
    word = say(unit, "intake_unit")
    return f"{label[:-1]}，{word}）" if label.endswith("）") else f"{label}（{word}）"


def _short(label: str) -> str:
    for sign in BREAKS:
        label = label.partition(sign)[0]
    return label.strip()


def _word(code: str, label: str) -> str:
    """What the template offers: words alone, or a code of digits before its name."""
    if not code[:1].isdigit():
        return _short(label)
    return label if label.startswith(code) else f"{code} {label}"


def _codes(choices: Collection[tuple[str, str]]) -> Mapping[str, str]:
    """Everything a cell may say, as code: code, label, its short form, code and name; never what is not sure."""
    meant: dict[str, set[str]] = {}
    for code, label in choices:
        bare = label.removeprefix(code).strip()
        for word in {label, bare, _short(label), _short(bare), f"{code} {bare}"} - {""}:
            meant.setdefault(word, set()).add(code)
    sure = {word: next(iter(codes)) for word, codes in meant.items() if len(codes) == 1}
    return {**sure, **{code: code for code, _ in choices}}


Done = Callable[[Collection[str]], Mapping[str, str]]


def judged(table: Table, intake: Intake, reader: Reader, *, columns: tuple[Described, ...], done: Done) -> Preview:
    """Every row of a table; `done(digests)` gives the numbers of what rows with these digests did before."""
    marks: dict[Hashable, int] = {}
    rows = [_judged(row, reader, columns, marks, str(intake.act)) for row in table.rows]
    known = done([row.digest for row in rows if row.digest])
    return Preview(
        rows=tuple(_remembered(row, known, once=intake.once) for row in rows),
        fields=table.fields,
        ignored=table.ignored,
    )


def _remembered(row: Judged, known: Mapping[str, str], *, once: bool) -> Judged:
    """A row that was done before says so instead of failing, or of being done twice."""
    number = known.get(row.digest)
    if number is None or not (once or row.faults):
        return row
    return Judged(row.number, row.shown, row.given, row.title, row.digest, done=number)


def _judged(row: Row, reader: Reader, columns: tuple[Described, ...], marks: dict[Hashable, int], act: str) -> Judged:
    shown = {column.field: row.cells.get(column.field, Cell()).text for column in columns}
    given = {column.field: given_by(column, shown[column.field]) for column in columns}
    broken = tuple(
        _said(Refusal(cell.fault.value, field=field)) for field, cell in row.cells.items() if cell.fault is not None
    )
    form = reader.form(given)
    if not form.validate() or broken:
        told = {fault.field for fault in broken}
        shape = (fault for fault in _shape(form) if fault.field not in told)
        return Judged(row.number, shown, given, faults=(*broken, *shape))
    value = form.value()
    # What an earlier row of the file is about too, the rules would only notice when that one is done.
    first = marks.setdefault(reader.mark(value), row.number)
    twice = [Refusal("row_twice", params={"row": first})] if first != row.number else []
    return Judged(
        row.number,
        shown,
        given,
        title=reader.title(value)[:100],
        digest=digest(act, value),
        faults=tuple(_said(reason) for reason in (*twice, *reader.refusals(value))),
    )


def digest(act: str, value: object) -> str:
    """What tells a row from others wherever it stands: SHA-256 of its act and input."""
    return hashlib.sha256(canonical({"act": act, "input": input_members(value)}).encode()).hexdigest()


def given_by(column: Described, text: str) -> str:
    """What the form is given for a cell: the code of a word, a date as forms write it, any other text as it is."""
    if column.codes:
        return column.codes.get(text, text)
    if column.type == DATE:
        return text.replace("/", "-").replace(".", "-")
    return text


def _shape(form: Any) -> Iterator[Fault]:
    for name, errors in form.errors.items():
        for error in errors:
            yield Fault(name, str(error), cure=_offers(form[name]) if name in form else "")


def _offers(field: Any) -> str:
    """What a field that chooses may say, where that is short; a price's units depend on its item."""
    if not _chooses(field):
        return ""
    words = [_word(str(code), str(label)) for code, label, *_ in field.iter_choices() if code]
    return say("intake.may_be", words=say("intake.comma").join(words)) if 0 < len(words) <= SHORT_LIST else ""


def _chooses(field: Any) -> bool:
    return field.type in CHOICES


def _said(refusal: Refusal) -> Fault:
    """A refusal as a person reads it."""
    spoken = cure(refusal)
    return Fault(refusal.field, sentence(refusal), "" if spoken == refusal.code else spoken, refusal.clause)
