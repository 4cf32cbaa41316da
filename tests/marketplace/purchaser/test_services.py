"""Filing, checking, returning and revising, with the record's rows behind each."""

import pytest
from flask import Flask

from app.audit.check import first_difference
from app.database import db
from app.notice.models import Notice
from app.refusal import AlreadyDone, NotFound, NotYours, OutOfTurn, Refused, Stale
from marketplace.purchaser import queries, services
from marketplace.purchaser.rules import Fund, Phase, Return, Seen, refusals_to_use
from tests.builders.people import a_regulator, an_operator
from tests.builders.purchaser import a_filing, a_purchaser, an_unregistered_purchaser, checked, files, sent_back
from tests.conftest import instant


def may_use(party_id: int, fund: Fund) -> bool:
    found = queries.by_party(party_id)
    return found is not None and not any(refusals_to_use(fund, phase=queries.phase(found), funds=found.funds))


def notices(party_id: int) -> list[str]:
    return [row.body for row in db.session.query(Notice).filter_by(party_id=party_id).order_by(Notice.id)]


def test_social_funds_wait_for_nobody(app: Flask, tick) -> None:
    actor = an_unregistered_purchaser()
    done = services.register(actor, None, a_filing(), key="k")
    page = queries.own(actor.party)
    assert page is not None
    assert (page.phase, page.check_due_at) == (Phase.ACTIVE, None)
    assert may_use(actor.party, Fund.SOCIAL)
    assert not may_use(actor.party, Fund.STATE)
    assert (done.subject, done.receipt is not None) == (actor.code, True)
    tick()
    assert first_difference(rows=True) is None


def test_a_natural_person_without_a_code_is_active_at_once(app: Flask) -> None:
    actor = a_purchaser("person1", kind="natural_person")
    assert (actor.code or "").startswith("U-")
    assert may_use(actor.party, Fund.SOCIAL)


def test_public_funds_wait_one_working_day(app: Flask, at) -> None:
    actor = an_unregistered_purchaser()
    at("2026-03-06 17:00")
    files(actor, a_filing(funds=("fiscal", "social"), kind="organ"))
    page = queries.own(actor.party)
    assert page is not None
    assert page.phase is Phase.CHECKING
    assert page.check_due_at == instant("2026-03-10 00:00"), "Friday's filing is due at the end of Monday"
    assert may_use(actor.party, Fund.SOCIAL)
    assert not may_use(actor.party, Fund.FISCAL)
    assert [each.code for each in queries.waiting(an_operator()).rows] == [actor.code]
    checked(actor)
    assert may_use(actor.party, Fund.FISCAL)
    assert not queries.waiting(an_operator()).rows
    assert len(notices(actor.party)) == 1


def test_what_came_back_may_be_filed_again(app: Flask, tick) -> None:
    actor = an_unregistered_purchaser()
    files(actor, a_filing(funds=("state",)))
    sent_back(actor, "the reason")
    page = queries.own(actor.party)
    assert page is not None
    assert (page.phase, page.return_reason) == (Phase.RETURNED, "the reason")
    assert "the reason" in notices(actor.party)[0]
    assert not may_use(actor.party, Fund.STATE)
    files(actor, a_filing(funds=("state", "social")))
    again = queries.own(actor.party)
    assert again is not None
    assert (again.phase, again.returned_at, again.return_reason) == (Phase.CHECKING, None, None)
    checked(actor)
    assert may_use(actor.party, Fund.STATE)
    tick()
    assert first_difference(rows=True) is None


def test_a_new_telephone_needs_no_new_check(app: Flask) -> None:
    actor = a_purchaser(funds=("state",))
    files(actor, a_filing(funds=("state",), phone="0775-7654321"))
    page = queries.own(actor.party)
    assert page is not None
    assert (page.phase, page.phone) == (Phase.ACTIVE, "0775-7654321")
    assert page.checked_at is not None
    files(actor, a_filing(funds=("state", "fiscal")))
    assert not may_use(actor.party, Fund.STATE), "another public fund is looked at"


def test_nobody_confirms_what_he_has_not_seen(app: Flask) -> None:
    actor = an_unregistered_purchaser()
    files(actor, a_filing(funds=("state",)))
    seen = queries.page(actor.code or "", actor=an_operator()).version
    files(actor, a_filing(funds=("state", "fiscal")))
    with pytest.raises(Stale):
        services.check(an_operator(), actor.code, Seen(seen), key="k")
    with pytest.raises(Stale):
        services.return_(an_operator(), actor.code, Return(seen, "why"), key="k")


def test_answers_are_given_once(app: Flask) -> None:
    actor = an_unregistered_purchaser()
    files(actor, a_filing(funds=("state",)))
    seen = Seen(queries.page(actor.code or "", actor=an_operator()).version)
    operator = an_operator()
    services.check(operator, actor.code, seen, key="k")
    with pytest.raises(AlreadyDone):
        services.check(operator, actor.code, seen, key="k")
    with pytest.raises(OutOfTurn):
        services.check(operator, actor.code, seen, key="other")


def test_who_may_not(app: Flask) -> None:
    actor, other = an_unregistered_purchaser(), an_unregistered_purchaser("purchaser2")
    with pytest.raises(NotYours):
        services.register(actor, other.code, a_filing(), key="k")
    with pytest.raises(NotYours):
        services.register(an_operator(), None, a_filing(), key="k")
    files(actor, a_filing(funds=("state",)))
    with pytest.raises(NotYours):
        services.check(a_regulator(), actor.code, Seen(1), key="k")
    with pytest.raises(NotYours):
        services.check(actor, actor.code, Seen(1), key="k")
    with pytest.raises(NotFound):
        services.check(an_operator(), "nobody", Seen(1), key="k")


def test_a_refused_filing_leaves_nothing(app: Flask) -> None:
    actor = an_unregistered_purchaser(kind="natural_person")
    with pytest.raises(Refused) as refused:
        services.register(actor, None, a_filing(funds=("fiscal",), kind="natural_person"), key="k")
    assert [reason.code for reason in refused.value.reasons] == ["purchaser_person_social_only"]
    assert queries.by_party(actor.party) is None


def test_waiting_is_paged_by_due(app: Flask, at) -> None:
    first, second, third = (an_unregistered_purchaser(f"purchaser{place}") for place in (1, 2, 3))
    files(second, a_filing(funds=("state",)))
    files(third, a_filing(funds=("state",)))
    at("2026-03-04 10:00")
    files(first, a_filing(funds=("state",)))
    codes, after = [], None
    while True:
        page = queries.waiting(an_operator(), after=after, size=1)
        codes += [each.code for each in page.rows]
        after = page.after
        if after is None:
            break
    assert codes == [second.code, third.code, first.code]
