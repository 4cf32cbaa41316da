"""The notice as a file and the page its QR code opens: made once, on record, and nothing else passes for it (M21)."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO

import pytest
from flask import Flask
from pyhanko.pdf_utils.reader import PdfFileReader

from app.actor import Actor
from app.audit import services as records
from app.calendar import services as calendars
from app.calendar.rules import Year
from app.chance import fresh_key
from app.clock import FixedClock
from app.database import db
from app.identity import queries as identities
from app.paper import store
from app.refusal import OutOfTurn, Refused
from app.sweep import keep_log, run_due
from app.values import Nothing
from bidding.award import queries, reports, services
from bidding.award.rules import Declined, Issued
from tests.builders.award import a_result, accepted, award_of, settle, winner
from tests.builders.people import a_regulator, an_admin
from tests.conftest import Client
from tests.grounds import ready

PAGE = "https://market.example/verify"


def login_of(name: str) -> str:
    """The builders' accounts are named like their agency."""
    return name.partition(" ")[0]


@ready
def noticed(**what: object) -> tuple[str, str]:
    """The number of a noticed award and its winner's login, the notice numbered in the log."""
    award = award_of(a_result(**what))
    no, login = award.no, login_of(award.agency.organisation.name)
    keep_log()
    return no, login


def test_the_first_download_makes_the_file_that_all_others_get(app: Flask, client: Client) -> None:
    """rules.md §2.7 award.notice: signed, on record by its SHA-256, the same for both sides."""
    no, login = noticed()
    client.sign_in(login)
    first = client.get(f"/awards/{no}/notice.pdf")
    assert (first.status_code, first.mimetype) == (200, "application/pdf")
    assert f"{no}.pdf" in first.headers["Content-Disposition"]
    award = queries.by_no(no)
    assert first.get_etag()[0] == award.notice_sha256
    assert award.notice_size == len(first.data)
    (signature,) = PdfFileReader(BytesIO(first.data)).embedded_signatures
    assert signature.signer_cert.sha256.hex() == award.seal
    entry = records.entry_of("award.issue", f"award:{no}")
    assert entry is not None
    assert json.loads(entry.payload)["public"]["sha256"] == award.notice_sha256
    client.sign_in("purchaser1")
    assert client.get(f"/awards/{no}/notice.pdf").data == first.data


def test_the_file_is_for_both_sides_and_the_offices(app: Flask, client: Client) -> None:
    """It names the purchaser's contact, as the page does to them alone."""
    no, login = noticed()
    a_regulator()
    other = next(each for each in ("agency1", "agency2", "agency3") if each != login)
    assert client.get(f"/awards/{no}/notice.pdf").status_code == 303
    for who, status in ((other, 403), ("regulator1", 200)):
        client.sign_in(who)
        assert client.get(f"/awards/{no}/notice.pdf").status_code == status
    assert client.get("/awards/none/notice.pdf").status_code == 404


def test_it_waits_for_a_head_over_its_own_notice(app: Flask, client: Client, clock: FixedClock) -> None:
    """docs/protocol.md §3.4: no document without the head that proves what it says."""
    award = award_of(a_result(prices=(4_900_000, 4_800_000, 4_950_000), fund="fiscal"))
    no, login = award.no, login_of(award.agency.organisation.name)
    clock.instant = award.publicity_ends_at
    services.notice(Actor.sweeper(), no, Nothing(), key=fresh_key())
    with pytest.raises(Refused):
        reports.notice(no, page=PAGE)
    client.sign_in(login)
    early = client.get(f"/awards/{no}/notice.pdf")
    assert early.status_code == 409
    assert "存证日志" in early.text
    keep_log()
    assert client.get(f"/awards/{no}/notice.pdf").status_code == 200


def test_equal_facts_make_equal_files(app: Flask) -> None:
    """A lost file can be made again, as long as nothing that it says has changed."""
    no, _ = noticed()
    first = reports.notice(no, page=PAGE)
    store.path(first.sha256).unlink()
    award = queries.by_no(no)
    by = reports.seal()
    assert by is not None
    content = reports.typeset("notice", reports.members(award, by=by, page=PAGE), at=award.noticed_at)
    assert store.keep(reports.sealed(content, by, at=award.noticed_at)) == first.sha256


def test_what_it_says_is_what_the_award_says(app: Flask) -> None:
    """rules.md §4 document 5; the words of the template are looked at by people."""
    no, _ = noticed()
    award = queries.by_no(no)
    said = reports.members(award, by=None, page=PAGE)
    assert (said["no"], said["amount_fen"], said["days"]) == (no, award.amount_fen, award.promised_days)
    assert said["agency_code"] == award.agency.organisation.code
    assert said["accept_due_at"] == "2026-03-12 24:00"
    assert said["sign_by"] == "2026-03-24 24:00"
    assert said["contact"] == award.announcement.need.contact
    assert said["address"] == PAGE
    assert said["demonstration"] is True
    assert said["log"]["tree_size"] > said["log"]["position"]
    assert json.dumps(said)


def test_the_address_is_never_the_one_that_was_asked_outside_a_demonstration(app: Flask) -> None:
    """Whoever sends another host would have it sealed into a document for good."""
    before = app.extensions["market.settings"]
    try:
        assert reports.address("/x", asked="http://127.0.0.1:8000/") == "http://127.0.0.1:8000/x"
        app.extensions["market.settings"] = replace(before, address="https://market.example")
        assert reports.address("/x", asked="http://evil/") == "https://market.example/x"
        app.extensions["market.settings"] = replace(before, demonstration=False)
        assert reports.address("/x", asked="http://evil/") == "/x"
        assert not reports.issuable()
    finally:
        app.extensions["market.settings"] = before


