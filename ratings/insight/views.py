"""The statistics page, the chart and the file of each of its tables."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from app.clock import now
from app.refusal import NotFound
from app.region import queries as regions
from app.rules_in_force import rulebook_for
from app.web.door import public
from app.web.filters import say
from app.web.spreadsheet import download
from ratings.insight import reports, rules
from ratings.insight.reports import Figures
from ratings.insight.rules import Outcome, SupervisionTerms, Table

bp = Blueprint("insight", __name__, url_prefix="/statistics")


def _figures() -> Figures:
    """The figures of a picture or a file. Raises `NotFound` where the address asks for none."""
    asked, refused = reports.asked(request.args)
    if refused:
        raise NotFound("statistics")
    return reports.figures(asked, now=now())


@bp.get("/")
@public
def page() -> tuple[str, int] | str:
    """What the market did: the four numbers, then by month, region, category, method and fund."""
    asked, refused = reports.asked(request.args)
    if refused:
        return render_template("ratings/insight/refused.html", refused=refused, regions=regions.choices()), 422
    book = rulebook_for(asked.region, now())
    return render_template(
        "ratings/insight/page.html",
        page=reports.figures(asked, now=now()),
        regions=regions.choices(),
        branch=regions.path(asked.region),
        rulebook_id=book.id,
        alarm=book.terms(SupervisionTerms).item_share,
        enough=rules.ENOUGH,
        limit=rules.LEADS,
        charted=rules.CHARTED,
        source=rules.GUIGANG,
        failures=[outcome for outcome in Outcome if outcome not in (Outcome.COMPLETED, Outcome.OPEN)],
    )


@bp.get("/chart/<name>.svg")
@public
def chart(name: str) -> Response:
    """The picture of one table."""
    found = _figures()
    if name not in set(rules.DRAWN):
        raise NotFound(name)
    response = Response(reports.drawn(found, Table(name)), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


@bp.get("/<name>.csv")
@public
def file(name: str) -> Response:
    """One table for a spreadsheet."""
    sheet = reports.sheet(_figures(), name)
    if sheet is None:
        raise NotFound(name)
    return download(f"statistics-{name}", [say(f"insight.column.{column}") for column in sheet.columns], sheet.rows)
