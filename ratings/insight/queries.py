"""The market counted by the database, never row by row here: tables that add up, and the further figures.

Nothing sealed is counted: registrants only of attempts that are decided, offers not at all (rules.md §2.12).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, and_, case, cast, func, literal, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import join
from sqlalchemy.sql.functions import FunctionElement

from app.audit.models import Entry
from app.database import db
from app.identity.models import Organisation
from app.region import queries as regions
from app.region.models import Region
from app.standing import Grade
from bidding.award.models import Award
from bidding.contract.models import Contract
from bidding.selection.models import Selection
from marketplace.agency.models import Agency
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import AnnouncementKind, Decision
from marketplace.catalogue.models import Category, ItemVersion
from marketplace.need.models import Need
from ratings.credit import queries as credit
from ratings.credit.models import CreditEvent
from ratings.evaluation.models import Sheet
from ratings.evaluation.rules import Evaluator
from ratings.insight import rules
from ratings.insight.rules import Asked, Outcome, Table, Tally
from ratings.sanction.models import Sanction
from ratings.sanction.rules import SanctionKind


class local_day(FunctionElement[str]):  # noqa: N801 - reads as the function of SQL that it is
    """The local day of an instant as text, `2026-03-02`: both databases can group by it."""

    type = Text()
    inherit_cache = True


@compiles(local_day, "sqlite")
def _local_day_sqlite(element: local_day, compiler: Any, **options: Any) -> str:
    # No summer time since 1991: eight hours are the whole zone for every instant of the market.
    return f"strftime('%Y-%m-%d', {compiler.process(element.clauses, **options)}, '+8 hours')"


@compiles(local_day, "postgresql")
def _local_day_postgresql(element: local_day, compiler: Any, **options: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **options)} AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')"


IN_FORCE = and_(Award.declined_at.is_(None), Award.lapsed_at.is_(None), Award.fallen_at.is_(None))
ACCEPTED = and_(IN_FORCE, Award.noticed_at.is_not(None), Award.accepted_at.is_not(None))
"""The SQL twin of `bidding.award.rules.Phase.ACCEPTED`: a completed selection."""

WON = (
    select(
        Award.attempt_id,
        func.sum(case((ACCEPTED, 1), else_=0)).label("accepted"),
        func.sum(case((ACCEPTED, Award.amount_fen), else_=0)).label("amount"),
    )
    .where(IN_FORCE)
    .group_by(Award.attempt_id)
    .subquery("won")
)
"""The awards of each attempt that stand, in one row: an attempt has one for each of its places."""

OUTCOME: ColumnElement[str] = case(
    (Announcement.withdrawn_at.is_not(None), cast(Announcement.withdraw_reason, Text)),
    (Announcement.repeat_at.is_not(None), literal(Outcome.OPEN.value)),
    (Attempt.decision == Decision.VOID, literal(Outcome.VOID.value)),
    (
        and_(Attempt.decision == Decision.UNSUCCESSFUL, Selection.resulted_at.is_not(None)),
        literal(Outcome.NOBODY_LEFT.value),
    ),
    (Attempt.decision == Decision.UNSUCCESSFUL, literal(Outcome.TOO_FEW.value)),
    (WON.c.accepted > 0, literal(Outcome.COMPLETED.value)),
    (
        and_(Announcement.kind == AnnouncementKind.DIRECT, WON.c.attempt_id.is_(None)),
        literal(Outcome.DIRECT_ENDED.value),
    ),
    else_=literal(Outcome.OPEN.value),
)


def version() -> str:
    """What the record said last: figures of the same version are the same figures."""
    newest = db.session.execute(select(Entry.id, Entry.leaf).order_by(Entry.id.desc()).limit(1)).first()
    return f"{db.engine.dialect.name}:{newest[0]}:{newest[1]}" if newest is not None else db.engine.dialect.name


def _announced(asked: Asked) -> Sequence[ColumnElement[bool]]:
    """Which announcements are meant: by the branch they are for and the month of their first publication."""
    found: list[ColumnElement[bool]] = [Announcement.published_at.is_not(None)]
    if asked.starts_at is not None:
        found.append(Announcement.published_at >= asked.starts_at)
    if asked.ends_at is not None:
        found.append(Announcement.published_at < asked.ends_at)
    if asked.region != rules.PROVINCE:
        found.append(Need.region.startswith(regions.under(asked.region), autoescape=True))
    return found


PRESENT = join(Announcement, Need, Need.id == Announcement.need_id).join(
    Attempt, and_(Attempt.announcement_id == Announcement.id, Attempt.number == Announcement.attempt_number)
)
"""Announcements with their needs and their present attempts."""


def counted(asked: Asked, *tables: Table) -> dict[Table, dict[str, Tally]]:
    """Every announcement in exactly one row of each of these tables, by the row's code.

    The budget is that of one place: it is counted once for each award that was accepted, as what was awarded is.

    One query, whose rows are as many as the tables have: the database goes over the announcements once and adds up what
    it found once for each table.
    """
    accepted = func.coalesce(WON.c.accepted, 0)
    keys: dict[Table, ColumnElement[str]] = {
        Table.MONTH: func.substr(local_day(Announcement.published_at), 1, 7),
        Table.REGION: _part(asked.region),
        Table.CATEGORY: func.substr(Need.item_code, 1, 2),
        Table.METHOD: cast(Need.method, Text),
        Table.FUND: cast(Need.fund, Text),
        Table.OUTCOME: OUTCOME,
    }
    found = (
        select(
            *(keys[table].label(table.value) for table in tables),
            case((accepted > 0, 1), else_=0).label("completed"),
            (accepted * Need.budget_fen).label("budget"),
            func.coalesce(WON.c.amount, 0).label("amount"),
        )
        .select_from(PRESENT)
        .outerjoin(WON, WON.c.attempt_id == Attempt.id)
        .outerjoin(Selection, Selection.attempt_id == Attempt.id)
        .where(*_announced(asked))
        .cte("found")
    )
    query = union_all(
        *(
            select(
                literal(table.value),
                found.c[table.value],
                func.count(),
                func.sum(found.c.completed),
                func.sum(found.c.budget),
                func.sum(found.c.amount),
            ).group_by(found.c[table.value])
            for table in tables
        )
    )
    rows: dict[Table, dict[str, Tally]] = {table: {} for table in tables}
    for name, code, count, done, budget, amount in db.session.execute(query):
        rows[Table(name)][code] = Tally(count, int(done), int(budget), int(amount))
    return rows


def _part(branch: str) -> ColumnElement[str]:
    """The SQL twin of `rules.child`."""
    return func.substr(Need.region, 1, 4).concat("00") if branch.endswith("0000") else Need.region.expression


def days(asked: Asked) -> dict[tuple[date, date], int]:
    """How many completed selections went from one local day, of publication, to another, of the award."""
    published, made = local_day(Announcement.published_at), local_day(Award.made_at)
    query = (
        select(published, made, func.count())
        .select_from(PRESENT)
        .join(Award, and_(Award.attempt_id == Attempt.id, ACCEPTED))
        .where(*_announced(asked))
        .group_by(published, made)
    )
    return {
        (date.fromisoformat(begun), date.fromisoformat(ended)): count
        for begun, ended, count in db.session.execute(query)
    }


@dataclass(frozen=True, slots=True)
class Registrants:
    """Of decided attempts: how many there were, their valid registrations together, and those with fewer than asked."""

    attempts: int
    valid: int
    too_few: int


def registrants(asked: Asked) -> Registrants:
    """Counted of attempts that are decided, for their registrations are public by then and no sooner."""
    query = (
        select(
            func.count(),
            func.coalesce(func.sum(Selection.valid), 0),
            func.coalesce(func.sum(case((Selection.valid < Selection.minimum, 1), else_=0)), 0),
        )
        .select_from(Selection)
        .join(Attempt, Attempt.id == Selection.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .where(*_announced(asked), Attempt.decision.is_not(None))
    )
    attempts, valid, too_few = db.session.execute(query).one()
    return Registrants(attempts, int(valid), int(too_few))


@dataclass(frozen=True, slots=True)
class Kept:
    """Of contracts: how many were delivered, how many of them in time; how many evaluations fell due, and were made."""

    delivered: int
    in_time: int
    due: int
    evaluated: int


def kept(asked: Asked, *, now: datetime) -> Kept:
    """From the owner's sheets, which freeze the days late when they open. Source: rules.md §2.8 timeliness_auto."""
    made = Sheet.submitted_at.is_not(None)
    query = (
        select(
            func.count(),
            func.coalesce(func.sum(case((Sheet.late_days == 0, 1), else_=0)), 0),
            func.coalesce(func.sum(case((made | (Sheet.due_at <= now), 1), else_=0)), 0),
            func.coalesce(func.sum(case((made, 1), else_=0)), 0),
        )
        .select_from(Sheet)
        .join(Contract, Contract.id == Sheet.contract_id)
        .join(Award, Award.id == Contract.award_id)
        .join(Announcement, Announcement.id == Award.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .where(*_announced(asked), Sheet.evaluator == Evaluator.OWNER)
    )
    return Kept(*(int(figure) for figure in db.session.execute(query).one()))


@dataclass(frozen=True, slots=True)
class Share:
    """How much of one item in one district one agency was given: a lead to look into, never a verdict."""

    region: str
    item: str
    agency_code: str
    agency_name: str
    held: int
    total: int
    held_fen: int
    total_fen: int

    @property
    def ppm(self) -> int:
        """The agency's share of the selections."""
        return rules.share(self.held, self.total) or 0


def shares(asked: Asked) -> list[Share]:
    """The largest shares of one agency in one item and district, where there were enough selections to say so."""
    each = (
        select(
            Need.region.label("region"),
            Need.item_code.label("item"),
            Award.agency_id.label("agency_id"),
            func.count().label("held"),
            func.sum(Award.amount_fen).label("held_fen"),
        )
        .select_from(PRESENT)
        .join(Award, and_(Award.attempt_id == Attempt.id, ACCEPTED))
        .where(*_announced(asked))
        .group_by(Need.region, Need.item_code, Award.agency_id)
        .subquery()
    )
    place = (each.c.region, each.c.item)
    ranked = select(
        each,
        func.sum(each.c.held).over(partition_by=place).label("total"),
        func.sum(each.c.held_fen).over(partition_by=place).label("total_fen"),
    ).subquery()
    # A whole number of parts per million: two databases divide and compare it alike.
    part = cast(ranked.c.held, BigInteger) * rules.ALL // cast(ranked.c.total, BigInteger)
    query = (
        select(ranked, Organisation.code, Organisation.name)
        .join(Agency, Agency.id == ranked.c.agency_id)
        .join(Organisation, Organisation.id == Agency.organisation_id)
        .where(ranked.c.total >= rules.ENOUGH)
        .order_by(part.desc(), ranked.c.total.desc(), ranked.c.region, ranked.c.item, Organisation.code)
        .limit(rules.LEADS)
    )
    return [
        Share(
            region=row.region,
            item=row.item,
            agency_code=row.code,
            agency_name=row.name,
            held=row.held,
            total=int(row.total),
            held_fen=int(row.held_fen),
            total_fen=int(row.total_fen),
        )
        for row in db.session.execute(query)
    ]


def _home(region: str) -> Sequence[ColumnElement[bool]]:
    """Organisations that are at home in a branch; the root holds everybody, from other provinces too."""
    if region == rules.PROVINCE:
        return ()
    return (Organisation.region.startswith(regions.under(region), autoescape=True),)


def library(region: str = rules.PROVINCE, *, as_of: datetime) -> int:
    """How many agencies were in the library (在库) at an instant."""
    query = select(func.count()).select_from(Agency).where(Agency.admitted_at <= as_of)
    if region != rules.PROVINCE:
        query = query.join(Organisation, Organisation.id == Agency.organisation_id).where(*_home(region))
    return db.session.execute(query).scalar_one()


def open_now(now: datetime) -> int:
    """How many announcements may be registered for at this instant."""
    query = (
        select(func.count())
        .select_from(Attempt)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .where(
            Attempt.closes_at > now,
            Attempt.decision.is_(None),
            Announcement.kind == AnnouncementKind.OPEN,
            Announcement.withdrawn_at.is_(None),
        )
    )
    return db.session.execute(query).scalar_one()


def sanctions(region: str, *, now: datetime) -> dict[SanctionKind, int]:
    """Sanctions in force at `now` against those who are at home in a branch, by kind."""
    query = (
        select(Sanction.kind, func.count())
        .join(Organisation, Organisation.id == Sanction.party_id)
        .where(Sanction.from_at <= now, Sanction.until_at > now, *_home(region))
        .group_by(Sanction.kind)
    )
    found = dict(db.session.execute(query).all())
    return {kind: found.get(kind, 0) for kind in SanctionKind}


def newest_event(as_of: datetime) -> str:
    """The last line of the credit ledger up to an instant: the same line, the same grades."""
    query = (
        select(CreditEvent.id, CreditEvent.entry_ref)
        .where(CreditEvent.at <= as_of)
        .order_by(CreditEvent.id.desc())
        .limit(1)
    )
    found = db.session.execute(query).first()
    return f"{db.engine.dialect.name}:{found[0]}:{found[1]}" if found is not None else db.engine.dialect.name


def grades(region: str, *, as_of: datetime) -> dict[Grade, int]:
    """Agencies in the library that have a line in the ledger, by their grade as of an instant."""
    query = (
        select(Organisation.id)
        .join(Agency, Agency.organisation_id == Organisation.id)
        .where(Agency.admitted_at <= as_of, *_home(region))
    )
    admitted = set(db.session.execute(query).scalars())
    found = dict.fromkeys(Grade, 0)
    for party, grade in credit.grades(as_of=as_of).items():
        found[grade] += party in admitted
    return found


def region_names() -> Mapping[str, str]:
    """Every division's name by its code."""
    return dict(regions.choices())


def category_names() -> Mapping[str, str]:
    """The 13 categories' names by their codes."""
    return dict(db.session.execute(select(Category.code, Category.name)).all())


def item_names() -> Mapping[str, str]:
    """Each item's name as it was published last."""
    rows = db.session.execute(select(ItemVersion.item_code, ItemVersion.name).order_by(ItemVersion.version))
    return dict(rows.all())


def knows_region(code: str) -> bool:
    """Whether the tree has this division."""
    return db.session.get(Region, code) is not None
