"""Needs as their own purchaser sees them; nobody else knows of a need before it is announced."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import lazyload

from app.calendar.services import calendar
from app.database import db
from app.refusal import NotFound
from app.region import queries as regions
from app.rulebook import Rulebook
from app.rules_in_force import rulebook_for
from app.standing import Scope
from app.values import SHANGHAI
from app.web.paging import SIZE, Listing, listing, parsed
from marketplace.catalogue import queries as catalogue
from marketplace.need import rules
from marketplace.need.models import Need
from marketplace.need.rules import (
    Allowed,
    Asked,
    Begun,
    CompareTerms,
    DirectTerms,
    HandsTerms,
    ListTerms,
    MatrixRow,
    Minimum,
    MinimumTerms,
    Money,
    NeedInput,
    Payer,
    Phase,
    RoundTerms,
    SchemeTerms,
    ScopeTerms,
    ShortlistTerms,
    Terms,
)
from marketplace.purchaser import queries as purchasers
from marketplace.purchaser.models import Purchaser
from marketplace.purchaser.rules import Fund

LONGEST_LOOK_AHEAD = 500
"""Working days that are counted into the future while somebody types: about two years."""


def row(no: str) -> Select[Need]:
    """The row of a need, to be locked: its own alone, an outer join cannot be."""
    return select(Need).where(Need.no == no).options(lazyload(Need.purchaser), lazyload(Need.item))


def by_no(no: str) -> Need | None:
    """A need by its public number, whosesoever it is; for later chapters."""
    return db.session.execute(select(Need).where(Need.no == no)).scalar_one_or_none()


def own(party_id: int, no: str) -> Need:
    """The party's own need; raises `NotFound` for anybody else's."""
    found = by_no(no)
    if found is None or found.purchaser.organisation_id != party_id:
        raise NotFound("need")
    return found


def phase_of(need: Need) -> Phase:
    """Derived from the instants."""
    return rules.phase_of(abandoned_at=need.abandoned_at, taken_at=need.taken_at)


def following(need_id: int) -> Need | None:
    """The need that was written in the place of another one; None where none was."""
    return db.session.execute(select(Need).where(Need.follows_id == need_id)).scalar_one_or_none()


def scope_of(need: Need, rulebook: str) -> Scope:
    """What a party wants to take part in with this need, for `standing_of`; `rulebook` is an id."""
    return Scope(fund=need.fund.value, items=need.codes, region=need.region, rulebook=rulebook)


def mine(party_id: int, after: str | None, *, size: int = SIZE) -> Listing[Need]:
    """The party's needs, the newest first."""
    query = select(Need).join(Purchaser).where(Purchaser.organisation_id == party_id)
    key = parsed(after, (int,))
    if key is not None:
        query = query.where(Need.id < key[0])
    found = db.session.execute(query.order_by(Need.id.desc()).limit(size + 1)).scalars().all()
    return listing(found, size=size, key=lambda need: (need.id,))


@dataclass(frozen=True, slots=True)
class NeedPage:
    """One need as its purchaser sees it, with what he may do next."""

    need: Need
    phase: Phase
    region: str
    authority: str | None


def page(party_id: int, no: str) -> NeedPage:
    """The party's own need; raises `NotFound` for anybody else's."""
    need = own(party_id, no)
    authority = regions.authorities().get(need.authority) if need.authority else None
    return NeedPage(need, phase_of(need), regions.name(need.region), authority)


def input_of(need: Need) -> NeedInput:
    """What was filled in, for a form and for judging it anew; the first questions were answered with no."""
    return NeedInput(
        item=need.item_code,
        title=need.title,
        content=need.content,
        region=need.region,
        fund=need.fund,
        payer=need.payer,
        budget_fen=need.budget_fen,
        expected_days=need.expected_days,
        method=need.method,
        contact=need.contact,
        phone=need.phone,
        above_limit=False,
        excluded=False,
        budget_line=need.budget_line,
        price_fen=need.price_fen,
        project_code=need.project_code,
        approval=need.approval,
        authority=need.authority,
        winners=need.winners,
        particulars=need.asked,
        further=need.codes[1:],
    )


def terms_of(book: Rulebook) -> Terms:
    """The sections of a rulebook that a need is judged by."""
    return Terms(
        scope=book.terms(ScopeTerms),
        direct=book.terms(DirectTerms),
        enough=book.terms(MinimumTerms),
        compare=book.terms(CompareTerms),
    )


