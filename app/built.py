"""What the factory built, by name; the one place below the web that asks Flask which application is in context."""

from typing import Any

from flask import current_app


def part(name: str) -> Any:
    """One of the application's parts: settings, rulebooks, calendar …; a KeyError names what is missing."""
    return current_app.extensions[f"market.{name}"]
