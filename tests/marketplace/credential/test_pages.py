"""What each role sees of certificates, through HTTP."""

import io

from app.chance import fresh_key
from marketplace.credential import services
from marketplace.credential.rules import Doubt
from tests.builders.agency import a_publicised, an_applicant
from tests.builders.credential import QUALIFICATION, a_credential, the_authority_of
from tests.builders.people import a_regulator, an_operator

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 17
FILLED = {
    "qualification": QUALIFICATION,
    "grade": "甲级",
    "certificate_no": "甲测资字4500001",
    "valid_from": "2025-01-01",
    "valid_until": "2030-12-31",
}


def scan(client, no):
    with client.get(f"/credentials/{no}/file") as answer:
        return answer.data


def test_an_agency_hands_in_and_the_authority_verifies(app, client):
    """From the form to the card, with the scan."""
    actor = a_publicised()
    the_authority_of(QUALIFICATION)
    client.sign_in("agency1")
    assert "测绘资质" in client.get("/credentials/submit").text
    data = FILLED | {"key": fresh_key(), "scan": (io.BytesIO(PNG), "scan.png")}
    assert client.post("/credentials/submit", data=data).status_code == 303
    assert "待行业核验" in client.get("/credentials/").text
    no = "450803-2026-Q000001"
    assert scan(client, no) == PNG
    assert "甲测资字4500001" not in client.get(f"/agencies/{actor.code}").text
    client.sign_in("verifier-natural_resources")
    assert f"/credentials/{no}" in client.get("/desk").text
    assert no in client.get("/credentials/waiting").text
    assert "确认证书属实" in client.get(f"/credentials/{no}").text
    assert client.post(f"/credentials/{no}/verify", data={"key": fresh_key()}).status_code == 303
    assert no not in client.get("/credentials/waiting").text
    client.post("/logout")
    assert "甲测资字4500001" in client.get(f"/agencies/{actor.code}").text


def test_a_refused_form_keeps_what_was_typed_and_the_scan(app, client):
    """The browser cannot give a file back, so the stored one is named."""
    an_applicant()
    client.sign_in("agency1")
    data = FILLED | {"valid_until": "2025-12-31", "scan": (io.BytesIO(PNG), "scan.png")}
    answer = client.post("/credentials/submit", data=data)
    assert answer.status_code == 409
    assert "证书已于2025-12-31到期" in answer.text
    assert 'value="甲测资字4500001"' in answer.text
    assert "刚才上传的扫描件已经保留" in answer.text
    kept = answer.text.split('name="kept"')[1].split('value="')[1].split('"')[0]
    assert len(kept) == 64
    assert client.post("/credentials/submit", data=FILLED | {"kept": kept}).status_code == 303
    assert scan(client, "450803-2026-Q000001") == PNG


def test_a_file_of_another_kind_is_refused(app, client):
    """app.files judges by content."""
    an_applicant()
    client.sign_in("agency1")
    data = FILLED | {"scan": (io.BytesIO(b"#!/bin/sh"), "scan.pdf")}
    assert client.post("/credentials/submit", data=data).status_code == 409


def test_bad_shape_is_422(app, client):
    """Dates and the qualification."""
    an_applicant()
    client.sign_in("agency1")
    answer = client.post("/credentials/submit", data=FILLED | {"valid_from": "soon", "qualification": ""})
    assert answer.status_code == 422
    assert "请选择资质" in answer.text


def test_a_certificate_is_nobody_elses_business(app, client):
    """Other agencies and other trades: 404; wrong roles: 403; strangers sign in."""
    no = a_credential(an_applicant(), verified=False)
    an_applicant("agency2")
    an_operator()
    a_regulator("housing", login="regulator4")
    assert client.get(f"/credentials/{no}").status_code == 303
    client.sign_in("agency2")
    assert client.get(f"/credentials/{no}").status_code == 404
    assert no not in client.get("/credentials/").text
    client.sign_in("operator1")
    assert client.get(f"/credentials/{no}").status_code == 403
    assert client.post(f"/credentials/{no}/verify").status_code == 403
    client.sign_in("regulator4")
    assert client.get(f"/credentials/{no}").status_code == 404
    assert no not in client.get("/credentials/waiting").text
    assert client.post(f"/credentials/{no}/verify").status_code == 403


def test_the_agency_reads_why_it_was_refused(app, client):
    """On the certificate's page; the public sees nothing of it."""
    actor = a_publicised()
    no = a_credential(actor, verified=False)
    services.refuse(the_authority_of(QUALIFICATION), no, Doubt("登记系统查无此证"), key=fresh_key())
    client.sign_in("agency1")
    page = client.get(f"/credentials/{no}").text
    assert "登记系统查无此证" in page
    assert "改正后再次提交" in page
    client.post("/logout")
    assert "No. surveying_mapping" not in client.get(f"/agencies/{actor.code}").text
    client.sign_in("verifier-natural_resources")
    assert client.post(f"/credentials/{no}/refuse", data={"reason": ""}).status_code == 422
