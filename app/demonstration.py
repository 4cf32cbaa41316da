"""The demonstration world: its cast, its days, and the loop that lets every chapter live through them in market time.

Everything in it is done by the acts that people perform, at the instant at which they would have been done; nothing is
written past them. Names and plots stand in data/demonstration.toml.
"""

import hashlib
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from flask_migrate import downgrade, upgrade

from app import built, files
from app.actor import Actor, Role
from app.calendar.services import calendar
from app.clock import clock
from app.clockwork import services as clockwork
from app.database import db
from app.deployment import Misconfigured, settle_market_id
from app.haste import Memory, haste
from app.identity import queries as identities
from app.identity import services as identity
from app.identity.rules import Grant
from app.identity.uscc import with_check
from app.notice import services as notices
from app.region import queries as regions
from app.region import services as region_data
from app.settings import Settings
from app.stage import Stage
from app.sweep import beat, keep_log
from app.values import SHANGHAI

DATA = Path(__file__).parent / "data" / "demonstration.toml"
MIGRATIONS = Path(__file__).parents[1] / "migrations"

PASSWORD = "demo-2026-market"  # noqa: S105 - published: interface.md, Demonstration accounts
CITY = "450800"
WORKING_DAYS = 120
"""How many working days the world has lived when it is handed over (layout.md §8)."""

EVENING = time(22, 30)
"""After the earliest instant at which a day's beacon may be typed (protocol.md §1.1)."""

ORGAN, ENTERPRISE = "11", "91"


@dataclass(frozen=True, slots=True)
class Scale:
    """How much there is: agencies with an account, and how often each completed plot is told."""

    agencies: int
    repeats: int


SCALES: Mapping[str, Scale] = {"small": Scale(60, 1), "guigang": Scale(530, 12)}


@dataclass(frozen=True, slots=True)
class Person:
    """One account of the cast and the organisation it acts for; `facts` are what the chapters know it by."""

    login: str
    name: str
    role: Role
    organisation: str
    code: str
    region: str
    authorities: tuple[str, ...]
    purpose: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plot:
    """What is meant to become of one need; days count working days backwards from the last one, 0."""

    key: str
    day: int
    facts: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.facts[name]

    def get(self, name: str, default: Any = None) -> Any:
        """A fact that not every plot has."""
        return self.facts.get(name, default)


@dataclass
class World:
    """The world under way: its cast, its plots, the day it is, and what became of each plot so far.

    `late`: somebody has work in the evening of this day.
    """

    scale: Scale
    days: Sequence[date]
    people: Mapping[str, Person]
    plots: Sequence[Plot]
    words: Mapping[str, Any]
    progress: Callable[[str], None]
    index: int = 0
    late: bool = False
    _actors: dict[str, Actor] = field(default_factory=dict)
    _by_code: dict[str, str] = field(default_factory=dict)
    _notes: dict[tuple[str, str], str] = field(default_factory=dict)
    _since: dict[tuple[str, str], int] = field(default_factory=dict)
    _over: set[tuple[str, str]] = field(default_factory=set)

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

    def of_code(self, code: str) -> Actor:
        """The first account of the cast that acts for an organisation."""
        if not self._by_code:
            for person in self.people.values():
                self._by_code.setdefault(person.code, person.login)
        return self.actor(self._by_code[code])

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

    def note(self, plot: Plot, name: str, value: str) -> None:
        """Remember the number that something of a plot was given."""
        self._notes[plot.key, name] = value

    def noted(self, plot: Plot, name: str) -> str | None:
        """What was remembered under that name, None where nothing was yet."""
        return self._notes.get((plot.key, name))

    def going(self, chapter: str) -> Iterator[Plot]:
        """The plots that a chapter is not done with, for it to ask after each day."""
        for plot in self.plots:
            if (plot.key, chapter) not in self._over:
                yield plot

    def done(self, plot: Plot, chapter: str) -> None:
        """A chapter has nothing more to do in a plot."""
        self._over.add((plot.key, chapter))

    def turn(self, plot: Plot, act: str, *, after: int = 0) -> bool:
        """Whether a plot takes this act today: it goes that far, and the act has waited its working days.

        Asked on each day on which the act is possible; `wait` of the plot replaces `after`.
        """
        order = self.words["order"]
        stop = plot.get("stop")
        if stop is not None and order.index(act) >= order.index(stop):
            return False
        first = self._since.setdefault((plot.key, act), self.index)
        return bool(self.index - first >= plot.get("wait", {}).get(act, after))

    def workday(self, ahead: int) -> date:
        """The working day so many working days after today, also beyond the world's own days."""
        return calendar().add(self.today, ahead, path=regions.path(CITY))[0]

    def pick(self, about: str, among: Sequence[Any]) -> Any:
        """One of several, the same one for the same question."""
        return among[number(about) % len(among)]

    def file(self, actor: Actor, title: str) -> str:
        """Hand in a small document for an actor; the SHA-256 that an act may name."""
        if actor.account_id is None:
            raise LookupError(title)
        return files.store(BytesIO(document(title)), account_id=actor.account_id, name=f"{title}.pdf").sha256


def number(about: str) -> int:
    """A large number that is the same for the same text: the world's only dice."""
    return int.from_bytes(hashlib.sha256(about.encode()).digest(), "big")


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


# The cast


@cache
def written() -> Mapping[str, Any]:
    """The data file."""
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


