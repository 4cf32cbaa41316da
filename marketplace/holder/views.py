"""Who holds keys, for everybody; and the page on which an office makes a key and publishes its public half."""

from io import BytesIO

from flask import Blueprint, render_template, send_file, url_for
from werkzeug.wrappers import Response

from app.web.door import actor, door, public
from app.web.perform import perform
from marketplace.holder import queries, rules
from marketplace.holder.forms import EnrolForm, ResignForm
from marketplace.holder.rules import HolderAct

bp = Blueprint("holder", __name__)


@bp.get("/holders/")
@public
def listed() -> str:
    """The keys in force, and those that were."""
    return render_template(
        "marketplace/holder/list.html",
        current=queries.listed(ended=False),
        ended=queries.listed(ended=True),
        may=bool(actor().roles & set(rules.HOLDERS)),
    )


@bp.route("/holders/enrol", methods=["GET", "POST"])
@door(HolderAct.ENROL)
def enrol() -> Response:
    """Make a key on one's own computer, publish its public half."""
    form = EnrolForm()
    return perform(HolderAct.ENROL, form, None, page=lambda: _page(form), after=lambda done: url_for("holder.enrol"))


@bp.post("/holders/<no>/resign")
@door(HolderAct.RESIGN)
def resign(no: str) -> Response:
    """Lay the key down."""
    form = ResignForm()
    return perform(
        HolderAct.RESIGN,
        form,
        no,
        page=lambda: _page(EnrolForm(formdata=None)),
        after=lambda done: url_for("holder.enrol"),
    )


@bp.get("/holders/demonstration/<role>.pem")
@public
def published_key_file(role: str) -> Response:
    """The key file of a kind of office in a demonstration, where whoever plays it needs it."""
    content = BytesIO(queries.published_key_file(role).encode())
    return send_file(content, "application/x-pem-file", as_attachment=True, download_name=f"{role}-key.pem")


def _page(form: EnrolForm) -> str:
    own = queries.own(actor().party_id)
    return render_template("marketplace/holder/enrol.html", form=form, own=own, resign=ResignForm(formdata=None))
