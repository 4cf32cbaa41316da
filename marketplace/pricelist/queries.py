"""Prices as seen: which entry counts on a day, an agency's versions, all agencies' prices for an item."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, aliased, lazyload

from app.database import db
from app.values import Fen
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import LOCAL
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import ItemVersion
from marketplace.pricelist import rules
from marketplace.pricelist.models import PriceEntry
from marketplace.pricelist.rules import Standing


class Order(StrEnum):
    """How the prices of an item are put side by side."""

    PRICE = "price"
    DAYS = "days"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Public prices for one item in one unit: what is asked in different units cannot be compared.

    `units`: every unit in which admitted agencies ask for it, with how many do, the commonest first; `agencies`: how
    many there are in all.
    """

    units: tuple[tuple[str, int], ...]
    unit: str
    order: Order
    agencies: int
    lines: Listing["PriceLine"]


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One price entry as a page shows it; `unified_days` of the item, None where its time runs with the works."""

    no: str
    agency_code: str
    agency_name: str
    item_code: str
    item_name: str
    unit: str
    price_fen: int | None
    rate_ppm: int | None
    content: str
    basis: str
    complaint_phone: str
    committed_days: int
    unified_days: int | None
    effective_from: date
    standing: Standing


def local_day(now: datetime) -> date:
    """The day of an instant in Asia/Shanghai."""
    return now.astimezone(LOCAL).date()


def row(no: str) -> Select[PriceEntry]:
    """The row of a price entry, to be locked; its agency's row stays free."""
    return select(PriceEntry).where(PriceEntry.no == no).options(lazyload(PriceEntry.agency))


def entry_at(agency_id: int, item_code: str, on: date, unit: str | None = None) -> PriceEntry | None:
    """The entry that counts on a local day: the latest one begun by then, of one unit where that is asked."""
    query = (
        select(PriceEntry)
        .where(PriceEntry.agency_id == agency_id, PriceEntry.item_code == item_code, PriceEntry.effective_from <= on)
        .order_by(PriceEntry.effective_from.desc(), PriceEntry.id.desc())
        .limit(1)
    )
    if unit is not None:
        query = query.where(PriceEntry.unit == unit)
    return db.session.execute(query).scalar_one_or_none()


def is_priced(
    agency_id: ColumnElement[int], item_code: ColumnElement[str], on: ColumnElement[date]
) -> ColumnElement[bool]:
    """Whether an agency's price table holds an item on a local day, in whatever unit, as part of another question."""
    return exists().where(
        PriceEntry.agency_id == agency_id, PriceEntry.item_code == item_code, PriceEntry.effective_from <= on
    )


def own_price_at(agency_id: int, item_code: str, on: date) -> Fen | None:
    """An agency's own public price for a whole project, in fen, on a local day; None where it names none."""
    entry = entry_at(agency_id, item_code, on, rules.WHOLE)
    return None if entry is None else entry.price_fen


def is_known(agency_id: int, item_code: str, effective_from: date, unit: str) -> bool:
    """Whether the agency already has an entry for item, unit and day."""
    query = select(PriceEntry.id).where(
        PriceEntry.agency_id == agency_id,
        PriceEntry.item_code == item_code,
        PriceEntry.effective_from == effective_from,
        PriceEntry.unit == unit,
    )
    return db.session.execute(query).first() is not None


def keys_of(agency_id: int) -> set[tuple[str, date, str]]:
    """Item, day and unit of every entry an agency has: what `is_known` asks, for many at once."""
    query = select(PriceEntry.item_code, PriceEntry.effective_from, PriceEntry.unit)
    return {
        (item, effective_from, unit)
        for item, effective_from, unit in db.session.execute(query.where(PriceEntry.agency_id == agency_id))
    }


def _current(on: date) -> tuple[ColumnElement[bool], ...]:
    """The SQL twin of `Standing.CURRENT`: begun, and no later one of the same agency, item and unit begun."""
    later = aliased(PriceEntry)
    replaced = (
        select(later.id)
        .where(
            later.agency_id == PriceEntry.agency_id,
            later.item_code == PriceEntry.item_code,
            later.unit == PriceEntry.unit,
            later.effective_from > PriceEntry.effective_from,
            later.effective_from <= on,
        )
        .exists()
    )
    return PriceEntry.effective_from <= on, ~replaced


def entries_of(agency_id: int, on: date) -> list[PriceEntry]:
    """An agency's entries that count on a local day, one per item and unit, by item."""
    query = (
        select(PriceEntry)
        .where(PriceEntry.agency_id == agency_id, *_current(on))
        .order_by(PriceEntry.item_code, PriceEntry.unit)
    )
    return list(db.session.execute(query).scalars())


def history(agency_id: int, after: str | None = None, *, size: int = SIZE) -> Listing[PriceEntry]:
    """Every version an agency published, newest first."""
    query = select(PriceEntry).where(PriceEntry.agency_id == agency_id).order_by(PriceEntry.id.desc()).limit(size + 1)
    key = parsed(after, (int,))
    if key is not None:
        query = query.where(PriceEntry.id < key[0])
    return listing(db.session.execute(query).scalars().all(), size=size, key=lambda entry: (entry.id,))


def mine(party_id: int, after: str | None = None, *, on: date) -> Listing[PriceLine]:
    """An organisation's own versions with where each stands on a day, newest first."""
    agency = agencies.by_party(party_id)
    if agency is None:
        return Listing((), None)
    page = history(agency.id, after)
    current = {entry.id for entry in entries_of(agency.id, on)}
    items = _items(on)
    return Listing(tuple(_line(entry, items, on, current=entry.id in current) for entry in page.rows), page.after)


