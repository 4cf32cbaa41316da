"""The public pages of the rules: what holds in a place, one book complete, two books compared, the sources."""

from datetime import date

from flask import Blueprint, render_template, request

from app.clock import now
from app.openrules import queries
from app.region import queries as regions
from app.values import SHANGHAI
from app.web.door import public

bp = Blueprint("openrules", __name__, url_prefix="/rules")


def today() -> date:
    """The local day of the request."""
    return now().astimezone(SHANGHAI).date()


@bp.get("/")
@public
def rules() -> str:
    """What holds today in the region that `?region=` names; `?only=` narrows it."""
    asked = request.args
    found = queries.in_region(asked.get("region"), on=today(), only=asked.get("only") or None)
    return render_template("openrules/list.html", found=found, regions=regions.choices())


@bp.get("/sources")
@public
def sources() -> str:
    """What the rules rest on."""
    return render_template("openrules/sources.html", sources=queries.sources())


@bp.get("/compare")
@public
def compare() -> str:
    """From book `?a=` to book `?b=`."""
    page = queries.comparison(request.args.get("a"), request.args.get("b"), on=today())
    return render_template("openrules/compare.html", page=page)


@bp.get("/<identifier>")
@public
def book(identifier: str) -> str:
    """One rulebook, complete; `?only=` narrows it."""
    page = queries.page(identifier, on=today(), only=request.args.get("only") or None)
    return render_template("openrules/book.html", page=page)