def takes_two(need: Need, book: Rulebook) -> bool:
    """Whether the money of a need passes the hands of two people by a rulebook."""
    return rules.takes_two(need.fund, need.budget_fen, terms=book.terms(HandsTerms))


def minimum_of(need: Need, book: Rulebook) -> Minimum:
    """The fewest that make a selection of a need by a rulebook."""
    return rules.minimum_for(need.method, need.fund, winners=need.winners, terms=book.terms(MinimumTerms))


def begun(party_id: int, items: Sequence[str], *, region: str, now: datetime) -> Begun:
    """What the party's registration and its last need say, the unified days of the slowest item (rules.md §5).

    And what is usual for the particulars of a method where the party is.
    """
    book = rulebook_for(region, now)
    lists, rounds = book.terms(ListTerms), book.terms(RoundTerms)
    purchaser = purchasers.by_party(party_id)
    last = next(iter(mine(party_id, None, size=1).rows), None)
    on = now.astimezone(SHANGHAI).date()
    versions = [found for item in items[: rules.MOST_ITEMS] if (found := catalogue.item_in_force(item, on))]
    funds = () if purchaser is None else purchaser.funds
    registered = None if purchaser is None else purchaser.contact
    return Begun(
        fund=Fund(funds[0]) if len(funds) == 1 else None,
        days=max((version.days for version in versions if version.days is not None), default=None),
        contact=registered if last is None else last.contact,
        phone=None if last is None else last.phone,
        sizes={
            "shortlist": book.terms(ShortlistTerms).size,
            "long_list": lists.long_list,
            "short_list": lists.short_list,
            "rounds": rounds.count,
            rules.ROUND_MINUTES: rounds.minutes,
            "judges": book.terms(CompareTerms).judges,
            **{f"weight_{name}": share for name, share in book.terms(SchemeTerms).weights.items()},
        },
    )


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the rules make of what stands in the form so far, before anybody commits to anything.

    `row` is the row of the matrix that the money falls into; `ends` the end of the wanted service days if the contract
    were signed now, an instant.
    """

    rulebook: str
    matrix: tuple[MatrixRow, ...]
    row: MatrixRow | None
    methods: tuple[Allowed, ...]
    two_people: bool
    above_limit: bool
    unified_days: int | None
    ends: datetime | None


def outlook(asked: Asked, *, region: str, now: datetime) -> Outlook:
    """Judge what is there by the rulebook in force; `region` stands in where none was chosen yet (rules.md §2.4)."""
    where = asked.region if asked.region and any(asked.region == code for code, _ in regions.choices()) else region
    book = rulebook_for(where, now)
    terms = terms_of(book)
    table = rules.matrix(terms)
    money = None
    if asked.fund is not None and asked.budget_fen is not None:
        money = Money(asked.fund, asked.payer or Payer.PURCHASER, asked.budget_fen)
    item = catalogue.item_in_force(asked.item or "", now.astimezone(SHANGHAI).date())
    due = None
    if asked.expected_days and asked.expected_days <= LONGEST_LOOK_AHEAD:
        due = calendar().due(now, asked.expected_days, path=regions.path(where))
    return Outlook(
        rulebook=book.id,
        matrix=table,
        row=None if money is None else next((each for each in table if each.holds(money)), None),
        methods=() if money is None else rules.allowed(money, terms=terms),
        two_people=rules.takes_two(asked.fund, asked.budget_fen, terms=book.terms(HandsTerms)),
        above_limit=(asked.budget_fen or 0) > terms.scope.upper_limit,
        unified_days=None if item is None else item.days,
        ends=None if due is None else due.at,
    )


def item_choices(now: datetime) -> list[tuple[str, str]]:
    """The items in force for a form, as (code, code and name)."""
    on = now.astimezone(SHANGHAI).date()
    return [(item.item_code, f"{item.item_code} {item.name}") for item in catalogue.items_in_force(on)]


def grouped(choices: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """The choices of items by the name of their category."""
    names = {category.code: category.name for category in catalogue.categories()}
    found: dict[str, list[tuple[str, str]]] = {}
    for code, word in choices:
        found.setdefault(names[code[:2]], []).append((code, word))
    return found
