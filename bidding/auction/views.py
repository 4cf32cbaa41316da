"""The page of an auction, for whoever watches and for whoever offers; what has changed on it, and that it has."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from app.clock import now
from app.values import Done, Waiting
from app.web import asked
from app.web.door import actor, door, public
from app.web.money import typed
from app.web.perform import perform
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


def _page(no: str, number: int | None, form: BidForm) -> str:
    shown = queries.page(no, number, actor=actor(), now=now())
    if form.amount_fen.raw_data is None and shown.own is not None and shown.own.most_fen is not None:
        form.amount_fen.data = typed(shown.own.most_fen)
    return render_template("bidding/auction/page.html", page=shown, form=form)
