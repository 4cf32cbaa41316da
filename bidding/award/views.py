"""The pages of awards: the public list, one award with its notice, the winner's answer."""

from io import BytesIO

from flask import Blueprint, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from app import files
from app.actor import Role
from app.audit.services import timeline
from app.clock import now
from app.web.door import actor, door, members, public
from app.web.perform import perform
from bidding.award import queries, reports
from bidding.award.forms import AcceptForm, CompareForm, DeclineForm, JudgeForm
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
        issuable=reports.issuable(),
    )


@bp.get("/mine")
@members(Role.AGENCY)
def mine() -> str:
    """My organisation's own awards, newest first."""
    return render_template("bidding/award/mine.html", page=queries.of_agency(actor().party, request.args.get("after")))


@bp.get("/<no>")
@public
def page(no: str) -> str:
    """One award and, once issued, its notice."""
    return _page(no, AcceptForm())


@bp.get("/<no>/notice.pdf")
@members()
def notice(no: str) -> Response:
    """The notice as a file, for both sides and the offices; it names the purchaser's contact."""
    queries.guard_notice(no, actor=actor())
    paper = reports.notice(no, page=reports.address(url_for("award.verify", no=no), asked=request.host_url))
    return send_file(
        BytesIO(paper.content),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=paper.name,
        etag=paper.sha256,
    )


@bp.route("/<no>/verify", methods=["GET", "POST"])
@public
def verify(no: str) -> tuple[str, int]:
    """Where the notice's QR code leads: whether this market issued it, and what it says."""
    form = CompareForm()
    compared = form.sha256() if form.validate_on_submit() else None
    proof = queries.proof(no)
    found = render_template("bidding/award/verify.html", no=no, proof=proof, form=form, compared=compared)
    return found, 404 if proof is None else 422 if form.errors else 200


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
    form.account_id = actor().account_id or 0
    return perform(
        AwardAct.DECLINE,
        form,
        no,
        page=lambda: render_template("bidding/award/decline.html", page=own, form=form),
        after=lambda done: url_for("award.page", no=no),
    )


@bp.get("/<no>/decline/file")
@members()
def proof(no: str) -> Response:
    """What proves a refusal, for both sides and the offices."""
    return files.send(queries.decline_file_for(no, actor=actor()))


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
