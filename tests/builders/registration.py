"""Registrations as agencies make them, and the closing of an attempt as far as registrations go."""

from collections.abc import Mapping
from typing import Any

from app.act import act
from app.actor import Actor
from app.chance import fresh_key
from app.values import Done, Nothing
from bidding.registration import queries, services
from bidding.registration.models import Registration
from bidding.registration.rules import Made, Promise
from bidding.selection.rules import SelectionAct
from marketplace.agency import queries as known_agencies
from marketplace.announcement import queries as announcements
from marketplace.announcement import steps as announcing
from tests.builders import agency as agency_builder

PRICE_FEN = 5_000_000
"""What the agencies ask in their own price tables: no registration without one (entry.price_table_required)."""


def an_agency(login: str = "agency1", **options: Any) -> Actor:
    """An agency that nothing keeps from registering for the builders' usual item; `options` as for the agency's own."""
    return agency_builder.an_agency(login, **({"price_fen": PRICE_FEN} | options))


def agencies(n: int, **options: Any) -> list[Actor]:
    """`agency1` and the following, n in all, that nothing keeps from registering."""
    return agency_builder.agencies(n, **({"price_fen": PRICE_FEN} | options))


def a_registration(agency: Actor, no: str, *, days: int | None = None, contribution: str | None = None) -> Done:
    """The agency registers, promising as many days as are asked for unless told; the server makes its contribution."""
    promised = queries.announced(no).expected_days if days is None else days
    made = Made.SERVER if contribution is None else Made.BROWSER
    return services.submit(agency, no, Promise(promised, contribution or "", made), key=fresh_key())


def a_withdrawal(agency: Actor, no: str) -> Done:
    """The agency takes its registration back."""
    return services.withdraw(agency, no, Nothing(), key=fresh_key())


def a_reconfirmation(agency: Actor, no: str) -> Done:
    """The agency stands by its registration after an amendment."""
    return services.reconfirm(agency, no, Nothing(), key=fresh_key())


def own_registration(agency: Actor, no: str) -> Registration:
    """The agency's last registration in the present attempt."""
    known = known_agencies.by_party(agency.party)
    found = None if known is None else queries.latest_of(present(no), known.id)
    if found is None:
        raise LookupError(no)
    return found


def present(no: str) -> int:
    """The key of the present attempt."""
    return announcements.present_attempt(queries.announced(no)).id


def frozen(no: str, reasons: Mapping[str, tuple[str, ...]] | None = None) -> None:
    """Freeze the present attempt by its steps alone, judging by code; whoever is not named is valid."""
    with act(SelectionAct.FREEZE, actor=Actor.sweeper(), key=f"tests:freeze:{no}") as deed:
        announcement = deed.lock(announcements.row(no))
        attempt = announcements.present_attempt(announcement)
        for registration in queries.in_force_at_closing(attempt):
            services.judge(deed, registration, (reasons or {}).get(registration.agency.organisation.code, ()))
        announcing.freeze(deed, attempt, attempt.closes_at)
        deed.on("announcement", no)
