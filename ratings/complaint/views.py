"""The pages of objections: objecting, one objection, answering, asking for a decision, deciding."""

from flask import Blueprint, Response, render_template, url_for
from werkzeug.wrappers import Response as Answer

from app import files
from app.audit.services import timeline
from app.clock import now
from app.values import Done, Waiting
from app.web.door import actor, door, members, public
from app.web.perform import ActForm, perform
from marketplace.announcement import pages as announcement_pages
from ratings.complaint import queries
from ratings.complaint.forms import BecauseForm, FilingForm, PlainForm
from ratings.complaint.rules import ObjectionAct

bp = Blueprint("objection", __name__)


def _after(done: Done | Waiting) -> str:
    if isinstance(done, Waiting):
        return url_for("approval.page", no=done.prepared)
    return url_for("objection.page", no=done.subject)


@bp.route("/announcements/<no>/object", methods=["GET", "POST"])
@door(ObjectionAct.FILE)
def file(no: str) -> Answer:
    """Object to the notice, to the own exclusion, or to the result."""
    found, opening = announcement_pages.page(no, now=now()), queries.opening(no, actor=actor(), now=now())
    form = FilingForm()
    form.offer(tuple(kind for kind, _ in opening.kinds), opening.winners)
    form.account_id = actor().account_id or 0
    return perform(
        ObjectionAct.FILE,
        form,
        no,
        page=lambda: render_template("ratings/complaint/file.html", page=found, opening=opening, form=form),
        after=_after,
    )


def _page(no: str, form: ActForm) -> str:
    return render_template(
        "ratings/complaint/page.html",
        page=queries.page(no, actor=actor(), now=now()),
        form=form,
        happened=timeline(f"objection:{no}"),
    )


@bp.get("/objections/<no>")
@public
def page(no: str) -> str:
    """One objection; for the public what it is about, the answer and the decision."""
    return _page(no, PlainForm())


@bp.get("/objections/<no>/file")
@members()
def evidence(no: str) -> Response:
    """What proves it, for whom it concerns."""
    return files.send(queries.file_for(no, actor=actor(), now=now()))


def _because(act: ObjectionAct, no: str) -> Answer:
    found = queries.page_for(act, no, actor=actor(), now=now())
    form = BecauseForm()
    return perform(
        act,
        form,
        no,
        page=lambda: render_template("ratings/complaint/because.html", page=found, act=act, form=form),
        after=_after,
    )


@bp.route("/objections/<no>/concede", methods=["GET", "POST"])
@door(ObjectionAct.CONCEDE)
def concede(no: str) -> Answer:
    """The purchaser agrees."""
    return _because(ObjectionAct.CONCEDE, no)


@bp.route("/objections/<no>/reject", methods=["GET", "POST"])
@door(ObjectionAct.REJECT)
def reject(no: str) -> Answer:
    """The purchaser rejects it."""
    return _because(ObjectionAct.REJECT, no)


@bp.route("/objections/<no>/uphold", methods=["GET", "POST"])
@door(ObjectionAct.UPHOLD)
def uphold(no: str) -> Answer:
    """Prepare to uphold it; another account of the same office performs that."""
    return _because(ObjectionAct.UPHOLD, no)


@bp.route("/objections/<no>/dismiss", methods=["GET", "POST"])
@door(ObjectionAct.DISMISS)
def dismiss(no: str) -> Answer:
    """Dismiss it."""
    return _because(ObjectionAct.DISMISS, no)


def _plain(act: ObjectionAct, no: str) -> Answer:
    queries.page_for(act, no, actor=actor(), now=now())
    form = PlainForm()
    return perform(act, form, no, page=lambda: _page(no, form), after=_after)


@bp.post("/objections/<no>/appeal")
@door(ObjectionAct.APPEAL)
def appeal(no: str) -> Answer:
    """Ask for a decision."""
    return _plain(ObjectionAct.APPEAL, no)


@bp.post("/objections/<no>/recall")
@door(ObjectionAct.RECALL)
def recall(no: str) -> Answer:
    """Take it back."""
    return _plain(ObjectionAct.RECALL, no)
