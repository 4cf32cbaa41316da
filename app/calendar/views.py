"""The calendar's pages: the years published here, and publishing one."""

from datetime import datetime

from flask import Blueprint, g, render_template, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.calendar import services
from app.calendar.forms import YearForm
from app.calendar.rules import CalendarAct
from app.clock import now
from app.web.door import door, public
from app.web.filters import say, until
from app.web.perform import perform
from app.workdays import WorkCalendar

bp = Blueprint("calendar", __name__, url_prefix="/calendar")


@bp.app_template_filter("due")
def due(instant: datetime | None) -> Markup:
    """A deadline that is still to come, as `until` says it; with the word 暂定 and why over an unpublished year."""
    if "work_calendar" not in g:
        g.work_calendar = services.calendar()
    days: WorkCalendar = g.work_calendar
    if instant is None or instant <= days.certain_until or instant <= now():
        return Markup.escape(until(instant))
    year = days.first_unknown
    return Markup('{} <a class="unverified" href="{}">{}</a>').format(
        until(instant), url_for("calendar.years", year=year), say("provisional", year=year)
    )


@bp.app_template_filter("moment")
def moment(text: str) -> datetime:
    """An instant out of the public record, where it stands as text (docs/protocol.md §0)."""
    return datetime.fromisoformat(text)


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
