"""The frame of every page: its places answer, nothing inline, small enough for a slow line, fit for paper."""

import gzip
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[3] / "app" / "static"
INLINE = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", re.IGNORECASE)
CSS_AT_MOST = 60_000
HOME_AT_MOST = 80_000


def test_every_place_answers_and_holds_nothing_inline(client):
    home = client.get("/").text
    places = set(re.findall(r'<li><a href="(/[^"]*)"', home))
    assert {"/announcements/", "/agencies/", "/rules/", "/help/", "/verify", "/components"} <= places
    for place in places | {"/login", "/join", "/nowhere"}:
        answer = client.get(place)
        assert answer.status_code == (404 if place == "/nowhere" else 200), place
        assert not INLINE.search(answer.text), place


def test_the_front_page_is_light(client):
    home = client.get("/").data
    parts = re.findall(rb'(?:src|href)="(/[^"]+\.(?:css|js|svg))"', home)
    assert parts
    weight = 0
    for part in set(parts):
        with client.get(part.decode()) as answer:
            weight += len(gzip.compress(answer.data))
    assert len(gzip.compress(home)) + weight <= HOME_AT_MOST


def test_the_stylesheet_is_small_and_knows_paper():
    text = (STATIC / "market.css").read_text(encoding="utf-8")
    assert len(text.encode()) <= CSS_AT_MOST
    assert "@media print" in text
    assert "@page" in text


@pytest.mark.parametrize("path", ["/", "/login"])
def test_paper_keeps_the_head_of_the_log_and_the_address(client, tick, path):
    tick()
    page = client.get(path).text
    assert re.search(r'<span class="print-only">[0-9a-f]{64}</span>', page)
    assert "本页地址：http://localhost" + path in page


def test_each_person_is_led_to_the_help_of_their_role(client):
    assert 'href="/help/public">本页帮助' in client.get("/announcements/").text
    assert 'href="/help/verify">本页帮助' in client.get("/verify").text
