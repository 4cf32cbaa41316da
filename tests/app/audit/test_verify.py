"""The check from outside, over HTTP, against a served log: honest ones pass, dishonest ones do not."""

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit import texts, tree, verify
from app.audit.canonical import canonical
from bidding.offer import envelope
from bidding.selection import lottery
from tests import outsider

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PRIVATE = b"\x09" * 32
PUBLIC = Ed25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes_raw()
SALT, SALT2 = "cd" * 32, "ce" * 32


class Log:
    """A deployment as an outsider sees it: entries, and the answers of the log's addresses."""

    def __init__(self, size=23, market="450800", at=NOW):
        self.market, self.at = market, at
        self.private = {"rows": [["registration", "1", "00" * 32]]}
        self.payloads = [self.payload(n) for n in range(size)]
        self.digests = [texts.entry_digest(SALT, payload) for payload in self.payloads]
        self.disclosed = {3, 7}

    def payload(self, n):
        return texts.payload_text(
            act="registration.submit",
            at=NOW - timedelta(hours=1) + timedelta(seconds=n),
            basis=None,
            private=texts.private_digest(SALT2, self.private),
            public={"n": n},
            role="agency",
            subjects=[f"announcement:450800-2026-{n:06d}"],
        )

    def nodes(self):
        return tree.MemoryNodes(tree.leaf_hash(digest) for digest in self.digests)

    def head(self, size=None, at=None):
        size = len(self.digests) if size is None else size
        root = tree.root(self.nodes(), size=size)
        return texts.signed_head(
            market=self.market,
            tree_size=size,
            root=root,
            timestamp=at or self.at,
            private_key=PRIVATE,
            public_key=PUBLIC,
        ).members()

    def receipt(self, n, *, at=NOW - timedelta(hours=1), handed_in=None, leaf=None, **changed):
        handed_in = {"promised_days": n} if handed_in is None else handed_in
        text = texts.receipt_text(
            market=self.market,
            act="registration.submit",
            no=f"450800-2026-{n:06d}",
            attempt=1,
            id="91450800MA5K000013",
            hash=texts.input_hash({"promised_days": n}),
            at=at,
            leaf=leaf or tree.leaf_hash(self.digests[n]).hex(),
        )
        file = texts.receipt_file(
            text=text, input=handed_in, key_id=texts.key_id(PUBLIC), signature=texts.sign(PRIVATE, text)
        )
        return {**file, **changed}

    def entry(self, n):
        opened = None
        if n in self.disclosed:
            opened = {"salt": SALT, "payload": self.payloads[n]}
        if n == 7:
            opened["private"] = {"salt": SALT2, "text": canonical(self.private)}
        return {"index": n, "digest": self.digests[n], "disclosed": opened}

    def answer(self, address):
        """What the deployment answers; LookupError where a server answers 404."""
        parts = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/log/key":
            return {"market": self.market, "key_id": texts.key_id(PUBLIC), "public_key": PUBLIC.hex()}
        if parts.path == "/log/head":
            return self.head()
        if parts.path == "/log/entries":
            return [self.entry(n) for n in range(int(query["start"]), min(int(query["end"]), int(query["start"]) + 10))]
        if parts.path == "/log/proof/inclusion":
            leaves = [tree.leaf_hash(digest).hex() for digest in self.digests]
            if query["leaf"] not in leaves:
                raise LookupError(query["leaf"])
            index = leaves.index(query["leaf"])
            return tree.inclusion_proof(self.nodes(), index=index, size=int(query["tree_size"]))
        assert parts.path == "/log/proof/consistency"
        return tree.consistency_proof(self.nodes(), first=int(query["first"]), second=int(query["second"]))


def found(log, *, now=NOW, **options):
    return verify.follow(log.answer, own_time=lambda: now, **options)


def contradictions(log, **options):
    return found(log, **options).contradictions


def test_an_honest_log():
    log = Log()
    followed = found(log, compare=log.head(size=11), receipts=[log.receipt(4)])
    assert followed.contradictions == []
    assert followed.said[-2:] == [
        "23 entries read, 2 disclosed",
        "receipt of 2026-11-20T08:00:00.000000Z: entry 4",
    ]
    assert contradictions(log, compare=log.head(size=0)) == []
    assert contradictions(Log(size=0)) == []


def test_the_head_must_be_young_by_this_machine_s_clock_but_not_in_a_demonstration():
    late = NOW + timedelta(seconds=61)
    assert len(contradictions(Log(), now=late)) == 1
    assert contradictions(Log(market="DEMO-450800"), now=late) == []
    assert contradictions(Log(), now=late - timedelta(seconds=1)) == []


def test_a_rewritten_log_does_not_continue_a_kept_head():
    kept = Log().head(size=11)
    log = Log()
    log.digests[5] = "0" * 64
    assert contradictions(log, compare=kept) == ["the log does not continue the head to compare with"]
    assert outsider.check_consistency(kept, log.head(), log.answer) == ["the log was rewritten"]
    assert len(contradictions(Log(size=9), compare=kept)) == 1
    assert outsider.check_consistency(kept, Log(size=9).head(), Log(size=9).answer) == ["the log has become shorter"]


