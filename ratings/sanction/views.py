"""The pages of sanctions: deciding, the public lists, one decision."""

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.clock import now
from app.refusal import NotFound
from app.region import queries as regions
from app.values import Waiting
from app.web.choices import offered
from app.web.door import actor, door, public
from app.web.perform import perform
from ratings.sanction import queries
from ratings.sanction.forms import DecisionForm
from ratings.sanction.rules import SanctionAct, SanctionKind

bp = Blueprint("sanction", __name__)


@bp.get("/lists/black")
@public
def black() -> str:
    """The platform's black list: who is on it now."""
    found = queries.public_list(
        now=now(), kind=SanctionKind.BLACKLIST, only_in_force=True, after=request.args.get("after")
    )
    return render_template("ratings/sanction/list.html", sanctions=found, black=True)


@bp.get("/sanctions/")
@public
def sanctions() -> str:
    """Every sanction, the newest first."""
    found = queries.public_list(now=now(), after=request.args.get("after"))
    return render_template("ratings/sanction/list.html", sanctions=found, black=False)


@bp.get("/sanctions/<no>")
@public
def page(no: str) -> str:
    """One decision: facts, basis, term."""
    found = queries.page(no, now=now())
    if found is None:
        raise NotFound(no)
    return render_template("ratings/sanction/page.html", sanction=found, rulebook_id=found.rulebook)


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
