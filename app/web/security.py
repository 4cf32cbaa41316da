"""What no request may hold or leave on disk, and what every answer carries: a strict content policy, nothing cached."""

from io import BytesIO
from itertools import chain
from typing import IO

import flask
from flask import Flask, abort, current_app, g, request
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response

from app.act import wiring

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

HEADERS = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
"""Whoever sets one of them for a single answer spells it as it stands here."""


class Sessions(SecureCookieSessionInterface):
    """The session's cookie goes over TLS only, wherever it was set over TLS."""

    def __init__(self) -> None:
        self._serializer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Flask's own, which it would make anew twice in each request; the application's key does not change."""
        if self._serializer is None:
            self._serializer = super().get_signing_serializer(app)
        return self._serializer

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


class Request(flask.Request):
    """A request of which no upload touches a disk where the act is sealed: it waits in memory until it is sealed.

    How much that can be is bounded: MAX_CONTENT_LENGTH for each thread of a web process.
    """

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if self._is_sealed():
            return BytesIO()
        return super()._get_file_stream(total_content_length, content_type, filename, content_length)

    def _is_sealed(self) -> bool:
        """By the door of its page, or by the act that the address names to a machine."""
        door = getattr(current_app.view_functions.get(self.endpoint or ""), "door", None)
        return bool({door, (self.view_args or {}).get("act")} & wiring().sealed)


def register(app: Flask) -> None:
    """Refuse what no form and no address may hold, before anything reads it; add the headers to every answer."""

    @app.before_request
    def small_forms() -> None:
        # Such a form is parsed whole and in memory; only one with files may be larger.
        if request.mimetype == "application/x-www-form-urlencoded":
            request.max_content_length = app.config["MAX_FORM_MEMORY_SIZE"]

    @app.before_request
    def no_nul() -> None:
        # No name and no text holds U+0000, and PostgreSQL cannot even compare with it.
        if any("\x00" in text for text in (request.path, *chain.from_iterable(request.args.listvalues()))):
            abort(404)
        # The API says for itself what is wrong with a body, and how large one may be.
        if not request.path.startswith("/api/") and any(
            "\x00" in text for text in chain.from_iterable(request.form.listvalues())
        ):
            abort(400)

    app.session_interface = Sessions()

    @app.after_request
    def headers(response: Response) -> Response:
        said = {name for name, _ in response.headers}
        for name, value in HEADERS:
            if name not in said:
                response.headers.add(name, value)
        if g.get("actor") is not None:
            response.headers["Cache-Control"] = "no-store"
        return response