@pytest.mark.parametrize(
    "change",
    [
        {"root_hash": "0" * 64},
        {"timestamp": "2026-11-20T09:00:00.000001Z"},
        {"market": "450801"},
        {"key_id": "0" * 16},
        {"signature": "0" * 128},
        {"tree_size": 22},
    ],
)
def test_a_changed_head_is_found(change):
    log = Log()
    head = {**log.head(), **change}
    log.head = lambda: head
    assert contradictions(log)


def test_a_disclosure_must_be_what_was_logged():
    log = Log()
    log.payloads[3] = log.payload(4)
    assert contradictions(log) == ["entry 3: the disclosed payload is not what was logged"]
    log = Log()
    log.payloads[3] = "{}"
    log.digests[3] = texts.entry_digest(SALT, "{}")
    assert contradictions(log) == ["entry 3: the disclosed payload is not canonical"]
    log = Log()
    log.private = {"rows": []}
    assert contradictions(log) == ["entry 7: the disclosed private part is not what was logged"]


def test_receipts():
    log = Log()
    missing = "11" * 32
    fresh = log.receipt(4, leaf=missing, at=NOW - timedelta(seconds=60))
    assert contradictions(log, receipts=[fresh]) == []
    assert outsider.check_receipt(fresh, log.answer) == []
    overdue = log.receipt(4, leaf=missing, at=NOW - timedelta(seconds=61))
    assert "proof against the market" in contradictions(log, receipts=[overdue])[0]
    assert outsider.check_receipt(overdue, log.answer) == ["not under the head"]
    assert outsider.check_receipt(log.receipt(4), log.answer) == []
    for wrong in (
        log.receipt(4, signature="0" * 128),
        log.receipt(4, key_id="0" * 16),
        log.receipt(4, handed_in={"promised_days": 5}),
        Log(market="450801").receipt(4),
    ):
        assert contradictions(log, receipts=[wrong])
        assert outsider.check_receipt(wrong, log.answer)
    assert contradictions(log, receipts=[log.receipt(4, input=None)]) == []


def test_an_outsider_follows_every_pair_of_heads():
    log = Log(size=17)
    for first in range(18):
        for second in range(first, 18):
            assert outsider.check_consistency(log.head(size=first), log.head(size=second), log.answer) == []


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("/log/key", {}),
        ("/log/key", {"market": "450800", "key_id": "00", "public_key": "00"}),
        ("/log/head", []),
        ("/log/head", {"tree_size": True}),
        ("/log/entries?start=0&end=23", []),
        ("/log/entries?start=0&end=23", [{"index": 1, "digest": "0" * 64, "disclosed": None}]),
        ("/log/entries?start=0&end=23", [{"index": 0, "digest": "0" * 64, "disclosed": {"salt": SALT}}]),
    ],
)
def test_answers_of_another_form_are_unreadable(address, answer):
    log = Log()
    with pytest.raises(verify.Unreadable):
        verify.follow(lambda path: answer if path == address else log.answer(path), own_time=lambda: NOW)


@pytest.mark.parametrize(
    "receipt", [{}, [], {"text": ""}, {**Log().receipt(4), "format": "x"}, {**Log().receipt(4), "input": 0.5}]
)
def test_a_file_that_is_no_receipt_is_unreadable(receipt):
    with pytest.raises(verify.Unreadable):
        found(Log(), receipts=[receipt])


