"""Small frozen values that every part of the market shares: money, shares, periods, working-day counts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""Where days begin and end for people."""

Fen = NewType("Fen", int)
"""Money in fen (1/100 CNY), an integer; 元 and 万元 exist in template filters only."""

Ppm = NewType("Ppm", int)
"""A share or rate in parts per million; 1,000,000 = all."""

Workdays = NewType("Workdays", int)
"""A count of working days by the State Council calendar (调休 included)."""

LONGEST_DAYS = 3_650
"""Working days of the longest service that anybody may ask for or promise: what is longer is a slip (inferred)."""


class Opens(StrEnum):
    """When an act's entry in the public log is disclosed; every act must say (layout.md §5)."""

    AT_ONCE = "at_once"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch of time [opens, closes): the instant `closes` no longer belongs to it."""

    opens: datetime
    closes: datetime

    def __contains__(self, instant: datetime) -> bool:
        return self.opens <= instant < self.closes


@dataclass(frozen=True, slots=True)
class Nothing:
    """The input of an act that needs none besides its subject."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an outside party takes home: the exact signed text of protocol.md §3.5 and its signature."""

    text: str
    key_id: str
    signature: str


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of a command: the act, the public number it was about or made, the instant, the receipt."""

    act: str
    subject: str | None
    at: datetime
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The answer of a command that waits for another hand: the prepared act's number."""

    act: str
    prepared: str
