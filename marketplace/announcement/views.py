"""The public list and page of announcements, the purchaser's acts on its own, the operator's review."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, BinaryIO, cast
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app import files
from app.actor import Role
from app.clock import now
from app.region import queries as regions
from app.values import SHANGHAI, Done, Fen, Waiting
from app.web.door import actor, door, members, public
from app.web.perform import ActForm, perform
from marketplace.announcement import ahead, eligible, limits, lists, pages, queries, times
from marketplace.announcement.forms import (
    ENDINGS,
    AmendForm,
    ApproveForm,
    BecauseForm,
    ConcludeForm,
    CountForm,
    MendedForm,
    PublishForm,
    ReturnForm,
    TimetableForm,
    WithdrawForm,
)
from marketplace.announcement.lists import Filters
from marketplace.announcement.rules import AnnouncementAct, Ending
from marketplace.need import queries as needs
from marketplace.purchaser.rules import Fund

bp = Blueprint("announcement", __name__)

HOLDING = (Role.OPERATOR, Role.SUPERVISOR)
"""Who holds and releases; a button is offered to those whose branch it is."""

CLOSING = 10
"""As many announcements as the front page names under today's closings."""


@bp.get("/announcements/")
@public
def listed() -> str:
    """Everything that was ever published, by what one looks for."""
    filters = Filters.of(request.args)
    asked = {name: code for name, code in asdict(filters).items() if code is not None}
    return render_template(
        "marketplace/announcement/list.html",
        page=lists.public_list(filters, request.args.get("after"), now=now()),
        filters=filters,
        asked=asked,
        address=partial(_address, asked),
        offered=lists.offered(now()),
        options=options,
    )


def _address(asked: Mapping[str, str], **changed: str | None) -> str:
    """The list as it is asked for now, with some conditions changed; None takes one away."""
    left = {name: code for name, code in {**asked, **changed}.items() if code}
    here = url_for("announcement.listed")
    return f"{here}?{urlencode(left)}" if left else here


@lru_cache(maxsize=512)
def options(pairs: Sequence[tuple[str, str]], chosen: str | None) -> Markup:
    """The choices of a select as written out once: two hundred of them, on the page that is read most."""
    line, taken = Markup('<option value="{}">{}</option>'), Markup('<option value="{}" selected>{}</option>')
    return Markup("").join((taken if code == chosen else line).format(code, word) for code, word in pairs)


@bp.get("/announcements/<no>")
@public
def page(no: str) -> str:
    """One announcement: what, how much, until when, who may, how to answer."""
    found = pages.page(no, now=now())
    return render_template(
        "marketplace/announcement/page.html",
        page=found,
        rulebook_id=found.rulebook,
        own=actor().party_id == found.party_id and Role.PURCHASER in actor().roles,
        holder=bool(actor().roles & set(HOLDING)) and queries.serves(actor(), no, roles=HOLDING),
    )


@bp.get("/announcements/held")
@members(*HOLDING)
def held() -> str:
    """What is held in the office's branch."""
    return render_template("marketplace/announcement/held.html", rows=lists.held(actor(), now=now()))


def _holding(act: AnnouncementAct, no: str, form: ActForm) -> Response:
    """Hold or let go on: the page says what that brings about, and what it does not."""

    def page() -> str:
        return render_template("marketplace/announcement/hold.html", form=form, act=act, page=pages.page(no, now=now()))

    return perform(act, form, no, page=page, after=partial(_done, no))


@bp.route("/announcements/<no>/hold", methods=["GET", "POST"])
@door(AnnouncementAct.HOLD)
def hold(no: str) -> Response:
    """The supervisor holds it."""
    return _holding(AnnouncementAct.HOLD, no, BecauseForm())


@bp.route("/announcements/<no>/hold-fault", methods=["GET", "POST"])
@door(AnnouncementAct.HOLD_FAULT)
def hold_fault(no: str) -> Response:
    """The operator holds it for a fault; it counts once the supervisor agrees."""
    return _holding(AnnouncementAct.HOLD_FAULT, no, BecauseForm())


@bp.route("/announcements/<no>/release", methods=["GET", "POST"])
@door(AnnouncementAct.RELEASE)
def release(no: str) -> Response:
    """The supervisor ends its hold."""
    return _holding(AnnouncementAct.RELEASE, no, BecauseForm())


