"""The public pages of the rules: all books, one book complete, the register of sources."""

from flask import Blueprint, render_template

from app.clock import now
from app.openrules import queries
from app.values import SHANGHAI
from app.web.door import public

bp = Blueprint("openrules", __name__, url_prefix="/rules")


@bp.get("/")
@public
def rules() -> str:
    """Every rulebook with what it sets itself."""
    return render_template("openrules/list.html", pages=queries.own(on=now().astimezone(SHANGHAI).date()))


@bp.get("/sources")
@public
def sources() -> str:
    """What the rules rest on."""
    return render_template("openrules/sources.html", sources=queries.sources())


@bp.get("/<identifier>")
@public
def book(identifier: str) -> str:
    """One rulebook, complete."""
    page = queries.page(identifier, on=now().astimezone(SHANGHAI).date())
    return render_template("openrules/book.html", page=page)
