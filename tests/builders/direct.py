"""Direct commissions as both sides negotiate them."""

from typing import Any

from app.actor import Actor
from app.chance import fresh_key
from app.values import Done, Nothing
from bidding.direct import services
from bidding.direct.rules import Price, Proposal, Reason
from tests.builders import agency as agency_builder
from tests.builders.need import a_need
from tests.builders.purchaser import a_purchaser

ITEM = "0101"
"""项目建议书编制: asks for no licence and is priced by the project, so that a public price can be compared."""

PRICE_FEN = 1_000_000


def an_agency(login: str = "agency1", **options: Any) -> Actor:
    """An agency whose public price for a whole project is `PRICE_FEN`."""
    return agency_builder.an_agency(login, **({"items": (ITEM,), "price_fen": PRICE_FEN} | options))


def a_direct_need(purchaser: Actor | None = None, **what: Any) -> str:
    """The number of a need that its purchaser wants to commission directly; `what` as for `a_need`."""
    return a_need(purchaser or a_purchaser(), **({"method": "DIRECT", "item": ITEM, "budget_fen": 2_000_000} | what))


def a_proposal(chosen: Actor, /, **only: Any) -> Proposal:
    """What the purchaser proposes; name only what the test is about."""
    plain: dict[str, Any] = {
        "agency": chosen.code,
        "amount_fen": PRICE_FEN,
        "days": 10,
        "reason": Reason.SMALL_AMOUNT,
        "explanation": "a small amount",
    }
    return Proposal(**(plain | only))


def a_commission(purchaser: Actor, agency: Actor, need_no: str | None = None, **only: Any) -> str:
    """The number of a need whose first price waits for the agency's answer."""
    no = need_no or a_direct_need(purchaser)
    services.propose(purchaser, no, a_proposal(agency, **only), key=fresh_key())
    return no


def a_counter(actor: Actor, need_no: str, *, amount_fen: int, days: int = 10) -> Done:
    """One side names another price."""
    return services.counter(actor, need_no, Price(amount_fen, days), key=fresh_key())


def an_accepted_commission(purchaser: Actor, agency: Actor, **only: Any) -> str:
    """The number of the announcement that the agency's acceptance published."""
    need_no = a_commission(purchaser, agency, **only)
    done = services.accept(agency, need_no, Nothing(), key=fresh_key())
    if done.subject is None:
        raise LookupError(need_no)
    return done.subject
