"""Lines of the credit ledger, written as they stand after the acts that make them."""

from datetime import datetime

from sqlalchemy import insert

from app.actor import Actor
from app.database import Base, db
from ratings.credit.rules import EventKind

LEDGER = Base.metadata.tables["credit_event"]
BOOK = "450800@2017-11-23"


def a_line(
    party: Actor,
    *,
    at: datetime,
    kind: EventKind,
    points: int,
    evidence: str,
    code: str = "service",
    category: str | None = None,
    contract_no: str | None = None,
    weight: int = 0,
) -> None:
    """One line; `points` whole for conduct, thousandths of 0…100 for a service line."""
    db.session.connection().execute(
        insert(LEDGER).values(
            party_id=party.party,
            kind=kind,
            code=code,
            points=points,
            category=category,
            evaluator="owner" if kind is EventKind.SERVICE else None,
            weight=weight,
            contract_no=contract_no,
            evidence=evidence,
            entry_ref=f"ref of {evidence}"[:32],
            rulebook=BOOK,
            at=at,
        )
    )
    db.session.commit()


def a_deduction(party: Actor, *, at: datetime, points: int = 5, no: str = "C1", code: str = "V06_11") -> None:
    """Points taken off, evidenced by a contract."""
    a_line(party, at=at, kind=EventKind.DEDUCTION, points=points, code=code, evidence=f"contract:{no}", contract_no=no)


def a_mark(
    party: Actor, *, at: datetime, points: int, no: str, category: str = "04", weight: int = 60, by: str = "owner"
) -> None:
    """One locked sheet of a contract; points in thousandths."""
    a_line(
        party,
        at=at,
        kind=EventKind.SERVICE,
        points=points,
        category=category,
        contract_no=no,
        weight=weight,
        evidence=f"contract:{no}:{by}",
    )


def a_poor_record(party: Actor, *, at: datetime, name: str = "P") -> None:
    """Three contracts marked nought, in a category of its own, and fifteen points taken off: D (rules.md §2.9)."""
    for number in range(3):
        a_mark(party, at=at, points=0, no=f"{name}{number}", category="13")
        a_deduction(party, at=at, no=f"{name}{number}")
