"""Which limits now call for a warning or an alarm, which are met, and who sees what was raised."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    String,
    Text,
    bindparam,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from app import built
from app.actor import Actor, Role
from app.audit.canonical import instant
from app.database import Instant, db
from app.identity import queries as identities
from app.identity.models import Account, AccountRole, Organisation
from app.refusal import NotFound
from app.region import branches
from app.region import queries as regions
from app.region import rules as tree
from app.stage import Watch
from app.watch import rules
from app.watch.models import Alarm, Outage
from app.watch.rules import Level, Phase
from app.web.paging import SIZE, Listing, listing, parsed

Column = ColumnElement[Any] | InstrumentedAttribute[Any]
Running = Select[str, datetime, str, str, int | None, str | None]
NONE_BEFORE = timedelta(0)


def limits(
    *,
    no: Column,
    at: Column,
    region: Column,
    title: Column,
    party: Column | None = None,
    authority: Column | None = None,
) -> Running:
    """The select that a `Watch` wants, out of a chapter's columns; the chapter adds its joins and what still runs."""
    return select(
        type_coerce(no, String).label("no"),
        type_coerce(at, Instant).label("at"),
        type_coerce(region, String).label("region"),
        type_coerce(title, Text).label("title"),
        (cast(null(), BigInteger) if party is None else type_coerce(party, BigInteger)).label("party"),
        (cast(null(), String(40)) if authority is None else type_coerce(authority, String)).label("authority"),
    )


Watches = tuple[tuple[str, Watch], ...]


