"""A purchaser's own needs: the list, one page of input, and what comes next."""

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.actor import Role
from app.clock import now
from app.region import queries as regions
from app.values import Done, Waiting
from app.web.choices import offered
from app.web.door import actor, door, members
from app.web.perform import perform
from marketplace.need import queries
from marketplace.need.forms import NOT_CHOSEN, AbandonForm, NeedForm, shown
from marketplace.need.rules import NeedAct

bp = Blueprint("need", __name__, url_prefix="/needs")


def _offered(form: NeedForm) -> NeedForm:
    form.item.choices = offered(queries.item_choices(now()), empty=NOT_CHOSEN)
    form.region.choices = offered(regions.choices(), empty=NOT_CHOSEN)
    form.authority.choices = offered(regions.authorities().items(), empty=NOT_CHOSEN)
    return form


def _page_of(done: Done | Waiting) -> str:
    subject = done.subject if isinstance(done, Done) else None
    return url_for("need.page", no=subject) if subject else url_for("need.mine")


@bp.get("/")
@members(Role.PURCHASER)
def mine() -> str:
    """My organisation's needs."""
    return render_template("marketplace/need/list.html", page=queries.mine(actor().party, request.args.get("after")))


@bp.route("/new", methods=["GET", "POST"])
@door(NeedAct.CREATE)
def create() -> Response:
    """Write one down."""
    form = _offered(NeedForm(item=request.args.get("item"), region=actor().region))
    return perform(
        NeedAct.CREATE,
        form,
        None,
        page=lambda: render_template("marketplace/need/form.html", form=form, need=None),
        after=_page_of,
    )


@bp.get("/<no>")
@members(Role.PURCHASER)
def page(no: str) -> str:
    """One need, and what comes next."""
    return render_template("marketplace/need/page.html", page=queries.page(actor().party, no), abandon=AbandonForm())


@bp.route("/<no>/revise", methods=["GET", "POST"])
@door(NeedAct.REVISE)
def revise(no: str) -> Response:
    """Write it anew, from what stands there."""
    need = queries.own(actor().party, no)
    form = _offered(NeedForm(data=shown(queries.input_of(need))))
    return perform(
        NeedAct.REVISE,
        form,
        no,
        page=lambda: render_template("marketplace/need/form.html", form=form, need=need),
        after=lambda done: url_for("need.page", no=no),
    )


@bp.post("/<no>/abandon")
@door(NeedAct.ABANDON)
def abandon(no: str) -> Response:
    """Give it up."""
    form = AbandonForm()
    return perform(
        NeedAct.ABANDON,
        form,
        no,
        page=lambda: render_template("marketplace/need/page.html", page=queries.page(actor().party, no), abandon=form),
        after=lambda done: url_for("need.page", no=no),
    )
