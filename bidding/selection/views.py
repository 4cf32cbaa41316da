"""The record of a draw, the verifier as a file, the box on the announcement's page, and the pages of the beacon."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, render_template, send_file, url_for
from werkzeug.wrappers import Response

from app.audit.canonical import canonical
from app.clock import now
from app.values import Done, Waiting
from app.watch import queries as watched
from app.web import asked
from app.web.door import actor, door, public
from app.web.perform import perform
from bidding.selection import lottery, queries, transcript
from bidding.selection.forms import BeaconForm
from bidding.selection.rules import SelectionAct

bp = Blueprint("selection", __name__)


@bp.get("/announcements/<no>/record")
@public
def record(no: str) -> str:
    """One attempt after its freeze, told so that a citizen can follow it; the latest unless `?attempt=` says which."""
    page, attempts = queries.page(no, asked.number("attempt"), actor=actor()), queries.attempts(no)
    chosen = asked.number("attempt") or len(attempts)
    return render_template("bidding/selection/record.html", no=no, page=page, attempts=attempts, chosen=chosen)


@bp.get("/announcements/<no>/record.json")
@public
def record_file(no: str) -> Response:
    """The record as the file that `lottery.py` checks."""
    text = queries.record_text(no, asked.number("attempt"))
    return current_app.response_class(text + "\n", mimetype="application/json")


@bp.get("/announcements/<no>/transcript.json")
@public
def transcript_file(no: str) -> Response:
    """The result and all that it follows from, as the file that `transcript.zip` recomputes (protocol.md §4)."""
    found = queries.transcript(no, asked.number("attempt"))
    return current_app.response_class(canonical(found) + "\n", mimetype="application/json")


@bp.get("/verify/transcript.zip")
@public
def transcript_verifier() -> Response:
    """The methods themselves, as the stand-alone verifier of every transcript; the same bytes every time."""
    return send_file(
        BytesIO(transcript.verifier()),
        mimetype="application/zip",
        as_attachment=True,
        download_name="transcript.zip",
    )


@bp.get("/verify/lottery.py")
@public
def verifier() -> Response:
    """The algorithm itself, as the stand-alone verifier."""
    return send_file(Path(lottery.__file__), mimetype="text/x-python", as_attachment=True, download_name="lottery.py")


@bp.get("/beacon/")
@public
def beacons() -> str:
    """The settled values, for everybody to compare; for the two offices also the days that wait."""
    offices = actor() if actor().roles & queries.TYPISTS else None
    days = [] if offices is None else queries.beacon_days(offices, now=now())
    return render_template("bidding/selection/beacons.html", office=offices, days=days, settled=queries.settled_days())


@bp.route("/beacon/<on>", methods=["GET", "POST"])
@door(SelectionAct.ENTER_BEACON)
def enter(on: str) -> Response:
    """Type one day's value; the other office's entry is never shown before both are there."""
    form = BeaconForm()
    form.day = queries.day_of(on)

    def page() -> str:
        day = queries.beacon_day(form.day, actor(), now=now())
        return render_template("bidding/selection/beacon.html", day=day, form=form)

    def after(done: Done | Waiting) -> str:
        return url_for("selection.beacons")

    return perform(SelectionAct.ENTER_BEACON, form, on, page=page, after=after)


def box(*, no: str) -> Mapping[str, Any]:
    """The panel `selection_result` of an announcement's page: the latest attempt that was frozen."""
    page = queries.latest(no, actor=actor())
    if page is None:
        return {}
    return {
        "template": "bidding/selection/box.html",
        "says": "bidding/selection/says.html",
        "no": no,
        "page": page,
        "earlier": tuple(range(1, page.attempt)),
        "alarms": watched.public_of(no),
        "url": url_for("selection.record", no=no, attempt=page.attempt),
    }
