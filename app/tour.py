"""One procurement led through all its acts in a loaded demonstration, stop by stop, the clock moving forward by itself.

It uses the acts by their one name and input, as the machine API does; what is said at each stop is in data/tour.toml.
"""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from functools import cache
from typing import Any

from app import built
from app.act import chance
from app.actor import Actor, Role
from app.audit import services as records
from app.calendar.services import calendar
from app.cast import CITY, FOLDER, Person, number, people
from app.clock import clock
from app.clockwork import services as clockwork
from app.demonstration import EVENING, PLOTTED, handed_in, instant, loaded_scale
from app.exchange import shapes
from app.identity import queries as identities
from app.refusal import Refused
from app.region import queries as regions
from app.stage import Command
from app.sweep import next_due
from app.values import SHANGHAI

PATIENCE = 400
"""So many due instants of the whole market may pass until what is waited for happens."""

FAILED = "announcement.close_unsuccessful"
AT_WORK = time(10)


@dataclass(frozen=True, slots=True)
class Stop:
    """What is done at one stop, by whom and under which rule, in the reader's words, and the page that shows it."""

    act: str
    who: str
    does: str
    rule: str
    page: str
    waits: bool = False
    acts_as: str = ""
    times: int = 1


@cache
def told() -> Mapping[str, Any]:
    """The data file."""
    return tomllib.loads((FOLDER / "tour.toml").read_text(encoding="utf-8"))


def stops() -> tuple[Stop, ...]:
    """Every stop, from the need to the credit."""
    return tuple(
        Stop(
            act=row["act"],
            who=row["who"],
            does=row["does"],
            rule=row["rule"],
            page=row["page"],
            waits=row.get("waits", False),
            acts_as=row.get("as", ""),
            times=row.get("times", 1),
        )
        for row in told()["stop"]
    )