@bp.route("/announcements/<no>/release-fault", methods=["GET", "POST"])
@door(AnnouncementAct.RELEASE_FAULT)
def release_fault(no: str) -> Response:
    """The fault is ended, with evidence; it counts once the supervisor agrees."""
    form = MendedForm()
    form.store = _stored
    return _holding(AnnouncementAct.RELEASE_FAULT, no, form)


def _stored(upload: FileStorage) -> str:
    stream = cast(BinaryIO, upload.stream)
    return files.store(stream, account_id=actor().account_id or 0, name=upload.filename or "").sha256


def _back(no: str) -> str:
    return url_for("announcement.page", no=no)


def _done(no: str, done: Done | Waiting) -> str:
    """Back to the announcement; to where it waits, when a colleague's hand is needed."""
    return url_for("approval.page", no=done.prepared) if isinstance(done, Waiting) else _back(no)


def _own_form(template: str, no: str, form: ActForm) -> str:
    found = pages.page(no, now=now())
    return render_template(
        f"marketplace/announcement/{template}.html",
        form=form,
        page=found,
        rulebook_id=found.rulebook,
        earliest=times.earliest_of(no, now()),
    )


@bp.route("/announcements/<no>/amend", methods=["GET", "POST"])
@door(AnnouncementAct.AMEND)
def amend(no: str) -> Response:
    """Change it before registration closes."""
    found = queries.own(actor().party, no)
    form = AmendForm(content=found.content, expected_days=str(found.expected_days))
    return perform(
        AnnouncementAct.AMEND,
        form,
        no,
        page=lambda: _own_form("amend", no, form),
        after=partial(_done, no),
    )


@bp.route("/announcements/<no>/withdraw", methods=["GET", "POST"])
@door(AnnouncementAct.WITHDRAW)
def withdraw(no: str) -> Response:
    """End it before registration closes."""
    queries.own(actor().party, no)
    form = WithdrawForm()
    return perform(
        AnnouncementAct.WITHDRAW,
        form,
        no,
        page=lambda: _own_form("withdraw", no, form),
        after=partial(_done, no),
    )


@bp.route("/announcements/<no>/repeat", methods=["GET", "POST"])
@door(AnnouncementAct.REPEAT)
def repeat(no: str) -> Response:
    """Announce the same terms again."""
    queries.own(actor().party, no)
    form = TimetableForm()
    return perform(
        AnnouncementAct.REPEAT,
        form,
        no,
        page=lambda: _own_form("repeat", no, form),
        after=partial(_done, no),
    )


@bp.route("/announcements/<no>/conclude", methods=["GET", "POST"])
@door(AnnouncementAct.CONCLUDE)
def conclude(no: str) -> Response:
    """What becomes of a purchase that failed."""
    queries.own(actor().party, no)
    form, found = ConcludeForm(), pages.afterwards(no, now=now())
    form.way.choices = [each for each in ENDINGS if not found.against[each.value]]
    return perform(
        AnnouncementAct.CONCLUDE,
        form,
        no,
        page=lambda: render_template("marketplace/announcement/conclude.html", form=form, page=found),
        after=lambda done: _concluded(no) if isinstance(done, Done) else _done(no, done),
    )


def _concluded(no: str) -> str:
    """On to what was written in its place, or back."""
    found = queries.own(actor().party, no)
    following = needs.following(found.need_id)
    if following is None:
        return _back(no)
    direct = found.concluded_way is Ending.DIRECT
    return url_for("direct.propose" if direct else "need.revise", no=following.no)


def _published(done: Done | Waiting, need_no: str) -> str:
    if isinstance(done, Waiting):
        return url_for("approval.page", no=done.prepared)
    if done.act == AnnouncementAct.SUBMIT or done.subject is None:
        return url_for("need.page", no=need_no)
    return _back(done.subject)


@bp.route("/needs/<no>/publish", methods=["GET", "POST"])
@door(AnnouncementAct.PUBLISH)
def publish(no: str) -> Response:
    """Make a need public, or hand it in for review where public money is spent."""
    form = PublishForm()
    need = needs.own(actor().party, no)
    way = ahead.way_of(need, now=now())
    page = partial(_publishing, need, way, form, CountForm(formdata=None))
    return perform(way.act, form, no, page=page, after=lambda done: _published(done, no))


