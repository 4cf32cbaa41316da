"""`Stage`: what a chapter may bring to the house. Each chapter's `stage.py` fills in what it has, nothing else."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

import click
from flask import Blueprint
from sqlalchemy import Select

from app.act import Ahead, Deed, Follower, Passes
from app.actor import Actor, Role
from app.bulletin import Marks, News
from app.flow import Flow
from app.refusal import Refusal
from app.standing import Able, Answers
from app.sweep import Sweep
from app.values import Done, Opens
from app.workdays import WorkCalendar


class Performs(Protocol):
    """A command: actor, public number of the subject (None where the act creates), input; and the idempotency key."""

    def __call__(self, actor: Actor, subject: str | None, input: Any, /, *, key: str) -> Done: ...


class Seals(Protocol):
    """Seals one file that an act will name: SHA-256 of the file, and of its box as it lies here.

    Actor, public number of the subject, the bytes; the same under the same key is the same box. Raises `FileRefused`.
    """

    def __call__(self, actor: Actor, subject: str, stream: BinaryIO, /, *, key: str) -> tuple[str, str]: ...


@dataclass(frozen=True)
class Command:
    """What the machine API calls, OpenAPI describes and approval performs. `kind` names the subject, None = creates."""

    input: type
    perform: Performs
    kind: str | None


@dataclass(frozen=True)
class Recipient:
    """One organisation that an act concerns, with what its notice must say beyond the act and its subject."""

    party_id: int
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One open item on an actor's desk: the act that waits, what it is about, until when, and the page that does it."""

    act: str
    title: str
    url: str
    due: datetime | None = None


Panel = Callable[..., Mapping[str, Any] | None]

Cure = Callable[[Actor, Mapping[str, Any]], str | None]
"""The page on which whoever was refused can cure it, from the refusal's figures; None where it is not his to cure."""


class Rows(Protocol):
    """One page of a listing, as `app.web.paging.Listing` is; `after` is the token of the next page."""

    @property
    def rows(self) -> tuple[Mapping[str, Any], ...]: ...

    @property
    def after(self) -> str | None: ...


@dataclass(frozen=True)
class Resource:
    """A public read model of the machine API (`/api/v1/<name>`): JSON values only, nothing that a page would hide.

    `page(after, limit, **params)` is one page by keyset, `one(id)` a single thing or None. `params` are the filters
    that the address takes, name → what it means; each reaches `page` as a keyword where it was given. `schema` is the
    JSON schema of one row, `id` how the address calls its public number.
    """

    page: Callable[..., Rows]
    one: Callable[[str], Mapping[str, Any] | None] | None = None
    id: str = "no"
    params: Mapping[str, str] = field(default_factory=dict)
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})


@dataclass(frozen=True)
class Moved:
    """One stored deadline computed anew; its word is `deadline.<name>`. `after` = `before` where it stays."""

    name: str
    before: datetime
    after: datetime


@dataclass(frozen=True)
class Settled:
    """What computing a thing's provisional deadlines anew found: the deadlines, whom they bind, what it is called."""

    moved: tuple[Moved, ...]
    parties: tuple[int, ...]
    title: str


@dataclass(frozen=True)
class Timed:
    """A kind of thing whose stored deadlines can be provisional, because a year was published nowhere (rules.md §2.1).

    `due(days)` selects number and stamp, both text without a colon, of each whose provisional deadlines this calendar
    can tell better; the stamp differs after every change of them. `settle(deed, no)` is a step: it locks the thing,
    computes anew and takes the mark off; `OutOfTurn` where nothing is provisional. `public`: whether the open log may
    tell of the thing.
    """

    due: Callable[[WorkCalendar], Select[str, str]]
    settle: Callable[[Deed, str], Settled]
    public: bool = True


@dataclass(frozen=True)
class Watch:
    """A time limit of one kind of thing: a warning before it ends, an alarm after, each once (M33).

    `running` puts together (by `app.watch.queries.limits`) number, end, region, title, organisation and authority of
    everything whose limit runs. Responsible is the organisation, and `others(number)`, whom one query cannot tell;
    where there are none, the nearest of each kind of `offices`, of that authority where one is named.
    `ends(since, region)` tells the end where the query gives the instant from which it follows, never an earlier one.
    `before`: how long before the end the warning comes, None = none; `alarms`: False where the end has a consequence of
    its own, so that a warning is all. `kind` and the part of the number before a slash are the subject of the acts, a
    whole number after it is the attempt. `clause` is the rulebook key behind it. `event`: no limit, but something that
    happened and must be looked into. `public`: the open log and public pages may tell of the alarm. `fixed`: no hand
    closes it, it ends by itself.
    """

    title: str
    kind: str
    running: Callable[[], Select[str, datetime, str, str, int | None, str | None]]
    page: Callable[[str], str]
    offices: tuple[Role, ...] = ()
    others: Callable[[str], Iterable[int]] | None = None
    before: timedelta | None = None
    ends: Callable[[datetime, str], datetime] | None = None
    clause: str | None = None
    alarms: bool = True
    event: bool = False
    public: bool = False
    fixed: bool = False


