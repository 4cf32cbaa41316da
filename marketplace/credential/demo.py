"""Certificates of the demonstration world: verified where items want them, one refused, one waiting."""

from datetime import timedelta

from app.actor import Role
from app.cast import Person
from app.demonstration import World
from app.stage import Demo
from app.values import Nothing
from marketplace.catalogue import queries as catalogue
from marketplace.credential import queries, services
from marketplace.credential.rules import Certificate, Doubt, Phase

YEARS = timedelta(days=5 * 365)
HANDED_IN = 2
"""So many days after its application an agency hands in its certificates; the authority answers on the next."""

DOUBTED = ("surveying_mapping", "inspection_testing")
"""Certificates of the first two agencies in publicity: of the first the authority has doubts, the second waits."""


def day(world: World) -> None:
    """The agencies hand in, the competent authorities answer."""
    for person in world.people.values():
        if person.role is Role.AGENCY and person.facts.get("credentials"):
            since = world.index - world.applies(person)
            if since == HANDED_IN:
                for each in person.facts["credentials"]:
                    _hand_in(world, person, each["qualification"], each["grade"])
            elif since == HANDED_IN + 1:
                _answer(world, person, doubtful=False)
    if -1 <= world.offset <= 0:
        published = [person for person in world.people.values() if person.facts.get("fate") == "publicity"]
        for place, (person, qualification) in enumerate(zip(published, DOUBTED, strict=False)):
            if not world.last:
                _hand_in(world, person, qualification, "")
            elif place == 0:
                _answer(world, person, doubtful=True)


def _hand_in(world: World, person: Person, qualification: str, grade: str) -> None:
    actor, known = world.actor(person.login), catalogue.qualification(qualification)
    grades = () if known is None else known.grades
    certificate = Certificate(
        qualification=qualification,
        grade=grade if grade in grades else next(iter(grades[-1:]), ""),
        certificate_no=f"DEMO-{person.code[-6:]}-{qualification[:4].upper()}",
        valid_from=world.days[0] - timedelta(days=400),
        valid_until=world.days[0] + YEARS,
        file=world.file(actor, f"certificate {person.login} {qualification}"),
    )
    services.submit(actor, None, certificate, key=f"demonstration:credential:{person.login}:{qualification}")


def _answer(world: World, person: Person, *, doubtful: bool) -> None:
    for line in queries.of_party(world.actor(person.login).party, day=world.today):
        if line.phase is not Phase.PENDING:
            continue
        regulator = world.regulator(queries.authority_of(line.qualification) or "")
        key = f"demonstration:verify:{line.no}"
        if doubtful:
            services.refuse(regulator, line.no, Doubt(world.words["texts"]["credential_refused"]), key=key)
        else:
            services.verify(regulator, line.no, Nothing(), key=key)


DEMO = Demo(day=day)
