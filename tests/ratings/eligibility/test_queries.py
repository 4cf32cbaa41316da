"""Everybody judged at once says what one by one is said."""

from datetime import date, datetime

import pytest

from app.approval import services as approvals
from app.clock import clock
from app.clockwork import services as clockwork
from app.database import db
from app.identity import queries as identities
from app.refusal import NotFound, Refusal
from app.rules_in_force import rulebook_for
from app.standing import Scope, standing_of
from app.values import Waiting
from app.web.paging import token
from bidding.contract import queries as contracts
from bidding.registration.rules import RegistrationAct
from marketplace.agency import queries as agencies
from ratings.eligibility import queries
from ratings.sanction.rules import Decided, SanctionKind
from tests.builders.agency import a_publicised, agency_of, an_agency
from tests.builders.contract import a_contract
from tests.builders.credential import a_credential
from tests.builders.credit import a_poor_record
from tests.builders.people import COUNTY, a_regulator
from tests.builders.performance import handed_in
from tests.builders.pricelist import a_price
from tests.conftest import instant, made_once, rolled_back
from tests.counting import questions

ITEM = "0401"
CODES = {
    "sound": (),
    "unpriced": ("price_entry_missing",),
    "unlicensed": ("qualification_missing",),
    "bare": ("qualification_missing", "price_entry_missing"),
    "expired": ("qualification_missing",),
    "unverified": ("qualification_missing",),
    "poor": ("grade_too_low",),
    "yellow": (),
    "suspended": ("sanction_in_force",),
    "black": ("sanction_in_force",),
    "tomorrow": ("price_entry_missing",),
}


def sanctioned(code: str, kind: SanctionKind, months: int) -> None:
    """By both accounts of the competent authority."""
    first = a_regulator("natural_resources")
    decided = Decided(code, kind, months, "the facts", "the basis", "natural_resources")
    waiting = approvals.submit("sanction.decide", first, None, decided, key=f"sanction {code}")
    assert isinstance(waiting, Waiting)
    second = identities.actor_by_login("regulator1b")
    assert second is not None
    approvals.agree(second, waiting.prepared)


def every_way_of_standing():
    """One agency for each way of standing, all admitted; and one that is not."""
    found = {}
    for name in CODES:
        login = f"agency_{name}"
        found[name] = an_agency(login, name=f"{login} survey", credentials=False)
        if name not in ("unlicensed", "bare", "expired", "unverified"):
            a_credential(found[name], certificate_no=name)
        if name not in ("unpriced", "bare"):
            a_price(found[name], **({"effective_from": date(2027, 1, 1)} if name == "tomorrow" else {}))
    a_credential(found["expired"], certificate_no="soon over", valid_until=date(2026, 6, 30))
    a_credential(found["unverified"], certificate_no="not looked at", verified=False)
    sanctioned(found["suspended"].code, SanctionKind.SUSPEND, 6)
    sanctioned(found["black"].code, SanctionKind.BLACKLIST, 12)
    sanctioned(found["yellow"].code, SanctionKind.YELLOW, 3)
    clockwork.go_to(instant("2026-07-01 09:00"))
    a_poor_record(found["poor"], at=clock().market())
    a_publicised("agency_new")
    return found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(request, tmp_path_factory):
    """Every way of standing, once per database."""
    with made_once(request.param, tmp_path_factory.mktemp("eligibility"), every_way_of_standing) as made:
        yield made


@pytest.fixture
def world(made):
    """Every way of standing, as every test finds it."""
    with rolled_back(made.app, made.at):
        yield made.kept


def scope(fund: str, now: datetime) -> Scope:
    return Scope(fund, (ITEM,), COUNTY, rulebook_for(COUNTY, now).id)


def said(reasons: tuple[Refusal, ...]) -> list[tuple[str, dict[str, object]]]:
    return [(reason.code, dict(reason.params)) for reason in reasons]