def watches() -> Mapping[str, Watch]:
    """Every watch of every stage by its name, in story order."""
    found: Mapping[str, Watch] = built.part("watches")
    return found


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit that runs, and whether its warning was given."""

    watch: str
    no: str
    since: datetime
    ends_at: datetime
    region: str
    title: str
    party_id: int | None
    authority: str | None
    warned: bool


# What falls due


def _end(watch: Watch, since: datetime, region: str) -> datetime:
    return since if watch.ends is None else watch.ends(since, region)


def _limit(row: Row[*tuple[Any, ...]]) -> Limit:
    ends_at = _end(watches()[row.watch], row.at, row.region)
    return Limit(row.watch, row.no, row.at, ends_at, row.region, row.title, row.party, row.authority, bool(row.warned))


def due(now: datetime) -> Iterator[tuple[Level, Limit]]:
    """Every limit that calls for a warning or an alarm at `now`, in one question."""
    chosen = tuple(watches().items())
    if not chosen:
        return
    until = {f"until_{name}": now + (watch.before or NONE_BEFORE) for name, watch in chosen}
    for row in db.session.execute(_unraised(chosen), until):
        limit = _limit(row)
        level = level_of(limit, now=now)
        if level is not None:
            yield level, limit


def level_of(limit: Limit, *, now: datetime) -> Level | None:
    """What one running limit calls for."""
    watch = watches()[limit.watch]
    return rules.level_due(
        ends_at=limit.ends_at, before=watch.before, warned=limit.warned, alarms=watch.alarms, now=now
    )


def upcoming(now: datetime) -> datetime | None:
    """The first instant after `now` at which a limit warns or ends."""
    stored = tuple((name, watch) for name, watch in watches().items() if watch.ends is None)
    told = tuple((name, watch) for name, watch in watches().items() if watch.ends is not None)
    found: list[datetime] = []
    if stored:
        given = {f"from_{name}": now + (watch.before or NONE_BEFORE) for name, watch in stored}
        for name, first, warns in db.session.execute(_next(stored), {**given, "now": now}):
            before = watches()[name].before
            found += [at for at in (first, None if warns is None or before is None else warns - before) if at]
    if told:
        # What begins later is waited for by whoever lets it begin.
        begun = {f"until_{name}": now for name, _ in told}
        for row in db.session.execute(_unraised(told), begun):
            limit = _limit(row)
            before = watches()[limit.watch].before
            found += [limit.ends_at, *([] if before is None or limit.warned else [limit.ends_at - before])]
    return min((at for at in found if at > now), default=None)


@lru_cache(maxsize=8)
def _unraised(chosen: Watches) -> CompoundSelect[Any]:
    """Limits that begin to count by `until_<watch>` and have no alarm; written once, asked in every round."""
    asked = []
    for name, watch in chosen:
        found = watch.running().subquery()
        known = select(Alarm.id).where(Alarm.watch == name, Alarm.no == found.c.no, Alarm.since_at == found.c.at)
        asked.append(
            select(
                literal(name).label("watch"),
                *found.c,
                known.where(Alarm.level == Level.WARNING).exists().label("warned"),
            ).where(
                found.c.at <= bindparam(f"until_{name}", type_=Instant()),
                ~known.where(Alarm.level == Level.ALARM).exists(),
            )
        )
    return union_all(*asked)


@lru_cache(maxsize=64)
def _one_unraised(chosen: Watches) -> Select[Any]:
    """The same of one limit: the database finds it, however many are due at once."""
    found = _unraised(chosen).subquery()
    return select(found).where(
        found.c.no == bindparam("no", type_=String()), found.c.at == bindparam("at", type_=Instant())
    )


@lru_cache(maxsize=8)
def _next(chosen: Watches) -> CompoundSelect[Any]:
    """Of each watch the first end after `now`, and the first whose warning is still to come."""
    asked = []
    for name, watch in chosen:
        found = watch.running().subquery()
        first = func.min(found.c.at)
        now, warned = bindparam("now", type_=Instant()), bindparam(f"from_{name}", type_=Instant())
        warns = select(first).where(found.c.at > warned).scalar_subquery()
        asked.append(
            select(literal(name).label("watch"), first.label("first"), warns.label("warns")).where(found.c.at > now)
        )
    return union_all(*asked)


def running(watch: str, no: str, since: datetime) -> Limit | None:
    """One limit, None where it does not run, or its alarm was raised; asked again inside the act."""
    chosen = tuple((name, each) for name, each in watches().items() if name == watch)
    if not chosen:
        return None
    row = db.session.execute(_one_unraised(chosen), {f"until_{watch}": since, "no": no, "at": since}).first()
    return None if row is None else _limit(row)


def settled(now: datetime) -> list[str]:
    """What was raised and not seen to be met, of which the limit no longer runs; warnings that nothing follows."""
    passed = select(Alarm.ref).where(*_UNMET, Alarm.watch.in_(_unalarmed()), Alarm.ends_at <= now)
    found = list(db.session.execute(passed).scalars())
    return list(dict.fromkeys((*found, *_no_more())))


def _unalarmed() -> list[str]:
    """The watches whose end has a consequence of its own: a warning is all, and it is over with the limit."""
    return [name for name, watch in watches().items() if not watch.alarms]


def is_passed(alarm: Alarm, now: datetime) -> bool:
    """Whether a warning is over with its limit, because no alarm follows."""
    return alarm.watch in _unalarmed() and alarm.ends_at <= now


def _no_more() -> list[str]:
    standing = set(db.session.execute(_STANDING).scalars())
    chosen = tuple((name, watch) for name, watch in watches().items() if name in standing)
    return list(db.session.execute(_gone(chosen)).scalars()) if chosen else []


_UNMET = (Alarm.closed_at.is_(None), Alarm.met_at.is_(None))
_STANDING = select(Alarm.watch).where(*_UNMET).distinct()


@lru_cache(maxsize=64)
def _gone(chosen: Watches) -> CompoundSelect[Any]:
    asked = []
    for name, watch in chosen:
        found = watch.running().subquery()
        runs = select(found.c.no).where(found.c.no == Alarm.no, found.c.at == Alarm.since_at)
        asked.append(select(Alarm.ref).where(Alarm.watch == name, *_UNMET, ~runs.exists()))
    return union_all(*asked)


def is_met(alarm: Alarm) -> bool:
    """Whether the limit of a row no longer runs."""
    watch = watches().get(alarm.watch)
    if watch is None:
        return True
    found = watch.running().subquery()
    asked = select(found.c.no).where(found.c.no == alarm.no, found.c.at == alarm.since_at).limit(1)
    return db.session.execute(asked).first() is None


# Rows


def row(ref: str) -> Select[Alarm]:
    """The row of a warning or alarm, to be locked."""
    return select(Alarm).where(Alarm.ref == ref)


def warning_of(limit: Limit) -> Select[Alarm]:
    """The open warning that was given of a limit, to be locked."""
    return select(Alarm).where(
        Alarm.watch == limit.watch,
        Alarm.no == limit.no,
        Alarm.since_at == limit.since,
        Alarm.level == Level.WARNING,
        Alarm.closed_at.is_(None),
    )


def by_ref(ref: str) -> Alarm:
    """A warning or alarm; raises `NotFound`."""
    found = db.session.execute(row(ref)).scalar_one_or_none()
    if found is None:
        raise NotFound(ref)
    return found


def phase_of(alarm: Alarm) -> Phase:
    """The phase of a row."""
    return rules.phase_of(level=alarm.level, assigned=alarm.assigned_at is not None, closed=alarm.closed_at is not None)


def watch_of(alarm: Alarm) -> Watch:
    """The watch that raised it; raises `NotFound` for one that no chapter brings any more."""
    found = watches().get(alarm.watch)
    if found is None:
        raise NotFound(alarm.watch)
    return found


# Whom it concerns


def responsible(alarm: Alarm) -> list[int]:
    """Who must act: the organisation, or the nearest offices."""
    watch = watch_of(alarm)
    named = [] if alarm.party_id is None else [alarm.party_id]
    if watch.others is not None:
        named += watch.others(alarm.no)
    if named:
        return list(dict.fromkeys(named))
    found = [
        party
        for role in watch.offices
        for party in branches.nearest(role, alarm.region, authority=alarm.authority if role is Role.REGULATOR else None)
    ]
    return list(dict.fromkeys(found))


def overseers(alarm: Alarm) -> list[int]:
    """The operators and supervisors whose branch it is."""
    found = [party for role in (Role.OPERATOR, Role.SUPERVISOR) for party in branches.nearest(role, alarm.region)]
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Office:
    """An office that serves a place, with its open accounts: (login, name)."""

    party_id: int
    code: str
    name: str
    accounts: tuple[tuple[str, str], ...]


def offices(region: str) -> list[Office]:
    """Every office that an alarm of this place may be assigned to, by name."""
    rows = db.session.execute(
        select(Organisation.id, Organisation.code, Organisation.name, Organisation.region, Account.login, Account.name)
        .join(Account, Account.organisation_id == Organisation.id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role.in_(rules.OFFICES), Account.closed_at.is_(None))
        .distinct()
        .order_by(Organisation.name, Account.login)
    ).all()
    found: dict[int, Office] = {}
    seats = {row[3] for row in rows}
    for party_id, code, name, seat, login, person in rows:
        if not tree.serves(seat, of=region, offices=seats):
            continue
        known = found.get(party_id)
        accounts = ((login, person),) if known is None else (*known.accounts, (login, person))
        found[party_id] = Office(party_id, code, name, accounts)
    return list(found.values())


# What people see


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader looks for; None = everything. `region` finds its whole branch."""

    state: str | None = "open"
    level: Level | None = None
    watch: str | None = None
    region: str | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "Filters":
        """From an address; a word that is none of ours is `NotFound`, not silently everything."""
        given = {name: args[name].strip() for name in cls.__dataclass_fields__ if args.get(name, "").strip()}
        state = given.get("state", "open")
        if state not in STATES or given.get("watch", next(iter(watches()), None)) not in watches():
            raise NotFound("filter")
        try:
            level = Level(given["level"]) if "level" in given else None
        except ValueError as error:
            raise NotFound("filter") from error
        return cls(state, level, given.get("watch"), given.get("region"))


