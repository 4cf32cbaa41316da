"""Addresses in templates: those without parameters are worked out once, the frame of every page names a dozen."""

from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context, request


def register(app: Flask) -> None:
    """Give the templates their `url_for`."""
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
