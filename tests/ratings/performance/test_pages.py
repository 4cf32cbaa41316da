"""What each side, an office and the public see of a contract in service."""

import io
from collections.abc import Callable
from datetime import datetime

from flask import Flask

from bidding.contract import queries as contracts
from ratings.performance import queries
from ratings.performance.rules import Phase
from tests.builders.contract import PDF, a_contract
from tests.builders.people import an_operator
from tests.builders.performance import a_delivery, handed_in, paused, performance_of
from tests.conftest import Client

At = Callable[[str], datetime]


def logins(no: str) -> tuple[str, str]:
    """Purchaser's and agency's accounts, as the builders name them."""
    return "purchaser1", contracts.by_no(no).award.agency.organisation.name.partition(" ")[0]


def test_from_delivery_to_the_end_through_pages(app: Flask, client: Client) -> None:
    """Hand in, return, hand in again, confirm: each by the side whose turn it is."""
    no = a_contract()
    purchaser, agency = logins(no)
    client.sign_in(agency)
    assert f"/performances/{no}/submit" in client.get("/desk").text
    data = {"key": "k1", "note": "a note", "file": (io.BytesIO(PDF), "report.pdf")}
    assert client.post(f"/performances/{no}/submit", data=data).status_code == 303
    client.sign_in(purchaser)
    assert "成果待确认" in client.get(f"/performances/{no}").text
    assert "a note" in client.get(f"/performances/{no}").text
    empty = client.post(f"/performances/{no}/return", data={"key": "k2", "reason": ""})
    assert empty.status_code == 422
    assert client.post(f"/performances/{no}/return", data={"key": "k3", "reason": "unclear"}).status_code == 303
    client.sign_in(agency)
    assert "unclear" in client.get("/inbox/").text
    again = {"key": "k4", "note": "", "file": (io.BytesIO(PDF + b"%2\n"), "report.pdf")}
    assert client.post(f"/performances/{no}/submit", data=again).status_code == 303
    client.sign_in(purchaser)
    assert client.post(f"/performances/{no}/confirm", data={"key": "k5"}).status_code == 303
    assert queries.phase_of(performance_of(no)) is Phase.DONE


def test_a_form_without_a_file_keeps_the_note(app: Flask, client: Client) -> None:
    no = a_contract()
    client.sign_in(logins(no)[1])
    answer = client.post(f"/performances/{no}/submit", data={"key": "k1", "note": "half a report"})
    assert answer.status_code == 422
    assert "half a report" in answer.text


def test_pause_and_resume_through_pages(app: Flask, client: Client) -> None:
    no = a_contract()
    client.sign_in(logins(no)[0])
    assert client.get(f"/performances/{no}/pause").status_code == 200
    assert client.post(f"/performances/{no}/pause", data={"key": "k1", "reason": "papers"}).status_code == 303
    assert "恢复计时" in client.get(f"/performances/{no}").text
    assert client.post(f"/performances/{no}/resume", data={"key": "k2"}).status_code == 303
    assert queries.phase_of(performance_of(no)) is Phase.IN_SERVICE


def test_the_public_sees_hash_and_clock_but_no_reason_note_or_file(app: Flask, client: Client) -> None:
    no = a_contract()
    paused(no)
    handed_in(no)
    version = performance_of(no).deliverables[0]
    number, sha256, file = version.no, version.file, f"/deliverables/{version.no}/file"
    page = client.get(f"/performances/{no}").text
    assert number in page
    assert sha256 in page
    assert "a reason" not in page
    assert "a note" not in page
    assert client.get(file).status_code == 303
    an_operator()
    client.sign_in("operator1")
    assert client.get(file).status_code == 403
    client.sign_in(logins(no)[0])
    with client.get(file) as download:
        assert download.status_code == 200
    assert client.get("/deliverables/none/file").status_code == 404


def test_wrong_people_are_turned_away(app: Flask, client: Client) -> None:
    no = a_contract()
    purchaser, agency = logins(no)
    other = next(login for login in ("agency1", "agency2", "agency3") if login != agency)
    client.sign_in(other)
    assert client.get(f"/performances/{no}/submit").status_code == 403
    client.sign_in(agency)
    assert client.post(f"/performances/{no}/pause", data={"key": "k", "reason": "r"}).status_code == 403
    client.sign_in(purchaser)
    assert client.get(f"/performances/{no}/submit").status_code == 403
    early = client.post(f"/performances/{no}/confirm", data={"key": "k"})
    assert early.status_code == 409
    assert client.get("/performances/none").status_code == 404


def test_lateness_shows_where_it_matters(app: Flask, client: Client, at: At) -> None:
    no = a_contract()
    at("2026-04-09 09:00")
    assert "11 个工作日" in client.get(f"/performances/{no}").text
    an_operator()
    client.sign_in("operator1")
    assert f"/performances/{no}" in client.get("/performances/late").text
    client.sign_in(logins(no)[1])
    assert "已逾期 11 个工作日" in client.get("/inbox/").text
    assert client.get("/performances/late").status_code == 403
    assert f"/performances/{no}" in client.get("/performances/").text


def test_the_card_tells_how_promises_were_kept(app: Flask, client: Client) -> None:
    no = a_delivery()
    code = contracts.by_no(no).award.agency.organisation.code
    assert "共完成 1 件" in client.get(f"/agencies/{code}").text
