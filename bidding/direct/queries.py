"""Commissions as their two sides see them; nobody else knows of one before it is accepted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, String, cast, func, select

from app.actor import Actor, Role
from app.database import db
from app.identity.models import Organisation
from app.refusal import NotFound, Refusal
from app.region import branches
from app.rulebook import Rulebook
from app.rules_in_force import rulebook, rulebook_for
from app.standing import standing_of
from app.values import Fen
from app.watch.queries import Running, limits
from app.web.paging import SIZE, Listing, listing, parsed
from app.workdays import WorkCalendar
from bidding.direct import rules
from bidding.direct.models import Commission, NamedPrice
from bidding.direct.rules import Cap, Chosen, DirectAct, DirectTerms, Failures, Past, Phase, Side
from bidding.registration import queries as registrations
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement
from marketplace.announcement.rules import AttemptTerms, Decision
from marketplace.need import queries as needs
from marketplace.need.models import Need
from marketplace.need.rules import Exceptional, ScopeTerms, same_service
from marketplace.pricelist import queries as prices
from marketplace.pricelist.queries import PriceLine
from marketplace.pricelist.rules import WHOLE


@dataclass(frozen=True, slots=True)
class Named:
    """One price that was named, by which side, when."""

    side: Side
    amount_fen: Fen
    days: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CommissionPage:
    """One commission as one of its sides sees it; `acts` are those this reader may do now."""

    id: int
    need_no: str
    title: str
    content: str
    item: str
    purchaser: str
    agency: str
    agency_code: str
    budget_fen: Fen
    expected_days: int
    reason: StrEnum
    explanation: str
    minutes: str | None
    phase: Phase
    proposed_at: datetime
    due_at: datetime
    prices: tuple[Named, ...]
    side: Side
    acts: tuple[StrEnum, ...]
    refusals: tuple[Refusal, ...]
    rulebook: str

    @property
    def last(self) -> Named:
        """The price on the table."""
        return self.prices[-1]


@dataclass(frozen=True, slots=True)
class Registrant:
    """One who was found valid in a failed attempt, with its own public price, None where there is none."""

    code: str
    name: str
    price_fen: Fen | None


@dataclass(frozen=True, slots=True)
class YearLine:
    """A purchaser's direct awards of the year to one agency: how many, in fen, in ppm of all, what one more exceeds."""

    code: str
    name: str
    awards: int
    amount_fen: int
    share_ppm: int
    cap: Cap | None


@dataclass(frozen=True, slots=True)
class DirectPage:
    """A need as its purchaser sees it on the way to a direct commission: why not, with whom, and at which price."""

    need_no: str
    title: str
    item_code: str
    budget_fen: Fen
    expected_days: int
    public_funds: bool
    reasons: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    offers: Listing[PriceLine]
    after_failures: bool
    registrants: tuple[Registrant, ...]
    failed_no: str | None
    year: tuple[YearLine, ...]
    annual_awards: int
    annual_share: int
    commissions: tuple[CommissionPage, ...]
    rulebook: str

    @property
    def open(self) -> CommissionPage | None:
        """The commission under negotiation."""
        return next((one for one in self.commissions if one.phase in (Phase.WITH_AGENCY, Phase.WITH_PURCHASER)), None)

    @property
    def accepted(self) -> bool:
        """Whether this need was commissioned."""
        return any(one.phase is Phase.ACCEPTED for one in self.commissions)


