"""Who lives in the demonstration world: purchasers, agencies and offices, all invented, the same ones at every load."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from app.actor import Role
from app.identity.uscc import with_check
from app.values import SHANGHAI, Fen

FOLDER = Path(__file__).parent / "data"

CITY = "450800"
ORGAN, ENTERPRISE = "11", "91"

OPENING = 7
"""On which day after its application an agency is admitted, verified and priced, so that it may take part."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a world must add up to: announcements, completed selections, their budgets and awards in fen."""

    announcements: int
    completed: int
    budget_fen: Fen | None = None
    award_fen: Fen | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """How much there is, and when: without a `first` day the world ends at the real instant, else at `ends`.

    `stories`: whether the plots that the data file tells one by one happen too; `admitted` agencies take part.
    """

    agencies: int
    admitted: int
    figures: Figures
    stories: bool = True
    first: date | None = None
    last: date | None = None
    ends: datetime | None = None


SCALES: Mapping[str, Scale] = {
    "small": Scale(60, 36, Figures(150, 124)),
    "guigang": Scale(
        530,
        518,
        Figures(2_356, 2_216, Fen(9_735_790_000), Fen(9_133_100_000)),
        stories=False,
        first=date(2017, 11, 23),
        last=date(2018, 12, 31),
        ends=datetime.combine(date(2019, 1, 2), time(9), SHANGHAI),
    ),
}
"""`guigang` has the figures of the source (mission.md, introduction); that its last day is 2018-12-31 is ours."""


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


def number(about: str) -> int:
    """A large number that is the same for the same text: the world's only dice."""
    return int.from_bytes(hashlib.sha256(about.encode()).digest(), "big")


@cache
def written() -> Mapping[str, Any]:
    """The data file of cast and stories."""
    return tomllib.loads((FOLDER / "demonstration.toml").read_text(encoding="utf-8"))


@cache
def trades() -> Mapping[str, Any]:
    """The data file of what the world buys: trades, works, places."""
    return tomllib.loads((FOLDER / "chronicle.toml").read_text(encoding="utf-8"))


def people(scale: Scale) -> Iterator[Person]:
    """Everybody of interface.md, Demonstration accounts, in its order."""
    data = written()
    for row in data["purchaser"]:
        yield from _persons(row, Role.PURCHASER, kind=row["code_kind"])
    for place, row in enumerate(data["agency"], 1):
        yield from _persons({"login": f"agency{place}", **row}, Role.AGENCY)
    for place in range(len(data["agency"]) + 1, scale.agencies + 1):
        yield from _persons({"login": f"agency{place}", **_applicant(place, scale)}, Role.AGENCY)
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


def _applicant(place: int, scale: Scale) -> Mapping[str, Any]:
    """An agency that the data file does not name: put together from its lists; admitted, or with a group's fate."""
    lists = written()["applicants"]
    known = len(written()["agency"])
    step = place - known - 1
    rotation: Sequence[Mapping[str, Any]] = trades()["trade"]
    trade = rotation[step % len(rotation)]
    town = lists["towns"][(step + step // len(rotation)) % len(lists["towns"])]
    brands = lists["brands"]
    brand = brands[(step // len(rotation)) % len(brands)]
    suffix = lists["suffixes"][step // (len(brands) * len(rotation)) % len(lists["suffixes"])]
    person = lists["surnames"][number(f"s{place}") % len(lists["surnames"])]
    applicant = {
        "organisation": f"{town['name']}{brand}{trade.get('called', trade['name'])}{suffix}",
        "region": town["region"],
        "person": person + lists["given"][number(f"g{place}") % len(lists["given"])],
        "introduction": lists["introduction"].format(trade=trade["name"]),
        "address": f"{town['name']}{lists['street']}{step + 1}{lists['door']}",
    }
    if place <= scale.admitted:
        fate = {"fate": "admitted", "purpose": lists["admitted"].format(trade=trade["name"])}
        return {**applicant, **fate, "joins": joins(place, known=known, scale=scale), **_practice(place, trade)}
    groups = lists["group"]
    behind = place - scale.admitted
    group = next((one for one in groups if one["first"] <= behind <= one["last"]), groups[-1])
    return {**applicant, **{key: group[key] for key in ("purpose", "fate", "applies")}}


def joins(place: int, *, known: int, scale: Scale) -> int:
    """On which day of the world an agency applies: two of three at its beginning, the others over time."""
    rest = max(1, scale.admitted - known)
    early = known + rest * 2 // 3
    if place <= early or scale.first is None:
        return (place - known) % 3 if scale.first is None else (place - known) * 6 // rest
    return 8 + (place - early) * 200 // max(1, scale.admitted - early)


def _practice(place: int, trade: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an agency of a trade offers: every item of the trade, its price above what is usually paid for it."""
    works = {work["item"]: work for work in trades()["work"]}
    return {
        "trade": trade["name"],
        "quality": quality(place),
        "items": [
            {
                "item": item,
                "unit": works[item]["unit"],
                "price": asked(works[item], place),
                "days": works[item]["days"],
            }
            for item in trade["items"]
        ],
        "credentials": [{"qualification": each, "grade": ""} for each in trade.get("credentials", ())],
    }


def quality(place: int) -> str:
    """How an agency works: most well, some fairly, few badly, very few badly and late."""
    dice = number(f"quality {place}") % 100
    return "good" if dice < 64 else "fair" if dice < 84 else "weak" if dice < 95 else "late"


def asked(work: Mapping[str, Any], place: int) -> str:
    """The public price of an agency for one work, in yuan; for a rate or a small unit as the work's own list says."""
    if work["unit"] != "project":
        return str(work["price"])
    return str(work["most"] * (100 + number(f"asks {place} {work['item']}") % 12 * 2) // 100 // 100 * 100)
