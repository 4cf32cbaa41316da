"""How machines are answered: JSON for everything under /api, /log/… and /opendata/…, errors too."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Flask, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response

from app.audit.canonical import instant, sha256_hex
from app.exchange.shapes import Fault, Unfit
from app.files import FileRefused
from app.refusal import NotFound, NotYours, OutOfTurn, Refusal, Refused, Stale
from app.web.filters import cure, sentence

MACHINES = ("/api/", "/log/", "/opendata/")
PEOPLE = re.compile(r"/(?:api|log|opendata)/|/log/[0-9]+")
"""The pages among a machine's addresses, at their head and of each entry; their errors are pages too."""


class NoToken(Exception):
    """Without a token, or with one that is worth nothing; 401."""


def answer(value: object, status: int = 200, **headers: str) -> Response:
    """JSON: instants as in protocol.md §0, dates as YYYY-MM-DD, text as it is."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    response = Response(text, status=status, mimetype="application/json")
    for name, content in headers.items():
        response.headers[name.replace("_", "-")] = content
    return response


def tagged(value: object) -> Response:
    """JSON with a weak ETag over its text; 304 to whoever holds it already."""
    response = answer(value)
    response.set_etag(sha256_hex(response.get_data())[:32], weak=True)
    response.headers["Cache-Control"] = "no-cache"
    return response.make_conditional(request.environ)


def refusals(reasons: Iterable[Refusal]) -> Response:
    """409: every reason, its clause, its cure, its figures, and the sentence a person would read."""
    return answer(
        {
            "refusals": [
                {
                    "code": reason.code,
                    "clause": reason.clause,
                    "cure": cure(reason),
                    "params": dict(reason.params),
                    "sentence": sentence(reason),
                }
                for reason in reasons
            ]
        },
        409,
    )


def faults(found: Iterable[Fault]) -> Response:
    """422: what is wrong with the request's shape."""
    return answer({"errors": [fault.members() for fault in found]}, 422)


def register(blueprint: Blueprint) -> None:
    """Let a blueprint answer errors in JSON."""

    @blueprint.errorhandler(NoToken)
    def no_token(error: NoToken) -> Response:
        return answer({"error": "unauthorized"}, 401, WWW_Authenticate='Bearer realm="market"')

    @blueprint.errorhandler(FileRefused)
    def file_refused(error: FileRefused) -> Response:
        return faults(Fault(("file",), reason.code, sentence(reason)) for reason in error.reasons)

    @blueprint.errorhandler(Unfit)
    def unfit(error: Unfit) -> Response:
        return faults(error.faults)

    @blueprint.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return refusals(error.reasons)

    @blueprint.errorhandler(OutOfTurn)
    def out_of_turn(error: OutOfTurn) -> Response:
        return refusals([Refusal("out_of_turn", params={"phase": error.phase, "act": error.act})])

    @blueprint.errorhandler(Stale)
    def stale(error: Stale) -> Response:
        return refusals([Refusal("stale")])

    @blueprint.errorhandler(NotYours)
    def not_yours(error: NotYours) -> Response:
        return answer({"error": "forbidden" if error.reason is None else error.reason.code}, 403)

    @blueprint.errorhandler(NotFound)
    def not_found(error: NotFound) -> Response:
        return answer({"error": "not_found"}, 404)

    @blueprint.errorhandler(HTTPException)
    def other(error: HTTPException) -> Response:
        return answer({"error": _code(error.name)}, error.code or 500)


def register_rest(app: Flask) -> None:
    """Addresses that no view answers, and what breaks, are told in JSON too where machines ask."""

    @app.after_request
    def in_json(response: Response) -> Response:
        if (
            response.status_code < 400
            or response.mimetype != "text/html"
            or not request.path.startswith(MACHINES)
            or PEOPLE.fullmatch(request.path)
        ):
            return response
        told = answer({"error": _code(response.status.partition(" ")[2])}, response.status_code)
        if isinstance(request.routing_exception, MethodNotAllowed):
            told.headers["Allow"] = ", ".join(sorted(request.routing_exception.valid_methods or ()))
        return told


def _code(name: str) -> str:
    return name.lower().replace(" ", "_").replace("-", "_")


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(type(value).__name__)
