"""The list as it stands on a day, its categories, its licences, and every version that ever counted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select

from app.database import db
from app.refusal import NotFound
from app.region import queries as regions
from app.web.paging import SIZE, Listing, listing, parsed
from marketplace.catalogue import rules
from marketplace.catalogue.models import Category, Item, ItemVersion, Qualification


def item_in_force(code: str, on: date) -> ItemVersion | None:
    """The version of an item that counts on a local day, None where the list knew no such item then."""
    return db.session.execute(
        select(ItemVersion)
        .where(ItemVersion.item_code == code, ItemVersion.effective_from <= on)
        .order_by(ItemVersion.effective_from.desc())
        .limit(1)
    ).scalar_one_or_none()


def required(item: ColumnElement[str], day: ColumnElement[date]) -> ScalarSelect[tuple[str, ...]]:
    """The licences that an item asks for on a local day, as part of another question; NULL where it was not known."""
    return (
        select(ItemVersion.requires)
        .where(ItemVersion.item_code == item, ItemVersion.effective_from <= day)
        .order_by(ItemVersion.effective_from.desc())
        .limit(1)
        .scalar_subquery()
    )


def items_in_force(on: date) -> list[ItemVersion]:
    """Every item's version that counts on a local day, by code."""
    return list(db.session.execute(_in_force(on).order_by(ItemVersion.item_code)).scalars())


def _in_force(on: date) -> Select[ItemVersion]:
    newest = (
        select(ItemVersion.item_code, func.max(ItemVersion.effective_from).label("since"))
        .where(ItemVersion.effective_from <= on)
        .group_by(ItemVersion.item_code)
        .subquery()
    )
    return select(ItemVersion).join(
        newest, (newest.c.item_code == ItemVersion.item_code) & (newest.c.since == ItemVersion.effective_from)
    )


def version(version_id: int) -> ItemVersion:
    """A version by its id, as a need or an announcement froze it; raises `NotFound`."""
    found = db.session.get(ItemVersion, version_id)
    if found is None:
        raise NotFound("item version")
    return found


def versions(code: str) -> list[ItemVersion]:
    """All versions of an item, the newest first; every one stays readable (M02)."""
    return list(
        db.session.execute(
            select(ItemVersion).where(ItemVersion.item_code == code).order_by(ItemVersion.version.desc())
        ).scalars()
    )


def latest_version(code: str) -> ItemVersion | None:
    """The version published last, whether it counts already or not."""
    return db.session.execute(
        select(ItemVersion).where(ItemVersion.item_code == code).order_by(ItemVersion.version.desc()).limit(1)
    ).scalar_one_or_none()


def latest_versions() -> list[ItemVersion]:
    """The version of each item that was published last."""
    last = select(ItemVersion.item_code, func.max(ItemVersion.version).label("last")).group_by(ItemVersion.item_code)
    newest = last.subquery()
    return list(
        db.session.execute(
            select(ItemVersion).join(
                newest, (newest.c.item_code == ItemVersion.item_code) & (newest.c.last == ItemVersion.version)
            )
        ).scalars()
    )


def categories() -> list[Category]:
    """The 13 categories by code."""
    return list(db.session.execute(select(Category).order_by(Category.code)).scalars())


def category_of(code: str) -> str:
    """The code of an item's category; raises `NotFound`."""
    found = db.session.get(Item, code)
    if found is None:
        raise NotFound("item")
    return found.category


def qualification(code: str) -> Qualification | None:
    """A licence by its code."""
    return db.session.get(Qualification, code)


def qualifications() -> list[Qualification]:
    """Every licence that an item of the list asks for, by code."""
    return list(db.session.execute(select(Qualification).order_by(Qualification.code)).scalars())


def satisfies(held: Collection[str]) -> set[str]:
    """The licences held, and every wider one they are a field of."""
    rows = db.session.execute(select(Qualification.code, Qualification.part_of))
    return set(rules.with_wider(held, {row.code: row.part_of for row in rows}))


