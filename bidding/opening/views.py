"""The page on which a holder uses its key, and the panel that tells everybody who has."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from app.clock import now
from app.refusal import NotFound
from app.web.door import actor, door
from app.web.perform import perform
from bidding.opening import queries
from bidding.opening.forms import UnsealForm
from bidding.opening.rules import OpeningAct

bp = Blueprint("opening", __name__)


@bp.route("/announcements/<no>/opening", methods=["GET", "POST"])
@door(OpeningAct.UNSEAL)
def unseal(no: str) -> Response:
    """Who holds, who has come, until when; and the form for this office's key file."""
    form = UnsealForm()

    def page() -> str:
        attempt = queries.present(no)
        shown = queries.page(attempt, now=now())
        if shown is None:
            raise NotFound("opening")
        own = queries.own(attempt, actor().party_id)
        return render_template("bidding/opening/unseal.html", page=shown, own=own, form=form)

    return perform(OpeningAct.UNSEAL, form, no, page=page, after=lambda done: url_for("opening.unseal", no=no))


def keys(*, no: str, attempt: int) -> Mapping[str, Any]:
    """The panel `opening_keys` of a record: who opened with what; empty where one key file of the market does."""
    shown = queries.page_of(no, attempt, now=now())
    return {} if shown is None else {"template": "bidding/opening/keys.html", "page": shown}
