"""Registering on an announcement, an agency's own list, and the box on the announcement's page."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.actor import Role
from app.clock import now
from app.values import Done, Waiting
from app.web.door import actor, door, members
from app.web.perform import ActForm, perform
from bidding.registration import queries
from bidding.registration.forms import MembershipForm, ReconfirmForm, RegistrationForm, WithdrawForm
from bidding.registration.rules import RegistrationAct

bp = Blueprint("registration", __name__)


@bp.route("/announcements/<no>/register", methods=["GET", "POST"])
@door(RegistrationAct.SUBMIT)
def register(no: str) -> Response:
    """What is asked, why not, or the form; and an existing registration with what may still be done about it."""
    form = RegistrationForm()
    return _perform(RegistrationAct.SUBMIT, no, form, register=form)


@bp.post("/announcements/<no>/register/withdraw")
@door(RegistrationAct.WITHDRAW)
def withdraw(no: str) -> Response:
    """Take the registration back."""
    form = WithdrawForm()
    return _perform(RegistrationAct.WITHDRAW, no, form, withdraw=form)


@bp.post("/announcements/<no>/register/reconfirm")
@door(RegistrationAct.RECONFIRM)
def reconfirm(no: str) -> Response:
    """Stand by the registration after an amendment."""
    form = ReconfirmForm()
    return _perform(RegistrationAct.RECONFIRM, no, form, reconfirm=form)


@bp.post("/announcements/<no>/register/join")
@door(RegistrationAct.JOIN)
def join(no: str) -> Response:
    """Be a member of the consortium that names my organisation."""
    return _perform(RegistrationAct.JOIN, no, MembershipForm())


@bp.post("/announcements/<no>/register/decline")
@door(RegistrationAct.DECLINE)
def decline(no: str) -> Response:
    """Be none, or be one no longer."""
    return _perform(RegistrationAct.DECLINE, no, MembershipForm())


def _perform(act: RegistrationAct, no: str, form: ActForm, **forms: ActForm) -> Response:
    def page() -> str:
        shown = queries.page(actor(), no, now=now())
        # Only the form that was posted may take what was posted, its key above all.
        fresh = {"register": RegistrationForm(None), "withdraw": WithdrawForm(None), "reconfirm": ReconfirmForm(None)}
        answers = [MembershipForm(None, data={"lead": one.lead}) for one in shown.naming]
        return render_template("bidding/registration/page.html", page=shown, answers=answers, **{**fresh, **forms})

    def after(done: Done | Waiting) -> str:
        return url_for("registration.register", no=no)

    return perform(act, form, no, page=page, after=after)


@bp.get("/registrations/")
@members(Role.AGENCY)
def mine() -> str:
    """My organisation's registrations."""
    page = queries.mine(actor().party, after=request.args.get("after"))
    return render_template("bidding/registration/mine.html", page=page)


def box(*, no: str, open: bool) -> Mapping[str, Any]:
    """The panel `registration_box` of an announcement's page: an agency's own registration, others hear the rule.

    `open`: whether the announcement takes registrations now.
    """
    who = actor()
    own = queries.page(who, no, now=now()) if Role.AGENCY in who.roles and who.party_id is not None else None
    if not open and (own is None or own.own is None):
        return {}
    return {
        "template": "bidding/registration/box.html",
        "action": "bidding/registration/action.html",
        "no": no,
        "page": own,
    }
