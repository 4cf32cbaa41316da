"""The operator's invitations and letters; the page where an invited agency opens its account."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.actor import Role
from app.clock import now
from app.region import queries as regions
from app.web.choices import offered
from app.web.door import actor, door, members
from app.web.filters import say, until
from app.web.perform import perform
from app.web.spreadsheet import download
from marketplace.invitation import queries
from marketplace.invitation.forms import AcceptForm, InvitationForm
from marketplace.invitation.rules import InvitationAct

bp = Blueprint("invitation", __name__, url_prefix="/invitations")


@bp.get("/")
@members(Role.OPERATOR)
def sent() -> str:
    """Whom the operator invited, and who came."""
    page = queries.sent(actor(), request.args.get("after"), now=now())
    return render_template("marketplace/invitation/list.html", page=page)


@bp.route("/new", methods=["GET", "POST"])
@door(InvitationAct.SEND)
def send() -> Response:
    """Invite one organisation."""
    form = InvitationForm(region=actor().region)
    form.region.choices = offered(regions.choices(), empty=say("invitation.not_chosen"))
    return perform(
        InvitationAct.SEND,
        form,
        None,
        page=lambda: render_template("marketplace/invitation/send.html", form=form),
        after=lambda done: url_for("invitation.letter", code=getattr(done, "subject", "")),
    )


@bp.get("/letters.csv")
@members(Role.OPERATOR)
def letters() -> Response:
    """Every letter that still counts, for sending them all."""
    heads = [say(f"letter.{name}") for name in ("name", "code", "contact", "phone", "address", "activation", "expires")]
    lines = [
        (
            each.line.name,
            each.line.code,
            each.contact,
            each.phone,
            each.address,
            grouped(each.activation or ""),
            until(each.line.expires_at),
        )
        for each in queries.letters_to_send(actor(), now=now())
    ]
    return download("letters", heads, lines)


@bp.get("/<code>")
@members(Role.OPERATOR)
def letter(code: str) -> str:
    """One letter, to be printed or read out."""
    found = queries.letter(actor(), code, now=now())
    return render_template(
        "marketplace/invitation/letter.html", letter=found, activation=grouped(found.activation or "")
    )


@bp.route("/accept", methods=["GET", "POST"])
@door(InvitationAct.ACCEPT)
def accept() -> Response:
    """The invited agency opens its account, by its letter."""
    form = AcceptForm(code=request.args.get("code"))
    return perform(
        InvitationAct.ACCEPT,
        form,
        None,
        page=lambda: render_template("marketplace/invitation/accept.html", form=form),
        after=lambda done: url_for("identity.login", next=url_for("agency.apply")),
    )


def grouped(activation: str) -> str:
    """A one-time code in groups of four, as people read and type it."""
    return "-".join(activation[start : start + 4] for start in range(0, len(activation), 4))


def filled_in(*, code: str) -> Mapping[str, str] | None:
    """What an invited agency finds in its application."""
    return queries.filled_in(code)
