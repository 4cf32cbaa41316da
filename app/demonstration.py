"""The demonstration world: its cast, its days, and the loop that lets every chapter live through them in market time.

Everything in it is done by the acts that people perform, at the instant at which they would have been done; nothing is
written past them. The chapters hear of it from the log and put their next step on the agenda.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from io import BytesIO
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from flask_migrate import downgrade, upgrade

from app import built, files
from app.actor import Actor, Role
from app.audit import services as records
from app.calendar.services import calendar
from app.cast import CITY, SCALES, Person, Scale, number, people, written
from app.chronicle import Plot, plots
from app.clock import clock
from app.clockwork import services as clockwork
from app.database import db
from app.deployment import Misconfigured, settle_market_id
from app.haste import Memory, haste
from app.identity import queries as identities
from app.identity import services as identity
from app.identity.rules import Grant
from app.notice import services as notices
from app.region import queries as regions
from app.region import services as region_data
from app.settings import Settings
from app.stage import Demo, Stage
from app.sweep import beat, keep_log
from app.values import SHANGHAI

MIGRATIONS = Path(__file__).parents[1] / "migrations"

PASSWORD = "demo-2026-market"  # noqa: S105 - published: interface.md, Demonstration accounts
WORKING_DAYS = 120
"""How many working days a world has lived that is handed over at the real instant (layout.md §8)."""

EVENING = time(22, 30)
"""After the earliest instant at which a day's beacon may be typed (protocol.md §1.1)."""

BACK = time(20, 45)
"""When the market runs again after the outage of a plot: too late for a head over what closed meanwhile."""

REMEMBERED = 12
"""For so many days the loader remembers what it read, before it begins to read anew."""

PLOTTED = frozenset({"need", "announcement", "award", "contract"})
"""Kinds of subjects that belong to one plot: whoever is named beside one of them is followed from then on."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One act about a plot, as the log tells it: the numbers of its subjects by kind, its public members."""

    act: str
    plot: Plot
    about: Mapping[str, str]
    public: Mapping[str, Any]

    def __getitem__(self, kind: str) -> str:
        return self.about[kind]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a chapter will do about a plot, with what it must know for it."""

    name: str
    plot: Plot
    facts: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.facts[name]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the world is: the local day, the announcements so far, and per mille of its days."""

    day: date
    announcements: int
    done: int