def public_of(code: str, *, on: date) -> list[PriceLine]:
    """The price table of an agency by its USCC, for its card: what counts on that day and what begins later."""
    agency = agencies.by_code(code)
    if agency is None:
        return []
    items = _items(on)
    current = [_line(entry, items, on, current=True) for entry in entries_of(agency.id, on)]
    query = (
        select(PriceEntry)
        .where(PriceEntry.agency_id == agency.id, PriceEntry.effective_from > on)
        .order_by(PriceEntry.item_code, PriceEntry.effective_from, PriceEntry.id)
    )
    return current + [_line(entry, items, on, current=False) for entry in db.session.execute(query).scalars()]


def offering(item_code: str, on: date) -> Select[int]:
    """The keys of agencies that have a public price for an item on a local day."""
    return select(PriceEntry.agency_id).where(PriceEntry.item_code == item_code, PriceEntry.effective_from <= on)


def offered_by(agency_ids: Collection[int], *, on: date) -> Mapping[int, tuple[str, ...]]:
    """What each of these agencies has a price for on a local day: names of items, by their code."""
    query = (
        select(PriceEntry.agency_id, PriceEntry.item_code)
        .where(PriceEntry.agency_id.in_(agency_ids), PriceEntry.effective_from <= on)
        .distinct()
        .order_by(PriceEntry.item_code)
    )
    items = _items(on)
    found: dict[int, list[str]] = {}
    for agency_id, code in db.session.execute(query):
        found.setdefault(agency_id, []).append(items[code].name if code in items else code)
    return {agency_id: tuple(items) for agency_id, items in found.items()}


def counts(on: date) -> Mapping[str, int]:
    """How many admitted agencies have a price for each item on a local day."""
    query = (
        select(PriceEntry.item_code, func.count(PriceEntry.agency_id.distinct()))
        .join(Agency, Agency.id == PriceEntry.agency_id)
        .where(Agency.admitted_at.is_not(None), PriceEntry.effective_from <= on)
        .group_by(PriceEntry.item_code)
    )
    return dict(db.session.execute(query).all())


def _of_item(item_code: str, on: date) -> tuple[ColumnElement[bool], ...]:
    return PriceEntry.item_code == item_code, Agency.admitted_at.is_not(None), *_current(on)


def compared(
    item_code: str, *, on: date, unit: str = "", order: Order = Order.PRICE, after: str | None = None, size: int = SIZE
) -> Comparison:
    """What admitted agencies ask for an item on a local day, in one unit (the commonest where none is asked for).

    Ascending by price, by committed days, or by name (pinyin); a token of another order is `NotFound`.
    """
    units = tuple(
        (name, count)
        for name, count in db.session.execute(
            select(PriceEntry.unit, func.count())
            .join(Agency, Agency.id == PriceEntry.agency_id)
            .where(*_of_item(item_code, on))
            .group_by(PriceEntry.unit)
            .order_by(func.count().desc(), PriceEntry.unit)
        )
    )
    chosen = unit if unit in dict(units) else units[0][0] if units else ""
    column, kind = _order(order, chosen)
    query = (
        select(PriceEntry)
        .join(PriceEntry.agency)
        .where(*_of_item(item_code, on), PriceEntry.unit == chosen)
        .order_by(column, PriceEntry.id)
        .limit(size + 1)
    )
    key = parsed(after, (kind, int))
    if key is not None:
        query = query.where(tuple_(column, PriceEntry.id) > key)
    found = listing(
        db.session.execute(query).scalars().all(), size=size, key=lambda entry: (_key(entry, order), entry.id)
    )
    items = _items(on)
    lines = tuple(_line(entry, items, on, current=True) for entry in found.rows)
    return Comparison(units, chosen, order, counts(on).get(item_code, 0), Listing(lines, found.after))


def _order(order: Order, unit: str) -> tuple[InstrumentedAttribute[Any], type]:
    if order is Order.NAME:
        return Agency.sort_key, str
    if order is Order.DAYS:
        return PriceEntry.committed_days, int
    return (PriceEntry.rate_ppm if unit in rules.RATES else PriceEntry.price_fen), int


def _key(entry: PriceEntry, order: Order) -> str | int:
    if order is Order.NAME:
        return entry.agency.sort_key
    if order is Order.DAYS:
        return entry.committed_days
    return (entry.price_fen if entry.rate_ppm is None else entry.rate_ppm) or 0


def _items(on: date) -> Mapping[str, ItemVersion]:
    """The items as of a day; a handful of rows, one query a page."""
    return {item.item_code: item for item in catalogue.items_in_force(on)}


def _line(entry: PriceEntry, items: Mapping[str, ItemVersion], on: date, *, current: bool) -> PriceLine:
    item = items.get(entry.item_code)
    later = Standing.FUTURE if entry.effective_from > on else Standing.PAST
    return PriceLine(
        no=entry.no,
        agency_code=entry.agency.organisation.code,
        agency_name=entry.agency.organisation.name,
        item_code=entry.item_code,
        item_name=entry.item_code if item is None else item.name,
        unit=entry.unit,
        price_fen=entry.price_fen,
        rate_ppm=entry.rate_ppm,
        content=entry.content,
        basis=entry.basis,
        complaint_phone=entry.complaint_phone,
        committed_days=entry.committed_days,
        unified_days=None if item is None else item.days,
        effective_from=entry.effective_from,
        standing=Standing.CURRENT if current else later,
    )