def test_a_second_file_is_not_put_on_record(app: Flask) -> None:
    no, _ = noticed()
    first = reports.notice(no, page=PAGE)
    limits = queries.limits_of(queries.by_no(no))
    with pytest.raises(OutOfTurn):
        services.issue(Actor.sweeper(), no, Issued("00" * 32, 1, None, *limits), key=fresh_key())
    assert reports.notice(no, page="https://elsewhere.example").sha256 == first.sha256
    assert queries.by_no(no).notice_sha256 == first.sha256


def test_a_limit_that_moved_makes_a_new_file_and_the_old_one_stays_known(
    app: Flask, client: Client, at: Callable[[str], datetime]
) -> None:
    """rules.md §2.1: made at the end of a year whose successor has no calendar yet; the year is then published."""
    at("2026-12-29 09:00")
    no, _ = noticed()
    award = queries.by_no(no)
    assert queries.sign_by(award).provisional
    first = reports.notice(no, page=PAGE)
    assert reports.notice(no, page=PAGE).sha256 == first.sha256
    days = tuple(date(2027, 1, day) for day in range(1, 9))
    calendars.publish(an_admin(), None, Year(2027, days, (), "国办发明电〔2026〕9号"), key=fresh_key())
    run_due()
    db.session.rollback()
    second = reports.notice(no, page=PAGE)
    assert second.sha256 != first.sha256
    assert queries.by_no(no).notice_sha256 == second.sha256
    assert reports.notice(no, page=PAGE).sha256 == second.sha256

    def compared(file: bytes) -> str:
        return client.post(f"/awards/{no}/verify", data={"file": (BytesIO(file), "notice.pdf")}).text

    assert "已被新的一版替换" in compared(first.content)
    assert "一字不差。" in compared(second.content)
    assert "不是本市场发出的原文件" in compared(first.content + b"x")
    assert first.sha256 in client.get(f"/awards/{no}/verify").text


def test_a_citizen_sees_whether_a_notice_is_genuine(app: Flask, client: Client) -> None:
    """What the QR code opens: number, who, how much; nobody's contact."""
    no, login = noticed()
    award = queries.by_no(no)
    name, phone, announcement = award.agency.organisation.name, award.announcement.need.phone, award.announcement.no
    page = client.get(f"/awards/{no}/verify")
    assert page.status_code == 200
    assert all(
        part in page.text for part in (no, name, "50,000.00", "现在有效", f"/announcements/{announcement}/record")
    )
    assert "还没有出具过" in page.text
    assert phone not in page.text
    client.sign_in(login)
    content = client.get(f"/awards/{no}/notice.pdf").data
    client.post("/logout")
    again = client.get(f"/awards/{no}/verify").text
    known = queries.by_no(no)
    assert known.notice_sha256 is not None
    assert known.seal is not None
    assert known.notice_sha256 in again
    assert known.seal in again

    def compared(file: bytes) -> str:
        return client.post(f"/awards/{no}/verify", data={"file": (BytesIO(file), "notice.pdf")}).text

    assert "一字不差" in compared(content)
    assert "不是本市场发出的原文件" in compared(content + b" ")
    empty = client.post(f"/awards/{no}/verify", data={})
    assert empty.status_code == 422
    assert "请选择文件" in empty.text


def test_a_number_that_nobody_gave_is_said_to_be_none(app: Flask, client: Client) -> None:
    answer = client.get("/awards/450800-2026-999999-A01/verify")
    assert answer.status_code == 404
    assert "没有发出过编号为 450800-2026-999999-A01 的中选通知书" in answer.text


def test_a_notice_before_its_time_and_one_after_its_end_are_no_good(app: Flask, client: Client) -> None:
    """In publicity there is none yet; refused, it is none any more, and no file is made then."""
    waiting = award_of(a_result(prices=(4_900_000, 4_800_000, 4_950_000), fund="fiscal")).no
    assert "还没有发出通知书" in client.get(f"/awards/{waiting}/verify").text
    client.sign_in("agency2")
    assert client.get(f"/awards/{waiting}/notice.pdf").status_code == 404


def test_a_refused_notice_is_void(app: Flask, client: Client) -> None:
    no, login = noticed()
    services.decline(winner(queries.by_no(no)), no, Declined("no staff"), key=fresh_key())
    settle()
    keep_log()
    assert "现在已经无效" in client.get(f"/awards/{no}/verify").text
    client.sign_in(login)
    assert client.get(f"/awards/{no}/notice.pdf").status_code == 404
    assert "带电子签章" not in client.get(f"/awards/{no}").text


def test_an_agency_finds_its_own_awards(app: Flask, client: Client) -> None:
    no, login = noticed()
    accepted(queries.by_no(no))
    client.sign_in(login)
    assert "/awards/mine" in client.get("/desk").text
    assert no in client.get("/awards/mine").text
    other = next(each for each in ("agency1", "agency2", "agency3") if each != login)
    client.sign_in(other)
    assert no not in client.get("/awards/mine").text
    client.sign_in("purchaser1")
    assert client.get("/awards/mine").status_code == 403
    assert identities.actor_by_login(login) is not None
