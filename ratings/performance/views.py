"""The pages of keeping a contract: mine, one contract's clock and deliverables, and what each side does."""

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from app import files
from app.actor import Role
from app.audit.services import timeline
from app.clock import now
from app.web.door import actor, door, members, public
from app.web.perform import ActForm, perform
from ratings.performance import queries
from ratings.performance.forms import BecauseForm, DeliveryForm, PlainForm
from ratings.performance.rules import PerformanceAct

bp = Blueprint("performance", __name__)


@bp.get("/performances/")
@members(Role.PURCHASER, Role.AGENCY)
def mine() -> str:
    """My organisation's contracts in service, on either side."""
    listed = queries.of_party(actor().party, request.args.get("after"), now=now())
    return render_template("ratings/performance/list.html", page=listed)


@bp.get("/performances/late")
@members(Role.OPERATOR, Role.REGULATOR, Role.SUPERVISOR)
def late() -> str:
    """Open performances beyond their time."""
    return render_template("ratings/performance/late.html", rows=queries.overdue(actor(), now=now()))


def _page(no: str, form: PlainForm) -> str:
    return render_template(
        "ratings/performance/page.html",
        page=queries.page(no, actor=actor(), now=now()),
        form=form,
        happened=timeline(f"contract:{no}"),
    )


@bp.get("/performances/<no>")
@public
def page(no: str) -> str:
    """How one contract is kept."""
    return _page(no, PlainForm())


@bp.get("/deliverables/<no>/file")
@members()
def file(no: str) -> Response:
    """A deliverable, for the parties, the item's regulator and the supervisor."""
    return files.send(queries.deliverable_for(no, actor=actor()))


def _form_page(act: PerformanceAct, no: str, form: ActForm) -> Answer:
    own = queries.own_page(no, actor=actor(), now=now(), act=act)
    return perform(
        act,
        form,
        no,
        page=lambda: render_template("ratings/performance/form.html", page=own, act=act, form=form),
        after=lambda done: url_for("performance.page", no=no),
    )


def _click(act: PerformanceAct, no: str) -> Answer:
    form = PlainForm()
    return perform(act, form, no, page=lambda: _page(no, form), after=lambda done: url_for("performance.page", no=no))


@bp.route("/performances/<no>/pause", methods=["GET", "POST"])
@door(PerformanceAct.PAUSE)
def pause(no: str) -> Answer:
    """Stop the clock, with a reason."""
    return _form_page(PerformanceAct.PAUSE, no, BecauseForm())


@bp.route("/performances/<no>/resume", methods=["GET", "POST"])
@door(PerformanceAct.RESUME)
def resume(no: str) -> Answer:
    """Let the clock go on."""
    return _click(PerformanceAct.RESUME, no)


@bp.route("/performances/<no>/submit", methods=["GET", "POST"])
@door(PerformanceAct.SUBMIT)
def submit(no: str) -> Answer:
    """Hand in a version."""
    form = DeliveryForm()
    form.account_id = actor().account_id or 0
    return _form_page(PerformanceAct.SUBMIT, no, form)


@bp.route("/performances/<no>/return", methods=["GET", "POST"])
@door(PerformanceAct.RETURN)
def return_(no: str) -> Answer:
    """Return a version, with reasons."""
    return _form_page(PerformanceAct.RETURN, no, BecauseForm())


@bp.route("/performances/<no>/confirm", methods=["GET", "POST"])
@door(PerformanceAct.CONFIRM)
def confirm(no: str) -> Answer:
    """Recognise a version."""
    return _click(PerformanceAct.CONFIRM, no)
