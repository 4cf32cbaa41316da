"""The log's addresses, the change feed, the log's page: only what is disclosed, and proofs that hold."""

import json

import pytest

from app.audit import texts, tree, verify
from app.clock import clock
from app.sweep import keep_log
from tests import outsider
from tests.app.exchange.conftest import GOOD


@pytest.fixture
def fetch(client):
    def read(address):
        answer = client.get(address)
        if answer.status_code != 200:
            raise LookupError(address)
        return answer.json

    return read


@pytest.fixture
def played(machine):
    """A LATER act, a sealed one, and the first one's disclosure; the answer of the first."""
    put = machine("agency1").post("play.put").json
    machine("agency1").post("play.whisper", key="w", subject=put["subject"], input={"amount": 7})
    keep_log()
    return put


def test_an_outsider_finds_nothing_wrong(played, fetch, machine):
    old = fetch("/log/head")
    machine("operator1").post("play.reveal", subject=played["subject"], input={})
    keep_log()
    found = verify.follow(fetch, own_time=lambda: clock().real(), compare=old, receipts=[played["receipt"]])
    assert found.contradictions == []
    assert outsider.check_receipt(played["receipt"], fetch) == []
    assert outsider.check_consistency(old, fetch("/log/head"), fetch) == []


def test_what_is_not_disclosed_shows_nothing(played, client):
    head = client.get("/log/head").json
    rows = client.get(f"/log/entries?start=0&end={head['tree_size']}").json
    put, whisper = rows[-2:]
    for row in (put, whisper):
        assert set(row) == {"index", "digest", "disclosed"}
        assert row["disclosed"] is None
    changes = client.get("/opendata/changes").json
    assert changes["changes"][-2:] == [{"seq": head["tree_size"] - 1}, {"seq": head["tree_size"]}]
    page = client.get("/log/").text
    for text in (json.dumps(rows), json.dumps(changes), page):
        assert "play.put" not in text
        assert "play.whisper" not in text
        assert "放下" not in text
        assert played["subject"] not in text


def test_a_later_act_opens_it_and_the_feed_carries_it_there(played, client, machine):
    before = client.get("/opendata/changes").json
    machine("operator1").post("play.reveal", subject=played["subject"], input={})
    keep_log()
    size = client.get("/log/head").json["tree_size"]
    put, whisper, reveal = client.get(f"/log/entries?start={size - 3}&end={size}").json
    assert whisper["disclosed"] is None
    for row in (put, reveal):
        assert set(row["disclosed"]) == {"salt", "payload"}
        assert texts.entry_digest(row["disclosed"]["salt"], row["disclosed"]["payload"]) == row["digest"]
        assert "张三" not in row["disclosed"]["payload"]
    payload = json.loads(put["disclosed"]["payload"])
    assert payload["act"] == "play.put"
    assert payload["public"] == {"amount": GOOD["amount"]}
    feed = client.get(f"/opendata/changes?after={before['after']}").json
    (item,) = feed["changes"]
    assert item["seq"] == size == feed["after"]
    assert item["disclosed"] == reveal["disclosed"]
    assert item["discloses"] == [{"seq": size - 2, **put["disclosed"]}]
    assert client.get("/opendata/changes").json["changes"][:-1] == before["changes"]
    assert "放下" in client.get("/log/").text


def test_the_feed_has_no_gap_and_shows_numbered_entries_only(client, machine):
    before = client.get("/opendata/changes").json
    assert [item["seq"] for item in before["changes"]] == list(range(1, len(before["changes"]) + 1))
    size = client.get("/log/head").json["tree_size"]
    machine("agency1").post("play.put")
    assert client.get("/opendata/changes").json == before
    assert len(client.get(f"/log/entries?start=0&end={size + 5}").json) == size
    assert client.get("/log/head").json["tree_size"] == size
    keep_log()
    assert len(client.get("/opendata/changes").json["changes"]) == len(before["changes"]) + 1


