"""Who could register now: for a purchaser's own need before it is announced, and for any item."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for

from app.actor import Role
from app.clock import now
from app.identity import queries as identities
from app.refusal import NotFound
from app.rules_in_force import rulebook_for, rulebooks
from app.standing import Scope, standing_of
from app.values import SHANGHAI
from app.web.door import actor, members, public
from bidding.registration.rules import RegistrationAct
from marketplace.catalogue import queries as catalogue
from marketplace.need import queries as needs
from marketplace.purchaser.rules import Fund
from ratings.eligibility import queries
from ratings.eligibility.queries import Outlook

bp = Blueprint("eligibility", __name__)


@bp.get("/needs/<no>/agencies")
@members(Role.PURCHASER)
def of_need(no: str) -> str:
    """Which agencies could answer my need now, and why the others could not."""
    need = needs.own(actor().party, no)
    return render_template(
        "ratings/eligibility/list.html",
        outlook=_for_need(no, reason=_reason(), after=request.args.get("after")),
        reason=_reason(),
        need=need,
        item=need.item,
        fund=need.fund,
        funds=(),
    )


@bp.get("/catalogue/<code>/agencies")
@public
def of_item(code: str) -> str:
    """Which agencies could register for an item now, by the kind of money."""
    item = catalogue.item_in_force(code, now().astimezone(SHANGHAI).date())
    if item is None:
        raise NotFound("item")
    fund = {known.value: known for known in Fund}.get(request.args.get("fund", ""), Fund.SOCIAL)
    return render_template(
        "ratings/eligibility/list.html",
        outlook=_for_item(code, fund, reason=_reason(), after=request.args.get("after")),
        reason=_reason(),
        need=None,
        item=item,
        fund=fund,
        funds=tuple(Fund),
    )


def _reason() -> str:
    return request.args.get("reason", "")


def _for_need(no: str, *, reason: str = "", after: str | None = None) -> Outlook:
    need = needs.own(actor().party, no)
    scope = needs.scope_of(need, rulebook_for(need.region, now()).id)
    return queries.outlook(scope, now=now(), owner=actor().party, reason=reason, after=after)


def _for_item(code: str, fund: Fund, *, reason: str = "", after: str | None = None) -> Outlook:
    today = now().astimezone(SHANGHAI).date()
    # An item belongs to no region: the most special rulebook in force speaks for the market.
    book = [known for known in rulebooks().all() if known.in_force_from <= today][-1]
    scope = Scope(fund=fund.value, items=(code,), region=book.region, rulebook=book.id)
    return queries.outlook(scope, now=now(), reason=reason, after=after)


def able_for_need(*, no: str) -> Mapping[str, Any]:
    """On the purchaser's own need: how many agencies could answer it now, and what keeps the others out."""
    return {
        "template": "ratings/eligibility/panel.html",
        "outlook": _for_need(no),
        "several": needs.own(actor().party, no).further is not None,
        "url": url_for("eligibility.of_need", no=no),
    }


def able_for_item(*, item: str) -> Mapping[str, Any]:
    """On an item's page: the same, for a purchase with social funds."""
    return {
        "template": "ratings/eligibility/panel.html",
        "outlook": _for_item(item, Fund.SOCIAL),
        "several": False,
        "url": url_for("eligibility.of_item", code=item),
    }


def bars(*, code: str) -> Mapping[str, Any]:
    """On an agency's card: what now keeps it from registering anywhere; sanctions and late deliveries are public."""
    found = identities.organisation_by_code(code)
    reasons = () if found is None else standing_of(found.id, now=now()).to(RegistrationAct.SUBMIT)
    return {"reasons": reasons, "rulebook": None if found is None else rulebook_for(found.region, now()).id}
