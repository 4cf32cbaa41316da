"""The public page of a contract's evaluation, and the form on it for those whose turn it is."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from app.clock import now
from app.web.door import actor, door, public
from app.web.perform import perform
from ratings.evaluation import queries
from ratings.evaluation.forms import MarksForm
from ratings.evaluation.rules import EvaluationAct

bp = Blueprint("evaluation", __name__, url_prefix="/contracts/<no>/evaluation")


def _page(no: str, form: MarksForm, act: EvaluationAct) -> str:
    found = queries.page(no, actor=actor(), now=now())
    return render_template(
        "ratings/evaluation/page.html", page=found, form=form, act=act, rulebook_id=found.rulebook_id
    )


@bp.get("")
@public
def page(no: str) -> str:
    """The marks of both classes, how they came about, and the form for who may mark now."""
    return _page(no, MarksForm(), EvaluationAct.SUBMIT)


@bp.post("")
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


@bp.route("/edit", methods=["GET", "POST"])
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
