"""Sheets opened, filled in and locked."""

from dataclasses import replace

from app.actor import Actor
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import db
from app.values import Done
from bidding.contract.models import Contract
from ratings.evaluation import queries, services
from ratings.evaluation.models import Sheet
from ratings.evaluation.rules import Evaluator, Marks
from tests.builders.contract import parties
from tests.builders.people import a_regulator
from tests.builders.performance import a_delivery
from tests.grounds import ready


def marks(mark: int = 4, **others: int | str) -> Marks:
    """The same mark on every dimension, with reasons where they are wanted, unless told otherwise."""
    same = Marks(quality=mark, fees=mark, attitude=mark, conduct=mark, comment="the reasons" if mark <= 2 else "")
    return replace(same, **others)  # type: ignore[arg-type]


def sheet_of(no: str, evaluator: Evaluator = Evaluator.OWNER) -> Sheet:
    """The sheet of a class, read anew."""
    db.session.rollback()
    return next(sheet for sheet in queries.by_contract(no) if sheet.evaluator is evaluator)


def evaluator_for(contract: Contract, evaluator: Evaluator) -> Actor:
    """Somebody of the owner, or of an office that is competent for the item."""
    if evaluator is Evaluator.OWNER:
        return parties(contract)[0]
    trades = contract.award.announcement.need.item.authorities
    return a_regulator(*trades, login="regulator_" + "_".join(trades))


def an_evaluation(
    no: str | None = None, *, by: Evaluator = Evaluator.OWNER, given: Marks | None = None, **what: object
) -> Done:
    """The marks of a class on a contract, of one that was delivered or of a new one."""
    contract_no = no or a_delivery(**what)
    who = evaluator_for(sheet_of(contract_no, by).contract, by)
    return services.submit(who, contract_no, given or marks(), key=fresh_key())


@ready
def a_locked_evaluation(no: str | None = None, *, by: Evaluator = Evaluator.OWNER, **what: object) -> str:
    """The number of a contract whose marks of a class count; the market walks to the end of the window."""
    contract_no = an_evaluation(no, by=by, **what).subject or ""  # type: ignore[arg-type]
    lock_due_at = sheet_of(contract_no, by).lock_due_at
    if lock_due_at is None:
        raise LookupError(contract_no)
    clockwork.go_to(lock_due_at)
    db.session.rollback()
    return contract_no