def people(scale: Scale) -> Iterator[Person]:
    """Everybody of interface.md, Demonstration accounts, in its order."""
    data = written()
    for row in data["purchaser"]:
        yield from _persons(row, Role.PURCHASER, kind=row["code_kind"])
    for place, row in enumerate(data["agency"], 1):
        yield from _persons({"login": f"agency{place}", **row}, Role.AGENCY)
    for place in range(len(data["agency"]) + 1, scale.agencies + 1):
        yield from _persons({"login": f"agency{place}", **_applicant(place)}, Role.AGENCY)
    for row in data["office"]:
        yield from _persons(row, Role(row["role"]), kind=ORGAN)


def _persons(row: Mapping[str, Any], role: Role, *, kind: str = ENTERPRISE) -> Iterator[Person]:
    """The people of one organisation; its name says that it is invented, lest a real one be taken for it."""
    region = row.get("region", CITY)
    code = with_check(f"{kind}{region}{number(row['organisation']) % 10**9:09d}")
    for login, name, purpose in ((row["login"], row["person"], row["purpose"]), *row.get("colleagues", ())):
        yield Person(
            login=login,
            name=name,
            role=role,
            organisation=row["organisation"] + written()["mark"],
            code=code,
            region=region,
            authorities=tuple(row.get("authorities", ())),
            purpose=purpose,
            facts=row,
        )


def _applicant(place: int) -> Mapping[str, Any]:
    """An agency that the data file does not name: put together from its lists, with the fate of its group."""
    lists = written()["applicants"]
    known = len(written()["agency"])
    brands, trades = lists["brands"], lists["trades"]
    step = place - known - 1
    town = lists["towns"][step % len(lists["towns"])]
    trade = trades[step % len(trades)]
    suffix = lists["suffixes"][step // (len(brands) * len(trades)) % len(lists["suffixes"])]
    brand = brands[(step // len(trades) + step) % len(brands)]
    group = next(
        (one for one in lists["group"] if one["first"] <= place <= one["last"]),
        lists["group"][-1],
    )
    person = lists["surnames"][number(f"s{place}") % len(lists["surnames"])]
    return {
        "organisation": f"{town['name']}{brand}{trade}{suffix}",
        "region": town["region"],
        "person": person + lists["given"][number(f"g{place}") % len(lists["given"])],
        "introduction": lists["introduction"].format(trade=trade),
        "address": f"{town['name']}{lists['street']}{step + 1}{lists['door']}",
        "purpose": group["purpose"],
        "fate": group["fate"],
        "applies": group["applies"],
    }


def plots(scale: Scale, *, length: int = WORKING_DAYS) -> Iterator[Plot]:
    """Every plot; what runs to its end by itself is told as often as the scale says, on other days."""
    for row in written()["plot"]:
        yield Plot(row["key"], row["day"], row)
        if row.get("stop") is None and row["day"] < -45 and row.get("again", True):
            for again in range(1, scale.repeats):
                key = f"{row['key']}-{again}"
                yield Plot(key, -45 - number(key) % (length - 45 - 12), row)


# Loading


def loaded() -> bool:
    """Whether a world is here already."""
    return identities.account_by_login("admin1") is not None


def load(*, scale: str, fresh: bool, progress: Callable[[str], None]) -> bool:
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
    world = begin(SCALES[scale], progress=progress)
    with haste() as memory:
        live(world, memory)
    return True


def begin(scale: Scale, *, progress: Callable[[str], None]) -> World:
    """Empty the database, set its clock back, load the reference data and open the accounts.

    What the reference data had recorded at the real instant goes too: the log never runs backwards.
    """
    empty()
    days = working_days(clock().real())
    upgrade(directory=str(MIGRATIONS))
    settle_market_id()
    clockwork.start_at(instant(days[0], time(8, 30)))
    region_data.load()
    for stage in _stages():
        if stage.reference is not None:
            stage.reference()
    keep_log()
    world = World(
        scale=scale,
        days=days,
        people={person.login: person for person in people(scale)},
        plots=tuple(plots(scale)),
        words=written(),
        progress=progress,
    )
    open_accounts(world)
    return world


def empty() -> None:
    """Go back through the migrations: tables, and the triggers and functions that guard them."""
    db.session.remove()
    downgrade(directory=str(MIGRATIONS), revision="base")


def working_days(now: datetime) -> tuple[date, ...]:
    """The last working days up to `now`, the last one only if its people have been at work already."""
    days: list[date] = []
    day = now.astimezone(SHANGHAI).date()
    path = regions.path(CITY)
    base = built.part("calendar")
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
    world.progress(f"{len(world.people)} accounts")


def live(world: World, memory: Memory) -> None:
    """Walk through the days: at each chapter's hour its people act, in the evening the beacon is typed; then to now."""
    demos = [stage.demo for stage in _stages() if stage.demo is not None]
    for demo in demos:
        _play(world, demo.load)
    hours = sorted({demo.at for demo in demos})
    for index, day in enumerate(world.days):
        world.index, world.late = index, False
        memory.empty()
        for hour in hours:
            clockwork.go_to(instant(day, hour))
            for demo in demos:
                if demo.at == hour:
                    _play(world, demo.day)
        if world.late and not world.last:
            clockwork.go_to(instant(day, EVENING))
            for demo in demos:
                _play(world, demo.evening)
        if index % 20 == 19:
            world.progress(f"{day.isoformat()}")
    clockwork.catch_up()
    while notices.deliver():
        pass
    beat()
    db.session.remove()


def _play(world: World, part: Callable[[Any], None] | None) -> None:
    if part is not None:
        try:
            part(world)
        except Exception as error:
            error.add_note(f"in the demonstration world on {world.today} ({world.offset})")
            raise


def accounts() -> Iterator[tuple[str, str, str, str]]:
    """Login, person, organisation and purpose of every account that is here, in the order of the cast."""
    for person in people(SCALES["guigang"]):
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
