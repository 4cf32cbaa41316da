"""Purchasers, registered and where needed checked, as their own people and the operator would do it."""

from app.actor import Actor, Role
from marketplace.purchaser import queries, services
from marketplace.purchaser.rules import Filing, Fund, Phase, PurchaserKind, Return, Seen
from tests.builders.people import COUNTY, an_account, an_operator
from tests.grounds import ready


def a_filing(*, funds: tuple[str, ...] = ("social",), kind: str = "enterprise", phone: str = "0775-1234567") -> Filing:
    """What a purchaser says of itself."""
    return Filing(kind=PurchaserKind(kind), funds=tuple(Fund(fund) for fund in funds), contact="a contact", phone=phone)


def an_unregistered_purchaser(login: str = "purchaser1", *, kind: str = "enterprise", region: str = COUNTY) -> Actor:
    """An account that may register as a purchaser and has not yet."""
    code = "" if kind == PurchaserKind.PERSON else None
    return an_account(
        login=login, role=Role.PURCHASER, organisation=f"organisation of {login}", code=code, region=region
    )


def files(actor: Actor, filing: Filing) -> None:
    """The purchaser files, for the first time or once more."""
    known = queries.by_party(actor.party)
    services.register(actor, None, filing, key=f"tests:purchaser:{actor.code}:{0 if known is None else known.version}")


def checked(actor: Actor) -> None:
    """The operator confirms what waits."""
    version = queries.page(actor.code or "", actor=an_operator()).version
    services.check(an_operator(), actor.code, Seen(version), key=f"tests:purchaser.check:{actor.code}:{version}")


def sent_back(actor: Actor, reason: str = "a reason") -> None:
    """The operator sends back what waits."""
    version = queries.page(actor.code or "", actor=an_operator()).version
    services.return_(
        an_operator(), actor.code, Return(version, reason), key=f"tests:purchaser.return:{actor.code}:{version}"
    )


@ready
def a_purchaser(
    login: str = "purchaser1",
    funds: tuple[str, ...] = ("social",),
    kind: str = "enterprise",
    region: str = COUNTY,
) -> Actor:
    """A purchaser that may use these funds now; asked for twice, the same one as it was."""
    actor = an_unregistered_purchaser(login, kind=kind, region=region)
    if queries.by_party(actor.party) is not None:
        return actor
    files(actor, a_filing(funds=funds, kind=kind))
    known = queries.own(actor.party)
    if known is not None and known.phase is Phase.CHECKING:
        checked(actor)
    return actor
