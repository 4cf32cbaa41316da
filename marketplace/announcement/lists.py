"""What lists show of announcements: the public one by what is looked for, and those of offices and owners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from app.actor import Actor, Role
from app.calendar.services import calendar
from app.database import Instant, db
from app.identity.models import Organisation
from app.refusal import NotFound
from app.region import branches
from app.region import queries as regions
from app.region.models import Region
from app.rules_in_force import rulebook
from app.values import SHANGHAI
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import WorkCalendar
from marketplace.announcement import holds, queries, rules, times
from marketplace.announcement.models import Announcement, Attempt, Hold
from marketplace.announcement.rules import AnnouncementKind, AttemptTerms, Decision, Instants, Phase
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import ItemVersion
from marketplace.need.models import Need, NeedItem
from marketplace.need.rules import Method
from marketplace.purchaser.models import Purchaser
from marketplace.purchaser.rules import Fund

SEARCH_LONGEST = 100
"""Characters of a search that count: each of its terms is a condition, and a database takes only so many."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader looks for; None = everything. `region` finds its whole branch."""

    q: str | None = None
    region: str | None = None
    category: str | None = None
    item: str | None = None
    method: Method | None = None
    phase: Phase | None = None
    fund: Fund | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "Filters":
        """From an address; a word that is none of ours is `NotFound`, not silently everything."""
        given = {name: args[name].strip() for name in cls.__dataclass_fields__ if args.get(name, "").strip()}
        try:
            return cls(
                q=given.get("q", "")[:SEARCH_LONGEST] or None,
                region=given.get("region"),
                category=given.get("category"),
                item=given.get("item"),
                method=Method(given["method"]) if "method" in given else None,
                phase=Phase(given["phase"]) if "phase" in given else None,
                fund=Fund(given["fund"]) if "fund" in given else None,
            )
        except ValueError as error:
            raise NotFound("filter") from error


class Line(NamedTuple):
    """One published announcement in a list; a tuple, because a page makes up to a hundred of them."""

    no: str
    title: str
    kind: AnnouncementKind
    phase: Phase
    purchaser: str
    purchaser_code: str
    region: str
    region_name: str
    item: str
    item_name: str
    further: str | None
    fund: Fund
    method: Method
    budget_fen: int
    price_fen: int | None
    expected_days: int
    attempt: int
    published_at: datetime
    closes_at: datetime


def public_list(filters: Filters, after: str | None, *, now: datetime, size: int = SIZE) -> Listing[Line]:
    """Published announcements, the newest first: one query, whatever is looked for."""
    key = parsed(after, (datetime, int))
    given: dict[str, Any] = {"now": now}
    if key is not None:
        given.update(after_at=key[0], after_id=key[1])
    rows = db.session.connection().execute(_listed(filters, key is not None, size + 1), given).all()
    found = listing(rows, size=size, key=lambda row: (row.published_at.isoformat(), row.id))
    return Listing(tuple(line_of(row, now) for row in found.rows), found.after)


@lru_cache(maxsize=256)
def _listed(filters: Filters, later: bool, rows: int) -> Select[*tuple[Any, ...]]:
    """A page's question with `now`, on later pages `after_at` and `after_id`, left open.

    Kept: to put it together takes longer than the database needs to answer. How many rows are wanted stands in the
    words: with a number left open PostgreSQL plans these seven joins anew each time, which takes longer still.
    """
    picked = search(filters, now=bindparam("now", type_=Instant()))
    if later:
        reached = tuple_(bindparam("after_at", type_=Instant()), bindparam("after_id", type_=BigInteger()))
        picked = picked.where(tuple_(Announcement.published_at, Announcement.id) < reached)
    picked = picked.order_by(Announcement.published_at.desc(), Announcement.id.desc())
    chosen = picked.limit(literal_column(str(rows), Integer())).subquery("chosen")
    lines = _lines().join(chosen, chosen.c.id == Announcement.id)
    return lines.order_by(chosen.c.published_at.desc(), chosen.c.id.desc())


