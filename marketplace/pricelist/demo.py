"""Price tables of the demonstration world: what each admitted agency asks for its items, and how soon it delivers."""

from decimal import Decimal

from app.actor import Role
from app.cast import Person, number
from app.demonstration import World
from app.stage import Demo
from marketplace.pricelist import services
from marketplace.pricelist.rules import HIGHEST_RATE, RATES, Price

PUBLISHED = 6
"""So many days after its application an agency publishes its table: its admission is over."""


def day(world: World) -> None:
    """The tables of those who have just been admitted."""
    for person in world.people.values():
        if person.role is Role.AGENCY and person.facts.get("items") and _admitted(world, person):
            _publish(world, person)


def _admitted(world: World, person: Person) -> bool:
    return world.index == world.applies(person) + PUBLISHED


def _publish(world: World, person: Person) -> None:
    texts = world.words["texts"]
    for row in person.facts["items"]:
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
        key = f"demonstration:price:{person.login}:{row['item']}"
        services.publish(world.actor(person.login), None, price, key=key)


DEMO = Demo(day=day)
