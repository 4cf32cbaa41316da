"""The public pages of what projects need: bundles, and the map of a type of project."""

from datetime import date

from flask import Blueprint, render_template, request

from app.clock import now
from app.openrules.queries import cited
from app.values import SHANGHAI
from app.web.door import public
from marketplace.project import queries

bp = Blueprint("project", __name__)


def today() -> date:
    """The local day of the request."""
    return now().astimezone(SHANGHAI).date()


@bp.get("/catalogue/bundles")
@public
def bundles() -> str:
    """Services that are often needed together."""
    return render_template("marketplace/project/bundles.html", bundles=queries.bundles(on=today()), cited=cited)


@bp.get("/projects/map")
@public
def stages() -> str:
    """The stages of the type that `?type=` names."""
    page = queries.map_of(request.args.get("type"), on=today())
    return render_template("marketplace/project/map.html", page=page, cited=cited)
