"""The examples printed in docs/protocol.md, taken from the page itself, in the product and in a second writing."""

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

from app.audit import texts, tree
from bidding.selection import lottery
from tests import outsider

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")
DRAW = PAGE[PAGE.index("**Example.** secret") : PAGE.index("## 2.")]
LOG = PAGE[PAGE.index("**Example.** salt") : PAGE.index("## 4.")]


def printed(name, part):
    """The 64 hex digits the page prints after a name."""
    return re.search(rf"{name}\s+`([0-9a-f]{{64}})`", part)[1]


def example_text():
    rows = [row.split(" ") for row in re.findall(r"`(91450800[^`]* <..×32> [^`]*)`", DRAW)]
    lines = [
        lottery.Line(
            who,
            int(lots),
            contribution[1:3] * 32,
            made,
            () if members == "-" else tuple(members.split("+")),
            () if reasons == "-" else tuple(reasons.split(",")),
        )
        for who, lots, contribution, made, members, reasons in rows
    ]
    assert len(lines) == 3
    return lottery.frozen_text(
        market="DEMO-450800",
        no="450800-2026-000017",
        attempt=1,
        frozen_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        winners=1,
        alternates=2,
        commitment=printed("commitment", DRAW),
        beacon_rule="lottery 3d+pl5",
        lines=reversed(lines),
    )


def test_the_draw_of_section_1():
    secret, text = bytes(range(32)), example_text()
    assert lottery.commitment(secret) == printed("commitment", DRAW)
    assert "\nlottery 3d+pl5 after 2026-11-20T10:00:00.000000Z\n" in text
    assert hashlib.sha256(text.encode()).hexdigest() == printed("frozen", DRAW)
    assert outsider.FROZEN.fullmatch(text)
    seed = lottery.seed(frozen=text, secret=secret, beacon_value="372-90418")
    assert seed == printed("seed", DRAW)
    lots = lottery.parse_frozen_text(text).lots
    expected = ["91450800MA5K000021", "91450800MA5K000013"]
    assert lottery.order(seed, "order", lots) == outsider.ranked(seed, "order", lots) == expected
    assert "order …0021, …0013 · factor order 97, 96, 98, 95." in DRAW
    assert lottery.factor_order(seed) == ["97", "96", "98", "95"]


def test_the_entry_of_section_3():
    payload = texts.payload_text(
        act="registration.submit",
        at=datetime(2026, 11, 19, 2, 11, 7, 125000, tzinfo=UTC),
        basis=None,
        private=None,
        public={"promised_days": 5, "contribution": "11" * 32},
        role="agency",
        subjects=["announcement:450800-2026-000017", "agency:91450800MA5K000013"],
    )
    assert payload == re.search(r"payload `(\{.*?\})`", LOG)[1].replace("<11×32>", "11" * 32)
    digest = texts.entry_digest("cd" * 32, payload)
    expected, leaf = re.findall(r"`([0-9a-f]{64})`", LOG)
    assert digest == outsider.sha(f"{'cd' * 32}\n{payload}\n") == expected
    assert tree.leaf_hash(digest).hex() == outsider.leaf(digest) == leaf
