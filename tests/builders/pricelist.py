"""Public prices."""

from typing import Any

from app.actor import Actor
from app.chance import fresh_key
from app.clock import clock
from marketplace.catalogue import queries as catalogue
from marketplace.pricelist import queries, rules, services
from marketplace.pricelist.rules import Price

ITEM = "0401"


def a_price_input(item: str = ITEM, **only: Any) -> Price:
    """A price from today on in the item's first unit, with its unified days; name only what the test is about."""
    today = queries.local_day(clock().market())
    version = catalogue.item_in_force(item, today)
    unit = only.get("unit", version.units[0] if version is not None else rules.WHOLE)
    rate = unit in rules.RATES
    plain: dict[str, Any] = {
        "item": item,
        "unit": unit,
        "price_fen": None if rate else 1_000_000,
        "rate_ppm": 15_000 if rate else None,
        "content": "全部服务内容",
        "basis": "市场调节价",
        "complaint_phone": "0775-1234567",
        "committed_days": (version.days if version is not None else None) or 10,
        "effective_from": today,
    }
    return Price(**(plain | only))


def a_price(agency: Actor, item: str = ITEM, **only: Any) -> str:
    """The number of a price entry that an agency published."""
    done = services.publish(agency, None, a_price_input(item, **only), key=fresh_key())
    if done.subject is None:
        raise LookupError(item)
    return done.subject
