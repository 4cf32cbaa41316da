"""Agencies, made through the acts that make one: account, application, formal check, publicity."""

from typing import Any

from app.actor import Actor, Role
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import db
from app.values import Nothing
from marketplace.agency import queries, services
from marketplace.agency.models import Agency
from marketplace.agency.rules import Application
from marketplace.catalogue import queries as catalogue
from tests.builders.credential import a_credential
from tests.builders.people import COUNTY, an_account, an_operator
from tests.builders.pricelist import a_price
from tests.grounds import ready

COMMITMENTS = ("time_limit", "fee", "quality", "evaluation", "truthful_data", "integrity", "confidentiality")
"""Every code of entry.commitments in the shipped rulebooks."""

ITEM = "0401"
"""地形图测绘: asks for one licence, surveying_mapping, that natural_resources verifies."""


def an_application(**only: Any) -> Application:
    """What an agency hands in; name only what the test is about."""
    plain: dict[str, Any] = {
        "legal_representative": "李四",
        "contact": "王五",
        "phone": "0775-4567890",
        "address": "贵港市港北区建设路1号",
        "introduction": "从事测绘与工程咨询。",
        "commitments": COMMITMENTS,
    }
    return Application(**(plain | only))


def an_agency_account(login: str = "agency1", *, name: str | None = None, region: str = COUNTY) -> Actor:
    """Somebody of an organisation that may join as an agency."""
    return an_account(login=login, role=Role.AGENCY, organisation=name or f"{login} 咨询有限公司", region=region)


def agency_of(actor: Actor) -> Agency:
    """The agency an actor stands for, read anew."""
    found = queries.by_party(actor.party)
    if found is None:
        raise LookupError(actor.code)
    return found


def an_applicant(login: str = "agency1", *, name: str | None = None, region: str = COUNTY, **only: Any) -> Actor:
    """An agency whose application waits for the operator."""
    actor = an_agency_account(login, name=name, region=region)
    services.apply(actor, None, an_application(**only), key=fresh_key())
    return actor


def a_publicised(login: str = "agency1", **options: Any) -> Actor:
    """An agency in publicity."""
    actor = an_applicant(login, **options)
    services.passes(an_operator(), actor.code, Nothing(), key=fresh_key())
    return actor


@ready
def agencies(
    n: int,
    *,
    first: int = 1,
    items: tuple[str, ...] = (ITEM,),
    region: str = COUNTY,
    admitted: bool = True,
    credentials: bool = True,
    price_fen: int | None = None,
) -> list[Actor]:
    """`agency<first>` and the following, n in all: applied together, admitted by one walk over the publicity."""
    logins = [f"agency{number}" for number in range(first, first + n)]
    return _joined(
        [a_publicised(login, region=region) for login in logins],
        items=items,
        admitted=admitted,
        credentials=credentials,
        price_fen=price_fen,
    )


@ready
def an_agency(
    login: str = "agency1",
    items: tuple[str, ...] = (ITEM,),
    *,
    name: str | None = None,
    region: str = COUNTY,
    admitted: bool = True,
    credentials: bool = True,
    price_fen: int | None = None,
) -> Actor:
    """An agency with verified certificates for what its items ask; the clock walks over the publicity if admitted."""
    actor = a_publicised(login, name=name, region=region)
    return _joined([actor], items=items, admitted=admitted, credentials=credentials, price_fen=price_fen)[0]


def _joined(
    actors: list[Actor], *, items: tuple[str, ...], admitted: bool, credentials: bool, price_fen: int | None
) -> list[Actor]:
    for actor in actors:
        if credentials:
            for qualification in _required(items):
                a_credential(actor, qualification)
        if price_fen is not None:
            for item in items:
                a_price(actor, item, price_fen=price_fen)
    if admitted and actors:
        ends = agency_of(actors[-1]).publicity_ends_at
        if ends is None:
            raise LookupError("no publicity")
        clockwork.go_to(ends)
        db.session.rollback()
    return actors


def _required(items: tuple[str, ...]) -> list[str]:
    """The licences that the newest versions of these items ask for, each once."""
    found = [catalogue.latest_version(code) for code in items]
    return sorted({licence for version in found if version is not None for licence in version.requires})
