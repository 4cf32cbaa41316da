"""Price tables of the demonstration world: what each admitted agency asks for its items, and how soon it delivers."""

from decimal import Decimal

from app.actor import Role
from app.demonstration import World, number
from app.stage import Demo
from marketplace.pricelist import services
from marketplace.pricelist.rules import HIGHEST_RATE, RATES, Price

PUBLISHED = 6
"""On which day of the world the tables are published: admission is over."""


def day(world: World) -> None:
    """All tables on one day."""
    if world.index != PUBLISHED:
        return
    texts = world.words["texts"]
    for person, actor in world.cast(Role.AGENCY):
        for row in person.facts.get("items", ()):
            rate, value = row["unit"] in RATES, Decimal(row["price"])
            price = Price(
                item=row["item"],
                unit=row["unit"],
                price_fen=None if rate else int(value * 100),
                rate_ppm=int(value * HIGHEST_RATE) if rate else None,
                content=texts["price_content"],
                basis=texts["price_basis"],
                complaint_phone=f"0775-42{number(person.login) % 10**5:05d}",
                committed_days=row["days"],
                effective_from=world.today,
            )
            services.publish(actor, None, price, key=f"demonstration:price:{person.login}:{row['item']}")


DEMO = Demo(day=day)
