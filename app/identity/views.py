"""Joining, signing in and out; and, before every request, who asks."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from app.clock import clock
from app.identity import queries, services
from app.identity.forms import NOT_CHOSEN, JoinForm, LoginForm
from app.identity.rules import AccountAct
from app.refusal import Refusal, Refused
from app.region import queries as regions
from app.web.choices import offered
from app.web.door import actor, members, public
from app.web.perform import perform

bp = Blueprint("identity", __name__)

TOUCH_EVERY = timedelta(minutes=1)
"""A session's last use is written at most this often: reading a page should not wait for a write."""


@bp.before_app_request
def who_asks() -> None:
    """Turn the cookie's token into a plain actor; a dead session is a stranger."""
    token = session.get("token")
    if token is None or request.endpoint == "static":
        return
    real = clock().real()
    found = queries.session_by_token(token, now=real)
    if found is None:
        session.pop("token", None)
        return
    account_id, idle = found.account_id, real - found.seen_at
    g.actor = queries.actor_by_account(account_id)
    if idle >= TOUCH_EVERY:
        services.touch_session(token)


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
    token = services.begin_session(account.id)
    session.clear()
    session["token"] = token
    return redirect(_inside(request.args.get("next")) or url_for("desk.desk"), code=303)


@bp.post("/logout")
@members()
def logout() -> Response:
    """Sign out."""
    services.end_session(session.pop("token"))
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


def _inside(target: str | None) -> str | None:
    """Only an address of this site: a sign-in link must not lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or urlsplit(target).netloc:
        return None
    return target


@bp.app_context_processor
def shared() -> dict[str, object]:
    """Templates know who asks."""
    return {"actor": actor()}