STATES: Mapping[str, ColumnElement[bool]] = {
    "open": Alarm.closed_at.is_(None),
    "unassigned": Alarm.closed_at.is_(None) & Alarm.assigned_at.is_(None) & (Alarm.level == Level.ALARM),
    "closed": Alarm.closed_at.is_not(None),
    "all": true(),
}
"""What a list may be of: `open`, of them the alarms that are not `unassigned`, `closed`, or all."""


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One warning or alarm as lists show it."""

    id: int
    ref: str
    watch: str
    what: str
    event: bool
    level: Level
    phase: Phase
    title: str
    no: str
    region_name: str
    responsible: str | None
    offices: tuple[Role, ...]
    ends_at: datetime
    raised_at: datetime
    met_at: datetime | None
    assigned_to: str | None


def listed(filters: Filters, after: str | None, *, actor: Actor, size: int = SIZE) -> Listing[AlarmLine]:
    """What was raised in this office's branch, and what is assigned to it, the newest first."""
    query = select(Alarm).where(_visible(actor), STATES[filters.state or "open"])
    if filters.level is not None:
        query = query.where(Alarm.level == filters.level)
    if filters.watch is not None:
        query = query.where(Alarm.watch == filters.watch)
    if filters.region is not None:
        query = query.where(Alarm.region.startswith(regions.under(filters.region), autoescape=True))
    key = parsed(after, (int,))
    if key is not None:
        query = query.where(Alarm.id < key[0])
    rows = db.session.execute(query.order_by(Alarm.id.desc()).limit(size + 1)).scalars().all()
    page = listing(rows, size=size, key=lambda one: (one.id,))
    return Listing(_lines(page.rows), page.after)


