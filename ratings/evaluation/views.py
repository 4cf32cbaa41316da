"""The public page of a contract's evaluation, the form for those whose turn it is, and each evaluator's own list."""

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.actor import Role
from app.clock import now
from app.web.door import actor, door, members, public
from app.web.perform import perform
from ratings.evaluation import queries
from ratings.evaluation.forms import MarksForm
from ratings.evaluation.rules import EvaluationAct

bp = Blueprint("evaluation", __name__)


@bp.get("/evaluations/")
@members(Role.PURCHASER, Role.REGULATOR)
def mine() -> str:
    """What my organisation has to evaluate, and what it has evaluated."""
    return render_template(
        "ratings/evaluation/list.html",
        due=queries.waiting_for(actor(), now=now()),
        made=queries.made_by(actor().party, request.args.get("after")),
    )


def _page(no: str, form: MarksForm, act: EvaluationAct) -> str:
    found = queries.page(no, actor=actor(), now=now())
    return render_template(
        "ratings/evaluation/page.html", page=found, form=form, act=act, rulebook_id=found.rulebook_id
    )


@bp.get("/contracts/<no>/evaluation")
@public
def page(no: str) -> str:
    """The marks of both classes, how they came about, and the form for who may mark now."""
    return _page(no, MarksForm(), EvaluationAct.SUBMIT)


@bp.post("/contracts/<no>/evaluation")
@door(EvaluationAct.SUBMIT)
def submit(no: str) -> Response:
    """Hand in the marks."""
    form = MarksForm()
    return perform(
        EvaluationAct.SUBMIT,
        form,
        no,
        page=lambda: _page(no, form, EvaluationAct.SUBMIT),
        after=lambda done: url_for("evaluation.page", no=no),
    )


@bp.route("/contracts/<no>/evaluation/edit", methods=["GET", "POST"])
@door(EvaluationAct.EDIT)
def edit(no: str) -> Response:
    """Change the marks, once."""
    form = MarksForm(data=queries.given(no, actor=actor()))
    return perform(
        EvaluationAct.EDIT,
        form,
        no,
        page=lambda: _page(no, form, EvaluationAct.EDIT),
        after=lambda done: url_for("evaluation.page", no=no),
    )
