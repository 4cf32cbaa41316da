"""Files: judged by content, stored once, kept by the act that names them, gone after 24 h otherwise."""

import hashlib
import io
import zipfile
from datetime import timedelta

import pytest

from app import files
from app.act import act
from app.identity import queries as identities
from app.refusal import NotFound, Refused
from tests.app.exchange.conftest import PlayAct

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 13
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 20
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


def office(*names, filler=b"<x/>"):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, filler)
    return packed.getvalue()


DOCX = office("[Content_Types].xml", "word/document.xml")
XLSX = office("[Content_Types].xml", "xl/workbook.xml")


def account(login="agency1"):
    return identities.actor_by_login(login).account_id


def name_in_an_act(actor, sha256):
    with act(PlayAct.PUT, actor=actor, key="f") as deed:
        deed.lock_none()
        files.keep(deed, [sha256], by="play:P1")
        deed.on("play", "P1")


def sent(machine, content, name="甲.pdf"):
    return machine.client.post(
        "/api/v1/files",
        data={"file": (io.BytesIO(content), name)},
        headers={"Authorization": f"Bearer {machine.token}"},
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PDF, files.PDF), (PNG, files.PNG), (JPEG, files.JPEG), (DOCX, files.DOCX), (XLSX, files.XLSX)],
)
def test_a_file_is_taken_by_its_content(machine, content, kind):
    answer = sent(machine("agency1"), content, name="../../x.exe")
    assert answer.status_code == 200, answer.text
    sha256 = hashlib.sha256(content).hexdigest()
    assert answer.json == {"sha256": sha256, "size": len(content), "type": kind}
    assert files.path(sha256).read_bytes() == content
    assert files.known(sha256) == files.Stored(sha256, len(content), kind)
    assert sent(machine("agency1"), content).json == answer.json
    assert not list(files.folder().glob("incoming-*"))


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script>",
        b"GIF89a" + b"\x00" * 20,
        b"MZ\x90\x00" + b"\x00" * 60,
        b"plain text",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04 broken",
        office("a.txt"),
        office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        office("[Content_Types].xml", "word/document.xml", "xl/workbook.xml"),
        office("word/document.xml"),
        office("[Content_Types].xml", "ppt/presentation.xml"),
    ],
)
def test_other_types_are_refused(machine, content):
    answer = sent(machine("agency1"), content)
    assert answer.status_code == 422
    (fault,) = answer.json["errors"]
    assert (fault["loc"], fault["type"]) == (["file"], "file_type")
    assert "PDF" in fault["msg"]
    assert files.known(hashlib.sha256(content).hexdigest()) is None
    assert not list(files.folder().glob("incoming-*"))


def test_a_zip_bomb_is_refused(machine, monkeypatch):
    monkeypatch.setattr(files, "UNPACKED_LARGEST", 10_000)
    bomb = office("[Content_Types].xml", "word/document.xml", filler=b"\x00" * 10_000)
    assert len(bomb) < 1_000
    assert sent(machine("agency1"), bomb).json["errors"][0]["type"] == "file_type"


def test_empty_and_oversize_are_refused(machine, app, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 1_000)
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 10_000)
    assert sent(machine("agency1"), b"").json["errors"][0]["type"] == "file_empty"
    too_large = PDF + b"\x00" * (files.LARGEST + 1 - len(PDF))
    answer = sent(machine("agency1"), too_large)
    assert (answer.status_code, answer.json["errors"][0]["type"]) == (422, "file_too_large")
    assert sent(machine("agency1"), PDF + b"\x00" * (files.LARGEST - len(PDF))).status_code == 200
    assert sent(machine("agency1"), PDF * 1_000).status_code == 413


def test_without_a_file_or_a_token(machine, client):
    token = machine("agency1").token
    assert client.post("/api/v1/files", headers={"Authorization": f"Bearer {token}"}).status_code == 422
    assert client.post("/api/v1/files", data={"file": (io.BytesIO(PDF), "x.pdf")}).status_code == 401


def test_a_path_is_a_hash(app):
    for forged in ("../../etc/passwd", "A" * 64, "", "0" * 63):
        with pytest.raises(NotFound):
            files.path(forged)


def test_who_only_knows_the_hash_does_not_have_the_file(app):
    stored = files.store(io.BytesIO(PDF), account_id=account(), name="a.pdf")
    assert files.known(stored.sha256, account_id=account()) == stored
    assert files.known(stored.sha256, account_id=account("agency2")) is None
    other = identities.actor_by_login("agency2")
    with pytest.raises(Refused, match="file_unknown"):
        name_in_an_act(other, stored.sha256)


def test_nobody_fills_the_disk_with_what_no_act_names(machine, monkeypatch):
    monkeypatch.setattr(files, "WAITING_MOST", len(PDF) + 10)
    agency = machine("agency1")
    first = sent(agency, PDF)
    refused = sent(agency, PDF + b"a second file")
    assert (refused.status_code, refused.json["errors"][0]["type"]) == (422, "files_waiting")
    assert sent(agency, PDF).status_code == 200
    name_in_an_act(identities.actor_by_login("agency1"), first.json["sha256"])
    assert sent(agency, PDF + b"second").status_code == 200


def test_a_sealed_box_is_no_paper_of_an_act(machine):
    box = files.store_sealed(b"nobody reads this", account_id=account())
    assert files.known(box, account_id=account()) is None
    with pytest.raises(Refused, match="file_unknown"):
        name_in_an_act(identities.actor_by_login("agency1"), box)


def test_an_unnamed_file_goes_after_24_hours_and_a_named_one_stays(app):
    clock = app.extensions["market.clock"]
    named = files.store(io.BytesIO(PDF), account_id=account(), name="a.pdf")
    unnamed = files.store(io.BytesIO(PNG), account_id=account(), name="b.png")
    shared = files.store(io.BytesIO(JPEG), account_id=account(), name="c.jpg")
    name_in_an_act(identities.actor_by_login("agency1"), named.sha256)
    clock.instant += timedelta(hours=24, microseconds=-1)
    assert files.expire(clock.real()) == 0
    files.store(io.BytesIO(JPEG), account_id=account("agency2"), name="c.jpg")
    clock.instant += timedelta(microseconds=1)
    assert files.expire(clock.real()) == 2
    assert files.known(unnamed.sha256) is None
    assert not files.path(unnamed.sha256).exists()
    assert files.known(named.sha256) == named
    assert files.path(named.sha256).exists()
    assert files.known(shared.sha256, account_id=account()) is None
    assert files.path(shared.sha256).exists()


def test_the_same_file_again_stays_longer(app):
    clock = app.extensions["market.clock"]
    files.store(io.BytesIO(PDF), account_id=account(), name="a.pdf")
    clock.instant += timedelta(hours=23)
    stored = files.store(io.BytesIO(PDF), account_id=account(), name="a.pdf")
    clock.instant += timedelta(hours=2)
    assert files.expire(clock.real()) == 0
    assert files.known(stored.sha256) == stored


def test_a_download_never_opens_in_the_browser(app):
    stored = files.store(io.BytesIO(PDF), account_id=account(), name="a.pdf")
    with app.test_request_context():
        answer = files.send(stored.sha256)
        answer.direct_passthrough = False
        assert answer.get_data() == PDF
        assert answer.mimetype == files.PDF
        answer.close()
        assert answer.headers["Content-Disposition"] == f"attachment; filename={stored.sha256[:12]}.pdf"
    with app.test_request_context(), pytest.raises(NotFound):
        files.send("0" * 64)
