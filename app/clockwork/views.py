"""The demonstration clock's page."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from app.clockwork.forms import AdvanceForm
from app.clockwork.rules import ClockAct
from app.web.door import door
from app.web.perform import perform

bp = Blueprint("clockwork", __name__)


@bp.route("/demonstration/clock", methods=["GET", "POST"])
@door(ClockAct.ADVANCE)
def advance() -> Response:
    """Move the demonstration's clock forward."""
    form = AdvanceForm()
    return perform(
        ClockAct.ADVANCE,
        form,
        None,
        page=lambda: render_template("clockwork/advance.html", form=form),
        after=lambda done: url_for("clockwork.advance"),
    )
