"""Who could register now for one purchase: every admitted agency judged at once, with every reason against it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import BigInteger, Date, Select, String, bindparam, null, select

from app.database import Instant, db, values
from app.identity.models import Organisation
from app.refusal import NotFound, Refusal
from app.region import queries as regions
from app.rules_in_force import rulebook
from app.standing import Grade, Scope
from app.values import SHANGHAI
from app.web.paging import SIZE, Listing, listing, parsed
from bidding.registration.rules import RegistrationAct
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.catalogue import queries as catalogue
from marketplace.credential import queries as credentials
from marketplace.pricelist import queries as prices
from marketplace.purchaser import queries as purchasers
from ratings.credit import queries as credit
from ratings.eligibility import rules
from ratings.eligibility.rules import AgencyFacts, Limits, OwnerTerms, ServiceTerms, SuspendTerms
from ratings.performance import queries as performances
from ratings.sanction import queries as sanctions
from ratings.sanction.rules import SanctionKind

OWN = Refusal("same_organisation")
"""What registering says to the purchaser's own organisation (`bidding.registration`)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One agency and what stands against its registering now; nothing: it could."""

    code: str
    name: str
    region: str
    reasons: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """How many of the admitted agencies could register now, and one page of them by name.

    `excluded`: how many each reason keeps out, by its code; who has two reasons is counted under both.
    """

    admitted: int
    eligible: int
    excluded: Mapping[str, int]
    rulebook: str
    rows: Listing[Judged]


