"""The in-box's pages."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.notice import queries, services
from app.web.door import actor, members

bp = Blueprint("notice", __name__, url_prefix="/inbox")


@bp.app_context_processor
def shared() -> dict[str, object]:
    """The header's count of unread notices, asked for only where it is shown."""
    return {"unread": _unread}


def _unread() -> int:
    # The page's foot shows the head that came with it.
    waiting, g.newest_head = queries.unread(actor().party)
    return waiting


@bp.get("/")
@members()
def inbox() -> str:
    """The organisation's notices, newest first."""
    return render_template("notice/list.html", notices=queries.inbox(actor().party, after=request.args.get("after")))


@bp.post("/<ref>/read")
@members()
def read(ref: str) -> Response:
    """Mark one as read."""
    services.mark_read(actor().party, ref)
    return redirect(url_for("notice.inbox"), code=303)
