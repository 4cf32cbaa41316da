"""Joining, signing in and out; and, before every request, who asks."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from app.actor import Actor
from app.clock import clock, now
from app.identity import queries, services
from app.identity.forms import NOT_CHOSEN, AcceptForm, InviteForm, JoinForm, LoginForm
from app.identity.rules import AccountAct
from app.refusal import Refusal, Refused
from app.region import queries as regions
from app.web.choices import offered
from app.web.door import actor, door, members, public
from app.web.perform import perform

bp = Blueprint("identity", __name__)

TOUCH_EVERY = timedelta(minutes=1)
"""A session's last use is written at most this often: reading a page should not wait for a write."""


people = LoginManager()
people.session_protection = None
bp.record_once(lambda state: people.init_app(state.app))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A signed-in browser as Flask-Login keeps it: by its session's token, never by an account's number."""

    token: str
    actor: Actor
    idle: timedelta
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """What the cookie holds."""
        return self.token


def signed_in(token: str) -> SignedIn | None:
    """Who a cookie's token stands for; None for a session that has ended, and for a closed account."""
    real = clock().real()
    found = queries.session_by_token(token, now=real)
    if found is None:
        return None
    return SignedIn(token, found.actor, real - found.seen_at)


people.user_loader(signed_in)


@bp.before_app_request
def who_asks() -> None:
    """Turn the cookie's session into a plain actor; a dead session is a stranger."""
    if request.endpoint == "static":
        return
    person = current_user._get_current_object()
    if not person.is_authenticated:
        return
    g.actor = person.actor
    if person.idle >= TOUCH_EVERY:
        services.touch_session(person.get_id())


@bp.route("/login", methods=["GET", "POST"])
@public
def login() -> Response | str | tuple[str, int]:
    """Sign in; the session's token is new, whatever the browser brought."""
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("identity/login.html", form=form)
    account = services.check_password(form.login.data or "", form.password.data or "")
    if account is None:
        g.refusals = Refused([Refusal("wrong_password")])
        return render_template("identity/login.html", form=form), 401
    who = queries.actor_of(account)
    token = services.begin_session(account.id)
    session.clear()
    login_user(SignedIn(token, who, timedelta(0)))
    return redirect(_inside(request.args.get("next")) or url_for("desk.desk"), code=303)


@bp.post("/logout")
@members()
def logout() -> Response:
    """Sign out."""
    services.end_session(current_user.get_id())
    logout_user()
    session.clear()
    return redirect(url_for("desk.home"), code=303)


@bp.route("/join", methods=["GET", "POST"])
@public
def join() -> Response:
    """Open an account, as purchaser or as agency."""
    form = JoinForm(joins=request.args.get("as"))
    form.region.choices = offered(regions.choices(), empty=NOT_CHOSEN)
    return perform(
        AccountAct.OPEN,
        form,
        None,
        page=lambda: render_template("identity/join.html", form=form),
        after=lambda done: url_for("identity.login", next=url_for("desk.desk")),
    )


@bp.route("/colleagues", methods=["GET", "POST"])
@door(AccountAct.INVITE)
def colleagues() -> Response:
    """Who acts for my organisation, and whom it invites."""
    form = InviteForm()

    def page() -> str:
        party = actor().party
        return render_template(
            "identity/colleagues.html",
            form=form,
            people=queries.colleagues(party),
            invited=queries.invited(party, now=now()),
        )

    return perform(AccountAct.INVITE, form, None, page=page, after=lambda done: url_for("identity.colleagues"))


@bp.route("/join/<no>", methods=["GET", "POST"])
@door(AccountAct.ACCEPT)
def accept(no: str) -> Response:
    """Take an invitation up."""
    form = AcceptForm()

    def page() -> str:
        invitation, organisation = queries.invitation(no)
        over = invitation.accepted_at is not None or now() >= invitation.until_at
        return render_template(
            "identity/accept.html", form=form, invitation=invitation, organisation=organisation, over=over
        )

    return perform(AccountAct.ACCEPT, form, no, page=page, after=lambda done: url_for("identity.login"))


def _inside(target: str | None) -> str | None:
    """Only an address of this site: a sign-in link must not lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or urlsplit(target).netloc:
        return None
    return target


@bp.app_context_processor
def shared() -> dict[str, object]:
    """Templates know who asks."""
    return {"actor": actor()}
