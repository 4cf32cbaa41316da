"""The arithmetic of credit (rules.md §2.9): conduct, service, composite, grade, exactly and in integers."""

from enum import StrEnum


class EventKind(StrEnum):
    """What a line of the ledger does."""

    DEDUCTION = "deduction"
    BONUS = "bonus"
    SERVICE = "service"