def test_proofs(played, client):
    head = client.get("/log/head").json
    size = head["tree_size"]
    leaf = played["receipt"]["text"].split("\n")[8]
    by_leaf = client.get(f"/log/proof/inclusion?leaf={leaf}&tree_size={size}").json
    assert set(by_leaf) == {"index", "tree_size", "leaf", "path"}
    assert by_leaf == client.get(f"/log/proof/inclusion?index={by_leaf['index']}&tree_size={size}").json
    assert by_leaf == client.get(f"/log/proof/inclusion?leaf={leaf}").json
    assert tree.verify_inclusion(
        leaf=bytes.fromhex(leaf),
        index=by_leaf["index"],
        size=size,
        path=[bytes.fromhex(step) for step in by_leaf["path"]],
        root=bytes.fromhex(head["root_hash"]),
    )
    assert client.get(f"/log/proof/consistency?first={size}&second={size}").json["path"] == []


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/log/proof/inclusion?index=0&tree_size=999999", 404),
        ("/log/proof/inclusion?index=999999", 404),
        ("/log/proof/inclusion?index=0&tree_size=0", 404),
        ("/log/proof/inclusion?leaf=" + "0" * 64, 404),
        ("/log/proof/inclusion?leaf=xyz", 422),
        ("/log/proof/inclusion", 422),
        ("/log/proof/inclusion?index=0&leaf=" + "0" * 64, 422),
        ("/log/proof/consistency?first=0&second=999999", 404),
        ("/log/proof/consistency?first=2&second=1", 422),
        ("/log/proof/consistency?first=-1&second=1", 422),
        ("/log/proof/consistency?first=1", 422),
        ("/log/entries", 422),
        ("/log/entries?start=1&end=0", 422),
        ("/log/entries?start=x&end=5", 422),
        ("/log/entries?start=0&end=99999999999999999999", 422),
        ("/log/entries?start=٣&end=5", 422),
        ("/opendata/changes?after=-1", 422),
        ("/log/nothing", 404),
        ("/opendata/nothing", 404),
        ("/api/nothing", 404),
        ("/api/v1/nothing", 404),
    ],
)
def test_other_questions_are_told_so_in_json(client, address, status):
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (status, "application/json")
    assert set(answer.json) <= {"error", "errors"}


def test_another_method_is_told_which_ones_there_are(client, app):
    answer = client.delete("/api/v1/acts")
    assert (answer.status_code, answer.mimetype) == (405, "application/json")
    assert "GET" in answer.headers["Allow"]


def test_the_log_s_page_pages_by_index(played, client):
    size = client.get("/log/head").json["tree_size"]
    assert client.get("/log/").status_code == 200
    assert client.get("/log/?at=1").text.count('scope="row"') < client.get("/log/").text.count('scope="row"')
    assert f"{size} 条" in client.get("/log/").text
    assert client.get("/log/?after=forged").status_code == 404
    assert client.get("/log/?at=x").status_code == 200


def test_an_entry_has_a_page_with_its_proof(played, client, machine):
    size = client.get("/log/head").json["tree_size"]
    hidden = client.get(f"/log/{size - 2}")
    assert hidden.status_code == 200
    assert "内容尚未公开" in hidden.text
    for secret in ("play.put", "放下", played["subject"]):
        assert secret not in hidden.text
    machine("operator1").post("play.reveal", subject=played["subject"], input={})
    keep_log()
    page = client.get(f"/log/{size - 2}").text
    entry = client.get(f"/log/entries?start={size - 2}&end={size - 1}").json[0]
    proof = client.get(f"/log/proof/inclusion?index={size - 2}").json
    head = client.get("/log/head").json
    for shown in (entry["digest"], entry["disclosed"]["salt"], proof["leaf"], *proof["path"], head["root_hash"]):
        assert shown in page
    assert played["subject"] in page
    assert f'href="/log/{size - 2}"' in client.get("/log/").text


@pytest.mark.parametrize("index", ["999999", "9" * 30])
def test_there_is_no_entry_beyond_the_newest_head(played, client, index):
    answer = client.get(f"/log/{index}")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_a_draw_can_be_asked_for_by_its_number(client):
    page = client.get("/verify?no=450803-2026-000001&attempt=2").text
    assert 'data-record="/announcements/450803-2026-000001/record.json?attempt=2"' in page
    assert 'href="/awards/450803-2026-000001-A01/verify"' in client.get("/verify?no=４５０８０３-2026-000001-a01").text
    assert "看不懂编号“&lt;b&gt;”" in client.get("/verify?no=<b>").text