def open_of(need_id: int) -> Commission | None:
    """The commission of a need that nobody has ended; the need's own lock guards it."""
    return db.session.execute(
        select(Commission)
        .where(Commission.need_id == need_id, Commission.ended_at.is_(None))
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def last_price(commission: Commission) -> NamedPrice:
    """The price on the table: the one that was named last."""
    return commission.prices[-1]


def phase_of(commission: Commission, now: datetime) -> Phase:
    """The phase of a row at `now`."""
    return rules.phase_of(
        last=last_price(commission).side,
        accepted_at=commission.accepted_at,
        declined_at=commission.declined_at,
        ended_at=commission.ended_at,
        due_at=commission.due_at,
        now=now,
    )


def judged(need: Need) -> rules.Need:
    """What a direct commission of this need is judged by."""
    return rules.Need(
        method=need.method,
        payer=need.payer,
        fund=need.fund,
        budget_fen=need.budget_fen,
        expected_days=need.expected_days,
        exceptional=need.exceptional,
    )


def failed(announcement: Announcement) -> list[Agency]:
    """Those who were found valid in an announcement's failed attempts, ascending by code; leads of consortia alone."""
    found = {
        registration.agency.organisation.code: registration.agency
        for attempt in announcements.attempts(announcement.id)
        if attempt.decision is Decision.UNSUCCESSFUL
        for registration in registrations.valid(attempt.id)
    }
    return [found[code] for code in sorted(found)]


def failed_of(no: str) -> list[Organisation]:
    """The organisations of those, by the announcement's number."""
    found = announcements.by_no(no)
    return [] if found is None else [agency.organisation for agency in failed(found)]


def failures_of(need: Need) -> Failures:
    """What a need follows, by the rulebook that was announced; nothing failed where it follows none."""
    before = None if need.follows_id is None else announcements.by_need_id(need.follows_id)
    if before is None or before.rulebook is None:
        return Failures(0, 1, frozenset(), same_terms=False)
    return Failures(
        attempts=announcements.failures(before.id),
        needed=rulebook(before.rulebook).terms(AttemptTerms).max,
        registrants=frozenset(agency.organisation.code for agency in failed(before)),
        same_terms=same_service(needs.input_of(need), announcements.announced(before)),
    )


def _own_price(agency_id: int, need: Need, now: datetime) -> Fen | None:
    """What an agency asks in public for all items of a need, None where it names no price by the project for one."""
    on = prices.local_day(now)
    found = [prices.own_price_at(agency_id, code, on) for code in need.codes]
    return None if None in found else Fen(sum(price for price in found if price is not None))


def chosen(agency: Agency | None, need: Need, *, book: Rulebook, now: datetime) -> Chosen:
    """How an agency stands to a need at `now`; an unknown one is not active."""
    if agency is None:
        return Chosen(active=False, own_price_fen=None, standing=(), same_organisation=False)
    standing = standing_of(agency.organisation_id, now=now, scope=needs.scope_of(need, book.id))
    return Chosen(
        active=agencies.is_active(agency, now),
        own_price_fen=_own_price(agency.id, need, now),
        standing=standing.to(DirectAct.ACCEPT),
        same_organisation=agency.organisation_id == need.purchaser.organisation_id,
    )


def year_of(purchaser_id: int, *, now: datetime) -> Mapping[int, tuple[int, int]]:
    """A purchaser's direct awards of the year before `now`: by agency's key how many, and their sum in fen."""
    last = select(func.max(NamedPrice.id)).where(NamedPrice.commission_id == Commission.id).scalar_subquery()
    rows = db.session.execute(
        select(Commission.agency_id, func.count(), func.sum(NamedPrice.amount_fen))
        .join(Need, Need.id == Commission.need_id)
        .join(NamedPrice, NamedPrice.id == last.correlate(Commission))
        .where(
            Need.purchaser_id == purchaser_id,
            Commission.accepted_at > now - rules.YEAR,
            Commission.accepted_at <= now,
        )
        .group_by(Commission.agency_id)
    )
    return {agency_id: (count, int(total)) for agency_id, count, total in rows}


def past_of(year: Mapping[int, tuple[int, int]], agency_id: int) -> Past:
    """The same for one agency beside all."""
    awards, amount = year.get(agency_id, (0, 0))
    return Past(awards, amount, sum(count for count, _ in year.values()), sum(total for _, total in year.values()))


def over_cap() -> Running:
    """Direct awards by which a purchaser's awards to one agency exceeded what is usual, with that instant."""
    return (
        limits(no=Announcement.no, at=Commission.accepted_at, region=Need.region, title=Need.title)
        .select_from(Commission)
        .join(Need, Need.id == Commission.need_id)
        .join(Announcement, Announcement.need_id == Need.id)
        .where(Commission.over_cap.is_not(None), Commission.accepted_at.is_not(None))
    )


# What people see


def side_of(actor: Actor, commission: Commission) -> Side:
    """On which side the actor stands; raises `NotFound` for everybody else."""
    if Role.PURCHASER in actor.roles and actor.party_id == commission.need.purchaser.organisation_id:
        return Side.PURCHASER
    if Role.AGENCY in actor.roles and actor.party_id == commission.agency.organisation_id:
        return Side.AGENCY
    raise NotFound("commission")


def page_for_purchaser(actor: Actor, need_no: str, *, now: datetime, after: str | None = None) -> DirectPage:
    """The purchaser's page of one need, the cheapest agencies first. Raises `NotFound` for anybody else's."""
    need = needs.own(actor.party, need_no)
    book = rulebook_for(need.region, now)
    terms, small = book.terms(DirectTerms), book.terms(ScopeTerms).small_limit
    after_failures = need.exceptional is Exceptional.TWO_FAILURES
    before = announcements.by_need_id(need.follows_id) if after_failures and need.follows_id is not None else None
    rows = db.session.execute(
        select(Commission).where(Commission.need_id == need.id).order_by(Commission.id.desc())
    ).scalars()
    asked = prices.compared(need.item_code, on=prices.local_day(now), unit=WHOLE, after=after)
    return DirectPage(
        need_no=need.no,
        title=need.title,
        item_code=need.item_code,
        budget_fen=need.budget_fen,
        expected_days=need.expected_days,
        public_funds=judged(need).public_funds,
        reasons=rules.reasons_for(judged(need), small_limit=small, terms=terms),
        refusals=tuple(rules.refusals_to_go_direct(need=judged(need), small_limit=small, terms=terms)),
        offers=asked.lines if asked.unit == WHOLE and not after_failures else Listing((), None),
        after_failures=after_failures,
        registrants=()
        if before is None
        else tuple(
            Registrant(agency.organisation.code, agency.organisation.name, _own_price(agency.id, need, now))
            for agency in failed(before)
        ),
        failed_no=None if before is None else before.no,
        year=_year(need, terms, now=now),
        annual_awards=terms.annual_awards,
        annual_share=terms.annual_share,
        commissions=tuple(_page(commission, Side.PURCHASER, now=now) for commission in rows),
        rulebook=book.id,
    )


def _year(need: Need, terms: DirectTerms, *, now: datetime) -> tuple[YearLine, ...]:
    """To whom the purchaser went direct in the year before, the most frequent first."""
    year = year_of(need.purchaser_id, now=now)
    found = db.session.execute(select(Agency).where(Agency.id.in_(year))).scalars() if year else ()
    lines = []
    for agency in found:
        past = past_of(year, agency.id)
        lines.append(
            YearLine(
                code=agency.organisation.code,
                name=agency.organisation.name,
                awards=past.awards,
                amount_fen=past.amount_fen,
                share_ppm=past.amount_fen * rules.WHOLE // past.all_fen,
                cap=rules.cap_exceeded(past, amount_fen=need.budget_fen, terms=terms),
            )
        )
    return tuple(sorted(lines, key=lambda line: (-line.awards, -line.amount_fen, line.code)))


def page_for_agency(actor: Actor, need_no: str, *, now: datetime) -> CommissionPage:
    """The latest commission of a need to the actor's own agency. Raises `NotFound`."""
    found = db.session.execute(
        _of_party(actor.party).join(Commission.need).where(Need.no == need_no).limit(1)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("commission")
    return _page(found, Side.AGENCY, now=now)


def _page(commission: Commission, side: Side, *, now: datetime) -> CommissionPage:
    need, phase = commission.need, phase_of(commission, now)
    book = rulebook_for(need.region, now)
    acts = tuple(act for act in rules.FLOW.acts_in(phase) if rules.may_act(DirectAct(act), side=side, phase=phase))
    against = () if not acts else tuple(rules.refusals_of_agency(chosen(commission.agency, need, book=book, now=now)))
    return CommissionPage(
        id=commission.id,
        need_no=need.no,
        title=need.title,
        content=need.content,
        item=need.item.name,
        purchaser=need.purchaser.organisation.name,
        agency=commission.agency.organisation.name,
        agency_code=commission.agency.organisation.code,
        budget_fen=need.budget_fen,
        expected_days=need.expected_days,
        reason=commission.reason,
        explanation=commission.explanation,
        minutes=commission.minutes,
        phase=phase,
        proposed_at=commission.proposed_at,
        due_at=commission.due_at,
        prices=tuple(Named(price.side, price.amount_fen, price.days, price.at) for price in commission.prices),
        side=side,
        acts=acts,
        refusals=against,
        rulebook=book.id,
    )


def _of_party(party_id: int) -> Select[Commission]:
    return (
        select(Commission)
        .join(Commission.agency)
        .where(Agency.organisation_id == party_id)
        .order_by(Commission.id.desc())
    )


def incoming(actor: Actor, after: str | None, *, now: datetime, size: int = SIZE) -> Listing[CommissionPage]:
    """Commissions to the actor's own agency, the newest first."""
    query = _of_party(actor.party).limit(size + 1)
    key = parsed(after, (int,))
    if key is not None:
        query = query.where(Commission.id < key[0])
    found = listing(db.session.execute(query).scalars().all(), size=size, key=lambda row: (row.id,))
    return Listing(tuple(_page(row, Side.AGENCY, now=now) for row in found.rows), found.after)


def waiting_for(actor: Actor, *, now: datetime) -> list[CommissionPage]:
    """Commissions that wait for a word of the actor's organisation, on whichever side it stands."""
    if actor.party_id is None or not actor.roles & {Role.PURCHASER, Role.AGENCY}:
        return []
    rows = db.session.execute(
        select(Commission)
        .join(Commission.agency)
        .join(Commission.need)
        .where(Commission.ended_at.is_(None))
        .where((Agency.organisation_id == actor.party_id) | Need.purchaser.has(organisation_id=actor.party_id))
        .order_by(Commission.due_at, Commission.id)
    ).scalars()
    pages = [_page(row, side_of(actor, row), now=now) for row in rows]
    return [page for page in pages if rules.turn(page.phase) is page.side]


def minutes_of(actor: Actor, need_no: str) -> str:
    """The minutes of a need's latest commission: for its purchaser and the branch's supervisor. Raises `NotFound`."""
    commission = db.session.execute(
        select(Commission)
        .join(Commission.need)
        .where(Need.no == need_no, Commission.minutes.is_not(None))
        .order_by(Commission.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if commission is None or commission.minutes is None:
        raise NotFound("minutes")
    watching = Role.SUPERVISOR in actor.roles and branches.sees(actor, commission.need.region)
    if not watching and actor.party_id != commission.need.purchaser.organisation_id:
        raise NotFound("minutes")
    return commission.minutes


# What falls due


def due_for_lapse(now: datetime) -> list[str]:
    """Needs whose open commission nobody answered in time."""
    return list(
        db.session.execute(
            select(Need.no)
            .join(Commission, Commission.need_id == Need.id)
            .where(Commission.ended_at.is_(None), Commission.due_at <= now)
            .order_by(Commission.due_at, Commission.id)
        ).scalars()
    )


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Needs whose open commission is to be answered by a date that was computed without its year, now known."""
    return (
        select(Need.no, cast(Commission.version, String))
        .join(Commission, Commission.need_id == Need.id)
        .where(Commission.provisional, Commission.ended_at.is_(None), Commission.due_at <= days.certain_until)
    )


def next_lapse(now: datetime) -> datetime | None:
    """The first instant after `now` at which an answer is too late."""
    return db.session.execute(
        select(func.min(Commission.due_at)).where(Commission.ended_at.is_(None), Commission.due_at > now)
    ).scalar()


def open_id(need_no: str) -> int:
    """The key of a need's open commission: what makes a sweep's act on it unique. Raises `NotFound`."""
    found = db.session.execute(
        select(Commission.id).join(Commission.need).where(Need.no == need_no, Commission.ended_at.is_(None))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("commission")
    return found
