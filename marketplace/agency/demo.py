"""The agencies of the demonstration world: admitted ones from its first days, and applicants wherever one can stand."""

from app.actor import Actor, Role
from app.cast import Person, number
from app.demonstration import World
from app.rules_in_force import rulebook_for
from app.stage import Demo
from app.values import Nothing
from marketplace.agency import services
from marketplace.agency.rules import Application, Asking, EntryTerms, Rejection

PASSED = frozenset({"admitted", "publicity"})
ASKED = frozenset({"asked", "supplemented", "lapsed"})


def day(world: World) -> None:
    """Those whose day it is apply; the next day the operator checks; the day after what was asked for is handed in."""
    for person in world.people.values():
        if person.role is not Role.AGENCY or person.facts["fate"] == "none":
            continue
        since = world.index - world.applies(person)
        if since == 0:
            actor = world.actor(person.login)
            services.apply(actor, None, _application(world, person, actor), key=_key("apply", person))
        elif since == 1:
            _checked(world, person)
        elif since == 2 and person.facts["fate"] == "supplemented":
            actor = world.actor(person.login)
            services.supplement(actor, person.code, _application(world, person, actor), key=_key("supplement", person))


def _checked(world: World, person: Person) -> None:
    operator, texts, fate = world.actor("operator2"), world.words["texts"], person.facts["fate"]
    if fate in PASSED:
        services.passes(operator, person.code, Nothing(), key=_key("pass", person))
    elif fate in ASKED:
        services.ask(operator, person.code, Asking(texts["asked"]), key=_key("ask", person))
    elif fate == "rejected":
        services.reject(operator, person.code, Rejection(texts["rejected"]), key=_key("reject", person))


def _application(world: World, person: Person, actor: Actor) -> Application:
    terms = rulebook_for(actor.region, world.now).terms(EntryTerms)
    return Application(
        legal_representative=person.name,
        contact=person.name,
        phone=f"0775-41{number(person.login) % 10**5:05d}",
        address=person.facts["address"],
        introduction=person.facts["introduction"],
        commitments=terms.commitments,
    )


def _key(verb: str, person: Person) -> str:
    return f"demonstration:{verb}:{person.login}"


DEMO = Demo(day=day)