@dataclass(frozen=True, slots=True)
class Group:
    """One category with its items in force."""

    code: str
    name: str
    items: tuple[ItemVersion, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole list on a day."""

    groups: tuple[Group, ...]
    authorities: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What one version changed of the one before it: the column, and its value before and since."""

    column: str
    before: Any
    since: Any


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item: the version looked at, all others, and the words its codes stand for.

    `changed`: by a version's number, what it changed of the one before.
    """

    code: str
    category: Category
    shown: ItemVersion
    in_force: bool
    versions: tuple[ItemVersion, ...]
    changed: Mapping[int, tuple[Change, ...]]
    authorities: tuple[str, ...]
    authority_names: Mapping[str, str]
    licences: tuple[Qualification, ...]


def overview(*, on: date, q: str = "", authority: str = "") -> Overview:
    """The list as it stands on a local day, by category.

    `q`: part of the code, the name, the approval it serves or the qualification asked for; `authority`: its code. So
    narrowed, categories with nothing left are left out.
    """
    by_category: dict[str, list[ItemVersion]] = {}
    for found in items_in_force(on):
        if _sought(found, q.strip(), authority):
            by_category.setdefault(found.item_code[:2], []).append(found)
    narrowed = bool(q.strip() or authority)
    return Overview(
        groups=tuple(
            Group(category.code, category.name, tuple(by_category.get(category.code, ())))
            for category in categories()
            if by_category.get(category.code) or not narrowed
        ),
        authorities=regions.authorities(),
    )


def _sought(found: ItemVersion, q: str, authority: str) -> bool:
    said = (found.item_code, found.name, found.approval, found.qualification)
    return (not q or any(q in text for text in said)) and (not authority or authority in found.authorities)


COMPARED = (
    "name",
    "authorities",
    "approval",
    "basis",
    "q",
    "qualification",
    "requires",
    "units",
    "fee_nature",
    "fee_basis",
    "self_service",
    "days",
    "note",
)
"""The columns of a version that can differ, in the order in which the page shows them."""


def changes(before: ItemVersion, since: ItemVersion) -> tuple[Change, ...]:
    """What differs between two versions of an item, in the order of the page; evidence marks are no content."""
    return tuple(
        Change(column, getattr(before, column), getattr(since, column))
        for column in COMPARED
        if getattr(before, column) != getattr(since, column)
    )


def page(code: str, *, on: date, number: int | None = None) -> ItemPage:
    """One item, the version of that number or the one in force; raises `NotFound`."""
    known = versions(code)
    counts = next((found for found in known if found.effective_from <= on), None)
    shown = counts if number is None else next((found for found in known if found.version == number), None)
    if shown is None:
        raise NotFound("item")
    names = regions.authorities()
    category = db.session.get_one(Category, category_of(code))
    asked = select(Qualification).where(Qualification.code.in_(shown.requires)).order_by(Qualification.code)
    return ItemPage(
        code=code,
        category=category,
        shown=shown,
        in_force=shown is counts,
        versions=tuple(known),
        changed={new.version: changes(old, new) for new, old in pairwise(known)},
        authorities=tuple(names.get(authority, authority) for authority in shown.authorities),
        authority_names=names,
        licences=tuple(db.session.execute(asked).scalars()),
    )


def members(found: ItemVersion) -> dict[str, Any]:
    """A version as the machine API gives it: JSON values, `days` null = for as long as the works last."""
    return {
        "code": found.item_code,
        "category": found.item_code[:2],
        "version": found.version,
        "effective_from": found.effective_from.isoformat(),
        "name": found.name,
        "authorities": list(found.authorities),
        "approval": found.approval,
        "basis": found.basis,
        "q": found.q,
        "qualification": found.qualification,
        "requires": list(found.requires),
        "units": list(found.units),
        "fee_nature": found.fee_nature,
        "fee_basis": found.fee_basis,
        "self_service": found.self_service,
        "days": found.days,
        "evidence": found.evidence,
        "verified": list(found.verified),
        "sources": list(found.sources),
        "note": found.note,
    }


def resource_page(
    after: str | None, limit: int = SIZE, *, on: date, category: str | None = None
) -> Listing[Mapping[str, Any]]:
    """One page of the list in force on a local day, by code; of one category where it is named."""
    key = parsed(after, (str,))
    query = _in_force(on).order_by(ItemVersion.item_code).limit(limit + 1)
    if category is not None:
        query = query.join(Item, Item.code == ItemVersion.item_code).where(Item.category == category)
    if key is not None:
        query = query.where(ItemVersion.item_code > key[0])
    rows = [members(found) for found in db.session.execute(query).scalars()]
    return listing(rows, size=limit, key=lambda row: (row["code"],))
