"""What two rulebooks say differently, which book answers for a place, and when a basis is younger than its book."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from app.rulebook import Applied, Clause

YEAR = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})(?= ?\u5e74|\u3015)")
"""A year named in the words of a basis: 2020 年, 〔2020〕."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One key that both books have: `value` whether the value differs, else only basis, evidence or who sees to it."""

    key: str
    before: Clause
    after: Clause

    @property
    def value(self) -> bool:
        """Whether more than the basis changed: another value, or other hands."""
        return self.before.value != self.after.value or self.before.applied is not self.after.applied


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two books side by side: other values, other bases of the same value, keys of one alone, how many are the same."""

    changed: tuple[Difference, ...]
    founded: tuple[Difference, ...]
    added: tuple[Clause, ...]
    removed: tuple[Clause, ...]
    same: int


def compare(before: Mapping[str, Clause], after: Mapping[str, Clause]) -> Comparison:
    """From `before` to `after`, in the order of `after`; what is gone in that of `before`. Source: mission.md M47."""
    both = [Difference(key, before[key], clause) for key, clause in after.items() if key in before]
    differing = [one for one in both if one.before != one.after]
    return Comparison(
        changed=tuple(one for one in differing if one.value),
        founded=tuple(one for one in differing if not one.value),
        added=tuple(clause for key, clause in after.items() if key not in before),
        removed=tuple(clause for key, clause in before.items() if key not in after),
        same=len(both) - len(differing),
    )


def is_younger(basis: str, years: Iterable[int], *, in_force_from: date) -> bool:
    """Whether something that a basis rests on is younger than the book: `years` of the sources it cites, or its words.

    Source: rules.md §2 (today's catalogue, synthetic history).
    """
    named = [int(year) for year in YEAR.findall(basis)]
    return any(year > in_force_from.year for year in (*years, *named))


ONLY: Mapping[str, Callable[[Clause], bool]] = {
    "unverified": lambda clause: not clause.verified,
    "people": lambda clause: clause.applied is Applied.PEOPLE,
}
"""What a page of rules can be narrowed to."""