@dataclass
class World:
    """The world under way: its cast, its plots, the day it is, what stands on the agenda.

    `late`: somebody has work in the evening of this day.
    """

    scale: Scale
    days: Sequence[date]
    people: Mapping[str, Person]
    plots: Sequence[Plot]
    words: Mapping[str, Any]
    index: int = 0
    late: bool = False
    announcements: int = 0
    _actors: dict[str, Actor] = field(default_factory=dict)
    _by_code: dict[str, str] = field(default_factory=dict)
    _notes: dict[tuple[str, str], str] = field(default_factory=dict)
    _plot_of: dict[str, Plot] = field(default_factory=dict)
    _agenda: dict[str, list[tuple[int, int, Step]]] = field(default_factory=lambda: defaultdict(list))
    _files: dict[tuple[int, str], str] = field(default_factory=dict)
    _planned: int = 0
    _read: int = 0

    @property
    def today(self) -> date:
        """The local day that the world lives."""
        return self.days[self.index]

    @property
    def now(self) -> datetime:
        """The instant of market time that the world lives."""
        return clock().market()

    @property
    def offset(self) -> int:
        """Today as plots count: 0 is the last working day, -1 the one before."""
        return self.index - (len(self.days) - 1)

    @property
    def last(self) -> bool:
        """Whether this is the last working day before the world is handed over."""
        return self.offset == 0

    def actor(self, login: str) -> Actor:
        """An actor of the cast, as the database knows it; raises LookupError."""
        if login not in self._actors:
            found = identities.actor_by_login(login)
            if found is None:
                raise LookupError(login)
            self._actors[login] = found
        return self._actors[login]

    def of_code(self, code: str) -> Person:
        """The first of the cast who acts for an organisation."""
        if not self._by_code:
            for person in self.people.values():
                self._by_code.setdefault(person.code, person.login)
        return self.people[self._by_code[code]]

    def acting_for(self, code: str) -> Actor:
        """The actor of the first account of an organisation."""
        return self.actor(self.of_code(code).login)

    def regulator(self, authority: str) -> Actor:
        """The first account of the office that is an authority; raises LookupError."""
        for person in self.people.values():
            if authority in person.authorities:
                return self.actor(person.login)
        raise LookupError(authority)

    def cast(self, role: Role) -> Iterator[tuple[Person, Actor]]:
        """Everybody of a role, in the order of the cast."""
        for person in self.people.values():
            if person.role is role:
                yield person, self.actor(person.login)

    def applies(self, person: Person) -> int:
        """On which day of the world an agency applies, counted from 0."""
        early: int | None = person.facts.get("joins")
        return len(self.days) - 1 + int(person.facts["applies"]) if early is None else early

    def note(self, plot: Plot, name: str, value: str) -> None:
        """Remember the number that something of a plot was given; what happens to it is the plot's from now on."""
        self._notes[plot.key, name] = value
        if name in PLOTTED:
            self._plot_of[f"{name}:{value}"] = plot

    def noted(self, plot: Plot, name: str) -> str | None:
        """What was remembered under that name, None where nothing was yet."""
        return self._notes.get((plot.key, name))

    def goes(self, plot: Plot, step: str) -> bool:
        """Whether a plot gets as far as a step: what the data file calls its `stop` it does not reach."""
        order, stop = self.words["order"], plot.get("stop")
        return stop is None or step not in order or order.index(step) < order.index(stop)

    def plan(self, plot: Plot, step: str, *, after: int = 0, **facts: Any) -> None:
        """Put a step on the agenda, so many working days ahead; `wait` of the plot replaces `after`."""
        if self.goes(plot, step):
            self._planned += 1
            on = self.index + int(plot.get("wait", {}).get(step, after))
            heappush(self._agenda[step], (on, self._planned, Step(step, plot, facts)))

    def due(self, step: str) -> Iterator[Step]:
        """The steps of a name whose day has come, in the order in which they were planned for it."""
        agenda = self._agenda[step]
        while agenda and agenda[0][0] <= self.index:
            yield heappop(agenda)[2]

    def listen(self) -> Iterator[Happened]:
        """What was done about plots since this was last asked, as the log has it."""
        for entry in records.since(self._read):
            self._read = entry.id
            new = entry.act == "announcement.publish" and entry.public["attempt"] == 1
            self.announcements += new or entry.act == "direct.accept"
            plot = next((self._plot_of[subject] for subject in entry.subjects if subject in self._plot_of), None)
            if plot is None:
                continue
            about: dict[str, str] = {}
            for subject in entry.subjects:
                kind, _, no = subject.partition(":")
                about.setdefault(kind, no)
                if kind in PLOTTED:
                    self.note(plot, kind, no)
            yield Happened(entry.act, plot, about, entry.public)

    def workday(self, ahead: int) -> date:
        """The working day so many working days after today, also beyond the world's own days."""
        return calendar().add(self.today, ahead, path=regions.path(CITY))[0]

    def pick(self, about: str, among: Sequence[Any]) -> Any:
        """One of several, the same one for the same question."""
        return among[number(about) % len(among)]

    def file(self, actor: Actor, title: str) -> str:
        """Hand in a small document for an actor; the SHA-256 that an act may name.

        Where there are thousands, an account's documents of one kind are the same: their first word names the kind.
        """
        if self.scale.stories:
            return handed_in(actor, title)
        kind = title.partition(" ")[0]
        key = (actor.account_id or 0, kind)
        if key not in self._files:
            self._files[key] = handed_in(actor, kind)
        return self._files[key]


def handed_in(actor: Actor, title: str) -> str:
    """A small document that says its title, handed in for an actor; the SHA-256 that an act may name."""
    if actor.account_id is None:
        raise LookupError(title)
    return files.store(BytesIO(document(title)), account_id=actor.account_id, name=f"{title}.pdf").sha256


def instant(day: date, at: time) -> datetime:
    """A local day and time in Asia/Shanghai as an instant."""
    return datetime.combine(day, at, SHANGHAI).astimezone(UTC)


def document(title: str) -> bytes:
    """A valid one-page PDF that says its title; ASCII only, everything else as a question mark."""
    line = title.encode("ascii", "replace").translate(None, b"()\\")
    stream = b"BT /F1 14 Tf 60 760 Td (DEMONSTRATION  " + line + b") Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body, places = b"%PDF-1.4\n", []
    for place, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n" % place + content + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        + table
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    )


# Loading


def loaded() -> bool:
    """Whether a world is here already."""
    return identities.account_by_login("admin1") is not None


def load(*, scale: Scale, fresh: bool, progress: Callable[[Progress], None]) -> bool:
    """Load the world into a demonstration; False where there is one already and no fresh one is asked for.

    Raises `Misconfigured` outside a demonstration, and where accounts would be lost that nobody asked to lose.
    """
    settings: Settings = built.part("settings")
    if not settings.demonstration:
        raise Misconfigured("the demonstration world is loaded into a demonstration only (MARKET_DEMONSTRATION=1)")
    if not fresh:
        if loaded():
            return False
        if identities.parties_with(Role.PURCHASER) or identities.parties_with(Role.AGENCY):
            raise Misconfigured("this database has accounts of its own: --fresh empties it")
    with haste() as memory:
        world = begin(scale, memory)
        live(world, memory, progress)
    return True


