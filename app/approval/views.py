"""The pages of prepared acts: what waits for my hand, in full, and my answer."""

from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app import files
from app.approval import services
from app.approval.forms import AgreeForm, RefuseForm, WithdrawForm
from app.approval.rules import ApprovalAct
from app.web.door import actor, door, members
from app.web.perform import perform

bp = Blueprint("approval", __name__, url_prefix="/approvals")


@bp.get("/")
@members()
def waiting() -> str:
    """What waits for my hand."""
    return render_template("approval/list.html", prepared=services.waiting_for(actor()))


def about(*, subject: str, party: int) -> dict[str, Any]:
    """What waits for a hand about a subject, for the page of its own organisation; empty where nothing does."""
    found = services.about(subject, party_id=party)
    return {"template": "approval/about.html", "prepared": found} if found else {}


def _page(no: str, refuse: RefuseForm, withdraw: WithdrawForm) -> str:
    prepared = services.seen_by(actor(), no)
    return render_template(
        "approval/page.html",
        prepared=prepared,
        input=services.shown(prepared),
        told=services.told(prepared),
        papers=services.papers(prepared),
        title=services.title(prepared),
        phase=services.phase_of(prepared),
        kind=services.command(prepared.act).kind,
        names=services.names(prepared, party_id=actor().party_id),
        agree=AgreeForm(),
        refuse=refuse,
        withdraw=withdraw,
    )


@bp.get("/<no>")
@members()
def page(no: str) -> str:
    """One prepared act, everything it would do."""
    return _page(no, RefuseForm(), WithdrawForm())


@bp.get("/<no>/papers/<sha256>")
@members()
def paper(no: str, sha256: str) -> Response:
    """A file that it names, to be read before the answer."""
    return cast(Response, files.send(services.paper(actor(), no, sha256)))


@bp.post("/<no>/agree")
@members()
def agree(no: str) -> Response:
    """The last hand performs it."""
    done = services.agree(actor(), no)
    flash(done.act, "done")
    return redirect(url_for("approval.page", no=no), code=303)


@bp.post("/<no>/refuse")
@door(ApprovalAct.REFUSE)
def refuse(no: str) -> Response:
    """The other hand says no."""
    form = RefuseForm()
    return perform(
        ApprovalAct.REFUSE,
        form,
        no,
        page=lambda: _page(no, form, WithdrawForm()),
        after=lambda done: url_for("approval.page", no=no),
    )


@bp.post("/<no>/withdraw")
@door(ApprovalAct.WITHDRAW)
def withdraw(no: str) -> Response:
    """The preparer takes it back."""
    form = WithdrawForm()
    return perform(
        ApprovalAct.WITHDRAW,
        form,
        no,
        page=lambda: _page(no, RefuseForm(), form),
        after=lambda done: url_for("approval.page", no=no),
    )
