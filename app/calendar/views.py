"""The calendar's pages: the years published here, and publishing one."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from app.calendar import services
from app.calendar.forms import YearForm
from app.calendar.rules import CalendarAct
from app.web.door import door, public
from app.web.perform import perform

bp = Blueprint("calendar", __name__, url_prefix="/calendar")


@bp.get("/")
@public
def years() -> str:
    """The years published here, and where the others come from."""
    return render_template("calendar/list.html", years=services.years())


@bp.route("/publish", methods=["GET", "POST"])
@door(CalendarAct.PUBLISH)
def publish() -> Response:
    """Type in a year."""
    form = YearForm()
    return perform(
        CalendarAct.PUBLISH,
        form,
        None,
        page=lambda: render_template("calendar/publish.html", form=form),
        after=lambda done: url_for("calendar.years"),
    )