@pytest.mark.parametrize("fund", ["fiscal", "state", "social"])
def test_everybody_at_once_as_one_by_one(world, fund):
    """quality.md P11: the same reasons, with the same clauses and figures, as registering would give."""
    now = clock().market()
    judged = queries.verdicts(scope(fund, now), now=now)
    assert set(judged) == {agency_of(actor).id for actor in world.values()}
    for name, actor in world.items():
        alone = standing_of(actor.party, now=now, scope=scope(fund, now)).to(RegistrationAct.SUBMIT)
        reasons = judged[agency_of(actor).id]
        assert said(reasons) == said(alone), name
        assert [reason.clause for reason in reasons] == [reason.clause for reason in alone]
        expected = () if (name, fund) == ("poor", "social") else CODES[name]
        assert tuple(reason.code for reason in reasons) == expected, name


def test_counts_and_pages(world):
    """Every agency once, by name; who has two reasons counts under both."""
    now = clock().market()
    seen, after = [], None
    while True:
        page = queries.outlook(scope("fiscal", now), now=now, after=after, size=1)
        seen += [row.code for row in page.rows.rows]
        after = page.rows.after
        if after is None:
            break
    assert seen == sorted((world[name].code for name in ("sound", "yellow")), key=seen.index)
    assert (page.admitted, page.eligible) == (len(CODES), 2)
    assert page.excluded == {
        "qualification_missing": 4,
        "price_entry_missing": 3,
        "sanction_in_force": 2,
        "grade_too_low": 1,
    }
    out = queries.outlook(scope("fiscal", now), now=now, reason="price_entry_missing").rows.rows
    assert {row.code for row in out} == {world[name].code for name in ("unpriced", "bare", "tomorrow")}
    assert queries.outlook(scope("fiscal", now), now=now, reason="no such reason").rows.rows == ()


def test_the_next_page_goes_on_where_the_last_one_ended(world):
    """Also where the last agency of a page could not register any more when the next page is asked for."""
    now = clock().market()
    first = queries.outlook(scope("social", now), now=now, size=2).rows
    assert [row.code for row in first.rows] == [world["poor"].code, world["sound"].code]
    then = queries.outlook(scope("social", now), now=now, owner=world["sound"].party, after=first.after, size=2).rows
    assert [row.code for row in then.rows] == [world["yellow"].code]
    assert then.after is None
    with pytest.raises(NotFound):
        queries.outlook(scope("social", now), now=now, after=token(0))


def test_the_owner_does_not_serve_itself(world):
    now = clock().market()
    owner = world["sound"]
    judged = queries.verdicts(scope("social", now), now=now, owner=owner.party)
    assert [reason.code for reason in judged[agency_of(owner).id]] == ["same_organisation"]


def test_the_number_of_questions_does_not_grow(world):
    now = clock().market()
    queries.outlook(scope("fiscal", now), now=now)
    with questions() as few:
        queries.outlook(scope("fiscal", now), now=now)
    for number in range(3):
        actor = an_agency(f"agency_more{number}", name=f"more {number}")
        a_poor_record(actor, at=clock().market(), name=f"M{number}")
    now = clock().market()
    with questions() as many:
        queries.outlook(scope("fiscal", now), now=now)
    assert len(many) == len(few) <= 20


def test_a_late_delivery_keeps_out_at_once_and_one_by_one(app, at):
    """The contract is named, until it is delivered; what lies with the purchaser keeps nobody out."""
    no = a_contract()
    code = contracts.by_no(no).award.agency.organisation.code
    at("2026-06-01 09:00")
    now = clock().market()

    def reasons() -> list[tuple[str, dict[str, object]]]:
        db.session.rollback()
        agency = agencies.by_code(code)
        alone = standing_of(agency.organisation_id, now=now, scope=scope("social", now)).to(RegistrationAct.SUBMIT)
        together = queries.verdicts(scope("social", now), now=now)[agency.id]
        assert said(together) == said(alone)
        return [(found, params) for found, params in said(together) if found == "late_delivery_open"]

    assert reasons() == [("late_delivery_open", {"contract": no, "days": 10})]
    handed_in(no)
    assert reasons() == []
