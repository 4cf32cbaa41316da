"""The page of an auction, for whoever watches and for whoever offers; what has changed on it, and that it has."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from app.actor import Role
from app.clock import now
from app.values import Done, Waiting
from app.web import asked
from app.web.door import actor, door, members, public
from app.web.filters import sentence
from app.web.money import typed
from app.web.perform import perform
from app.web.stream import bulletin, stream
from bidding.auction import queries
from bidding.auction.forms import BidForm
from bidding.auction.rules import AuctionAct

bp = Blueprint("auction", __name__)


@bp.get("/announcements/<no>/auction")
@public
def page(no: str) -> str:
    """How the auction of an attempt stands; the present one unless `?attempt=` says which."""
    return _page(no, asked.number("attempt"), BidForm())


@bp.route("/announcements/<no>/auction/offer", methods=["GET", "POST"])
@door(AuctionAct.BID)
def bid(no: str) -> Response:
    """The same page, where an agency offers."""
    form = BidForm()

    def after(done: Done | Waiting) -> str:
        return url_for("auction.page", no=no)

    return perform(AuctionAct.BID, form, no, page=lambda: _page(no, None, form), after=after)


@bp.get("/announcements/<no>/auction/<int:attempt>/events")
@public
def events(no: str, attempt: int) -> Response:
    """How the auction stands, as it happens: what `state` tells, of its list what is new since the mark it names."""
    known = asked.number("after")
    return stream(queries.topic_of(no, attempt), present=lambda: queries.mark(no, attempt), after=known, who=actor())


@bp.get("/announcements/<no>/auction/<int:attempt>/state.json")
@public
def state(no: str, attempt: int) -> Response:
    """What everybody may know, as it stood at `?at=`; without it as it stands now, for whoever asks again and again."""
    given = asked.number("at")
    mark = queries.mark(no, attempt) if given is None else given
    answer = current_app.response_class(_told(no, attempt, mark), mimetype="application/json")
    answer.set_etag(str(mark))
    answer.headers["Cache-Control"] = "no-cache" if given is None else "public, max-age=3600"
    answer.headers["Market-Time"] = now().isoformat()
    return answer.make_conditional(request)


def _told(no: str, attempt: int, mark: int) -> bytes:
    """Made once for all who watch: what stood at a mark stays."""
    topic = bulletin().known(queries.topic_of(no, attempt))
    if topic is not None and mark in topic.told:
        return topic.told[mark]
    said = queries.told(no, attempt, mark).encode()
    if topic is not None:
        topic.told[mark] = said
    return said


@bp.get("/announcements/<no>/auction/<int:attempt>/own.json")
@members(Role.AGENCY)
def own(no: str, attempt: int) -> Response:
    """What this agency sees besides: its rank, and the highest amount that would count now."""
    shown = queries.page(no, attempt, actor=actor(), now=now()).own
    if shown is None:
        return jsonify({})
    last = shown.bids[0].amount_fen if shown.bids else None
    said = [sentence(one) for one in shown.refusals]
    return jsonify({"rank": shown.rank, "last_fen": last, "most_fen": shown.most_fen, "refusals": said})


def box(*, no: str) -> Mapping[str, Any]:
    """The panel `auction_box` of an announcement's page: how its present auction stands."""
    shown = queries.page(no, actor=actor(), now=now())
    if shown.phase is None:
        return {}
    return {
        "template": "bidding/auction/box.html",
        "says": "bidding/auction/says.html",
        "action": "bidding/auction/action.html",
        "page": shown,
        "url": url_for("auction.page", no=no),
    }


def _page(no: str, number: int | None, form: BidForm) -> str:
    shown = queries.page(no, number, actor=actor(), now=now())
    if form.amount_fen.raw_data is None and shown.own is not None and shown.own.most_fen is not None:
        form.amount_fen.data = typed(shown.own.most_fen)
    return render_template("bidding/auction/page.html", page=shown, form=form)
