"""The calendar's pages: a year's months, its table, and publishing one; and how every page says a deadline."""

from datetime import datetime

from flask import Blueprint, g, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.calendar import intake, queries, services, wording
from app.calendar.forms import YearForm
from app.calendar.intake import Sheet
from app.calendar.rules import CalendarAct, refusals_to_publish
from app.clock import now
from app.refusal import NotFound
from app.values import SHANGHAI
from app.web import asked
from app.web.door import door, public
from app.web.filters import say, until
from app.web.perform import perform
from app.web.spreadsheet import download
from app.workdays import WorkCalendar

bp = Blueprint("calendar", __name__, url_prefix="/calendar")


@bp.app_template_filter("due")
def due(instant: datetime | None) -> Markup:
    """A deadline that is still to come, as `until` says it; with the word 暂定 and why over an unpublished year."""
    days = _calendar()
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


def _calendar() -> WorkCalendar:
    """The calendar in force, read once a request: a page may show a hundred deadlines."""
    if "work_calendar" not in g:
        g.work_calendar = services.calendar()
    days: WorkCalendar = g.work_calendar
    return days


def _year(year: int, *, national: bool = False) -> queries.YearPage:
    days = _calendar()
    if year not in queries.shown(days):
        raise NotFound("calendar")
    published = {row.year: row for row in services.years()}
    return queries.page(year, days=days, published=published, national=national)


@bp.get("/")
@public
def years() -> str:
    """One year, this one unless `?year=` says which: its twelve months, and where its arrangement is known from."""
    page = _year(asked.number("year") or now().astimezone(SHANGHAI).year)
    return render_template("calendar/list.html", page=page, shown=queries.shown(_calendar()))


@bp.get("/<int:year>.csv")
@public
def table(year: int) -> Response:
    """The same as a table, in the columns that publishing takes: the nation's days, without those of the region."""
    own, _ = wording.HEADINGS
    rows = (
        (day.isoformat(), wording.MAKE_UP[0] if working else wording.OFF[0], say(name, "holiday") if name else "")
        for day, working, name in queries.members(_year(year, national=True))
    )
    return download(f"calendar-{year}", tuple(own.values()), rows)


def _publishing(form: YearForm, sheet: Sheet | None = None, *, preview: bool = False) -> str:
    """The page of publishing; with the year as it would be where that is asked for and can be read."""
    value = form.value() if preview else None
    known = value is not None and any(row.year == value.year for row in services.years())
    return render_template(
        "calendar/publish.html",
        form=form,
        sheet=sheet,
        year=value,
        refused=() if value is None else tuple(refusals_to_publish(value, known=known)),
        page=None if value is None else queries.previewed(value, days=_calendar()),
        differences=() if value is None else queries.differences(value, days=_calendar()),
        overlooked=() if value is None else queries.overlooked(value),
        first_unknown=_calendar().first_unknown,
    )


@bp.post("/preview")
@door(CalendarAct.PUBLISH)
def preview() -> tuple[str, int]:
    """What a typed or handed-in arrangement would be; nothing is published."""
    form = YearForm()
    upload = form.file.data
    sheet = intake.read(upload.stream) if upload else None
    if sheet is not None and sheet.year is not None:
        form.fill(sheet.year)
    sound = (sheet is None or not sheet.refusals) and form.validate()
    return _publishing(form, sheet, preview=sound), 200 if sound and not (sheet and sheet.faults) else 422


@bp.route("/publish", methods=["GET", "POST"])
@door(CalendarAct.PUBLISH)
def publish() -> Response | tuple[str, int]:
    """Type in a year, or read it from a file; a file is seen before anything is published."""
    form = YearForm()
    if request.method == "POST" and (form.file.data or "again" in request.form):
        return preview()
    return perform(
        CalendarAct.PUBLISH,
        form,
        None,
        page=lambda: _publishing(form, preview=not form.errors and request.method == "POST"),
        after=lambda done: url_for("calendar.years", year=done.subject if hasattr(done, "subject") else None),
    )
