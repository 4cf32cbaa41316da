"""The list of a branch's warnings and alarms, the page of one with its two answers; the public list of outages."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, BinaryIO, cast

from flask import Blueprint, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app import files
from app.actor import Actor
from app.region import queries as regions
from app.stage import Task
from app.values import Waiting
from app.watch import queries
from app.watch.forms import AssignForm, CloseForm, OutageForm
from app.watch.queries import AlarmLine, Filters
from app.watch.rules import OFFICES, WatchAct
from app.web.choices import offered
from app.web.door import actor, door, members, public
from app.web.filters import say
from app.web.perform import ActForm, perform

bp = Blueprint("watch", __name__)


@bp.get("/alarms/")
@members(*OFFICES)
def listed() -> str:
    """What was raised in this office's branch, or given to it."""
    filters = Filters.of(request.args)
    return render_template(
        "watch/list.html",
        page=queries.listed(filters, request.args.get("after"), actor=actor()),
        filters=filters,
        watches={name: watch.title for name, watch in queries.watches().items()},
        states=tuple(queries.STATES),
        regions=regions.choices(),
    )


def _page(ref: str, *, assign: AssignForm | None = None, close: CloseForm | None = None) -> str:
    page = queries.page(ref, actor=actor())
    assigning = assign or AssignForm(formdata=None)
    assigning.to.choices = list(_offices(page.region)) if page.assigns else []
    return render_template(
        "watch/page.html", page=page, assign=assigning, close=close or CloseForm(formdata=None), rulebook_id=None
    )


def _offices(region: str) -> Iterator[Any]:
    pairs: list[tuple[str, str]] = []
    for office in queries.offices(region):
        pairs.append((office.code, office.name))
        pairs += [
            (f"{office.code}/{login}", say("alarm_person", office=office.name, person=name))
            for login, name in office.accounts
        ]
    return iter(offered(pairs, empty=say("alarm_choose")))


@bp.get("/alarms/<ref>")
@members()
def page(ref: str) -> str:
    """One warning or alarm."""
    return _page(ref)


@bp.post("/alarms/<ref>/assign")
@door(WatchAct.ASSIGN)
def assign(ref: str) -> Response:
    """Give it to an office."""
    form = AssignForm()
    form.to.choices = list(_offices(queries.page(ref, actor=actor()).region))
    return perform(
        WatchAct.ASSIGN,
        form,
        ref,
        page=lambda: _page(ref, assign=form),
        after=lambda done: url_for("watch.page", ref=ref),
    )


@bp.post("/alarms/<ref>/close")
@door(WatchAct.CLOSE)
def close(ref: str) -> Response:
    """Close it with a reason."""
    form = CloseForm()
    return perform(
        WatchAct.CLOSE,
        form,
        ref,
        page=lambda: _page(ref, close=form),
        after=lambda done: url_for("watch.page", ref=ref),
    )


@bp.get("/outages/")
@public
def outages() -> str:
    """When the market could not be used, and what followed."""
    return render_template(
        "watch/outages.html", page=queries.outages(request.args.get("after")), divisions=dict(regions.choices())
    )


@bp.get("/outages/<no>")
@public
def outage(no: str) -> str:
    """One outage with its evidence."""
    found = queries.outage(no)
    return render_template("watch/outage.html", outage=found, place=regions.name(found.region))


@bp.get("/outages/<no>/evidence")
@public
def evidence(no: str) -> Response:
    """The file that proves it."""
    return files.send(queries.outage(no).evidence, name=f"outage-{no}")


def _stored(upload: FileStorage) -> str:
    stream = cast(BinaryIO, upload.stream)
    return files.store(stream, account_id=actor().account_id or 0, name=upload.filename or "").sha256


def _recording(form: ActForm) -> str:
    return render_template("watch/record.html", form=form)


@bp.route("/outages/record", methods=["GET", "POST"])
@door(WatchAct.RECORD)
def record() -> Response:
    """Record one; it counts once the supervisor agrees."""
    form = OutageForm(region=actor().region)
    form.store = _stored
    form.region.choices = offered([pair for pair in regions.choices() if queries.in_branch(pair[0], actor())])
    return perform(
        WatchAct.RECORD,
        form,
        None,
        page=lambda: _recording(form),
        after=lambda done: (
            url_for("approval.page", no=done.prepared) if isinstance(done, Waiting) else url_for("watch.outages")
        ),
    )


def tasks(who: Actor, at: datetime) -> Iterator[Task]:
    """Alarms that nobody was assigned, and those that are this person's to close."""
    if not who.roles & OFFICES:
        return
    unassigned, own = queries.waiting_for(who)
    for line in own:
        yield Task(WatchAct.CLOSE, _heading(line), url_for("watch.page", ref=line.ref))
    for line in unassigned:
        yield Task(WatchAct.ASSIGN, _heading(line), url_for("watch.page", ref=line.ref))


def _heading(line: AlarmLine) -> str:
    return say("alarm_heading", what=line.what, title=line.title)


def standing(*, no: str) -> Mapping[str, Any]:
    """On the pages of an announcement and of its record: that an alarm stands; empty where none does."""
    rows = queries.public_of(no)
    return {"template": "watch/standing.html", "rows": rows} if rows else {}
