"""Sealed once, when everything is over; proved by the log; supplemented, never changed (M23)."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta

import pytest
from flask import Flask

from app import files
from app.audit import services as audit
from app.audit.check import first_difference
from app.chance import fresh_key
from app.clock import clock
from app.clockwork import services as clockwork
from app.database import db
from app.refusal import NotYours, OutOfTurn, Refused
from app.values import Nothing
from bidding.contract import queries as contracts
from ratings.archive import queries, services
from ratings.archive.models import Archive
from ratings.archive.rules import ArchiveAct
from tests.builders.contract import parties
from tests.builders.evaluation import an_evaluation, sheet_of
from tests.builders.people import a_regulator, a_supervisor
from tests.builders.performance import a_delivery
from tests.conftest import Client
from tests.counting import questions


def walk(**time: int) -> None:
    clockwork.go_to(clock().market() + timedelta(**time))
    db.session.rollback()


def archives(no: str) -> list[Archive]:
    db.session.rollback()
    return queries.of_contract(contracts.by_no(no).id)


def sealed() -> str:
    """The number of a contract that was delivered, evaluated by its owner, and sealed by the clock."""
    a_regulator("natural_resources")
    no = a_delivery()
    an_evaluation(no)
    walk(days=90)
    return no


def fetched(client: Client, no: str) -> zipfile.ZipFile:
    with client.get(f"/archives/{no}/archive.zip") as answer:
        assert answer.status_code == 200
        return zipfile.ZipFile(io.BytesIO(answer.data))


def test_the_clock_seals_thirty_days_after_the_last_sheet_and_the_log_tells_the_hash(app: Flask) -> None:
    no = a_delivery()
    assert queries.over_since(no) is None
    an_evaluation(no)
    assert sheet_of(no).locked_at is None
    assert queries.over_since(no) is None
    walk(days=25)
    over = queries.over_since(no)
    assert over is not None
    assert queries.next_seal(clock().market()) == over + timedelta(days=30)
    clockwork.go_to(over + timedelta(days=30) - timedelta(seconds=1))
    assert archives(no) == []
    with pytest.raises(OutOfTurn):
        services.supplement(parties(contracts.by_no(no))[0], no, Nothing(), key=fresh_key())
    walk(seconds=1)
    (archive,) = archives(no)
    assert (archive.no, archive.number, archive.sealed_by) == (f"{no}-G01", 1, None)
    assert archive.sha256 == hashlib.sha256(archive.manifest.encode()).hexdigest()
    entry = audit.entry_of(ArchiveAct.SEAL, f"archive:{archive.no}")
    assert entry is not None
    told = json.loads(entry.payload)["public"]
    assert (told["sha256"], told["files"], told["size"]) == (archive.sha256, archive.files, archive.size)
    assert queries.due_for_seal(clock().market()) == []
    assert first_difference(rows=True) is None


def test_the_same_manifest_for_everybody_and_each_his_own_files(app: Flask, client: Client) -> None:
    """What only the two sides may read is named by its hash to the others, salted, so that it cannot be guessed."""
    no = sealed()
    (archive,) = archives(no)
    a_supervisor()
    scan = contracts.by_no(no).file or ""
    for login, personal in (("purchaser1", True), ("supervisor1", False), ("regulator1", False)):
        client.sign_in(login)
        packed = fetched(client, archive.no)
        content = packed.read("MANIFEST.json")
        assert hashlib.sha256(content).hexdigest() == archive.sha256
        manifest = json.loads(content)
        listed = {one["name"]: one["sha256"] for one in manifest["files"]}
        assert ("need-contact.json" in packed.namelist()) is personal
        assert set(listed) - set(packed.namelist()) == (set() if personal else {"need-contact.json"})
        for name in packed.namelist()[1:]:
            assert hashlib.sha256(packed.read(name)).hexdigest() == listed[name]
        if personal:
            assert set(json.loads(packed.read("need-contact.json"))) == {"contact", "phone", "salt"}
        assert "phone" not in json.loads(packed.read("need.json"))
        assert listed["contract/scan.pdf"] == scan
        assert {"evaluation.json", "performance.json", "log.json", "award.json"} <= set(listed)
    files.path(scan).unlink()
    assert "contract/scan.pdf" not in fetched(client, archive.no).namelist()
    assert client.get(f"/archives/{archive.no}/MANIFEST.json").data == content
    client.sign_in("agency2" if contracts.by_no(no).award.agency.organisation.name.startswith("agency1") else "agency1")
    assert client.get(f"/archives/{archive.no}/archive.zip").status_code == 403


def test_what_comes_later_is_a_supplement_and_anybody_verifies_each(app: Flask, client: Client) -> None:
    no = a_delivery()
    walk(days=90)
    (first,) = archives(no)
    text = first.manifest
    purchaser, agency = parties(contracts.by_no(no))
    assert queries.changed_of(purchaser) == []
    with pytest.raises(Refused) as refused:
        services.supplement(purchaser, no, Nothing(), key=fresh_key())
    assert [one.code for one in refused.value.reasons] == ["archive_unchanged"]
    walk(days=1)
    an_evaluation(no)
    client.sign_in("purchaser1")
    assert f"/contracts/{no}/supplement" in client.get("/desk").text
    assert [one for one, _ in queries.changed_of(purchaser)] == [no]
    with pytest.raises(NotYours):
        services.supplement(agency, no, Nothing(), key=fresh_key())
    page = client.get(f"/contracts/{no}/supplement")
    assert first.no in page.text
    assert client.post(f"/contracts/{no}/supplement", data={}).status_code == 303
    one, two = archives(no)
    manifest = json.loads(two.manifest)
    assert (two.no, two.number, manifest["before"]) == (f"{no}-G02", 2, first.sha256)
    assert [listed["name"] for listed in manifest["files"]] == ["evaluation.json", "log.json"]
    assert one.manifest == text
    assert queries.changed_of(purchaser) == []
    (sheet,) = json.loads(fetched(client, two.no).read("evaluation.json"))
    assert sheet["late"] is True
    client.post("/logout")
    anybody_verifies(client, no)


def anybody_verifies(client: Client, no: str) -> None:
    """By the hash alone; what is in it, whoever holds the manifest."""
    first, last = archives(no)
    text = first.manifest
    address = "/verify/archive"
    assert client.get(address).status_code == 200
    found = client.get(f"{address}?sha256={first.sha256.upper()}")
    assert found.status_code == 200
    assert first.no in found.text
    assert "contract/scan.pdf" not in found.text
    held = client.post(address, data={"file": (io.BytesIO(text.encode()), "MANIFEST.json")})
    assert held.status_code == 200
    assert "contract/scan.pdf" in held.text
    other = client.post(address, data={"file": (io.BytesIO(text.encode() + b" "), "MANIFEST.json")})
    assert other.status_code == 404
    assert "本市场没有封存过这份清单" in other.text
    slip = client.post(address, data={"sha256": "abc"})
    assert slip.status_code == 422
    assert 'value="abc"' in slip.text
    assert first.sha256 in client.get(f"/contracts/{no}").text
    rows = client.get("/api/v1/archives").json["rows"]
    assert [(row["no"], row["sha256"], row["sealed_by"]) for row in rows] == [
        (last.no, last.sha256, last.sealer and last.sealer.code),
        (first.no, first.sha256, None),
    ]
    with questions() as asked:
        queries.public_list(None)
    assert len(asked) == 1
