"""What the house answers when something cannot be done: the only place that turns the market's errors into pages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from flask import Flask, current_app, g, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, TooManyRequests
from werkzeug.wrappers import Response

from app.audit import services as records
from app.chance import Chance, letters
from app.clock import clock, now
from app.refusal import AlreadyDone, NotFound, NotYours, OutOfTurn, Refused, Stale
from app.settings import Settings
from app.stage import Resource
from app.web import lost

Answer = tuple[str, int]

HEAD_STALE_AFTER = timedelta(seconds=60)
"""A signed head older than this, by the market clock, is shown with a warning (docs/protocol.md §3.4)."""

REFERENCE_LENGTH = 8
"""Characters of the reference that a page of a failure and the log share."""

HAN = re.compile(r"[\u4e00-\u9fff]")
SENTENCE = 6
"""From so many characters on a text is worth keeping for whoever typed it."""

ALIKE = 5
"""So many announcements, and as many agencies, are offered on a page that was not found."""


@dataclass(frozen=True, slots=True)
class ShownHead:
    """The newest signed head as every page's footer shows it."""

    tree_size: int
    root_hash: str
    timestamp: datetime
    stale: bool


class House:
    """What every page's frame shows. Read when it is shown: a page without the frame (500) asks no database."""

    @property
    def demonstration(self) -> bool:
        """Whether this deployment is a demonstration (M52)."""
        settings: Settings = current_app.extensions["market.settings"]
        return settings.demonstration

    @property
    def market(self) -> str:
        """The deployment's own id."""
        return records.market()

    @property
    def now(self) -> datetime:
        """Market time, one instant per request."""
        return now()

    @property
    def head(self) -> ShownHead | None:
        """The newest signed head; None before the first one."""
        newest = g.newest_head if "newest_head" in g else records.shown_head()
        if newest is None:
            return None
        size, root, at = newest
        return ShownHead(size, root, at, stale=now() - at > HEAD_STALE_AFTER)


def _alike(words: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The first public announcements and agencies that the words find, as the machine API shows them."""
    resources: Mapping[str, Resource] = current_app.extensions["market.resources"]
    kinds = [name for name in ("announcements", "agencies") if name in resources]
    return {name: resources[name].page(None, ALIKE, q=words).rows for name in kinds}


def _typed() -> Sequence[str]:
    """The sentences of a form that was not taken, for copying: no secret, nothing that is quickly typed anew."""
    told = (text.strip() for name, text in request.form.items(multi=True) if "password" not in name)
    return [text for text in told if len(text) >= SENTENCE and HAN.search(text)]


def _again() -> str | None:
    """The address of the form that was posted, where it can be opened anew."""
    rule = request.url_rule
    return request.full_path.rstrip("?") if rule is not None and "GET" in (rule.methods or ()) else None


def register(app: Flask) -> None:
    """Add the handlers. A view contains no `try`: what it raises ends here (the API's room answers in JSON itself)."""

    def page(name: str, status: int, **values: object) -> Answer:
        return render_template(f"errors/{name}.html", number=status, **values), status

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
        return page("403", 403, reason=error.reason)

    @app.errorhandler(NotFound)
    @app.errorhandler(404)
    def not_found(error: Exception) -> Answer | Response:
        meant = lost.meant(request.path)
        if meant != request.path and request.method in ("GET", "HEAD"):
            query = request.query_string.decode("ascii", "replace")
            return redirect(quote(meant) + ("?" + query if query else ""))
        words = lost.words(request.path)
        return page("404", 404, words=words, alike=_alike(words) if words else {})

    @app.errorhandler(CSRFError)
    def no_csrf(error: CSRFError) -> Answer:
        return page("400", 400, cause="csrf", typed=_typed(), again=_again())

    @app.errorhandler(413)
    def too_large(error: Exception) -> Answer:
        return page("400", 413, cause="too_large")

    @app.errorhandler(429)
    def too_many(error: TooManyRequests) -> Answer:
        return page("429", 429, seconds=error.retry_after)

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> Answer:
        return page("400", error.code or 400, cause="other")

    @app.errorhandler(500)
    def broken(error: InternalServerError) -> Answer:
        chance: Chance = current_app.extensions["market.chance"]
        reference = letters(chance.secret(), REFERENCE_LENGTH)
        what = error.original_exception
        current_app.logger.error("error %s: %s %r: %r", reference, request.method, request.path, what)
        return page("500", 500, reference=reference, at=clock().real())

    @app.context_processor
    def shared() -> dict[str, Any]:
        house = House()
        return {"now": now, "house": house, "demonstration": house.demonstration}
