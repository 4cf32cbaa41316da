"""What an address asks for after its question mark."""

from flask import request

from app.refusal import NotFound

DIGITS = 9
"""Longer numbers name nothing here, and no column of 32 bits could be compared with them."""


def number(name: str) -> int | None:
    """A whole number without sign, None where none is asked for. Raises `NotFound` for one that is too long."""
    text = request.args.get(name, "")
    if not (text.isascii() and text.isdigit()):
        return None
    if len(text) > DIGITS:
        raise NotFound(name)
    return int(text)
