"""In which branch of the region tree an office acts and what it sees (M04): asked inside the acts and by every desk."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, false, or_, true, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from app.act import Deed
from app.actor import Actor, Role
from app.identity import queries as identities
from app.refusal import NotYours, Refusal
from app.region import queries, rules
from app.region.divisions import divisions

Column = ColumnElement[Any] | InstrumentedAttribute[Any]

OFFICES = frozenset({Role.OPERATOR, Role.REGULATOR, Role.SUPERVISOR})
"""The roles that have a branch; the administration's accounts, regions and calendars are the whole deployment's."""


def guard(deed: Deed, of: str) -> None:
    """Inside an act of an office that has no trade (operator, supervisor): raises `NotYours` outside its branch."""
    if not serves(deed.actor, of, role=deed.role):
        raise outside(deed.act, deed.actor, of)


def guard_trade(deed: Deed, of: str, *, authorities: Collection[str]) -> None:
    """Inside an act of a regulator: raises `NotYours` unless it is the competent office of one of these trades there.

    Of an office of another trade it says nothing about branches.
    """
    if decides(deed.actor, of, authorities=authorities):
        return
    if deed.actor.authorities.isdisjoint(authorities):
        raise NotYours(deed.act)
    raise outside(deed.act, deed.actor, of)


def guard_consent(deed: Deed, of: str) -> None:
    """Inside an act that wants another office's consent: raises `NotYours` unless that office serves `of` too."""
    hand = deed.actor.agreed
    if hand is None:
        raise NotYours(deed.act)
    region = identities.organisation(hand.party_id).region
    office = Actor(roles=frozenset({hand.role}), party_id=hand.party_id, region=region)
    if not serves(office, of, role=hand.role):
        raise outside(deed.act, office, of)


def outside(name: str, actor: Actor, of: str) -> NotYours:
    """What an office is told that reaches beyond its branch."""
    params = {"of": queries.name(of), "own": queries.name(actor.region)}
    return NotYours(name, Refusal("outside_branch", params=params))


def serves(actor: Actor, of: str, *, role: Role) -> bool:
    """Whether the actor's office acts in this role on what lies in `of`."""
    own = rules.covers(actor.region, of)
    return own or rules.serves(actor.region, of=of, offices=identities.office_regions(role))


def is_competent(actor: Actor, of: str, *, authority: str) -> bool:
    """Whether the actor's office is of this trade, and the competent one for what lies in `of`."""
    if authority not in actor.authorities:
        return False
    offices = identities.office_regions(Role.REGULATOR, authority=authority)
    return rules.competent(actor.region, of=of, offices=offices)


def decides(actor: Actor, of: str, *, authorities: Collection[str]) -> bool:
    """Whether the actor is a regulator, and its office the competent one of one of these trades for what lies in `of`.

    An item may belong to several trades; any one of them decides. Source: rules.md §5; any one of them: (inferred).
    """
    return Role.REGULATOR in actor.roles and any(
        is_competent(actor, of, authority=authority) for authority in authorities
    )


def nearest(role: Role, of: str, *, authority: str | None = None) -> list[int]:
    """The offices of a kind that are told of what lies in `of`: the nearest on the way up, else every one of them."""
    for region in queries.path(of):
        found = identities.parties_with(role, region=region, authority=authority)
        if found:
            return found
    return identities.parties_with(role, authority=authority)


def deciding(of: str, *, authorities: Collection[str]) -> list[int]:
    """Whom `decides` is true of: of each trade the nearest offices; of a trade without any on the way up, all."""
    found = (nearest(Role.REGULATOR, of, authority=authority) for authority in authorities)
    return list(dict.fromkeys(party for parties in found for party in parties))


def sees(actor: Actor, of: str) -> bool:
    """Whether an office may read what is not public in `of`: where it acts in any of its roles; nobody else may."""
    return any(serves(actor, of, role=role) for role in actor.roles & OFFICES)


def served(column: Column, actor: Actor, *, role: Role) -> ColumnElement[bool]:
    """The SQL twin of `serves` over a column of region codes: what stands on this office's lists."""
    offices = identities.office_regions(role)
    return _among(column, lambda code: rules.serves(actor.region, of=code, offices=offices))


def judged(column: Column, actor: Actor, *, authority: str) -> ColumnElement[bool]:
    """The SQL twin of `is_competent`, for one of the actor's own trades."""
    offices = identities.office_regions(Role.REGULATOR, authority=authority)
    return _among(column, lambda code: rules.competent(actor.region, of=code, offices=offices))


def decided(column: Column, authorities: Column, actor: Actor) -> ColumnElement[bool]:
    """The SQL twin of `decides`, over a column of region codes and one of a JSON list of trades."""
    if Role.REGULATOR not in actor.roles:
        return false()
    mine = (
        and_(
            type_coerce(authorities, Text).contains(f'"{authority}"', autoescape=True),
            judged(column, actor, authority=authority),
        )
        for authority in sorted(actor.authorities)
    )
    return or_(false(), *mine)


def seen(column: Column, actor: Actor) -> ColumnElement[bool]:
    """The SQL twin of `sees`."""
    return or_(false(), *(served(column, actor, role=role) for role in sorted(actor.roles & OFFICES)))


def _among(column: Column, wanted: Callable[[str], bool]) -> ColumnElement[bool]:
    codes: Collection[str] = [division.code for division in divisions()]
    chosen = [code for code in codes if wanted(code)]
    return true() if len(chosen) == len(codes) else column.in_(chosen)
