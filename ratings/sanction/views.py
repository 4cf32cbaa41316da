"""The pages of sanctions: deciding, the public lists, one decision."""

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.clock import now
from app.refusal import NotFound
from app.region import queries as regions
from app.values import Waiting
from app.web.choices import offered
from app.web.door import actor, door, public
from app.web.filters import local, say, thousandths
from app.web.paging import every
from app.web.perform import perform
from app.web.spreadsheet import download
from marketplace.agency import queries as agencies
from ratings.sanction import queries, rules
from ratings.sanction.forms import DecisionForm
from ratings.sanction.queries import Barred, Praised
from ratings.sanction.rules import SanctionAct

bp = Blueprint("sanction", __name__)

ROWS = 500
"""So many rows of a list are read at once for a file that holds all of them."""

BLACK = ("no", "party", "code", "region", "facts", "basis", "from", "until", "authority", "position")
RED = ("party", "code", "region", "grade", "composite", "conduct", "service", "contracts", "deducted")


def _region() -> str | None:
    """The branch that is asked for. Raises `NotFound` for one that the tree does not have."""
    code = request.args.get("region", "").strip() or None
    if code is not None and code not in dict(regions.choices()):
        raise NotFound(code)
    return code


@bp.get("/lists/black")
@public
def black() -> str:
    """The platform's black list: who is on it now."""
    found = queries.black_list(now=now(), region=_region(), after=request.args.get("after"))
    return render_template("ratings/sanction/black.html", barred=found, at_instant=now(), regions=regions.choices())


@bp.get("/lists/red")
@public
def red() -> str:
    """The red list: who stands without fault now, and what proves it."""
    found = queries.red_list(now=now(), region=_region(), after=request.args.get("after"))
    return render_template(
        "ratings/sanction/red.html",
        praised=found,
        at_instant=now(),
        regions=regions.choices(),
        clauses=rules.RED_CLAUSES,
    )


@bp.get("/lists/black.csv")
@public
def black_file() -> Response:
    """The whole black list for a spreadsheet."""
    rows = every(lambda after: queries.black_list(now=now(), region=_region(), after=after, size=ROWS))
    return download("black-list", [say(f"list.{column}") for column in BLACK], map(_barred, rows))


@bp.get("/lists/red.csv")
@public
def red_file() -> Response:
    """The whole red list for a spreadsheet."""
    rows = every(lambda after: queries.red_list(now=now(), region=_region(), after=after, size=ROWS))
    return download("red-list", [say(f"list.{column}") for column in RED], map(_praised, rows))


def _barred(row: Barred) -> tuple[str | int | None, ...]:
    found = row.listed
    day = "%Y-%m-%d %H:%M"
    term = (local(found.from_at, day), local(found.until_at, day))
    return (
        found.no,
        found.name,
        found.code,
        row.region,
        found.facts,
        found.basis,
        *term,
        found.authority,
        row.position,
    )


def _praised(row: Praised) -> tuple[str | int, ...]:
    score = row.score
    figures = (thousandths(score.composite), thousandths(score.conduct), thousandths(score.service))
    return (row.name, row.code, row.region, say(score.grade, "grade"), *figures, score.contracts, score.deducted)


@bp.get("/sanctions/")
@public
def sanctions() -> str:
    """Every sanction, the newest first."""
    found = queries.public_list(now=now(), after=request.args.get("after"))
    return render_template("ratings/sanction/list.html", sanctions=found)


@bp.get("/sanctions/<no>")
@public
def page(no: str) -> str:
    """One decision: facts, basis, term."""
    found = queries.page(no, now=now())
    if found is None:
        raise NotFound(no)
    agency = agencies.by_code(found.code)
    return render_template(
        "ratings/sanction/page.html",
        sanction=found,
        has_card=agency is not None and agency.admitted_at is not None,
        rulebook_id=found.rulebook,
    )


@bp.route("/sanctions/new", methods=["GET", "POST"])
@door(SanctionAct.DECIDE)
def decide() -> Response:
    """Prepare a decision; another account of the same authority performs it."""
    form = DecisionForm(party=request.args.get("party"))
    names = regions.authorities()
    form.authority.choices = offered((code, names.get(code, code)) for code in sorted(actor().authorities))
    return perform(
        SanctionAct.DECIDE,
        form,
        None,
        page=lambda: render_template("ratings/sanction/form.html", form=form),
        after=lambda done: (
            url_for("approval.page", no=done.prepared)
            if isinstance(done, Waiting)
            else url_for("sanction.page", no=done.subject)
        ),
    )
