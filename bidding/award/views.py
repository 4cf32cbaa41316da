"""The pages of awards: the public list, one award with its notice, the winner's answer."""

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.audit.services import timeline
from app.clock import now
from app.web.door import actor, door, public
from app.web.perform import perform
from bidding.award import queries
from bidding.award.forms import AcceptForm, DeclineForm, JudgeForm
from bidding.award.rules import AwardAct

bp = Blueprint("award", __name__, url_prefix="/awards")


@bp.get("/")
@public
def results() -> str:
    """All results, newest first."""
    return render_template("bidding/award/list.html", page=queries.public_list(request.args.get("after")))


def _page(no: str, form: AcceptForm) -> str:
    return render_template(
        "bidding/award/page.html",
        page=queries.page(no, actor=actor(), now=now()),
        form=form,
        happened=timeline(f"award:{no}"),
    )


@bp.get("/<no>")
@public
def page(no: str) -> str:
    """One award and, once issued, its notice."""
    return _page(no, AcceptForm())


@bp.route("/<no>/accept", methods=["GET", "POST"])
@door(AwardAct.ACCEPT)
def accept(no: str) -> Response:
    """The winner takes the award."""
    form = AcceptForm()
    return perform(
        AwardAct.ACCEPT, form, no, page=lambda: _page(no, form), after=lambda done: url_for("award.page", no=no)
    )


@bp.route("/<no>/decline", methods=["GET", "POST"])
@door(AwardAct.DECLINE)
def decline(no: str) -> Response:
    """The winner refuses, after having read what follows from it."""
    own, form = queries.own_page(no, actor=actor(), now=now()), DeclineForm()
    form.offer(own.excuses)
    return perform(
        AwardAct.DECLINE,
        form,
        no,
        page=lambda: render_template("bidding/award/decline.html", page=own, form=form),
        after=lambda done: url_for("award.page", no=no),
    )


@bp.route("/<no>/judge", methods=["GET", "POST"])
@door(AwardAct.JUDGE)
def judge(no: str) -> Response:
    """The office of the trade says whether the excuse holds."""
    own, form = queries.office_page(no, actor=actor(), now=now()), JudgeForm()
    return perform(
        AwardAct.JUDGE,
        form,
        no,
        page=lambda: render_template("bidding/award/judge.html", page=own, form=form),
        after=lambda done: url_for("award.page", no=no),
    )
