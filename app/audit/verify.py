"""The check from outside: follows any deployment's public log over HTTP and says where it contradicts itself.

    python -m app.audit.verify URL [--compare HEADFILE] [--receipt FILE]…

It reads every entry, recomputes the root, checks what was disclosed and what was signed, and compares the log with a
head that somebody kept (docs/protocol.md §3). Exit code 0: consistent. 1: a contradiction. 2: unreadable.
"""

import argparse
import calendar
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.audit import texts
from app.audit.canonical import NotCanonical, canonical, sha256_hex
from app.audit.tree import Tower, leaf_hash

PAGE = 1000
PROMISE = timedelta(seconds=60)
"""A receipt's leaf stands under a signed head within this time, and no head is older (docs/protocol.md §3.4, §3.5)."""

Fetch = Callable[[str], Any]


class Unreadable(Exception):
    """The deployment, or a file, does not answer in the form of docs/protocol.md §3."""


@dataclass(frozen=True, slots=True)
class Key:
    """The deployment's public key, as `/log/key` answers it."""

    market: str
    key_id: str
    public: bytes


@dataclass(slots=True)
class Findings:
    """What was read, and every contradiction in it, one sentence each."""

    said: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)

    def must(self, holds: bool, sentence: str) -> None:
        """Notes a contradiction unless it holds."""
        if not holds:
            self.contradictions.append(sentence)


def follow(
    fetch: Fetch,
    *,
    own_time: Callable[[], datetime],
    compare: Mapping[str, Any] | None = None,
    receipts: Sequence[Mapping[str, Any]] = (),
) -> Findings:
    """Checks a deployment; `fetch` answers a path with JSON, `own_time` is the outsider's own clock (aware UTC).

    The head's age is judged by that clock, except in a demonstration (`DEMO-…`), whose clock is its own. Raises
    Unreadable. Source: docs/protocol.md §3.6, §3.7.
    """
    found = Findings()
    key = _key(fetch("/log/key"))
    head = _head(fetch("/log/head"))
    found.said += [f"market {key.market}, key {key.key_id}", f"head {canonical(head.members())}"]
    found.must(key.key_id == texts.key_id(key.public), "the key's id does not belong to the key")
    found.must(head.market == key.market, "the head is of another market than the key")
    found.must(head.key_id == key.key_id, "the head is signed by another key than the deployment's")
    found.must(texts.verify_signature(key.public, head.text, head.signature), "the head's signature does not hold")
    if not head.market.startswith("DEMO-"):
        age = own_time() - _instant(head.timestamp)
        found.must(-PROMISE <= age <= PROMISE, f"the head is {age.total_seconds():.0f} s old by this machine's clock")
    kept = None if compare is None else _head(compare)
    if kept is not None:
        _kept_head(kept, head, key, found)
    wanted = frozenset([_receipt(receipt, head, key, found) for receipt in receipts])
    places = _entries(fetch, head, kept, wanted, found)
    for receipt in receipts:
        _promise(texts.parse_receipt_text(receipt["text"]), head, places, found)
    return found


def _kept_head(kept: texts.SignedHead, head: texts.SignedHead, key: Key, found: Findings) -> None:
    found.must(kept.market == head.market, "the head to compare with is of another market")
    found.must(kept.tree_size <= head.tree_size, "the log is shorter than the head to compare with says")
    if kept.key_id == key.key_id:
        found.must(
            texts.verify_signature(key.public, kept.text, kept.signature),
            "the signature of the head to compare with does not hold",
        )
    else:
        found.said.append(f"the head to compare with is signed by another key ({kept.key_id}); not checked")


def _entries(
    fetch: Fetch, head: texts.SignedHead, kept: texts.SignedHead | None, wanted: frozenset[str], found: Findings
) -> dict[str, int]:
    """Reads all entries under `head` and checks roots and disclosures; returns the places of the wanted leaves."""
    tower, places, disclosed = Tower(), {}, 0

    def compare() -> None:
        if kept is not None and tower.size == kept.tree_size:
            found.must(tower.root().hex() == kept.root_hash, "the log does not continue the head to compare with")

    compare()
    while tower.size < head.tree_size:
        end = min(tower.size + PAGE, head.tree_size)
        page = fetch(f"/log/entries?start={tower.size}&end={end}")
        if not isinstance(page, list) or not 0 < len(page) <= end - tower.size:
            raise Unreadable(f"entries {tower.size} to {end}: not a page of entries")
        for row in page:
            if not isinstance(row, dict) or row.get("index") != tower.size or not _is_hex(row.get("digest")):
                raise Unreadable(f"entry {tower.size}: not an entry, or out of turn")
            opened = row.get("disclosed")
            if opened is not None:
                disclosed += 1
                found.contradictions += [f"entry {tower.size}: {fault}" for fault in _faults(row["digest"], opened)]
            leaf = leaf_hash(row["digest"])
            if leaf.hex() in wanted:
                places[leaf.hex()] = tower.size
            tower.append(leaf)
            compare()
    found.must(tower.root().hex() == head.root_hash, "the entries do not give the head's root")
    found.said.append(f"{tower.size} entries read, {disclosed} disclosed")
    return places


