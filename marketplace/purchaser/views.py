"""The purchaser's own registration, and the operator's pages of those that wait."""

from dataclasses import asdict

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.actor import Role
from app.region import queries as regions
from app.web.door import actor, door, members
from app.web.perform import perform
from marketplace.purchaser import queries
from marketplace.purchaser.forms import CheckForm, FilingForm, ReturnForm
from marketplace.purchaser.rules import PurchaserAct

bp = Blueprint("purchaser", __name__, url_prefix="/purchasers")


@bp.route("/register", methods=["GET", "POST"])
@door(PurchaserAct.REGISTER)
def register() -> Response:
    """File, look at what was filed, revise it."""
    own = queries.own(actor().party)
    form = FilingForm(data=asdict(own) if own else None)
    return perform(
        PurchaserAct.REGISTER,
        form,
        None,
        page=lambda: render_template("marketplace/purchaser/register.html", form=form, own=own),
        after=lambda done: url_for("purchaser.register"),
    )


@bp.get("/")
@members(Role.OPERATOR)
def waiting() -> str:
    """What waits for the operator's look."""
    return render_template(
        "marketplace/purchaser/list.html", page=queries.waiting(actor(), after=request.args.get("after"))
    )


def _page(code: str, check: CheckForm | None = None, send_back: ReturnForm | None = None) -> str:
    page = queries.page(code, actor=actor())
    version = {"version": str(page.version)}
    return render_template(
        "marketplace/purchaser/page.html",
        page=page,
        region=regions.name(page.region),
        check=check or CheckForm(formdata=None, data=version),
        send_back=send_back or ReturnForm(formdata=None, data=version),
    )


@bp.get("/<code>")
@members(Role.OPERATOR)
def page(code: str) -> str:
    """One registration, with the two answers."""
    return _page(code)


@bp.post("/<code>/check")
@door(PurchaserAct.CHECK)
def check(code: str) -> Response:
    """Confirm."""
    form = CheckForm()
    return perform(
        PurchaserAct.CHECK,
        form,
        code,
        page=lambda: _page(code, check=form),
        after=lambda done: url_for("purchaser.waiting"),
    )


@bp.post("/<code>/return")
@door(PurchaserAct.RETURN)
def send_back(code: str) -> Response:
    """Send back with a reason."""
    form = ReturnForm()
    return perform(
        PurchaserAct.RETURN,
        form,
        code,
        page=lambda: _page(code, send_back=form),
        after=lambda done: url_for("purchaser.waiting"),
    )
