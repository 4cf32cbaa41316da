"""What each side, an office and the public see of a contract, and what a refused form keeps."""

import io

from flask import Flask

from bidding.contract import queries
from bidding.contract.rules import Phase
from tests.builders.award import accepted_award
from tests.builders.contract import PDF, a_contract, contract_of, extension_asked, uploaded
from tests.builders.people import a_regulator, an_operator
from tests.builders.registration import agencies
from tests.conftest import Client
from tests.counting import questions


def logins(no: str) -> tuple[str, str]:
    """Purchaser's and agency's accounts, as the builders name them."""
    contract = queries.by_no(no)
    return "purchaser1", contract.award.agency.organisation.name.partition(" ")[0]


def test_a_refused_upload_keeps_what_was_typed_and_the_file(app: Flask, client: Client) -> None:
    """409 with the clause; the file needs not be chosen again."""
    no = contract_of(accepted_award()).no
    client.sign_in(logins(no)[1])
    page = client.get(f"/contracts/{no}/upload").text
    assert 'value="50000.00"' in page
    typed = {"key": "k1", "amount": "50000.01", "days": "10", "signed_on": "2026-03-10"}
    answer = client.post(f"/contracts/{no}/upload", data={**typed, "file": (io.BytesIO(PDF), "scan.pdf")})
    assert answer.status_code == 409
    assert "50,000.01" in answer.text
    assert "依据" in answer.text
    assert 'value="50000.01"' in answer.text
    taken = answer.text.partition('name="taken"')[2].partition('value="')[2].partition('"')[0]
    assert len(taken) == 64
    right = client.post(f"/contracts/{no}/upload", data={**typed, "key": "k2", "amount": "50,000", "taken": taken})
    assert right.status_code == 303
    assert queries.phase_of(queries.by_no(no)) is Phase.TO_CONFIRM


def test_shape_errors_are_said_beside_their_fields(app: Flask, client: Client) -> None:
    no = contract_of(accepted_award()).no
    client.sign_in(logins(no)[1])
    wrong = {"key": "k1", "amount": "五万", "days": "0", "signed_on": "yesterday"}
    answer = client.post(f"/contracts/{no}/upload", data=wrong)
    assert answer.status_code == 422
    assert "请选择文件" in answer.text
    assert 'value="五万"' in answer.text
    typed = {"key": "k2", "amount": "50000", "days": "10", "signed_on": "2026-03-10"}
    script = client.post(f"/contracts/{no}/upload", data={**typed, "file": (io.BytesIO(b"#!/bin/sh\n"), "scan.pdf")})
    assert script.status_code == 409
    assert queries.phase_of(queries.by_no(no)) is Phase.TO_SIGN


def test_the_public_sees_a_summary_once_it_is_effective(app: Flask, client: Client) -> None:
    """Price, days and hash; never the scan."""
    no = uploaded(accepted_award())
    sha256 = queries.by_no(no).file or ""
    assert sha256 not in client.get(f"/contracts/{no}").text
    client.sign_in(logins(no)[0])
    assert "确认合同" in client.get(f"/contracts/{no}").text
    assert client.post(f"/contracts/{no}/confirm", data={"key": "k1"}).status_code == 303
    with client.get(f"/contracts/{no}/file") as scan:
        assert scan.status_code == 200
        assert scan.data.startswith(b"%PDF")
    client.post("/logout")
    page = client.get(f"/contracts/{no}").text
    assert sha256 in page
    assert f"/contracts/{no}/file" not in page
    assert client.get(f"/contracts/{no}/file").status_code == 303
    an_operator()
    client.sign_in("operator1")
    assert client.get(f"/contracts/{no}/file").status_code == 403
    a_regulator("natural_resources", login="regulator2")
    client.sign_in("regulator2")
    with client.get(f"/contracts/{no}/file") as scan:
        assert scan.status_code == 200


def test_wrong_people_are_turned_away(app: Flask, client: Client) -> None:
    """Another agency, and a side that has nothing to do there: 403; no such contract: 404."""
    no = uploaded(accepted_award())
    agency = logins(no)[1]
    other = next(login for login in ("agency1", "agency2", "agency3") if login != agency)
    client.sign_in(other)
    for verb in ("upload", "confirm", "reject"):
        assert client.post(f"/contracts/{no}/{verb}", data={"key": verb, "reason": "r"}).status_code == 403
    client.sign_in(agency)
    assert client.post(f"/contracts/{no}/lapse", data={"key": "l", "reason": "r"}).status_code == 403
    own = client.post(f"/contracts/{no}/confirm", data={"key": "own"})
    assert own.status_code == 409
    assert client.get("/contracts/none").status_code == 404
    assert queries.phase_of(queries.by_no(no)) is Phase.TO_CONFIRM


def test_a_rejection_reaches_the_uploader_with_its_reason(app: Flask, client: Client) -> None:
    no = uploaded(accepted_award())
    purchaser, agency = logins(no)
    client.sign_in(purchaser)
    assert client.get(f"/contracts/{no}/reject").status_code == 200
    client.post(f"/contracts/{no}/reject", data={"key": "k1", "reason": "a page is missing"})
    client.sign_in(agency)
    assert "a page is missing" in client.get("/inbox/").text
    assert f"/contracts/{no}/upload" in client.get("/desk").text
    client.post("/logout")
    assert "a page is missing" not in client.get(f"/contracts/{no}").text


def test_my_contracts_are_mine(app: Flask, client: Client) -> None:
    no = a_contract()
    announcement = queries.by_no(no).award.announcement.no or ""
    for login in logins(no):
        client.sign_in(login)
        assert no in client.get("/contracts/").text
    client.post("/logout")
    assert no in client.get(f"/announcements/{announcement}").text


def test_many_contracts_ask_no_more_questions(app: Flask, client: Client) -> None:
    """Neither the list nor the desk, whatever waits in each of them."""
    rivals = agencies(1)

    def asked(login: str, address: str) -> int:
        client.sign_in(login)
        client.get(address)
        with questions() as each:
            assert client.get(address).status_code == 200
        return len(each)

    def opened() -> None:
        extension_asked(a_contract(accepted_award(rivals=rivals)))

    opened()
    places = [(login, address) for login in ("purchaser1", "agency1") for address in ("/contracts/", "/desk")]
    before = [asked(*place) for place in places]
    opened()
    opened()
    assert [asked(*place) for place in places] == before
