"""Announcements by the hundred thousand, for measuring lists and pages: plausible rows that no act has made."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.act import wiring
from app.bulk import Noted, batches, empty, keep, next_id, note, only_where_nothing_counts, settle, write
from app.clock import now
from app.database import db
from app.numbering import Counter as Numbers
from app.region import queries as regions
from app.rules_in_force import rulebook_for
from app.values import SHANGHAI
from marketplace.announcement.rules import (
    AnnouncementAct,
    AnnouncementKind,
    Decision,
    DrawTerms,
    StandbyTerms,
    searched,
)
from marketplace.catalogue import queries as catalogue
from marketplace.need.rules import Method, NeedAct, Payer
from marketplace.purchaser.rules import Fund, PurchaserKind

PURCHASERS = 300
YEARS = timedelta(days=3 * 365)
"""How far back the first announcement lies; the last one is of this moment."""
STANDS = timedelta(days=8)
ENTRIES = 2
"""Entries of each announcement: the need as it was written, and its publication, which opens it."""


@dataclass(frozen=True, slots=True)
class _Owner:
    id: int
    name: str
    code: str
    region: str
    region_name: str


def announcements(count: int) -> int:
    """Write so many published announcements with needs, attempts and log entries; how many.

    One in a hundred or so still takes registrations; of the others every tenth is unsuccessful. What was decided has no
    award and no contract. Raises `Misconfigured` outside a demonstration.
    """
    only_where_nothing_counts()
    owners = _owners()
    first = {name: next_id(name) for name in ("need", "announcement", "attempt", "entry")}
    last = {(row.region, row.year, row.kind): row.last for row in db.session.execute(select(Numbers)).scalars()}
    numbers = Counter(last)
    for batch in batches(_made(count, owners, numbers)):
        for name in ("need", "announcement", "attempt"):
            write(name, [{"id": first[name] + place, **made[name]} for place, made in enumerate(batch)])
            first[name] += len(batch)
        _note(first["entry"], batch)
        first["entry"] += ENTRIES * len(batch)
        keep()
    empty(Numbers.__tablename__)
    write("counter", [dict(zip(("region", "year", "kind"), key, strict=True), last=n) for key, n in numbers.items()])
    settle(*first)
    keep()
    return count


def _owners() -> list[_Owner]:
    at = now()
    organisation, purchaser = next_id("organisation"), next_id("purchaser")
    divisions = regions.choices()
    owners = []
    for place in range(PURCHASERS):
        code, name = divisions[place % len(divisions)]
        owners.append(
            _Owner(purchaser + place, f"{name} {place + 1:04d}", f"U-{organisation + place:012d}", code, name)
        )
    write(
        "organisation",
        [
            {
                "id": organisation + place,
                "code": each.code,
                "name": each.name,
                "region": each.region,
                "created_at": at,
            }
            for place, each in enumerate(owners)
        ],
    )
    write(
        "purchaser",
        [
            {
                "id": each.id,
                "organisation_id": organisation + place,
                "kind": PurchaserKind.ORGAN,
                "funds": tuple(Fund),
                "contact": each.name,
                "phone": "0775-4200000",
                "registered_at": at,
                "provisional": False,
                "checked_at": at,
                "version": 1,
            }
            for place, each in enumerate(owners)
        ],
    )
    settle("organisation", "purchaser")
    return owners


def _made(count: int, owners: Sequence[_Owner], numbers: "Counter[tuple[str, int, str]]") -> Iterator[dict[str, Any]]:
    need, announcement = next_id("need"), next_id("announcement")
    until = now()
    items = catalogue.items_in_force(until.astimezone(SHANGHAI).date())
    book = rulebook_for(owners[0].region, until)
    draw, standby = book.terms(DrawTerms), book.terms(StandbyTerms)
    for place in range(count):
        owner, item = owners[place * 7 % len(owners)], items[place * 11 % len(items)]
        method, fund = (Method.RANDOM, Method.BID_LOW)[place % 2], tuple(Fund)[place % 3]
        published_at = until - YEARS * ((count - place) / count)
        closes_at = published_at + STANDS
        budget_fen = 100_000 + place * 7_919 % 90_000_000
        over = closes_at <= until
        title = f"{owner.region_name}{item.name} {place + 1}"
        content = f"{title}\n{item.approval}\n{item.basis}"
        year = published_at.astimezone(SHANGHAI).year
        numbers[owner.region, year, "N"] += 1
        numbers[owner.region, year, ""] += 1
        no = f"{owner.region}-{year}-{numbers[owner.region, year, '']:06d}"
        words, spelling = searched(no, title, item.name, owner.name)
        secret = hashlib.sha256(no.encode()).digest()
        decision = None if not over else Decision.UNSUCCESSFUL if place % 10 == 0 else Decision.DRAWN
        yield {
            "need": {
                "no": f"{owner.region}-{year}-N{numbers[owner.region, year, 'N']:06d}",
                "purchaser_id": owner.id,
                "item_code": item.item_code,
                "item_version_id": item.id,
                "region": owner.region,
                "title": title,
                "content": content,
                "fund": fund,
                "payer": Payer.PURCHASER,
                "budget_fen": budget_fen,
                "price_fen": budget_fen if method is Method.RANDOM else None,
                "expected_days": 10 + place % 30,
                "method": method,
                "contact": owner.name,
                "phone": "0775-4200000",
                "created_at": published_at,
                "taken_at": published_at,
                "version": 1,
            },
            "announcement": {
                "no": no,
                "need_id": need + place,
                "kind": AnnouncementKind.OPEN,
                "rulebook": book.id,
                "review_provisional": False,
                "published_at": published_at,
                "closes_at": closes_at,
                "closing_provisional": False,
                "attempt_number": 1,
                "revision": 1,
                "expected_days": 10 + place % 30,
                "content": content,
                "words": words,
                "spelling": spelling,
                "version": 1,
            },
            "attempt": {
                "announcement_id": announcement + place,
                "number": 1,
                "published_at": published_at,
                "closes_at": closes_at,
                "commitment": hashlib.sha256(secret).hexdigest(),
                "sealed_secret": secret,
                "beacon_rule": draw.beacon(fund),
                "winners": 1,
                "alternates": standby.alternates,
                "frozen_at": closes_at if over else None,
                "decision": decision,
                "decided_at": closes_at if over else None,
            },
        }


def _note(first: int, batch: Sequence[dict[str, Any]]) -> None:
    notes: list[Noted] = []
    opens = wiring().opens
    for made in batch:
        need, published, attempt = made["need"], made["announcement"], made["attempt"]
        at: datetime = published["published_at"]
        subjects = (f"need:{need['no']}", f"announcement:{published['no']}")
        notes.append(
            Noted(
                NeedAct.CREATE,
                at,
                "purchaser",
                subjects,
                {"title": need["title"]},
                opens[NeedAct.CREATE],
                len(notes) + 1,
            )
        )
        public = {
            "attempt": 1,
            "beacon_rule": attempt["beacon_rule"],
            "closes_at": at + STANDS,
            "commitment": attempt["commitment"],
            "item": need["item_code"],
            "title": need["title"],
        }
        notes.append(Noted(AnnouncementAct.PUBLISH, at, "purchaser", subjects, public))
    note(first, notes)
