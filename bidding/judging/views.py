"""The roster of judges, who judges an attempt, a judge's declaration and sheet, and the files of proposals."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from app.actor import Role
from app.web.door import actor, door, members
from app.web.perform import perform
from bidding.judging import queries
from bidding.judging.forms import DeclareForm, JudgeForm, NameForm, RetireForm, SheetForm
from bidding.judging.rules import JudgingAct, Phase

bp = Blueprint("judging", __name__)


def _roster(form: JudgeForm) -> str:
    form.among(queries.not_enrolled(actor().party))
    return render_template(
        "bidding/judging/roster.html",
        judges=queries.roster(actor().party),
        tied=queries.tied(actor().party),
        form=form,
        retire=RetireForm(),
    )


@bp.get("/judges/")
@members(Role.PURCHASER)
def roster() -> str:
    """My organisation's judges, and the form to enter one."""
    return _roster(JudgeForm())


@bp.route("/judges/new", methods=["GET", "POST"])
@door(JudgingAct.ENROL)
def enrol() -> Response:
    """Enter a person."""
    form = JudgeForm()
    form.among(queries.not_enrolled(actor().party))
    return perform(
        JudgingAct.ENROL, form, None, page=lambda: _roster(form), after=lambda done: url_for("judging.roster")
    )


@bp.post("/judges/<judge>/retire")
@door(JudgingAct.RETIRE)
def retire(judge: str) -> Response:
    """Take a person out."""
    form = RetireForm()
    return perform(
        JudgingAct.RETIRE, form, judge, page=lambda: _roster(JudgeForm()), after=lambda done: url_for("judging.roster")
    )


@bp.route("/announcements/<no>/judges", methods=["GET", "POST"])
@door(JudgingAct.NAME)
def name(no: str) -> Response:
    """Whom the owner lets judge; how far those are who do."""
    shown, form = queries.naming_page(no, actor().party), NameForm()
    form.among(shown.roster)

    def page() -> str:
        return render_template("bidding/judging/name.html", page=shown, form=form)

    return perform(JudgingAct.NAME, form, no, page=page, after=lambda done: url_for("judging.name", no=no))


@bp.route("/announcements/<no>/declaration", methods=["GET", "POST"])
@door(JudgingAct.DECLARE)
def declare(no: str) -> Response:
    """Whose proposals will be judged, and the declaration."""
    shown, form = queries.own_page(no, actor()), DeclareForm()
    form.among(shown.candidates)

    def page() -> str:
        return render_template("bidding/judging/declare.html", page=shown, form=form)

    def after(done: object) -> str:
        return url_for("desk.desk") if form.step_back.data else url_for("judging.sheet", no=no)

    return perform(JudgingAct.DECLARE, form, no, page=page, after=after)


@bp.route("/announcements/<no>/sheet", methods=["GET", "POST"])
@door(JudgingAct.SCORE)
def sheet(no: str) -> Response:
    """A judge's own sheet, with the proposals; kept, or locked for good by the second button."""
    shown, form = queries.own_page(no, actor()), SheetForm()
    if shown.phase is Phase.SEATED:
        return redirect(url_for("judging.declare", no=no), code=303)
    form.begin(shown.candidates)
    act = JudgingAct.LOCK if request.form.get("lock") else JudgingAct.SCORE

    def page() -> str:
        return render_template("bidding/judging/sheet.html", page=shown, form=form)

    return perform(act, form, no, page=page, after=lambda done: url_for("judging.sheet", no=no))


@bp.get("/announcements/<no>/<int:attempt>/proposals/<code>/<int:place>")
@members()
def proposal(no: str, attempt: int, code: str, place: int) -> Response:
    """One file of a proposal, for those who may read it."""
    content, ending = queries.proposal(no, attempt, code, place, actor=actor())
    sent = send_file(BytesIO(content), as_attachment=True, download_name=f"{code}-{place}{ending}")
    sent.headers["Cache-Control"] = "no-store"
    return sent


def box(*, no: str, attempt: int | None = None) -> Mapping[str, Any]:
    """The panel `judging_result` of a record's page: proposals, judges, sheets, totals."""
    found = queries.result(no, attempt, actor=actor())
    return {} if found is None else {"template": "bidding/judging/box.html", "judged": found}