def _visible(actor: Actor) -> ColumnElement[bool]:
    overseeing = actor.roles & {Role.OPERATOR, Role.SUPERVISOR}
    branch = or_(false(), *(branches.served(Alarm.region, actor, role=role) for role in sorted(overseeing)))
    return or_(branch, Alarm.assigned_party_id == actor.party_id)


def _lines(rows: Sequence[Alarm]) -> tuple[AlarmLine, ...]:
    names = identities.names({party for one in rows for party in (one.party_id, one.assigned_party_id) if party})
    places = dict(regions.choices())
    return tuple(_line(one, names, places) for one in rows)


def _line(alarm: Alarm, names: Mapping[int, str], places: Mapping[str, str]) -> AlarmLine:
    watch = watches().get(alarm.watch)
    return AlarmLine(
        id=alarm.id,
        ref=alarm.ref,
        watch=alarm.watch,
        what=alarm.watch if watch is None else watch.title,
        event=watch is not None and watch.event,
        level=alarm.level,
        phase=phase_of(alarm),
        title=alarm.title,
        no=alarm.no,
        region_name=places.get(alarm.region, alarm.region),
        responsible=None if alarm.party_id is None else names.get(alarm.party_id),
        offices=() if watch is None else watch.offices,
        ends_at=alarm.ends_at,
        raised_at=alarm.raised_at,
        met_at=alarm.met_at,
        assigned_to=None if alarm.assigned_party_id is None else names.get(alarm.assigned_party_id),
    )


@dataclass(frozen=True, slots=True)
class AlarmPage:
    """One of them in full; what this reader may do, and whether it was his own kind of office that let it pass."""

    line: AlarmLine
    region: str
    clause: str | None
    address: str
    fixed: bool
    alarms: bool
    responsible: tuple[str, ...]
    assigned_at: datetime | None
    assigned_account: str | None
    closed_at: datetime | None
    closed_by: str | None
    reason: str | None
    explanation: str | None
    assigns: bool
    closes: bool
    cleared_by_others: bool


def page(ref: str, *, actor: Actor) -> AlarmPage:
    """One warning or alarm, for the offices of its branch, whom it is assigned to and who must act; else `NotFound`."""
    alarm = by_ref(ref)
    concerned = responsible(alarm)
    if not (oversees(alarm, actor) or actor.party_id in (*concerned, alarm.assigned_party_id)):
        raise NotFound(ref)
    watch, line = watch_of(alarm), _lines([alarm])[0]
    names = identities.names({party for party in (*concerned, alarm.closed_by) if party})
    account = None if alarm.assigned_account_id is None else db.session.get_one(Account, alarm.assigned_account_id)
    open_alarm, own = alarm.level is Level.ALARM and alarm.closed_at is None, is_own(alarm, actor)
    return AlarmPage(
        line=line,
        region=alarm.region,
        clause=watch.clause,
        address=watch.page(alarm.no),
        fixed=watch.fixed,
        alarms=watch.alarms,
        responsible=tuple(names[party] for party in concerned if party in names),
        assigned_at=alarm.assigned_at,
        assigned_account=None if account is None else account.name,
        closed_at=alarm.closed_at,
        closed_by=None if alarm.closed_by is None else names.get(alarm.closed_by),
        reason=None if alarm.reason is None else alarm.reason.value,
        explanation=alarm.explanation,
        assigns=open_alarm and oversees(alarm, actor) and not (own and alarm.assigned_at is not None),
        closes=open_alarm and not watch.fixed and is_mine(alarm, actor),
        cleared_by_others=own,
    )


def oversees(alarm: Alarm, actor: Actor) -> bool:
    """Whether the actor's office is an operator or a supervisor of the branch."""
    overseeing = actor.roles & {Role.OPERATOR, Role.SUPERVISOR}
    return any(branches.serves(actor, alarm.region, role=role) for role in overseeing)


def is_own(alarm: Alarm, actor: Actor) -> bool:
    """Whether it was the actor's own office that let the limit pass, or one of its kind where none is named."""
    watch = watch_of(alarm)
    named = alarm.party_id is not None or watch.others is not None
    return any(
        rules.is_own(
            role=role,
            named=named and actor.party_id in responsible(alarm),
            kinds=() if named else watch.offices,
        )
        for role in actor.roles & rules.OFFICES
    )


def is_mine(alarm: Alarm, actor: Actor) -> bool:
    """Whether it is assigned to the actor's office, and to nobody else there."""
    own = alarm.assigned_party_id == actor.party_id
    return own and alarm.assigned_account_id in (None, actor.account_id)


MOST_TASKS = 20
"""So many alarms stand on one desk; the list has them all."""


