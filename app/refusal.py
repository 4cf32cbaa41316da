"""Refusals are values: what fails, the clause behind it, and the figures a sentence needs."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.values import Receipt


@dataclass(frozen=True, slots=True)
class Refusal:
    """One failing condition.

    `code` is a word `[a-z0-9_.]+` with a sentence `refusal.<code>` and a cure `cure.<code>` in some chapter's wording;
    `clause` is the rulebook key whose basis is shown (None where the condition is not a regional rule); `field` names
    the form field the sentence belongs beside; `params` fill the sentence.
    """

    code: str
    clause: str | None = None
    field: str | None = None
    params: Mapping[str, str | int] = dataclasses.field(default_factory=lambda: MappingProxyType({}))


class Refused(Exception):
    """An act that the rules do not allow now; carries every reason at once (M15). 409."""

    def __init__(self, reasons: Iterable[Refusal], *, rulebook: str | None = None) -> None:
        self.reasons = tuple(reasons)
        self.rulebook = rulebook
        super().__init__(", ".join(reason.code for reason in self.reasons))


class NotYours(Exception):
    """The actor has not the role, or the thing belongs to another organisation or another branch. 403.

    `reason` says it in a sentence, where "not yours" alone would not tell whose it is.
    """

    def __init__(self, what: object = "", reason: Refusal | None = None) -> None:
        self.reason = reason
        super().__init__(str(what))


class NotFound(Exception):
    """No such thing, or none that this actor may know of. 404."""


class Stale(Exception):
    """The row changed since the actor read it. 409: reload."""


class OutOfTurn(Exception):
    """The act does not follow from the present phase. 409."""

    def __init__(self, phase: str, act: str) -> None:
        self.phase = phase
        self.act = act
        super().__init__(f"{act} does not follow from {phase}")


class AlreadyDone(Exception):
    """The same key came again with the same act, subject and input: here is the first answer."""

    def __init__(self, subject: str | None, receipt: Receipt | None) -> None:
        self.subject = subject
        self.receipt = receipt
        super().__init__("already done")


def demand(reasons: Iterable[Refusal], *, rulebook: str | None = None) -> None:
    """Raise `Refused` with every reason; an empty iterable means "go on"."""
    found = tuple(reasons)
    if found:
        raise Refused(found, rulebook=rulebook)
