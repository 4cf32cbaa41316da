"""Holders of the demonstration world: an office of each kind, whose key files are published as the passwords are."""

from app.demonstration import World
from app.sealing import public_key
from app.stage import Demo
from marketplace.holder import rules, services
from marketplace.holder.rules import PublicKey

HOLDERS = ("operator1", "regulator1", "supervisor1")


def day(world: World) -> None:
    """On the first day of the stories all three publish their keys."""
    if world.index == 0 and world.scale.stories:
        for login in HOLDERS:
            actor = world.actor(login)
            (role,) = actor.roles & set(rules.HOLDERS)
            public = public_key(rules.demonstration_key(role)).hex()
            services.enrol(actor, None, PublicKey(public), key=f"demonstration:holder:{login}")


DEMO = Demo(day=day)