def waiting_for(actor: Actor) -> tuple[tuple[AlarmLine, ...], tuple[AlarmLine, ...]]:
    """Alarms of the branch that nobody was assigned, and those that are this account's to close, the oldest first."""
    alarms = select(Alarm).where(Alarm.level == Level.ALARM, Alarm.closed_at.is_(None)).order_by(Alarm.id)
    fixed = [name for name, watch in watches().items() if watch.fixed]
    unassigned: Sequence[Alarm] = ()
    if actor.roles & {Role.OPERATOR, Role.SUPERVISOR}:
        free = alarms.where(Alarm.assigned_at.is_(None), _visible(actor)).limit(MOST_TASKS)
        unassigned = db.session.execute(free).scalars().all()
    own = alarms.where(
        Alarm.assigned_party_id == actor.party_id,
        or_(Alarm.assigned_account_id.is_(None), Alarm.assigned_account_id == actor.account_id),
        Alarm.watch.not_in(fixed),
    ).limit(MOST_TASKS)
    return _lines(unassigned), _lines(db.session.execute(own).scalars().all())


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm that everybody may know of."""

    what: str
    event: bool
    ends_at: datetime
    raised_at: datetime
    fixed: bool
    attempt: int | None


def public_of(no: str) -> list[Standing]:
    """The open public alarms about an announcement, its attempts, awards and contracts; nothing else is ever told."""
    chosen = tuple(name for name, watch in watches().items() if watch.public)
    given = {"no": no, "attempts": f"{no}/%", "parts": f"{no}-%"}
    found = []
    for name, about, ends_at, raised_at in db.session.connection().execute(_public(chosen), given):
        watch, attempt = watches()[name], about.partition("/")[2]
        number = int(attempt) if attempt.isdigit() else None
        found.append(Standing(watch.title, watch.event, ends_at, raised_at, watch.fixed, number))
    return found


@lru_cache(maxsize=4)
def _public(chosen: tuple[str, ...]) -> Select[str, str, datetime, datetime]:
    """The question of `public_of`, written once: the pages of announcements ask it."""
    about = or_(
        Alarm.no == bindparam("no", type_=String()),
        Alarm.no.like(bindparam("attempts", type_=String())),
        Alarm.no.like(bindparam("parts", type_=String())),
    )
    open_alarms = (Alarm.watch.in_(chosen), Alarm.level == Level.ALARM, Alarm.closed_at.is_(None))
    return select(Alarm.watch, Alarm.no, Alarm.ends_at, Alarm.raised_at).where(*open_alarms, about).order_by(Alarm.id)


def subject(limit: Limit) -> str:
    """How the sweep calls a limit: the watch, the instant, the number, which may hold a slash."""
    return f"{limit.watch}/{instant(limit.since)}/{limit.no}"


def parts(subject: str | None) -> tuple[str, datetime, str]:
    """The reverse; raises `NotFound`."""
    watch, _, rest = (subject or "").partition("/")
    since, _, no = rest.partition("/")
    try:
        return watch, datetime.fromisoformat(since), no
    except ValueError as error:
        raise NotFound(subject) from error


# Outages


def in_branch(region: str, actor: Actor) -> bool:
    """Whether an operator may record an outage of a region."""
    return branches.serves(actor, region, role=Role.OPERATOR)


def outage(no: str) -> Outage:
    """A recorded outage; raises `NotFound`."""
    found = db.session.execute(select(Outage).where(Outage.no == no)).scalar_one_or_none()
    if found is None:
        raise NotFound(no)
    return found


def outages(after: str | None = None, *, size: int = SIZE) -> Listing[Outage]:
    """Every recorded outage, the newest first."""
    key = parsed(after, (int,))
    query = select(Outage).order_by(Outage.id.desc()).limit(size + 1)
    if key is not None:
        query = query.where(Outage.id < key[0])
    return listing(db.session.execute(query).scalars().all(), size=size, key=lambda one: (one.id,))


def overlapping(outage: rules.Outage) -> tuple[str, datetime, datetime] | None:
    """Number, begin and end of the first recorded outage that meets this one: its branch or a part of it, half-open."""
    path, branch = regions.path(outage.region), regions.under(outage.region)
    query = (
        select(Outage.no, Outage.since_at, Outage.until_at)
        .where(
            Outage.since_at < outage.until,
            Outage.until_at > outage.since,
            or_(Outage.region.in_(path), Outage.region.startswith(branch, autoescape=True)),
        )
        .order_by(Outage.id)
        .limit(1)
    )
    row = db.session.execute(query).first()
    return None if row is None else (row.no, row.since_at, row.until_at)
