"""How many could register for a need: who they are now, and every count that was published."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from app.calendar.rules import HoursTerms
from app.calendar.services import calendar
from app.database import db
from app.identity.models import Organisation
from app.region import queries as regions
from app.rulebook import Rulebook
from app.rules_in_force import rulebook
from app.standing import able_for
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import WorkCalendar
from marketplace.agency.models import Agency
from marketplace.announcement.models import EligibleCount
from marketplace.announcement.rules import Counted, ThinTerms
from marketplace.catalogue import queries as catalogue
from marketplace.need import queries as needs
from marketplace.need.models import Need


def able_for_need(need: Need, *, book: Rulebook, now: datetime) -> list[tuple[str, str]]:
    """The codes and names of those who could register for a need now, ascending by code (rules.md min_valid.thin)."""
    keys = able_for(needs.scope_of(need, book.id), now=now, owner=need.purchaser.organisation_id)
    query = select(Organisation.code, Organisation.name).join(Agency, Agency.organisation_id == Organisation.id)
    rows = db.session.execute(query.where(Agency.id.in_(keys)).order_by(Organisation.code))
    return [(code, name) for code, name in rows]


def count_of(need_id: int) -> EligibleCount | None:
    """The latest published count for a need."""
    query = select(EligibleCount).where(EligibleCount.need_id == need_id).order_by(EligibleCount.id.desc()).limit(1)
    return db.session.execute(query).scalar_one_or_none()


def public_until(count: EligibleCount, *, days: WorkCalendar | None = None) -> datetime:
    """Until when a count stands before anything may follow from it; `days`: the calendar, where many are asked.

    Full working days, for it protects others. Source: rules.md §2.1 period.minimum, §2.5 min_valid.thin.
    """
    book, where = rulebook(count.rulebook), regions.path(count.region)
    wanted, opening = book.terms(ThinTerms).thin_publicity_days, book.terms(HoursTerms).opens
    return (days or calendar()).earliest(count.at, wanted, path=where, opening=opening).at


def counted(need: Need, *, book: Rulebook, now: datetime) -> Counted | None:
    """The latest count for a need as of now; None where nobody counted."""
    found = count_of(need.id)
    if found is None:
        return None
    return Counted(
        agencies=found.agencies,
        until_at=public_until(found),
        same=(found.items, found.region, found.fund) == (need.codes, need.region, need.fund),
        able=len(able_for_need(need, book=book, now=now)),
    )


class CountLine(NamedTuple):
    """One published count: of what, for whom, when and until when, how many it takes, and who they are."""

    title: str
    item: str
    region: str
    purchaser: str
    at: datetime
    until_at: datetime
    minimum: int
    agencies: tuple[tuple[str, str], ...]


def counts(after: str | None, *, size: int = SIZE) -> Listing[CountLine]:
    """Every published count, the newest first."""
    query = select(EligibleCount).order_by(EligibleCount.id.desc()).limit(size + 1)
    key = parsed(after, (int,))
    if key is not None:
        query = query.where(EligibleCount.id < key[0])
    page = listing(db.session.execute(query).scalars().all(), size=size, key=lambda count: (count.id,))
    days, wanted = calendar(), {code for count in page.rows for code in count.agencies}
    named = select(Organisation.code, Organisation.name).where(Organisation.code.in_(wanted))
    names = dict(db.session.execute(named).all())
    items = {version.item_code: version.name for version in catalogue.latest_versions()}
    return Listing(
        tuple(
            CountLine(
                title=count.need.title,
                item="、".join(f"{items.get(code, '')} {code}".strip() for code in count.items),
                region=regions.name(count.region),
                purchaser=count.need.purchaser.organisation.name,
                at=count.at,
                until_at=public_until(count, days=days),
                minimum=count.minimum,
                agencies=tuple((code, names.get(code, code)) for code in count.agencies),
            )
            for count in page.rows
        ),
        page.after,
    )