def search(filters: Filters, *, now: ColumnElement[datetime]) -> Select[int, datetime | None]:
    """Id and instant of the published announcements that fit; joins only what a filter asks about.

    A term in Latin letters or digits is looked for in number, pinyin and initials, any other in the words themselves;
    both columns stand in an index in the list's order, so that a search for what is common ends at the first page.
    """
    query = select(Announcement.id, Announcement.published_at).where(Announcement.published_at.is_not(None))
    for term in rules.terms_of(filters.q or ""):
        column = Announcement.spelling if term.isascii() else Announcement.words
        query = query.where(column.contains(term, autoescape=True))
    about = _about_need(filters)
    if about:
        query = query.join(Need, Announcement.need_id == Need.id).where(*about)
    if filters.phase is not None:
        query = query.join(Attempt, queries.PRESENT).where(queries.in_phase(filters.phase, now))
    if filters.phase is Phase.REGISTERING:
        # Few are open at a time: found first, or without statistics the list's own index is walked to its end.
        open_now = aliased(Announcement)
        query = query.where(Announcement.id.in_(select(open_now.id).where(open_now.closes_at > now)))
    return query


def _about_need(filters: Filters) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.region is not None:
        found.append(Need.region.startswith(regions.under(filters.region), autoescape=True))
    if filters.category is not None:
        found.append(Need.item_code.startswith(filters.category, autoescape=True))
    if filters.item is not None:
        beside = select(NeedItem.need_id).where(NeedItem.item_code == filters.item)
        found.append(or_(Need.item_code == filters.item, Need.id.in_(beside)))
    if filters.method is not None:
        found.append(Need.method == filters.method)
    if filters.fund is not None:
        found.append(Need.fund == filters.fund)
    return found


class Pairs(tuple[tuple[str, str], ...]):
    """(code, word) pairs, one object as long as they stay the same: told apart as one, not pair by pair."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Offered:
    """What the list can be narrowed by: (code, word) pairs of divisions, categories and items in force."""

    regions: Pairs
    categories: Pairs
    items: Pairs

    def word(self, name: str, code: str) -> str:
        """The word of a choice, its code where it is none of them."""
        pairs = {"region": self.regions, "category": self.categories, "item": self.items}[name]
        return next((word for known, word in pairs if known == code), code)


def offered(now: datetime) -> Offered:
    """What the list can be narrowed by now; read anew only when the catalogue or the divisions have changed."""
    state = db.session.connection().execute(_CHOICES).first()
    return _offered(now.astimezone(SHANGHAI).date(), None if state is None else tuple(state))


_CHOICES = (
    select(
        ItemVersion.id,
        ItemVersion.name,
        ItemVersion.effective_from,
        select(func.count()).select_from(Region).scalar_subquery(),
    )
    .order_by(ItemVersion.id.desc())
    .limit(1)
)


@lru_cache(maxsize=4)
def _offered(on: date, state: tuple[Any, ...] | None) -> Offered:
    return Offered(
        regions=Pairs(regions.choices()),
        categories=Pairs((category.code, category.name) for category in catalogue.categories()),
        items=Pairs((item.item_code, f"{item.item_code} {item.name}") for item in catalogue.items_in_force(on)),
    )


@cache
def _lines() -> Select[*tuple[Any, ...]]:
    """The columns of lines, without a single entity: lists are read more often than anything else."""
    return (
        select(
            Announcement.id,
            Announcement.no,
            Announcement.kind,
            Announcement.published_at,
            Announcement.repeat_at,
            Announcement.withdrawn_at,
            Announcement.held_at,
            Announcement.expected_days,
            Announcement.attempt_number,
            Attempt.closes_at,
            Attempt.decision,
            Need.title,
            Need.region,
            Need.item_code,
            Need.further,
            Need.fund,
            Need.method,
            Need.budget_fen,
            Need.price_fen,
            Organisation.name.label("purchaser"),
            Organisation.code.label("purchaser_code"),
            ItemVersion.name.label("item_name"),
            Region.name.label("region_name"),
        )
        .join(Attempt, queries.PRESENT)
        .join(Need, Announcement.need_id == Need.id)
        .join(Purchaser, Need.purchaser_id == Purchaser.id)
        .join(Organisation, Purchaser.organisation_id == Organisation.id)
        .join(ItemVersion, Need.item_version_id == ItemVersion.id)
        .join(Region, Need.region == Region.code)
        .where(Announcement.published_at.is_not(None))
    )


def line_of(row: Sequence[Any], now: datetime) -> Line:
    """A row of `_lines`, whatever columns come after; taken apart by place, names would cost more than the query."""
    (
        _,
        no,
        kind,
        published_at,
        repeat_at,
        withdrawn_at,
        held_at,
        expected_days,
        attempt_number,
        closes_at,
        decision,
        title,
        region,
        item,
        further,
        fund,
        method,
        budget_fen,
        price_fen,
        purchaser,
        purchaser_code,
        item_name,
        region_name,
        *_,
    ) = row
    instants = Instants(kind, None, None, published_at, repeat_at, withdrawn_at, closes_at, decision, held_at)
    return Line(
        no,
        title,
        kind,
        rules.phase_of(instants, now=now),
        purchaser,
        purchaser_code,
        region,
        region_name,
        item,
        item_name,
        further,
        fund,
        method,
        budget_fen,
        price_fen,
        expected_days,
        attempt_number,
        published_at,
        closes_at,
    )


def line(no: str, *, now: datetime) -> Line:
    """One published announcement as lists show it; raises `NotFound`."""
    found = db.session.connection().execute(numbered(), {"no": no}).one_or_none()
    if found is None:
        raise NotFound("announcement")
    return line_of(found, now)


@lru_cache(maxsize=1)
def numbered() -> Select[*tuple[Any, ...]]:
    """The line of the announcement whose `no` is bound."""
    return _lines().where(Announcement.no == bindparam("no", type_=String()))


def closing(*, now: datetime, until: datetime, limit: int) -> list[Line]:
    """What still takes registrations and closes in [now, until), the first one first."""
    query = _lines().where(
        Announcement.kind == AnnouncementKind.OPEN,
        Announcement.closes_at >= now,
        Announcement.closes_at < until,
        queries.in_phase(Phase.REGISTERING, now),
    )
    rows = db.session.execute(query.order_by(Announcement.closes_at, Announcement.id).limit(limit)).all()
    return [line_of(row, now) for row in rows]


def held(actor: Actor, *, now: datetime) -> list[tuple[Line, holds.HoldLine]]:
    """What is held in an office's branch, the longest first; two questions, however many there are."""
    rows = db.session.execute(
        _lines()
        .where(Announcement.held_at.is_not(None), branches.seen(Need.region, actor))
        .order_by(Announcement.held_at, Announcement.id)
    ).all()
    query = select(Hold).where(Hold.announcement_id.in_([row.id for row in rows]), Hold.ended_at.is_(None))
    running = {hold.announcement_id: hold for hold in db.session.execute(query).scalars()}
    return [(line_of(row, now), holds.hold_line(running[row.id], row.closes_at)) for row in rows]


