"""The auction of docs/auction: `python -m tests.builders.auction` writes its transcript, the same bytes every time.

Log, head and record are made as the market makes them; what is told is invented, secret and keys are written here.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.audit import texts, tree
from app.audit.canonical import canonical
from app.identity.uscc import with_check
from bidding.auction import bids
from bidding.selection import lottery, transcript

FILE = Path(__file__).parents[2] / "docs" / "auction" / "transcript.json"

MARKET, NO = "DEMO-450800", "450803-2026-000118"
FROZEN_AT = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
START = datetime(2026, 11, 19, 1, 30, tzinfo=UTC)
SECRET, KEY = (hashlib.sha256(what).digest() for what in (b"a recorded auction", b"its head"))
BOOK = "450800@2026-07-01"
BOOK_SHA256 = "cba32b2fa8057c326ae07bb0bb253a21bedb81b46261d0b6229447783c22d0da"
"""Of the rulebook as it stood on the day of the recording."""

PARAMETERS = {
    "minimum": 3,
    "ceiling_fen": 18_000_000,
    "floor_fen": 0,
    "step_fen": 90_000,
    "start_s": 57_600,
    "duration_s": 600,
    "window_s": 60,
    "extensions": 5,
}
NAMES = {
    with_check(f"91450800MA5A{number:05d}"): name
    for number, name in enumerate(
        (
            "桂衡造价咨询有限公司",
            "清源工程咨询有限公司",
            "西江测绘咨询有限公司",
            "港城工程管理有限公司",
            "平天山造价咨询有限公司",
            "东湖项目管理有限公司",
        ),
        11,
    )
}
IDS = tuple(NAMES)
EXCLUDED = IDS[5]
BIDS = (
    # seconds after the start, who, fen
    (14, 0, 18_000_000),
    (41, 1, 17_880_000),
    (75, 2, 17_600_000),
    (118, 3, 17_500_000),
    (160, 0, 17_300_000),
    (221, 4, 17_000_000),
    (275, 1, 16_880_000),
    (330, 2, 16_700_000),
    (402, 4, 16_500_000),
    (468, 1, 16_400_000),
    (515, 3, 16_300_000),
    (552, 4, 16_150_000),
    (603, 1, 16_050_000),
    (655, 4, 15_900_000),
    (702, 1, 15_800_000),
)


def log(text: str) -> Mapping[str, Any]:
    """The entries of publication and freeze among a few others, under a signed head."""
    frozen = lottery.parse_frozen_text(text)
    bound = transcript.terms(method="BID_LIVE", parameters=PARAMETERS, rulebook=BOOK, rulebook_sha256=BOOK_SHA256)
    payloads = [
        texts.payload_text(
            act=act, at=at, basis=BOOK, private=None, public=public, role=role, subjects=[f"announcement:{NO}"]
        )
        for act, at, role, public in (
            (
                "announcement.publish",
                FROZEN_AT - timedelta(days=5),
                "operator",
                {
                    "attempt": 1,
                    "beacon_rule": frozen.beacon_rule,
                    "budget_fen": PARAMETERS["ceiling_fen"],
                    "commitment": frozen.commitment,
                    "method": "BID_LIVE",
                    "rulebook": BOOK,
                },
            ),
            (
                "selection.freeze",
                FROZEN_AT + timedelta(seconds=1),
                "system",
                {"attempt": 1, "frozen": hashlib.sha256(text.encode()).hexdigest(), "terms": bound},
            ),
        )
    ]
    salts = [hashlib.sha256(payload.encode()).hexdigest() for payload in payloads]
    digests = [texts.entry_digest(salt, payload) for salt, payload in zip(salts, payloads, strict=True)]
    others = [hashlib.sha256(b"entry %d" % number).hexdigest() for number in range(9)]
    leaves = [tree.leaf_hash(digest) for digest in (*others[:2], digests[0], *others[2:], digests[1])]
    nodes, size = tree.MemoryNodes(leaves), len(leaves)
    public_key = Ed25519PrivateKey.from_private_bytes(KEY).public_key()
    head = texts.signed_head(
        market=MARKET,
        tree_size=size,
        root=tree.root(nodes, size=size),
        timestamp=FROZEN_AT + timedelta(seconds=2),
        private_key=KEY,
        public_key=public_key.public_bytes(Encoding.Raw, PublicFormat.Raw),
    )
    entries = [
        {
            "index": index,
            "salt": salt,
            "payload": payload,
            "path": tree.hexes(tree.inclusion_path(nodes, index=index, size=size)),
        }
        for index, salt, payload in zip((2, size - 1), salts, payloads, strict=True)
    ]
    return {"publish": entries[0], "freeze": entries[1], "head": head.members()}


def recorded() -> Mapping[str, Any]:
    """The whole transcript."""
    text = lottery.frozen_text(
        market=MARKET,
        no=NO,
        attempt=1,
        frozen_at=FROZEN_AT,
        winners=1,
        alternates=2,
        commitment=lottery.commitment(SECRET),
        beacon_rule="lottery 3d+pl5",
        lines=[
            lottery.Line(
                who,
                0 if who == EXCLUDED else 1,
                hashlib.sha256(who.encode()).hexdigest(),
                "browser",
                reasons=("qualification_missing",) if who == EXCLUDED else (),
            )
            for who in IDS
        ],
    )
    record = lottery.record(
        frozen_text=text,
        secret=SECRET,
        beacon_value="518-30962",
        beacon_on=date(2026, 11, 18),
        decision="drawn",
        names=NAMES,
        drawn_at=START + timedelta(minutes=14),
        **log(text),
    )
    return transcript.transcript(
        record=record,
        rulebook=BOOK,
        rulebook_sha256=BOOK_SHA256,
        method="BID_LIVE",
        parameters=PARAMETERS,
        live=[bids.Bid(IDS[who], amount, START + timedelta(seconds=at)) for at, who, amount in BIDS],
    )


if __name__ == "__main__":
    FILE.write_text(canonical(recorded()) + "\n", encoding="utf-8")