def _faults(digest: str, opened: object) -> list[str]:
    """What is wrong with a disclosed payload, and with its private part if that was disclosed too."""
    if not isinstance(opened, dict) or not _is_hex(opened.get("salt")) or not isinstance(opened.get("payload"), str):
        raise Unreadable("a disclosure has another form")
    faults = []
    try:
        if texts.entry_digest(opened["salt"], opened["payload"]) != digest:
            faults.append("the disclosed payload is not what was logged")
        payload = json.loads(opened["payload"])
        if canonical(payload) != opened["payload"] or payload.get("format") != texts.ACT_FORMAT:
            faults.append("the disclosed payload is not canonical")
    except (ValueError, AttributeError, RecursionError):
        return [*faults, "the disclosed payload is not canonical"]
    private = opened.get("private")
    if private is not None:
        if not isinstance(private, dict) or not all(isinstance(private.get(part), str) for part in ("salt", "text")):
            raise Unreadable("a disclosed private part has another form")
        if sha256_hex(f"{private['salt']}\n{private['text']}\n") != payload.get("private"):
            faults.append("the disclosed private part is not what was logged")
    return faults


def _receipt(receipt: Mapping[str, Any], head: texts.SignedHead, key: Key, found: Findings) -> str:
    """Checks a receipt by itself; returns its leaf."""
    try:
        lines = texts.parse_receipt_text(receipt["text"])
        signed = texts.verify_signature(key.public, receipt["text"], receipt["signature"])
        known, handed_in = receipt["key_id"] == key.key_id, receipt["input"]
        right = receipt["format"] == texts.RECEIPT_FORMAT
    except (KeyError, TypeError, AttributeError, texts.Malformed) as error:
        raise Unreadable("the receipt has another form") from error
    if not right:
        raise Unreadable("the receipt has another format")
    found.must(lines.market == head.market, "the receipt is of another market")
    if known:
        found.must(signed, "the receipt's signature does not hold")
    else:
        found.must(False, f"the receipt is signed by another key ({receipt['key_id']}) than the deployment's")
    # An offer's receipt holds the commitment of its body, which is not the act's input.
    if handed_in is not None and not lines.act.startswith("offer."):
        try:
            found.must(texts.input_hash(handed_in) == lines.hash, "the receipt's input is not what its hash says")
        except NotCanonical as error:
            raise Unreadable("the receipt's input has no canonical form") from error
    return lines.leaf


def _promise(lines: texts.ReceiptLines, head: texts.SignedHead, places: Mapping[str, int], found: Findings) -> None:
    if lines.leaf in places:
        found.said.append(f"receipt of {lines.at}: entry {places[lines.leaf]}")
    elif _instant(head.timestamp) <= _instant(lines.at) + PROMISE:
        found.said.append(f"receipt of {lines.at}: not under this head yet, and not due")
    else:
        found.must(False, f"the receipt of {lines.at} is not under the head: proof against the market")


def _key(answer: object) -> Key:
    if not isinstance(answer, dict) or any(type(answer.get(name)) is not str for name in ("market", "key_id")):
        raise Unreadable("the key has another form")
    if not _is_hex(answer.get("public_key")):
        raise Unreadable("the key has another form")
    return Key(answer["market"], answer["key_id"], bytes.fromhex(answer["public_key"]))


def _head(answer: object) -> texts.SignedHead:
    members = {"market": str, "tree_size": int, "root_hash": str, "timestamp": str, "key_id": str, "signature": str}
    if not isinstance(answer, dict) or any(type(answer.get(name)) is not kind for name, kind in members.items()):
        raise Unreadable("a head has another form")
    if answer["tree_size"] < 0 or not _is_hex(answer["root_hash"]):
        raise Unreadable("a head has another form")
    _instant(answer["timestamp"])
    return texts.SignedHead(**{name: answer[name] for name in members})


def _instant(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Unreadable(f"not an instant: {text!r}") from error


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def fetcher(base: str) -> Fetch:
    """Reads JSON below an address over HTTP(S). Raises Unreadable, also for every other scheme."""
    if not base.startswith(("http://", "https://")):
        raise Unreadable("the address must begin with http:// or https://")

    def fetch(path: str) -> Any:
        try:
            with urllib.request.urlopen(base.rstrip("/") + path, timeout=30) as answer:  # noqa: S310  see the scheme above
                return json.loads(answer.read())
        except (OSError, urllib.error.URLError, ValueError, RecursionError) as error:
            raise Unreadable(f"{path}: {error}") from error

    return fetch


def main(argv: Sequence[str], *, own_time: Callable[[], datetime]) -> int:
    """The command: prints what was read and found; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m app.audit.verify", description="Check a market's log from outside."
    )
    parser.add_argument("url")
    parser.add_argument("--compare", type=Path, metavar="HEADFILE", help="a head kept from earlier, as JSON")
    parser.add_argument("--receipt", type=Path, metavar="FILE", action="append", default=[])
    arguments = parser.parse_args(argv)
    try:
        found = follow(
            fetcher(arguments.url),
            own_time=own_time,
            compare=None if arguments.compare is None else _file(arguments.compare),
            receipts=[_file(path) for path in arguments.receipt],
        )
    except Unreadable as error:
        print(f"unreadable: {error}")
        return 2
    print("\n".join([*found.said, *(f"CONTRADICTION: {sentence}" for sentence in found.contradictions)]))
    if not found.contradictions:
        print("consistent; compare the head with copies that others hold, and keep it for the next time")
    return 1 if found.contradictions else 0


def _file(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path}: {error}") from error


def _machine_time() -> datetime:
    """This machine's own clock, not the market's: an outsider must not ask the market what time it is."""
    return datetime.fromtimestamp(calendar.timegm(time.gmtime()), UTC)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], own_time=_machine_time))