@dataclass
class Tour:
    """One procurement under way: its cast, and the numbers and names that are known so far.

    `refused(name, reasons)` is told when an agency may not register and another one is asked.
    """

    refused: Callable[[str, str], None]
    known: dict[str, str] = field(default_factory=dict)
    _people: dict[str, Person] = field(default_factory=dict)
    _heard: set[str] = field(default_factory=set)
    _key: str = ""
    _read: int = 0
    _performed: int = 0

    def __post_init__(self) -> None:
        """Raises LookupError where no world is loaded."""
        self._people = {person.login: person for person in people(loaded_scale())}
        self._key = chance().secret().hex()[:16]
        self._read = records.last_id()
        owner = self._purchaser
        self.known = {"purchaser": owner.organisation, "owner": owner.login}

    @property
    def _purchaser(self) -> Person:
        """The first purchaser of fiscal money, who acts alone."""
        return next(
            person
            for person in self._people.values()
            if person.role is Role.PURCHASER and "fiscal" in person.facts["funds"] and "joins" not in person.facts
        )

    def perform(self, stop: Stop) -> None:
        """Do what a stop is about, at an hour at which people are at work, or wait until the market does it."""
        if stop.waits:
            self._wait_for(stop.act)
            return
        if stop.act == "beacon.enter":
            self._enter_beacon()
            return
        self._to_work(after=2 if stop.act == "deliverable.submit" else 0)
        if stop.act == "registration.submit":
            for _ in range(stop.times):
                self._register()
        else:
            self._do(stop.act, self._actor(stop), self._subject(stop.act), self._input(stop.act))

    def page(self, stop: Stop) -> str:
        """The address that shows what was done."""
        return stop.page.format(**self.known)

    def who(self, stop: Stop) -> str:
        """Who acts, by name where a name is known."""
        return stop.who.format(**self.known)

    def _do(self, name: str, actor: Actor, subject: str | None, members: Mapping[str, Any]) -> None:
        commands: Mapping[str, Command] = built.part("commands")
        command = commands[name]
        self._performed += 1
        value = shapes.read(command.input, json.dumps(members).encode())
        done = command.perform(actor, subject, value, key=f"tour:{self._key}:{self._performed}")
        if name == "need.create":
            self.known["need"] = done.subject or ""
        clockwork.go_to(clock().market())
        self._listen()

    def _listen(self) -> None:
        """Read on in the log what was done about this procurement; its numbers are remembered."""
        for entry in records.since(self._read):
            self._read = entry.id
            mine = {f"{kind}:{self.known[kind]}" for kind in PLOTTED if kind in self.known}
            if mine.isdisjoint(entry.subjects):
                continue
            self._heard.add(entry.act)
            for subject in entry.subjects:
                kind, _, no = subject.partition(":")
                if kind in PLOTTED:
                    self.known[kind] = no
            if "winner" in entry.public:
                self._won(entry.public["winner"], entry.public)

    def _won(self, code: str, public: Mapping[str, Any]) -> None:
        winner = next(person for person in self._people.values() if person.code == code)
        self.known |= {"agency": code, "winner": winner.organisation, "login": winner.login}
        if "amount_fen" in public:
            self.known |= {"fen": str(public["amount_fen"]), "days": str(public["days"])}

    def _wait_for(self, act: str) -> None:
        """Move the clock from one due instant to the next until the market has done this; raises LookupError."""
        for _ in range(PATIENCE):
            self._listen()
            if act in self._heard:
                return
            if FAILED in self._heard:
                break
            upcoming = next_due(clock().market())
            if upcoming is None:
                break
            clockwork.go_to(upcoming)
        raise LookupError(act)

    def _to_work(self, *, after: int) -> None:
        """Forward to the morning so many working days ahead where it is not the time of work yet."""
        now = clock().market()
        local, path = now.astimezone(SHANGHAI), regions.path(CITY)
        day, days = local.date(), calendar()
        if after:
            day = days.add(day, after, path=path)[0]
        elif local.time() >= time(17) or not days.is_workday(day, path=path).working:
            day = days.add(day, 1, path=path)[0]
        clockwork.go_to(max(now, instant(day, AT_WORK)))
        self._listen()

    def _register(self) -> None:
        """The next agency that serves the item and may register; raises LookupError where there is none left."""
        taken = self.known.get("tried", "").split()
        for person in self._people.values():
            items = {row["item"] for row in person.facts.get("items", ())}
            if person.role is not Role.AGENCY or person.login in taken or told()["need"]["item"] not in items:
                continue
            taken.append(person.login)
            self.known["tried"] = " ".join(taken)
            try:
                members = {"days": told()["need"]["expected_days"] - len(taken) % 3}
                self._do("registration.submit", self._of(person.login), self.known["announcement"], members)
            except Refused as refused:
                self.refused(person.organisation, str(refused))
                continue
            return
        raise LookupError("registration.submit")

    def _enter_beacon(self) -> None:
        """In the evening of the freeze: any value may be typed in a demonstration (protocol.md §1.1)."""
        day = clock().market().astimezone(SHANGHAI).date()
        clockwork.go_to(max(clock().market(), instant(day, EVENING)))
        value = f"{number(f'tour {day}') % 1000:03d}-{number(f'tour {self._key}') % 100_000:05d}"
        for login in ("operator1", "supervisor1"):
            self._do("beacon.enter", self._of(login), day.isoformat(), {"on": day.isoformat(), "value": value})

    def _actor(self, stop: Stop) -> Actor:
        if stop.acts_as == "authority":
            return self._of(next(p.login for p in self._people.values() if "natural_resources" in p.authorities))
        if stop.act in ("award.accept", "contract.upload", "deliverable.submit"):
            return self._of(self.known["login"])
        return self._of("operator1" if stop.act == "announcement.approve" else self.known["owner"])

    def _subject(self, act: str) -> str | None:
        if act == "need.create":
            return None
        if act in ("announcement.submit", "announcement.approve"):
            return self.known["need"]
        return self.known["award" if act == "award.accept" else "contract"]

    def _input(self, act: str) -> Mapping[str, Any]:
        owner, texts = self._purchaser, told()["texts"]
        today = clock().market().astimezone(SHANGHAI).date()
        made: Mapping[str, Callable[[], Mapping[str, Any]]] = {
            "need.create": lambda: {
                **told()["need"],
                "region": owner.region,
                "contact": owner.name,
                "phone": owner.facts["phone"],
                "project_code": f"{today:%y%m}-{owner.region}-04-01-{number(self._key) % 10**6:06d}",
            },
            "contract.upload": lambda: {
                "amount_fen": int(self.known["fen"]),
                "days": int(self.known["days"]),
                "signed_on": today.isoformat(),
                "file": handed_in(self._of(self.known["login"]), f"contract {self.known['contract']}"),
            },
            "deliverable.submit": lambda: {
                "file": handed_in(self._of(self.known["login"]), f"deliverable {self.known['contract']}"),
                "note": texts["note"],
            },
            "evaluation.submit": lambda: {
                **dict.fromkeys(("quality", "fees", "attitude", "conduct"), 5),
                "comment": texts["comment"],
            },
        }
        return made.get(act, dict)()

    def _of(self, login: str) -> Actor:
        found = identities.actor_by_login(login)
        if found is None:
            raise LookupError(login)
        return found