@bp.post("/needs/<no>/count")
@door(AnnouncementAct.COUNT)
def count(no: str) -> Response:
    """Count who could register, and publish it."""
    form = CountForm()

    def page() -> str:
        need = needs.own(actor().party, no)
        return _publishing(need, ahead.way_of(need, now=now()), PublishForm(formdata=None), form)

    return perform(AnnouncementAct.COUNT, form, no, page=page, after=partial(_counted, no))


def _counted(no: str, done: Done | Waiting) -> str:
    return url_for("announcement.publish", no=no)


def _publishing(need: Any, way: ahead.Way, form: PublishForm, count: CountForm) -> str:
    return render_template(
        "marketplace/announcement/publish.html", form=form, count=count, need=need, way=way, rulebook_id=way.rulebook
    )


@bp.get("/announcements/counts")
@public
def counts() -> str:
    """Every published count of eligible agencies."""
    page = eligible.counts(request.args.get("after"))
    return render_template("marketplace/announcement/counts.html", page=page, now=now())


@bp.get("/announcements/review")
@members(Role.OPERATOR)
def in_review() -> str:
    """What waits for the operator."""
    return render_template("marketplace/announcement/review_list.html", rows=lists.in_review(actor()))


def _review(no: str, returned: ReturnForm) -> str:
    found = queries.reviewed(no, actor=actor())
    return render_template(
        "marketplace/announcement/review.html",
        announcement=found,
        need=found.need,
        region=regions.name(found.need.region),
        approve=ApproveForm(formdata=None),
        returned=returned,
    )


@bp.get("/needs/<no>/review")
@members(Role.OPERATOR)
def review(no: str) -> str:
    """One that waits, with the two answers."""
    return _review(no, ReturnForm(formdata=None))


@bp.post("/needs/<no>/approve")
@door(AnnouncementAct.APPROVE)
def approve(no: str) -> Response:
    """Nothing is missing."""
    return perform(
        AnnouncementAct.APPROVE,
        ApproveForm(),
        no,
        page=lambda: _review(no, ReturnForm(formdata=None)),
        after=lambda done: url_for("announcement.in_review"),
    )


@bp.post("/needs/<no>/return")
@door(AnnouncementAct.RETURN)
def send_back(no: str) -> Response:
    """Send it back with a reason."""
    form = ReturnForm()
    return perform(
        AnnouncementAct.RETURN,
        form,
        no,
        page=lambda: _review(no, form),
        after=lambda done: url_for("announcement.in_review"),
    )


def latest() -> dict[str, Any]:
    """The front page's newest announcements."""
    found = lists.public_list(Filters(), None, now=now(), size=6)
    return {
        "rows": [
            {"title": line.title, "url": _back(line.no), "note": f"{line.region_name} · {line.item_name}"}
            for line in found.rows
        ]
    }


def closing_today() -> dict[str, Any]:
    """The front page's announcements that close before midnight, the first one first."""
    tomorrow = now().astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    found = lists.closing(now=now(), until=tomorrow, limit=CLOSING)
    return {
        "rows": [
            {
                "title": line.title,
                "url": _back(line.no),
                "closes_at": line.closes_at,
                "note": f"{line.region_name} · {line.item_name}",
            }
            for line in found
        ]
    }


def announcing(*, rulebook: str, region: str, fund: Fund | None, budget_fen: Fen) -> dict[str, Any]:
    """When an announcement could close, and whether somebody reviews it first, for a need that is being written."""
    return ahead.announcing(rulebook, region=region, fund=fund, budget_fen=budget_fen, now=now())


def of_need(*, no: str) -> dict[str, Any]:
    """What became of a need, for its purchaser's page; empty where it was never handed in."""
    found = queries.by_need(no)
    if found is None:
        return {}
    present = queries.present_attempt(found) if found.no else None
    return {
        "template": "marketplace/announcement/of_need.html",
        "announcement": found,
        "phase": queries.phase_of(found, present, now()),
    }


def of_needs(*, nos: Sequence[str]) -> dict[str, Any]:
    """What became of needs, by their numbers, for their purchaser's list; those never handed in are not there."""
    template = "marketplace/announcement/of_line.html"
    found = queries.phases_of_needs(nos, now=now())
    return {need_no: {"template": template, "no": no, "phase": phase} for need_no, (no, phase) in found.items()}


def of_outage(*, no: str) -> dict[str, Any]:
    """The closings that an outage moved, for the outage's page."""
    return {"template": "marketplace/announcement/extended.html", "rows": limits.extended_by(no)}
