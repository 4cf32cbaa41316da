"""Addresses that lead nowhere: what was meant, and what is looked for in their stead."""

import pytest

from app.web import lost


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/announcements/450800-2026-000006", "/announcements/450800-2026-000006"),
        ("/announcements/４５０８００－２０２６－０００００６", "/announcements/450800-2026-000006"),
        ("/announcements/450800—2026—000006", "/announcements/450800-2026-000006"),
        ("/announcements/450800-2026-000006 ", "/announcements/450800-2026-000006"),
        ("/awards/450800-2026-000006-a01", "/awards/450800-2026-000006-A01"),
        ("/agencies/91450802925415449f", "/agencies/91450802925415449F"),
        ("／help／public", "/help/public"),
        ("/help/public", "/help/public"),
        ("/nothing", "/nothing"),
        ("/static/js/verify2026.js", "/static/js/verify2026.js"),
        ("/agencies/清源", "/agencies/清源"),
    ],
)
def test_what_an_address_meant(path, meant):
    assert lost.meant(path) == meant
    assert lost.meant(meant) == meant


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/／evil.example",
        "/＼evil.example",
        "\\\\evil.example",
        "/\\/evil",
        "/ /evil.example",
        "/\u3000/evil.example",
        "/\t/\n/evil.example",
    ],
)
def test_no_address_leads_to_another_site(path):
    assert lost.meant(path)[1] not in "/\\"
    assert lost.meant(lost.meant(path)) == lost.meant(path)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/announcements/450800-2026-6", "450800-2026-000006"),
        ("/announcements/450800-2026-000006-A01", "450800-2026-000006"),
        ("/announcements/4508002026000006", "450800-2026-000006"),
        ("/agencies/91450802925415449F", "91450802925415449F"),
        ("/agencies/清源/", "清源"),
        ("/wp-login.php", ""),
        ("/", ""),
        ("/" + "长" * 300, "长" * lost.LONGEST),
    ],
)
def test_what_is_looked_for(path, words):
    assert lost.words(path) == words


def test_a_digest_is_no_number():
    assert lost.meant(f"/imports/needs/{'0a' * 32}") == f"/imports/needs/{'0a' * 32}"
