"""What an item version must say, and from when it counts (M01-M03, rules.md §5)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from app.actor import Role
from app.refusal import Refusal
from app.values import Opens


class ItemAct(StrEnum):
    """The acts on the public list of items."""

    PUBLISH = "item.publish"


MAY = {
    ItemAct.PUBLISH: {Role.SYSTEM},
}
OPENS = {
    ItemAct.PUBLISH: Opens.AT_ONCE,
}

FIRST_DAY = date(2017, 11, 23)
"""The first version of an item counts from here: the day the market this list is modelled on opened (rules.md S1)."""


class Q(StrEnum):
    """What the law asks of whoever does it (rules.md §5, column Q)."""

    MANDATORY = "M"
    VOLUNTARY = "V"
    PERSONAL = "P"
    MIXED = "M/V"
    NONE = "none"
    REGIONAL = "regional"


class FeeNature(StrEnum):
    """Who pays: the client a market price, or the approving authority from its budget (rules.md §5, S2)."""

    OPERATING = "operating"
    AUTHORITY = "authority"


class Evidence(StrEnum):
    """Whether the item's name was read in a source; only `read` may be shown without 未核实 (rules.md §0.1)."""

    READ = "read"
    RECALLED = "recalled"
    INFERRED = "inferred"


CHECKABLE = frozenset(
    {"name", "authorities", "approval", "basis", "q", "qualification", "units", "fee_nature"}
    | {"fee_basis", "self_service", "days"}
)
"""The columns that may stand in `verified`; each of them shows 未核实 as long as it does not (rules.md §5)."""


@dataclass(frozen=True, slots=True)
class NamedCategory:
    """One of the 13 categories."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Licence:
    """A qualification; `grades` from the highest down, `part_of` the wider licence it also satisfies."""

    code: str
    name: str
    grades: tuple[str, ...]
    authority: str
    part_of: str | None


@dataclass(frozen=True, slots=True)
class Content:
    """All that a version says of its item; `days` in working days, None = for as long as the works last."""

    name: str
    authorities: tuple[str, ...]
    approval: str
    basis: str
    q: Q
    qualification: str
    requires: tuple[str, ...]
    units: tuple[str, ...]
    fee_nature: FeeNature
    fee_basis: str
    self_service: bool
    days: int | None
    evidence: Evidence
    verified: tuple[str, ...]
    sources: tuple[str, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class Publication:
    """One version of one item, with its category and every licence that its content leads to."""

    code: str
    version: int
    effective_from: date
    category: NamedCategory
    licences: tuple[Licence, ...]
    content: Content


def content_of(row: Mapping[str, Any]) -> Content:
    """An item of the shipped list as a value; raises KeyError or ValueError where a column is missing or unknown."""
    return Content(
        name=row["name"],
        authorities=tuple(row["authorities"]),
        approval=row["approval"],
        basis=row["basis"],
        q=Q(row["q"]),
        qualification=row["qualification"],
        requires=tuple(row.get("requires", ())),
        units=tuple(row["units"]),
        fee_nature=FeeNature(row["fee_nature"]),
        fee_basis=row["fee_basis"],
        self_service=row["self_service"],
        days=None if row["days"] == "term" else row["days"],
        evidence=Evidence(row["evidence"]),
        verified=tuple(row["verified"]),
        sources=tuple(row["sources"]),
        note=row.get("note"),
    )


def licence_of(row: Mapping[str, Any]) -> Licence:
    """A qualification of the shipped list as a value."""
    return Licence(row["id"], row["name"], tuple(row["grades"]), row["authority"], row.get("part_of"))


def with_wider(codes: Iterable[str], part_of: Mapping[str, str | None]) -> frozenset[str]:
    """The licences and every wider one they are a field of: who holds the field also satisfies the wider one."""
    found: set[str] = set()
    waiting = list(codes)
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.add(code)
            wider = part_of.get(code)
            waiting += [wider] if wider is not None else []
    return frozenset(found)


def effective_from(previous: date | None, *, today: date) -> date:
    """From which local day a version counts: the first from `FIRST_DAY`, a changed one from the day it is loaded.

    Never from the day of the version before it, or what counted that day could not be told. (inferred)
    """
    return FIRST_DAY if previous is None else max(today, previous + timedelta(days=1))


def refusals_to_publish(
    publication: Publication, *, authorities: Collection[str], latest: tuple[int, date] | None
) -> Iterator[Refusal]:
    """Every fault of a version at once; `latest` is number and first day of the version before it.

    Source: M01, M02 (every version stays, none is rewritten), rules.md §5 (columns).
    """
    content = publication.content
    number, since = latest or (0, None)
    if publication.version != number + 1:
        yield Refusal("item_version_out_of_order", params={"next": number + 1})
    if since is not None and publication.effective_from <= since:
        yield Refusal("item_effective_too_early", params={"since": since.isoformat()})
    if not publication.code.startswith(publication.category.code):
        yield Refusal("item_outside_category", params={"code": publication.code})
    if content.days is not None and content.days < 1:
        yield Refusal("item_days_below_one")
    for authority in (*content.authorities, *(licence.authority for licence in publication.licences)):
        if authority not in authorities:
            yield Refusal("authority_unknown", params={"authority": authority})
    known = {licence.code for licence in publication.licences}
    needed = {*content.requires, *(licence.part_of for licence in publication.licences if licence.part_of)}
    for code in sorted(needed - known):
        yield Refusal("qualification_unknown", params={"qualification": code})
    if content.requires and content.q is not Q.MANDATORY:
        yield Refusal("licence_not_mandatory")
    for column in sorted(set(content.verified) - CHECKABLE):
        yield Refusal("item_column_unknown", params={"column": column})
    if content.verified and not content.sources:
        yield Refusal("item_source_missing")
