"""What the house answers when something cannot be done: the only place that turns the market's errors into pages."""

from collections.abc import Mapping

from flask import Flask, g, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.clock import now
from app.refusal import AlreadyDone, NotFound, NotYours, OutOfTurn, Refused, Stale

Answer = tuple[str, int]


def register(app: Flask) -> None:
    """Add the handlers. A view contains no `try`: what it raises ends here (the API's room answers in JSON itself)."""

    def page(name: str, status: int, **values: object) -> Answer:
        return render_template(f"errors/{name}.html", **values), status

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Answer:
        g.refusals = error
        return page("409", 409, cause="refused")

    @app.errorhandler(OutOfTurn)
    def out_of_turn(error: OutOfTurn) -> Answer:
        return page("409", 409, cause="out_of_turn", phase=error.phase, act=error.act)

    @app.errorhandler(Stale)
    def stale(error: Stale) -> Answer:
        return page("409", 409, cause="stale")

    @app.errorhandler(AlreadyDone)
    def already_done(error: AlreadyDone) -> Answer:
        return page("409", 409, cause="already_done")

    @app.errorhandler(NotYours)
    def not_yours(error: NotYours) -> Answer:
        return page("403", 403)

    @app.errorhandler(NotFound)
    @app.errorhandler(404)
    def not_found(error: Exception) -> Answer:
        return page("404", 404)

    @app.errorhandler(CSRFError)
    def no_csrf(error: CSRFError) -> Answer:
        return page("400", 400, cause="csrf")

    @app.errorhandler(413)
    def too_large(error: Exception) -> Answer:
        return page("400", 413, cause="too_large")

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> Answer:
        return page("400", error.code or 400, cause="other")

    @app.errorhandler(500)
    def broken(error: Exception) -> Answer:
        return page("500", 500)

    @app.context_processor
    def shared() -> Mapping[str, object]:
        return {"now": now}
