"""P8: a draw among 10,000 candidates, its transcript, and the stand-alone verification of both."""

import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.audit import texts, tree
from app.audit.canonical import canonical
from bidding.selection import lottery, transcript

CANDIDATES = 10_000
ROUNDS = 5
CLOSING = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
SECRET = hashlib.sha256(b"bench").digest()
NO, MARKET = "450800-2026-000001", "DEMO-BENCH"


def frozen() -> str:
    """A frozen text with 10,000 valid lines of one lot each."""
    return lottery.frozen_text(
        market=MARKET,
        no=NO,
        attempt=1,
        frozen_at=CLOSING,
        winners=1,
        alternates=2,
        commitment=lottery.commitment(SECRET),
        beacon_rule="none",
        lines=[
            lottery.Line(f"91450800MA{number:08d}", 1, hashlib.sha256(b"%d" % number).hexdigest(), "server", (), ())
            for number in range(CANDIDATES)
        ],
    )


def record() -> dict[str, Any]:
    """The whole record of a draw, with a log of two entries under a head."""
    text = frozen()
    publish, freeze = (
        texts.payload_text(
            act=act, at=at, basis=None, private=None, public=public, role="system", subjects=[f"announcement:{NO}"]
        )
        for act, at, public in (
            (
                "announcement.publish",
                CLOSING - timedelta(days=2),
                {"attempt": 1, "beacon_rule": "none", "commitment": lottery.commitment(SECRET)},
            ),
            (
                "selection.freeze",
                CLOSING,
                {"attempt": 1, "frozen": hashlib.sha256(text.encode()).hexdigest()},
            ),
        )
    )
    salt = "ab" * 32
    nodes = tree.MemoryNodes([tree.leaf_hash(texts.entry_digest(salt, payload)) for payload in (publish, freeze)])
    key = hashlib.sha256(b"key").digest()
    head = texts.signed_head(
        market=MARKET,
        tree_size=2,
        root=tree.root(nodes, size=2),
        timestamp=CLOSING + timedelta(seconds=1),
        private_key=key,
        public_key=key,
    )
    entries = [
        {"index": n, "salt": salt, "payload": payload, "path": tree.hexes(tree.inclusion_path(nodes, index=n, size=2))}
        for n, payload in enumerate((publish, freeze))
    ]
    return lottery.record(
        frozen_text=text,
        secret=SECRET,
        beacon_value=None,
        beacon_on=None,
        decision="drawn",
        names={line.id: line.id for line in lottery.parse_frozen_text(text).lines},
        drawn_at=CLOSING + timedelta(seconds=2),
        publish=entries[0],
        freeze=entries[1],
        head=head.members(),
    )


def measure() -> Iterator[tuple[str, str, str, str]]:
    """(id, what, goal, found): the median of five rounds and the range, in seconds."""
    drawn, verified, told, recomputed = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        file, whole, program = (Path(folder) / name for name in ("record.json", "transcript.json", "transcript.zip"))
        program.write_bytes(transcript.verifier())
        for _ in range(ROUNDS):
            before = time.perf_counter()
            file.write_text(json.dumps(record(), ensure_ascii=False))
            drawn.append(time.perf_counter() - before)
            verified.append(_alone(Path(lottery.__file__), file))
            before = time.perf_counter()
            whole.write_text(canonical(_transcript(file.read_text())))
            told.append(time.perf_counter() - before)
            recomputed.append(_alone(program, whole))
    for what, seconds in (
        ("draw among 10,000 and write the record", drawn),
        ("verify it stand-alone", verified),
        ("make its transcript, as each download does", told),
        ("recompute it stand-alone", recomputed),
    ):
        found = f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"
        yield "P8", what, "≤ 1 s", found


def _transcript(text: str) -> dict[str, Any]:
    """The transcript out of the stored record."""
    return transcript.transcript(
        record=json.loads(text),
        rulebook="450800@2026-07-01",
        rulebook_sha256="ab" * 32,
        method="RANDOM",
        parameters={"minimum": 3, "price_fen": 5_000_000},
    )


def _alone(program: Path, file: Path) -> float:
    """Seconds of a stand-alone verifier, its start included."""
    before = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-S", str(program), str(file)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - before