def terms_of(book_id: str) -> Limits:
    """The terms that standing is composed under."""
    book = rulebook(book_id)
    return Limits(book.terms(ServiceTerms), book.terms(OwnerTerms), book.terms(SuspendTerms))


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What all chapters know of a party, in one question: whether each of them has anything to say about it.

    `required`: the licences that each item asks for, None where the list did not know it; `priced`: whether the
    agency's prices hold each item. Both in the order asked. `held`: the licences that count on that day, none where no
    item is asked about.
    """

    region: str
    agency_id: int | None
    purchaser: bool
    sanctioned: bool
    scored: bool
    over_time: bool
    held: frozenset[str]
    required: tuple[tuple[str, ...] | None, ...]
    priced: tuple[bool, ...]


def first_look(party_id: int, items: Sequence[str], *, now: datetime) -> FirstLook:
    """The same of one party at `now`, for these items on that local day; most parties need no second look."""
    given: dict[str, Any] = {f"item{place}": item for place, item in enumerate(items)}
    day = now.astimezone(SHANGHAI).date()
    given |= {"party": party_id, "now": now, "day": day, "until": credentials.end_of(day)}
    region, agency_id, purchaser, sanctioned, scored, over_time, held, *of_items = values(
        _first_look(len(items)), given
    ).one()
    return FirstLook(
        region=region,
        agency_id=agency_id,
        purchaser=purchaser,
        sanctioned=sanctioned,
        scored=scored,
        over_time=over_time,
        held=frozenset((held or "").split()),
        required=tuple(of_items[: len(items)]),
        priced=tuple(of_items[len(items) :]),
    )


@lru_cache(maxsize=16)
def _first_look(items: int) -> Select[*tuple[Any, ...]]:
    party, now, day, until = (
        bindparam("party", type_=BigInteger()),
        bindparam("now", type_=Instant()),
        bindparam("day", type_=Date()),
        bindparam("until", type_=Instant()),
    )
    agency_id = agencies.key_of(party)
    asked = [bindparam(f"item{place}", type_=String()) for place in range(items)]
    return select(
        Organisation.region,
        agency_id,
        purchasers.is_known(party),
        sanctions.any_in_force(party, now),
        credit.any_line(party, now),
        performances.any_over_time(party, now),
        credentials.held(agency_id, day, until) if items else null(),
        *(catalogue.required(item, day) for item in asked),
        *(prices.is_priced(agency_id, item, day) for item in asked),
    ).where(Organisation.id == party)


def verdicts(scope: Scope, *, now: datetime, owner: int | None = None) -> Mapping[int, tuple[Refusal, ...]]:
    """Every agency admitted by `now`, by its key and in the order of names, with all that `standing` would say to it.

    `now` is the present: a past instant is judged one by one (`app.standing`). `owner` is the purchaser's own
    organisation. A fixed number of queries, however many agencies (quality.md P11): most of them differ in nothing but
    licences and prices, and each such way is judged once.
    """
    terms = terms_of(scope.rulebook)
    day = now.astimezone(SHANGHAI).date()
    asks = {item: found.requires for item in scope.items if (found := catalogue.item_in_force(item, day))}
    required = sorted({code for codes in asks.values() for code in codes})
    names = {row.code: row.name for row in catalogue.qualifications()} if required else {}
    holders = {code: set(db.session.execute(credentials.holding(code, day)).scalars()) for code in required}
    priced = {item: set(db.session.execute(prices.offering(item, day)).scalars()) for item in scope.items}
    running = sanctions.running(now=now)
    late = performances.all_open_late(now=now, over=terms.service.late_blocks_after)
    # Credit keeps nobody out but where public money is spent: elsewhere nothing is reckoned.
    poor = credit.scores_of(Grade.D, as_of=now) if scope.fund in rules.PUBLIC_MONEY else {}
    usual: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[Refusal, ...]] = {}
    judged: dict[int, tuple[Refusal, ...]] = {}
    for agency_id, party_id in db.session.execute(
        select(Agency.id, Agency.organisation_id).where(Agency.admitted_at <= now).order_by(Agency.sort_key, Agency.id)
    ):
        lacking = tuple(code for code in required if agency_id not in holders[code])
        unpriced = tuple(item for item, offering in priced.items() if agency_id not in offering)
        special = party_id in running or party_id in late or party_id in poor
        reasons = None if special else usual.get((lacking, unpriced))
        if reasons is None:
            barred = running.get(party_id, ())
            facts = AgencyFacts(
                score=poor[party_id].composite if party_id in poor else 0,
                grade=Grade.D if party_id in poor else Grade.NEW,
                blacklisted=sanctions.named(barred, SanctionKind.BLACKLIST),
                suspended=sanctions.named(barred, SanctionKind.SUSPEND),
                late_contracts=late.get(party_id, ()),
                fund=scope.fund,
                missing=tuple(
                    (names.get(code, code), "、".join(item for item, codes in asks.items() if code in codes))
                    for code in lacking
                ),
                unpriced=unpriced,
            )
            reasons = tuple(rules.refusals_to_agency(facts, RegistrationAct.SUBMIT, terms=terms))
            if not special:
                usual[(lacking, unpriced)] = reasons
        judged[agency_id] = (OWN, *reasons) if party_id == owner else reasons
    return judged


def able(scope: Scope, /, *, now: datetime, owner: int) -> tuple[int, ...]:
    """The keys of the agencies that nothing keeps from registering now, in the order of names."""
    return tuple(agency_id for agency_id, reasons in verdicts(scope, now=now, owner=owner).items() if not reasons)


def outlook(
    scope: Scope,
    *,
    now: datetime,
    owner: int | None = None,
    reason: str = "",
    after: str | None = None,
    size: int = SIZE,
) -> Outlook:
    """Who could register now, or, with `reason`, who is kept out by it; one page by name."""
    judged = verdicts(scope, now=now, owner=owner)
    keys, key = list(judged), parsed(after, (int,))
    if key is not None:
        if key[0] not in judged:
            raise NotFound("after")
        # Looked for among all of them: the last one of a page may have passed to the other side meanwhile.
        keys = keys[keys.index(key[0]) + 1 :]
    wanted = (
        agency_id
        for agency_id in keys
        if (any(each.code == reason for each in judged[agency_id]) if reason else not judged[agency_id])
    )
    page = listing(list(islice(wanted, size + 1)), size=size, key=lambda agency_id: (agency_id,))
    return Outlook(
        admitted=len(judged),
        eligible=sum(not reasons for reasons in judged.values()),
        excluded=dict(Counter(code for reasons in judged.values() for code in {each.code for each in reasons})),
        rulebook=scope.rulebook,
        rows=Listing(_shown(page.rows, judged), page.after),
    )


def _shown(keys: tuple[int, ...], judged: Mapping[int, tuple[Refusal, ...]]) -> tuple[Judged, ...]:
    """The agencies of one page, in its order."""
    query = (
        select(Agency.id, Organisation.code, Organisation.name, Organisation.region)
        .join(Organisation, Organisation.id == Agency.organisation_id)
        .where(Agency.id.in_(keys))
    )
    places = dict(regions.choices())
    rows = {
        agency_id: Judged(code, name, places.get(region, region), judged[agency_id])
        for agency_id, code, name, region in db.session.execute(query)
    }
    return tuple(rows[agency_id] for agency_id in keys)
