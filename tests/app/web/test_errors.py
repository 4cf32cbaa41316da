"""Pages of errors: what happened, what it means, what to do; nothing leads elsewhere, nothing inside shows."""

import re

import pytest
from flask import abort
from sqlalchemy import text
from werkzeug.exceptions import TooManyRequests

from app.database import db
from tests.builders import agency, announcement


@pytest.fixture
def breaks(app, monkeypatch):
    """The front page fails as the test says."""

    def so(failure):
        def panel():
            raise failure

        monkeypatch.setitem(app.extensions["market.panels"], "latest_results", panel)
        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    return so


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "这个地址不接受这样的请求"),
        (403, "这个地址不接受这样的请求"),
        (413, "20 MB"),
        (429, "30 秒以后"),
        (404, "没有找到"),
    ],
)
def test_every_page_says_what_to_do(client, breaks, status, words):
    breaks(TooManyRequests(retry_after=30) if status == 429 else aborted(status))
    answer = client.get("/")
    assert answer.status_code == status
    assert words in answer.text
    assert all(said in answer.text for said in ("发生了什么", "这意味着", "您可以", "请求时间", 'datetime="2026-03-02'))


def aborted(status):
    try:
        abort(status)
    except Exception as error:
        return error


def test_a_failure_has_a_reference_that_is_in_the_log_too(client, breaks, caplog):
    breaks(RuntimeError("a secret of the house"))
    answer = client.get("/")
    assert answer.status_code == 500
    reference = re.search(r"<code>([0-9A-Z]{8})</code>", answer.text)[1]
    assert reference in caplog.text
    assert "a secret of the house" in caplog.text
    assert "a secret of the house" not in answer.text


def test_what_a_statement_was_given_is_in_no_log(client, app, monkeypatch, caplog):
    """protocol.md §2.6: no error report holds what is not public yet."""

    given = {"login": "for logs".join(["not ", ""])}

    def panel():
        db.session.execute(text("SELECT absent FROM account WHERE login = :login"), given)

    monkeypatch.setitem(app.extensions["market.panels"], "latest_results", panel)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    assert client.get("/").status_code == 500
    assert "SELECT absent" in caplog.text
    assert "not for logs" not in caplog.text


def test_two_failures_have_two_references(client, breaks):
    breaks(RuntimeError("once more"))
    assert len({re.search(r"<code>([0-9A-Z]{8})</code>", client.get("/").text)[1] for _ in range(2)}) == 2


def test_a_number_in_full_width_or_small_letters_leads_to_its_page(client):
    answer = client.get("/agencies/９１４５０８０２９２５４１５４４９f?as=1")
    assert answer.status_code == 302
    assert answer.location == "/agencies/91450802925415449F?as=1"
    assert client.get(answer.location).status_code == 404


@pytest.mark.parametrize("path", ["/／evil.example/450800", "/＼evil.example", "/%EF%BC%8F%EF%BC%8Fevil.example"])
def test_no_address_leads_to_another_site(client, path):
    answer = client.get(path)
    assert answer.status_code in (302, 404)
    assert not (answer.location or "/x").startswith(("//", "/\\", "http"))


@pytest.mark.parametrize("number", ["9" * 20, "2147483648", "٣"])
def test_a_number_that_names_nothing_is_not_found(client, number):
    no = announcement.an_announcement()
    assert client.get(f"/announcements/{no}/auction/{number}/state.json").status_code == 404
    assert client.get(f"/log/{number}").status_code == 404


def test_only_reading_is_led_on(client):
    assert client.post("/nothing/91450802925415449f").status_code == 404


def test_a_wrong_number_finds_the_announcement(client, app):
    no = announcement.an_announcement(title="港南区地形图测绘")
    region, year, serial = no.split("-")
    answer = client.get(f"/announcement/{region}-{year}-{int(serial)}")
    assert answer.status_code == 404
    assert f'value="{no}"' in answer.text
    assert f'href="/announcements/{no}"' in answer.text
    assert "港南区地形图测绘" in answer.text


def test_a_name_finds_the_agency(client, app):
    code = agency.an_agency("agency1", name="甲测绘有限公司").code
    answer = client.get("/agency/甲测绘")
    assert answer.status_code == 404
    assert f'href="/agencies/{code}"' in answer.text


def test_what_a_machine_tries_is_not_searched(client, app, monkeypatch):
    monkeypatch.setitem(app.extensions, "market.resources", None)
    assert client.get("/wp-login.php").status_code == 404
