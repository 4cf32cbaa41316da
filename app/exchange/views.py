"""Pages about the record and the machine's doors: the log, open data, how to verify, tokens, receipts; and health."""

import re
from pathlib import Path
from typing import cast

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from app.clock import clock
from app.exchange import answers, api, gathered, openapi, queries, record, services
from app.exchange.answers import answer
from app.exchange.forms import RevokeForm, TokenForm
from app.exchange.prose import passages
from app.web import asked, lost
from app.web.door import actor, members, public

bp = Blueprint("exchange", __name__)
bp.register_blueprint(api.bp)
bp.register_blueprint(record.bp)

NO_LONGEST = 40
"""Characters of a public number (protocol.md §0)."""

ANNOUNCEMENT = re.compile(r"\d{6}-\d{4}-\d{6}", re.ASCII)
NOTICE = re.compile(rf"{ANNOUNCEMENT.pattern}-A\d{{2,4}}", re.ASCII)

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"


@bp.record
def _rest(state: BlueprintSetupState) -> None:
    answers.register_rest(cast(Flask, state.app))


@bp.get("/log/")
@public
def log() -> str:
    """The public log: what it is, its heads, its entries."""
    at = asked.number("at")
    return render_template(
        "exchange/log.html",
        page=queries.recent(after=request.args.get("after"), at=at),
        heads=queries.heads(),
        key=queries.key(),
    )


@bp.get("/log/<int:index>")
@public
def entry(index: int) -> str:
    """One entry, as far as it is disclosed, with the proof that it stands in the log."""
    return render_template("exchange/entry.html", page=queries.entry(index))


@bp.get("/opendata/")
@public
def opendata() -> str:
    """What there is to fetch, and where."""
    return render_template("exchange/opendata.html", resources=gathered.resources(), paths=openapi.READING)


@bp.get("/api/")
@public
def reference() -> str:
    """The machine API, for those who write the machine."""
    return render_template("exchange/reference.html", acts=[queries.described(name) for name in gathered.commands()])


@bp.get("/verify")
@public
def verify() -> str:
    """How to check the market without trusting it; with `?no=` (and `?attempt=`) one draw, in the browser.

    A notice's number leads to the page that checks the notice.
    """
    no = lost.meant(request.args.get("no", "")[:NO_LONGEST]).lstrip("/")
    return render_template(
        "exchange/verify.html",
        key=queries.key(),
        no=no,
        kind="draw" if ANNOUNCEMENT.fullmatch(no) else "notice" if NOTICE.fullmatch(no) else None,
        attempt=asked.number("attempt"),
    )


@bp.get("/verify/protocol")
@public
def protocol() -> str:
    """The protocols as this deployment runs them."""
    return render_template("exchange/protocol.html", passages=passages(PROTOCOL.read_text(encoding="utf-8")))


@bp.route("/desk/tokens", methods=["GET", "POST"])
@members()
def tokens() -> tuple[str, int] | str:
    """My tokens; a new one is in the answer itself, once, because it is stored nowhere."""
    account_id = actor().account_id or 0
    form = TokenForm()
    form.acts.choices = [(name, gathered.word(name)) for name in queries.acts_of(actor())]
    made, status = None, 200
    if form.is_submitted():
        if form.validate():
            made = services.make_token(account_id, acts=form.acts.data or (), days=form.days.data or 1)
        else:
            status = 422
    page = render_template(
        "exchange/tokens.html",
        form=form,
        made=made,
        tokens=queries.tokens_of(account_id),
        real=clock().real(),
        revoke=RevokeForm(),
    )
    return page, status


@bp.post("/desk/tokens/<hash>/revoke")
@members()
def revoke(hash: str) -> Response:
    """A token is worth nothing from now on."""
    services.revoke_token(actor().account_id or 0, hash)
    flash("token_revoked", "info")
    return redirect(url_for("exchange.tokens"), code=303)


@bp.get("/desk/receipts")
@members()
def receipts() -> str:
    """My receipts, newest first."""
    page = queries.receipts(actor().account_id or 0, after=request.args.get("after"))
    return render_template("exchange/receipts.html", page=page)


@bp.get("/desk/receipts/<ref>.json")
@members()
def receipt(ref: str) -> Response:
    """A receipt as the file that proves it."""
    file = queries.receipt_file(actor(), ref)
    return answer(file, Content_Disposition=f'attachment; filename="receipt-{ref}.json"')


@bp.get("/healthz")
@public
def healthz() -> Response:
    """The process answers."""
    return answer({"ok": True})


@bp.get("/readyz")
@public
def readyz() -> Response:
    """The database answers, and the sweep ran less than 60 s ago."""
    found = queries.readiness()
    age = None if found.sweep_age is None else int(found.sweep_age.total_seconds())
    return answer({"database": found.database, "sweep_age": age}, 200 if found.ready else 503)
