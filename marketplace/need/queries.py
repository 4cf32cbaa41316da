"""Needs as their own purchaser sees them; nobody else knows of a need before it is announced."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import lazyload

from app.database import db
from app.refusal import NotFound
from app.region import queries as regions
from app.standing import Scope
from app.values import SHANGHAI
from app.web.paging import SIZE, Listing, listing, parsed
from marketplace.catalogue import queries as catalogue
from marketplace.need import rules
from marketplace.need.models import Need
from marketplace.need.rules import NeedInput, Phase
from marketplace.purchaser.models import Purchaser


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


def scope_of(need: Need, rulebook: str) -> Scope:
    """What a party wants to take part in with this need, for `standing_of`; `rulebook` is an id."""
    return Scope(fund=need.fund.value, items=(need.item_code,), region=need.region, rulebook=rulebook)


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
    )


def item_choices(now: datetime) -> list[tuple[str, str]]:
    """The items in force for a form, as (code, code and name)."""
    on = now.astimezone(SHANGHAI).date()
    return [(item.item_code, f"{item.item_code} {item.name}") for item in catalogue.items_in_force(on)]