def begin(scale: Scale, memory: Memory) -> World:
    """Empty the database, set its clock back, load the reference data and open the accounts.

    What the reference data had recorded at the real instant goes too: the log never runs backwards.
    """
    empty()
    memory.empty()
    days = working_days(scale, clock().real())
    upgrade(directory=str(MIGRATIONS))
    settle_market_id()
    clockwork.start_at(instant(days[0], time(8, 30)))
    region_data.load()
    for stage in _stages():
        if stage.reference is not None:
            stage.reference()
    keep_log()
    cast = tuple(people(scale))
    world = World(
        scale=scale,
        days=days,
        people={person.login: person for person in cast},
        plots=plots(scale, length=len(days), cast=cast),
        words=written(),
    )
    open_accounts(world)
    return world


def empty() -> None:
    """Go back through the migrations: tables, and the triggers and functions that guard them."""
    db.session.remove()
    downgrade(directory=str(MIGRATIONS), revision="base")


def working_days(scale: Scale, now: datetime) -> tuple[date, ...]:
    """The scale's own working days, or the last ones up to `now`, of which the last one has had its people at work."""
    path, base = regions.path(CITY), built.part("calendar")
    days: list[date] = []
    if scale.first is not None and scale.last is not None:
        day = scale.first
        while day <= scale.last:
            if base.is_workday(day, path=path).working:
                days.append(day)
            day += timedelta(days=1)
        return tuple(days)
    day = now.astimezone(SHANGHAI).date()
    if now < instant(day, time(16)):
        day -= timedelta(days=1)
    while len(days) < WORKING_DAYS:
        if base.is_workday(day, path=path).working:
            days.append(day)
        day -= timedelta(days=1)
    return tuple(reversed(days))


def open_accounts(world: World) -> None:
    """Grant everybody an account; one hash serves them all, because the password is one and argon2 is slow."""
    encoded = identity.hashed(PASSWORD)
    for person in world.people.values():
        identity.grant(
            Actor.sweeper(),
            None,
            Grant(
                login=person.login,
                name=person.name,
                organisation=person.organisation,
                code=person.code,
                region=person.region,
                roles=(person.role,),
                authorities=person.authorities,
                password=PASSWORD,
            ),
            key=f"demonstration:account:{person.login}",
            password_hash=encoded,
        )


def live(world: World, memory: Memory, progress: Callable[[Progress], None]) -> None:
    """Walk through the days: at each chapter's hour its people act, in the evening the beacon is typed; then on.

    A world of the past keeps its distance to real time; any other ends at the real instant.
    """
    demos = [stage.demo for stage in _stages() if stage.demo is not None]
    hears: dict[str, list[Callable[[Any, Any], None]]] = defaultdict(list)
    for demo in demos:
        for act, heard in demo.hears.items():
            hears[act].append(heard)
    hours = sorted({demo.at for demo in demos})
    for plot in world.plots:
        world.index = max(0, len(world.days) - 1 + plot.day)
        world.plan(plot, "need.create")
    for index, day in enumerate(world.days):
        world.index, world.late = index, False
        if index % REMEMBERED == 0:
            memory.empty()
        for hour in hours:
            clockwork.go_to(instant(day, hour))
            _hear(world, hears)
            for demo in demos:
                if demo.at == hour:
                    _play(world, demo)
                    _hear(world, hears)
        if any(plot.get("outage") == world.offset for plot in world.plots):
            # Nothing is swept meanwhile: what fell due in between is found late, as after any outage.
            clockwork.start_at(instant(day, BACK))
        if world.late and not world.last:
            clockwork.go_to(instant(day, EVENING))
            for demo in demos:
                if demo.evening is not None:
                    demo.evening(world)
        progress(Progress(day, world.announcements, (index + 1) * 1000 // len(world.days)))
    if world.scale.ends is None:
        clockwork.catch_up()
        for demo in demos:
            if demo.end is not None:
                demo.end(world)
    else:
        clockwork.go_to(world.scale.ends)
    memory.empty()
    while notices.deliver(5_000):
        pass
    beat()


def _hear(world: World, hears: Mapping[str, Sequence[Callable[[Any, Any], None]]]) -> None:
    for happened in world.listen():
        for heard in hears.get(happened.act, ()):
            heard(world, happened)


def _play(world: World, demo: Demo) -> None:
    try:
        if demo.day is not None:
            demo.day(world)
        for name, perform in demo.steps.items():
            for step in world.due(name):
                perform(world, step)
    except Exception as error:
        error.add_note(f"in the demonstration world on {world.today} ({world.offset})")
        raise


def loaded_scale() -> Scale:
    """Of which scale the world is that is here: only the largest has its last agency."""
    largest = SCALES["guigang"]
    return SCALES["small"] if identities.account_by_login(f"agency{largest.agencies}") is None else largest


def accounts() -> Iterator[tuple[str, str, str, str]]:
    """Login, person, organisation and purpose of every account that is here, in the order of the cast."""
    scale = loaded_scale()
    for person in people(scale):
        if identities.account_by_login(person.login) is not None:
            yield person.login, person.name, person.organisation, person.purpose


def _stages() -> tuple[Stage, ...]:
    found: tuple[Stage, ...] = built.part("stages")
    return found


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns under each other on a terminal, where a Chinese character is two columns wide."""
    widths = [max(_width(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)
