"""The archive of a procurement: complete, verifiable, the same bytes twice, and for whom it concerns."""

import hashlib
import io
import json
import zipfile

from flask import Flask

from app import files
from app.audit import texts, tree
from app.chance import fresh_key
from app.sweep import keep_log
from app.values import Fen
from bidding.contract import queries, services
from bidding.contract.rules import AgreedPrice
from bidding.judging import services as judging
from bidding.judging.rules import Named
from tests.bidding.judging.test_services import market
from tests.builders.award import accepted, award_of, settle
from tests.builders.contract import a_contract, change_asked, contract_of, parties
from tests.builders.judging import declared, locked, pdf
from tests.builders.people import a_regulator, a_supervisor, an_operator
from tests.builders.performance import a_delivery
from tests.builders.selection import closed, drawn, selection
from tests.conftest import Client
from tests.grounds import ready


@ready
def kept() -> str:
    """The number of a contract that was changed once, delivered and confirmed."""
    no = a_contract()
    price = Fen(queries.by_no(no).award.amount_fen + 100)
    number = change_asked(no, price)
    services.adopt(parties(queries.by_no(no))[0], no, AgreedPrice(number, price), key=fresh_key())
    a_delivery(no)
    keep_log()
    return no


def fetched(client: Client, no: str) -> zipfile.ZipFile:
    with client.get(f"/contracts/{no}/archive.zip") as answer:
        assert answer.status_code == 200
        assert answer.mimetype == "application/zip"
        return zipfile.ZipFile(io.BytesIO(answer.data))


def test_everything_is_in_it_and_the_manifest_proves_it(app: Flask, client: Client) -> None:
    no = kept()
    announcement = queries.by_no(no).award.announcement.no or ""
    client.sign_in("purchaser1")
    packed = fetched(client, no)
    names = packed.namelist()
    assert names == ["MANIFEST.json", *sorted(names[1:])]
    assert set(names[1:]) == {
        "announcement/announcement.json",
        "announcement/attempt-1/record.json",
        "announcement/attempt-1/transcript.json",
        "award.json",
        "contract/contract.json",
        "contract/request-01.pdf",
        "contract/scan.pdf",
        f"deliverables/{announcement}-D01.pdf",
        "log.json",
        "need.json",
        "performance.json",
    }
    manifest = json.loads(packed.read("MANIFEST.json"))
    for listed in manifest["files"]:
        content = packed.read(listed["name"])
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (listed["sha256"], listed["size"])
    assert [listed["name"] for listed in manifest["files"]] == names[1:]
    assert manifest["lost"] == []
    told = json.loads(packed.read("contract/contract.json"))
    assert [version["number"] for version in told["versions"]] == [1, 2]


def test_the_winning_proposal_is_in_it_for_those_who_may_read_it_and_every_hash_for_all(
    app: Flask, client: Client
) -> None:
    no, found, owner, roster = market("SCHEME_MERIT")
    closed(no)
    judging.name(owner, no, Named(tuple(roster)[:1]), key=fresh_key())
    judge = next(iter(roster.values()))
    declared(judge, no, selection(no))
    locked(judge, no, {agency.code: (100 - 30 * place, 80) for place, agency in enumerate(found)})
    drawn(no)
    settle()
    contract = contract_of(accepted(award_of(no))).no
    a_regulator("natural_resources", login="regulator2")
    a_supervisor()
    name, content = f"announcement/attempt-1/proposal-{found[0].code}-1", pdf(f"how {found[0].code} does it")
    sha256 = hashlib.sha256(content).hexdigest()
    for login, reads in (("purchaser1", True), ("agency1", True), ("supervisor1", True), ("regulator2", False)):
        client.sign_in(login)
        packed = fetched(client, contract)
        manifest = json.loads(packed.read("MANIFEST.json"))
        assert (f"{name}.pdf" in packed.namelist()) is reads
        if reads:
            assert packed.read(f"{name}.pdf") == content
        assert manifest.get("withheld", []) == ([] if reads else [{"name": name, "sha256": sha256}])
        told = json.loads(packed.read("announcement/attempt-1/judging.json"))
        assert {one["code"]: len(one["marks"]) for one in told["scored"]} == {agency.code: 1 for agency in found}
        assert [one["stepped_back_at"] for one in told["declarations"]] == [None]
        assert told["scored"][0]["files"][0]["sha256"] == sha256
        assert f"file {sha256}" in packed.read("announcement/attempt-1/transcript.json").decode()


def test_the_log_in_it_is_proved_by_its_head(app: Flask, client: Client) -> None:
    """Every entry leads to the root of the signed head of the manifest (protocol.md §3.4)."""
    no = kept()
    client.sign_in("purchaser1")
    packed = fetched(client, no)
    head = json.loads(packed.read("MANIFEST.json"))["head"]
    entries = json.loads(packed.read("log.json"))
    acts = [json.loads(entry["payload"])["act"] for entry in entries]
    assert acts[-2:] == ["deliverable.submit", "deliverable.confirm"]
    assert "contract.adopt" in acts
    assert "contract.amend" not in acts
    for entry in entries:
        leaf = tree.leaf_hash(texts.entry_digest(entry["salt"], entry["payload"]))
        path = [bytes.fromhex(one) for one in entry["path"]]
        root = bytes.fromhex(head["root_hash"])
        assert tree.verify_inclusion(leaf=leaf, index=entry["index"], size=head["tree_size"], path=path, root=root)


def test_the_same_bytes_until_something_happens(app: Flask, client: Client) -> None:
    no = kept()
    client.sign_in("purchaser1")
    address = f"/contracts/{no}/archive.zip"
    first = client.get(address).data
    keep_log()
    assert client.get(address).data == first


def test_only_whom_it_concerns_and_no_telephone_for_offices(app: Flask, client: Client) -> None:
    no = kept()
    a_regulator("natural_resources", login="regulator2")
    a_supervisor()
    an_operator()
    agency = queries.by_no(no).award.agency.organisation.name.partition(" ")[0]
    for login, personal in (("purchaser1", True), (agency, True), ("regulator2", False), ("supervisor1", False)):
        client.sign_in(login)
        assert ("phone" in json.loads(fetched(client, no).read("need.json"))) is personal
    other = next(login for login in ("agency1", "agency2", "agency3") if login != agency)
    for login in (other, "operator1"):
        client.sign_in(login)
        assert client.get(f"/contracts/{no}/archive.zip").status_code == 403
    client.post("/logout")
    assert client.get(f"/contracts/{no}/archive.zip").status_code == 303


def test_a_lost_file_is_named_and_the_rest_is_there(app: Flask, client: Client) -> None:
    no = kept()
    scan = queries.by_no(no).file or ""
    files.path(scan).unlink()
    client.sign_in("purchaser1")
    packed = fetched(client, no)
    assert json.loads(packed.read("MANIFEST.json"))["lost"] == [{"name": "contract/scan", "sha256": scan}]
    assert "contract/scan.pdf" not in packed.namelist()


def test_a_large_file_passes_in_chunks(app: Flask) -> None:
    """No more than a chunk and the small documents at a time."""
    content = b"%PDF-1.4\n" + bytes(5 * files.CHUNK)
    place = files.folder() / "large"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    piece = files.Piece("large.pdf", hashlib.sha256(content).hexdigest(), len(content), path=place)
    sent = list(files.parcel([piece], about={}))
    assert max(map(len, sent)) < 2 * files.CHUNK
    assert zipfile.ZipFile(io.BytesIO(b"".join(sent))).read("large.pdf") == content
    place.unlink()
