"""Needs, written by their purchasers."""

from app.actor import Actor
from app.chance import fresh_key
from app.values import Fen, Ppm
from marketplace.need import services
from marketplace.need.rules import FIXED_PRICE, Method, NeedInput, Particulars, Payer
from marketplace.purchaser.rules import Fund
from tests.builders.people import COUNTY
from tests.builders.purchaser import a_purchaser

PARTICULARS = {
    "BID_LIVE": Particulars(minutes=10),
    "BID_RATE": Particulars(min_ppm=Ppm(20_000), max_ppm=Ppm(300_000)),
    "SHORTLIST_THEN_BID": Particulars(shortlist=3),
    "SCHEME_MERIT": Particulars(weight_service=40, weight_team=30, weight_price=30),
    "COMPARE": Particulars(judges=3, weight_service=40, weight_team=30, weight_price=30),
    "CREDIT_MERIT": Particulars(long_list=10, short_list=3),
}
"""What a method asks for besides, unless a test says otherwise."""

PROJECT_CODE = "2603-450803-04-01-123456"


def a_need_input(
    *,
    method: str = "RANDOM",
    fund: str = "social",
    payer: str = "purchaser",
    item: str = "0401",
    budget_fen: int = 5_000_000,
    price_fen: int | None = None,
    days: int = 10,
    **others: object,
) -> NeedInput:
    """What a purchaser fills in; a random draw states the whole budget as its price unless told otherwise."""
    wanted = {
        "title": "topographic survey of a school",
        "content": "1:500 topographic survey of four hectares",
        "region": COUNTY,
        "budget_line": "2120801" if payer == Payer.AUTHORITY else None,
        "project_code": PROJECT_CODE if fund == Fund.FISCAL else None,
        "contact": "a contact",
        "phone": "0775-1234567",
        "above_limit": False,
        "excluded": False,
        "particulars": PARTICULARS.get(method, Particulars()),
        **others,
    }
    return NeedInput(
        item=item,
        fund=Fund(fund),
        payer=Payer(payer),
        budget_fen=Fen(budget_fen),
        price_fen=Fen(price_fen or budget_fen) if Method(method) in FIXED_PRICE else None,
        expected_days=days,
        method=Method(method),
        **wanted,
    )


def purchaser_for(fund: str) -> Actor:
    """A purchaser that may use this fund: `purchaser1` for social funds, one of its own for every other."""
    return a_purchaser(login="purchaser1" if fund == Fund.SOCIAL else f"purchaser_{fund}", funds=(fund,))


def a_need(purchaser: Actor | None = None, **what: object) -> str:
    """The number of a need; `what` as for `a_need_input`."""
    wanted = a_need_input(**what)
    done = services.create(purchaser or purchaser_for(wanted.fund), None, wanted, key=fresh_key())
    assert done.subject is not None
    return done.subject
