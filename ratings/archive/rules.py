"""When the archive of a procurement is sealed, and when something may be put to it afterwards."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.values import Opens


class ArchiveAct(StrEnum):
    """The acts of archiving."""

    SEAL = "archive.seal"
    SUPPLEMENT = "archive.supplement"


class Phase(StrEnum):
    """Derived from the archives of a contract."""

    OPEN = "open"
    SEALED = "sealed"


MAY = {ArchiveAct.SEAL: {Role.SYSTEM}, ArchiveAct.SUPPLEMENT: {Role.PURCHASER}}
OPENS = {ArchiveAct.SEAL: Opens.AT_ONCE, ArchiveAct.SUPPLEMENT: Opens.AT_ONCE}
FLOW = Flow(
    {
        (Phase.OPEN, ArchiveAct.SEAL): Phase.SEALED,
        (Phase.SEALED, ArchiveAct.SUPPLEMENT): Phase.SEALED,
    }
)

AFTER = timedelta(days=30)
"""From the end of a procurement to its seal, so that what may still be said against it is said. Source: §3.1 row 35."""

LOG, CONTACT = "log.json", "need-contact.json"
"""The log grows by the seal itself; names and telephone numbers are for the two sides alone."""


def sealed_from(over_since: datetime) -> datetime:
    """The instant from which the archive is sealed, of a procurement that was over at another."""
    return over_since + AFTER


def refusals_to_seal(*, over_since: datetime | None, now: datetime) -> Iterator[Refusal]:
    """Why nothing can be sealed yet; half-open. Source: rules.md §3.1 row 35.

    `over_since`: when the last evaluation was locked or ran out, or the contract ended; None while anything is open.
    That a contract which ended before its time is archived in the same way is (inferred).
    """
    if over_since is None:
        yield Refusal("archive_open")
    elif now < sealed_from(over_since):
        yield Refusal("archive_early", params={"due_at": sealed_from(over_since).isoformat()})


def refusals_to_supplement(*, changed: int) -> Iterator[Refusal]:
    """Why there is nothing to supplement; `changed` counts what is new or other than was sealed, the log apart."""
    if not changed:
        yield Refusal("archive_unchanged")
