"""The record of a draw, its replay, the verifier as a file, the box on an announcement, and the pages of the beacon."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, render_template, send_file, url_for
from werkzeug.wrappers import Response

from app.audit.canonical import canonical
from app.clock import now
from app.refusal import NotFound
from app.values import Done, Waiting
from app.watch import queries as watched
from app.web import asked
from app.web.door import actor, door, public
from app.web.filters import say
from app.web.perform import perform
from app.web.spreadsheet import download
from app.web.turnstile import Turnstile
from bidding.selection import beacons as daily_beacons
from bidding.selection import fairness, lists, lottery, pages, records, throws, transcript
from bidding.selection.forms import BeaconForm, ReplayForm, ThrowForm, choice_form
from bidding.selection.replay import read, replay
from bidding.selection.rules import SelectionAct
from bidding.selection.scenes import Replay, View

bp = Blueprint("selection", __name__)

HEAVY = Turnstile(2, seconds=5)
"""What one process computes for strangers at a time: a file recomputed, or all draws together; up to a second each."""

AUCTION = Path(__file__).parents[2] / "docs" / "auction" / "transcript.json"


@bp.get("/announcements/<no>/record")
@public
def record(no: str) -> str:
    """One attempt after its freeze, told so that a citizen can follow it; the latest unless `?attempt=` says which."""
    page, attempts = pages.page(no, asked.number("attempt"), actor=actor()), records.attempts(no)
    chosen = asked.number("attempt") or len(attempts)
    return render_template("bidding/selection/record.html", no=no, page=page, attempts=attempts, chosen=chosen)


@bp.get("/announcements/<no>/record.json")
@public
def record_file(no: str) -> Response:
    """The record as the file that `lottery.py` checks."""
    text = records.record_text(no, asked.number("attempt"))
    return current_app.response_class(text + "\n", mimetype="application/json")


@bp.get("/announcements/<no>/transcript.json")
@public
def transcript_file(no: str) -> Response:
    """The result and all that it follows from, as the file that `transcript.zip` recomputes (protocol.md §4)."""
    found = records.transcript(no, asked.number("attempt"))
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


@bp.get("/announcements/<no>/replay")
@public
def replayed(no: str) -> str:
    """The whole selection out of its transcript alone: all steps, or with `?step=` one state at a time."""
    told, attempts = records.replayed(no, asked.number("attempt")), records.attempts(no)
    return render_template("bidding/selection/replay.html", told=told, view=_view(told), attempts=attempts)


@bp.route("/verify/replay", methods=["GET", "POST"])
@public
def replay_file() -> tuple[str, int]:
    """The same of a file that somebody hands in, with what contradicts itself in it; nothing is kept."""
    form, told, status = ReplayForm(), None, 200
    if form.is_submitted():
        with HEAVY.inside():
            if form.validate():
                form, told = ReplayForm(formdata=None), replay(form.transcript)
            else:
                status = 422
    return render_template("bidding/selection/replay_file.html", form=form, told=told), status


@bp.get("/verify/replay/auction")
@public
def recorded_auction() -> str:
    """An auction that was recorded: docs/auction/transcript.json."""
    told = replay(read(AUCTION.read_bytes()))
    return render_template("bidding/selection/replay_auction.html", told=told, view=_view(told))


@bp.get("/verify/replay/auction.json")
@public
def recorded_auction_file() -> Response:
    """Its transcript, as the file that `transcript.zip` recomputes."""
    return send_file(AUCTION, mimetype="application/json", as_attachment=True, download_name="transcript.json")


def _view(told: Replay) -> View | None:
    """The state that `?step=` asks for, None for all of them. Raises `NotFound` for one that there is not."""
    number = asked.number("step")
    if number is not None and not 0 < number <= len(told.views):
        raise NotFound(str(number))
    return None if number is None else told.views[number - 1]


@bp.get("/verify/draws")
@public
def fairness_page() -> str:
    """What all published draws look like together, against chance."""
    with HEAVY.inside():
        found = lists.page()
    return render_template(
        "bidding/selection/fairness.html", page=found, enough=fairness.ENOUGH, fewest=fairness.FEWEST
    )


@bp.get("/verify/draws.csv")
@public
def fairness_csv() -> Response:
    """The lines of all frozen registers, from which the page is made."""
    with HEAVY.inside():
        return download("draws", [say(f"draws.{column}") for column in lists.COLUMNS], lists.rows())


@bp.get("/verify/draws.json")
@public
def fairness_json() -> Response:
    """The same for programs."""
    with HEAVY.inside():
        told = canonical([dict(zip(lists.COLUMNS, row, strict=True)) for row in lists.rows()])
    return current_app.response_class(told + "\n", mimetype="application/json")


@bp.get("/beacon/")
@public
def beacons() -> str:
    """The settled values, for everybody to compare; for the two offices also the days and attempts that wait."""
    office = actor() if actor().roles & daily_beacons.TYPISTS else None
    return render_template(
        "bidding/selection/beacons.html",
        office=office,
        days=daily_beacons.beacon_days(office, now=now()) if office else [],
        throws=throws.waiting_throws(office, now=now()) if office else [],
        settled=daily_beacons.settled_days(),
        thrown=throws.settled_throws(),
    )


@bp.route("/beacon/<on>", methods=["GET", "POST"])
@door(SelectionAct.ENTER_BEACON)
def enter(on: str) -> Response:
    """Type one day's value; the other office's entry is never shown before both are there."""
    form = BeaconForm()
    form.day = daily_beacons.day_of(on)

    def page() -> str:
        day = daily_beacons.beacon_day(form.day, actor(), now=now())
        return render_template("bidding/selection/beacon.html", day=day, form=form)

    def after(done: Done | Waiting) -> str:
        return url_for("selection.beacons")

    return perform(SelectionAct.ENTER_BEACON, form, on, page=page, after=after)


@bp.route("/beacon/<no>/<int:attempt>", methods=["GET", "POST"])
@door(SelectionAct.WITNESS)
def throw(no: str, attempt: int) -> Response:
    """Type what was thrown in the hall for one attempt; the other office's entry is never shown before both are."""
    key = throws.throw_key(no, attempt)
    shown = throws.throw_page(key, actor(), now=now())
    form = ThrowForm(place=shown.place)

    def page() -> str:
        return render_template("bidding/selection/throw.html", page=shown, form=form)

    return perform(SelectionAct.WITNESS, form, key, page=page, after=lambda done: url_for("selection.beacons"))


@bp.route("/announcements/<no>/choice", methods=["GET", "POST"])
@door(SelectionAct.CHOOSE)
def choose(no: str) -> Response:
    """Among whom the owner chooses, until when, and the form."""
    shown = pages.choice_page(no, actor().party)
    form = choice_form(shown)

    def page() -> str:
        return render_template("bidding/selection/choice.html", page=shown, form=form)

    def after(done: Done | Waiting) -> str:
        if isinstance(done, Waiting):
            return url_for("approval.page", no=done.prepared)
        return url_for("selection.record", no=no)

    return perform(SelectionAct.CHOOSE, form, no, page=page, after=after)


def box(*, no: str) -> Mapping[str, Any]:
    """The panel `selection_result` of an announcement's page: the latest attempt that was frozen."""
    page = pages.latest(no, actor=actor())
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
