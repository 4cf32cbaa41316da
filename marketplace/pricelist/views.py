"""An agency's price table, and the panels on its card and on the item's page."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, get_template_attribute, render_template, request, url_for
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
    return {"template": "marketplace/pricelist/panel.html", "lines": queries.public_of(code, on=local_day(now()))}


def of_item(*, item: str) -> Mapping[str, Any]:
    """What admitted agencies ask for an item, as (agency, price) pairs, the cheapest first; empty where nobody does."""
    lines = queries.of_item(item, on=local_day(now()))
    name = get_template_attribute("marketplace/pricelist/amount.html", "agency")
    terms = get_template_attribute("marketplace/pricelist/amount.html", "terms")
    return {"rows": [(name(line), terms(line)) for line in lines]} if lines else {}