@contextmanager
def served(answer):
    """The log's answers on a port of this machine."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            try:
                body = json.dumps(answer(self.path)).encode()
            except LookupError:
                self.send_error(404)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_both_commands_over_http(tmp_path, capsys):
    log = Log()
    kept, receipt, unpromised = tmp_path / "head.json", tmp_path / "receipt.json", tmp_path / "unpromised.json"
    kept.write_text(json.dumps(log.head(size=9)), encoding="utf-8")
    receipt.write_text(json.dumps(log.receipt(4)), encoding="utf-8")
    unpromised.write_text(json.dumps(log.receipt(4, leaf="11" * 32)), encoding="utf-8")

    def ours(*arguments):
        return verify.main([*map(str, arguments)], own_time=lambda: NOW)

    def theirs(*arguments):
        return outsider.main([*map(str, arguments)])

    with served(log.answer) as url:
        assert ours(url, "--compare", kept, "--receipt", receipt) == 0
        assert "consistent" in capsys.readouterr().out
        assert theirs(url, "--head", kept, "--receipt", receipt) == 0
        assert ours(url, "--receipt", unpromised) == theirs(url, "--receipt", unpromised) == 1
        assert "CONTRADICTION" in capsys.readouterr().out
        assert ours(url, "--compare", tmp_path / "none.json") == 2
    assert ours(url) == theirs(url) == 2
    assert ours("file:///etc") == theirs("file:///etc") == 2


class Market(Log):
    """A log with one draw in it, and the pages of its announcement."""

    no = "450800-2026-000017"
    closes = NOW - timedelta(hours=24)

    def __init__(self):
        super().__init__()
        secret = bytes(32)
        terms = {"attempt": 1, "commitment": lottery.commitment(secret)}
        lines = [lottery.Line(f"9145080000000000{n:02d}", 1, f"{n:02d}" * 32, "browser") for n in range(5)]
        rule = "lottery 3d+pl5"
        text = lottery.frozen_text(
            market=self.market,
            no=self.no,
            frozen_at=self.closes,
            winners=1,
            alternates=1,
            beacon_rule=rule,
            lines=lines,
            **terms,
        )
        self.log("announcement.publish", 2, self.closes - timedelta(days=3), terms | {"beacon_rule": rule})
        self.log("selection.freeze", 12, self.closes, {"attempt": 1, "frozen": outsider.sha(text)})
        who = lines[0].id
        body = envelope.body_text(envelope.Body(self.market, self.no, 1, who, envelope.Kind.AMOUNT, 5, 5, "00" * 32))
        commitment = envelope.commitment(body)
        self.log("offer.submit", 5, self.closes - timedelta(days=1), {"commitment": commitment}, f"agency:{who}")
        self.price = 5
        self.offers = [
            {"id": who, "body": body, "commitment": commitment, "index": 5},
            {"id": lines[1].id, "body": None, "commitment": "0" * 64, "index": 6},
        ]
        head = self.head(size=13, at=self.closes + timedelta(seconds=2))
        nodes = self.nodes()
        publish, freeze = (
            {
                "index": n,
                "salt": SALT,
                "payload": self.payloads[n],
                "path": tree.hexes(tree.inclusion_path(nodes, index=n, size=13)),
            }
            for n in (2, 12)
        )
        self.record = lottery.record(
            frozen_text=text,
            secret=secret,
            beacon_value="123-45678",
            beacon_on=NOW.date() - timedelta(days=1),
            decision="drawn",
            names={line.id: "甲" for line in lines},
            drawn_at=NOW - timedelta(hours=5),
            publish=publish,
            freeze=freeze,
            head=head,
        )

    @property
    def transcript(self):
        said = {"market": self.market, "no": self.no, "attempt": 1, "method": "BID_LOW"}
        bounds = {"minimum": 1, "ceiling_fen": 10, "floor_fen": 0, "low_of_ceiling_ppm": 0, "low_of_mean_ppm": 0}
        offers = [
            {**offer, "valid": offer["body"] is not None, "reasons": [] if offer["body"] else ["unopened"]}
            for offer in self.offers
        ]
        result = [{"rank": 1, "id": self.offers[0]["id"], "amount": self.price}]
        return {
            "format": "zjcs-transcript-1",
            **said,
            "rulebook": {"id": "test", "sha256": "0" * 64},
            "parameters": bounds,
            "record": self.record,
            "offers": offers,
            "live": [],
            "scores": [],
            "result": result,
        }

    def log(self, act, n, at, public, *subjects):
        self.payloads[n] = texts.payload_text(
            act=act,
            at=at,
            basis=None,
            private=None,
            public=public,
            role="system",
            subjects=[*subjects, f"announcement:{self.no}"],
        )
        self.digests[n] = texts.entry_digest(SALT, self.payloads[n])
        self.disclosed.add(n)

    def answer(self, address):
        pages = {"record.json": self.record, "offers.json": self.offers, "transcript.json": self.transcript}
        for name, page in pages.items():
            if address.split("?")[0] == f"/announcements/{self.no}/{name}":
                return page
        if address.startswith("/announcements/"):
            raise LookupError(address)
        return super().answer(address)


def test_an_outsider_follows_a_draw_and_its_offers_over_http(capsys):
    market = Market()
    assert lottery.verify(market.record) == []
    with served(market.answer) as url:
        assert outsider.main([url, "--announcement", market.no, "--attempt", "1"]) == 0
        assert outsider.main([url, "--announcement", "450800-2026-000099"]) == 2
        market.offers[0]["commitment"] = "0" * 64
        assert outsider.main([url, "--announcement", market.no]) == 1
        market = Market()
        market.offers[0]["index"] = 12
    with served(market.answer) as url:
        assert outsider.main([url, "--announcement", market.no]) == 1
        market = Market()
        market.record["log"]["head"] = market.head(size=13)
    with served(market.answer) as url:
        assert outsider.main([url, "--announcement", market.no]) == 1
        market = Market()
        market.price = 4
    assert "head not older than the beacon" in capsys.readouterr().out
    with served(market.answer) as url:
        assert outsider.main([url, "--announcement", market.no]) == 1
    assert capsys.readouterr().out == "result\n"
