"""The purchasers of the demonstration world: most are there from its first days, some still wait for a check."""

from app.actor import Role
from app.demonstration import World
from app.stage import Demo
from marketplace.purchaser import queries, services
from marketplace.purchaser.rules import Filing, Fund, Phase, PurchaserKind, Return, Seen


def day(world: World) -> None:
    """Those whose day it is file; the operator looks at what was filed the day before."""
    operator = world.actor("operator1")
    for person, actor in world.cast(Role.PURCHASER):
        joins = person.facts.get("joins", 1 - len(world.days))
        if "phone" not in person.facts or person.login != person.facts["login"]:
            continue
        if joins == world.offset:
            filing = Filing(
                kind=PurchaserKind(person.facts["kind"]),
                funds=tuple(Fund(fund) for fund in person.facts["funds"]),
                contact=person.name,
                phone=person.facts["phone"],
            )
            services.register(actor, None, filing, key=f"demonstration:file:{person.login}")
        elif joins == world.offset - 1:
            filed = queries.page(person.code, actor=operator)
            if filed.phase is not Phase.CHECKING:
                continue
            key = f"demonstration:check:{person.login}"
            if person.facts.get("returned"):
                reason = world.words["texts"]["rejected"]
                services.return_(operator, person.code, Return(filed.version, reason), key=key)
            else:
                services.check(operator, person.code, Seen(filed.version), key=key)


DEMO = Demo(day=day)
