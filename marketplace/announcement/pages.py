"""One announcement: as everybody sees it, as a machine reads it, and what may become of it once it failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Row, Select, bindparam, select

from app.audit.services import Happened, timeline
from app.database import db
from app.refusal import NotFound, Refusal
from app.region import queries as regions
from app.rules_in_force import rulebook
from app.web.paging import SIZE, Listing
from marketplace.announcement import holds, lists, queries, rules, times
from marketplace.announcement.models import Amendment, Announcement, Attempt
from marketplace.announcement.rules import AttemptTerms, Decision
from marketplace.catalogue.models import ItemVersion
from marketplace.need.models import Need, NeedItem
from marketplace.need.rules import SEALED, SECOND, Particulars
from marketplace.purchaser.models import Purchaser


@lru_cache(maxsize=1)
def _tries() -> Select[*tuple[Any, ...]]:
    """What the public page tells of each attempt, without the entity."""
    shown = (
        Attempt.number,
        Attempt.published_at,
        Attempt.closes_at,
        Attempt.commitment,
        Attempt.beacon_rule,
        Attempt.winners,
        Attempt.auction_at,
        Attempt.auction_provisional,
        Attempt.frozen_at,
        Attempt.decision,
        Attempt.offers_close_at,
    )
    of_one = Attempt.announcement_id == bindparam("announcement", type_=BigInteger())
    return select(*shown).where(of_one).order_by(Attempt.number)


class ItemShown(NamedTuple):
    """One item of an announcement; `days`: its unified working days, None = for as long as the works last."""

    code: str
    name: str
    days: int | None
    qualification: str


@dataclass(frozen=True, slots=True)
class AnnouncementPage:
    """One announcement as everybody sees it; nothing here knows of registrants."""

    line: lists.Line
    content: str
    payer: str
    budget_line: str | None
    project_code: str | None
    approval: str | None
    authority: str | None
    phone: str
    items: tuple[ItemShown, ...]
    rulebook: str
    provisional: bool
    revision: int
    winners: int
    particulars: Particulars
    sealed: bool
    offers_close_at: datetime | None
    auction_at: datetime | None
    withdraw_reason: str | None
    withdraw_explanation: str | None
    concluded_at: datetime | None
    concluded_way: rules.Ending | None
    concluded_because: str | None
    follows_no: str | None
    followed_by: str | None
    minimum: int | None
    attempts: tuple[Row[*tuple[Any, ...]], ...]
    amendments: tuple[Amendment, ...]
    attempts_left: bool
    party_id: int
    need_no: str
    selected: bool
    events: tuple[Happened, ...]
    holds: tuple[holds.HoldLine, ...]


def page(no: str, *, now: datetime) -> AnnouncementPage:
    """A published announcement; raises `NotFound` for any other."""
    row = db.session.connection().execute(_whole(), {"no": no}).one_or_none()
    if row is None:
        raise NotFound("announcement")
    tries = db.session.connection().execute(_tries(), {"announcement": row.id}).all()
    present = next(each for each in tries if each.number == row.attempt_number)
    most = rulebook(row.rulebook).terms(AttemptTerms).max
    events = timeline(f"announcement:{no}", together=True)
    return AnnouncementPage(
        line=lists.line_of(row, now),
        content=row.content,
        payer=row.payer.value,
        budget_line=row.budget_line,
        project_code=row.project_code,
        approval=row.approval,
        authority=regions.authorities().get(row.authority) if row.authority else None,
        phone=row.phone,
        items=_items(row),
        rulebook=row.rulebook,
        provisional=row.closing_provisional or present.auction_provisional,
        revision=row.revision,
        winners=present.winners,
        particulars=Particulars.kept(row.particulars),
        sealed=row.method in SEALED | SECOND,
        offers_close_at=present.offers_close_at,
        auction_at=present.auction_at,
        withdraw_reason=row.withdraw_reason,
        withdraw_explanation=row.withdraw_explanation,
        concluded_at=row.concluded_at,
        concluded_way=row.concluded_way,
        concluded_because=row.concluded_because,
        follows_no=None if row.follows_id is None else _no_of(Announcement.need_id == row.follows_id),
        followed_by=None if row.concluded_at is None else _no_of(Need.follows_id == row.need_id),
        minimum=row.minimum,
        attempts=tuple(tries),
        amendments=tuple(queries.amendments(row.id)) if row.revision > 1 else (),
        attempts_left=row.attempt_number < most and row.concluded_at is None,
        party_id=row.organisation_id,
        need_no=row.need_no,
        selected=present.decision is Decision.DRAWN,
        events=events,
        holds=tuple(holds.holds(row.id)) if any(event.act in rules.HOLDS for event in events) else (),
    )


SHOWN = (
    Announcement.rulebook,
    Announcement.content,
    Announcement.closing_provisional,
    Announcement.revision,
    Announcement.withdraw_reason,
    Announcement.withdraw_explanation,
    Announcement.concluded_at,
    Announcement.concluded_way,
    Announcement.concluded_because,
    Announcement.minimum,
    Need.no.label("need_no"),
    Need.follows_id,
    Need.payer,
    Need.budget_line,
    Need.project_code,
    Need.approval,
    Need.authority,
    Need.phone,
    Need.particulars,
    Need.id.label("need_id"),
    Purchaser.organisation_id,
    ItemVersion.days,
    ItemVersion.qualification,
)
"""What the page of an announcement shows beyond its line."""


@lru_cache(maxsize=1)
def _whole() -> Select[*tuple[Any, ...]]:
    return lists.numbered().add_columns(*SHOWN)


def _no_of(condition: ColumnElement[bool]) -> str | None:
    """The number of the announcement that went before, or came after; None where it is not public."""
    query = select(Announcement.no).join(Need, Announcement.need_id == Need.id).where(condition)
    return db.session.execute(query).scalar_one_or_none()


def _items(row: Row[*tuple[Any, ...]]) -> tuple[ItemShown, ...]:
    """All items of a need, the main one first, of the versions in force when it was written."""
    main = ItemShown(row.item_code, row.item_name, row.days, row.qualification)
    if row.further is None:
        return (main,)
    query = (
        select(NeedItem.item_code, ItemVersion.name, ItemVersion.days, ItemVersion.qualification)
        .join(ItemVersion, NeedItem.item_version_id == ItemVersion.id)
        .where(NeedItem.need_id == row.need_id)
        .order_by(NeedItem.position)
    )
    return (main, *(ItemShown(*each) for each in db.session.execute(query)))


@dataclass(frozen=True, slots=True)
class Afterwards:
    """A purchase that failed, for its purchaser: how often, until when it decides, and what stands against each way."""

    line: lists.Line
    rulebook: str
    most: int
    failures: int
    attempts_left: bool
    concluded_at: datetime | None
    due_at: datetime | None
    late: bool
    against: Mapping[str, tuple[Refusal, ...]]


def afterwards(no: str, *, now: datetime) -> Afterwards:
    """What may become of a published announcement that failed; raises `NotFound`."""
    found = queries.by_no(no)
    if found is None or found.rulebook is None:
        raise NotFound("announcement")
    terms, present = rulebook(found.rulebook).terms(AttemptTerms), queries.present_attempt(found)
    failed = queries.failures(found.id)
    asked = {
        way.value: rules.refusals_to_conclude(
            rules.Conclusion(way, "-"),
            failed=failed,
            void=present.decision is Decision.VOID,
            concluded=False,
            payer=found.need.payer,
            terms=terms,
        )
        for way in rules.Ending
    }
    since = present.decided_at if present.decision is Decision.UNSUCCESSFUL else None
    due = None if since is None else times.concluding_due(since, found.need.region)
    return Afterwards(
        line=lists.line(no, now=now),
        rulebook=found.rulebook,
        most=terms.max,
        failures=failed,
        attempts_left=present.number < terms.max,
        concluded_at=found.concluded_at,
        due_at=due,
        late=due is not None and now >= due,
        against={way: tuple(reasons) for way, reasons in asked.items()},
    )


def resource_page(after: str | None, limit: int = SIZE, *, now: datetime, **params: str) -> Listing[Mapping[str, Any]]:
    """One page of the machine API: the same list, the same filters."""
    found = lists.public_list(lists.Filters.of(params), after, now=now, size=limit)
    return Listing(tuple(members(line) for line in found.rows), found.after)


def resource_one(no: str, *, now: datetime) -> Mapping[str, Any] | None:
    """One published announcement for the machine API, None where there is none."""
    announcement = queries.by_no(no)
    if announcement is None:
        return None
    return {
        **members(lists.line(no, now=now)),
        "content": announcement.content,
        "rulebook": announcement.rulebook,
        "revision": announcement.revision,
        "attempts": [
            {
                "number": each.number,
                "published_at": each.published_at.isoformat(),
                "closes_at": each.closes_at.isoformat(),
                "auction_at": None if each.auction_at is None else each.auction_at.isoformat(),
                "commitment": each.commitment,
                "beacon_rule": each.beacon_rule,
                "offer_key": None if each.offer_key is None else each.offer_key.hex(),
                "frozen_at": None if each.frozen_at is None else each.frozen_at.isoformat(),
                "decision": each.decision,
            }
            for each in queries.attempts(announcement.id)
        ],
    }


def members(line: lists.Line) -> Mapping[str, Any]:
    """A line as JSON values."""
    return {
        "no": line.no,
        "title": line.title,
        "kind": line.kind,
        "phase": line.phase,
        "purchaser": {"name": line.purchaser, "code": line.purchaser_code},
        "region": line.region,
        "item": line.item,
        "item_name": line.item_name,
        "items": [line.item, *(line.further or "").split()],
        "fund": line.fund,
        "method": line.method,
        "budget_fen": line.budget_fen,
        "price_fen": line.price_fen,
        "expected_days": line.expected_days,
        "attempt": line.attempt,
        "published_at": line.published_at.isoformat(),
        "closes_at": line.closes_at.isoformat(),
    }