@dataclass(frozen=True)
class Column:
    """One column of a file that people hand in: the form field it fills, whose label is its heading.

    `exact`: a text in which zeros and digits count (a code, a telephone number); a cell that is a number is refused,
    because a spreadsheet has already forgotten its leading zeros. `unit` is a code whose word the heading adds, so that
    nobody fills in another one. `width` is in characters, for the template.
    """

    field: str
    exact: bool = False
    unit: str | None = None
    width: int = 18


class Reader(Protocol):
    """Reads the rows of one file for one actor, as of one instant: shape by the page's own form, reasons by the rules.

    `form(cells)` is the bound form of a row, without forgery check; `{}` gives the empty one, for headings and choices.
    `refusals(value)` are the reasons the act would give; `mark(value)` is equal for two rows about the same thing;
    `title(value)` says in a few words what the row is about.
    """

    def form(self, cells: Mapping[str, str], /) -> Any: ...

    def refusals(self, value: Any, /) -> Iterable[Refusal]: ...

    def mark(self, value: Any, /) -> Hashable: ...

    def title(self, value: Any, /) -> str: ...


@dataclass(frozen=True)
class Intake:
    """A kind of file of which each row is one act (M39): its columns, who reads them, and the page of what was done.

    `once`: the rules themselves would not notice a row that was already done from another file.
    """

    act: StrEnum
    columns: tuple[Column, ...]
    reader: Callable[[Actor, datetime], Reader]
    address: Callable[[str], str]
    once: bool = False


@dataclass(frozen=True)
class Demo:
    """A chapter's part of the demonstration world (`app.demonstration.World`, which each part is given).

    `hears`: act → what the chapter puts on the agenda when it reads in the log that this was done about a plot.
    `steps`: step → how it is performed on its day, at the chapter's local hour `at`; in the order given here.
    `day` at that hour of each working day, before the steps; `evening` after the beacon; `end` at the real instant at
    which the world is handed over, where it is.
    """

    hears: Mapping[str, Callable[[Any, Any], None]] = field(default_factory=dict)
    steps: Mapping[str, Callable[[Any, Any], None]] = field(default_factory=dict)
    day: Callable[[Any], None] | None = None
    evening: Callable[[Any], None] | None = None
    end: Callable[[Any], None] | None = None
    at: time = time(10)


@dataclass(frozen=True)
class Stage:
    """One chapter's contribution; the factory walks these once."""

    name: str
    title: str
    blueprint: Blueprint | None = None
    acts: type[StrEnum] | None = None
    flow: Flow[Any] | None = None
    may: Mapping[Any, Collection[Role]] = field(default_factory=dict)
    consent: Mapping[Any, Role] = field(default_factory=dict)
    second: Collection[str] = ()
    passes: Mapping[Any, Passes] = field(default_factory=dict)
    ahead: Mapping[Any, Ahead] = field(default_factory=dict)
    opens: Mapping[Any, Opens] = field(default_factory=dict)
    discloses: Mapping[Any, Collection[str]] = field(default_factory=dict)
    sealed: Collection[str] = ()
    seals: Mapping[Any, Seals] = field(default_factory=dict)
    hears: Mapping[Any, Follower] = field(default_factory=dict)
    sweeps: Collection[Sweep] = ()
    timed: Mapping[str, Timed] = field(default_factory=dict)
    watches: Mapping[str, Watch] = field(default_factory=dict)
    notices: Mapping[Any, Callable[[Deed], Iterable[Recipient]]] = field(default_factory=dict)
    tasks: Callable[[Actor, datetime], Iterable[Task]] | None = None
    panels: Mapping[str, Panel] = field(default_factory=dict)
    marks: Mapping[str, Marks] = field(default_factory=dict)
    news: Mapping[str, News] = field(default_factory=dict)
    commands: Mapping[Any, Command] = field(default_factory=dict)
    intakes: Mapping[str, Intake] = field(default_factory=dict)
    demo: Demo | None = None
    bulk: Mapping[str, Callable[[int], int]] = field(default_factory=dict)
    cli: click.Group | None = None
    resources: Mapping[str, Resource] = field(default_factory=dict)
    reference: Callable[[], int] | None = None
    terms: Collection[type] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    cures: Mapping[str, Cure] = field(default_factory=dict)
    constraints: Mapping[str, Refusal] = field(default_factory=dict)
    standing: Answers | None = None
    able: Able | None = None
