"""Who may be sanctioned, by whom, for how long; what a sanction bars while it is in force (rules.md §2.10)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.refusal import Refusal
from app.rulebook import term
from app.standing import Grade
from app.values import SHANGHAI, Opens, Period


class SanctionAct(StrEnum):
    """The act of sanctioning."""

    DECIDE = "sanction.decide"


class SanctionKind(StrEnum):
    """The kinds that bar or warn (rules.md §2.10)."""

    YELLOW = "yellow"
    SUSPEND = "suspend"
    BLACKLIST = "blacklist"


class Phase(StrEnum):
    """Derived from the period: nothing has to end a sanction."""

    COMING = "coming"
    IN_FORCE = "in_force"
    EXPIRED = "expired"


MAY = {SanctionAct.DECIDE: {Role.REGULATOR}}
OPENS = {SanctionAct.DECIDE: Opens.AT_ONCE}
SECOND = (SanctionAct.DECIDE,)
"""Two accounts of the same authority: nobody is sanctioned by one hand, or by arithmetic alone (sanction.decide)."""


@dataclass(frozen=True)
class YellowTerms:
    """Section [yellow]."""

    SECTION: ClassVar[str] = "yellow"

    length: int = term("month")


@dataclass(frozen=True)
class RedTerms:
    """Section [red]: how long a suspension may last."""

    SECTION: ClassVar[str] = "red"

    length: tuple[int, ...] = term("month")


@dataclass(frozen=True)
class BlackTerms:
    """Section [black]."""

    SECTION: ClassVar[str] = "black"

    length_serious: int = term("month")
    length_gravest: int = term("month")


@dataclass(frozen=True, slots=True)
class SanctionTerms:
    """The lengths in months that each kind may have, with the key of the clause that says so."""

    yellow: YellowTerms
    red: RedTerms
    black: BlackTerms

    def lengths(self, kind: SanctionKind) -> tuple[int, ...]:
        """Allowed lengths in months, ascending."""
        if kind is SanctionKind.YELLOW:
            return (self.yellow.length,)
        if kind is SanctionKind.SUSPEND:
            return tuple(sorted(self.red.length))
        return tuple(sorted({self.black.length_serious, self.black.length_gravest}))


CLAUSES = {
    SanctionKind.YELLOW: "yellow.length",
    SanctionKind.SUSPEND: "red.length",
    SanctionKind.BLACKLIST: "black.length_serious",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision: against whom (USCC or `U-…`), what, for how many months, on which facts and legal basis."""

    party: str
    kind: SanctionKind
    months: int
    facts: str
    basis: str
    authority: str


def refusals_to_decide(
    decided: Decided, *, known: bool, own: bool, authorities: frozenset[str], same_in_force: bool, terms: SanctionTerms
) -> Iterator[Refusal]:
    """Every reason why this decision cannot be taken."""
    if not known:
        yield Refusal("party_unknown", field="party")
    if own:
        yield Refusal("own_organisation", field="party")
    if decided.authority not in authorities:
        yield Refusal("authority_not_yours", field="authority")
    allowed = terms.lengths(decided.kind)
    if decided.months not in allowed:
        yield Refusal(
            "length_not_allowed",
            clause=CLAUSES[decided.kind],
            field="months",
            params={"allowed": "、".join(map(str, allowed))},
        )
    if same_in_force:
        yield Refusal("same_sanction_in_force", field="kind")
    if not decided.facts.strip():
        yield Refusal("facts_missing", field="facts")
    if not decided.basis.strip():
        yield Refusal("basis_missing", field="basis")


def period(from_at: datetime, months: int) -> Period:
    """[from, the same local time `months` later): the first instant after the term bars nothing any more."""
    local = from_at.astimezone(SHANGHAI)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = local.day
    while True:
        try:
            return Period(from_at, local.replace(year=year, month=month + 1, day=day).astimezone(from_at.tzinfo))
        except ValueError:
            day -= 1


def phase_of(in_force: Period, *, now: datetime) -> Phase:
    """Where a sanction stands."""
    if now < in_force.opens:
        return Phase.COMING
    return Phase.IN_FORCE if now in in_force else Phase.EXPIRED


def worst(kinds: Iterable[SanctionKind]) -> SanctionKind | None:
    """The gravest of several kinds, None of none. Source: rules.md §2.10 (yellow card, suspension, black list)."""
    return max(kinds, key=tuple(SanctionKind).index, default=None)


RED_CLAUSES = ("credit.grade_a", "credit.grade_a_contracts")
"""What the red list rests on, beside the ledger itself: when a score is an A."""


def is_red(grade: Grade, *, deducted: int, sanctioned: bool) -> bool:
    """Whether a party belongs on the red list now: grade A, nothing deducted in the window, no decision in force.

    No source that could be read says who belongs there; this reading of M29 is our own (inferred) and shown as such.
    """
    return grade is Grade.A and deducted == 0 and not sanctioned
