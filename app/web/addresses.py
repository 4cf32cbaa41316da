"""Addresses: numbers in them are short; in templates those without parameters are worked out once.

The frame of every page names a dozen.
"""

from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context, request
from werkzeug.routing import IntegerConverter

from app.web.asked import DIGITS


class Number(IntegerConverter):
    """A whole number in ASCII digits, no longer than any that names something: others lead nowhere."""

    regex = rf"[0-9]{{1,{DIGITS}}}"


def register(app: Flask) -> None:
    """Give the routes their numbers, and the templates their `url_for`; before any route is added."""
    app.url_map.converters["int"] = Number
    # What such an address says follows from the endpoint and from where the application is mounted.
    fixed = lru_cache(maxsize=512)(lambda mounted, endpoint, filename: _built(app, endpoint, filename))

    def url_for(endpoint: str, **values: Any) -> str:
        filename = values.get("filename", "")
        if (values and (len(values) > 1 or not filename)) or endpoint[0] == "." or not has_request_context():
            return app.url_for(endpoint, **values)
        return fixed(request.environ.get("SCRIPT_NAME", ""), endpoint, filename)

    app.jinja_env.globals["url_for"] = url_for


def _built(app: Flask, endpoint: str, filename: str) -> str:
    return app.url_for(endpoint, filename=filename) if filename else app.url_for(endpoint)
