"""The list as it stands on a day, its categories, its licences, and every version that ever counted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

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
class ItemPage:
    """One item: the version looked at, all others, and the words its codes stand for."""

    code: str
    category: Category
    shown: ItemVersion
    in_force: bool
    versions: tuple[ItemVersion, ...]
    authorities: tuple[str, ...]
    licences: tuple[Qualification, ...]


def overview(*, on: date) -> Overview:
    """The list as it stands on a local day, by category."""
    by_category: dict[str, list[ItemVersion]] = {}
    for found in items_in_force(on):
        by_category.setdefault(found.item_code[:2], []).append(found)
    return Overview(
        groups=tuple(
            Group(category.code, category.name, tuple(by_category.get(category.code, ()))) for category in categories()
        ),
        authorities=regions.authorities(),
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
        authorities=tuple(names.get(authority, authority) for authority in shown.authorities),
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
