"""Certificates of the demonstration world: verified where items want them, one refused, one waiting."""

from datetime import timedelta

from app.actor import Role
from app.demonstration import World
from app.stage import Demo
from app.values import Nothing
from marketplace.catalogue import queries as catalogue
from marketplace.credential import queries, services
from marketplace.credential.rules import Certificate, Doubt, Phase

YEARS = timedelta(days=5 * 365)
HANDED_IN = 2
"""On which day of the world the admitted agencies hand in their certificates."""

DOUBTED = {"agency37": "surveying_mapping", "agency38": "inspection_testing"}
"""Certificates of agencies in publicity: of the first the authority has doubts, the second still waits."""


def day(world: World) -> None:
    """The agencies hand in on one day, the competent authorities answer on the next."""
    if world.index == HANDED_IN:
        for person, _ in world.cast(Role.AGENCY):
            for each in person.facts.get("credentials", ()):
                _hand_in(world, person.login, each["qualification"], each["grade"])
    if world.offset == -1:
        for login, qualification in DOUBTED.items():
            _hand_in(world, login, qualification, "")
    if world.index == HANDED_IN + 1 or world.last:
        _answer(world)


def _hand_in(world: World, login: str, qualification: str, grade: str) -> None:
    actor, known = world.actor(login), catalogue.qualification(qualification)
    grades = () if known is None else known.grades
    certificate = Certificate(
        qualification=qualification,
        grade=grade if grade in grades else next(iter(grades[-1:]), ""),
        certificate_no=f"DEMO-{(actor.code or '')[-6:]}-{qualification[:4].upper()}",
        valid_from=world.days[0] - timedelta(days=400),
        valid_until=world.days[0] + YEARS,
        file=world.file(actor, f"certificate {login} {qualification}"),
    )
    services.submit(actor, None, certificate, key=f"demonstration:credential:{login}:{qualification}")


def _answer(world: World) -> None:
    for person, actor in world.cast(Role.AGENCY):
        if not person.facts.get("credentials") and person.login not in DOUBTED:
            continue
        for line in queries.of_party(actor.party, day=world.today):
            if line.phase is not Phase.PENDING:
                continue
            regulator = world.regulator(queries.authority_of(line.qualification) or "")
            key = f"demonstration:verify:{line.no}"
            if person.login not in DOUBTED:
                services.verify(regulator, line.no, Nothing(), key=key)
            elif person.login == min(DOUBTED):
                services.refuse(regulator, line.no, Doubt(world.words["texts"]["credential_refused"]), key=key)


DEMO = Demo(day=day)