def in_review(actor: Actor) -> list[Announcement]:
    """What waits for this operator's branch, the most urgent first."""
    query = select(Announcement).join(Need, Announcement.need_id == Need.id)
    query = query.where(
        branches.served(Need.region, actor, role=Role.OPERATOR),
        Announcement.submitted_at.is_not(None),
        Announcement.approved_at.is_(None),
        Announcement.returned_at.is_(None),
        Announcement.published_at.is_(None),
    )
    return list(db.session.execute(query.order_by(Announcement.review_due_at, Announcement.id)).scalars())


Failed = tuple[Announcement, datetime | None, bool]
"""One whose present attempt failed: until when its purchaser decides, and whether it may be announced again."""


def waiting_for(party_id: int) -> tuple[list[Announcement], list[Failed]]:
    """A purchaser's returned announcements, and those that failed and of which it did not say what comes next."""
    own = (
        select(Announcement)
        .join(Need, Announcement.need_id == Need.id)
        .join(Purchaser, Need.purchaser_id == Purchaser.id)
        .where(Purchaser.organisation_id == party_id)
    )
    returned = own.where(Announcement.returned_at.is_not(None), Announcement.published_at.is_(None))
    failed = own.join(Attempt, queries.PRESENT).add_columns(Attempt.decision, Attempt.decided_at)
    failed = failed.where(
        Announcement.kind == AnnouncementKind.OPEN,
        Announcement.repeat_at.is_(None),
        Announcement.withdrawn_at.is_(None),
        Announcement.concluded_at.is_(None),
        Attempt.decision.in_((Decision.UNSUCCESSFUL, Decision.VOID)),
    )
    days = calendar()
    return (
        list(db.session.execute(returned.order_by(Announcement.id)).scalars()),
        [_failed(one, what, at, days) for one, what, at in db.session.execute(failed.order_by(Announcement.id))],
    )


def _failed(announcement: Announcement, decision: Decision, decided_at: datetime, days: WorkCalendar) -> Failed:
    most = rulebook(announcement.rulebook or "").terms(AttemptTerms).max
    counts, region = decision is Decision.UNSUCCESSFUL, announcement.need.region
    due = times.concluding_due(decided_at, region, days=days) if counts else None
    return announcement, due, announcement.attempt_number < most
