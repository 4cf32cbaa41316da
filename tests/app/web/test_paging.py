"""Page tokens: what was put in comes out, and what nobody put in is not found."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.refusal import NotFound
from app.web.paging import parsed, token


def as_token(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_a_key_comes_back():
    at = datetime(2026, 3, 2, 1, 0, 0, 5, tzinfo=UTC)
    assert parsed(token("name", 7), (str, int)) == ("name", 7)
    assert parsed(token(at.isoformat(), 7), (datetime, int)) == (at, 7)
    assert parsed(token(at.astimezone(timezone(timedelta(hours=8))).isoformat(), 7), (datetime, int)) == (at, 7)
    assert parsed(None, (str, int)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "{}",
        "[7]",
        '["2026-03-02", 7, 7]',
        '["2026-03-02T01:00:00", 7]',
        '["yesterday", 7]',
        '["0001-01-01T00:00:00+14:00", 7]',
        '["9999-12-31T23:59:59-14:00", 7]',
        '["2026-03-02T01:00:00+00:00", "7"]',
        '["2026-03-02T01:00:00+00:00", true]',
        '["2026-03-02T01:00:00+00:00", 9007199254740992]',
        "[7, 7]",
        "[" * 5_000,
    ],
)
def test_a_forged_token_is_not_found(text):
    """Also instants without a zone, or of no year that there is."""
    with pytest.raises(NotFound):
        parsed(as_token(text) or "=", (datetime, int))
