"""An agency's price table, and the panels on its card and on the item's page."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.actor import Role
from app.clock import now
from app.web.door import actor, door, members
from app.web.filters import say
from app.web.perform import perform
from marketplace.catalogue import queries as catalogue
from marketplace.pricelist import queries
from marketplace.pricelist.forms import PriceForm
from marketplace.pricelist.queries import local_day
from marketplace.pricelist.rules import RATES, PriceAct

bp = Blueprint("pricelist", __name__, url_prefix="/prices")


@bp.get("/")
@members(Role.AGENCY)
def mine() -> str:
    """An agency's own versions: current, future, past."""
    lines = queries.mine(actor().party, request.args.get("after"), on=local_day(now()))
    return render_template("marketplace/pricelist/list.html", lines=lines)


@bp.route("/publish", methods=["GET", "POST"])
@door(PriceAct.PUBLISH)
def publish() -> Response:
    """Publish a price: first the item, then its units."""
    today = local_day(now())
    form = PriceForm(item=request.args.get("item"), effective_from=today)
    items = {item.item_code: item for item in catalogue.items_in_force(today)}
    chosen = items.get(form.item.data or "")
    units = chosen.units if chosen else ()
    form.offer(
        items=[(code, f"{code} {item.name}") for code, item in items.items()],
        units=[(unit, say(unit, "unit")) for unit in units],
    )
    return perform(
        PriceAct.PUBLISH,
        form,
        None,
        page=lambda: render_template(
            "marketplace/pricelist/publish.html", form=form, items=items.values(), chosen=chosen, rates=RATES
        ),
        after=lambda done: url_for("pricelist.mine"),
    )


def of_agency(*, code: str) -> Mapping[str, Any]:
    """An agency's price table, for its card."""
    return {
        "template": "marketplace/pricelist/panel.html",
        "title": say("prices", "card"),
        "lines": queries.public_of(code, on=local_day(now())),
    }


def of_item(*, item: str, unit: str = "", order: str = "", after: str | None = None) -> Mapping[str, Any]:
    """What admitted agencies ask for an item, side by side."""
    orders = {known.value: known for known in queries.Order}
    found = queries.compared(
        item, on=local_day(now()), unit=unit, order=orders.get(order, queries.Order.PRICE), after=after
    )
    return {
        "template": "marketplace/pricelist/comparison.html",
        "agencies": found.agencies,
        "prices": found,
        "orders": tuple(queries.Order),
    }


def pricing(*, value: str) -> Mapping[str, Any]:
    """Keys of the agencies with a price for an item, for the directory."""
    return {"keys": queries.offering(value, local_day(now()))}


def offered(*, agencies: list[int]) -> Mapping[str, Any]:
    """What agencies have prices for, for the directory's lines."""
    return {"of": queries.offered_by(agencies, on=local_day(now()))}


def counted() -> Mapping[str, Any]:
    """How many agencies have a price for each item, for the list of items."""
    return queries.counts(local_day(now()))
