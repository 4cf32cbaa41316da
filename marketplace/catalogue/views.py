"""The public list of items, and each item with all its versions."""

from flask import Blueprint, render_template, request

from app.audit.services import timeline
from app.clock import now
from app.refusal import NotFound
from app.values import SHANGHAI
from app.web.door import public
from marketplace.catalogue import queries

bp = Blueprint("catalogue", __name__, url_prefix="/catalogue")

RECORDED = ("item",)
"""The kinds of acts an item's page tells: prices and needs that name it have their own pages."""


@bp.get("/")
@public
def items() -> str:
    """The list in force today, by category, narrowed by what the reader asks."""
    q, authority = request.args.get("q", "")[:60].strip(), request.args.get("authority", "")
    today = now().astimezone(SHANGHAI).date()
    return render_template(
        "marketplace/catalogue/list.html",
        list=queries.overview(on=today, q=q, authority=authority),
        q=q,
        authority=authority,
    )


@bp.get("/<code>")
@public
def item(code: str) -> str:
    """One item: the version in force, or the one that `?version=` names."""
    asked = request.args.get("version")
    if asked is not None and not (asked.isascii() and asked.isdigit() and len(asked) <= 6):
        raise NotFound("version")
    page = queries.page(code, on=now().astimezone(SHANGHAI).date(), number=int(asked) if asked else None)
    happened = timeline(f"item:{code}", kinds=RECORDED)
    return render_template("marketplace/catalogue/page.html", page=page, happened=happened)
