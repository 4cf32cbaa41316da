"""The body of a sealed offer `zjcs-offer-1`, to the byte, and its commitment (docs/protocol.md §2.1).

Standard library only; imports nothing of the market: the verifier of transcripts carries this very file.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FORMAT: Final = "zjcs-offer-1"
ALL: Final = 1_000_000

_ID: Final = re.compile(r"[0-9A-Z][0-9A-Z-]{0,39}")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class Malformed(ValueError):
    """A text is no body of an offer, or a value cannot stand in one; the message names the part, never a price."""


class Kind(StrEnum):
    """What the total says: an amount in fen, or a discount rate in ppm."""

    AMOUNT = "amount"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Item:
    """The part of an offer for one service item: fen or ppm as the offer's kind says, and promised working days."""

    code: str
    value: int
    promised_days: int


@dataclass(frozen=True, slots=True)
class Body:
    """What an offer says, for one attempt (§2.1). `total` is fen for AMOUNT, ppm for RATE; `nonce` 64 hex digits.

    Items are ascending by code, one per code, and amounts add up to the total; `files` are SHA-256 of files,
    ascending, each once. Everything else raises Malformed: an offer is never put in order silently.
    """

    market: str
    no: str
    attempt: int
    id: str
    kind: Kind
    total: int
    promised_days: int
    nonce: str
    items: tuple[Item, ...] = ()
    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        codes = [item.code for item in self.items]
        numbers = (
            self.total,
            self.promised_days,
            *(n for item in self.items for n in (item.value, item.promised_days)),
        )
        rates = (self.total, *(item.value for item in self.items)) if self.kind is Kind.RATE else ()
        checks = (
            (all(_ID.fullmatch(text) for text in (self.market, self.no, self.id, *codes)), "market, no, id, item code"),
            (1 <= self.attempt < 10**15, "attempt"),
            (all(0 <= number < 10**15 for number in numbers), "number"),
            (all(rate <= ALL for rate in rates), "rate"),
            (_HEX.fullmatch(self.nonce), "nonce"),
            (all(_HEX.fullmatch(file) for file in self.files), "file"),
            (codes == sorted(set(codes)), "order of items"),
            (list(self.files) == sorted(set(self.files)), "order of files"),
            (
                self.kind is Kind.RATE or not self.items or sum(item.value for item in self.items) == self.total,
                "sum of items",
            ),
        )
        for holds, part in checks:
            if not holds:
                raise Malformed(part)


def body_text(body: Body) -> str:
    """The body as it is hashed, sealed and published, every line ended by one LF (§2.1)."""
    rows = [
        FORMAT,
        body.market,
        body.no,
        str(body.attempt),
        body.id,
        body.kind.value,
        str(body.total),
        str(body.promised_days),
        body.nonce,
        *(f"item {item.code} {item.value} {item.promised_days}" for item in body.items),
        *(f"file {file}" for file in body.files),
    ]
    return "".join(f"{row}\n" for row in rows)


def parse_body(text: str) -> Body:
    """Reads a body; raises Malformed unless writing what was read gives the same text again, byte for byte (§2.1)."""
    rows = text.split("\n")
    if len(rows) < 10 or rows[0] != FORMAT or rows[-1]:
        raise Malformed("first line, number of lines or end")
    if rows[5] not in tuple(Kind):
        raise Malformed("kind")
    items = [row.split(" ") for row in rows[9:-1] if row.startswith("item ")]
    files = [row.split(" ") for row in rows[9:-1] if row.startswith("file ")]
    if any(len(item) != 4 for item in items) or any(len(file) != 2 for file in files):
        raise Malformed("item or file line")
    body = Body(
        market=rows[1],
        no=rows[2],
        attempt=_number(rows[3]),
        id=rows[4],
        kind=Kind(rows[5]),
        total=_number(rows[6]),
        promised_days=_number(rows[7]),
        nonce=rows[8],
        items=tuple(Item(code, _number(value), _number(days)) for _, code, value, days in items),
        files=tuple(file for _, file in files),
    )
    if body_text(body) != text:
        raise Malformed("order of lines")
    return body


def commitment(text: str) -> str:
    """SHA-256 of the body, 64 hex digits: what the receipt and the public log hold of an offer (§2.1)."""
    return hashlib.sha256(text.encode()).hexdigest()


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise Malformed("number")
    return int(text)
