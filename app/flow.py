"""Status machines as tables: (phase, act) → phase; a pair that is absent is out of turn."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from app.refusal import OutOfTurn

P = TypeVar("P", bound=StrEnum)


class Flow(Generic[P]):
    """The machine of one chapter. Source of each arrow: the chapter's `rules.py` and rules.md §3."""

    def __init__(self, table: Mapping[tuple[P, StrEnum], P]) -> None:
        self._table = dict(table)

    def after(self, phase: P, act: StrEnum) -> P:
        """The phase that follows; raises `OutOfTurn` for an act that the phase does not know."""
        try:
            return self._table[(phase, act)]
        except KeyError:
            raise OutOfTurn(str(phase), str(act)) from None

    def acts_in(self, phase: P) -> tuple[StrEnum, ...]:
        """The acts that follow from a phase, in the table's order: what a page may offer."""
        return tuple(act for (known, act) in self._table if known is phase)

    def __iter__(self) -> Iterator[tuple[P, StrEnum, P]]:
        for (phase, act), following in self._table.items():
            yield phase, act, following
