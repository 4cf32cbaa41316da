"""The backward question: how does this party stand now? One slot, one function, one frozen value (M28, M30)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from app.refusal import Refusal


class Grade(StrEnum):
    """Credit grades of rules.md §2.9; NEW (新入驻) is treated as C."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Scope:
    """What the party wants to take part in: fund class, item codes, region path, rulebook id."""

    fund: str
    items: tuple[str, ...]
    region: str
    rulebook: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Score in thousandths (None where nothing is scored), grade, and the refusals to each act by its one name."""

    score: int | None = None
    grade: Grade = Grade.NEW
    refusals: Mapping[str, tuple[Refusal, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def to(self, act: str) -> tuple[Refusal, ...]:
        """The refusals to one act, none where the party may go on."""
        return self.refusals.get(act, ())


class Answers(Protocol):
    """What the chapter eligibility brings: the one answer to the one question."""

    def __call__(self, party_id: int, *, now: datetime, scope: Scope | None) -> Standing: ...


class Able(Protocol):
    """The same question about everybody at once: the keys of the agencies that could register now."""

    def __call__(self, scope: Scope, /, *, now: datetime, owner: int) -> tuple[int, ...]: ...


class _Slot:
    """Where the answers are plugged in: empty, everybody stands well and nobody is known to be able."""

    answers: Answers | None = None
    able: Able | None = None


def answer_with(answers: Answers | None) -> None:
    """The factory plugs in what eligibility brings; every application of a process has the same story."""
    _Slot.answers = answers


def list_with(able: Able | None) -> None:
    """The factory plugs in who answers for everybody at once."""
    _Slot.able = able


def able_for(scope: Scope, /, *, now: datetime, owner: int) -> tuple[int, ...]:
    """The keys of the agencies that could register for such a purchase now; `owner`: the purchaser's organisation."""
    return () if _Slot.able is None else _Slot.able(scope, now=now, owner=owner)


def standing_of(party_id: int, *, now: datetime, scope: Scope | None = None) -> Standing:
    """Ask the chapter that answers; judged as of `now` (at the freeze: the announced closing)."""
    if _Slot.answers is None:
        return Standing()
    return _Slot.answers(party_id, now=now, scope=scope)
